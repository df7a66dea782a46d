"""Text as it is stored and served: the board's own characters, less what no document may carry."""

import re
import unicodedata

NO_TITLE = "(제목 없음)"
TITLE_LIMIT_CHARS = 1_000

# What XML 1.0 §2.2 forbids; C1 controls (mis-decoded text; U+0085 is a blank and goes with the blanks); noncharacters;
# and the bidi embeddings, overrides and isolates, which would reorder the text of whatever stands behind the title.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_VISIBLE_CATEGORIES = frozenset("LNPS")
# Letters by category, blank on the screen.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def clean_text(text: str | None, limit_chars: int) -> str | None:
    r"""*text* in NFC with single blanks and without forbidden characters; None where nothing visible is left.

    Longer than *limit_chars* it is cut and ends in an ellipsis. Cleaning what is clean changes nothing.

    >>> clean_text(" 의대\x00  증원 ", 100)
    '의대 증원'
    """
    if text is None:
        return None
    clean = " ".join(unicodedata.normalize("NFC", _FORBIDDEN.sub("", text)).split())
    if len(clean) > limit_chars:
        clean = clean[: limit_chars - 1].rstrip() + "…"
    return clean if any(map(_is_visible, clean)) else None


def clean_title(text: str) -> str:
    r"""A title that every feed can carry: at most 1,000 characters, never without a visible one.

    Entities were decoded once when the row was read; a title that still says ``&amp;`` says so on the board.

    >>> clean_title("\u202e \u200b")
    '(제목 없음)'
    """
    return clean_text(text, TITLE_LIMIT_CHARS) or NO_TITLE


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in _VISIBLE_CATEGORIES and character not in _FILLERS
