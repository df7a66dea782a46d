"""Archives (RFC 5005 §4): cut at fixed arrivals, each headline in one of them, and never otherwise than they were."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import feedparser
import pytest
from lxml import etree
from msgspec import json, structs
from sqlalchemy import update

from aggregator import publish, render
from aggregator.changes import Changes
from aggregator.cuts import Cut
from aggregator.errors import ElsewhereError, GoneFeedError, UnknownFeedError
from aggregator.model import Feed, Topic
from aggregator.publish import Request
from aggregator.push.addresses import addressed
from aggregator.request import archived, request
from aggregator.store import Cursor, Store, boards, headlines, retention, tables, topics
from tests.web.conftest import NOW, PUBLIC_URL, Server, edit, news, post
from tests.web.test_private import given

FORMS: tuple[render.Format, ...] = ("atom", "rss", "json", "txt")
SEOUL = ZoneInfo("Asia/Seoul")
ASKED = [
    Request(),
    Request(dup="all"),
    Request(kind="board", slug="local"),
    Request(kind="topic", slug="chips"),
    Request(q="소식 date:2024"),
    Request(q="-반도체", backfill=True),
]


async def filled(store: Store, seed: int, polls: int = 24) -> None:
    """Polls of two boards that bring what the other has too, some of it older than the board's first contact."""
    chance, now = Random(seed), NOW  # noqa: S311  a life that is the same each time
    for poll in range(polls):
        now += timedelta(minutes=10)
        slug, first = chance.choice(("news", "local")), 1_000 + 100 * poll
        titles = [chance.choice(("반도체 소식", "소식", "그 밖")) + f" {chance.randrange(400)}" for _ in range(60)]
        new = [news(title, n, url=f"https://{slug}.example.kr/{n}") for n, title in enumerate(titles, first)]
        new = new[: chance.randrange(61)]
        history = frozenset(one.key for one in new if chance.randrange(10) == 0)
        board = await store.read(boards.by_slug, slug)
        assert board is not None
        await store.write(headlines.apply, board, Changes(new=tuple(new), history=history), now)


async def feed(store: Store, wanted: Request) -> Feed:
    """The document as it is selected a day later."""
    return await publish.feed(store, wanted, PUBLIC_URL, NOW + timedelta(days=1), SEOUL)


def asked(urls: Mapping[str, str] | None, like: Request) -> Request | None:
    """What a document asks for that another one of the same feed names."""
    if not urls:
        return None
    return request(like.kind, like.slug, dict(parse_qsl(urlsplit(urls["atom"]).query)))


async def archives_of(store: Store, wanted: Request) -> list[Feed]:
    """From the current document down, the archives, the last one first."""
    found, before = list[Feed](), asked((await feed(store, wanted)).nearby.get("prev-archive"), wanted)
    while before is not None:
        found.append(await feed(store, before))
        before = asked(found[-1].nearby.get("prev-archive"), wanted)
    return found


async def whole(store: Store, wanted: Request) -> list[str]:
    """All ids of the feed, page by page."""
    at: Request | None = structs.replace(wanted, n=500)
    ids = list[str]()
    while at is not None:
        page = await feed(store, at)
        ids += [entry.guid for entry in page.entries]
        at = asked(page.older_urls, wanted)
    return ids


def guids(*feeds: Feed) -> list[str]:
    """The ids of documents' entries."""
    return [entry.guid for one in feeds for entry in one.entries]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("wanted", ASKED, ids=str)
async def test_the_archives_and_the_current_document_hold_all_once(store: Store, wanted: Request, seed: int) -> None:
    """No id is in two archives, and what is in none of them is in the document that names the last."""
    await filled(store, seed)
    found, current = await archives_of(store, wanted), guids(await feed(store, wanted))
    ids, every = guids(*found), await whole(store, wanted)
    assert len(ids) == len(set(ids))
    assert set(ids) | set(current) == set(every)
    assert current + [one for one in ids if one not in current] == every
    assert len(found) > 1


@pytest.mark.parametrize("n", [1, 7, 20, 49, 50, 200])
async def test_a_document_that_does_not_reach_down_to_an_archive_names_none(store: Store, n: int) -> None:
    """However few entries are asked for, none is lost between them and the archive that is named."""
    for arrivals in range(0, 120, 9):
        await post(store, "news", [news(f"소식 {k}", 1_000 + k) for k in range(arrivals, arrivals + 9)])
        current = await feed(store, Request(n=n))
        found = await archives_of(store, Request(n=n))
        assert not found or set(guids(current, *found)) == set(await whole(store, Request()))
        assert found or n < 50 or arrivals < 18


