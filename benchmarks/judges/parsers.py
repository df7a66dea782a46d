"""Parsers, each given the documents as they were served: what they make of ids, titles and links."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.judges.documents import Document, Triple
from benchmarks.judges.verdicts import Missing, Outcome, Reading, Verdict
from tests.render import parsers

NODES = Path(__file__).with_name("nodes.cjs")
NPM = "npm install rss-parser feedsmith @rowanmanning/feed-parser jsonfeed-schema ajv ajv-formats vnu-jar"
DEBIAN = "apt-get install newsboat sfeed rsstail rss2email jing"

Parser = Callable[[bytes], Sequence[Sequence[str]]]
PYTHON: dict[str, dict[str, Parser]] = {
    "feedparser": dict.fromkeys(("atom", "rss"), parsers.by_feedparser_sanitizing),
    "fastfeedparser": dict.fromkeys(("atom", "rss", "json"), parsers.by_fastfeedparser),
    "atoma": {"atom": parsers.by_atoma_atom, "rss": parsers.by_atoma_rss, "json": parsers.by_atoma_json},
}


def read(documents: Sequence[Document]) -> Iterator[Outcome]:
    """Give the documents to every parser."""
    yield from in_python(documents)
    if shutil.which("sfeed"):
        for kind in ("atom", "rss"):
            yield _read("sfeed", kind, _by_sfeed, documents)
    else:
        yield Missing("sfeed", DEBIAN)
    yield from _by_node(documents)


def in_python(documents: Sequence[Document]) -> Iterator[Reading]:
    """Give the documents to the parsers that the tests have as well."""
    for name, of_kind in PYTHON.items():
        for kind, parser in of_kind.items():
            yield _read(name, kind, parser, documents)


def _read(name: str, kind: str, parser: Parser, documents: Sequence[Document]) -> Reading:
    reading = Reading(program=name, kind=kind)
    for document in documents:
        if document.kind == kind:
            try:
                entries = parser(document.body)
            except Exception as error:  # noqa: BLE001  whatever a parser raises is its verdict
                reading.differences.append(f"{document.url}: {error!r}")
                entries = []
            reading.compare(document, [(guid, title, link) for guid, link, title in entries])
    return reading


def _by_sfeed(body: bytes) -> list[Triple]:
    """What sfeed prints: fields between tabs, the second of them the title, the third the link, the sixth the id."""
    printed = subprocess.run(["sfeed"], input=body, capture_output=True, check=True).stdout.decode()  # noqa: S607
    fields = [line.split("\t") for line in printed.split("\n") if line]
    return [(one[5], one[2], one[1]) for one in fields]


def _by_node(documents: Sequence[Document]) -> Iterator[Outcome]:
    """What the parsers of npm read, and what the JSON Feed schema says, all in one run."""
    if (node := shutil.which("node")) is None:
        yield Missing("node", "see nodejs.org")
        return
    with tempfile.TemporaryDirectory() as folder:
        files = {
            f"{folder}/{n}.{one.kind}": one for n, one in enumerate(documents) if one.kind in ("atom", "rss", "json")
        }
        for name, document in files.items():
            Path(name).write_bytes(document.body)
        asked = {"documents": [{"file": name, "kind": document.kind} for name, document in files.items()]}
        said = subprocess.run([node, NODES], input=json.dumps(asked).encode(), capture_output=True, check=True)  # noqa: S603
    found = json.loads(said.stdout)
    for name, read_by in found["read"].items():
        yield from [Missing(name, NPM)] if read_by is None else _of_node(name, read_by, files)
    if found["judged"] is None:
        yield Missing("jsonfeed-schema with ajv and ajv-formats", NPM)
    else:
        errors = [f"{files[name].url}: {error}" for name, all_of in found["judged"].items() for error in all_of]
        yield Verdict(judge="jsonfeed-schema 1.1 by ajv", documents=len(found["judged"]), errors=errors)


def _of_node(name: str, read_by: dict[str, Any], files: dict[str, Document]) -> Iterator[Reading]:
    for kind in ("atom", "rss", "json"):
        reading = Reading(program=name, kind=kind)
        for file, told in read_by.items():
            if files[file].kind == kind:
                if "error" in told:
                    reading.differences.append(f"{files[file].url}: {told['error']}")
                reading.compare(files[file], told.get("entries", []))
        if reading.documents:
            yield reading
