"""Plain requests, and answers that are bytes: what is said of a feed without a parser, a route or a response.

A request is plain that has no body and wants nothing else done than to be answered; whatever is written in any other
way is for aiohttp to read. An answer's headers are written once, but for what the time says.
"""

import re
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from msgspec import json

from aggregator.document import Ready
from aggregator.errors import BusyError
from aggregator.render import FORMATS, Format
from aggregator.shelf import Kept
from aggregator.turns import SOON, TOO_MUCH
from aggregator.web.answers import coding_of
from aggregator.web.clients import below
from aggregator.web.conditional import has_current
from aggregator.web.feeds import CORS, KINDS, SECURED, cache_control, ready
from aggregator.web.keys import CLOCK
from aggregator.web.problems import PROBLEM, asks, problem
from aggregator.web.requests import count

# The whole of a request, in as many bytes as clients write; longer ones, and those that come in pieces, are not plain.
LONGEST_HEAD = 4_000
_HEAD = re.compile(rb"GET (/[!-~]*) HTTP/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)+)\r\n")
_LINE = re.compile(rb"(?:GET|HEAD) [^\r\n]+ HTTP/1\.[01]\r\n")
_LETTER = re.compile(rb"[\x80-\xff]")
_ASKS_MORE = {b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"sec-websocket-key1"}
_FEED = re.compile(rf"/(?:feed|(?:{'|'.join(KINDS)})/[^/]+)\.({'|'.join(FORMATS)})")


def escaped(said: bytes) -> bytes:
    r"""What is said, its first line's letters escaped where that asks for an IRI (RFC 3987 §3.1), as not all do it.

    >>> escaped("GET /feed.rss?q=연금 HTTP/1.1\r\n".encode())
    b'GET /feed.rss?q=%EC%97%B0%EA%B8%88 HTTP/1.1\r\n'
    """
    line = said[: said.find(b"\n") + 1]
    if line.isascii() or not _LINE.fullmatch(line):
        return said
    return _LETTER.sub(lambda letter: b"%%%02X" % letter[0][0], line) + said[len(line) :]


class Asked(NamedTuple):
    """A plain request: for what, and what its answer hangs on besides; whether it is one of more on its connection.

    One for a part of a feed alone (``A-IM``) is not ``simple``.
    """

    target: str
    accept_encoding: str | None
    if_none_match: str | None
    if_modified_since: str | None
    simple: bool = True


@lru_cache(1_024)
def plain(said: bytes) -> Asked | None:
    r"""The plain request that these bytes are; None where they are anything else.

    >>> plain(b"GET /feed.rss HTTP/1.1\r\nHost: a\r\n\r\n")
    Asked(target='/feed.rss', accept_encoding=None, if_none_match=None, if_modified_since=None, simple=True)
    >>> plain(b"GET /feed.rss HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")
    """
    found = _HEAD.fullmatch(said) if len(said) <= LONGEST_HEAD else None
    if found is None:
        return None
    lines = [line.partition(b":") for line in found[2].split(b"\r\n")[:-1]]
    headers = {name.lower(): value.strip(b" \t") for name, _, value in lines}
    # What is said twice may be refused, or be one list.
    if len(headers) < len(lines) or b"host" not in headers or not _ASKS_MORE.isdisjoint(headers):
        return None

    def header(name: bytes) -> str | None:
        value = headers.get(name)
        return None if value is None else value.decode("utf-8", "surrogateescape")

    is_simple = headers.get(b"connection", b"keep-alive").lower() == b"keep-alive" and b"a-im" not in headers
    validators = header(b"if-none-match"), header(b"if-modified-since")
    return Asked(found[1].decode("ascii"), header(b"accept-encoding"), *validators, is_simple)


def feed_format(target: str, prefix: str) -> str | None:
    """The format of the public feed that is asked for; robots.txt, ledgers and the API have such endings too."""
    found = _FEED.fullmatch(below(target.partition("?")[0], prefix))
    return found[1] if found is not None else None


def spoken(app: web.Application, asked: Asked, kept: Kept, form: Format) -> tuple[HTTPStatus, tuple[bytes, ...]]:
    """The answer to who asks for what is kept, which is counted."""
    now = app[CLOCK]()
    made = ready(kept, form, asked.target, coding_of(asked.accept_encoding, kept.document.body))
    is_known = has_current(asked.if_none_match, asked.if_modified_since, made.etag, made.last_modified)
    status = HTTPStatus.NOT_MODIFIED if is_known else HTTPStatus.OK
    head = made.heads.get(status)
    if head is None:
        head = made.heads[status] = _head(status, made)
    timely = f"{hdrs.CACHE_CONTROL}: {cache_control(kept.feed, now)}\r\n{hdrs.DATE}: {rfc822_formatted_time()}\r\n\r\n"
    count(app, asked.target, form, status, now)
    return status, (head + timely.encode(), *(() if is_known else (made.body,)))


def _head(status: HTTPStatus, ready: Ready) -> bytes:
    whole = {**ready.headers, hdrs.CONTENT_LENGTH: str(len(ready.body))}
    known = status == HTTPStatus.NOT_MODIFIED
    said = {**(ready.headers_if_known if known else whole), hdrs.SERVER: SERVER_SOFTWARE}
    lines = [f"HTTP/1.1 {status} {status.phrase}", *(f"{name}: {value}" for name, value in said.items()), ""]
    return "\r\n".join(lines).encode()


def refusal() -> bytes:
    """The very refusal that a feed's handler would make of it, and the end of the connection."""
    return b"".join((_BEFORE, rfc822_formatted_time().encode(), b"\r\n\r\n", _BODY))


_ERROR = BusyError(TOO_MUCH, retry_after=SOON)
_BODY = json.encode(problem(_ERROR, ""))
_SAID = {
    **CORS,
    **SECURED,
    **asks(_ERROR),
    hdrs.CONTENT_TYPE: PROBLEM,
    hdrs.CONTENT_LENGTH: str(len(_BODY)),
    hdrs.CONNECTION: "close",
    hdrs.SERVER: SERVER_SOFTWARE,
}
_STATUS = HTTPStatus.SERVICE_UNAVAILABLE
_LINES = [f"HTTP/1.1 {_STATUS} {_STATUS.phrase}", *(f"{name}: {said}" for name, said in _SAID.items()), "Date: "]
_BEFORE = "\r\n".join(_LINES).encode()
