"""Detection → ``Recipe``: selectors that say again what was detected, found by trying them on the page itself."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace
from selectolax.lexbor import LexborNode

from aggregator.listing import shapes
from aggregator.listing.guard import is_deep
from aggregator.listing.pager import pages
from aggregator.listing.recipe import counted, linked, read_recipe
from aggregator.listing.selectors import column, cut, selector, text_of
from aggregator.model import Listing, Row
from aggregator.recipe import Recipe

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_-]*")
_FIRST: Final = re.compile(r"(?P<tag>[a-z0-9]*|\*)(?P<kind>[.#])(?P<name>[\w-]+) ")
_PLAIN: Final = re.compile("[a-z][a-z0-9]*")
_NAMED_LEVELS: Final = 8
_EXAMPLES: Final = 4
_INSIDE_LIMIT: Final = 120
_FIELDS: Final = ("number", "source", "date", "date_exact", "comments", "category")
_ATTRIBUTES: Final = ("title", "datetime", "data-time", "data-date", "data-datetime")
# Names of an element's state or place among others, not of what it is.
_STATES: Final = frozenset(
    [
        "active",
        "current",
        "even",
        "first",
        "highlight",
        "hover",
        "last",
        "new",
        "notice",
        "now",
        "odd",
        "on",
        "selected",
    ]
)


class Example(NamedTuple):
    """A row that was detected, its element and that of its title."""

    row: Row
    top: LexborNode
    title: LexborNode


def learn(
    text: str,
    url: str | None,
    listing: Listing,
    root: LexborNode,
    examples: Sequence[Example],
    known: Recipe | None = None,
) -> Recipe:
    """Return how to read *listing* again: by selectors where these say exactly the same, else by detection.

    *examples* are its rows on the page below *root*; none where a row is more than one element. A page that the *known*
    recipe leaves to detection is not tried again while it looks the same.
    """
    rows = _rows_selector(examples)
    detected = Recipe(
        link_rule=listing.link_rule, layout=rows or "page", next_page=pages(listing.next_page, url), learnt=True
    )
    if (
        not rows
        or is_deep(text)
        or (known is not None and (known.layout, known.link_rule) == (detected.layout, detected.link_rule))
    ):
        return detected
    # A class of the rows may be missing on one that is posted tomorrow: it is used only where all rows are too many.
    bare = re.sub(r"(\w)\.[\w-]+$", r"\1", rows)
    tried = (
        _learnt(text, url, listing, root, examples, replace(detected, rows=said, layout="")) for said in (bare, rows)
    )
    return next((recipe for recipe in tried if recipe is not None), detected)


def _learnt(
    text: str, url: str | None, listing: Listing, root: LexborNode, examples: Sequence[Example], recipe: Recipe
) -> Recipe | None:
    """The recipe with a selector for every field, None where they do not say exactly the listing's rows."""
    recipe = replace(recipe, title=_best(recipe, "title", root, examples), drop=_drop(examples))
    recipe = replace(recipe, link=_link_apart(recipe, root, examples, url))
    for role in _FIELDS:
        if any(_wanted(example.row, role) is not None for example in examples):
            recipe = replace(recipe, **{role: _best(recipe, role, root, examples)})
    recipe = replace(recipe, pinned=_state(examples, [example.row.pinned for example in examples]))
    if not _says(recipe, text, url, listing):
        return None
    tags = _start_tags(text, recipe.rows)
    whole = (tag for tag in tags if _says(replace(recipe, within=tag), cut(text, tag) or "", url, listing))
    return replace(recipe, within=next(whole, ""))


def _says(recipe: Recipe, text: str, url: str | None, listing: Listing) -> bool:
    read = read_recipe(recipe, text, url)
    return read.misfit is None and read.listing.rows == listing.rows


def _start_tags(text: str, rows: str) -> list[str]:
    """The start tags, as the page writes them, of elements that the first step of *rows* may select."""
    first = _FIRST.match(rows)
    if first is None:
        return []
    attribute = "id" if first["kind"] == "#" else "class"
    tag = first["tag"] if first["tag"].isalnum() else "[a-z][a-z0-9]*"
    named = rf"""<{tag}\s[^<>]*\b{attribute}=["']?[^"'<>]*\b{first["name"]}\b[^<>]*>"""
    return list(dict.fromkeys(re.findall(named, text)))[:_EXAMPLES]


def _rows_selector(examples: Sequence[Example]) -> str:
    """The rows by what they have in common, below the nearest element that has a name."""
    if not examples or len({example.top.tag for example in examples}) > 1:
        return ""
    first = examples[0].top
    shared = set.intersection(*(set(_names(example.top)) for example in examples))
    steps, up = [_step(first, sorted(shared)[:1])], first.parent
    if up is not None and len({example.top.parent.mem_id for example in examples if example.top.parent}) > 1:
        steps, up = [*steps, _tag(up)], up.parent
    for _ in range(_NAMED_LEVELS):
        if up is None or up.tag == "html":
            break
        name, names = up.attributes.get("id") or "", _names(up)
        steps.append(f"#{name}" if _NAME.fullmatch(name) else _step(up, names[:1]))
        if names or _NAME.fullmatch(name):
            break
        up = up.parent
    return " > ".join(reversed(steps))


def _names(node: LexborNode) -> list[str]:
    """The classes that name an element, those with figures and those of its state left out."""
    return [
        name
        for name in (node.attributes.get("class") or "").split()
        if _NAME.fullmatch(name) and name.lower() not in _STATES
    ]


def _step(node: LexborNode, names: Sequence[str]) -> str:
    return f"{_tag(node)}.{names[0]}" if names else _tag(node)


