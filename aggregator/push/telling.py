"""What is said to one callback: is it meant, here is the document, you are told no more (WebSub §5.2, §5.3, §7)."""

import hmac
from datetime import timedelta
from secrets import token_urlsafe
from typing import Literal
from urllib.parse import urlencode

from aggregator.errors import NeedsPersonError, TryLaterError
from aggregator.fetch import Callbacks
from aggregator.push.addresses import Current
from aggregator.store.subscriptions import Intent, Subscription

Outcome = Literal["delivered", "ended", "failed"]
FIRST_RETRY, LAST_RETRY, GROWTH, MOST_GROWN = timedelta(seconds=5), timedelta(hours=6), 4, 10
_GONE = 410


def pause(tries: int) -> timedelta:
    """How long to wait before the next try, after so many.

    >>> [int(pause(tries).total_seconds()) for tries in (0, 1, 2, 99)]
    [5, 20, 80, 21600]
    """
    return min(FIRST_RETRY * int(GROWTH ** min(tries, MOST_GROWN)), LAST_RETRY)


async def is_meant(callbacks: Callbacks, intent: Intent) -> bool:
    """Whether the callback repeats the challenge: only 2xx with exactly its text does. Raises TryLaterError."""
    challenge, wish = token_urlsafe(24), intent.wish
    said = {"hub.mode": wish.mode, "hub.topic": wish.topic, "hub.challenge": challenge}
    if wish.mode == "subscribe":
        said["hub.lease_seconds"] = str(int(wish.lease.total_seconds()))
    try:
        reply = await callbacks.get(_with(wish.callback, said))
    except NeedsPersonError:
        return False
    return reply.is_success and reply.body == challenge.encode()


async def told(callbacks: Callbacks, subscription: Subscription, current: Current) -> Outcome:
    """Deliver the document, signed where a secret was given; a redirect is a failure like others, 410 the end."""
    body = current.document.body
    headers = {"Content-Type": current.document.media_type, "Link": current.link}
    if subscription.secret is not None:
        headers["X-Hub-Signature"] = f"sha256={hmac.digest(subscription.secret.encode(), body, 'sha256').hex()}"
    try:
        reply = await callbacks.post(subscription.callback, headers, body)
    except (TryLaterError, NeedsPersonError):
        return "failed"
    if reply.is_success:
        return "delivered"
    return "ended" if reply.status == _GONE else "failed"


async def deny(callbacks: Callbacks, subscription: Subscription, reason: str) -> bool:
    """Say that there is nothing more to be told; whether anybody heard it."""
    said = {"hub.mode": "denied", "hub.topic": subscription.topic, "hub.reason": reason}
    try:
        return (await callbacks.get(_with(subscription.callback, said))).is_success
    except (TryLaterError, NeedsPersonError):
        return False


def _with(callback: str, parameters: dict[str, str]) -> str:
    """The callback with parameters beside its own, which stay as they were written."""
    bare = callback.partition("#")[0]
    return f"{bare}{'&' if '?' in bare else '?'}{urlencode(parameters)}"
