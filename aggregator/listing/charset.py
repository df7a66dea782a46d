"""Bytes → text: the charset ladder. Labels lie, so each is believed only if the whole body decodes strictly."""

import codecs
import re
from typing import Final

import charset_normalizer

from aggregator.model import Decoded

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_EAST_ASIAN: Final = ("euc-kr", "shift_jis", "euc-jp", "gb18030", "big5")
_META_BYTES: Final = 8192
_META: Final = re.compile(
    rb"""(?i)<meta[^>]{0,400}?charset\s*=\s*["']?\s*([a-z0-9_:.\-]+)|<\?xml[^>]{0,200}encoding\s*=\s*["']([a-z0-9_:.\-]+)"""
)
_HEADER: Final = re.compile(r"""(?i)charset\s*=\s*["']?\s*([a-z0-9_:.\-]+)""")

# WHATWG Encoding, §4.2: labels as pages write them → the standard's name; only the names are decoded by.
_LABELS: Final = {
    label: name
    for name, labels in {
        "utf-8": "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8 unicode11utf8",
        "euc-kr": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 ks_c_5601 korean windows-949 "
        "x-windows-949 ms949 cp949 uhc iso-ir-149 csksc56011987 cseuckr",
        "shift_jis": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j ms932 cp932 csshiftjis",
        "euc-jp": "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese",
        "iso-2022-jp": "iso-2022-jp csiso2022jp",
        "gb18030": "gb18030 gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 iso-ir-58 x-gbk cp936",
        "big5": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950",
        "windows-1252": "windows-1252 iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ascii us-ascii cp1252 x-cp1252",
        "windows-1251": "windows-1251 cp1251 x-cp1251",
        "koi8-r": "koi8-r koi8 koi8_r koi cskoi8r",
        "windows-1250": "windows-1250 cp1250 x-cp1250",
        "windows-1254": "windows-1254 iso-8859-9 latin5 cp1254",
        "windows-1258": "windows-1258 cp1258 x-cp1258",
        "windows-874": "windows-874 tis-620 iso-8859-11 dos-874",
        "iso-8859-2": "iso-8859-2 latin2",
        "iso-8859-15": "iso-8859-15 latin9",
        "utf-16le": "utf-16 utf-16le ucs-2 unicode",
        "utf-16be": "utf-16be",
    }.items()
    for label in labels.split()
}
# Supersets where Python's codec of the same name is stricter than what browsers do.
_CODECS: Final = {"euc-kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs", "windows-874": "cp874"}
_COMMON_HAN: Final = frozenset(
    "的一是不了人我在有他这這为為之大来來以个個中上们們到说說国國和地也子时時道出要于於年新月日会會会公告通知关關发發布中心工作学學生校市"
)
_PLAIN: Final = frozenset({"utf-8", "utf8"})


def decode(body: bytes, content_type: str | None, charset: str = "") -> Decoded:
    """Return *body* as text, by BOM, strict UTF-8, header, ``<meta>``, East Asian likeness, a detector, replacement.

    A *charset* that a recipe names goes before all of these but the BOM. Never raises. A lying label, a character cut
    at the end and replaced bytes are faults. Source: DESIGN §5.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return Decoded(text=body[len(mark) :].decode(name, "replace"), charset=name)
    if charset:
        return Decoded(text=body.decode(_CODECS.get(charset, charset), "replace"), charset=charset)
    header = _HEADER.search(content_type or "")
    if (
        header is not None
        and header[1].lower() in _PLAIN
        and b"\x1b" not in body
        and (text := _whole(body)) is not None
    ):
        return Decoded(text=text, charset="utf-8")
    labels = _labels(body, content_type)
    if "iso-2022-jp" in labels and b"\x1b" in body and (text := _strict(body, "iso-2022-jp")) is not None:
        return Decoded(text=text, charset="iso-2022-jp")
    for name in ("utf-8", *_credible(labels)):
        if (text := _strict(body, name)) is not None:
            return Decoded(text=text, charset=name, faults=_faults(body, name, labels))
    return _likely(body) or _labelled(body, labels) or _detected(body) or _replaced(body, labels)


def _whole(body: bytes) -> str | None:
    """The common case at once: bytes that are what their header says, to the last one."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _labels(body: bytes, content_type: str | None) -> list[str]:
    said = [found[1] for found in [_HEADER.search(content_type or "")] if found]
    said += [(found[1] or found[2]).decode("ascii", "replace") for found in _META.finditer(body[:_META_BYTES])]
    return [_LABELS[label.lower()] for label in said if label.lower() in _LABELS]


