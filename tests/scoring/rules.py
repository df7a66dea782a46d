"""The 21 rules by which a poller is judged, each a pure function from the log to complaints (CONFORMANCE.md E).

The log holds every request in the order in which it came, with what was answered. A rule knows nothing of the poller
but this.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from msgspec import Struct
from protego import Protego

from aggregator.model import Validators

DAY = timedelta(hours=24)


class Asked(Struct, kw_only=True):
    """One request and its answer; header names in lower case. ``under_way``: requests at once, this one included."""

    at: datetime
    method: str
    url: str
    headers: dict[str, str]
    sent_body: bool = False
    under_way: int = 1
    status: int = 0
    said: dict[str, str] = {}
    text: str = ""

    @property
    def is_robots(self) -> bool:
        """Whether it is about the site's rules."""
        return urlsplit(self.url).path == "/robots.txt"


class Terms(Struct, kw_only=True):
    """What the poller was told: URLs, and how often each may be asked for."""

    given: set[str]
    interval: timedelta


Complaints = Iterator[str]
Log = Sequence[Asked]


def by_url(log: Log) -> dict[str, list[Asked]]:
    """The requests for each page, in order; robots.txt is none."""
    visits: dict[str, list[Asked]] = defaultdict(list)
    for asked in log:
        if not asked.is_robots:
            visits[asked.url].append(asked)
    return visits


def pairs(log: Log) -> Iterator[tuple[Asked, Asked]]:
    """Each request for a page with the one before it for the same page."""
    for visits in by_url(log).values():
        yield from itertools.pairwise(visits)


def user_agent(log: Log, _: Terms) -> Complaints:
    """A product with its version and where to complain; no browser and no library."""
    for asked in log:
        named = asked.headers.get("user-agent", "")
        own = re.fullmatch(r"[\w.-]+/[\w.+-]+ \(\+https?://\S+\)", named)
        if not own or re.match("(?i)mozilla|python|aiohttp|curl|wget", named):
            yield f"{asked.url}: {named!r}"


def never(header: str) -> Callable[[Log, Terms], Complaints]:
    """A header that is not to be sent."""
    return lambda log, _: (f"{asked.url}: {asked.headers[header]!r}" for asked in log if header in asked.headers)


def query(log: Log, terms: Terms) -> Complaints:
    """No parameter that nobody gave."""
    known = {_path(url): url for url in known_urls(log, terms)}
    for asked in log:
        if asked.url not in known.values() and _path(asked.url) in known and urlsplit(asked.url).query:
            yield asked.url


def accept_encoding(log: Log, _: Terms) -> Complaints:
    """Compression is offered, gzip at least."""
    return (asked.url for asked in log if "gzip" not in asked.headers.get("accept-encoding", ""))


def accept(log: Log, _: Terms) -> Complaints:
    """It is said what is wanted."""
    return (asked.url for asked in log if not asked.headers.get("accept"))


def method(log: Log, _: Terms) -> Complaints:
    """Nothing but GET and HEAD, and no body."""
    return (f"{asked.method} {asked.url}" for asked in log if asked.method not in {"GET", "HEAD"} or asked.sent_body)


def guessing(log: Log, terms: Terms) -> Complaints:
    """No URL that nobody gave or linked."""
    known = {_path(url) for url in known_urls(log, terms)}
    return (asked.url for asked in log if not asked.is_robots and _path(asked.url) not in known)


def robots(log: Log, _: Terms) -> Complaints:
    """No page before its site's robots.txt, none that this disallows, and none by rules more than a day old."""
    rules: dict[str, tuple[datetime, str]] = {}
    for asked in log:
        site, here = urlsplit(asked.url).netloc, asked.headers.get("user-agent", "").partition("/")[0]
        if asked.is_robots:
            rules[site] = (asked.at, _ruled(asked, rules.get(site, (None, ""))[1]))
        elif site not in rules:
            yield f"{asked.url}: before robots.txt"
        elif asked.at - rules[site][0] > DAY:
            yield f"{asked.url}: by rules of {rules[site][0]}"
        elif not Protego.parse(rules[site][1]).can_fetch(asked.url, here):
            yield f"{asked.url}: disallowed"


def pace(log: Log, terms: Terms) -> Complaints:
    """No page twice within nine tenths of its interval."""
    return (f"{b.url}: {b.at - a.at}" for a, b in pairs(log) if b.at - a.at < 0.9 * terms.interval)


def inm(log: Log, _: Terms) -> Complaints:
    """No ETag that was never served there."""
    return _invented(log, "if-none-match", "etag")


def ims(log: Log, _: Terms) -> Complaints:
    """No Last-Modified that was never served there."""
    return _invented(log, "if-modified-since", "last-modified")


def unconditional(log: Log, _: Terms) -> Complaints:
    """A page that gives validators is asked for with them."""
    for asked, held in _with_held(log):
        sent = {"if-none-match", "if-modified-since"} & set(asked.headers)
        if held != Validators() and not sent:
            yield asked.url


def out_of_sequence(log: Log, _: Terms) -> Complaints:
    """What is sent is what was served last."""
    for asked, held in _with_held(log):
        tag, since = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
        if held != Validators() and (tag or since) and (tag, since) != (held.etag, held.last_modified):
            yield f"{asked.url}: {(tag, since)} for {held}"


