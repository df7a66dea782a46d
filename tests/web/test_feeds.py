"""Feeds over HTTP: CONFORMANCE part D, one rule a test."""

import gzip
import sys
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import brotli
import pytest
from msgspec import json

from aggregator.packing import CODINGS
from aggregator.store import Store
from tests.render.samples import HEADLINES
from tests.web.conftest import NOW, PUBLIC_URL, Server, edit, news, post

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}
FEEDS = [f"{path}.{ending}" for path in ("/feed", "/boards/news", "/topics/chips") for ending in TYPES]


@pytest.mark.parametrize("path", FEEDS)
async def test_a_feed_answers_with_its_type_and_validators(server: Server, path: str) -> None:
    """200 with the format's media type, nosniff, a strong ETag and the selection's last change (D1, D2, D3)."""
    answer = await server.ask(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == TYPES[path.rpartition(".")[2]]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Etag"].startswith('"')
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == NOW
    assert "Set-Cookie" not in answer.headers


UNPACKED: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": zstd.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}


async def test_the_same_document_twice_is_the_same_bytes(server: Server) -> None:
    """Two requests without a change between them answer alike, in every coding (C6)."""
    for coding in UNPACKED:
        first, second = [await server.ask("/feed.atom", Accept_Encoding=coding) for _ in range(2)]
        assert first.body == second.body
        assert first.headers["Etag"] == second.headers["Etag"]


async def test_each_coding_has_its_own_tag_and_the_same_document(server: Server) -> None:
    """Each variant's strong ETag differs, its bytes unpack to the plain ones, and caches are told (D2, D7)."""
    plain = await server.ask("/feed.rss")
    answers = {coding: await server.ask("/feed.rss", Accept_Encoding=coding) for coding in UNPACKED}
    assert "Content-Encoding" not in plain.headers
    for coding, answer in answers.items():
        assert answer.headers.get("Content-Encoding", "identity") == coding
        assert UNPACKED[coding](answer.body) == plain.body
        assert answer.headers["Vary"] == "Accept-Encoding"
    assert len({answer.headers["Etag"] for answer in answers.values()}) == 4
    assert max(len(answers[coding].body) for coding in CODINGS) < len(plain.body) / 3


async def test_gzip_refused_is_gzip_not_sent(server: Server) -> None:
    """A client that weighs gzip with nothing gets the plain document."""
    answer = await server.ask("/feed.rss", Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("coding", UNPACKED)
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_a_known_tag_is_304(server: Server, coding: str, form: str) -> None:
    """The client's own ETag, weak or strong, alone or in a list, or a star, answers 304 without a body (D4, D5)."""
    first = await server.ask("/feed.atom", Accept_Encoding=coding)
    again = await server.ask("/feed.atom", Accept_Encoding=coding, If_None_Match=form.format(first.headers["Etag"]))
    assert (again.status, again.body) == (304, b"")
    for name in ("Etag", "Cache-Control", "Vary", "Last-Modified", "Content-Location"):
        assert again.headers[name] == first.headers[name]


async def test_an_unknown_tag_beats_a_known_date(server: Server) -> None:
    """If-None-Match takes precedence over If-Modified-Since (D4)."""
    first = await server.ask("/feed.atom")
    since = first.headers["Last-Modified"]
    assert (await server.ask("/feed.atom", If_None_Match='"x"', If_Modified_Since=since)).status == 200
    assert (await server.ask("/feed.atom", If_Modified_Since=since)).status == 304
    assert (await server.ask("/feed.atom", If_Modified_Since="no date")).status == 200


async def test_a_backfilled_headline_is_news_to_who_asks_by_date(server: Server, store: Store) -> None:
    """A headline stored now with an old date moves Last-Modified, so that no reader is told 304 (D3)."""
    before = await server.ask("/feed.atom")
    await post(store, "news", [news("묵은 소식", -900)], NOW + timedelta(minutes=10))
    again = await server.ask("/feed.atom", If_Modified_Since=before.headers["Last-Modified"])
    assert again.status == 200


async def test_an_edit_keeps_the_id_and_moves_updated(server: Server, store: Store) -> None:
    """A changed title is the same entry with a later date, in a document with another ETag (C4)."""
    before = await server.ask("/boards/news.json")
    await edit(store, "news", news("고쳐 쓴 제목", 7), NOW + timedelta(minutes=5))
    after = await server.ask("/boards/news.json", If_None_Match=before.headers["Etag"])
    old, new = ({entry["id"]: entry for entry in json.decode(answer.body)["items"]} for answer in (before, after))
    assert old.keys() == new.keys()
    assert [key for key in old if old[key] != new[key]] == ["tag:feeds.example.org,2024:1/7"]
    assert max(new.values(), key=lambda entry: str(entry["date_modified"]))["title"] == "고쳐 쓴 제목"


@pytest.mark.parametrize("path", [*FEEDS, "/feed", "/boards/none.rss"])
async def test_head_is_get_without_a_body(server: Server, path: str) -> None:
    """HEAD says what GET would, length included (D6)."""
    whole, head = await server.ask(path), await server.ask(path, "HEAD")
    assert (head.status, head.body) == (whole.status, b"")
    assert {**head.headers, "Date": ""} == {**whole.headers, "Date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_405_with_allow(server: Server, method: str) -> None:
    """What is not reading is refused, and the answer says what is allowed (D6)."""
    answer = await server.ask("/feed.rss", method)
    assert answer.status == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(","))
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_browsers_on_other_sites_may_read(server: Server) -> None:
    """CORS for everybody, validators exposed, preflight included (D12)."""
    answer = await server.ask("/feed.json", Origin="https://reader.example")
    asked = {"Origin": "https://reader.example", "Access_Control_Request_Method": "GET"}
    preflight = await server.ask("/feed.json", "OPTIONS", **asked)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert preflight.status == 204
    assert "If-None-Match" in preflight.headers["Access-Control-Allow-Headers"]


async def test_freshness_ends_with_the_next_poll(server: Server) -> None:
    """Cache-Control lasts until the first board of the selection is due; these are due at once (D8).

    It does not say ``public``, which an answer to a request without credentials is anyway (RFC 9111 §5.2.2.9).
    """
    answer = await server.ask("/feed.rss")
    assert answer.headers["Cache-Control"] == "max-age=1, stale-while-revalidate=60, stale-if-error=86400"


@pytest.mark.parametrize(
    "path",
    [
        *("/boards/none", "/topics/none", "/nowhere", "/feed.xml", "/boards/news.html"),
        f"/static/{'a' * 300}",
        *("/boards/news%00.rss", "/topics/chips%00.atom", "/topics/%00chips", "/boards/news%00/ledger"),
    ],
)
async def test_what_never_was_is_404(server: Server, path: str) -> None:
    """An unknown board, topic, format or path is not found (D10)."""
    assert (await server.ask(path)).status == 404


@pytest.mark.parametrize("path", ["/boards/gone", "/topics/old"])
async def test_what_was_removed_is_410(server: Server, path: str) -> None:
    """A removed board's and a removed topic's feeds are gone, in every format and for people (D10)."""
    answers = [await server.ask(path + ending) for ending in ("", ".rss", ".atom", ".json")]
    assert [answer.status for answer in answers] == [410] * 4
    assert json.decode(answers[1].body)["status"] == 410


async def test_a_bad_filter_is_a_problem_with_its_place(server: Server) -> None:
    """400 problem+json with column and hint, never an empty feed (C17)."""
    answer = await server.ask("/feed.atom?q=%28AI")
    problem = json.decode(answer.body)
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (problem["status"], problem["type"]) == (400, f"{PUBLIC_URL}/filters")
    assert (problem["title"], problem["column"]) == ("The filter cannot be read", 1)
    assert problem["detail"] == "this parenthesis is never closed"
    assert "(AI)" in problem["hint"]
    assert (await server.ask("/filters")).status == 200


MODIFIERS = ["each=0", "before=x", "before=1-1", "tz=Seoul", "tombstones=1", "filter_time=x", "n=2&limit=3", "filter=("]


@pytest.mark.parametrize(
    "parameter", ["n=0", "n=501", "n=x", "n=-1", "n=", "n=" + "9" * 5_000, "dup=some", "sort=x", *MODIFIERS]
)
async def test_a_bad_parameter_is_a_problem(server: Server, parameter: str) -> None:
    """A parameter of ours outside its bounds is refused with what is allowed, never ignored."""
    answer = await server.ask(f"/feed.rss?{parameter}")
    assert answer.status == 400
    assert parameter.partition("=")[0] + "=" in json.decode(answer.body)["hint"]


async def test_nothing_selected_is_a_valid_feed(server: Server) -> None:
    """A filter without matches is 200 with a title, an id and no entries; its date is the store's birth (C17)."""
    answer = await server.ask("/feed.json?q=없는말")
    assert (answer.status, json.decode(answer.body)["items"]) == (200, [])
    born = format_datetime(NOW - timedelta(days=1), usegmt=True)
    assert (await server.ask("/feed.atom?q=없는말")).headers["Last-Modified"] == born


async def test_spellings_of_a_request_are_one_document(server: Server) -> None:
    """Unknown parameters, order, defaults and another spelling of the filter change neither bytes nor ETag (D20)."""
    spellings = ("q=AI%20-일본&n=7", "n=7&q=AI+-일본&utm_source=mail", "_=1&q=-일본++ai&n=7&dup=first&sort=arrival")
    answers = [await server.ask(f"/feed.atom?{query}") for query in spellings]
    assert len({answer.body for answer in answers}) == 1
    assert len({answer.headers["Etag"] for answer in answers}) == 1
    assert answers[0].headers["Content-Location"].startswith(f"{PUBLIC_URL}/feed.atom?n=7&q=")


async def test_a_slash_too_many_is_sent_on(server: Server) -> None:
    """A feed's URL never redirects; one with a slash behind it does, for good and within this server (D9)."""
    assert (await server.ask("/boards/news.rss")).status == 200
    for path in ("/boards/news.rss/", "//boards//news.rss"):
        answer = await server.ask(f"{path}?n=5")
        assert (answer.status, answer.headers["Location"]) == (308, "/boards/news.rss?n=5")
    assert (await server.ask("//evil.example/%5C/")).headers["Location"] == "/evil.example/%5C"


async def test_everything_is_served_newest_first_and_once(server: Server) -> None:
    """The merged feed has each headline once, the other board named; dup=all has all, with the same ids (bar 6)."""
    once = json.decode((await server.ask("/feed.json")).body)["items"]
    every = json.decode((await server.ask("/feed.json?dup=all")).body)["items"]
    assert [entry["title"] for entry in once] == list(reversed(HEADLINES))
    assert "also on 지역 소식" in once[-1]["content_text"]
    assert len(every) == 22
    assert {entry["id"] for entry in once} < {entry["id"] for entry in every}


async def test_robots_and_health_answer(server: Server) -> None:
    """Crawlers may read feeds but not their endless variations; the watchdog gets its 200 (D19)."""
    assert b"Disallow: /*?" in (await server.ask("/robots.txt")).body
    assert (await server.ask("/healthz")).body == b"ok\n"
    assert (await server.ask("/readyz")).body == b"ready\n"
    assert "X-Robots-Tag" not in (await server.ask("/feed.rss")).headers
    assert (await server.ask("/feed.rss?n=5")).headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("path", ["/robots.txt", "/recipe.schema.json", "/static/style.css"])
async def test_what_changes_with_the_program_alone_says_how_long_it_is_fresh(server: Server, path: str) -> None:
    """Caches make up a time of their own for what says none (RFC 9111 §4.2.2)."""
    answer = await server.ask(path)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "max-age=300")


async def test_what_is_too_short_to_gain_is_not_packed(server: Server) -> None:
    """A document of two lines goes out as it is, with its own ETag, and is known again by it; the feed is packed."""
    accepting = {"Accept_Encoding": "gzip, br"}
    short = await server.ask("/health.txt", **accepting)
    again = await server.ask("/health.txt", If_None_Match=short.headers["Etag"], **accepting)
    assert len(short.body) < 200
    assert "Content-Encoding" not in short.headers
    assert (again.status, again.headers["Etag"]) == (304, short.headers["Etag"])
    assert (await server.ask("/feed.txt", **accepting)).headers["Content-Encoding"] == "br"


async def test_a_store_that_fails_is_503_with_retry_after(server: Server, store: Store) -> None:
    """Readers are asked to come back rather than told that the feed is gone (D11)."""
    await store.write(lambda conn: conn.exec_driver_sql("DROP TABLE topics"))
    answer = await server.ask("/topics/chips.rss")
    assert answer.status == 503
    assert answer.headers["Retry-After"].isdecimal()
