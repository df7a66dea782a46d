"""The program itself, judged by the scoring site in real time, stopped and started again."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.program import command, environment, free_port, serving
from tests.scoring.kinds import lay_out
from tests.scoring.rules import Terms, by_url, judged
from tests.scoring.site import ScoringSite

INTERVAL = timedelta(seconds=1)


def now() -> datetime:
    """Return the time now: a real program is polling."""
    return datetime.now(UTC)


def entry(number: int, url: str) -> str:
    """A board of settings.toml."""
    return f'[[board]]\nslug = "b{number}"\nurl = "{url}"\nevery = "1s"\n'


async def test_the_program_keeps_all_rules_over_restarts(tmp_path: Path) -> None:
    """Served, stopped, polled by hand and served again, the program breaks none of the rules."""
    site, environ = ScoringSite(now, "127.0.0.1"), environment(free_port(), AGGREGATOR_POLLING_FLOOR="1s")
    async with site.open():
        urls = [url for url in lay_out(site, INTERVAL) if not url.endswith("/abroad")]
        boards = "".join(entry(number, url) for number, url in enumerate(urls))
        (tmp_path / "settings.toml").write_text(boards, "utf-8")
        for _ in range(3):
            async with serving(tmp_path, environ):
                await asyncio.wait_for(site.asked(len(site.log) + 3 * len(urls)), 120)
            assert (await command(tmp_path, environ, "poll", "b0"))[0] == 0
        asked = len(by_url(site.log))
    assert judged(site.log, Terms(given=set(urls), interval=INTERVAL)) == {}
    assert asked >= len(urls)
