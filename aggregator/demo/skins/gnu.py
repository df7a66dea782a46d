"""The Gnuboard-like skin: notices first on the first page, HH:MM today else MM-DD, counters beside the title."""

from datetime import timedelta
from html import escape

from aggregator.demo.board import Line, Post
from aggregator.demo.skins.view import PAGES_LISTED, View

NEW_FOR = timedelta(days=1)


def html(view: View) -> str:
    """The page of a Gnuboard-like board: dates without a year, links absolute, the page number last in them."""
    labels, name = view.labels, escape(view.board.name)
    article = _article(view, view.current) if view.current else ""
    return f"""<!doctype html>
<html lang="{view.board.language}">
<head>
{view.charset_meta}<meta http-equiv="X-UA-Compatible" content="IE=edge">
<title>{view.title} {view.page.n}</title>
</head>
<body>
<div id="hd">
<div id="skip_to"><a href="#container">{labels.skip}</a></div>
<ul id="hd_menu">
<li><a href="{view.origin}{view.listing()}">{name}</a></li>
<li><a href="{view.origin}/bbs/login.php">{labels.login}</a></li>
</ul>
</div>
<hr>
<div id="container">
<h2><span title="{view.title}">{name}</span></h2>
{article}<div id="bo_list">
<div class="bo_total"><span>Total {view.page.total:,}</span> {view.page.n}</div>
{_table(view)}
{_pager(view)}
</div>
</div>
<div id="ft"><p>Copyright &copy; <b>{name}</b></p></div>
</body>
</html>
"""


def _article(view: View, post: Post) -> str:
    labels = view.labels
    return f"""<article id="bo_v">
<header><h2><span class="bo_v_tit">{escape(post.title)}</span></h2></header>
<section class="bo_v_info">
<span class="sound_only">{labels.source}</span> <strong>{escape(post.source)}</strong>
<span class="sound_only">{labels.views}</span> <strong>{post.views}</strong>
<strong class="if_date">{view.local(post.at):%y-%m-%d %H:%M}</strong>
</section>
<section class="bo_v_con"><p>{escape(post.title)}</p></section>
<ul class="bo_v_com"><li><a href="{view.origin}{view.listing(view.page.n)}">{labels.back}</a></li></ul>
</article>
"""


def _table(view: View) -> str:
    labels, unsorted = view.labels, view.origin + view.listing()
    empty = f'<tr><td colspan="5" class="empty_rows">{labels.empty}</td></tr>'
    rows = "\n".join(_row(view, line) for line in view.page.lines) or empty
    return f"""<div class="tbl_wrap">
<table>
<caption>{escape(view.board.name)} {labels.back}</caption>
<thead>
<tr>
<th scope="col">{labels.number}</th>
<th scope="col">{labels.title}</th>
<th scope="col">{labels.source}</th>
<th scope="col"><a href="{unsorted}&amp;sst=wr_hit&amp;sod=desc&amp;stx=">{labels.views} </a></th>
<th scope="col"><a href="{unsorted}&amp;sst=wr_datetime&amp;sod=desc&amp;stx=">{labels.date} </a></th>
</tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def _row(view: View, line: Line) -> str:
    post = line.post
    return f"""<tr class="{"row_notice" if post.pinned else "row"}">
<td class="td_num2">{_number(view, line)}</td>
<td class="td_subject">
<div class="tit">
<a href="{view.origin}{view.article(post, view.page.n)}">
{escape(post.title)}
</a>{_new(view, post)}{_comments(view, post)}
</div>
</td>
<td class="td_name"><span class="sv_member">{escape(post.source)}</span></td>
<td class="td_num">{post.views}</td>
<td class="td_date">{_date(view, post)}</td>
</tr>"""


def _number(view: View, line: Line) -> str:
    if view.is_current(line):
        return f'<span class="row_current">{view.labels.reading}</span>'
    if line.number is None:
        return f'<strong class="notice_icon">{view.labels.notice}</strong>'
    return str(line.number)


def _date(view: View, post: Post) -> str:
    local = view.local(post.at)
    return f"{local:%H:%M}" if local.date() == view.today else f"{local:%m-%d}"


def _new(view: View, post: Post) -> str:
    if view.now - post.at >= NEW_FOR:
        return ""
    return f'\n<span class="icon_new">N<span class="sound_only">{view.labels.new}</span></span>'


def _comments(view: View, post: Post) -> str:
    if not post.comments:
        return ""
    return f'\n<span class="cnt_cmt">{post.comments}</span><span class="sound_only"> {view.labels.comments}</span>'


def _pager(view: View) -> str:
    here, last = view.page.n, view.page.last
    block = (here - 1) // PAGES_LISTED * PAGES_LISTED
    listed = range(block + 1, min(last, block + PAGES_LISTED) + 1)
    links = [
        f'<strong class="pg_current">{n}</strong>' if n == here else _page_link(view, n, str(n), "pg_page")
        for n in listed
    ]
    if block + PAGES_LISTED < last:
        links.append(_page_link(view, block + PAGES_LISTED + 1, view.labels.next, "pg_page pg_next"))
        links.append(_page_link(view, last, view.labels.last, "pg_page pg_end"))
    return '<nav class="pg_wrap"><span class="pg">' + "\n".join(links) + "</span></nav>"


def _page_link(view: View, n: int, text: str, classes: str) -> str:
    return f'<a href="{view.origin}{view.listing(n)}" class="{classes}">{text}</a>'
