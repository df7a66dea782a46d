"""Bytes → ``Decoded`` → ``Listing``: the list on a page, found by its shape.

::

    decode      charset     bytes → text
    read        markup      text → Outline (guard, then the one parse)      text: a listing pasted as plain text
                links, regions      links whose target varies → rows
                titles, pieces, headers, columns      rows → fields
                confidence          which region is the listing, if any
                marks, numbering, pager     pinned, current, rank or stable, next page

Pure: no I/O, no clock. selectolax and charset-normalizer have their one home here.
"""

import re
from typing import Final

from aggregator.listing.charset import decode
from aggregator.listing.guard import suspicion
from aggregator.listing.markup import parse
from aggregator.listing.reading import read_outline
from aggregator.listing.text import read_text
from aggregator.model import Listing

__all__ = ["decode", "read"]

_MARKUP: Final = re.compile(
    r"(?i)<(?:!doctype\s+html|html|head|body|table|tr|td|div|ul|ol|li|dl|section|article|main|a\s+[^>]*href)\b"
)


def read(text: str, url: str | None) -> Listing:
    r"""Return the listing on a page, HTML or plain text; *url* is its own, for relative links and the current row.

    Never raises. No rows where there is no listing; a page that would be slow to parse has a fault and no rows.

    >>> read("번호 제목 글쓴이 날짜\n3 셋 가 2024.04.20\n2 둘 가 2024.04.19\n1 하나 가 2024.04.18", None).rows[0].title
    '셋'
    """
    if not _MARKUP.search(text):
        return read_text(text)
    if (danger := suspicion(text)) is not None:
        return Listing(faults=(f"not parsed: {danger}",))
    return read_outline(parse(text), url)
