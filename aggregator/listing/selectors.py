"""A recipe's selectors at work: which element of every row says what, a whole column at a time. RE2's one home."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import re2
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.recipe import Recipe

ROLES: Final = ("title", "link", "number", "source", "date", "date_exact", "comments", "category", "pinned", "current")
# No row nests deeper; on a page that does, every climb to the top would be thousands of steps.
_LEVELS: Final = 40
_BREAKS: Final = ("br", "img", "p", "div")
_BREAK: Final = re.compile(rf"<(?:{'|'.join([*_BREAKS, *(tag.upper() for tag in _BREAKS)])})")


class Selector(NamedTuple):
    """A field's selector below its row and the attribute that is read, None for the text."""

    css: str
    attribute: str | None


def cut(text: str, within: str) -> str | None:
    """Return the one element of *text* that begins with the tag *within*, None where there is none or more."""
    start = text.find(within)
    if start < 0 or text.find(within, start + 1) >= 0:
        return None
    depth = 0
    for tag in re.finditer(rf"<(/?){within[1:].split(None, 1)[0].strip('>')}(?=[\s>])", text[start:], re.IGNORECASE):
        depth += -1 if tag[1] else 1
        if not depth:
            return text[start : start + tag.end()] + ">"
    return None


def selectors(recipe: Recipe) -> dict[str, Selector]:
    """Return the selector of every role that *recipe* reads; a title's link is its own or its cell's first."""
    by_role = {role: f"> :nth-child({at})" for at, role in enumerate(recipe.columns, 1) if role in ROLES}
    by_role |= {role: said for role in ROLES if (said := getattr(recipe, role))}
    found = {role: selector(said) for role, said in by_role.items()}
    if "title" in recipe.columns and not recipe.title:
        found["title"] = Selector(f"{found['title'].css} a", None)
    if "title" in found and "link" not in found:
        css = found["title"].css
        linked = css if re.search(r"(?:^|[\s>+~])a[^\s>+~]*$", css) else f"{css} a"
        found["link"] = Selector(linked, "href")
    return found


def selector(said: str) -> Selector:
    """Take apart what a recipe says of a field: ``td.title a@href``.

    >>> selector("td.title a@href"), selector("@data-no")
    (Selector(css='td.title a', attribute='href'), Selector(css='', attribute='data-no'))
    """
    css, at, attribute = said.rpartition("@")
    return Selector(css.strip(), attribute.strip()) if at and "]" not in attribute else Selector(said.strip(), None)


def below(rows: str, css: str) -> str:
    """The selector of *css* below *rows*; each of several, parted by commas, is meant below every one of the other."""
    rows = f":is({rows})" if "," in rows else rows
    css = f":is({css})" if "," in css else css
    return f"{rows} {css}" if css else rows


def marked(tree: LexborHTMLParser, css: str, place: Mapping[int, int]) -> list[str | None]:
    """A mark for each row that is, or holds, what *css* selects."""
    found: list[str | None] = [None] * len(place)
    for at, _ in placed(tree, css, place):
        found[at] = css
    return found


def column(
    tree: LexborHTMLParser | LexborNode, recipe: Recipe, role: str, chosen: Selector, place: Mapping[int, int]
) -> list[str | None]:
    """Return the text or attribute of each row's first element that *chosen* finds; *place* has rows by node."""
    return said(
        placed(tree, below(recipe.rows, chosen.css), place), len(place), chosen.attribute, recipe.keep.get(role)
    )


def placed(tree: LexborHTMLParser | LexborNode, css: str, place: Mapping[int, int]) -> list[tuple[int, LexborNode]]:
    """Return the elements that *css* finds in rows, each with its row."""
    found = []
    for node in tree.css(css):
        up: LexborNode | None = node
        for _ in range(_LEVELS):
            if up is None or (at := place.get(up.mem_id)) is not None:
                break
            up = up.parent
        else:
            at = None
        if up is not None and at is not None:
            found.append((at, node))
    return found


def said(
    elements: Sequence[tuple[int, LexborNode]],
    rows: int,
    attribute: str | None,
    keep: str | None = None,
    *,
    flat: bool = False,
) -> list[str | None]:
    """Return what the first of each row's *elements* that says anything says; *flat* ones hold no breaks and blocks."""
    found: list[str | None] = [None] * rows
    kept = _keeper(keep or "")
    for at, node in elements:
        if not found[at]:
            text = node.attributes.get(attribute) if attribute else node.text() if flat else text_of(node)
            found[at] = kept(" ".join((text or "").split()))
    return found


def flat(text: str) -> bool:
    """Whether *text* has no element that breaks a line or is one, so that texts need not be looked into."""
    return _BREAK.search(text) is None


def text_of(node: LexborNode) -> str:
    """Return the text of *node*, with a space where a line or an image breaks it."""
    return node.text(separator=" " if node.css_first(", ".join(_BREAKS)) is not None else "")


@lru_cache(maxsize=256)
def _keeper(expression: str) -> Callable[[str], str]:
    """What *expression* keeps of a text: its first group, else all it matches; a text it does not match stays."""
    if not expression:
        return str
    compiled = re2.compile(expression)

    def keep(text: str) -> str:
        found = compiled.search(text)
        return text if found is None else (found[1] or "") if compiled.groups else found[0]

    return keep
