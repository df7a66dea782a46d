"""A recipe written by hand → ``Recipe``, or a sentence that says which part of it is wrong and what is allowed."""

import codecs
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

import re2
from msgspec import ValidationError, convert, structs
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from aggregator.listing.selectors import ROLES, below, selector
from aggregator.listing.words import phrases
from aggregator.recipe import Recipe

_NOTHING: Final = LexborHTMLParser("")
_SELECTORS: Final = ("rows", *ROLES, "drop")
_WEB: Final = re.compile(r"https?://[^\s/]+\S*")
_DOTTED: Final = re.compile(r"\w+(?:\.\w+)*")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
# What the poller itself says, and what the transfer is made of.
_OURS: Final = phrases("""
    host | user-agent | referer | connection | content-length | transfer-encoding | accept-encoding | range | te |
    upgrade | expect | if-none-match | if-modified-since | if-match | if-range | if-unmodified-since
""")


def checked(said: object) -> Recipe:
    """Return the recipe that *said*, a table of keys, describes. Raises ValueError with a sentence for what is wrong.

    >>> checked({"rows": "table tr", "title": "td.title a", "titel": "td"})
    Traceback (most recent call last):
    ValueError: titel: is not known; the nearest is title
    """
    if not isinstance(said, Mapping):
        raise ValueError(f"found {said!r}; allowed: a table of keys")  # noqa: TRY004 -- one error for all that is wrong
    known = [field.name for field in structs.fields(Recipe)]
    if unknown := [str(key) for key in said if key not in known]:
        raise ValueError(
            f"{unknown[0]}: is not known; the nearest is {get_close_matches(unknown[0], known, 1, 0.0)[0]}"
        )
    try:
        recipe = convert(dict(said), Recipe)
    except ValidationError as error:
        raise ValueError(str(error).replace("`$.", "`").replace("$.", "")) from error
    for key, found, allowed in _wrong(recipe):
        raise ValueError(f"{key}: found {found!r}; allowed: {allowed}")
    return recipe


def _wrong(recipe: Recipe) -> list[tuple[str, object, str]]:
    """Every part of *recipe* that cannot be used: its key, what was found, what is allowed."""
    if recipe.layout and not recipe.rows:
        return []
    return [
        *_selectors(recipe),
        *(("columns", role, f"- or one of {', '.join(ROLES)}") for role in recipe.columns if role not in {*ROLES, "-"}),
        *((f"keep.{role}", role, f"one of {', '.join(ROLES)}") for role in recipe.keep if role not in ROLES),
        *((f"keep.{role}", said, why) for role, said in recipe.keep.items() if (why := _expression(said))),
        *_addresses(recipe),
        *((f"headers.{name}", text, why) for name, text in recipe.headers.items() if (why := _header(name, text))),
    ]


def _selectors(recipe: Recipe) -> list[tuple[str, object, str]]:
    found: list[tuple[str, object, str]] = []
    if not recipe.rows:
        found.append(("rows", recipe.rows, "a CSS selector of the rows; it is needed"))
    if not recipe.title and "title" not in recipe.columns:
        found.append(("title", recipe.title, 'a CSS selector, or "title" among the columns; one is needed'))
    said = {key: getattr(recipe, key) for key in _SELECTORS}
    if "{page}" not in recipe.next_page:
        said["next_page"] = recipe.next_page
    wrong = [key for key, text in said.items() if text and not _is_css("tr" if key == "rows" else "", text)]
    return found + [
        (key, said[key], "a CSS selector, with @name behind it for an attribute, or a dotted path") for key in wrong
    ]


def _is_css(rows: str, text: str) -> bool:
    css = selector(text).css
    if _DOTTED.fullmatch(text):
        return True
    try:
        _NOTHING.css(below(rows or "tr", css) if css else "tr")
    except SelectolaxError:
        return False
    return True


def _expression(text: str) -> str | None:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options=options)
    except re2.error as error:
        return f"an RE2 expression ({error})"
    return None


def _addresses(recipe: Recipe) -> list[tuple[str, object, str]]:
    found: list[tuple[str, object, str]] = []
    if recipe.link_template and not ("{id}" in recipe.link_template and _WEB.fullmatch(recipe.link_template)):
        found.append(("link_template", recipe.link_template, "an absolute http(s) URL with {id} in it"))
    if "{page}" in recipe.next_page and not _WEB.fullmatch(recipe.next_page):
        found.append(("next_page", recipe.next_page, "a selector, or an absolute http(s) URL with {page} in it"))
    rule = recipe.link_rule
    if rule is not None and rule.where == "path" and not rule.name.isdecimal():
        found.append(("link_rule.name", rule.name, "the path part's place, from 0 on"))
    try:
        codecs.lookup(recipe.charset or "utf-8")
    except LookupError:
        found.append(("charset", recipe.charset, "a charset's name, such as utf-8 or euc-kr"))
    return found


def _header(name: str, text: str) -> str | None:
    if not _HEADER.fullmatch(name) or name.lower() in _OURS:
        return "a header that is not the poller's own, such as Cookie or Accept-Language"
    return None if text.isprintable() and text.isascii() else "printable ASCII"
