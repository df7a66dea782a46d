"""Found × known → what is new, changed, restated and same: the decision, apart from the doing."""

from collections.abc import Iterable, Mapping, Sequence

from aggregator.changes import Changes, Known
from aggregator.model import Headline


def reconcile(found: Sequence[Headline], known: Mapping[str, Known]) -> Changes:
    """What storing ``found`` (page order, pages newest first) would change, given what is ``known`` by key.

    Overlapping pages count as their union, so a key may come twice. A missing link or number is no statement: rows of a
    shortened page must not undo what a fuller one said. New headlines come oldest first, pinned ones before all others,
    because a notice that stands above the list says nothing about its age and must not push news out of a reader's top.

    >>> reconcile([Headline(key="2", title="b"), Headline(key="1", title="a")], {}).new[0].key
    '1'
    """
    union = _union(found)
    met = [(headline, known[headline.key]) for headline in union if headline.key in known]
    changed = tuple(headline for headline, before in met if _retitled(headline, before))
    restated = tuple(headline for headline, before in met if _restated(headline, before))
    moved = {headline.key for headline in (*changed, *restated)}
    return Changes(
        new=_oldest_first(headline for headline in union if headline.key not in known),
        changed=changed,
        restated=restated,
        same=tuple(headline.key for headline, _ in met if headline.key not in moved),
    )


def _union(found: Sequence[Headline]) -> list[Headline]:
    """Each key once: its first unpinned copy, which stands in its place in the list, else its first copy."""
    copies: dict[str, Headline] = {}
    for headline in sorted(found, key=lambda headline: headline.pinned):
        copies.setdefault(headline.key, headline)
    chosen = {id(headline) for headline in copies.values()}
    return [headline for headline in found if id(headline) in chosen]


def _oldest_first(new: Iterable[Headline]) -> tuple[Headline, ...]:
    upwards = list(new)[::-1]
    return tuple(sorted(upwards, key=lambda headline: not headline.pinned))


def _retitled(headline: Headline, before: Known) -> bool:
    return headline.title != before.title or headline.url not in (None, before.url)


def _restated(headline: Headline, before: Known) -> bool:
    moved = headline.number not in (None, before.number) or headline.pinned != before.pinned
    return moved and not _retitled(headline, before)
