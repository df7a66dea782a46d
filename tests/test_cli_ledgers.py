"""``aggregator audit`` as a process, after polls of a real site."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec import json

from aggregator.demo import SimulatedBoard, site
from aggregator.ledger import Ledger
from tests.program import command, environment, free_port, site_on_loopback

AT = datetime(2024, 4, 20, 3, 0, tzinfo=UTC)


def news(n: int) -> SimulatedBoard:
    """A board that prints ranks, twenty posts a page."""
    board = SimulatedBoard("뉴스", page_size=20)
    for at in range(n):
        board.post(f"나라 살림 이야기 {at}째 소식", "연합", AT)
    return board


async def test_an_audit_says_the_sentence_of_every_board_or_all_of_one(tmp_path: Path) -> None:
    """A table of boards, one board with its ranges and gaps, and the same as JSON."""
    environ, today = environment(free_port()), f"{datetime.now(UTC):%Y-%m}"
    async with site_on_loopback(site({"news": news(60)}, lambda: datetime.now(UTC))) as root:
        words = ("boards", "add", f"{root}/index.php?mid=news", "--slug", "news")
        assert (await command(tmp_path, environ, *words))[0] == 0
    sentence = f"complete from 41 to 60 since {today}"
    code, table, _ = await command(tmp_path, environ, "audit")
    assert (code, sentence in table) == (0, True)
    _, one, _ = await command(tmp_path, environ, "audit", "news")
    assert one.startswith(f"news: {sentence}")
    assert all(words in one for words in ("ranges seen", "standing", "tombstones", "gaps open"))
    _, said, _ = await command(tmp_path, environ, "audit", "news", "--json")
    ledger = json.decode(said, type=Ledger)
    assert ledger.claim is not None
    assert (ledger.claim.low, ledger.claim.high, ledger.headlines.standing) == (41, 60, 20)
    _, every, _ = await command(tmp_path, environ, "audit", "--json")
    assert json.decode(every, type=list[Ledger]) == [ledger]


async def test_an_unknown_board_is_no_ledger(tmp_path: Path) -> None:
    """The sentence names it, the exit code is a failure's."""
    code, _, complaint = await command(tmp_path, environment(1), "audit", "nobody")
    assert code == 1
    assert "nobody" in complaint
    assert "Traceback" not in complaint