async def changed(store: Store) -> None:
    """Everything happens to headlines that are archived: an edit, another rank, a deletion, a purge, new posts."""
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    await edit(store, "news", news("반도체 고친 제목", 3), NOW + timedelta(hours=9))
    ranked = Changes(gone=(6, 7), restated=(news("반도체", 4_000, key="4"),))
    await store.write(headlines.apply, board, ranked, NOW + timedelta(hours=9))
    await store.write(retention.purge, board.id, [8, 9], NOW + timedelta(hours=9))
    renamed = update(tables.boards).values(name="다른 이름", tags=("x",), every=timedelta(hours=3))
    await store.write(lambda conn: conn.execute(renamed).rowcount)
    await post(store, "local", [news("반도체 새 소식", 90_000 + n) for n in range(130)], NOW + timedelta(hours=9))


@pytest.mark.parametrize("wanted", ASKED, ids=str)
async def test_an_archive_never_changes(store: Store, wanted: Request) -> None:
    """Its bytes in every format are what they were, whatever becomes of its headlines and boards."""
    await filled(store, 9)
    said = [(one, {form: render.document(one, form) for form in FORMS}) for one in await archives_of(store, wanted)]
    await changed(store)
    for before, documents in said:
        own = asked(before.feed_urls, wanted)
        assert own is not None
        again = await feed(store, own)
        assert {form: render.document(again, form) for form in FORMS} == documents
    ids = guids(*await archives_of(store, wanted))
    assert len(ids) == len(set(ids))


async def test_a_topic_with_another_filter_has_other_archives(store: Store) -> None:
    """The old ones are gone, and the new ones hold what the new filter takes."""
    await filled(store, 1)
    before = await archives_of(store, Request(kind="topic", slug="chips"))
    old = asked(before[0].feed_urls, Request(kind="topic", slug="chips"))
    assert old is not None
    await store.write(topics.put, Topic(slug="chips", title="딴 주제", filter="그"))
    with pytest.raises(GoneFeedError):
        await feed(store, old)
    found = await archives_of(store, Request(kind="topic", slug="chips"))
    assert all("그 밖" in entry.title for one in found for entry in one.entries)
    assert guids(*found)


async def test_what_is_hidden_or_removed_is_in_no_archive(store: Store) -> None:
    """A removed board's archives are gone, those of many boards do without it; purged, nothing of it is kept."""
    await filled(store, 2)
    for wanted in (Request(), Request(kind="board", slug="local")):
        await archives_of(store, wanted)
    hiding = update(tables.boards).where(tables.boards.c.slug == "local").values(private=True)
    await store.write(lambda conn: conn.execute(hiding).rowcount)
    assert {entry.board for one in await archives_of(store, Request()) for entry in one.entries} == {"news"}
    with pytest.raises(UnknownFeedError):
        await feed(store, archived(Request(kind="board", slug="local"), Cut(0, 50)))
    await store.write(lambda conn: boards.remove(conn, "news", NOW, purge=True))
    with pytest.raises(GoneFeedError):
        await feed(store, archived(Request(kind="board", slug="news"), Cut(0, 50)))
    assert not guids(*await archives_of(store, Request()))


@pytest.mark.parametrize(
    "wanted",
    [Request(q="date:P7D"), Request(q="-is:pinned"), Request(sort="date"), Request(each=3), Request(before=Cursor(40))],
    ids=str,
)
async def test_what_time_or_flags_decide_has_no_archives(store: Store, wanted: Request) -> None:
    """Nor has what is in another order; a page behind the first names the first instead."""
    await filled(store, 3, 8)
    assert "prev-archive" not in (await feed(store, wanted)).nearby
    assert (wanted.before is None) == ("first" not in (await feed(store, wanted)).nearby)
    if wanted.before is None:
        with pytest.raises(UnknownFeedError):
            await feed(store, structs.replace(wanted, archive=Cut(0, 50)))


async def test_an_archive_that_is_not_cut_yet_leads_to_what_stands_for_it(store: Store) -> None:
    """From next-archive to next-archive one comes to the current document and has passed everything."""
    await filled(store, 4)
    at: Request | None = archived(Request(), Cut(0, 500))
    met = list[str]()
    while at is not None and at.archive is not None:
        try:
            found = await feed(store, at)
        except ElsewhereError as error:
            at = asked(error.urls, Request())
            continue
        met += reversed(guids(found))
        at = asked(found.nearby["next-archive"], Request())
    assert at == Request()
    assert len(met) == len(set(met))
    assert set(met) | set(guids(await feed(store, at))) == set(await whole(store, Request()))
    with pytest.raises(UnknownFeedError):
        await feed(store, archived(Request(), Cut(99_999_500, 100_000_000)))