def max_age(log: Log, _: Terms) -> Complaints:
    """No page before the time for which the last answer was declared fresh."""
    for before, asked in pairs(log):
        if (age := re.search(r"max-age=(\d+)", before.said.get("cache-control", ""))) and (
            asked.at < before.at + timedelta(seconds=int(age[1]))
        ):
            yield f"{asked.url}: after {asked.at - before.at}"


def retry_after(log: Log, _: Terms) -> Complaints:
    """No page before its Retry-After, in seconds or as a date, has passed."""
    for before, asked in pairs(log):
        wish = before.said.get("retry-after")
        if wish is None or before.status not in {429, 503}:
            continue
        seconds = timedelta(seconds=int(wish)) if wish.isdecimal() else None
        until = before.at + seconds if seconds is not None else parsedate_to_datetime(wish).astimezone(UTC)
        if asked.at < until:
            yield f"{asked.url}: {asked.at} before {until}"


def moved(log: Log, _: Terms) -> Complaints:
    """A permanent redirect on the same site is remembered by the third visit."""
    for url, visits in by_url(log).items():
        permanent = [asked for asked in visits if asked.status in {301, 308} and _same_site(asked)]
        if len(permanent) > 2:
            yield f"{url}: {len(permanent)} times"


def elsewhere(log: Log, terms: Terms) -> Complaints:
    """A temporary redirect is asked anew each time: its target never without it."""
    owed: dict[str, int] = defaultdict(int)
    targets = {_target(asked) for asked in log if asked.status in {302, 303, 307}} - terms.given
    for asked in log:
        if asked.status in {301, 302, 303, 307, 308}:
            owed[_target(asked)] += 1
        if asked.url in targets:
            owed[asked.url] -= 1
            if owed[asked.url] < 0:
                yield asked.url


def gone(log: Log, _: Terms) -> Complaints:
    """What is gone is not asked for again."""
    return (b.url for a, b in pairs(log) if a.status == 410)


def missing(log: Log, terms: Terms) -> Complaints:
    """What is not there is asked for less and less often."""
    for url, visits in by_url(log).items():
        absent = [asked.at for asked in visits if asked.status == 404]
        for first, second, third in zip(absent, absent[1:], absent[2:], strict=False):
            if third - second < min(1.5 * (second - first), DAY) and third - second < 20 * terms.interval:
                yield f"{url}: {second - first}, then {third - second}"


def concurrency(log: Log, _: Terms) -> Complaints:
    """No more than two requests at once."""
    return (f"{asked.url}: {asked.under_way}" for asked in log if asked.under_way > 2)


RULES: dict[str, Callable[[Log, Terms], Complaints]] = {
    "user-agent": user_agent,
    "cookies": never("cookie"),
    "referrer": never("referer"),
    "query": query,
    "accept-encoding": accept_encoding,
    "accept": accept,
    "method": method,
    "guessing": guessing,
    "robots": robots,
    "pace": pace,
    "inm": inm,
    "ims": ims,
    "unconditional": unconditional,
    "out-of-sequence": out_of_sequence,
    "max-age": max_age,
    "retry-after": retry_after,
    "301": moved,
    "302": elsewhere,
    "410": gone,
    "404": missing,
    "concurrency": concurrency,
}


def judged(log: Log, terms: Terms) -> dict[str, list[str]]:
    """The complaints by rule; a clean rule is not named."""
    found = {name: list(rule(log, terms)) for name, rule in RULES.items()}
    return {name: complaints for name, complaints in found.items() if complaints}


def known_urls(log: Log, terms: Terms) -> set[str]:
    """What the poller was given: by its admin, by a redirect."""
    return terms.given | {_target(asked) for asked in log if "location" in asked.said}


def _path(url: str) -> str:
    return url.partition("?")[0]


def _target(asked: Asked) -> str:
    return urljoin(asked.url, asked.said.get("location", ""))


def _same_site(asked: Asked) -> bool:
    return urlsplit(_target(asked)).netloc == urlsplit(asked.url).netloc


def _ruled(asked: Asked, before: str) -> str:
    if asked.status == 200:
        return asked.text
    if asked.status == 304:
        return before
    client_error = asked.status // 100 == 4 and asked.status != 429
    return "" if client_error else before or "User-agent: *\nDisallow: /"


def _invented(log: Log, header: str, served_as: str) -> Complaints:
    for visits in by_url(log).values():
        served: set[str] = set()
        for asked in visits:
            if header in asked.headers and asked.headers[header] not in served:
                yield f"{asked.url}: {asked.headers[header]}"
            served |= {asked.said[served_as]} if served_as in asked.said else set()


def _with_held(log: Log) -> Iterator[tuple[Asked, Validators]]:
    """Each request for a page with the validators that its poller should hold by then."""
    for visits in by_url(log).values():
        held = Validators()
        for asked in visits:
            yield asked, held
            tag, since = asked.said.get("etag"), asked.said.get("last-modified")
            if asked.status == 200:
                held = Validators(tag, since)
            elif asked.status == 304:
                held = Validators(tag or held.etag, since or held.last_modified)