def _tag(node: LexborNode) -> str:
    """A tag as a selector can say it: broken markup has tags of any characters."""
    return node.tag if node.tag and _PLAIN.fullmatch(node.tag) else "*"


def _best(recipe: Recipe, role: str, root: LexborNode, examples: Sequence[Example]) -> str:
    """The selector that says most rows' value, among those that lead to it in the first rows that have one."""
    place = {example.top.mem_id: at for at, example in enumerate(examples)}
    telling = [example for example in examples if _wanted(example.row, role) is not None]
    tried = dict.fromkeys(said for example in telling[:_EXAMPLES] for said in _leading(example, role))
    best, most = "", 0
    for said in tried:
        read = column(root, recipe, role, selector(said), place)
        right = sum(
            _told(role, text) == _wanted(example.row, role)
            for text, example in zip(read, examples, strict=True)
            if role != "number" or not (example.row.pinned or example.row.current)
        )
        if right > most:
            best, most = said, right
    return best


def _wanted(row: Row, role: str) -> str | int | None:
    value: str | int | None = getattr(row, "date_text" if role == "date" else role)
    return value


def _told(role: str, text: str | None) -> str | int | None:
    if role == "number":
        return shapes.number(text or "")
    return counted(text) if role == "comments" else text or None


def _leading(example: Example, role: str) -> Iterator[str]:
    """Selectors of what says the value of *role* in an example: of elements first, then of their attributes."""
    wanted = _wanted(example.row, role)
    if role == "title":
        yield from _paths(example.title, example.top)
    for node in _inside(example.top):
        if _told(role, " ".join(text_of(node).split())) == wanted:
            yield from _paths(node, example.top)
        attributes = node.attributes
        for name in _ATTRIBUTES:
            if (said := attributes.get(name)) and " ".join(said.split()) == wanted:
                yield from (f"{path}@{name}" for path in _paths(node, example.top))


def _inside(top: LexborNode) -> list[LexborNode]:
    found: list[LexborNode] = []
    for node in top.traverse(include_text=False):
        found.append(node)
        if len(found) > _INSIDE_LIMIT:
            break
    return found[1:]


def _paths(node: LexborNode, top: LexborNode) -> Iterator[str]:
    """Ways to name *node* below *top*: by its own class, by that of an element around it, by its cell, by its way."""
    chain: list[LexborNode] = []
    up: LexborNode | None = node
    while up is not None and up.mem_id != top.mem_id:
        chain.append(up)
        up = up.parent
    if not chain:
        return
    yield from (f"{_tag(node)}.{name}" for name in _names(node))
    for at, around in enumerate(chain[1:], 1):
        below = " > ".join(_step(one, _names(one)[:1]) for one in reversed(chain[:at]))
        yield from (f"{_tag(around)}.{name} > {below}" for name in _names(around))
    tags = [_tag(one) for one in reversed(chain)]
    yield " > ".join(["", f"{tags[0]}:nth-child({_nth(chain[-1])})", *tags[1:]]).lstrip()
    yield "> " + " > ".join(tags)
    yield "> " + " > ".join(f"{_tag(one)}:nth-child({_nth(one)})" for one in reversed(chain))


def _nth(node: LexborNode) -> int:
    count, before = 1, node.prev
    while before is not None:
        count, before = count + before.is_element_node, before.prev
    return count


def _drop(examples: Sequence[Example]) -> str:
    """Named elements inside titles whose text is none of the title's: badges, counters, what is hidden."""
    found: dict[str, None] = {}
    for example in examples:
        for node in _inside(example.title):
            text = " ".join(text_of(node).split())
            if text and text not in example.row.title:
                found |= dict.fromkeys(f"{_tag(example.title)} {_tag(node)}.{name}" for name in _names(node)[:1])
    return ", ".join(found)


def _link_apart(recipe: Recipe, root: LexborNode, examples: Sequence[Example], url: str | None) -> str:
    """The selector of the link where it is not the title's own: the first that leads most rows to their documents."""
    place = {example.top.mem_id: at for at, example in enumerate(examples)}
    wanted = [example.row.url for example in examples]

    def right(said: str) -> int:
        hrefs = column(root, recipe, "link", selector(said), place)
        return sum(link == want for link, want in zip(linked(recipe, hrefs, url), wanted, strict=True))

    own = f"{recipe.title.partition('@')[0]}"
    most = max(right(f"{own}@href"), right(f"{own} a@href")) if own else 0
    if most == len(wanted):
        return ""
    tried = dict.fromkeys(
        f"{path}@href"
        for example in examples[:_EXAMPLES]
        for node in [example.top, *_inside(example.top)]
        if node.tag == "a" and linked(recipe, [node.attributes.get("href")], url) == [example.row.url]
        for path in (_paths(node, example.top) if node.mem_id != example.top.mem_id else [""])
    )
    best = max(tried, key=right, default="")
    return best if best and right(best) > most else ""


def _state(examples: Sequence[Example], flags: Sequence[bool]) -> str:
    """The class that exactly the flagged rows have, or one inside them; empty where no class says it."""
    if not any(flags):
        return ""
    classes = [_classes(example.top) for example in examples]
    inside = set.intersection(*(held for held, flag in zip(classes, flags, strict=True) if flag))
    outside = set.union(set(), *(held for held, flag in zip(classes, flags, strict=True) if not flag))
    return min(inside - outside, key=lambda said: (len(said), said), default="")


def _classes(top: LexborNode) -> set[str]:
    nodes = [top, *_inside(top)]
    return {
        f".{name}" for node in nodes for name in (node.attributes.get("class") or "").split() if _NAME.fullmatch(name)
    }
