"""What rendering hands on: a document, and the parts it was put together of."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

from msgspec import Struct, field


class Fragment(Struct, frozen=True):
    """An entry's bytes, and their digest."""

    body: bytes
    digest: bytes


class Parts(Struct, frozen=True, kw_only=True):
    """What a document is put together of: what stands around its entries, these, and what stands between two."""

    head: bytes
    entries: tuple[Fragment, ...]
    tail: bytes
    joint: bytes = b""

    def joined(self) -> bytes:
        """The document's bytes."""
        return b"".join((self.head, self.joint.join([one.body for one in self.entries]), self.tail))

    def etag(self) -> str:
        """The strong ETag of the bytes, made of what is known of each entry: alike in every process."""
        return etag(b"".join((digest(self.head), *[one.digest for one in self.entries], digest(self.tail))))


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


def fragment(body: bytes) -> Fragment:
    """An entry's bytes with their digest."""
    return Fragment(body, digest(body))


def digest(body: bytes) -> bytes:
    """What tells bytes from all others, alike in every process."""
    return blake2b(body, digest_size=16).digest()


def etag(body: bytes) -> str:
    """The strong ETag of bytes, alike in every process."""
    return f'"{digest(body).hex()}"'
