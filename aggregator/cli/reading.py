"""``aggregator read``: what a page's listing says, without touching the store."""

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from msgspec import structs

from aggregator import listing
from aggregator.cli.printing import say_json, show
from aggregator.cli.setting import run, settings
from aggregator.errors import AggregatorError, NeedsPersonError, SettingsError
from aggregator.kinds import ZONE
from aggregator.model import Headline, Page
from aggregator.reading import Reading
from aggregator.reading import read as read_page
from aggregator.settings import Settings

NO_LISTING = 3


def read(
    context: typer.Context,
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="URLs, files, or - for standard input.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a target.")] = False,
    url: Annotated[str | None, typer.Option(help="The URL a file came from.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="The Content-Type a file came with.")] = None,
    zone: Annotated[str | None, typer.Option(help="The board's IANA time zone.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show every region that was judged, and why.")] = False,
    now: Annotated[str | None, typer.Option(help="When it was fetched, ISO 8601; default: now.")] = None,
) -> None:
    """Read the listing of a URL, a file or standard input; exit 3 where there is none."""
    chosen = settings(context)
    when, place = _moment(now), _zone(zone or chosen.polling.timezone)
    bare = False
    for target in targets:
        page, asked = _page(target, url, kind, chosen)
        reading = read_page(page, url=asked, now=when, zone=place)
        if explain:
            regions = listing.explain(listing.decode(page.body, page.content_type).text, asked)
            show([judged(region) for region in regions], json=json, title="what was judged, the winner first")
        bare = bare or not reading.headlines
        _say(target, reading, json=json)
    if bare:
        raise typer.Exit(NO_LISTING)


def row(headline: Headline) -> dict[str, object]:
    """Return a headline's values in the order they are printed."""
    return {
        "number": headline.number,
        "title": headline.written or headline.title,
        "source": headline.source,
        "date_text": headline.date_text,
        "published": headline.published,
        "precision": headline.precision,
        "url": headline.url,
        "key": headline.key,
        "pinned": headline.pinned,
        "current": headline.current,
        "comments": headline.comments,
        "category": headline.category,
    }


def judged(region: listing.Region) -> dict[str, object]:
    """Return a judged region as it is printed."""
    reasons = ", ".join(f"{reason} {value:+.2f}" for reason, value in region.reasons.items())
    return {**structs.asdict(region), "reasons": reasons}


def brief(headlines: Iterable[Headline]) -> list[dict[str, object]]:
    """Return the columns a person looks at."""
    return [
        {
            "no": "»" if h.current and h.number is None else h.number,
            "title": h.title,
            "source": h.source,
            "date": h.date_text,
            "pinned": h.pinned,
        }
        for h in headlines
    ]


def _say(target: str, reading: Reading, *, json: bool) -> None:
    if json:
        say_json(
            {
                "charset": reading.charset,
                "confidence": round(reading.confidence, 3),
                "numbering": reading.numbering,
                "next_page": reading.next_page,
                "rows": [row(headline) for headline in reading.headlines],
                "faults": reading.faults,
            }
        )
        return
    title = f"{target} · {reading.charset} · {reading.numbering} · confidence {reading.confidence:.2f}"
    show(brief(reading.headlines), json=False, title=title)
    for fault in reading.faults:
        sys.stderr.write(f"fault: {fault}\n")
    if not reading.headlines:
        sys.stderr.write(f"aggregator: {target}: no numbered listing was found\n")


def _moment(text: str | None) -> datetime:
    from aggregator.app import utc_now  # noqa: PLC0415 - a file is read without loading server and store

    if text is None:
        return utc_now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"--now: found {text!r}; allowed: ISO 8601, such as 2026-11-24T09:00:00+09:00") from error
    return moment if moment.tzinfo is not None else moment.astimezone()


def _zone(name: str) -> ZoneInfo:
    try:
        ZONE.parse(name)
    except ValueError as error:
        raise SettingsError(f"--zone: found {name!r}; allowed: {ZONE.allowed}") from error
    return ZoneInfo(name)


def _page(target: str, url: str | None, kind: str | None, chosen: Settings) -> tuple[Page, str | None]:
    if target.startswith(("http://", "https://")):
        page = run(_fetched(target, chosen))
        return page, page.url
    try:
        body = sys.stdin.buffer.read() if target == "-" else Path(target).read_bytes()
    except OSError as error:
        raise AggregatorError(f"{target}: {os.strerror(error.errno or 0)}") from error
    return Page(url=url or "", status=200, content_type=kind, body=body), url


async def _fetched(url: str, chosen: Settings) -> Page:
    from aggregator.app import limits, utc_now  # noqa: PLC0415 - only a URL needs the client
    from aggregator.fetch import Fetcher  # noqa: PLC0415 - as above

    async with Fetcher(limits(chosen), clock=utc_now) as fetcher:
        page = await fetcher.fetch(url)
    if not isinstance(page, Page):
        raise NeedsPersonError("answered 304 to an unconditional request", stage="fetch", url=url, status=304)
    return page
