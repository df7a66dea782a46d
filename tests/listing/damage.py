"""Pages as they should never be: cut, flipped, nested, swollen, mislabelled; each can be had again by its seed."""

from random import Random

from benchmarks import workload
from tests.listing.golden import NAMES, golden

URL = "http://board.example/list.php?b=news"
_DEEP = (b"<div>", b"<b>", b"<table><tr><td>", b"<ul><li>", b"<span>", b"<font size=1>", b"<a href=/x/1>t", b"<dl><dt>")
_WIDE = (
    b"<p>",
    b"<!-- x -->",
    b"<input ",
    b"<a href=/x/1>t</a>",
    b"<?",
    b"[",
    b"alert(",
    b"<td>1",
    b"&amp;",
    b" 2024.04.20 ",
)
_CHARSETS = ("utf-16-le", "utf-16-be", "cp949", "shift_jis", "euc-jp", "gb18030", "big5", "utf-7", "latin-1")


def whole_pages() -> list[bytes]:
    """Every golden page, and a long one."""
    return [*(golden(name)[0].encode() for name in NAMES), workload.page().encode(), workload.page(100).encode()]


def damaged(pages: list[bytes], seed: int) -> bytes:
    """One of *pages* with one to three things wrong."""
    random = Random(seed)  # noqa: S311 -- no secret
    body = random.choice(pages)
    for _ in range(random.randint(1, 3)):
        body = random.choice(_DAMAGES)(body, random)
    return body


def _cut(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[at:] if random.random() < 0.3 else body[:at]


def _flipped(body: bytes, random: Random) -> bytes:
    flipped = bytearray(body)
    for _ in range(random.randint(1, 200) if flipped else 0):
        flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def _repeated(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    end = min(len(body), at + random.randrange(2000))
    return body[:at] + body[at:end] * random.randrange(1, 60) + body[end:]


def _nested(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(_DEEP) * random.randint(1, 10_000) + body[at:]


def _swollen(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(_WIDE) * random.randint(1, 10_000) + body[at:]


def _attributes(body: bytes, random: Random) -> bytes:
    at = body.find(b">", random.randrange(len(body) + 1))
    long = b' title="' + b"x " * random.randint(1, 500_000) + b'"'
    many = b"".join(b" a%d=%d" % (n, n) for n in range(random.randint(1, 3000)))
    return body if at < 0 else body[:at] + random.choice([long, many]) + body[at:]


def _mislabelled(body: bytes, random: Random) -> bytes:
    return body.decode("utf-8", "replace").encode(random.choice(_CHARSETS), "replace")


_DAMAGES = (_cut, _flipped, _repeated, _nested, _swollen, _attributes, _mislabelled)
