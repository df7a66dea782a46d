"""The command line as a process: exit codes, sentences, and the shapes that programs rely on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import json

from aggregator.demo import SimulatedBoard, site
from aggregator.demo.site import LOG
from tests.program import command, environment, free_port, site_on_loopback

ROOT = Path(__file__).parent.parent
LISTING = "번호 제목 글쓴이 날짜\n" + "\n".join(
    f"{n} 나라 살림 이야기 {n}째 연합 2024.04.{n:02}" for n in range(20, 10, -1)
)
ROW = {
    *("number", "title", "source", "date_text", "published", "precision"),
    *("url", "key", "pinned", "current", "comments", "category"),
}


def now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def news() -> SimulatedBoard:
    """A board with thirty posts."""
    board = SimulatedBoard("뉴스")
    for n in range(30):
        board.post(f"제목 {n}번 기사", "연합", datetime(2024, 4, 20, 3, 0, tzinfo=UTC))
    return board


async def test_read_prints_one_object_of_the_documented_shape(tmp_path: Path) -> None:
    """`read --json` prints charset, confidence, numbering, next page, rows and faults, and nothing else."""
    (tmp_path / "list.txt").write_text(LISTING, "utf-8")
    code, out, _ = await command(tmp_path, environment(1), "read", "--json", "--zone", "Asia/Seoul", "list.txt")
    said = json.decode(out)
    assert code == 0
    assert set(said) == {"charset", "confidence", "numbering", "next_page", "rows", "faults"}
    assert [row["number"] for row in said["rows"]] == list(range(20, 10, -1))
    assert all(set(row) == ROW for row in said["rows"])


async def test_read_explains_which_region_won_and_why(tmp_path: Path) -> None:
    """`--explain` lists the regions that were judged, the winner first, with reasons that add up to its confidence."""
    board = news()
    async with site_on_loopback(site({"news": board}, now)) as root:
        words = ("read", "--json", "--explain", f"{root}/index.php?mid=news")
        code, out, _ = await command(tmp_path, environment(1), *words)
    regions, reading = (json.decode(line) for line in out.splitlines())
    assert (code, regions[0]["rows"]) == (0, len(reading["rows"]))
    assert regions[0]["title"] == reading["rows"][0]["title"]
    assert "dates +" in regions[0]["reasons"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("read", "none.html"), 1, "none.html"),
        (("read", "empty.html"), 3, "no numbered listing"),
        (("read", "--zone", "KST", "empty.html"), 2, "IANA"),
        (("read", "--now", "soon", "empty.html"), 2, "ISO 8601"),
        (("--config", "none.toml", "boards", "list"), 2, "none.toml"),
        (("boards", "show", "nobody"), 1, "nobody"),
        (("boards", "add", "ftp://a.example/"), 2, "http(s)"),
        (("boards", "add", "http://a.example/", "--every", "1ms"), 2, "floor"),
        (("poll", "nobody"), 1, "nobody"),
        (("topics", "add", "a", "(의대"), 2, "column"),
        (("topics", "remove", "nobody"), 1, "nobody"),
        (("feed", "(의대"), 2, "column"),
        (("feed", "a titel:의대"), 2, "column 3; did you mean a title:의대"),
        (("boards", "add", "http://a.example/", "--tag", "두 말"), 2, "without blanks"),
        (("export", "."), 2, "empty.html"),
        (("export", "empty.html"), 2, "no folder"),
        (("export", "empty.html/out"), 1, "Not a directory"),
        (("serv",), 2, "serve"),
    ],
)
async def test_what_is_wrong_is_said_with_its_exit_code(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    """1 is failure, 2 wrong use, 3 no listing; the sentence names what was wrong, and no traceback is shown."""
    (tmp_path / "empty.html").write_text("<p>아무 것도 없습니다", "utf-8")
    ended, _, complaint = await command(tmp_path, environment(1), *words)
    assert ended == code, complaint
    assert said in complaint
    assert "Traceback" not in complaint


async def test_adding_costs_one_request_and_a_known_url_none(tmp_path: Path) -> None:
    """`boards add` asks for the page once; the same URL again is answered with its board."""
    environ, application = environment(free_port()), site({"news": news()}, now)
    async with site_on_loopback(application) as root:
        words = ("boards", "add", f"{root}/index.php?mid=news", "--json")
        first = json.decode((await command(tmp_path, environ, *words, "--slug", "news"))[1])
        again = json.decode((await command(tmp_path, environ, *words, "--slug", "other"))[1])
        pages = [visit for visit in application[LOG].visits if "robots" not in visit.target]
    assert (first["already_known"], len(first["preview"])) == (False, 5)
    assert (again["already_known"], again["slug"]) == (True, "news")
    assert len(pages) == 1


async def test_a_board_is_added_with_its_times_and_the_schedule_says_them(tmp_path: Path) -> None:
    """Cron and hours as settings.toml has them; the schedule shows what they come to, and when house is kept."""
    environ = environment(free_port())
    times = ("--cron", "*/5 7-23 * * mon-fri", "--active", "07:00-23:00 mon-fri")
    add = ("boards", "add", "http://127.0.0.1:9/", "--slug", "news", "--no-preview")
    assert (await command(tmp_path, environ, *add, *times))[0] == 0
    code, said, _ = await command(tmp_path, environ, "schedule")
    assert (code, "cron */5 7-23" in " ".join(said.split())) == (0, True)
    assert "house-keeping" in said
    (host,) = json.decode((await command(tmp_path, environ, "schedule", "hosts", "--json"))[1])
    assert (host["host"], host["boards"], host["gap_seconds"], host["pages_day"]) == ("127.0.0.1", 1, 0.01, 0)
    assert "127.0.0.1" in (await command(tmp_path, environ, "schedule", "hosts"))[1]


async def test_the_url_of_an_article_adds_its_list(tmp_path: Path) -> None:
    """Whoever pastes one document's URL gets the board that it stands in."""
    environ, board = environment(free_port()), news()
    async with site_on_loopback(site({"news": board}, now)) as root:
        post = board.page(1).lines[4].post.id
        url = f"{root}/index.php?mid=news&document_srl={post}"
        code, out, complaint = await command(tmp_path, environ, "boards", "add", url, "--slug", "news", "--json")
    assert (code, complaint) == (0, "")
    assert json.decode(out)["url"] == f"{root}/index.php?mid=news"


