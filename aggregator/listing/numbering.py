"""What a board's printed numbers are: ranks that shift, or stable ids."""

from collections.abc import Sequence
from itertools import pairwise

from aggregator.model import Numbering


def numbering(numbers: Sequence[int | None], ids: Sequence[str | None]) -> Numbering:
    """Return how a listing numbers its rows, from the *numbers* printed and the document *ids* beside them.

    ``stable`` where the number is the id, or leaves the holes the ids leave; ``rank`` otherwise: most boards count.

    >>> numbering([12, 11, 10], ["907", "905", "902"]), numbering([907, 905], ["907", "905"]), numbering([None], ["7"])
    ('rank', 'stable', 'none')
    """
    known = [(number, found) for number, found in zip(numbers, ids, strict=True) if number is not None]
    if not known:
        return "none"
    pairs = [(number, int(found)) for number, found in known if found and found.isdecimal()]
    if pairs and sum(number == found for number, found in pairs) >= 0.8 * len(known):
        return "stable"
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(pairs)]
    holes = [step for step in steps if abs(step[0]) > 1]
    return "stable" if holes and all(shown == found for shown, found in steps) else "rank"
