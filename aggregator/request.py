"""What a feed's URL asks for: its parameters read, and the one query that says the same."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Literal, Self, TypeVar
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct
from msgspec.structs import replace

from aggregator import cuts, filters
from aggregator.cuts import SHORT, Cut
from aggregator.errors import FilterError
from aggregator.filters import And, Filter
from aggregator.filters.aliases import asked
from aggregator.filters.tree import Day, Span
from aggregator.store import Cursor

Kind = Literal["all", "board", "topic"]
Dup = Literal["first", "all"]
Sort = Literal["arrival", "date"]
Answer = Literal["yes", "no"]

Choice = TypeVar("Choice", bound=str)

DUPS: Mapping[str, Dup] = {"first": "first", "all": "all"}
SORTS: Mapping[str, Sort] = {"arrival": "arrival", "date": "date"}
ANSWERS: Mapping[str, Answer] = {"no": "no", "yes": "yes"}
ENTRIES = 50
PRIVATE = "/p/"
MOST_ENTRIES = 500

# What RSSHub and FreshRSS call our modifiers.
_SORTED: Mapping[str, Sort] = {"true": "date", "false": "arrival"}
_COUNTS = ("n", "nb", "limit")
_CURSOR = re.compile(r"(?:([0-9]{1,16})-)?([0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Access(Struct, frozen=True, kw_only=True):
    """What opens a feed beside its address: nothing for a public one, else a token's path, which its URLs begin with.

    ``own``: the feed itself may be private; ``others``: so may the boards whose headlines it gathers.
    """

    prefix: str = ""
    own: bool = False
    others: bool = False

    @classmethod
    def below(cls, token: str, *, others: bool = False) -> Self:
        """What a private feed's token opens.

        >>> Access.below("k").prefix
        '/p/k'
        """
        return cls(prefix=PRIVATE + token, own=True, others=others)


PUBLIC = Access()


class Request(Struct, frozen=True, kw_only=True, cache_hash=True):
    """What is asked for: all headlines, those of a board or those of a topic, narrowed by a filter ``q``.

    ``each``: at most so many of one board; ``before``: behind that entry; ``tz``: the zone of the filter's days, empty
    for the server's; ``tombstones``: what was deleted is named; ``access``: what opens it; ``archive``: the one that
    is cut there; ``after``: what arrived later than that one, which no URL asks for.
    """

    kind: Kind = "all"
    slug: str = ""
    q: str = ""
    n: int = ENTRIES
    dup: Dup = "first"
    sort: Sort = "arrival"
    backfill: bool = False
    each: int | None = None
    before: Cursor | None = None
    tz: str = ""
    tombstones: bool = False
    access: Access = PUBLIC
    after: int | None = None
    archive: Cut | None = None

    @property
    def whole(self) -> Self:
        """The feed that this is an archive of."""
        return replace(self, archive=None)


def request(kind: Kind, slug: str, parameters: Mapping[str, str]) -> Request:
    """The request that a URL's parameters make of a feed; parameters that are none of ours are ignored (D20).

    Those of other programs that say what ours do are read as ours. *Raises* FilterError for what is not allowed.

    >>> request("all", "", {"limit": "20", "utm_source": "mail", "filter_title": "연금"}).q
    'title:연금'
    """
    sort = _sort(parameters)
    wanted = Request(
        kind=kind,
        slug=slug,
        q=_expression(parameters),
        n=_n(parameters),
        dup=_choice("dup", parameters.get("dup", "first"), DUPS),
        sort=sort,
        backfill=_choice("backfill", parameters.get("backfill", "no"), ANSWERS) == "yes",
        each=_count("each", parameters["each"]) if "each" in parameters else None,
        before=_cursor(parameters["before"], sort) if "before" in parameters else None,
        tz=_zone(parameters["tz"]) if parameters.get("tz") else "",
        tombstones=_choice("tombstones", parameters.get("tombstones", "no"), ANSWERS) == "yes",
    )
    return archived(wanted, _cut(parameters["archive"])) if "archive" in parameters else wanted


def archived(wanted: Request, cut: Cut) -> Request:
    """The request for an archive: how many entries are shown, and from where on, is no matter of an archive.

    >>> archived(Request(n=7, q="연금"), Cut(0, 50)) == Request(q="연금", archive=Cut(0, 50))
    True
    """
    return replace(wanted, archive=cut, n=ENTRIES, before=None, tombstones=False)


def query(wanted: Request, chosen: Filter, zone: ZoneInfo) -> str:
    """The canonical query, ``?`` included: sorted, defaults dropped, one spelling a filter; else empty.

    ``chosen`` is the request's own filter, ``zone`` the server's, which is no news. Parentheses and apostrophes are
    escaped although a URL may hold them: shells and mail programs break on them.
    """
    stated = {
        "archive": "" if wanted.archive is None else wanted.archive.text,
        "backfill": "yes" if wanted.backfill else "",
        "before": "" if wanted.before is None else cursor_text(wanted.before),
        "dup": wanted.dup if wanted.dup != "first" else "",
        "each": "" if wanted.each is None else str(wanted.each),
        "n": str(wanted.n) if wanted.n != ENTRIES else "",
        "q": filters.canonical(chosen),
        "sort": wanted.sort if wanted.sort != "arrival" else "",
        "tombstones": "yes" if wanted.tombstones else "",
        "tz": wanted.tz if wanted.tz != zone.key else "",
    }
    parameters = {name: value for name, value in stated.items() if value}
    return f"?{urlencode(parameters, quote_via=quote, safe=':,/-')}" if parameters else ""


def has_days(chosen: Filter) -> bool:
    """Whether a filter speaks of days or months, which begin at another time in another zone."""
    spans = [value for term in filters.terms(chosen) for value in term.values if isinstance(value, Span)]
    return any(isinstance(point, Day) for span in spans for point in (span.low, span.high))


def cursor_text(cursor: Cursor) -> str:
    """A cursor as ``before=`` takes it: the arrival, by date with the microseconds since 1970 in front.

    >>> cursor_text(Cursor(12, _EPOCH)), cursor_text(Cursor(12))
    ('0-12', '12')
    """
    return (
        f"{cursor.arrival}" if cursor.moment is None else f"{(cursor.moment - _EPOCH) // _MICROSECOND}-{cursor.arrival}"
    )


def _expression(parameters: Mapping[str, str]) -> str:
    """The filter as it was written; where other programs' parameters add to it, all of it in our words."""
    written = parameters.get("q", "")
    others = asked(parameters.items())
    return filters.canonical(And((filters.parse(written), *others))) if others else written


