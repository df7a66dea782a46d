"""The site over real HTTP: addresses, bytes, log, faults and validators."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer

from aggregator.demo import demo_site, faults, site
from aggregator.demo.board import SimulatedBoard
from aggregator.demo.site import FAULTS, LOG
from tests.demo.markup import Markup

NOW = datetime(2024, 4, 20, 6, 30, tzinfo=UTC)
XE, GNU = "/index.php?mid=news", "/bbs/board.php?bo_table=forum"
Client = TestClient[web.Request, web.Application]


def filled(board: SimulatedBoard) -> SimulatedBoard:
    """The board with three posts, the last with a title that CP949 cannot write."""
    for title in ("첫 소식", "뷁 펲시 똠방각하", "우주 소식 🚀"):
        board.post(title, "한빛일보", NOW)
    return board


def two_boards() -> dict[str, SimulatedBoard]:
    """One board of each skin on one site."""
    return {
        "news": filled(SimulatedBoard("뉴스")),
        "forum": filled(SimulatedBoard("Forum", skin="gnu", numbering="stable", language="en")),
    }


@asynccontextmanager
async def visited(application: web.Application) -> AsyncIterator[Client]:
    """A client of the application on a free port of this machine."""
    async with TestClient(TestServer(application)) as client:
        yield client


async def page(client: Client, path: str) -> Markup:
    """The page at ``path``, read back."""
    async with client.get(path) as response:
        assert response.status == 200
        return Markup(await response.text())


async def test_each_skin_answers_at_its_own_address() -> None:
    """Lists stand where Rhymix and Gnuboard have theirs, and one skin's board is not found at the other's."""
    async with visited(site(two_boards(), lambda: NOW)) as client:
        assert [row[0] for row in (await page(client, XE)).cells] == ["3", "2", "1"]
        assert [row[0] for row in (await page(client, GNU)).cells] == ["3", "2", "1"]
        assert (await client.get("/index.php?mid=forum")).status == 404
        assert (await client.get("/index.php")).status == 404


async def test_an_article_page_shows_its_list_page_below() -> None:
    """A linked article has » in the list of the page it stands on."""
    board = filled(SimulatedBoard("뉴스", page_size=2))
    async with visited(site({"news": board}, lambda: NOW)) as client:
        link = (await page(client, f"{XE}&page=2")).links["첫 소식"]
        assert [row[0] for row in (await page(client, link)).cells] == ["»"]
        assert [row[0] for row in (await page(client, f"{XE}&document_srl=1")).cells] == ["»"]


async def test_a_missing_article_is_told_as_the_skin_tells_it() -> None:
    """Gnuboard says 200 with a script, XE 404; neither lists anything."""
    async with visited(site(two_boards(), lambda: NOW)) as client:
        xe, gnu = await client.get(f"{XE}&document_srl=99"), await client.get(f"{GNU}&wr_id=99")
        assert (xe.status, gnu.status) == (404, 200)
        assert "<table" not in await xe.text() + await gnu.text()


async def test_strange_page_numbers_mean_the_first_page() -> None:
    """Words, zero, signs and absurd lengths do no harm."""
    async with visited(site(two_boards(), lambda: NOW)) as client:
        for strange in ("0", "-1", "x", "", "9" * 5000):
            assert len((await page(client, f"{XE}&page={strange}")).cells) == 3


@pytest.mark.parametrize("labelled", [True, False])
async def test_cp949_pages_decode_with_references_for_the_rest(*, labelled: bool) -> None:
    """All of CP949 goes out as such, an emoji as a character reference; the label says euc-kr or nothing."""
    board = filled(SimulatedBoard("뉴스", charset="cp949", labelled=labelled))
    async with visited(site({"news": board}, lambda: NOW)) as client:
        response = await client.get(XE)
        assert response.headers["Content-Type"] == ("text/html; charset=euc-kr" if labelled else "text/html")
        text = (await response.read()).decode("cp949")
    assert ("euc-kr" in text) is labelled
    assert "&#128640;" in text
    assert [row[1] for row in Markup(text).cells] == ["우주 소식 🚀", "뷁 펲시 똠방각하", "첫 소식"]


async def test_robots_are_welcome_unless_told_otherwise() -> None:
    """robots.txt allows all, is given by the test, and is never faulty."""
    application = site(two_boards(), lambda: NOW, robots="User-agent: *\nDisallow: /bbs/\n")
    application[FAULTS].append(faults.status(500))
    async with visited(application) as client:
        assert "Disallow: /bbs/" in await (await client.get("/robots.txt")).text()
        assert (await client.get(XE)).status == 500


async def test_the_log_keeps_every_request_as_it_came() -> None:
    """Target and headers can be asked for afterwards, in order."""
    application = site(two_boards(), lambda: NOW)
    async with visited(application) as client:
        await client.get(XE, headers={"If-None-Match": '"x"'})
        await client.get("/robots.txt")
    assert application[LOG].targets() == [XE, "/robots.txt"]
    first = application[LOG].visits[0]
    assert (first.at, first.method, first.headers["if-none-match"]) == (NOW, "GET", '"x"')


async def test_faults_are_used_once_each_in_order() -> None:
    """Two scripted answers, then the page again."""
    application = site(two_boards(), lambda: NOW)
    application[FAULTS].extend([faults.status(503, {"Retry-After": "7"}), faults.status(404)])
    async with visited(application) as client:
        answers = [await client.get(XE) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 404, 200]
    assert answers[0].headers["Retry-After"] == "7"


async def test_a_held_answer_waits_for_its_release() -> None:
    """The request has come in, the answer has not; released, it shows the board as it is by then."""
    boards, released = two_boards(), asyncio.Event()
    application = site(boards, lambda: NOW)
    application[FAULTS].append(faults.hold(released))
    async with visited(application) as client:
        asked = asyncio.create_task(page(client, XE))
        await application[LOG].reaches(1)
        assert not asked.done()
        boards["news"].post("뒤늦은 소식", "한빛일보", NOW)
        released.set()
        assert (await asked).cells[0][1] == "뒤늦은 소식"


async def test_a_truncated_answer_breaks_its_promise() -> None:
    """The client gets fewer bytes than were announced, and knows it."""
    application = site(two_boards(), lambda: NOW)
    application[FAULTS].append(faults.truncated(100))
    async with visited(application) as client:
        response = await client.get(XE)
        assert await response.content.readexactly(100)
        with pytest.raises(ClientPayloadError):
            await response.read()


async def test_empty_tables_and_login_walls_list_nothing() -> None:
    """Both are 200 and look like pages; neither has a headline."""
    application = site(two_boards(), lambda: NOW)
    application[FAULTS].extend([faults.empty_table(), faults.login_wall()])
    async with visited(application) as client:
        assert (await page(client, XE)).cells == []
        assert (await page(client, XE)).rows == []
        assert len((await page(client, XE)).cells) == 3


async def test_a_validator_changes_exactly_with_the_page() -> None:
    """The same page answers 304, an edited one 200 with another ETag; without being asked there is none."""
    boards = two_boards()
    async with visited(site(boards, lambda: NOW, etags=True)) as client:
        etag = (await client.get(XE)).headers["ETag"]
        assert (await client.get(XE, headers={"If-None-Match": etag})).status == 304
        boards["news"].edit(1, "고친 소식")
        changed = await client.get(XE, headers={"If-None-Match": etag})
        assert (changed.status, changed.headers["ETag"] == etag) == (200, False)
    async with visited(site(boards, lambda: NOW)) as client:
        assert "ETag" not in (await client.get(XE)).headers


async def test_the_demo_lists_full_pages_at_its_paths() -> None:
    """What ``demo_site`` names can be polled at once: twenty rows or more on the first and the last full page."""
    application, boards = demo_site(lambda: datetime(2026, 11, 24, 3, tzinfo=UTC))
    async with visited(application) as client:
        for _slug, name, path in boards:
            assert len((await page(client, path)).cells) >= 20
            assert len((await page(client, f"{path}&page=900")).cells) >= 20
            assert (await page(client, "/")).links[name] == path


async def test_the_demo_goes_on_with_its_clock() -> None:
    """A minute later four more posts stand on the news board, below its notices."""
    times = [datetime(2026, 11, 24, 3, 0, tzinfo=UTC)]
    application, ((_, _, path), _) = demo_site(lambda: times[-1])
    async with visited(application) as client:
        before = {row[1] for row in (await page(client, path)).cells}
        times.append(datetime(2026, 11, 24, 3, 1, tzinfo=UTC))
        fresh = [row for row in (await page(client, path)).cells[:6] if row[1] not in before]
    assert len(fresh) >= 4
