"""Content codings, whole, broken and as bombs."""

import gzip
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import NeedsPersonError, TryLaterError
from aggregator.fetch.codings import PIECE_BYTES, BrokenCodingError, Decoding, UnknownCodingError
from aggregator.model import Page
from tests.fetch.origin import Origin, fetcher, reply

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def raw_deflate(plain: bytes) -> bytes:
    """Return deflate without its zlib header, as some servers send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstd.compress),
    ("gzip, br", lambda plain: brotli.compress(gzip.compress(plain))),
]
each_coding = pytest.mark.parametrize(("coding", "pack"), PACKERS)
PLAIN = "번호 제목 글쓴이 날짜\n".encode() * 5_000


def unpacked(coding: str, chunks: list[bytes]) -> bytes:
    """Return what the chunks of a whole body decode to."""
    decoding = Decoding(coding)
    plain = b"".join(piece for chunk in chunks for piece in decoding.pieces(chunk))
    decoding.finish()
    return plain


@each_coding
async def test_a_coded_page_is_read(origin: Origin, coding: str, pack: Callable[[bytes], bytes]) -> None:
    """Every coding that is offered is taken off on the way in."""
    origin.replies["/list"] = reply(pack(PLAIN), content_encoding=coding)
    async with fetcher() as poller:
        page = await poller.fetch(origin.url("/list"))
    assert isinstance(page, Page)
    assert page.body == PLAIN


@each_coding
async def test_a_body_that_ends_too_early_is_tried_later(
    origin: Origin, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    """A truncated stream is never taken for a page, even where its length agrees with its header."""
    origin.replies["/list"] = reply(pack(PLAIN)[:-5], content_encoding=coding)
    async with fetcher() as poller:
        with pytest.raises(TryLaterError, match="body"):
            await poller.fetch(origin.url("/list"))


@each_coding
async def test_a_body_that_is_not_what_it_says_is_tried_later(
    origin: Origin, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    """Bytes that no decoder can read are the server's fault."""
    del pack
    origin.replies["/list"] = reply(b"\xffnothing compressed at all", content_encoding=coding)
    async with fetcher() as poller:
        with pytest.raises(TryLaterError, match="cannot be read"):
            await poller.fetch(origin.url("/list"))


@each_coding
async def test_a_bomb_is_stopped(origin: Origin, coding: str, pack: Callable[[bytes], bytes]) -> None:
    """A small body that decodes to a huge one is given up at the cap."""
    origin.replies["/list"] = reply(pack(bytes(20_000_000)), content_encoding=coding)
    async with fetcher() as poller:
        with pytest.raises(NeedsPersonError, match="larger than 200,000 bytes"):
            await poller.fetch(origin.url("/list"))


@each_coding
def test_a_bomb_comes_in_small_pieces(coding: str, pack: Callable[[bytes], bytes]) -> None:
    """No single piece is large, so that a cap between two pieces holds the memory too."""
    sizes = [len(piece) for piece in Decoding(coding).pieces(pack(bytes(20_000_000)))]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= 2 * PIECE_BYTES


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_an_empty_body_is_an_empty_page(origin: Origin, coding: str) -> None:
    """A coding without a single byte is how some servers send nothing."""
    origin.replies["/list"] = reply(b"", content_encoding=coding)
    async with fetcher() as poller:
        page = await poller.fetch(origin.url("/list"))
    assert isinstance(page, Page)
    assert page.body == b""


@each_coding
@given(plain=st.binary(max_size=400), size=st.integers(1, 60))
def test_chunks_make_no_difference(coding: str, pack: Callable[[bytes], bytes], plain: bytes, size: int) -> None:
    """However the network cuts a body, it decodes to the same."""
    packed = pack(plain)
    chunks = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert unpacked(coding, chunks) == plain


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_several_members_are_one_body(coding: str, pack: Callable[[bytes], bytes]) -> None:
    """A body may be made of compressed pieces one after the other."""
    packed = pack(b"one ") + pack(b"two")
    assert unpacked(coding, [packed]) == b"one two"
    assert unpacked(coding, [bytes([byte]) for byte in packed]) == b"one two"


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_members_without_end_are_broken(coding: str, pack: Callable[[bytes], bytes]) -> None:
    """Thousands of empty members decode to nothing and would pass any cap."""
    with pytest.raises(BrokenCodingError, match="members"):
        unpacked(coding, [pack(b"") * 2_000])


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_padding_after_the_end_is_ignored(coding: str, pack: Callable[[bytes], bytes]) -> None:
    """Bytes after a whole stream that begin no other one are left out, as browsers do."""
    assert unpacked(coding, [pack(b"page") + b"\0\0", b"\0"]) == b"page"


def test_a_huge_window_is_broken() -> None:
    """A zstd frame cannot make the decoder reserve more than the 8 MiB a sender may count on."""
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    with pytest.raises(BrokenCodingError, match="memory"):
        unpacked("zstd", [packer.compress(b"page") + packer.flush()])


@pytest.mark.parametrize("coding", ["compress", "utf-8", "gzip, gzip, gzip"])
async def test_a_coding_that_was_not_offered_needs_a_person(origin: Origin, coding: str) -> None:
    """What was not asked for is not guessed at."""
    with pytest.raises(UnknownCodingError):
        Decoding(coding)
    origin.replies["/list"] = reply(b"page", content_encoding=coding)
    async with fetcher() as poller:
        with pytest.raises(NeedsPersonError, match="coding"):
            await poller.fetch(origin.url("/list"))
