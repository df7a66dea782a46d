"""What is exported: the server's own bytes, only what changed, and nothing private."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from msgspec import structs

from aggregator import web
from aggregator.administration import Admin, change
from aggregator.errors import ExportError
from aggregator.export import Export, Report, Site, claimed
from aggregator.housekeeping import judge
from aggregator.model import Poll, Topic
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards, polls, topics
from aggregator.web.answers import SHORT_BYTES
from tests.export.conftest import CODED, SETTINGS, files, inodes, is_twin
from tests.program import site_on_loopback
from tests.web.conftest import NOW, Server, edit, news, post, spec

FORMATS = ("rss", "atom", "json", "txt")


async def export(site: Site, root: Path) -> Report:
    """Export into the folder."""
    with claimed(root) as folder:
        return await Export(site, folder).bring(NOW)


def url(name: str) -> str:
    """The path at which the server answers what a file holds."""
    return quote("/" if name == "index.html" else f"/{name.removesuffix('.html')}")


async def test_files_hold_the_bytes_that_the_server_answers(
    site: Site, store: Store, server: Server, tmp_path: Path
) -> None:
    """Each file is what its URL answers, each twin what it answers in that coding; a slug may be of any letters.

    What is so short that it would grow the server answers as it is.
    """
    await store.write(boards.add, spec("속보 100%", "속보"), NOW)
    await store.write(topics.add, Topic(slug="반도체", title="반도체", filter="반도체"), NOW)
    await post(store, "속보 100%", [news("새로 온 반도체 소식", 1)])
    await export(site, tmp_path / "out")
    there = files(tmp_path / "out")
    assert {"index.html", "boards/속보 100%.atom", "topics/반도체.opml", "static/style.css"} <= set(there)
    for name in [name for name in there if not is_twin(name)]:
        assert (await server.ask(url(name))).body == there[name], name
        for ending, coding in CODED.items() if not name.startswith("static/") else ():
            answer = await server.ask(url(name), Accept_Encoding=coding)
            told = answer.headers.get("Content-Encoding"), answer.body
            short = len(there[name]) < SHORT_BYTES
            assert told == ((None, there[name]) if short else (coding, there[name + ending])), name


async def test_every_public_feed_is_there_in_every_format(site: Site, tmp_path: Path) -> None:
    """All, each board and each topic that is not removed, each with its page; lists, style sheet, and no more."""
    report = await export(site, tmp_path / "out")
    stems = ("feed", "boards/news", "boards/local", "topics/chips", "health")
    expected = {f"{stem}.{ending}" for stem in stems for ending in (*FORMATS, "html")}
    expected |= {"index.html", "filters.html", "feeds.opml", "topics/chips.opml", "static/style.css"}
    there = files(tmp_path / "out")
    assert {name for name in there if not is_twin(name)} == expected == set(report.written)
    assert len(there) == 4 * len(expected)
    assert (report.removed, report.unchanged) == ((), 0)


async def test_only_what_changed_is_written(site: Site, store: Store, tmp_path: Path) -> None:
    """News of a board touch its files and those of everything; the others are the very same, and so are all again."""
    await export(site, tmp_path / "out")
    first = inodes(tmp_path / "out")
    await post(store, "local", [news("동네 소식", 90)])
    report = await export(site, tmp_path / "out")
    second = inodes(tmp_path / "out")
    expected = {f"{stem}.{form}" for stem in ("feed", "boards/local") for form in (*FORMATS, "html")} | {"index.html"}
    assert set(report.written) == expected
    assert {name for name in second if first[name] != second[name] and not is_twin(name)} == expected
    assert {name for name in second if first[name] == second[name]} == {
        name for name in first if not name.startswith(tuple(expected))
    }
    again = await export(site, tmp_path / "out")
    assert (again.written, again.removed, again.unchanged) == ((), (), len(first) // 4)
    assert inodes(tmp_path / "out") == second


async def happenings(store: Store) -> AsyncIterator[str]:
    """One thing after the other that some file shows; what happened."""
    ann = Admin(who="Ann", now=NOW, polling=PollingSettings())
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    await post(store, "local", [news("동네 소식", 90)])
    yield "a headline"
    await edit(store, "local", news("고친 동네 소식", 90), NOW)
    yield "an edit"
    await store.write(change, ann, "board", "local", {"name": "새 이름"})
    yield "a name"
    poll = Poll(board="news", started_at=NOW, finished_at=NOW, result="person")
    await store.write(polls.record, board.id, poll, polls.After(next_poll_at=NOW, quarantine=(NOW, "새 틀")))
    yield "a quarantine, which no feed shows"
    await judge(store, 0, NOW)
    yield "a state"
    await store.write(change, ann, "board", "local", {"private": True})
    yield "a secret"
    await store.write(change, ann, "board", "local", {"private": False})
    yield "no secret"


async def test_one_export_after_the_other_comes_to_the_same_as_one(site: Site, store: Store, tmp_path: Path) -> None:
    """Whatever happens between two exports of a process: the files are those that a new one would write."""
    with claimed(tmp_path / "out") as folder:
        exporting = Export(site, folder)
        await exporting.bring(NOW)
        async for what in happenings(store):
            assert (await exporting.bring(NOW)).written, what
            await export(site, tmp_path / what)
            assert files(tmp_path / "out") == files(tmp_path / what), what


async def test_failures_are_told_on_the_boards_page_alone(site: Site, store: Store, tmp_path: Path) -> None:
    """That a board fails is said on its page, of which the next export makes sure; no feed is written anew."""
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    with claimed(tmp_path / "out") as folder:
        exporting = Export(site, folder)
        await exporting.bring(NOW)
        poll = Poll(board="news", started_at=NOW, finished_at=NOW, result="later", stage="fetch", error="503")
        await store.write(polls.record, board.id, poll, polls.After(next_poll_at=NOW, failures=9))
        assert (await exporting.bring(NOW)).written == ("boards/news.html",)
    assert "9 failures in a row" in files(tmp_path / "out")["boards/news.html"].decode()


async def test_what_is_gone_goes(site: Site, store: Store, tmp_path: Path) -> None:
    """A removed board's and topic's files are removed with their twins, their folder with the last one."""
    await export(site, tmp_path / "out")
    await store.write(boards.remove, "local", NOW)
    await store.write(topics.remove, "chips", NOW)
    report = await export(site, tmp_path / "out")
    assert set(report.removed) == {
        *(f"{stem}.{ending}" for stem in ("boards/local", "topics/chips") for ending in (*FORMATS, "html")),
        "topics/chips.opml",
    }
    assert not (tmp_path / "out" / "topics").exists()
    assert not any("local" in name or b"/boards/local" in body for name, body in files(tmp_path / "out").items())


async def test_nothing_private_is_exported(site: Site, store: Store, tmp_path: Path) -> None:
    """Neither a private board nor topic is in a file or its name; what becomes private goes with the next export."""
    await store.write(boards.add, structs.replace(spec("secret", "비밀 게시판"), private=True), NOW)
    await store.write(topics.add, Topic(slug="inner", title="속 이야기", filter="소식", private=True), NOW)
    await post(store, "secret", [news("비밀 소식", 1)])
    await post(store, "local", [news("동네 소식", 90)])
    await export(site, tmp_path / "out")
    ann = Admin(who="Ann", now=NOW, polling=PollingSettings())
    await store.write(change, ann, "board", "local", {"private": True})
    report = await export(site, tmp_path / "out")
    assert "boards/local.atom" in report.removed
    hidden = ("secret", "비밀 게시판", "비밀 소식", "inner", "속 이야기", "/local", "지역 소식", "동네 소식")
    said = {name: body.decode() for name, body in files(tmp_path / "out").items() if not is_twin(name)}
    assert [(name, word) for name, text in said.items() for word in hidden if word in f"/{name} {text}"] == []


@pytest.mark.parametrize("slug", ["a/b", "가" * 90])
async def test_a_slug_that_no_file_can_have_is_named(site: Site, store: Store, tmp_path: Path, slug: str) -> None:
    """The slug and what is allowed are said, and no file is written."""
    await store.write(topics.add, Topic(slug=slug, title="반도체", filter="반도체"), NOW)
    with pytest.raises(ExportError, match=rf"the topic '{slug}'; allowed: at most 246 bytes without /"):
        await export(site, tmp_path / "out")
    assert files(tmp_path / "out") == {}


async def test_files_below_a_path_are_what_the_server_answers_there(store: Store, tmp_path: Path) -> None:
    """A folder of the path's own name below a web server's root is all that it takes."""
    server_settings = structs.replace(SETTINGS.server, public_url="https://example.org/news")
    await export(Site(store, structs.replace(SETTINGS, server=server_settings)), tmp_path / "news")
    there = files(tmp_path)
    assert b'href="/news/health"' in there["news/index.html"]
    app = web.application(store, public_url="https://example.org/news", clock=lambda: NOW)
    async with site_on_loopback(app) as root, aiohttp.ClientSession() as session:
        for name in ("news/index.html", "news/boards/news.atom", "news/feeds.opml", "news/topics/chips.html"):
            path = name.removesuffix("index.html").removesuffix(".html")
            async with session.get(f"{root}/{path}") as answer:
                assert (answer.status, await answer.read()) == (200, there[name])
