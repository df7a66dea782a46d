"""What a judge says of documents, and what a parser or a reader makes of their entries; both as rows of a table."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html.entities import name2codepoint
from itertools import groupby

from msgspec import Struct, field

from benchmarks.judges.documents import Document, Triple

SHOWN = 5
SAME, PLAIN = "entries with the same id, title and link", "without titles that look like HTML"
_HTML = {"a", "b", "div", "em", "i", "p", "script", "span", "strong"}
_CLOSED, _REFERENCE = re.compile(r"</(\w+)>"), re.compile(r"&(#?\w+);")


def looks_like_html(title: str) -> bool:
    """Whether plain text reads as markup: the W3C's validator warns of it, some parsers decode or mend it once more.

    >>> looks_like_html("R&D <KBS뉴스>"), looks_like_html("R&amp;D"), looks_like_html("<b>R</b>")
    (False, True, True)
    """
    named = (name in name2codepoint or not name.isalpha() for name in _REFERENCE.findall(title))
    return any(name.lower() in _HTML for name in _CLOSED.findall(title)) or any(named)


class Verdict(Struct, kw_only=True):
    """So many documents that a judge has looked at, and what it objected to, each with the document's address."""

    judge: str
    documents: int
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


class Reading(Struct, kw_only=True):
    """So many of the entries that were served had the same id, title and link in a parser or reader.

    Those whose titles do not look like HTML are ``plain``, and counted once more.
    """

    program: str
    kind: str
    documents: int = 0
    served: int = 0
    same: int = 0
    served_plain: int = 0
    same_plain: int = 0
    differences: list[str] = field(default_factory=list)

    def compare(self, document: Document, read: Iterable[Sequence[str]]) -> None:
        """Add a document as the program has read it: each entry in as many of its parts as the program tells."""
        left = Counter(tuple(one) for one in read)
        self.documents += 1
        for entry in document.entries:
            parts = told(entry, next(iter(left), entry))
            is_plain, is_same = not looks_like_html(entry[1]), left[parts] > 0
            self.served, self.served_plain = self.served + 1, self.served_plain + is_plain
            if is_same:
                left[parts] -= 1
                self.same, self.same_plain = self.same + 1, self.same_plain + is_plain
            else:
                self.differences.append(f"{document.url}: not read as served: {entry}")
        self.differences += [f"{document.url}: read and not served: {one}" for one in left.elements()]


def told(entry: Triple, read: Sequence[str]) -> tuple[str, ...]:
    """An entry in as many parts as a program tells: where those are two, it keeps no id."""
    return entry if len(read) == len(entry) else entry[-len(read) :]


class Missing(Struct, frozen=True):
    """A judge, parser or reader that is not installed, and how to come by it."""

    name: str
    install: str


Outcome = Verdict | Reading | Missing


def table(title: str, outcomes: Sequence[Outcome]) -> str:
    """The Markdown of what was said of one site."""
    verdicts = [one for one in outcomes if isinstance(one, Verdict)]
    readings = [one for one in outcomes if isinstance(one, Reading)]
    lines = [f"## {title}", "", "| judge | documents | errors | warnings |", "|---|--:|--:|--:|"]
    lines += [f"| {one.judge} | {one.documents:,} | {len(one.errors)} | {len(one.warnings)} |" for one in verdicts]
    lines += [f"| {one.name} | not found | | |" for one in outcomes if isinstance(one, Missing)]
    lines += ["", f"| parser or reader | of | documents | {SAME} | {PLAIN} |", "|---|---|--:|--:|--:|"]
    lines += [_row(name, list(of)) for name, of in groupby(readings, lambda one: one.program)]
    return "\n".join([*lines, ""])


def _row(program: str, readings: Sequence[Reading]) -> str:
    """What a program makes of all the formats that it reads."""
    same, served = sum(one.same for one in readings), sum(one.served for one in readings)
    plain, of_plain = sum(one.same_plain for one in readings), sum(one.served_plain for one in readings)
    kinds, documents = ", ".join(one.kind for one in readings), sum(one.documents for one in readings)
    return f"| {program} | {kinds} | {documents:,} | {same:,} of {served:,} | {plain:,} of {of_plain:,} |"


def complaints(outcomes: Sequence[Outcome]) -> str:
    """What was objected to, a few of each judge, and loudly who was not asked at all."""
    lines = []
    for one in outcomes:
        if isinstance(one, Missing):
            lines.append(f"NOT FOUND and not asked: {one.name}; {one.install}")
        elif isinstance(one, Verdict):
            lines += [f"{one.judge}: {said}" for said in (*one.errors[:SHOWN], *one.warnings[:SHOWN])]
        else:
            lines += [f"{one.program}, {one.kind}: {said}" for said in one.differences[:SHOWN]]
    return "".join(f"{line}\n" for line in lines)
