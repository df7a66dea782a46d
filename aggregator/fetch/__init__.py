"""Fetch: a URL and its validators become a Page or NotModified, under manners, limits and the address guard.

One request runs down this list: ``urls`` (what is asked) → ``guard`` (may it be connected to) → ``robots`` (may it be
asked) → ``politeness`` (may it be asked now) → ``wire`` (one exchange) → ``body`` and ``codings`` (bytes under a cap) →
``answers`` (what it means). ``redirects`` walks it once for each hop; ``fetcher`` holds it together.
"""

from aggregator.fetch.callbacks import Callbacks
from aggregator.fetch.fetcher import Fetcher
from aggregator.fetch.limits import Limits

__all__ = ["Callbacks", "Fetcher", "Limits"]
