"""Content codings, taken off in small pieces, so that whoever collects them can stop a bomb before it is large.

The HTTP library's own decoding is left off: it takes gzip, br and zstd bodies that end too early for whole ones.
"""

import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OFFERED = "gzip, deflate, br, zstd"

PIECE_BYTES = 65_536
# A page has one member; thousands of empty ones would burn time without ever reaching a size cap.
_MOST_MEMBERS = 1_000
_MOST_LAYERS = 2
_GZIP_MAGIC = 0x1F
# 8 MiB, the window a sender may count on (RFC 9659); the library would otherwise reserve up to 128 MiB.
_ZSTD_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}


class BrokenCodingError(ValueError):
    """Compressed bytes that end too early or cannot be read as what they are labelled."""


class UnknownCodingError(ValueError):
    """A content coding that was not offered."""


class _Member(Protocol):
    """One compressed stream; ``decompress(b"")`` brings out what ``max_length`` held back."""

    def decompress(self, data: bytes, max_length: int) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _ZlibMember:
    """zlib's object in the shape of the others: it wants its unconsumed tail handed back."""

    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


class _BrotliMember:
    """brotli's object in the shape of the others; it has one stream and suffers nothing after it."""

    unused_data = b""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece: bytes = self._inner.process(data, output_buffer_limit=max_length)
        return piece

    @property
    def eof(self) -> bool:
        return bool(self._inner.is_finished())


def _member(coding: str, first_byte: int) -> _Member:
    if coding == "br":
        return _BrotliMember()
    if coding == "zstd":
        return zstd.ZstdDecompressor(options=_ZSTD_WINDOW)
    if coding == "gzip":
        return _ZlibMember(16 + zlib.MAX_WBITS)
    # Some servers send deflate without its zlib header (RFC 9110 §8.4.1.2).
    has_header = first_byte & 0x0F == zlib.DEFLATED
    return _ZlibMember(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)


class _Layer:
    """One coding of a body: a member, or several one after the other."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._member: _Member | None = None
        self._members = 0

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what ``chunk`` completes, in pieces of about PIECE_BYTES."""
        while chunk:
            if self._member is None or self._member.eof:
                if self._members and not self._goes_on(chunk[0]):
                    return
                self._begin(chunk[0])
            yield from self._decompressed(chunk)
            chunk = self._member.unused_data if self._member and self._member.eof else b""

    def finish(self) -> None:
        """Raise BrokenCodingError where the bytes so far are no whole stream; none at all are an empty body."""
        if self._member is not None and not self._member.eof:
            raise BrokenCodingError(f"the {self._coding} body ends too early")

    def _goes_on(self, byte: int) -> bool:
        # gzip may be padded at its end, and nothing but another frame follows a zstd frame.
        return self._coding == "zstd" or (self._coding == "gzip" and byte == _GZIP_MAGIC)

    def _begin(self, first_byte: int) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BrokenCodingError(f"the {self._coding} body has more than {_MOST_MEMBERS} members")
        self._member = _member(self._coding, first_byte)

    def _decompressed(self, chunk: bytes) -> Iterator[bytes]:
        member = self._member
        try:
            while member and (piece := member.decompress(chunk, PIECE_BYTES)):
                yield piece
                if member.eof:
                    return
                chunk = b""
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise BrokenCodingError(f"the {self._coding} body cannot be read: {error}") from error


class Decoding:
    """Takes a body's content codings off, the last applied first.

    Raises UnknownCodingError for one that was not offered and for more than two.
    """

    def __init__(self, content_encoding: str) -> None:
        names = [name.strip().lower().removeprefix("x-") for name in content_encoding.split(",")]
        codings = [name for name in names if name not in {"", "identity"}]
        if len(codings) > _MOST_LAYERS or not {"gzip", "deflate", "br", "zstd"}.issuperset(codings):
            raise UnknownCodingError(f"the body's coding is {content_encoding}; offered were {OFFERED}")
        self._layers = [_Layer(coding) for coding in reversed(codings)]

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what ``chunk`` completes of the plain body, in pieces of about PIECE_BYTES. Raises BrokenCodingError.

        >>> list(Decoding("").pieces(b"plain"))
        [b'plain']
        """
        return _through(self._layers, chunk)

    def finish(self) -> None:
        """Raise BrokenCodingError where the body is not whole."""
        for layer in self._layers:
            layer.finish()


def _through(layers: Sequence[_Layer], chunk: bytes) -> Iterator[bytes]:
    if not layers:
        yield chunk
        return
    for piece in layers[0].pieces(chunk):
        yield from _through(layers[1:], piece)
