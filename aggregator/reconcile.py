"""Found × known → what is new, changed, restated and same: the decision, apart from the doing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from aggregator.changes import Changes, Form, Known
from aggregator.model import Headline

FLIPS: Final = 3
"""So often within ``CALM`` a headline may return to a form it had before; then the longer of its forms stays."""
CALM: Final = timedelta(days=7)


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


def steadied(changes: Changes, known: Mapping[str, Known], earlier: Mapping[int, Sequence[Form]]) -> Changes:
    """The changes without edits that only go back and forth; what such a row says beside its title is still taken.

    ``earlier`` are the forms, by arrival, that headlines had within ``CALM`` before the one they have.
    """
    edits = [(row, known[row.key]) for row in changes.changed]
    flips = [
        (row, old)
        for row, old in edits
        if not counts(_form(row, old), Form(old.title, old.url), earlier.get(old.arrival, ()))
    ]
    flipping = {row.key for row, _ in flips}
    moved = [row for row, old in flips if _moved(row, old)]
    return replace(
        changes,
        changed=tuple(row for row in changes.changed if row.key not in flipping),
        restated=(*changes.restated, *moved),
        same=(*changes.same, *sorted(flipping - {row.key for row in moved})),
    )


def counts(new: Form, now: Form, earlier: Sequence[Form]) -> bool:
    """Whether a headline's ``new`` form is an edit: it never had it, or has not gone back and forth too often.

    Some lists cut titles short and some do not, some try out two: readers would be told of an edit at every poll. The
    longer of the forms says most, so it alone is taken from then on.

    >>> long, short = Form("A title in full", None), Form("A title…", None)
    >>> counts(short, long, [long, short] * 3), counts(long, short, [long, short] * 3)
    (False, True)
    """
    returns = len(earlier) + 1 - len({*earlier, now})
    return new not in earlier or returns < FLIPS or len(new.title) > len(now.title)


def _form(headline: Headline, before: Known) -> Form:
    return Form(headline.title, headline.url or before.url)


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
    """Whether title or link are others; of a purged headline nobody knows, and nobody is to be told."""
    return before.purged_at is None and (headline.title != before.title or headline.url not in (None, before.url))


def _restated(headline: Headline, before: Known) -> bool:
    return _moved(headline, before) and not _retitled(headline, before)


def _moved(headline: Headline, before: Known) -> bool:
    return headline.number not in (None, before.number) or headline.pinned != before.pinned