@pytest.mark.parametrize("form", ["atom", "rss"])
async def test_an_archive_says_that_it_is_one(store: Store, server: Server, form: str) -> None:
    """``fh:archive`` once, and its links in the document as in the header; kept for ever, and known again.

    The oldest does not, for judges miss the one before it.
    """
    await filled(store, 5)
    answer = await server.ask(f"/feed.{form}?archive=50-100&n=3&utm_source=x")
    links = {link.rel: link.href for link in feedparser.parse(answer.body).feed.links}
    own = f"{PUBLIC_URL}/feed.{form}"
    expected = {
        "self": f"{own}?archive=50-100",
        "current": own,
        "prev-archive": f"{own}?archive=0-50",
        "next-archive": f"{own}?archive=100-150",
    }
    assert {rel: url for rel, url in links.items() if rel != "alternate"} == expected
    assert answer.headers["Link"] == ", ".join(f'<{url}>; rel="{rel}"' for rel, url in expected.items())
    assert len(etree.fromstring(answer.body).findall(".//{http://purl.org/syndication/history/1.0}archive")) == 1
    assert b"purl.org/syndication/history" not in (await server.ask(f"/feed.{form}?archive=0-50")).body
    assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    page = await server.ask("/feed?archive=50-100")
    assert (page.status, b'href="https://feeds.example.org/feed?archive=0-50"' in page.body) == (200, True)
    again = await server.ask(f"/feed.{form}?archive=50-100", If_None_Match=answer.headers["Etag"])
    assert (again.status, again.headers["Cache-Control"]) == (304, answer.headers["Cache-Control"])


async def test_a_json_archive_goes_on_by_its_next_url(store: Store, server: Server) -> None:
    """It has no other word for the archive before; the header has all of them."""
    await filled(store, 5)
    current = await server.ask("/feed.json")
    last = current.headers["Link"].split("<")[2].partition(">")[0]
    assert "prev-archive" in current.headers["Link"]
    urls = []
    while last:
        urls.append(last)
        last = json.decode((await server.ask(last.removeprefix(PUBLIC_URL))).body).get("next_url")
    assert len(urls) == len(set(urls)) > 1
    assert urls[-1].endswith(("archive=0-50", "archive=0-500"))


async def test_an_archive_to_come_leads_to_the_current_document(server: Server) -> None:
    """The block that has begun is answered by a redirect; a cut that is none is a mistake."""
    answer = await server.ask("/boards/news.rss?archive=0-50")
    assert (answer.status, answer.headers["Location"]) == (307, f"{PUBLIC_URL}/boards/news.rss")
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert (await server.ask("/feed?archive=0-50")).headers["Location"] == f"{PUBLIC_URL}/feed"
    assert (await server.ask("/feed.rss?archive=100-150")).status == 404
    assert (await server.ask("/feed.rss?archive=1-51")).status == 400


async def test_the_current_document_says_what_is_otherwise_than_in_the_archives(store: Store) -> None:
    """An edit and a deletion are told there; whoever reads it after the archives knows how things stand."""
    await post(store, "news", [news(f"소식 {n}", n) for n in range(1_000, 1_080)])
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    wanted = Request(kind="board", slug="news", tombstones=True)
    before = guids(*await archives_of(store, wanted))
    edited, gone = (one for one in (await feed(store, wanted)).entries if one.arrival in (60, 61))
    await edit(store, "news", news("고친 제목", edited.number or 0), NOW + timedelta(hours=1))
    old = (await feed(store, structs.replace(wanted, n=500))).entries[-1]
    deleted = Changes(gone=(gone.arrival, old.arrival))
    await store.write(headlines.apply, board, deleted, NOW + timedelta(hours=2))
    current = await feed(store, wanted)
    assert guids(*await archives_of(store, wanted)) == before
    assert {one.guid: one.title for one in current.entries}[edited.guid] == "고친 제목"
    assert {one.guid for one in current.tombstones} == {gone.guid, old.guid} <= {*before, gone.guid}


async def test_a_private_feed_has_archives_below_its_own_path(store: Store, server: Server) -> None:
    """They hold what its boards alone may show, name their neighbours there, and are kept by their reader only."""
    await filled(store, 6)
    hiding = update(tables.boards).where(tables.boards.c.slug == "local").values(private=True)
    await store.write(lambda conn: conn.execute(hiding).rowcount)
    path = f"/p/{await given(store, '/feed', 'all')}/feed.json"
    private, public = [await server.ask(f"{at}?archive=0-500&dup=all") for at in (path, "/feed.json")]
    assert set(ids_of(public.body)) < set(ids_of(private.body))
    assert f'<{PUBLIC_URL}{path}?archive=500-1000&dup=all>; rel="next-archive"' in private.headers["Link"]
    assert private.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def ids_of(body: bytes) -> list[str]:
    """The ids of a JSON Feed."""
    return [item["id"] for item in json.decode(body)["items"]]


def test_an_archive_is_no_topic_of_the_hub() -> None:
    """There is never any news of it."""
    with pytest.raises(UnknownFeedError, match="archive"):
        addressed(f"{PUBLIC_URL}/feed.atom?archive=0-50", PUBLIC_URL)
