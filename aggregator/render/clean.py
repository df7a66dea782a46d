"""Text and links that no validator objects to and no reader breaks on, whatever the store holds.

Titles are cleaned when they are read; here they are cleaned again, because one bad row must not take a feed down.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

NO_TITLE = "(제목 없음)"
LIMIT_CHARACTERS = 1_000

# Normalizing a megabyte of combining marks takes minutes; nothing past this can reach the limit in a real title.
_READ_CHARACTERS = 8 * LIMIT_CHARACTERS

# C0, DEL and C1, surrogates, noncharacters and U+FFFD; bidi marks, overrides and isolates; the byte order mark.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
# Hangul fillers and the braille blank are letters and symbols to Unicode and nothing to the eye.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_VISIBLE = frozenset("LNPS")

# Names and addresses of boards and feeds are said again in every document and by every entry.
_RECURRING = 256

_URI_SAFE = "%!$&'()*+,;=:@/?~-._"
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


@lru_cache(_RECURRING)
def line(text: str) -> str:
    r"""``text`` on one line: NFC, single blanks, nothing that XML or a screen chokes on; empty where nothing shows.

    *Shape*: at most 1,000 characters. *Source*: CONFORMANCE B9, B10, B11, C7.

    >>> line("  단독\x00\u202e\n속보 ")
    '단독 속보'
    """
    spaced = " ".join(text[:_READ_CHARACTERS].split())
    composed = unicodedata.normalize("NFC", _FORBIDDEN.sub("", spaced))
    kept = _headed(" ".join(composed.split()))[:LIMIT_CHARACTERS].rstrip()
    return kept if any(_shows(character) for character in kept) else ""


def title(text: str) -> str:
    """``text`` as a title, which is never empty.

    >>> title("\u200b")
    '(제목 없음)'
    """
    return line(text) or NO_TITLE


def uri(text: str) -> str:
    """``text`` with everything escaped that a URI may not hold, and nothing else touched.

    >>> uri("tag:example.org,2026:1/글 50%")
    'tag:example.org,2026:1/%EA%B8%80%2050%25'
    """
    return quote(_STRAY_PERCENT.sub("%25", text), safe=_URI_SAFE, errors="replace")


@lru_cache(_RECURRING)
def link(url: str | None) -> str | None:
    """``url`` as an absolute http(s) URL in ASCII; None where it is none, as a relative or a ``javascript:`` one.

    *Source*: CONFORMANCE B15, C9.

    >>> link("http://예시.kr/글?쪽=1"), link("javascript:alert(1)")
    ('http://xn--vv4b11d.kr/%EA%B8%80?%EC%AA%BD=1', None)
    """
    try:
        parts = urlsplit(url or "")
        host = _host(parts.hostname or "")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or "@" in parts.netloc:
        return None
    return urlunsplit((parts.scheme, host + port, uri(parts.path), uri(parts.query), uri(parts.fragment)))


def _headed(text: str) -> str:
    """``text`` without the combining marks in front, which would settle on whatever stands before it."""
    return text[next((at for at, one in enumerate(text) if not _follows(one)), len(text)) :]


def _follows(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] == "M"


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in _VISIBLE and character not in _BLANK_LETTERS


def _host(name: str) -> str:
    if ":" in name:
        return f"[{name}]"
    return name if name.isascii() else name.encode("idna").decode("ascii")
