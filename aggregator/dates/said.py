"""What one date text says, no more: closed values that the rows of a page are then reconciled from."""

from datetime import date, time, timedelta

from msgspec import Struct

from aggregator.model import Precision


class At(Struct, frozen=True):
    """A clock time as printed; ``offset`` from UTC where the text itself gives one."""

    clock: time
    precision: Precision
    offset: timedelta | None = None


class Ago(Struct, frozen=True):
    """So long before the page was written, rounded down to ``unit``: ``3분 전``, ``2 hours ago``, ``방금``."""

    back: timedelta
    unit: timedelta


class DaysBack(Struct, frozen=True):
    """Today (0), yesterday (1) and so on, with a clock time or without: ``어제``, ``Yesterday, 09:00 AM``."""

    days: int
    at: At | None = None


class Day(Struct, frozen=True):
    """A day of the calendar, possibly without its year, possibly with a clock time.

    ``pattern`` is the manner of writing: two texts of one pattern come from the same formatter of the board.
    """

    year: int | None
    month: int
    day: int
    pattern: str
    at: At | None = None

    def in_year(self, year: int) -> date | None:
        """The day in *year*; None where that year has no such day."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


class Digits(Struct, frozen=True):
    """Month and day in an order that other rows must prove: ``11-23-2026``, and ``11/24`` where no row denies it."""

    left: int
    right: int
    year: int | None
    pattern: str
    at: At | None = None


Said = Ago | DaysBack | At | Day | Digits