def _credible(labels: list[str]) -> list[str]:
    """A single-byte label decodes anything, and UTF-16 half of everything: their strict success proves nothing."""
    return [name for name in labels if name in _EAST_ASIAN]


def _strict(body: bytes, name: str) -> str | None:
    """Return *body* decoded without one error; a character cut off by the end of the body is left out."""
    try:
        return codecs.getincrementaldecoder(_CODECS.get(name, name))("strict").decode(body)
    except (UnicodeDecodeError, LookupError):
        return None


def _faults(body: bytes, name: str, labels: list[str]) -> tuple[str, ...]:
    faults = [f"labelled {labels[0]}, is {name}"] if labels and labels[0] != name and not body.isascii() else []
    try:
        body.decode(_CODECS.get(name, name))
    except UnicodeDecodeError:
        faults.append("cut off in the middle of a character")
    return tuple(faults)


def _likely(body: bytes) -> Decoded | None:
    """The East Asian charset whose text looks most like its own script, where one does."""
    texts = {name: text for name in _EAST_ASIAN if (text := _strict(body, name)) is not None}
    likeness = {name: _likeness(name, text) for name, text in texts.items()}
    best = max(likeness, key=likeness.__getitem__, default=None)
    if best is None or likeness[best] < 0.3:  # noqa: PLR2004 -- real pages score 0.5 and more, confusions below 0.15
        return None
    return Decoded(text=texts[best], charset=best, faults=_faults(body, best, []))


def _likeness(name: str, text: str) -> float:
    """Return 0..1: the share of non-ASCII letters that are usual in the script *name* is made for."""
    letters = [char for char in text if char > "\x7f" and char.isalpha()][:4000]
    if not letters:
        return 0.0
    if name == "euc-kr":
        return sum("가" <= char <= "힣" for char in letters) / len(letters)
    if name in {"shift_jis", "euc-jp"}:
        half = sum("\uff61" <= char <= "\uff9f" for char in letters)
        return (2 * sum("\u3041" <= char <= "\u30fe" for char in letters) - 2 * half) / len(letters)
    han = sum("\u4e00" <= char <= "\u9fff" for char in letters) / len(letters)
    return han * min(1.0, 6 * sum(char in _COMMON_HAN for char in letters) / len(letters))


def _labelled(body: bytes, labels: list[str]) -> Decoded | None:
    for name in labels:
        if name not in _EAST_ASIAN and (text := _strict(body, name)) is not None:
            return Decoded(text=text, charset=name)
    return None


def _detected(body: bytes) -> Decoded | None:
    mostly = body.decode("utf-8", "replace")
    if mostly.count("\ufffd") * 100 <= sum(char > "\x7f" for char in mostly):
        return Decoded(text=mostly, charset="utf-8", faults=("bytes that are not utf-8 were replaced",))
    found = charset_normalizer.from_bytes(body[:65536]).best()
    text = _strict(body, found.encoding) if found else None
    if found is None or text is None:
        return None
    return Decoded(text=text, charset=found.encoding.replace("_", "-"), faults=("charset guessed by likeness",))


def _replaced(body: bytes, labels: list[str]) -> Decoded:
    """The label, or else the charset, that leaves the fewest replacement characters."""
    names = [*dict.fromkeys([*labels, "utf-8", "euc-kr"])]
    texts = [body.decode(_CODECS.get(name, name), "replace") for name in names]
    best = min(range(len(names)), key=lambda at: texts[at].count("\ufffd"))
    return Decoded(text=texts[best], charset=names[best], faults=("undecodable bytes were replaced",))
