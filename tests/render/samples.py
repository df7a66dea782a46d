"""Feeds made by hand for the tests: twenty real headlines, hostile titles, and the smallest change of either."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from aggregator.model import Entry, Feed

PUBLIC_URL = "https://feeds.example.org"
SEEN = datetime(2024, 4, 20, 4, 30, tzinfo=UTC)

HEADLINES = (
    "미국·유럽 반도체 보조금 경쟁 가열",
    "일본, AI 데이터센터에 10조 원 투자 유치",
    "[단독] 의대 증원 규모 대학 자율에 맡긴다",
    "국민연금 개혁안 '더 내고 더 받기' 다수안",
    "코스피 2,600선 회복…외국인 순매수",
    "“전기요금 동결” vs “인상 불가피”",
    "R&D 예산 삭감 1년, 현장은 지금",
    "<KBS뉴스> 오늘의 주요 뉴스",
    "서울 낮 최고 27도…주말 전국 비",
    "똠방각하 펲시콜라 — 사라진 상표들",
    "환율 1,380원대 마감",
    "전세 사기 특별법 본회의 통과",
    "3분기 성장률 0.6% ↑ 수출이 견인",
    "프로야구 개막 한 달, 100만 관중",
    "AT&T 정보 유출 7,300만 명",
    "中 관광객 돌아온 명동 거리",
    "기시다 총리 국빈 방미 결산",
    "새 도서정가제 5월 시행",
    "초등 늘봄학교 2학기 전면 확대",
    "우주항공청 직원 1차 공모 시작",
)

HOSTILE = (
    "",
    "   \t\r\n ",
    "\u200b\u200d\ufeff",
    "\u3164\u115f",
    "\x00",
    "제\x01목\x08에\x0b제어\x0c문자\x1f",
    "\ud800 lone \udfff surrogates",
    "\ufffe\uffff\ufffd\U0001fffe noncharacters",
    "C1 \x80\x85\x9f controls \x7f",
    "<script>alert(1)</script>",
    "<b>bold</b> & <i>italic</i>",
    "<!-- comment --> <!DOCTYPE html> <?php ?>",
    "]]>",
    "<![CDATA[ x ]]>",
    "a ]]> b <![CDATA[ c",
    "&nbsp; &amp; &lt;b&gt; &#0; &#xD800; &bogus;",
    "&amp;amp;",
    "100% < 200% > 50% & 'quotes' \"double\"",
    "가" * 1_000_000,
    "<" * 5_000,
    "e\u0301" * 3_000,
    "\u0301" * 9_000,
    "\u202eevil txt.exe\u202c \u2066isolate\u2069 \u200f",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇰🇷 😀",
    "ᄒ\x00\u1161\u11ab 조합형 자모",
    "http://example.org/?a=1&b=2",
    "javascript:alert(1)",
    "\u2028line\u2029separators\u0085",
    "{{7*7}} ${7*7} %s %n {0}",
    "' OR 1=1 --",
    "\\u0000 \\x00 \\n",
    "-",
    "=cmd|' /C calc'!A0",
    "العربية עברית ไทย हिन्दी",
    "Z̸͖̀a̵͎͝l̶̢̛g̴̱̀o̸̰͗",
)


def hostile_titles(count: int = 100) -> list[str]:
    """The hostile titles and, up to ``count``, mixtures of them, the same at every call."""
    mixer = random.Random(1)  # noqa: S311 - reproducible, not secret
    mixed = (" ".join(mixer.sample(HOSTILE, 3))[:5_000] for _ in range(count - len(HOSTILE)))
    return [*HOSTILE, *mixed]


def entry(number: int = 1, **given: Any) -> Entry:  # noqa: ANN401 - any field of an entry
    """An entry of the news board; the higher its number, the newer."""
    published = SEEN - timedelta(hours=1) + timedelta(seconds=number)
    usual: dict[str, Any] = {
        "guid": f"tag:feeds.example.org,2024:1/{number}",
        "arrival": number,
        "board": "news",
        "board_name": "종합 뉴스",
        "board_url": "https://board.example.kr/news",
        "title": HEADLINES[number % len(HEADLINES)],
        "updated": published + timedelta(microseconds=number),
        "first_seen": SEEN,
        "number": 11_200 + number,
        "source": "랭크뉴스",
        "published": published,
        "precision": "minute",
        "url": f"https://board.example.kr/news/{11_200 + number}",
        "timezone": "Asia/Seoul",
    }
    return Entry(**{**usual, **given})


def feed(entries: Iterable[Entry] = (), **given: Any) -> Feed:  # noqa: ANN401 - any field of a feed
    """A feed of all headlines holding ``entries``."""
    entries = tuple(entries)
    usual = Feed(
        id="tag:feeds.example.org,2024:feed/all",
        title="All headlines",
        subtitle="Every headline of every board, newest first",
        page_url=f"{PUBLIC_URL}/feed",
        feed_urls={ending: f"{PUBLIC_URL}/feed.{ending}" for ending in ("rss", "atom", "json")},
        updated=max((entry.updated for entry in entries), default=SEEN),
        entries=entries,
    )
    return structs.replace(usual, **given)


def titled(titles: Iterable[str]) -> Feed:
    """A feed with one entry a title, in their order."""
    titles = list(titles)
    return feed(entry(len(titles) - place, title=title) for place, title in enumerate(titles))
