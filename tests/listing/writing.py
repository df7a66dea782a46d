"""Listings and the pages that print them: what the properties generate. Skins share no names, and few have any."""

from collections.abc import Callable, Sequence
from html import escape

from hypothesis import strategies as st
from msgspec import Struct

NAMES = ("랭크뉴스", "편집부", "김&이 기자", "<익명>", "Nora Vance")
HEADLINES = (
    "‘의대 증원’ 정부의 뒷걸음질, 출구 찾을까",
    "“마통까지 썼는데”… ‘비트코인 반감기’에 베팅한 개미들 패닉",
    "조국 “윤 대통령, 내가 제안한 만남도 수용하길”",
    '민주 "G7 초청 못 받은 尹정부, 외교안보 정책 성찰해야"',
    "고금리 촉발한 인플레이션 [한국 경제 짓누른 ‘新 3고’②]",
    "인천 길거리서 흉기 휘두르던 20대 체포",
    "Harbor bridge reopens after three years of repairs [3]",
    "Why <b> is not bold & other tales of markup",
)


class Post(Struct, frozen=True):
    """One document of a written board."""

    id: int
    number: int
    title: str
    source: str
    date: str
    comments: int


class Written(Struct, frozen=True):
    """A board's first page: posts newest first, of which the first ``pinned`` print a notice word, and the row open."""

    posts: tuple[Post, ...]
    pinned: int
    opened: int | None


@st.composite
def boards(draw: st.DrawFn) -> Written:
    """Return boards of 6 to 24 posts with falling ids and ranks, up to two pinned, perhaps one open in the middle."""
    size = draw(st.integers(6, 24))
    ids = sorted(draw(st.sets(st.integers(1000, 99_999), min_size=size, max_size=size)), reverse=True)
    top = draw(st.integers(size, 50_000))
    posts = tuple(
        Post(
            one,
            top - at,
            f"{draw(st.sampled_from(HEADLINES))} {one}호",
            draw(st.sampled_from(NAMES)),
            f"2024.04.{28 - at:02d}",
            draw(st.integers(0, 120)),
        )
        for at, one in enumerate(ids)
    )
    pinned = draw(st.integers(0, 2))
    return Written(posts, pinned, draw(st.none() | st.integers(pinned + 1, size - 2)))


def number(board: Written, at: int, sign: str = "»") -> str:
    """Return what the number's cell of row *at* prints."""
    if at < board.pinned:
        return "공지"
    return sign if at == board.opened else str(board.posts[at].number)


def table(board: Written) -> str:
    """Return a table with header cells and an image for the new."""
    head = "<tr><th>번호</th><th>제목</th><th>글쓴이</th><th>날짜</th><th>조회</th></tr>"
    rows = "".join(
        f'<tr><td>{number(board, at)}</td><td><a href="/read?mid=b&page=1&doc={post.id}">{escape(post.title)}</a>'
        f' <a href="/read?mid=b&page=1&doc={post.id}#c">[{post.comments}]</a></td><td>{escape(post.source)}</td>'
        f"<td>{post.date}</td><td>{post.id % 97}</td></tr>"
        for at, post in enumerate(board.posts)
    )
    return f"<table>{head}{rows}</table>{pager('/read?mid=b&page=%d')}"


def loose_table(board: Written) -> str:
    """Return a headerless table of an older time: lines between the rows, end tags and quotes left out."""
    rows = "<tr><td colspan=5 height=1>".join(
        f"<tr align=center><td>{number(board, at)}<td align=left>"
        f"<a href=view.php?id=b&no={post.id}>{escape(post.title)}</a> <font>[{post.comments}]</font>"
        f"<td><b>{escape(post.source)}</b><td>{post.date}<td>{post.id % 97}"
        for at, post in enumerate(board.posts)
    )
    return f"<table width=100%>{rows}</table>{pager('list.php?id=b&page=%d')}"


def items(board: Written) -> str:
    """Return a list whose items are one link each, with the counter and the name inside it."""
    rows = "".join(
        f'<li><a href="/b/{post.id}">{"<i>공지</i>" if at < board.pinned else ""}<strong>{escape(post.title)}</strong>'
        f"<em>[{post.comments}]</em><span>{escape(post.source)}</span><span>{post.date}</span></a></li>"
        for at, post in enumerate(board.posts)
    )
    return f"<ul>{rows}</ul>{pager('/b?page=%d')}"


def pager(form: str) -> str:
    """Return links to the second and third page beside a bare 1."""
    return "<p><b>1</b> " + " ".join(f'<a href="{escape(form % page)}">{page}</a>' for page in (2, 3)) + "</p>"


def page(body: str) -> str:
    """Return *body* between a menu and a footer."""
    menu = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("home", "news", "qna", "about"))
    return f"<!doctype html><html><body><ul>{menu}</ul>{body}<p>© <a href='/terms'>terms</a></p></body></html>"


def text(posts: Sequence[Post], current: int | None) -> str:
    """Return a listing as it is pasted: blanks between the columns."""
    rows = [
        f"{'»' if at == current else post.number} {post.title} {post.source.replace(' ', '')} {post.date}"
        for at, post in enumerate(posts)
    ]
    return "\n".join(["머리말 한 줄", "", "번호 제목 글쓴이 날짜", *rows])


SKINS: tuple[Callable[[Written], str], ...] = (table, loose_table, items)
