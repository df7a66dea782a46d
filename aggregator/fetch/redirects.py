"""Redirects, walked by hand: every hop is asked for as if it had been pasted."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec import Struct
from yarl import URL

from aggregator.fetch.answers import Answer, fresh_for
from aggregator.fetch.failures import needs_person, try_later
from aggregator.fetch.urls import next_hop

_PERMANENT = {301, 308}
_TEMPORARY = {302, 303, 307}


class Arrival(Struct, frozen=True, kw_only=True):
    """The first answer that is no redirect; ``moved_to`` its URL where every hop on the way was permanent.

    ``kept_for`` is how long the redirects on the way stay fresh, as far as they say so.
    """

    answer: Answer
    moved_to: str | None = None
    kept_for: timedelta = timedelta(0)


async def follow(url: URL, ask: Callable[[URL], Awaitable[Answer]], most: int, now: datetime) -> Arrival:
    """Return where ``url`` leads, asking at each hop, through ``most`` redirects at most.

    Raises NeedsPersonError for more of them or one that must not be followed, TryLaterError for one that names no
    place, and what ``ask`` raises.
    """
    here, statuses, kept_for = url, list[int](), timedelta(0)
    while (answer := await ask(here)).status in _PERMANENT | _TEMPORARY:
        statuses.append(answer.status)
        kept_for = max(kept_for, fresh_for(answer.headers, now) or kept_for)
        if len(statuses) > most:
            raise needs_person(f"{url} redirects more than {most} times", url=str(url), status=answer.status)
        if "location" not in answer.headers:
            raise try_later(f"{here} redirects to nowhere", url=str(here), status=answer.status)
        here = next_hop(here, answer.headers["location"])
    permanent = statuses and _PERMANENT.issuperset(statuses)
    return Arrival(answer=answer, moved_to=str(here) if permanent else None, kept_for=kept_for)
