"""How one board is asked where its admin wants it otherwise, and what the far side's answers have come to so far."""

from datetime import datetime, timedelta

from msgspec import Struct

# The value of a board's ``proxy`` that leaves out the one that all others go through.
DIRECT = "none"


class Manners(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an admin allows or wants for one board alone; the defaults are what every other is given.

    ``cookies`` takes and returns cookies, ``ignore_robots`` asks for pages that robots.txt disallows, ``insecure``
    believes any certificate: these hold for the board's own host. ``proxy`` is a URL, "none", or empty for the global
    one; redirects go through it too. ``pages`` is the most that one poll reads, None as for every board.
    """

    cookies: bool = False
    ignore_robots: bool = False
    insecure: bool = False
    proxy: str = ""
    pages: int | None = None

    @property
    def liberties(self) -> tuple[str, ...]:
        """What is allowed that should trouble whoever sees it, a sentence each; shown wherever the board is.

        >>> Manners(insecure=True).liberties
        ('the certificate is not verified (insecure = true)',)
        """
        said = {
            "the certificate is not verified (insecure = true)": self.insecure,
            "robots.txt is ignored (ignore_robots = true)": self.ignore_robots,
        }
        return tuple(sentence for sentence, taken in said.items() if taken)


class Move(Struct, frozen=True, kw_only=True):
    """A permanent redirect seen ``times`` times in a row, first at ``since``, always to ``url``."""

    url: str
    since: datetime
    times: int


class Unread(Struct, frozen=True, kw_only=True):
    """Why the page whose validators are held could not be read; ``person`` where somebody must look."""

    why: str
    person: bool


class Seen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A first page that was read: a ``digest`` of its list, but for the numbers at ``loose``, which may change."""

    digest: str = ""
    loose: tuple[int, ...] = ()


class Standing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the far side's answers have come to for one board.

    It was asked last at ``asked_at``, and not before ``not_before`` may it be again: the far side said so, by
    Retry-After or max-age. Every answer since ``failing_since`` was a failure. ``only_page``: its first page links no
    other. ``notice`` says why the program stopped polling it. ``seen`` is
    of the first page that was read last.
    """

    asked_at: datetime | None = None
    not_before: datetime | None = None
    failing_since: datetime | None = None
    moving: Move | None = None
    unread: Unread | None = None
    only_page: bool = False
    notice: str | None = None
    seen: Seen = Seen()

    def soonest(self, floor: timedelta, now: datetime) -> datetime:
        """When its URL may be asked for next, by whomever: ``now``, unless that is too soon.

        >>> now = datetime(2026, 3, 1, 12)
        >>> Standing(asked_at=now).soonest(timedelta(minutes=5), now)
        datetime.datetime(2026, 3, 1, 12, 5)
        """
        return max(now, self.not_before or now, self.asked_at + floor if self.asked_at else now)


# A permanent redirect is believed at once within a site; to another it must have stood a day.
SAME_SITE_SIGHTINGS, SIGHTINGS = 2, 3
MOVING_FOR = timedelta(days=1)
