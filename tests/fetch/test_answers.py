"""What answers mean: wishes to be read, validators to be kept, statuses to be told apart."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import GoneError, NeedsPersonError, PollError, TryLaterError
from aggregator.fetch.answers import LONGEST_WISH, Answer, failure, fresh_for, outcome, retry_after
from aggregator.model import NotModified, Page, Validators

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIST = "http://board.example/list"


def minutes(number: float) -> timedelta:
    """Return so many minutes."""
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("headers", "wish"),
    [
        ({}, None),
        ({"retry-after": "90"}, minutes(1.5)),
        ({"retry-after": " 0 "}, minutes(0)),
        ({"retry-after": "Sun, 01 Mar 2026 12:05:00 GMT"}, minutes(5)),
        ({"retry-after": "Sunday, 01-Mar-26 12:05:00 GMT"}, minutes(5)),
        ({"retry-after": "Sun Mar  1 12:05:00 2026"}, minutes(5)),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, minutes(0)),
        ({"retry-after": "Sun, 01 Mar 2026 20:05:00 GMT", "date": "Sun, 01 Mar 2026 20:00:00 GMT"}, minutes(5)),
        ({"retry-after": "9" * 30}, LONGEST_WISH),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_WISH),
        ({"retry-after": "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"}, None),
        ({"retry-after": "Sun, 01 Mar 2026 12:05:00 +99999999999999999999"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
    ],
)
def test_retry_after_is_read(headers: Mapping[str, str], wish: timedelta | None) -> None:
    """Seconds and all three date shapes of HTTP are understood; a week is the longest."""
    assert retry_after(headers, NOW) == wish


@pytest.mark.parametrize(
    ("headers", "wish"),
    [
        ({}, None),
        ({"cache-control": "public"}, None),
        ({"cache-control": "max-age=600"}, minutes(10)),
        ({"cache-control": 'private, Max-Age="600" , must-revalidate'}, minutes(10)),
        ({"cache-control": "s-maxage=60, max-age=600", "age": "120"}, minutes(8)),
        ({"cache-control": "max-age=60", "age": "120"}, minutes(0)),
        ({"cache-control": "max-age=600", "age": "old"}, minutes(10)),
        ({"cache-control": "max-age=600, no-store"}, minutes(0)),
        ({"cache-control": "no-cache", "expires": "Sun, 01 Mar 2026 12:05:00 GMT"}, minutes(0)),
        ({"cache-control": "max-age=60", "expires": "Sun, 01 Mar 2026 12:05:00 GMT"}, minutes(1)),
        ({"expires": "Sun, 01 Mar 2026 12:05:00 GMT"}, minutes(5)),
        ({"expires": "Sun, 01 Mar 2026 12:05:00 GMT", "date": "Sun, 01 Mar 2026 12:03:00 GMT"}, minutes(2)),
        ({"expires": "0"}, minutes(0)),
        ({"cache-control": "max-age=31536000"}, LONGEST_WISH),
        ({"cache-control": "max-age=-1"}, None),
    ],
)
def test_freshness_is_read(headers: Mapping[str, str], wish: timedelta | None) -> None:
    """max-age less Age goes before Expires, and a ban on reuse before both."""
    assert fresh_for(headers, NOW) == wish


@given(st.text(), st.text(), st.text())
def test_no_header_is_too_odd(first: str, second: str, third: str) -> None:
    """Wishes lie between nothing and a week, whatever a server writes."""
    headers = {"retry-after": first, "cache-control": f"max-age={second}", "age": third, "expires": first}
    for wish in (retry_after(headers, NOW), fresh_for(headers, NOW)):
        assert wish is None or timedelta(0) <= wish <= LONGEST_WISH


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, TryLaterError),
        (206, TryLaterError),
        (304, TryLaterError),
        (400, NeedsPersonError),
        (401, NeedsPersonError),
        (403, NeedsPersonError),
        (404, NeedsPersonError),
        (408, TryLaterError),
        (410, GoneError),
        (429, TryLaterError),
        (451, NeedsPersonError),
        (500, TryLaterError),
        (503, TryLaterError),
        (599, TryLaterError),
    ],
)
def test_a_status_says_what_to_do_next(status: int, kind: type[PollError]) -> None:
    """Errors are told apart by what the caller does next, and carry stage, URL and status."""
    error = failure(Answer(url=LIST, status=status, headers={}), NOW)
    assert type(error) is kind
    assert (error.stage, error.url, error.status) == ("fetch", LIST, status)


@pytest.mark.parametrize("etag", ['"a"', 'W/"a,b"', "unquoted", '"한"', None])
def test_validators_are_kept_as_they_came(etag: str | None) -> None:
    """Quotes, weakness and commas are the server's own business."""
    headers = {"last-modified": "yesterday, about noon"} | ({"etag": etag} if etag else {})
    page = outcome(Answer(url=LIST, status=200, headers=headers), asked=LIST, now=NOW)
    assert page.validators == Validators(etag=etag, last_modified="yesterday, about noon")


def test_a_validator_that_cannot_be_sent_back_is_none() -> None:
    """Bytes that are no text can be neither stored nor sent as they came."""
    answer = Answer(url=LIST, status=200, headers={"etag": '"\udcb0"'})
    assert outcome(answer, asked=LIST, now=NOW).validators == Validators()


def test_a_304_renews_what_it_names() -> None:
    """A validator that a 304 brings replaces the old one; the other stays."""
    sent = Validators(etag='"1"', last_modified="then")
    answer = Answer(url=LIST, status=304, headers={"etag": '"2"', "cache-control": "max-age=60"}, sent=sent)
    assert outcome(answer, asked=LIST, now=NOW) == NotModified(
        url=LIST, validators=Validators(etag='"2"', last_modified="then"), fresh_for=minutes(1)
    )


def test_a_page_says_where_it_came_from() -> None:
    """After a redirect the validators carry the URL that gave them."""
    answer = Answer(url="http://board.example/new", status=200, headers={"etag": '"1"'}, body=b"page")
    page = outcome(answer, asked=LIST, now=NOW, moved_to="http://board.example/new")
    assert isinstance(page, Page)
    assert page.validators == Validators(etag='"1"', url="http://board.example/new")
    assert (page.url, page.moved_to, page.body) == ("http://board.example/new", "http://board.example/new", b"page")
