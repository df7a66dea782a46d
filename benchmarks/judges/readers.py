"""Readers, each subscribed to the feeds of a running server: what they keep of ids, titles and links."""

import email
import email.policy
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from reader import make_reader

from benchmarks.judges.documents import Document
from benchmarks.judges.parsers import DEBIAN
from benchmarks.judges.verdicts import Missing, Outcome, Reading

WITHIN_SECONDS = 600
AT_ONCE = 4
Kept = Sequence[Sequence[str]]
Reader = Callable[[Document, Path], Kept]


def read(documents: Sequence[Document]) -> Iterator[Outcome]:
    """Subscribe every reader to the feeds, to one at a time: newsboat keeps a guid for one feed alone."""
    for name, program, kinds, reader in (
        ("reader", None, ("atom", "rss", "json"), _reader),
        ("newsboat", "newsboat", ("atom", "rss"), _newsboat),
        ("rsstail (title and link)", "rsstail", ("atom", "rss"), _rsstail),
        ("rss2email", "r2e", ("atom", "rss"), _rss2email),
    ):
        if program is not None and shutil.which(program) is None:
            yield Missing(name, DEBIAN)
            continue
        for kind in kinds:
            yield _read(name, kind, reader, documents)


def _read(name: str, kind: str, reader: Reader, documents: Sequence[Document]) -> Reading:
    reading = Reading(program=name, kind=kind)

    def kept(document: Document) -> tuple[Kept, str]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                return reader(document, Path(folder)), ""
            except Exception as error:  # noqa: BLE001  whatever a reader fails with is its verdict
                return [], repr(error)

    some = [document for document in documents if document.kind == kind]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for document, (entries, failure) in zip(some, threads.map(kept, some), strict=True):
            reading.differences += [f"{document.url}: {failure}"] if failure else []
            reading.compare(document, entries)
    return reading


def _reader(document: Document, _folder: Path) -> Kept:
    """What lemon24's reader keeps after an update."""
    with make_reader(":memory:") as reader:
        reader.add_feed(document.url)
        reader.update_feed(document.url)
        return [(entry.id, entry.title or "", entry.link or "") for entry in reader.get_entries()]


def _newsboat(document: Document, folder: Path) -> Kept:
    """What newsboat has in its cache after a reload."""
    (folder / "urls").write_text(document.url, "utf-8")
    (folder / "config").touch()
    _run(["newsboat", "-q", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"], folder)
    with closing(sqlite3.connect(folder / "cache.db")) as cache:
        return cache.execute("SELECT guid, title, url FROM rss_item").fetchall()


def _rsstail(document: Document, folder: Path) -> Kept:
    """What rsstail prints of a feed: a line with the title, a line with the link."""
    printed = _run(["rsstail", "-1", "-l", "-n", "500", "-u", document.url], folder)
    lines = [line.partition(": ")[2] for line in printed.split("\n") if line.startswith(("Title: ", "Link: "))]
    return list(zip(lines[::2], lines[1::2], strict=True))


def _rss2email(document: Document, folder: Path) -> Kept:
    """The mails that rss2email writes into a maildir: one an entry, its id and link in headers."""
    settings = {"from": "a@b.example", "to": "a@b.example", "email-protocol": "maildir", "maildir-path": f"{folder}"}
    written = "".join(f"{key} = {value}\n" for key, value in {**settings, "maildir-mailbox": "INBOX"}.items())
    (folder / "r2e.cfg").write_text(f"[DEFAULT]\n{written}", "utf-8")
    program = ["r2e", "-c", "r2e.cfg", "-d", "r2e.json"]
    (folder / "INBOX").mkdir()
    for part in ("cur", "new", "tmp"):
        (folder / "INBOX" / part).mkdir()
    _run([*program, "add", "judged", document.url], folder)
    _run([*program, "run"], folder)
    mails = [
        email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in folder.glob("INBOX/new/*")
    ]
    return [(mail["X-RSS-ID"], mail["Subject"], mail["X-RSS-URL"]) for mail in mails]


def _run(command: Sequence[str], folder: Path) -> str:
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True, timeout=WITHIN_SECONDS)  # noqa: S603
    return done.stdout.decode()
