"""JSON → ``Listing``: an endpoint's records, or a JSON Feed: the array whose objects say most like a listing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urljoin

import msgspec

from aggregator.listing import datelike, shapes
from aggregator.listing.links import link_rule, page_link
from aggregator.listing.numbering import numbering
from aggregator.model import Listing, Row
from aggregator.recipe import Recipe

Record = Mapping[str, object]

# What endpoints call their columns, folded; the first name that most records have wins.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "title": ("title", "subject", "headline", "name", "wr_subject", "제목", "titl", "text"),
    "url": ("url", "link", "href", "permalink", "external_url", "uri", "path"),
    "date": (
        *(
            "date_published",
            "published",
            "published_at",
            "publishedat",
            "pubdate",
            "created_at",
            "createdat",
            "created",
        ),
        *(
            "regdate",
            "reg_date",
            "regdt",
            "date",
            "datetime",
            "wr_datetime",
            "timestamp",
            "time",
            "updated_at",
            "updated",
        ),
    ),
    "source": ("author", "writer", "nickname", "nick_name", "user_name", "username", "user", "source", "press", "by"),
    "number": ("no", "num", "number", "seq", "rnum", "row_number", "번호"),
    "comments": (
        "comment_count",
        "commentcount",
        "comments_count",
        "num_comments",
        "comments",
        "replies",
        "reply_count",
    ),
    "category": ("category", "category_name", "section", "tag"),
}
_LEVELS: Final = 6
_ROWS_LIMIT: Final = 2000
_MOST: Final = 0.6
_FEWEST: Final = 2
# Between these a bare number is seconds, above the second milliseconds, since 1970 (2001 to 2286).
_SECONDS, _MILLISECONDS = 10**9, 10**10


def read_records(text: str, url: str | None) -> Listing:
    """Return the records of a JSON document as rows, in its own order; none where no array holds titles.

    >>> read_records('{"list": [{"no": 2, "subject": "둘", "url": "/2"}, {"no": 1, "subject": "하나", "url": "/1"}]}',
    ...              "http://a.kr/api").rows[0].url
    'http://a.kr/2'
    """
    try:
        whole = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return Listing()
    best = max(_arrays(whole, _LEVELS), key=_merit, default=())
    names = _names(best)
    if "title" not in names or len(best) < _FEWEST or not {"url", "date", "number"} & set(names):
        return Listing()
    rows = tuple(dict.fromkeys(row for record in best[:_ROWS_LIMIT] if (row := _row(record, names, url)).title))
    links = [page_link(row.url) for row in rows]
    return Listing(
        rows=rows,
        numbering=numbering([row.number for row in rows], [None] * len(rows)),
        link_rule=link_rule(links) if any(links) else None,
        confidence=0.6 + 0.1 * len({"url", "date", "source"} & set(names)) if rows else 0.0,
    )


def read_paths(recipe: Recipe, text: str, url: str | None) -> Listing:
    """Return the rows that *recipe* names by dotted paths: ``rows = "data.list"``, ``title = "subject"``.

    >>> recipe = Recipe(rows="data", title="post.subject")
    >>> read_paths(recipe, '{"data": [{"post": {"subject": "하나"}}]}', None).rows[0].title
    '하나'
    """
    try:
        whole = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return Listing(faults=(f"no JSON: {error}",))
    records = _at(whole, recipe.rows)
    paths = {"title": recipe.title, "url": recipe.link, "date": recipe.date, "source": recipe.source}
    paths |= {"number": recipe.number, "comments": recipe.comments, "category": recipe.category}
    names = {column: column for column, path in paths.items() if path}
    found = [
        _row({column: _at(record, paths[column]) for column in names}, names, url)
        for record in (records if isinstance(records, list) else [])[:_ROWS_LIMIT]
    ]
    rows = tuple(dict.fromkeys(row for row in found if row.title))
    return Listing(
        rows=rows,
        numbering=numbering([row.number for row in rows], [None] * len(rows)),
        link_rule=recipe.link_rule or link_rule([page_link(row.url) for row in rows]),
        confidence=1.0 if rows else 0.0,
    )


def _at(value: object, path: str) -> object:
    """What stands at a dotted path, None where it leads nowhere; a figure counts into an array."""
    for name in path.split("."):
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value


def _arrays(value: object, levels: int) -> Iterator[Sequence[Record]]:
    """Every array of objects, however deep it lies."""
    if not levels:
        return
    if isinstance(value, list):
        records = [_folded(item) for item in value if isinstance(item, dict)]
        if records:
            yield records
        for item in value[:_ROWS_LIMIT]:
            yield from _arrays(item, levels - 1)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _arrays(item, levels - 1)


def _folded(record: Mapping[str, object]) -> Record:
    return {name.lower().replace("-", "_"): value for name, value in record.items()}


def _merit(records: Sequence[Record]) -> tuple[bool, int]:
    names = _names(records)
    return "title" in names, len(names) * min(len(records), _ROWS_LIMIT)


def _names(records: Sequence[Record]) -> dict[str, str]:
    """For each column the name under which most records have a value for it."""
    sample = records[:50]
    return {
        column: name
        for column, names in _NAMES.items()
        if (name := next((name for name in names if _share(sample, name, column) > _MOST), None))
    }


def _share(records: Sequence[Record], name: str, column: str) -> float:
    held = [text for record in records if (text := _text(record.get(name)))]
    if column == "date":
        held = [text for text in held if text.isdecimal() or datelike.date_span(text) is not None]
    return len(held) / max(1, len(records))


def _row(record: Record, names: Mapping[str, str], url: str | None) -> Row:
    said = {column: _text(record.get(name)) for column, name in names.items()}
    return Row(
        title=" ".join(said["title"].split()),
        number=shapes.number(said.get("number", "")),
        source=said.get("source") or None,
        date_text=_dated(said.get("date", "")),
        url=_absolute(said.get("url", ""), url),
        comments=shapes.number(said.get("comments", "")),
        category=said.get("category") or None,
    )


def _text(value: object) -> str:
    """A record's value as text: a plain one, or the name of the object or first object that stands for it."""
    match value:
        case bool() | None:
            return ""
        case str() | int():
            return str(value)
        case {"name": str(name)} | [{"name": str(name)}, *_]:
            return name
        case _:
            return ""


def _dated(text: str) -> str | None:
    """A date's text; seconds or milliseconds since 1970 are spelt out."""
    if not text.isdecimal() or not text.isascii() or int(text) < _SECONDS:
        return text or None
    return _since_1970(int(text) if int(text) < _MILLISECONDS else int(text) // 1000)


def _since_1970(seconds: int) -> str | None:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return None


def _absolute(text: str, url: str | None) -> str | None:
    try:
        link = urljoin(url or "", text) if text else ""
    except ValueError:
        return None
    return link if link.startswith(("http://", "https://")) else None
