"""A reader of the simulator's own markup that forgives nothing: a browser would forgive what we must not write."""

from html.parser import HTMLParser

VOID = {"meta", "link", "hr", "br", "img", "input"}


class Markup(HTMLParser):
    """Reads a page into table rows of cell texts and the links by text; raises ValueError on unbalanced tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: dict[str, str] = {}
        self._open: list[str] = []
        self._ids: set[str] = set()
        self._href: str | None = None
        self._link_text = ""
        self.feed(text)
        self.close()
        if self._open:
            raise ValueError(f"never closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; ids must be unique and rows hold cells."""
        attributes = dict(attrs)
        if len(attributes) != len(attrs) or attributes.get("id") in self._ids:
            raise ValueError(f"repeated attribute or id: {attrs}")
        if identifier := attributes.get("id"):
            self._ids.add(identifier)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "a":
            self._href, self._link_text = attributes.get("href"), ""

    def handle_endtag(self, tag: str) -> None:
        """Close the element opened last, or complain."""
        if not self._open or self._open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing at {self.getpos()}")
        if tag == "a" and self._href:
            self.links.setdefault(self._link_text.strip(), self._href)
            self._href = None

    def handle_data(self, data: str) -> None:
        """Add text to the cell and the link it stands in."""
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data
        if self._href:
            self._link_text += data

    @property
    def cells(self) -> list[list[str]]:
        """Body rows, each cell's text with single spaces."""
        return [[" ".join(cell.split()) for cell in row] for row in self.rows[1:]]
