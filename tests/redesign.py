"""What happens to a board's pages: new names, other columns, another skin, other links; and what only looks like it."""

import re
from collections.abc import Callable

Dress = Callable[[str], str]
_CELL = re.compile(r"<t[hd][^>]*>.*?</t[hd]>", re.DOTALL)
_ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)


def renamed(html: str) -> str:
    """Give every class and id another name."""
    return re.sub(r'(class|id)="([^"]*)"', lambda found: f'{found[1]}="skin-{found[2][::-1]}"', html)


def swapped(html: str) -> str:
    """Print the date first, the number last."""
    return _by_row(html, lambda cells: [cells[3], cells[1], cells[2], cells[4], cells[0]])


def widened(html: str) -> str:
    """Print a box to tick first and votes between title and source."""
    box, votes = '<td><input type="checkbox"></td>', "<td>12</td>"
    return _by_row(html, lambda cells: [box, cells[0], cells[1], votes, *cells[2:]])


def as_list(html: str) -> str:
    """Print a list of cards in place of the table, without numbers and heads."""
    cards = []
    for row in _ROW.findall(html):
        cells = _CELL.findall(row)
        if "<th" in row:
            continue
        said = [re.sub(r"^<td[^>]*>|</td>$", "", cell) for cell in cells]
        told = f"<span>{said[2]}</span> <em>{said[3]}</em> <i>조회 {said[4]}</i>"
        cards.append(f"<li><h3>{said[1]}</h3><p>{told}</p></li>")
    start, end = html.index("<table"), html.index("</table>") + len("</table>")
    return html[:start] + '<ul class="cards">' + "\n".join(cards) + "</ul>" + html[end:]


def relinked(html: str) -> str:
    """Write links as paths with another id: each 7 above the old one, so that new ids were others' before."""
    return re.sub(
        r'href="/index\.php\?mid=news&amp;document_srl=(\d+)[^"#]*',
        lambda found: f'href="/articles/{int(found[1]) + 7}',
        html,
    )


def everything(html: str) -> str:
    """Change names, columns and links at once."""
    return relinked(renamed(swapped(widened(html))))


DRESSES: dict[str, Dress] = {
    "other names": renamed,
    "columns swapped": swapped,
    "columns added": widened,
    "a list for a table": as_list,
    "other links": relinked,
    "a list with other links": lambda html: relinked(as_list(html)),
    "everything": everything,
}

_BOX = "<form><input name=id><input type=password name=pw></form>"
_SCRIPT = "<script src=/cdn-cgi/challenge-platform/x.js></script>"
WALLS: dict[str, str] = {
    "login": f"<!doctype html><h1>로그인</h1><p>로그인이 필요합니다.</p>{_BOX}",
    "challenge": f"<!doctype html><title>Just a moment...</title><p>Checking your browser</p>{_SCRIPT}",
    "error": "<!doctype html><title>오류</title><h1>오류</h1><p>Database error: connect error</p>",
    "maintenance": "<!doctype html><title>점검</title><h1>서버 점검 중입니다</h1>",
    "menus": "<!doctype html><ul><li><a href=/a>회사 소개</a><li><a href=/b>오시는 길</a><li><a href=/c>문의</a></ul>",
}


def _by_row(html: str, order: Callable[[list[str]], list[str]]) -> str:
    def row(found: re.Match[str]) -> str:
        cells = _CELL.findall(found[1])
        if cells and cells[0].startswith("<th"):
            heads = order([*cells, ""])[: len(cells) + 3]
            return "<tr>" + "\n".join(head.replace("<td", "<th").replace("</td>", "</th>") for head in heads) + "</tr>"
        return f"<tr>{''.join(order(cells))}</tr>" if len(cells) > 4 else found[0]

    return _ROW.sub(row, html)
