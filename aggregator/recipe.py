"""A recipe: how to read one board, found by detection or written by hand."""

from typing import Literal

from msgspec import Struct


class LinkRule(Struct, frozen=True, kw_only=True):
    """Which part of a row's link is the document id: a query parameter by name, or a path part by index from 0."""

    where: Literal["query", "path"]
    name: str


class Recipe(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How to read one board. ``rows`` selects its rows, every other selector is read below a row.

    A selector is CSS, with ``@name`` behind it for an attribute; where the page is JSON it is a dotted path.
    ``columns`` gives a table's cells their roles in place of selectors: ``["number", "title", "source", "date", "-"]``.
    ``keep`` has an RE2 expression by role: its first group, or all it matches, is kept of the text. ``drop`` selects
    what is no part of any text. ``link_template`` makes a link of a document id, ``{id}``; ``next_page`` is a selector,
    or a URL with ``{page}``. ``within`` is the start tag, as the page writes it, of the one element that holds all
    rows: nothing else is parsed. ``layout`` is what detection saw where no selectors say all of it: then the page is
    detected anew.
    """

    rows: str = ""
    columns: tuple[str, ...] = ()
    title: str = ""
    link: str = ""
    number: str = ""
    source: str = ""
    date: str = ""
    date_exact: str = ""
    comments: str = ""
    category: str = ""
    pinned: str = ""
    current: str = ""
    drop: str = ""
    keep: dict[str, str] = {}
    link_template: str = ""
    link_rule: LinkRule | None = None
    next_page: str = ""
    charset: str = ""
    headers: dict[str, str] = {}
    within: str = ""
    layout: str = ""
    learnt: bool = False
