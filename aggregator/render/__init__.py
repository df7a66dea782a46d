"""A feed to the bytes of one format; one module a format, all of them saying the same of an entry."""

from typing import Literal, get_args

from aggregator.document import Document, Parts, etag
from aggregator.model import Feed
from aggregator.render import atom, jsonfeed, plain, rss
from aggregator.render.fragments import Fragments

__all__ = ["FORMATS", "Format", "Fragments", "document", "media_type"]

Format = Literal["rss", "atom", "json", "txt"]
FORMATS: tuple[Format, ...] = get_args(Format)

_MEDIA_TYPES = {"rss": rss.MEDIA_TYPE, "atom": atom.MEDIA_TYPE, "json": jsonfeed.MEDIA_TYPE, "txt": plain.MEDIA_TYPE}
_FRAMES = {"rss": rss.framed, "atom": atom.framed, "json": jsonfeed.framed, "txt": plain.framed}
_RENDERERS = {"rss": rss.rendered, "atom": atom.rendered, "json": jsonfeed.rendered, "txt": plain.rendered}
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
    entries = (fragments or Fragments()).of(feed, format, _RENDERERS[format])
    head, tail = _FRAMES[format](feed)
    parts = Parts(head=head, entries=entries, tail=tail, joint=_JOINTS[format])
    body = parts.joined()
    charset = "" if format == "json" else "; charset=utf-8"
    return Document(
        body=body,
        media_type=media_type(format) + charset,
        etag=etag(body),
        last_modified=feed.updated,
        parts=parts,
    )