def _n(parameters: Mapping[str, str]) -> int:
    given = [name for name in _COUNTS if name in parameters]
    if len(given) > 1:
        raise FilterError(
            f"{' and '.join(given)} say the same.", column=1, hint=f"{given[0]}={parameters[given[0]]} alone"
        )
    return _count(given[0], parameters[given[0]]) if given else ENTRIES


def _sort(parameters: Mapping[str, str]) -> Sort:
    if "sort" not in parameters and "sorted" in parameters:
        return _choice("sorted", parameters["sorted"], _SORTED)
    return _choice("sort", parameters.get("sort", "arrival"), SORTS)


def _count(name: str, written: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,2}", written) or int(written) > MOST_ENTRIES:
        raise FilterError(
            f"{name}={written[:20]} is no count of entries.", column=1, hint=f"{name}=1 to {name}={MOST_ENTRIES}"
        )
    return int(written)


def _choice(name: str, written: str, allowed: Mapping[str, Choice]) -> Choice:
    if written not in allowed:
        hint = " or ".join(f"{name}={value}" for value in allowed)
        raise FilterError(f"{name}={written[:20]} is unknown.", column=1, hint=hint)
    return allowed[written]


def _cursor(written: str, sort: Sort) -> Cursor:
    found = _CURSOR.fullmatch(written)
    if found is None or (found[1] is None) != (sort == "arrival"):
        hint = "before= as the address of the older page has it, with the same sort"
        raise FilterError(f"before={written[:40]} is no place in this order.", column=1, hint=hint)
    return Cursor(int(found[2]), None if found[1] is None else _EPOCH + int(found[1]) * _MICROSECOND)


def _cut(written: str) -> Cut:
    if (cut := cuts.read(written)) is None:
        hint = f"archive= as a document of this feed names it, such as archive=0-{SHORT}"
        raise FilterError(f"archive={written[:40]} is no archive's cut.", column=1, hint=hint)
    return cut


def _zone(written: str) -> str:
    try:
        return ZoneInfo(written).key
    except (OSError, ValueError, LookupError) as error:
        near = [*get_close_matches(written[:40], _zones(), 1), "Asia/Seoul"]
        raise FilterError(f"tz={written[:40]} is no time zone.", column=1, hint=f"tz={near[0]}") from error


@cache
def _zones() -> list[str]:
    """The names of all time zones, which are files."""
    return sorted(available_timezones())


def minute_end(now: datetime) -> datetime:
    """The moment that feeds are selected for; from then on they are selected again.

    >>> minute_end(datetime(2024, 4, 20, 4, 30, 59)).isoformat()
    '2024-04-20T04:31:00'
    """
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)
