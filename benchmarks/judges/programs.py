"""Judges that are programs: jing for Atom, vnu for pages, redbot for HTTP, listparser for lists of feeds."""

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

from benchmarks.judges.documents import Document
from benchmarks.judges.parsers import DEBIAN, NPM
from benchmarks.judges.verdicts import Missing, Outcome, Verdict

PIP = "pip install redbot listparser"
ATOM_SCHEMA = "ATOM_RNC"
AT_ONCE = 6
_BAD, _WARN = "BAD", "WARN"
# A refusal that is meant, redbot warns of all the same.
_REFUSED = "STATUS_"


def judged(documents: Sequence[Document]) -> Iterator[Outcome]:
    """Give the documents to every judge."""
    yield from schemas(documents)
    yield _vnu([one for one in documents if one.kind == "html"])
    yield _listparser([one for one in documents if one.kind == "opml"])
    yield _redbot(documents)


def schemas(documents: Sequence[Document]) -> Iterator[Outcome]:
    """Compare Atom documents with their schema."""
    yield _jing([one for one in documents if one.kind == "atom"])


def _written(documents: Sequence[Document], folder: str) -> dict[str, Document]:
    files = {f"{folder}/{n}.{one.kind}": one for n, one in enumerate(documents)}
    for name, document in files.items():
        Path(name).write_bytes(document.body)
    return files


def _jing(documents: Sequence[Document]) -> Outcome:
    """What jing says by the RELAX NG schema of RFC 4287, appendix B, which no package has: see ``ATOM_RNC``."""
    schema = os.environ.get(ATOM_SCHEMA, "")
    if shutil.which("jing") is None:
        return Missing("jing", DEBIAN)
    if not Path(schema).is_file():
        return Missing("the Atom schema for jing", f"save RFC 4287's appendix B, name the file in {ATOM_SCHEMA}")
    with tempfile.TemporaryDirectory() as folder:
        files = _written(documents, folder)
        said = subprocess.run(["jing", "-c", schema, *files], capture_output=True, check=False, text=True)  # noqa: S603, S607
    errors = [f"{files[name].url}: {line}" for line in said.stdout.splitlines() for name in files if f"{name}:" in line]
    if said.returncode and not errors:
        errors = [said.stdout + said.stderr]
    return Verdict(judge="jing, RFC 4287's RELAX NG schema", documents=len(files), errors=errors)


def _vnu(documents: Sequence[Document]) -> Outcome:
    """What the Nu Html Checker says of pages."""
    resolve = "process.stdout.write(require.resolve('vnu-jar/build/dist/vnu.jar'))"
    node, java = shutil.which("node"), shutil.which("java")
    if node is None or java is None:
        return Missing("vnu", "node and java are needed for it")
    jar = subprocess.run([node, "-e", resolve], capture_output=True, check=False, text=True).stdout  # noqa: S603
    if not jar:
        return Missing("vnu", NPM)
    with tempfile.TemporaryDirectory() as folder:
        files = _written(documents, folder)
        command = [java, "-jar", jar, "--stdout", "--format", "json", "--exit-zero-always", *files]
        said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603
    verdict = Verdict(judge="vnu (Nu Html Checker)", documents=len(files))
    for message in said["messages"]:
        where = files[message["url"].removeprefix("file:")].url
        level = verdict.warnings if message["type"] == "info" else verdict.errors
        level.append(f"{where}: {message['message']} {message.get('extract', '')!r}")
    return verdict


def _listparser(documents: Sequence[Document]) -> Outcome:
    """Whether listparser reads every list, and as many feeds as there are."""
    if importlib.util.find_spec("listparser") is None:
        return Missing("listparser", PIP)
    listparser = importlib.import_module("listparser")
    verdict = Verdict(judge="listparser", documents=len(documents))
    for document in documents:
        told = listparser.parse(document.body)
        if told["bozo"] or len(told["feeds"]) != document.body.count(b"xmlUrl="):
            verdict.errors.append(f"{document.url}: {told.get('bozo_exception')}")
    return verdict


def _redbot(documents: Sequence[Document]) -> Outcome:
    """What redbot notes of a resource when it asks for it, with and without conditions, codings and ranges."""
    program = shutil.which("redbot")
    if program is None:
        return Missing("redbot", PIP)
    verdict = Verdict(judge="redbot", documents=len(documents))

    def asked(document: Document) -> list[tuple[Document, dict[str, str]]]:
        command = [program, "-o", "har", document.url]
        said = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603
        if not said.stdout:
            return [(document, {"level": _BAD, "note_id": said.stderr, "summary": ""})]
        return [
            (document, note) for entry in json.loads(said.stdout)["log"]["entries"] for note in entry["_red_messages"]
        ]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for document, note in (one for notes in threads.map(asked, documents) for one in notes):
            said = f"{document.url}: {note['note_id']} {note['summary']}"
            if document.status != HTTPStatus.OK and note["note_id"].startswith(_REFUSED):
                continue
            if note["level"] == _BAD:
                verdict.errors.append(said)
            elif note["level"] == _WARN:
                verdict.warnings.append(said)
    return verdict
