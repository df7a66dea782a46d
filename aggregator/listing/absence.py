"""Why a page without a listing has none: broken is not empty.

An empty list is an answer of the board. A login, a challenge, a maintenance notice or an error served with status 200
is none, and says nothing of the headlines that stood there before.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from aggregator.listing.headers import Headers, columns
from aggregator.listing.markup import TEXT, Outline
from aggregator.listing.words import phrases
from aggregator.model import Absence

_SAID_LIMIT_CHARS: Final = 80
# A page that says more than this is no notice that stands in a list's place.
_NOTICE_LIMIT_CHARS: Final = 3_000
_BARE_LIMIT_CHARS: Final = 200

_EMPTY: Final = phrases("""
    게시물이 없습니다 | 게시글이 없습니다 | 글이 없습니다 | 등록된 자료가 없습니다 | 자료가 없습니다 |
    데이터가 없습니다 | 검색 결과가 없습니다 | 검색결과가 없습니다 | 내용이 없습니다 |
    게시물이 존재하지 않습니다 | no posts | no articles | no topics | no threads | no entries | no results |
    no data | no items | nothing found | nothing to see | there are no | has no posts | 記事がありません |
    投稿はありません | 投稿がありません | 見つかりませんでした | データがありません | 暂无 | 暫無 |
    没有帖子 | 沒有文章 | 没有找到 | 沒有資料 | không có bài | không có dữ liệu | không tìm thấy |
    нет сообщений | нет тем | нет записей | ничего не найдено | keine beiträge | keine einträge |
    keine themen | keine ergebnisse | aucun message | aucun sujet | aucun article | aucun résultat |
    no hay mensajes | no hay temas | sin resultados | ไม่มีข้อมูล | ไม่พบ | ไม่มีกระทู้
""")
_LOGIN: Final = phrases("""
    로그인 | 회원만 | 권한이 없습니다 | 접근 권한 | log in | login | sign in | members only | permission |
    ログイン | 登录 | 登錄 | 登入 | đăng nhập | войти | войдите | авторизация | anmelden | einloggen |
    connexion | se connecter | iniciar sesión | เข้าสู่ระบบ
""")
_MAINTENANCE: Final = phrases("""
    점검 중 | 점검중 | 시스템 점검 | 서비스 점검 | 준비 중입니다 | 준비중입니다 | maintenance |
    be back soon | be right back | under construction | メンテナンス | 维护 | 維護 | bảo trì |
    технические работы | wartung | mantenimiento | ปิดปรับปรุง
""")
_ERROR: Final = phrases("""
    fatal error | parse error | internal server error | bad gateway | service unavailable | gateway time |
    not found | connect error | connection refused | database error | sqlstate | mysql | an error occurred |
    something went wrong | 오류 | 존재하지 않는 | 찾을 수 없습니다 | 잘못된 접근 | 삭제되었거나 | 차단 |
    forbidden | access denied | エラー | 错误 | 錯誤 | не найдена | ошибка | fehler | erreur | error
""")
_CHALLENGE: Final = re.compile(
    r"(?i)cf[-_]chl|challenge-platform|cf-turnstile|g-recaptcha|h-captcha|hcaptcha\.com|_incapsula_|sucuri_cloudproxy"
    r"|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|just a moment\.\.\.|ddos-guard|자동입력 방지"
)
_PASSWORD: Final = re.compile(r"(?i)<input\b[^>]{0,400}\btype\s*=\s*['\"]?password")
_ALERT: Final = re.compile(r"""alert\(\s*(["'])(.{2,200}?)\1\s*\)""")


class Found(NamedTuple):
    """What stands in a list's place, and the words that say so."""

    kind: Absence
    said: str


def absence(text: str, outline: Outline) -> Found | None:
    """Return why a page on which no listing was found has none; None where nothing on it says so.

    An empty list is said in a sentence of its own, and wins over the login box that many pages carry beside it.

    >>> from aggregator.listing.markup import parse
    >>> page = "<table><tr><td>게시물이 없습니다.</td></tr></table>"
    >>> absence(page, parse(page)).kind
    'empty'
    """
    told = [" ".join(node.text.split()) for node in outline.nodes if node.tag == TEXT]
    whole = " ".join(told)
    alert = _ALERT.search(text) if len(whole) < _BARE_LIMIT_CHARS else None
    if alert is not None:
        told.append(alert[2])
    seen = chain(_all(text, told), _heads_alone(outline)) if len(whole) < _NOTICE_LIMIT_CHARS else _empty(told)
    return next((Found(kind, said) for kind, said in seen if said is not None), None)


def _heads_alone(outline: Outline) -> Iterator[tuple[Absence, str | None]]:
    """A table's heads beyond doubt, with nothing below them."""
    nodes = outline.nodes
    for at, node in enumerate(nodes):
        if node.tag == "tr" and Headers(columns(outline, at)).title:
            table = next((up for up in outline.ancestors(at) if nodes[up].tag == "table"), at)
            yield "empty", None if outline.text(node.end, nodes[table].end) else outline.text(at, node.end)


def _empty(told: list[str]) -> Iterator[tuple[Absence, str | None]]:
    yield "empty", _saying(told, _EMPTY)


def _all(text: str, told: list[str]) -> Iterator[tuple[Absence, str | None]]:
    challenge = _CHALLENGE.search(text)
    yield "challenge", None if challenge is None else challenge[0]
    yield from _empty(told)
    asks = _PASSWORD.search(text) or _ALERT.search(text)
    yield "login", _saying(told, _LOGIN) if asks else None
    yield "maintenance", _saying(told, _MAINTENANCE)
    yield "error", _saying(told, _ERROR)


def _saying(told: list[str], words: frozenset[str]) -> str | None:
    """The first short text that holds one of *words*: a sentence of the board, not a story about one."""
    short = (text for text in told if len(text) <= _SAID_LIMIT_CHARS)
    return next((text for text in short if any(word in text.lower() for word in words)), None)
