"""Where archives are cut: fixed blocks of arrival numbers, every fifty and, further back, every five hundred.

So many of each, because a document that shows fifty entries reaches down to the last cut whatever it selects, and a
reader who goes back through a million headlines need not ask for twenty thousand documents.
"""

import re

from msgspec import Struct

SHORT, LONG = 50, 500
_WRITTEN = re.compile(r"([0-9]{1,18})-([0-9]{1,18})(?:-([0-9a-f]{8}))?")


class Cut(Struct, frozen=True):
    """The arrivals from ``low`` up to and without ``high``; ``edition`` says which filter a topic had."""

    low: int
    high: int
    edition: str = ""

    @property
    def text(self) -> str:
        """The cut as ``archive=`` has it."""
        return "-".join(filter(None, (str(self.low), str(self.high), self.edition)))

    @property
    def blocks(self) -> range:
        """The numbers of the short blocks that it is made of."""
        return range(self.low // SHORT, self.high // SHORT)

    @property
    def above(self) -> "Cut":
        """The next one of the same length."""
        return Cut(self.high, 2 * self.high - self.low, self.edition)


def read(written: str) -> Cut | None:
    """The cut that ``archive=`` says; None where none is cut so.

    >>> read("450-500"), read("450-510"), read("50-550")
    (Cut(low=450, high=500, edition=''), None, None)
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    cut = Cut(int(found[1]), int(found[2]), found[3] or "")
    length = cut.high - cut.low
    return cut if length in (SHORT, LONG) and cut.low % length == 0 and cut.text == written else None


def end(last_arrival: int) -> int:
    """Where the last block ends that no headline will be added to.

    >>> end(98), end(99)
    (50, 100)
    """
    return (last_arrival + 1) // SHORT * SHORT


def holding(arrival: int, below: int, edition: str = "") -> Cut:
    """The archive that holds ``arrival``, on the way down from the cut ``below`` which it lies.

    >>> holding(1049, 1050), holding(999, 1050), holding(999, 1000)
    (Cut(low=1000, high=1050, edition=''), Cut(low=500, high=1000, edition=''), Cut(low=500, high=1000, edition=''))
    """
    length = SHORT if arrival >= below // LONG * LONG else LONG
    low = arrival // length * length
    return Cut(low, low + length, edition)
