"""Private feeds: had by their subscriber's URL alone, and left out of all that is public."""

import logging
from datetime import timedelta
from typing import Literal

import pytest
from msgspec import json, structs

from aggregator.model import Topic
from aggregator.store import Store, boards, private, topics
from aggregator.store.private import Scope
from aggregator.tokens import digest, made
from tests.web.conftest import NOW, PUBLIC_URL, Server, news, post, spec

HUSHED = "비밀 소식"


async def given(store: Store, path: str, scope: Scope = "public", subscriber: str = "kim") -> str:
    """A token that opens the feed."""
    token = made()
    await store.write(private.add, subscriber, path, scope, digest(token), NOW)
    return token


@pytest.fixture(autouse=True)
async def hidden(store: Store) -> None:
    """A board and a topic that are private; the board carries a headline of another board too."""
    await store.write(boards.add, structs.replace(spec("secret", "비밀 게시판"), private=True), NOW)
    await post(store, "secret", [news(HUSHED, 1), news("반도체 수출 증가", 2, url="https://secret.example/2")])
    await post(store, "news", [news("반도체 수출 증가", 90)])
    await store.write(topics.add, Topic(slug="inner", title="속 이야기", filter="소식", private=True), NOW)


def titles(body: bytes) -> set[str]:
    """The titles of a JSON Feed."""
    return {item["title"] for item in json.decode(body)["items"]}


@pytest.mark.parametrize(
    "path", ["/feed", "/", "/feed.json?dup=all&n=500", "/boards/news.json", "/health", "/health.atom"]
)
async def test_nothing_public_names_what_is_private(server: Server, path: str) -> None:
    """No feed or page shows a private board, its headlines or a private topic, not even as the same news elsewhere."""
    said = (await server.ask(path)).body.decode()
    assert [word for word in (HUSHED, "비밀 게시판", "속 이야기", "/secret", "/inner") if word in said] == []


@pytest.mark.parametrize(
    "path", ["/boards/secret.atom", "/boards/secret", "/boards/secret/ledger", "/topics/inner.rss"]
)
async def test_a_private_feed_is_unknown_without_its_token(server: Server, path: str) -> None:
    """Its public address is as unknown as one that never was."""
    assert (await server.ask(path)).status == 404


async def test_a_twin_on_a_private_board_hides_no_public_headline(server: Server) -> None:
    """What a private board had first is served to all as the public board's own."""
    assert "반도체 수출 증가" in titles((await server.ask("/feed.json")).body)


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
async def test_a_token_opens_its_feed_under_the_private_url(server: Server, store: Store, ending: str) -> None:
    """The document's own address is the private one; ids are those of every other feed."""
    token = await given(store, "/boards/secret")
    answer = await server.ask(f"/p/{token}/boards/secret.{ending}")
    own = f"{PUBLIC_URL}/p/{token}/boards/secret.{ending}"
    assert (answer.status, answer.headers["Content-Location"]) == (200, own)
    assert own.encode() in answer.body
    assert HUSHED.encode() in answer.body
    assert b"tag:feeds.example.org,2024:4/1" in answer.body


@pytest.mark.parametrize(
    ("slashes", "path", "status"), [("/", "", 200), ("/", "?q=zzz", 200), ("/", "?q=(", 400), ("//", "", 308)]
)
async def test_answers_below_a_token_are_for_its_reader_alone(
    server: Server, store: Store, slashes: str, path: str, status: int
) -> None:
    """No cache shares them, no search engine keeps them, no page they link to is told of them; refusals included."""
    token = await given(store, "/boards/secret")
    for form in (".json", ""):
        answer = await server.ask(f"{slashes}p/{token}/boards/secret{form}{path}")
        said = answer.headers
        assert answer.status == status
        assert "public" not in said["Cache-Control"]
        assert said["Cache-Control"].startswith("private")
        assert (said["X-Robots-Tag"], said["Referrer-Policy"]) == ("noindex", "no-referrer")


async def test_not_modified_is_private_too(server: Server, store: Store) -> None:
    """A 304 says of caching what the 200 said."""
    path = f"/p/{await given(store, '/feed')}/feed.atom"
    first = await server.ask(path)
    again = await server.ask(path, If_None_Match=first.headers["Etag"])
    assert (again.status, again.headers["Cache-Control"]) == (304, first.headers["Cache-Control"])


@pytest.mark.parametrize(("scope", "sees"), [("public", 0), ("all", 1)])
async def test_a_scope_says_whether_private_boards_are_gathered(
    server: Server, store: Store, scope: Scope, sees: Literal[0, 1]
) -> None:
    """A topic that is private gathers public headlines, and private ones only where its reader may have them."""
    token = await given(store, "/topics/inner", scope)
    answer = await server.ask(f"/p/{token}/topics/inner.json")
    assert (answer.status, HUSHED in titles(answer.body)) == (200, sees)


async def test_a_token_opens_no_other_feed(server: Server, store: Store) -> None:
    """Elsewhere it is as unknown as any other word."""
    token = await given(store, "/boards/secret")
    for path in (f"/p/{token}/feed.atom", f"/p/{token}/topics/inner.atom", f"/p/{made()}/boards/secret.atom"):
        assert (await server.ask(path)).status == 404


async def test_rotated_and_revoked_tokens_are_gone(server: Server, store: Store) -> None:
    """The old address answers 410 and the new one serves; another subscriber's is not touched."""
    old, new, other = await given(store, "/feed"), made(), await given(store, "/feed", subscriber="lee")
    first = (await store.read(private.every))[0]
    second = await store.write(private.rotate, first.id, digest(new), NOW)
    asked = [(await server.ask(f"/p/{token}/feed.rss")).status for token in (old, new, other)]
    assert asked == [410, 200, 200]
    await store.write(private.revoke, second.id, NOW)
    assert [(await server.ask(f"/p/{token}/feed.rss")).status for token in (new, other)] == [410, 200]


async def test_a_use_is_remembered_once_an_hour(server: Server, store: Store) -> None:
    """The first use is written, the next within the hour is not."""
    token = await given(store, "/feed")
    await server.ask(f"/p/{token}/feed.atom")
    (feed,) = await store.read(private.every)
    assert feed.used_at == NOW
    assert [private.is_news(feed, NOW + timedelta(minutes=n)) for n in (59, 60)] == [False, True]


async def test_no_token_is_logged(server: Server, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Neither an answer nor a refusal nor a defect writes the path anywhere."""
    token = await given(store, "/feed")
    with caplog.at_level(logging.DEBUG):
        for path in ("/feed.atom", "/feed.atom?q=(", "/nothing", "/feed/"):
            await server.ask(f"/p/{token}{path}")
    assert [record for record in caplog.records if token in record.getMessage()] == []
