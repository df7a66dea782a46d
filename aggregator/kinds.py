"""How each kind of setting is read, and what is allowed: one error type, ValueError, says that a value is not."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from ipaddress import ip_network
from typing import NamedTuple, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from aggregator.errors import FilterError
from aggregator.filters import parse
from aggregator.folding import fold
from aggregator.listing import checked
from aggregator.model import State
from aggregator.recipe import Recipe
from aggregator.schedule.active import hours
from aggregator.schedule.cron import checked as cron
from aggregator.timing import duration

_SIZES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3}
_MAILBOX = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+"
_CONTROL = r"\x00-\x1f\x7f"


class Kind(NamedTuple):
    """How one type of setting is read: ``parse`` raises ValueError on what is not ``allowed``."""

    parse: Callable[[object], object]
    allowed: str


def _span(value: object) -> timedelta:
    if not (span := duration(value)):
        raise ValueError(value)
    return span


def size(value: object) -> int:
    """Read a size in bytes such as ``2MB``; a bare whole number is bytes.

    >>> size("2MB")
    2000000
    """
    found = re.fullmatch(r"(\d{1,15})(B|KB|MB|GB)?", str(value)) if not isinstance(value, bool) else None
    if found is None:
        raise ValueError(value)
    return int(found[1]) * _SIZES[found[2] or "B"]


def whole(lowest: int, highest: int) -> Kind:
    """Return the kind of a whole number between two others."""

    def read(value: object) -> int:
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if not isinstance(number, int) or isinstance(number, bool) or not lowest <= number <= highest:
            raise ValueError(value)
        return number

    return Kind(read, f"a whole number from {lowest} to {highest}")


def _text(pattern: str, allowed: str) -> Kind:
    def read(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(value)
        return value

    return Kind(read, allowed)


def _address(pattern: str, allowed: str) -> Kind:
    text = _text(pattern, allowed)

    def read(value: object) -> str:
        said = str(text.parse(value))
        # Brackets that do not pair and ports that are none are refused by these.
        _ = urlsplit(said).hostname, urlsplit(said).port
        return said

    return Kind(read, allowed)


def _cron(value: object) -> str:
    return cron(value) if value and isinstance(value, str) else _empty(value)


def _active(value: object) -> str:
    if value and isinstance(value, str):
        hours(value)
        return " ".join(value.lower().split())
    return _empty(value)


def _empty(value: object) -> str:
    if value != "":
        raise ValueError(value)
    return ""


def _zone(value: object) -> str:
    if not isinstance(value, str) or value not in available_timezones():
        raise ValueError(value)
    return ZoneInfo(value).key


def _hosts(value: object) -> tuple[str, ...]:
    for host in (hosts := _listed(value)):
        # An address or a network, with a port or without: 10.0.0.0/8, 127.0.0.1:8001, [::1]:8001.
        ip_network(re.sub(r"^([^:]*|\[.*\]):\d+$", r"\1", host).strip("[]"))
    return tuple(hosts)


def _addresses(value: object) -> tuple[str, ...]:
    listed = _hosts(value)
    for address in listed:
        ip_network(address)
    return listed


def _urls(value: object) -> tuple[str, ...]:
    said = value.split() if isinstance(value, str) else value
    if not isinstance(said, list):
        raise ValueError(value)  # noqa: TRY004 - as above
    return tuple(str(WEB.parse(url)) for url in said)


def _tags(value: object) -> tuple[str, ...]:
    """Tags as they are compared; a tag is one word, because filters name it bare and after an @."""
    said = value if isinstance(value, list) else [value]
    tags = [fold(tag) if isinstance(tag, str) else "" for tag in said]
    if not all(re.fullmatch(r"[^\s,()|:'\"\[\]/*!#@-][^\s,()|:*'\"\[\]]*", tag) for tag in tags):
        raise ValueError(value)
    return tuple(sorted(set(tags)))


def _filter(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004 - one error type means "not allowed" to the reader of settings
    try:
        parse(value)
    except FilterError as error:
        raise ValueError(value, f"{error} (column {error.column}; {error.hint})") from error
    return value


def _backfill(value: object) -> str:
    said = str(value)
    if said not in {"none", "all"} and not re.fullmatch("[1-9][0-9]{0,5}", said):
        date.fromisoformat(said)
    return said


def _recipe(value: object) -> Recipe:
    try:
        return checked(value)
    except ValueError as error:
        raise ValueError(value, str(error)) from error


def _listed(value: object) -> list[str]:
    """What a list says, or a variable with commas."""
    said = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if not isinstance(said, list) or not all(isinstance(part, str) for part in said):
        raise ValueError(value)
    return said


def _mailboxes(value: object) -> tuple[str, ...]:
    said = _listed(value)
    if not all(re.fullmatch(_MAILBOX, one) for one in said):
        raise ValueError(value)
    return tuple(said)


def _states(value: object) -> tuple[State, ...]:
    named = set(_listed(value))
    if not named or not named <= set(get_args(State)):
        raise ValueError(value)
    return tuple(state for state in get_args(State) if state in named)


def _flag(value: object) -> bool:
    said = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    if not isinstance(said, bool):
        raise ValueError(value)  # noqa: TRY004 - as above
    return said


FLAG = Kind(_flag, "true or false")
# A board's stands in a file or on a command line, where no password belongs.
PROXY = _text(
    r"((https?|socks[45])://[^\s/@]+/?|none)?", "http://HOST:PORT, socks5://HOST:PORT, none, or empty for [polling]'s"
)
PROXY_FOR_ALL = _text(
    r"((https?|socks[45])://[^\s/]+/?)?", "http://HOST:PORT or socks5://HOST:PORT, USER:PASSWORD@ by variable, or empty"
)
PAGES = whole(4, 1000)
CRON = Kind(_cron, "minute hour day month weekday, such as */5 7-23 * * mon-fri, or empty")
ACTIVE = Kind(_active, "HH:MM-HH:MM and days, such as 07:00-23:00 mon-fri, or empty")
DURATION = Kind(duration, "a duration such as 10ms, 5s, 10m, 1h30m")
SPAN = Kind(_span, "a duration above zero such as 10ms, 5s, 10m, 1h30m")
SIZE = Kind(size, "a size such as 500KB, 2MB")
ZONE = Kind(_zone, "an IANA time zone such as Asia/Seoul")
HOSTS = Kind(_hosts, 'a list of addresses or networks such as ["127.0.0.1:8001", "10.0.0.0/8"]')
ADDRESSES = Kind(_addresses, 'a list of addresses or networks such as ["127.0.0.1", "10.0.0.0/8"]')
FILTER = Kind(_filter, "a filter such as: title:연금 -source:광고")
BACKFILL = Kind(_backfill, "none, a number of pages, a date such as 2026-01-01, or all")
TAGS = Kind(
    _tags,
    'words without blanks, brackets or quotes, such as ["정치", "economy"], or tags=정치,economy at the command line',
)
RECIPE = Kind(_recipe, "a recipe's keys; `aggregator boards recipe --schema` prints them")
STATES = Kind(_states, f"a list of some of {', '.join(get_args(State))}")
# Files are called so, with endings and queries behind it, and no file system takes more than 255 bytes.
LIMIT_SLUG_CHARS = 100
SLUG = _text(
    rf"(?!.{{{LIMIT_SLUG_CHARS + 1}}})[a-z0-9]+(-[a-z0-9]+)*",
    f"a slug of at most {LIMIT_SLUG_CHARS} a-z, 0-9 and single hyphens",
)
WEB = _address(rf"https?://[^\s/{_CONTROL}]+[^\s{_CONTROL}]*", "an absolute http(s) URL")
URLS = Kind(_urls, 'a list of absolute http(s) URLs such as ["https://hub.example/"]')
# What stands before the path of everything that is given away: a query, a password or a slash too many would break it.
PUBLIC_URL = _address(
    rf"(https?://[^\s/?#@{_CONTROL}]+(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?)?",
    "an absolute http(s) URL, in whose path are a-z, 0-9 and -._~ alone, or empty",
)
# A file, because several threads share it. A password may hold any character but @, as SQLAlchemy reads it.
STORE_URL = _text(
    r"sqlite:///(?!:memory:(\?|$))[^\s?]\S*"
    r"|postgres(ql)?(\+asyncpg)?://(?=\S)([^\s:/]*(:[^\s@]*)?@)?(\[[^\s/?]+\]|[^\s/:?]+)?(:\d{0,5})?([/?]\S*)?",
    "sqlite:///FILE or postgresql://user@host:5432/name",
)
SECURITY = _text(r"starttls|tls|none", "starttls, tls (from the first byte) or none")
MAILBOX = _text(rf"({_MAILBOX})?", "an address such as ops@example.org, or empty")
MAILBOXES = Kind(_mailboxes, 'a list of addresses such as ["ops@example.org"]')
WORD_OR_EMPTY = _text(r"\S*", "a name without blanks, or empty")
WORD = _text(r"\S+", "a name without blanks")
LOG_FORMAT = _text(r"text|json", "text or json")
LINE = _text(rf"[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*", "one line of text")
LINE_OR_EMPTY = _text(rf"[^{_CONTROL}]*", "one line of text, or empty")
