"""What an answer means to a poll: a Page, NotModified, or an error by what is to be done next; pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from msgspec import Struct

from aggregator.errors import PollError
from aggregator.fetch.failures import gone, needs_person, try_later
from aggregator.model import NotModified, Page, Validators

# A longer wish, by Retry-After or max-age, is read as this one (CONFORMANCE.md E5).
LONGEST_WISH = timedelta(days=7)

_NOTHING = timedelta(0)
_NOT_MODIFIED = 304
_GONE = 410
# Client errors that are about this moment, not about this request (RFC 9110 §15.5.9, RFC 8470, RFC 6585).
_PASSING = {408, 425, 429}
_REUSE_FORBIDDEN = {"no-cache", "no-store"}


class Answer(Struct, frozen=True, kw_only=True):
    """What came back for one request, read and closed.

    ``headers`` have lower-case names, the values of a repeated one joined by ", ". ``body`` is read of a 200 and a
    203 alone. ``sent`` are the validators that the request carried.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    sent: Validators = Validators()


def outcome(
    answer: Answer, *, asked: str, now: datetime, moved_to: str | None = None, kept_for: timedelta = _NOTHING
) -> Page | NotModified:
    """Return what ``answer`` brought for the URL ``asked``, fresh for ``kept_for`` at least: a redirect on its way is.

    Raises GoneError for 410, NeedsPersonError for the other client errors, TryLaterError for 429, for server errors
    and for whatever a plain GET should not be answered with.
    """
    fresh = max(fresh_for(answer.headers, now) or _NOTHING, kept_for) or None
    if answer.status in {200, 203}:
        return Page(
            url=answer.url,
            status=answer.status,
            content_type=answer.headers.get("content-type"),
            body=answer.body,
            validators=_validators(answer, asked),
            fresh_for=fresh,
            moved_to=moved_to,
        )
    if answer.status == _NOT_MODIFIED and (answer.sent.etag or answer.sent.last_modified):
        renewed = _validators(answer, asked)
        return NotModified(
            url=answer.url,
            validators=Validators(
                etag=renewed.etag or answer.sent.etag,
                last_modified=renewed.last_modified or answer.sent.last_modified,
                url=renewed.url,
            ),
            fresh_for=fresh,
            moved_to=moved_to,
        )
    raise failure(answer, now)


def failure(answer: Answer, now: datetime) -> PollError:
    """Return the error for an answer that brought nothing."""
    url, status, wished = answer.url, answer.status, wish(answer.headers, now)
    message = f"{url} answered {status}"
    if status == _GONE:
        return gone(message, url=url, status=status, retry_after=wished)
    if status // 100 == 4 and status not in _PASSING:  # noqa: PLR2004 -- the class of client errors
        return needs_person(message, url=url, status=status, retry_after=wished)
    return try_later(message, url=url, status=status, retry_after=wished)


def wish(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long an error wants to be left alone: by Retry-After or, where that is longer, by Cache-Control.

    Some servers say with a 429 that it may be kept for days, which is the same wish.
    """
    return max(retry_after(headers, now) or _NOTHING, fresh_for(headers, now) or _NOTHING) or None


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the server asks to be left alone, None where it does not say, at most LONGEST_WISH.

    A date counts from the server's own Date, so that a wrong clock over there moves nothing. RFC 9110 §10.2.3.

    >>> retry_after({"retry-after": "120"}, datetime.now(UTC))
    datetime.timedelta(seconds=120)
    """
    wish = headers.get("retry-after", "").strip()
    return _seconds(wish) if wish.isdecimal() else _until(wish, headers, now)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the answer may be reused, None where nothing is said of it, at most LONGEST_WISH.

    Cache-Control's max-age less Age goes before Expires; no-cache, no-store and an Expires that is no date are zero.
    RFC 9111 §4.2, §5.2.2, §5.3.

    >>> fresh_for({"cache-control": "public, max-age=600", "age": "60"}, datetime.now(UTC))
    datetime.timedelta(seconds=540)
    """
    directives = [part.strip().lower() for part in headers.get("cache-control", "").split(",")]
    if not _REUSE_FORBIDDEN.isdisjoint(directives):
        return _NOTHING
    for directive in directives:
        if age := re.fullmatch(r'max-age\s*=\s*"?(\d+)"?', directive, re.ASCII):
            return max(_seconds(age[1]) - _seconds(headers.get("age", "0")), _NOTHING)
    if "expires" in headers:
        return _until(headers["expires"], headers, now) or _NOTHING
    return None


def _seconds(digits: str) -> timedelta:
    digits = digits.strip()
    if not (digits.isascii() and digits.isdecimal()):
        return _NOTHING
    return timedelta(seconds=min(int(digits[:12]), LONGEST_WISH.total_seconds()))


def _until(date: str, headers: Mapping[str, str], now: datetime) -> timedelta | None:
    then = _moment(date)
    if then is None:
        return None
    return min(max(then - (_moment(headers.get("date", "")) or now), _NOTHING), LONGEST_WISH)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _validators(answer: Answer, asked: str) -> Validators:
    return Validators(
        etag=_sendable(answer.headers.get("etag")),
        last_modified=_sendable(answer.headers.get("last-modified")),
        url=None if answer.url == asked else answer.url,
    )


def _sendable(value: str | None) -> str | None:
    # Bytes that are no UTF-8 could be neither stored nor sent back as they came.
    return value if value and not re.search("[\ud800-\udfff]", value) else None
