"""The XE-like skin: a plain table, notices on every page, comment counts as a second link, » on the current row."""

from html import escape

from aggregator.demo.board import Line, Post
from aggregator.demo.skins.view import PAGES_LISTED, View


def html(view: View) -> str:
    """The page of an XE-like board: dates are whole days, links root-relative and carrying the page they stand on."""
    labels = view.labels
    article = _article(view, view.current) if view.current else ""
    return f"""<!DOCTYPE html>
<html lang="{view.board.language}">
<head>
{view.charset_meta}<meta name="generator" content="headline demo (XE-like)">
<title>{view.title}</title>
</head>
<body>
<p class="skip"><a href="#content">{labels.skip}</a></p>
<header class="top">
<h1><a href="/">{escape(view.board.name)}</a></h1>
<ul class="menu">
<li><a href="{view.listing()}">{escape(view.board.name)}</a></li>
<li><a href="/index.php?act=login">{labels.login}</a></li>
</ul>
</header>
<main id="content" class="board">
{article}{_table(view)}
{_pager(view)}
</main>
<footer><p>{escape(view.board.name)} · {labels.search}</p></footer>
</body>
</html>
"""


def _article(view: View, post: Post) -> str:
    labels = view.labels
    return f"""<div class="read">
<div class="read_head">
<h1><a href="{view.article(post)}">{escape(post.title)}</a></h1>
<p class="time">{view.local(post.at):%Y.%m.%d %H:%M}</p>
<p class="meta"><a href="#popup" class="author">{escape(post.source)}</a> <span>{labels.views}:{post.views}</span></p>
</div>
<div class="read_body"><p>{escape(post.title)}</p></div>
<p class="buttons"><a href="{view.listing(view.page.n)}">{labels.back}</a></p>
</div>
<div class="feedback" id="comment"><h2>{labels.comments} <em>{post.comments}</em></h2></div>
"""


def _table(view: View) -> str:
    labels, unsorted = view.labels, view.listing()
    rows = "\n".join(_row(view, line) for line in view.page.lines)
    return f"""<div class="board_list">
<table class="list" summary="List of Articles">
<thead>
<tr>
<th scope="col"><span>{labels.number}</span></th>
<th scope="col" class="title"><span>{labels.title}</span></th>
<th scope="col"><span>{labels.source}</span></th>
<th scope="col"><span><a href="{unsorted}&amp;sort_index=regdate&amp;order_type=desc">{labels.date}</a></span></th>
<th scope="col"><span>{labels.views}</span></th>
</tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def _row(view: View, line: Line) -> str:
    post = line.post
    return f"""<tr{' class="notice"' if post.pinned else ""}>
<td class="{"notice" if post.pinned else "no"}">{_number(view, line)}</td>
<td class="title">
<a href="{view.article(post, view.page.n)}">{escape(post.title)}</a>{_comments(view, post)}
</td>
<td class="author"><a href="#popup" class="member_{post.id % 9}">{escape(post.source)}</a></td>
<td class="time">{view.local(post.at):%Y.%m.%d}</td>
<td class="m_no">{post.views}</td>
</tr>"""


def _number(view: View, line: Line) -> str:
    if view.is_current(line):
        return "»"
    return view.labels.notice if line.number is None else str(line.number)


def _comments(view: View, post: Post) -> str:
    if not post.comments:
        return ""
    return (
        f'\n<a href="{view.article(post, view.page.n)}#comment" class="reply_num" title="Replies">[{post.comments}]</a>'
    )


def _pager(view: View) -> str:
    labels, here, last = view.labels, view.page.n, view.page.last
    first_listed = max(1, min(here - PAGES_LISTED // 2, last - PAGES_LISTED + 1))
    links = [
        f"<strong>{n}</strong>" if n == here else f'<a href="{view.listing(n)}">{n}</a>'
        for n in range(first_listed, min(last, first_listed + PAGES_LISTED - 1) + 1)
    ]
    return f"""<div class="pagination">
<a href="{view.listing()}" class="direction prev">{labels.first}</a>
{" ".join(links)}
<a href="{view.listing(last)}" class="direction next">{labels.last}</a>
</div>"""
