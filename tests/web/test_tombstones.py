"""What is gone from a board is named to whoever asks, and to nobody else (RFC 6721)."""

from datetime import datetime, timedelta

from lxml.etree import fromstring

from aggregator.changes import Changes
from aggregator.store import Selection, Store, boards, headlines
from tests.web.conftest import NOW, Server

ATOM = "{http://www.w3.org/2005/Atom}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
GONE_AT = NOW + timedelta(hours=1)


async def delete(store: Store, *numbers: int) -> list[str]:
    """Let posts of the news board be gone; their guids, newest first."""
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    shown = await store.read(headlines.select, Selection(boards=("news",), dup="all", n=500))
    gone = [entry for entry in shown if entry.number in numbers]
    await store.write(headlines.apply, board, Changes(gone=tuple(entry.arrival for entry in gone)), GONE_AT)
    return [entry.guid for entry in gone]


async def told(server: Server, path: str) -> tuple[list[str], list[tuple[str, datetime]]]:
    """The ids of a feed's entries, and what it says is gone."""
    root = fromstring((await server.ask(path)).body)
    gone = [
        (str(one.get("ref")), datetime.fromisoformat(str(one.get("when")))) for one in root.iter(f"{AT}deleted-entry")
    ]
    return [str(one.findtext(f"{ATOM}id")) for one in root.iter(f"{ATOM}entry")], gone


async def test_what_is_gone_is_named_where_it_was_asked_for(server: Server, store: Store) -> None:
    """Each by its id with the time, none of them as an entry too; a feed that was not asked says nothing."""
    gone = await delete(store, 7, 9)
    entries, named = await told(server, "/boards/news.atom?tombstones=yes")
    assert named == [(guid, GONE_AT) for guid in gone]
    assert set(entries).isdisjoint(gone)
    assert (await told(server, "/boards/news.atom"))[1] == []
    assert b"tombstones" not in (await server.ask("/boards/news.atom")).body


async def test_a_page_names_what_is_gone_from_its_own_stretch(server: Server, store: Store) -> None:
    """What came before a page's last entry is named by the page behind it, and the pages together name all once."""
    gone = await delete(store, 0, 3, 7, 9, 19)
    path, named = "/boards/news.atom?n=4&tombstones=yes", []
    while path:
        root = fromstring((await server.ask(path)).body)
        named += [str(one.get("ref")) for one in root.iter(f"{AT}deleted-entry")]
        links = [str(one.get("href")) for one in root.iter(f"{ATOM}link") if one.get("rel") == "next"]
        path = links[0].removeprefix("https://feeds.example.org") if links else ""
    assert named == gone


async def test_a_filter_holds_for_what_is_gone_too(server: Server, store: Store) -> None:
    """Only what the feed would have shown is named."""
    await delete(store, *range(20))
    entries, named = await told(server, "/topics/chips.atom?tombstones=yes&dup=all")
    shown, _ = await told(server, "/feed.atom?q=is:deleted%20%EB%B0%98%EB%8F%84%EC%B2%B4&dup=all")
    assert {guid for guid, _ in named} == set(shown) - set(entries)
    assert named
