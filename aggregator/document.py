"""What rendering hands on: a document, and the parts it was put together of."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

from msgspec import Struct, field


class Parts(Struct, frozen=True, kw_only=True):
    """What a document is put together of: what stands around its entries, their bytes, and what stands between two."""

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes
    joint: bytes = b""

    def joined(self) -> bytes:
        """The document's bytes."""
        return b"".join((self.head, self.joint.join(self.entries), self.tail))


class Document(Struct, frozen=True, kw_only=True):
    """Rendered bytes, their media type with parameters, a strong ETag of the bytes and the selection's last change.

    ``parts`` is what the bytes were put together of.
    """

    body: bytes
    media_type: str
    etag: str
    last_modified: datetime
    parts: Parts


class Ready(Struct, frozen=True, kw_only=True):
    """Bytes as they are sent, and what is said before them, or alone to a client that has them already.

    ``heads``: the same as bytes, by status.
    """

    etag: str
    last_modified: datetime | None
    body: bytes
    headers: Mapping[str, str]
    headers_if_known: Mapping[str, str]
    heads: dict[int, bytes] = field(default_factory=dict)


def etag(body: bytes) -> str:
    """The strong ETag of bytes, alike in every process."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'
