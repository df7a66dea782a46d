"""What a subscriber asks a hub for (WebSub §5.1): a form, read and held to limits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast
from unicodedata import category

from msgspec import Struct

from aggregator.errors import RequestError
from aggregator.push.addresses import addressed
from aggregator.store.subscriptions import Mode, Wish

# Longer ones would not fit PostgreSQL's index; nor is a callback ever as long.
LONGEST_URL = 1_000
LONGEST_SECRET_BYTES = 199
SHORTEST_LEASE = timedelta(minutes=5)


class Bounds(Struct, frozen=True, kw_only=True):
    """How long a subscription lasts that says nothing of it, and at most; how many there may be.

    In all, of one callback's host, and of its wishes that are ``waiting`` to be verified.
    """

    lease: timedelta = timedelta(days=10)
    lease_most: timedelta = timedelta(days=30)
    subscriptions: int = 100_000
    of_host: int = 10_000
    waiting: int = 100


def wish(form: Mapping[str, str], public_url: str, bounds: Bounds) -> Wish:
    """What the form asks for; a lease that is too short or too long is brought within bounds (WebSub §5.1).

    Raises RequestError with a sentence for the first thing wrong, UnknownFeedError for a topic that is no feed of ours.
    """
    mode = form.get("hub.mode", "")
    if mode not in ("subscribe", "unsubscribe"):
        raise RequestError("hub.mode is neither subscribe nor unsubscribe; this hub is for its own feeds alone.")
    topic, callback = _url(form, "hub.topic"), _url(form, "hub.callback")
    addressed(topic, public_url)
    return Wish(
        mode=cast("Mode", mode), topic=topic, callback=callback, lease=_lease(form, bounds), secret=_secret(form)
    )


def _url(form: Mapping[str, str], name: str) -> str:
    url = form.get(name, "").strip()
    if not url:
        raise RequestError(f"{name} is missing.")
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
        raise RequestError(f"{name} must be a URL in ASCII of at most {LONGEST_URL} characters.")
    return url


def _secret(form: Mapping[str, str]) -> str | None:
    secret = form.get("hub.secret", "")
    # No store keeps them as they are, so that deliveries would be signed by another secret.
    if any(category(letter) in ("Cc", "Cs") for letter in secret):
        raise RequestError("hub.secret holds control characters, which are not allowed.")
    if len(secret.encode()) > LONGEST_SECRET_BYTES:
        raise RequestError(f"hub.secret is longer than {LONGEST_SECRET_BYTES} bytes.")
    return secret or None


def _lease(form: Mapping[str, str], bounds: Bounds) -> timedelta:
    written = form.get("hub.lease_seconds", "").strip()
    if not written:
        return bounds.lease
    if not (written.isascii() and written.isdecimal()):
        raise RequestError("hub.lease_seconds is no whole number of seconds.")
    most = int(bounds.lease_most.total_seconds())
    return max(timedelta(seconds=min(int(written[:12]), most)), min(SHORTEST_LEASE, bounds.lease_most))
