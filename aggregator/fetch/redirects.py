"""Redirects, walked by hand: every hop is asked for as if it had been pasted."""

from collections.abc import Awaitable, Callable

from msgspec import Struct
from yarl import URL

from aggregator.fetch.answers import Answer
from aggregator.fetch.failures import needs_person, try_later
from aggregator.fetch.urls import next_hop

_PERMANENT = {301, 308}
_TEMPORARY = {302, 303, 307}


class Arrival(Struct, frozen=True, kw_only=True):
    """The first answer that is no redirect; ``moved_to`` its URL where every hop on the way was permanent."""

    answer: Answer
    moved_to: str | None = None


async def follow(url: URL, ask: Callable[[URL], Awaitable[Answer]], most: int) -> Arrival:
    """Return where ``url`` leads, asking at each hop, through ``most`` redirects at most.

    Raises NeedsPersonError for more of them or one that must not be followed, TryLaterError for one that names no
    place, and what ``ask`` raises.
    """
    here, statuses = url, list[int]()
    while (answer := await ask(here)).status in _PERMANENT | _TEMPORARY:
        statuses.append(answer.status)
        if len(statuses) > most:
            raise needs_person(f"{url} redirects more than {most} times", url=str(url), status=answer.status)
        if "location" not in answer.headers:
            raise try_later(f"{here} redirects to nowhere", url=str(here), status=answer.status)
        here = next_hop(here, answer.headers["location"])
    permanent = statuses and _PERMANENT.issuperset(statuses)
    return Arrival(answer=answer, moved_to=str(here) if permanent else None)
