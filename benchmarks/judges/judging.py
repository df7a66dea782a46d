"""The whole: serve, collect, give everything to everybody, tell."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from benchmarks.judges import parsers, programs, readers, rules, sites
from benchmarks.judges.documents import Document, Site
from benchmarks.judges.verdicts import Outcome, Verdict, complaints, table

STORED = 100_000
LONG = 500
HEADING = "# Judges"


def main(stored: int = STORED) -> str:
    """Judge the demo and a store of so many headlines; return the section of RESULTS.md, say what was objected to."""
    parts = [f"{HEADING}\n\n`python -m benchmarks judges`, {datetime.now(UTC):%Y-%m-%d}.\n"]
    with tempfile.TemporaryDirectory() as folder, _demo(Path(folder)) as root:
        parts.append(_told("The demo", _outcomes(asyncio.run(_collected(root)))))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(sites.fill(Path(folder), stored))
        with sites.served(Path(folder)) as root:
            parts.append(_told(f"A store of {stored:,} headlines", _outcomes(asyncio.run(_collected(root)))))
            walked = asyncio.run(_walked(root))
            said = [_whole(walked, stored), *parsers.read(walked), *rules.judged(walked), *programs.schemas(walked)]
            parts.append(_told(f"Its feed of all headlines, page by page of {LONG}", said))
    return "\n".join(parts)


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    """The demo, stopped after its first polls and served as it then is, so that all formats say the same."""
    with sites.served(folder, "--demo", paused=False) as root:
        sites.await_polls(root)
    with sites.served(folder, "--demo") as root:
        yield root


async def _collected(root: str) -> list[Document]:
    async with aiohttp.ClientSession() as session:
        return await Site(session, root).collect()


async def _walked(root: str) -> list[Document]:
    async with aiohttp.ClientSession() as session:
        return await Site(session, root).walk(f"{root}/feed", "dup=all", LONG)


def _outcomes(documents: list[Document]) -> list[Outcome]:
    said = [*programs.judged(documents), *rules.judged(documents), *parsers.read(documents)]
    return [*said, *readers.read(documents)]


def _whole(walked: list[Document], stored: int) -> Verdict:
    """Whether every headline stands on exactly one page."""
    verdict = Verdict(judge="each headline on one page", documents=len(walked))
    for kind in ("atom", "rss", "json", "txt"):
        ids = [guid for one in walked if one.kind == kind for guid, _, _ in one.entries]
        if len(set(ids)) != len(ids) or len(ids) != stored - sites.GONE:
            verdict.errors.append(f"{kind}: {len(ids)} entries, {len(set(ids))} of them different")
    return verdict


def _told(title: str, outcomes: list[Outcome]) -> str:
    sys.stderr.write(complaints(outcomes))
    told = table(title, outcomes)
    sys.stderr.write(f"{told}\n")
    return told
