"""The charset ladder: what bytes say is believed before what labels say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import listing

KOREAN = "<html><body>번호 제목 글쓴이 날짜 북, 전략순항미사일 발사 벚나무 보며 슬픔 삭였는데</body></html>"
JAPANESE = "<html><body>番号 件名 投稿者 投稿日 新しい図書館が来月開館します カタカナのお知らせ</body></html>"
SIMPLIFIED = "<html><body>编号 标题 作者 日期 关于举办春季运动会的通知 我校学生在数学竞赛中获得佳绩</body></html>"
TRADITIONAL = "<html><body>編號 標題 作者 日期 關於舉辦春季運動會的通知 我校學生在數學競賽中獲得佳績</body></html>"


@pytest.mark.parametrize(
    ("text", "codec", "charset"),
    [
        (KOREAN, "cp949", "euc-kr"),
        (JAPANESE, "cp932", "shift_jis"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (KOREAN, "utf-8", "utf-8"),
        (KOREAN, "utf-8-sig", "utf-8"),
        (KOREAN, "utf-16", "utf-16le"),
    ],
)
def test_unlabelled_bytes_are_read_by_their_likeness(text: str, codec: str, charset: str) -> None:
    """Without any label the script tells the charset."""
    found = listing.decode(text.encode(codec), None)
    assert (found.text, found.charset) == (text, charset)


@pytest.mark.parametrize("label", ["utf-8", "iso-8859-1", "windows-1252", "shift_jis", "nonsense", "euc-kr"])
def test_a_label_cannot_spoil_korean_bytes(label: str) -> None:
    """CP949 is read as CP949 whatever the header claims."""
    found = listing.decode(KOREAN.encode("cp949"), f"text/html; charset={label}")
    assert (found.text, found.charset) == (KOREAN, "euc-kr")


@pytest.mark.parametrize("label", ["euc-kr", "ks_c_5601-1987", "windows-949", "UHC"])
def test_every_name_of_the_korean_charset_reads_every_syllable(label: str) -> None:
    """All 11,172 syllables survive, those outside KS X 1001 too."""
    syllables = "".join(chr(code) for code in range(0xAC00, 0xD7A4))
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={label}">'.encode()
    assert listing.decode(head + syllables.encode("cp949"), None).text.endswith(syllables)


def test_a_lying_label_is_a_fault() -> None:
    """UTF-8 behind a ``euc-kr`` label is read, and said."""
    found = listing.decode(KOREAN.encode(), "text/html; charset=euc-kr")
    assert (found.charset, found.faults) == ("utf-8", ("labelled euc-kr, is utf-8",))


def test_a_character_cut_off_at_the_end_is_left_out_and_said() -> None:
    """A body that ends in the middle of a character is still strict UTF-8 up to there."""
    found = listing.decode("제목".encode()[:-1], None)
    assert (found.text, found.faults) == ("제", ("cut off in the middle of a character",))


def test_a_stray_byte_does_not_change_the_charset() -> None:
    """One broken byte in a long UTF-8 page is replaced, with a fault."""
    found = listing.decode(KOREAN.encode() * 20 + b"\xff", "text/html")
    assert (found.charset, found.text.count("\ufffd"), len(found.faults)) == ("utf-8", 1, 1)


def test_western_and_cyrillic_labels_are_followed_where_nothing_speaks_against_them() -> None:
    """Single-byte charsets can only be known from their label."""
    russian = "Новости города и области, объявления и события недели"
    assert listing.decode(russian.encode("cp1251"), "text/html; charset=windows-1251").text == russian
    assert listing.decode("Café crème".encode("cp1252"), "text/html; charset=iso-8859-1").text == "Café crème"


@given(st.binary(max_size=400), st.none() | st.text(max_size=40))
def test_decoding_never_raises(body: bytes, content_type: str | None) -> None:
    """Any bytes under any label become text."""
    assert listing.decode(body, content_type).charset


@given(st.text(max_size=200).filter(lambda text: "\ufeff" not in text))
def test_utf_8_is_read_back_as_it_was(text: str) -> None:
    """Whatever was encoded as UTF-8 is decoded to itself, unless it looks like another charset's escape codes."""
    body = text.encode("utf-8", "ignore")
    assert listing.decode(body, None).text == body.decode()
