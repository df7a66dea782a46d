"""Content codings put on whole documents; equal bytes are packed to equal bytes, in every process."""

import gzip
import sys
from typing import Literal, get_args

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Coding = Literal["br", "zstd", "gzip"]
# The smallest first: what a client likes equally well is taken in this order.
CODINGS: tuple[Coding, ...] = get_args(Coding)

# Measured on a feed of 100 Korean headlines, 57 KB: one step further costs ten times the CPU and saves a tenth.
_BR_QUALITY = 5
_ZSTD_LEVEL = 6
_GZIP_LEVEL = 6


def packed(body: bytes, coding: Coding) -> bytes:
    """``body`` in ``coding``.

    >>> gzip.decompress(packed(b"<rss/>", "gzip"))
    b'<rss/>'
    """
    if coding == "br":
        return bytes(brotli.compress(body, quality=_BR_QUALITY))
    if coding == "zstd":
        return zstd.compress(body, _ZSTD_LEVEL)
    # Without mtime=0 the same document would be other bytes a second later, under the same ETag.
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)
