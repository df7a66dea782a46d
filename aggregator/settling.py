"""Ranks × what is stored → which page to read next, so that few requests find what was deleted.

A rank counts from the oldest post, so between two rows of a board as many posts stand as their ranks differ. Where
fewer do than are stored there, some are gone; halving the pages between the two rows finds them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from aggregator.changes import Known
from aggregator.coverage import Sight, standing


class Sample(NamedTuple):
    """A stored row as it was met in this poll: its place, its rank now, and the page it stands on."""

    place: int
    rank: int
    page: int


def samples(sights: Iterable[Sight], known: Mapping[str, Known]) -> list[Sample]:
    """The stored rows with ranks on pages that were read, newest first."""
    met = [
        Sample(one.place, number, sight.page)
        for sight in sights
        for one in standing(sight.own, known)
        if one.known.deleted_at is None and (number := sight.own[one.at].number) is not None
    ]
    return sorted({sample.place: sample for sample in met}.values(), reverse=True)


def halfway(met: Sequence[Sample], stored: Sequence[int], read: Iterable[int]) -> int | None:
    """The page that halves the newest stretch in which not as many rows stand as are stored; None where all agree.

    ``stored`` are the places of rows that stand, from the top down; ``read`` the pages that were read already.
    """
    pages = set(read)
    for one, other in astray(met, stored):
        between = [page for page in range(one.page + 1, other.page) if page not in pages]
        if between:
            return between[len(between) // 2]
    return None


def astray(met: Sequence[Sample], stored: Sequence[int]) -> Iterator[tuple[Sample, Sample]]:
    """The neighbours among the rows ``met`` between which not as many stand as are ``stored``, newest first."""
    rising = [-place for place in stored]
    for one, other in pairwise(met):
        counted = bisect_left(rising, -other.place) - bisect_left(rising, -one.place)
        if counted != one.rank - other.rank:
            yield one, other


def page_of(place: int, met: Sequence[Sample], stored: Sequence[int], size: int) -> int:
    """The page on which a stored row should stand, by the rows stored between it and the nearest one met above it.

    Deletions that are not known yet make it stand higher: the page is the right one or one below.
    """
    rising = [-at for at in stored]
    above = [sample for sample in met if sample.place >= place]
    nearest = above[-1] if above else met[0]
    apart = bisect_left(rising, -place) - bisect_left(rising, -nearest.place)
    top = met[0].rank
    return max(1, 1 + (top - nearest.rank + apart) // max(size, 1))
