"""Found × stored → is this still the board we know? The stored headlines are the oracle of every reading."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from msgspec import Struct

from aggregator.changes import Known
from aggregator.folding import fold
from aggregator.model import Headline

REPRODUCED: Final = 0.6
"""Of the rows below the first one that is stored, the share that must be stored, after a changed layout."""
FEWEST: Final = 3
"""Fewer stored headlines than these prove nothing."""
_DAY: Final = timedelta(days=1)


class Verdict(Struct, frozen=True, kw_only=True):
    """What the stored headlines say of a reading.

    ``moved`` are stored headlines by the key under which the board lists them now; ``rekeyed`` where that is so of most
    rows; ``replaced`` are then keys that named another document before. ``stranger`` says why nothing is to be stored:
    the rows are not this board's, or are read wrongly.
    """

    moved: dict[str, Known] = {}
    rekeyed: bool = False
    replaced: frozenset[str] = frozenset()
    stranger: str | None = None


def recognise(
    found: Sequence[Headline],
    known: Mapping[str, Known],
    namesakes: Sequence[Known],
    latest: Sequence[Known],
    *,
    relearnt: bool,
) -> Verdict:
    """Judge the rows of a list page, newest first.

    ``known`` are the stored headlines listed under the rows' keys, ``namesakes`` those of the board with their titles,
    ``latest`` the newest unpinned ones. ``relearnt``: the layout changed, so most must be recognised; where it did not,
    rows are strangers only if they leave out stored headlines that would have to stand among them.
    """
    own = [headline for headline in found if not headline.pinned]
    if not latest or not own:
        return Verdict()
    titles = {headline.key: fold(headline.title) for headline in found}
    # A purged headline's title is known only where a row bears it: then it is among the namesakes.
    named = {stored.arrival: stored for stored in namesakes if stored.purged_at is not None}
    agreed = {
        key: stored for key, stored in known.items() if fold(named.get(stored.arrival, stored).title) == titles[key]
    }
    moved = _moved(found, agreed, namesakes)
    met = [headline.key in moved or headline.key in known for headline in own]
    visible = own[met.index(True) :] if True in met else []
    renamed = sum(headline.key in moved and moved[headline.key].listed is not None for headline in visible)
    rekeyed = len(visible) >= min(FEWEST, len(latest)) and renamed >= REPRODUCED * len(visible)
    if not rekeyed:
        moved = {key: stored for key, stored in moved.items() if stored.listed is None and key not in known}
    same = sum(headline.key in agreed or headline.key in moved for headline in visible)
    return Verdict(
        moved=moved,
        rekeyed=rekeyed,
        replaced=frozenset(known.keys() - agreed.keys()) if rekeyed else frozenset(),
        stranger=_stranger(own, len(visible), same, latest, relearnt=relearnt),
    )


def _moved(found: Sequence[Headline], known: Mapping[str, Known], namesakes: Sequence[Known]) -> dict[str, Known]:
    """Stored headlines that rows under unknown keys name by title and time, one to one."""
    by_title = defaultdict[str, list[Known]](list)
    for stored in namesakes:
        if stored.listed is None or stored.listed not in known:
            by_title[fold(stored.title)].append(stored)
    unknown = [headline for headline in found if headline.key not in known]
    told = Counter(fold(headline.title) for headline in unknown)
    moved = {}
    for headline in unknown:
        held = [stored for stored in by_title[fold(headline.title)] if _at_once(headline.published, stored.published)]
        if len(held) == 1 and told[fold(headline.title)] == 1:
            moved[headline.key] = held[0]
    return moved


def _at_once(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or abs(one - other) <= _DAY


def _stranger(
    own: Sequence[Headline], visible: int, same: int, latest: Sequence[Known], *, relearnt: bool
) -> str | None:
    if relearnt and same < max(min(FEWEST, len(latest), len(own)), REPRODUCED * visible):
        return f"the layout changed, and only {same} of {visible or len(own)} rows are headlines stored here"
    missing = 0 if visible else _left_out(own, latest)
    if missing >= FEWEST:
        return f"none of {len(own)} rows is stored here, and {missing} stored headlines of the same days are missing"
    return None


def _left_out(own: Sequence[Headline], latest: Sequence[Known]) -> int:
    """How many stored headlines are claimed for days between the list's first and last, a day and more from its end."""
    times = [headline.published for headline in own if headline.published is not None]
    falling = sum(later <= earlier for earlier, later in pairwise(times))
    if len(times) < FEWEST or falling < 0.7 * (len(times) - 1):
        return 0
    return sum(
        stored.published is not None and min(times) + _DAY <= stored.published <= max(times) for stored in latest
    )
