"""Ties in time spread by whole seconds, so that readers who sort by date show a page in the board's own order."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import structs

from aggregator.dates import newest_first
from aggregator.model import Headline, Numbering

_SECOND = timedelta(seconds=1)


def spread(headlines: Sequence[Headline], *, numbering: Numbering, now: datetime) -> tuple[Headline, ...]:
    """The same headlines in the same order, no two published in the same second and none after *now*.

    Of headlines that claim the same time the newest of the list is the latest, pinned ones are the earliest. Where
    seconds upwards would pass *now* (a row dated today, without a time, claims *now* itself) they count downwards.
    """
    moments: dict[str, datetime] = {}
    taken: set[datetime] = set()
    for claim, tied in _ties(headlines, numbering):
        moment = min(claim + (len(tied) - 1) * _SECOND, now.replace(microsecond=0))
        for headline in tied:
            while moment in taken:
                moment -= _SECOND
            taken.add(moment)
            moments[headline.key] = moment
    return tuple(structs.replace(headline, published=moments.get(headline.key)) for headline in headlines)


def _ties(headlines: Sequence[Headline], numbering: Numbering) -> list[tuple[datetime, list[Headline]]]:
    """Headlines by the second they claim, latest first; inside one second newest first, pinned ones last."""
    ties: dict[datetime, list[Headline]] = {}
    listed = [headlines[index] for index in newest_first(headlines, numbering)]
    for headline in (*listed, *(headline for headline in headlines if headline.pinned)):
        if headline.published is not None:
            ties.setdefault(headline.published.replace(microsecond=0), []).append(headline)
    return sorted(ties.items(), reverse=True)
