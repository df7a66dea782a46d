"""The judges judge: what is served is right by every rule, and what is wrong is told."""

import asyncio
from pathlib import Path

import aiohttp
from msgspec import structs

from benchmarks.judges import parsers, rules, sites
from benchmarks.judges.documents import Document, Site
from benchmarks.judges.verdicts import Missing, Outcome, Reading, Verdict, complaints, table

SAID = {"content-type": "application/feed+json", "x-content-type-options": "nosniff", "etag": '"a"'}
ENTRIES = (
    ("tag:a.example,2026:1/1", "하나", "https://a.example/1"),
    ("tag:a.example,2026:1/2", "둘", "https://a.example/2"),
)
DOCUMENT = Document(url="u", kind="rss", status=200, headers={}, body=b"", entries=ENTRIES)


async def collected(root: str) -> list[Document]:
    """Documents of a server's first two feeds: of everything, and of a topic."""
    async with aiohttp.ClientSession() as session:
        return await Site(session, root).collect(most=2)


def test_no_rule_and_no_parser_objects_to_a_store_of_hostile_titles(tmp_path: Path) -> None:
    """Each feed, variant and page of it, over a real server."""
    asyncio.run(sites.fill(tmp_path, 120))
    with sites.served(tmp_path) as root:
        documents = asyncio.run(collected(root))
    verdicts = {one.judge: one for one in rules.judged(documents)}
    assert [said for name, one in verdicts.items() if name != rules.TITLES for said in one.errors] == []
    assert verdicts["rules of atom"].documents == verdicts["rules of rss"].documents > 10
    exact = [one for one in parsers.in_python(documents) if one.program in ("fastfeedparser", "atoma")]
    assert [one.differences for one in exact] == [[]] * 6
    assert all(one.same == one.served > 100 for one in exact)


def test_what_breaks_a_rule_is_told_with_its_address() -> None:
    """A document of the wrong type, with an id that is none and an entry that nobody expected."""
    body = (
        b'{"feed_url":"http://b.example/","home_page_url":"/","items":[{"id":"1","url":"/","title":" ","authors":[]}]}'
    )
    wrong = Document(url="http://a.example/feed.json", kind="json", status=200, headers=SAID, body=body)
    told = [said for one in rules.judged([wrong]) for said in one.errors]
    assert all(said.startswith("http://a.example/feed.json: ") for said in told)
    letters = {said.split()[1] for said in told}
    assert {"B11", "B12", "B15", "C1", "C14", "D7", "D12", "D13"} <= letters


def test_an_entry_that_is_read_otherwise_is_counted_and_told() -> None:
    """Entries are compared as often as they stand there, in whatever order, without an id where none is kept."""
    reading = Reading(program="p", kind="rss")
    reading.compare(DOCUMENT, reversed(ENTRIES))
    reading.compare(DOCUMENT, [ENTRIES[0], (ENTRIES[1][0], "셋", ENTRIES[1][2])])
    reading.compare(DOCUMENT, [one[1:] for one in ENTRIES])
    assert (reading.documents, reading.served, reading.same) == (3, 6, 5)
    assert len(reading.differences) == 2


def test_who_was_not_asked_is_named() -> None:
    """A judge that is not installed stands in the complaints, with the line that installs it, and in the table."""
    outcomes: list[Outcome] = [
        Missing("jing", "apt-get install jing"),
        Verdict(judge="vnu", documents=3, errors=["u: wrong"]),
    ]
    assert "NOT FOUND and not asked: jing; apt-get install jing" in complaints(outcomes)
    assert "vnu: u: wrong" in complaints(outcomes)
    assert "| jing | not found | | |" in table("t", outcomes)
    assert "| vnu | 3 | 1 | 0 |" in table("t", outcomes)


def test_a_program_is_a_row_of_all_its_formats() -> None:
    """Titles that look like HTML, which some decode twice, are counted among the others and left out."""
    marked = structs.replace(DOCUMENT, entries=(*ENTRIES, ("tag:a.example,2026:1/3", "R&amp;D", "https://a.example/3")))
    readings = Reading(program="p", kind="atom"), Reading(program="p", kind="rss")
    for reading in readings:
        reading.compare(marked, ENTRIES)
    assert "| p | atom, rss | 2 | 4 of 6 | 4 of 4 |" in table("t", readings)


def test_an_entry_read_twice_is_told() -> None:
    """A reader that shows an entry once more than it was served differs."""
    reading = Reading(program="p", kind="rss")
    reading.compare(DOCUMENT, [*ENTRIES, ENTRIES[0]])
    assert (reading.same, len(reading.differences)) == (2, 1)
