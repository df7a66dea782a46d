"""What the store remembers of headlines, and what a poll means to change of it."""

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from aggregator.model import Headline


class Known(Struct, frozen=True, kw_only=True):
    """What the store remembers of a headline, as far as deciding about a newly found one needs it.

    ``listed`` is the key its board lists it under now; None where that changed and it was not met since. ``place``
    is greater the higher it stands in the board's list, None where it was met as a notice alone. ``missed_at`` is when
    a page first left it out, ``deleted_at`` when that was sure. ``purged_at`` is when its texts were dropped: it says
    nothing any more, and whatever the list says of it is no news.
    """

    arrival: int = 0
    listed: str | None = None
    key: str
    title: str
    url: str | None
    number: int | None
    pinned: bool
    published: datetime | None = None
    place: int | None = None
    missed_at: datetime | None = None
    deleted_at: datetime | None = None
    purged_at: datetime | None = None

    @property
    def standing(self) -> int | None:
        """Its place, where it is an ordinary row of the list now; None for notices and what is gone."""
        return None if self.pinned or self.deleted_at is not None else self.place


class Form(NamedTuple):
    """What an edit changes: a headline's title and link."""

    title: str
    url: str | None


class Changes(Struct, frozen=True, kw_only=True):
    """What a poll intends: ``new`` oldest first (arrival order), ``changed`` title or link, ``same`` keys of the rest.

    ``restated`` are known headlines whose number or pin moved while title and link stayed: stored, never an update.
    ``places`` are of the rows, by key, whose place is new; ``history`` the keys of what is older than the board's first
    contact. By arrival: ``gone`` are deleted, ``missed`` may be, ``back`` are not, ``unpinned`` are notices no more.
    """

    new: tuple[Headline, ...] = ()
    changed: tuple[Headline, ...] = ()
    restated: tuple[Headline, ...] = ()
    same: tuple[str, ...] = ()
    places: dict[str, int] = {}
    history: frozenset[str] = frozenset()
    gone: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()
    back: tuple[int, ...] = ()
    unpinned: tuple[int, ...] = ()
