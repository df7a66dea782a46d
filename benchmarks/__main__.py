"""``python -m benchmarks``: print the tables with ratios and write benchmarks/RESULTS.md.

``workload`` behind it prints the tables of polling alone, ``serving`` those of kept and changed feeds, ``readers`` and
``overload`` what a server does that has much to do; ``judges`` has others judge the feeds (see ``benchmarks/judges/``)
and writes that part of the results.
"""

import platform
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

from aggregator import listing, render
from aggregator.model import Page
from aggregator.reading import read
from aggregator.recipe import Recipe
from benchmarks import (
    backfill,
    changed,
    freshness,
    judges,
    overload,
    polling,
    readers,
    resident,
    search,
    serving,
    ticking,
    visible,
    workload,
)
from benchmarks.timing import table, timed

RESULTS = Path(__file__).with_name("RESULTS.md")
SEOUL = ZoneInfo("Asia/Seoul")
ROWS = "tr:has(td.title)"


def reading(text: str) -> dict[str, Callable[[], object]]:
    """A list page: the parse alone, the usual css per row, and ours by a known recipe and from nothing."""
    recipe = listing.detect(text, workload.URL).recipe or Recipe()
    page = Page(url=workload.URL, status=200, content_type="text/html; charset=utf-8", body=text.encode())

    def css_per_row() -> list[tuple[str | None, ...]]:
        rows = LexborHTMLParser(text).css("tr")
        names = ("td.no", "td.title a", "td.author", "td.time")
        cells = [[row.css_first(name) for name in names] for row in rows]
        return [tuple(cell.text(strip=True) if cell is not None else None for cell in row) for row in cells]

    return {
        "parse alone (limit)": lambda: LexborHTMLParser(text),
        "css per row (the usual style)": css_per_row,
        "ours: bytes to rows by a known recipe": lambda: listing.follow(
            recipe, listing.decode(page.body, page.content_type).text, workload.URL
        ),
        "ours: detect and read the listing": lambda: listing.read(text, workload.URL),
        "ours: bytes to headlines": lambda: read(page, url=workload.URL, now=workload.WHEN, zone=SEOUL),
    }


def rendering() -> dict[str, Callable[[], object]]:
    """A hundred entries: feedgen as it comes, and our documents."""
    feed = workload.feed()

    ours: dict[str, Callable[[], object]] = {"feedgen as it comes, Atom": lambda: workload.by_feedgen(feed)}
    for form in ("atom", "rss", "json"):
        ours[f"ours: {form}"] = lambda form=form: render.document(feed, form)  # type: ignore[misc]
    return ours


class Sizes(Struct, frozen=True, kw_only=True):
    """How much is measured: ``rounds`` of everything; ``polled`` boards, ``slow`` ones; ``pages`` of back-fill.

    The freshness of ``simulated`` boards is played over ``weeks`` by so many ``tries`` at a budget; questions are asked
    over so many ``stored`` headlines; ``idle`` boards are not due; the server is asked so many ``requests`` a round.
    """

    rounds: int = 7
    polled: int = 100
    slow: int = 1000
    pages: int = 600
    simulated: int = 100
    weeks: int = 4
    tries: int = 4
    idle: tuple[int, ...] = (1_000, 50_000, 1_000_000)
    stored: int = 1_000_000
    requests: int = 10_000


FULL, CROWD, SECONDS = Sizes(), readers.Sizes(), 10.0
# A round of all readers of feeds takes half a minute.
POLLING_ROUNDS = 3


def workloads(sizes: Sizes) -> str:
    """Poll boards, beside others, and tell what it takes of time and memory."""
    polled = polling.report(sizes.polled, min(sizes.rounds, POLLING_ROUNDS), sizes.slow)
    return f"{polled}\n{resident.table(sizes.slow)}"


def main(sizes: Sizes = FULL) -> str:
    """Measure everything and return the report."""
    rounds = sizes.rounds
    head = (
        f"# Results\n\n`make bench`, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python"
        f" {platform.python_version()}, SQLite {sqlite3.sqlite_version}; CPU time, median of {rounds} interleaved"
        " rounds; ratios within one run.\n"
    )
    return "\n".join(
        [
            head,
            table("Reading a 44 KB page of 20 rows", timed(reading(workload.page()), rounds)),
            table("Reading a page of 1,000 rows", timed(reading(workload.page(1000)), rounds)),
            table("Rendering 100 entries", timed(rendering(), rounds)),
            workloads(sizes),
            backfill.table(backfill.measured(sizes.pages)),
            search.table(search.measured(sizes.stored, rounds)),
            freshness.table(sizes.simulated, sizes.weeks, sizes.tries),
            ticking.table(sizes.idle),
            requests(sizes),
            visible.table(visible.measured(max(3, sizes.requests // 10))),
        ]
    )


def keep(part: str) -> None:
    """Put a part of the results, which begins with its heading, in the place of the one that has that heading."""
    heading = part.partition("\n")[0]
    before, _, behind = f"\n{RESULTS.read_text('utf-8')}".partition(f"\n{heading}\n")
    following = behind.find("\n# ")
    kept = behind[following:] if following >= 0 else ""
    RESULTS.write_text(f"{before.strip()}\n\n{part.strip()}\n{kept}", "utf-8")


def requests(sizes: Sizes) -> str:
    """Ask for a feed that is kept, and for one that has changed."""
    return f"{serving.table(serving.measured(sizes.requests, sizes.rounds))}\n{changed.table(sizes.rounds)}"


APART: dict[str, Callable[[], str]] = {
    "workload": lambda: workloads(FULL),
    "serving": lambda: requests(FULL),
    "readers": lambda: readers.table(CROWD, readers.measured(CROWD)),
    "overload": lambda: overload.table(overload.measured(SECONDS)),
}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["judges", *sizes]:
            keep(judges.main(*map(int, sizes)))
        case [name]:
            sys.stdout.write(APART[name]())
        case _:
            report = main()
            sys.stdout.write(report)
            keep(report)
