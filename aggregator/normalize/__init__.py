"""As written to normalized: a listing's rows become headlines with a key, clean text, a canonical link and a time."""

from aggregator.normalize.headlines import headlines
from aggregator.normalize.identity import guid, key, list_url
from aggregator.normalize.links import canonical_link
from aggregator.normalize.text import NO_TITLE, clean_text, clean_title

__all__ = ["NO_TITLE", "canonical_link", "clean_text", "clean_title", "guid", "headlines", "key", "list_url"]