async def test_boards_are_paused_resumed_removed_and_come_back(tmp_path: Path) -> None:
    """Every verb on a board is seen in the list afterwards."""
    environ = environment(free_port())

    async def listed(*words: str) -> list[bool]:
        assert (await command(tmp_path, environ, "boards", *words))[0] == 0
        return [
            board["paused"] for board in json.decode((await command(tmp_path, environ, "boards", "list", "--json"))[1])
        ]

    add = ("add", "http://a.example/list", "--slug", "news", "--no-preview")
    assert await listed(*add) == [False]
    assert await listed("pause", "news") == [True]
    assert await listed("resume", "news") == [False]
    assert await listed("remove", "news") == []
    assert await listed(*add) == [False]


async def test_a_list_of_boards_fits_a_terminal(tmp_path: Path) -> None:
    """The table has no column that is empty throughout, and says intervals as they are written."""
    environ = environment(free_port())
    await command(tmp_path, environ, "boards", "add", "http://a.example/list", "--slug", "news", "--no-preview")
    said = (await command(tmp_path, environ, "boards", "list"))[1]
    assert max(map(len, said.splitlines())) <= 80
    assert ("10m" in said, "quarantine" in said) == (True, False)
    await command(tmp_path, environ, "boards", "pause", "news")
    assert "paused" in (await command(tmp_path, environ, "boards", "list"))[1]


async def test_what_a_board_is_allowed_is_shown(tmp_path: Path) -> None:
    """A liberty is said in full wherever the board is listed, and can be taken back."""
    environ = environment(free_port())
    await command(tmp_path, environ, "boards", "add", "http://a.example/list", "--slug", "news", "--no-preview")
    given = await command(tmp_path, environ, "boards", "manners", "news", "--insecure", "--proxy", "none", "--json")
    assert json.decode(given[1])[0]["proxy"] == "none"
    (shown,) = json.decode((await command(tmp_path, environ, "boards", "list", "--json"))[1])
    assert shown["liberties"] == "the certificate is not verified (insecure = true)"
    taken = await command(tmp_path, environ, "boards", "manners", "news", "--no-insecure", "--json")
    assert json.decode(taken[1])[0]["liberties"] is None
    refused = await command(tmp_path, environ, "boards", "manners", "news", "--proxy", "10.0.0.1")
    assert (refused[0], "socks5" in refused[2]) == (2, True)
