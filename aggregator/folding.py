"""One folding of text for all matching: filters, twins and search agree because they all ask here."""

import re
import unicodedata

# Unicode's default-ignorable characters: they take no room on the screen, so they must take none in a comparison.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ALIKE = (
    dict.fromkeys("‘’‚‛′‵`´ʼ＇", "'")
    | dict.fromkeys("“”„‟″‶〝〞〟＂", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
    | dict.fromkeys("…‥⋯", "...")
)
# Few texts have any of them: to look for one takes a quarter of what a table takes that is asked for each character.
_OTHERWISE = re.compile(f"[{_INVISIBLE}{''.join(_ALIKE)}]")
_DOTS = re.compile(r"\.{2,}")


def fold(text: str) -> str:
    """*text* as it is compared: NFKC, quotes, dashes and ellipses unified, zero-width dropped, casefold, one blank.

    Folding what is folded changes nothing. Served titles keep their own characters; only comparisons fold.

    >>> fold("“의대 증원”…  ＡＩ")
    '"의대 증원"... ai'
    """
    seen = ""
    while text != seen:
        seen = text
        text = _folded_once(text)
    return text


def _folded_once(text: str) -> str:
    # Alike first: NFKC would turn an acute accent or a prime into a blank and a mark. Casefold can undo NFKC.
    plain = _OTHERWISE.sub(_alike, text)
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold())
    return " ".join(_DOTS.sub("...", plain).split())


def _alike(found: re.Match[str]) -> str:
    return _ALIKE.get(found[0], "")
