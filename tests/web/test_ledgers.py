"""A board's ledger over HTTP: a page for people, JSON at the same path, and a link from the board's page."""

from datetime import timedelta

from msgspec import json

from aggregator.changes import Changes
from aggregator.coverage import STEP
from aggregator.gaps import Gap
from aggregator.housekeeping import judge
from aggregator.ledger import Ledger
from aggregator.model import Headline, Poll
from aggregator.store import Store, boards, gaps, headlines, polls
from aggregator.store.polls import After
from tests.web.conftest import NOW, Server, news, post
from tests.web.test_pages import found

DAY = timedelta(days=1)


async def ranked(store: Store, *, error: str | None = None) -> None:
    """Give a board twenty ranked rows, an open gap of history below them, and a poll."""
    board = await store.read(boards.by_slug, "local")
    assert board is not None
    rows: tuple[Headline, ...] = tuple(news(f"소식 {n}", 11_199 + n) for n in range(1, 21))
    places = {row.key: STEP * at for at, row in enumerate(rows, 1)}
    await store.write(headlines.apply, board, Changes(new=rows, places=places), NOW)
    await store.write(gaps.keep, board.id, Gap(newer=STEP, history=True, opened_at=NOW))
    poll = Poll(board="local", started_at=NOW, finished_at=NOW, result="changed", rows=20, error=error, stage=error)
    await store.write(polls.record, board.id, poll, After(next_poll_at=NOW + DAY, numbering="rank"))


async def test_the_page_says_the_sentence_and_what_is_missing(server: Server, store: Store) -> None:
    """The claim first, then the ranges, the gaps and how much of them is left."""
    await ranked(store)
    answer = await server.ask("/boards/local/ledger")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert found(answer, "//p[@class='sentence']/text()") == ["complete from 11,200 to 11,219 since 2024-04-20"]
    assert found(answer, "//table[1]/tbody/tr/td[1]/text()") == ["11,200 – 11,219"]
    assert [text.strip() for text in found(answer, "//table[2]/tbody/tr[1]/td[position()<5]/text()")] == [
        "open, history",
        "11,200",
        "11,199 headlines",
    ]
    assert found(answer, "//progress/@max") == ["11199"]


async def test_pages_tell_times_as_html_reads_them(server: Server, store: Store) -> None:
    """A fraction of a second has at most three digits there (HTML, "valid time string"): none are told."""
    late = NOW + timedelta(microseconds=391_815)
    await post(store, "local", [news("소식", 1)], late)
    await judge(store, 0, late)
    await store.write(lambda tx: boards.pause(tx, "local", paused=True, now=late))
    await judge(store, 1, late)
    told = [at for path in ("/boards/local/ledger", "/health", "/") for at in await times(server, path)]
    assert NOW.isoformat() in told
    assert [at for at in told if "." in at] == []


async def times(server: Server, path: str) -> list[str]:
    """Every time that a page tells."""
    return found(await server.ask(path), "//time/@datetime")


async def test_the_page_says_why_nothing_is_claimed(server: Server, store: Store) -> None:
    """A page that could not be read takes the sentence back, on the page and in JSON alike."""
    await ranked(store, error="no <b>listing</b>")
    said = (
        "not complete: the last poll failed: no <b>listing</b>: no <b>listing</b>, 1 gap open, 11,199 headlines to read"
    )
    assert found(await server.ask("/boards/local/ledger"), "//p[@class='sentence']/text()") == [said]
    assert json.decode((await server.ask("/boards/local/ledger.json")).body, type=Ledger).sentence == said


async def test_the_json_is_the_whole_ledger(server: Server, store: Store) -> None:
    """Programs get every figure of the page, may keep it, and are told when it has not changed."""
    await ranked(store)
    answer = await server.ask("/boards/local/ledger.json")
    ledger = json.decode(answer.body, type=Ledger)
    assert answer.headers["Content-Type"] == "application/json"
    assert ledger.claim is not None
    assert (ledger.board, ledger.claim.low, ledger.claim.high) == ("local", 11_200, 11_219)
    assert (ledger.open, ledger.unread, ledger.headlines.standing) == (1, 11_199, 20)
    again = await server.ask("/boards/local/ledger.json", If_None_Match=answer.headers["Etag"])
    assert again.status == 304


async def test_the_boards_page_links_to_its_ledger(server: Server) -> None:
    """Whoever doubts a board finds its ledger on its page, and nobody on pages of several boards."""
    assert found(await server.ask("/boards/news"), "//p[@class='ledger']/a/@href") == ["/boards/news/ledger"]
    assert found(await server.ask("/"), "//p[@class='ledger']/a/@href") == []


async def test_a_board_that_is_not_there_has_no_ledger(server: Server) -> None:
    """Unknown is 404, removed is 410, said as each reader expects it."""
    assert [(await server.ask(f"/boards/{slug}/ledger")).status for slug in ("nobody", "gone")] == [404, 410]
    problem = await server.ask("/boards/gone/ledger.json")
    assert (problem.status, problem.headers["Content-Type"]) == (410, "application/problem+json")


async def test_a_board_that_was_never_polled_has_an_empty_ledger(server: Server) -> None:
    """It says so, and is a page all the same."""
    answer = await server.ask("/boards/news/ledger")
    assert found(answer, "//p[@class='sentence']/text()") == ["not complete: it was never polled"]
