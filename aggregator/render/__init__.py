"""A feed to the bytes of one format; one module a format, all of them saying the same of an entry."""

from typing import Literal, get_args

from msgspec import structs

from aggregator.document import Document, Parts
from aggregator.model import Feed
from aggregator.render import atom, jsonfeed, plain, rss
from aggregator.render.fragments import Fragments

__all__ = ["FORMATS", "Format", "Fragments", "continued", "document", "media_type"]

Format = Literal["rss", "atom", "json", "txt"]
FORMATS: tuple[Format, ...] = get_args(Format)

_MEDIA_TYPES = {"rss": rss.MEDIA_TYPE, "atom": atom.MEDIA_TYPE, "json": jsonfeed.MEDIA_TYPE, "txt": plain.MEDIA_TYPE}
_WRITERS = {"rss": rss.parts, "atom": atom.parts, "json": jsonfeed.parts, "txt": plain.parts}
_JOINTS = {"rss": b"", "atom": b"", "json": b",", "txt": b""}


def media_type(format: Format) -> str:  # noqa: A002 - the word of the vocabulary
    """The media type a feed in ``format`` is served and linked with, without parameters.

    >>> media_type("atom")
    'application/atom+xml'
    """
    return _MEDIA_TYPES[format]


def document(feed: Feed, format: Format, fragments: Fragments | None = None) -> Document:  # noqa: A002 - as above
    """The feed as a document: equal feeds give equal bytes, and equal bytes an equal ETag, in every process.

    ``fragments``: what was rendered before. XML states its charset beside its media type; JSON is UTF-8 by definition
    and takes no parameter (RFC 8259 §11).
    """
    return _document(feed, format, (fragments or Fragments()).parts(feed, format, _WRITERS[format]))


def continued(before: Document, feed: Feed, new: int, format: Format, fragments: Fragments) -> Document:  # noqa: A002
    """The same where those that the document ``before`` begins with follow on so many ``new`` entries.

    All guids are distinct, as those of all stored headlines are.
    """
    fresh = fragments.parts(structs.replace(feed, entries=feed.entries[:new]), format, _WRITERS[format])
    entries = *fresh.entries, *before.parts.entries[: len(feed.entries) - new]
    return _document(feed, format, structs.replace(fresh, entries=entries))


def _document(feed: Feed, format: Format, written: Parts) -> Document:  # noqa: A002 - as above
    parts = structs.replace(written, joint=_JOINTS[format])
    charset = "" if format == "json" else "; charset=utf-8"
    return Document(
        body=parts.joined(),
        media_type=media_type(format) + charset,
        etag=parts.etag(),
        last_modified=feed.updated,
        parts=parts,
    )
