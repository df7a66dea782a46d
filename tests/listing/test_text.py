"""Listings pasted as plain text."""

from aggregator import listing

BLANKS = """기사 본문이 먼저 나온다. 2024년 4월의 일이다.

번호 제목 글쓴이 날짜
공지 이용 안내 운영자 2023.11.02
1,203 인천 길거리서 흉기 휘두르던 20대 체포 김&이 기자 2024.04.20
» »»» 벚나무 보며 슬픔 삭였는데…두 번째 딸도 떠났다 랭크뉴스 2024.04.20
1,201 코스피 2,874.95 마감 김&이 기자 2024.04.19
1,200 조국, 유감 표명 [5] 랭크뉴스 2024.04.19

끝."""


def test_blanks_alone_part_the_columns() -> None:
    """A number, a title, the source that repeats and a date; a name of two words stays whole."""
    rows = listing.read(BLANKS, None).rows
    assert [row.source for row in rows] == ["운영자", "김&이 기자", "랭크뉴스", "김&이 기자", "랭크뉴스"]
    assert [row.title for row in rows][1:3] == [
        "인천 길거리서 흉기 휘두르던 20대 체포",
        "벚나무 보며 슬픔 삭였는데…두 번째 딸도 떠났다",
    ]


def test_marks_stand_for_numbers() -> None:
    """``»`` is the open row, whose number its neighbours leave; a notice word is a pinned row."""
    rows = listing.read(BLANKS, None).rows
    assert [row.number for row in rows] == [None, 1203, 1202, 1201, 1200]
    assert [(row.pinned, row.current) for row in rows][:3] == [(True, False), (False, False), (False, True)]


def test_tabs_and_counters_after_the_date_are_understood() -> None:
    """A table copied from a browser has tabs, and views behind the date."""
    lines = ["No.\tSubject\tName\tDate\tHit"]
    lines += [
        f"{9 - at}\tLetters: what readers think, part {at}\tOld Tom\tApr {20 - at}, 2024\t{at * 31}" for at in range(5)
    ]
    rows = listing.read("\n".join(lines), None).rows
    assert (rows[0].number, rows[0].source, rows[0].date_text) == (9, "Old Tom", "Apr 20, 2024")
    assert rows[4].title == "Letters: what readers think, part 4"


def test_prose_is_no_listing() -> None:
    """Sentences with dates in them are not rows."""
    prose = "\n".join(
        f"The council met on April {day}, 2024 and talked for hours about the bridge." for day in range(2, 9)
    )
    assert listing.read(prose, None).rows == ()


def test_no_source_is_invented_where_nothing_repeats() -> None:
    """Without a header and without repeated endings the whole middle is the title."""
    rows = listing.read(
        "3 Ferry timetable changes 2024-04-20\n2 School wins cup 2024-04-19\n1 Night buses extended 2024-04-18", None
    ).rows
    assert (rows[0].title, rows[0].source) == ("Ferry timetable changes", None)
