"""The shapes of dates, in the languages boards are written in. What a date means is not known here."""

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 200
"""Characters beyond which a text is a paragraph and no cell of a list."""
LETTER: Final = re.compile(r"[^\W_]")

_TIME: Final = r"(?:(?:오전|오후|午前|午後|上午|下午)\s*)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]\.?m\b\.?)?"
_SPELT_TIME: Final = r"\d{1,2}\s?[시時时]\s?\d{1,2}\s?[분分](?:\s?\d{1,2}\s?[초秒])?"
_THEN_TIME: Final = rf"(?:,?\s*(?:at\s+|um\s+)?{_TIME})?"
_WEEKDAY: Final = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_DAY_IN_BRACKETS: Final = rf"(?:\s*\(?(?:[월화수목금토일月火水木金土日]|{_WEEKDAY})\)?\.?,?)?"
_ENGLISH_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_MONTH: Final = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|janv|fév|fev|avr|juin|juil|août|déc|ene|abr|"
    r"ago|dic|янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек|มกรา|กุมภา|มีนา|เมษา|พฤษภา|มิถุนา|กรกฎา|"
    r"สิงหา|กันยา|ตุลา|พฤศจิกา|ธันวา|tháng)\w*\.?"
)
_UNIT: Final = (
    r"(?:초|분|시간|일|주|주일|개월|달|년|秒|分|分钟|分鐘|時間|小时|小時|日|天|週間|周|个月|個月|ヶ月|か月|年|"
    r"sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?|giây|phút|giờ|ngày|tuần|tháng|năm|"
    r"วินาที|นาที|ชั่วโมง|วัน|сек\w*|мин\w*|час\w*|дн\w*|день|недел\w*|sekunden?|minuten?|stunden?|tage?n?|"
    r"wochen?|secondes?|heures?|jours?|semaines?|segundos?|minutos?|horas?|días?|semanas?|mo|yr|[smhdw])"
)
_NEAR: Final = (
    r"(?:yesterday|today|heute|gestern|hier|aujourd'hui|ayer|hoy|вчера|сегодня|hôm qua|hôm nay|เมื่อวาน|วันนี้|"
    r"어제|오늘|그제|그저께|昨日|今日|一昨日|昨天|今天|前天)"
)
_NOW: Final = r"(?:방금|방금 전|지금|たった今|刚刚|剛剛|刚才|just now|now|gerade eben|только что|vừa xong)"

# Shapes that no other text has: they may stand among words.
_ANYWHERE: Final = (
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|\s?[+-]\d{2}:?\d{2})?",
    rf"\d{{4}}\s?[.\-/]\s?\d{{1,2}}\s?[.\-/]\s?\d{{1,2}}\.?(?!\d){_DAY_IN_BRACKETS}{_THEN_TIME}",
    rf"(?:(?:令和|平成|昭和|民国|民國)\s?(?:元|\d{{1,3}})|\d{{2,4}})\s?[년年]\s?\d{{1,2}}\s?[월月]\s?\d{{1,2}}\s?[일日]{_DAY_IN_BRACKETS}(?:\s*(?:{_TIME}|{_SPELT_TIME}))?",
    rf"(?<![\d.])\d{{1,2}}[.\-/]\d{{1,2}}[.\-/]\d{{4}}(?!\d){_THEN_TIME}",
    rf"(?<![\d.,])\d{{2}}[.\-/]\d{{1,2}}[.\-/]\d{{1,2}}\.?(?![\d.,]){_THEN_TIME}",
    rf"(?:\b{_WEEKDAY},?\s+)?\b{_ENGLISH_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\s+\d{{4}})?{_THEN_TIME}",
    rf"(?:\b{_WEEKDAY},?\s+)?\b\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:de\s+)?{_MONTH},?\s+(?:de\s+)?\d{{4}}(?:\s*г\.)?{_THEN_TIME}",
    rf"(?<!\d)\d{{1,3}}\s?{_UNIT}\s?(?:전|前|ago|trước|ที่แล้ว|ที่ผ่านมา|назад)",
    rf"\b(?:an?|one|few)\s+{_UNIT}\s+ago\b",
    rf"\b(?:vor|hace|il y a)\s+(?:\d{{1,3}}|einer?|eine[mr]|una?|une?)\s+{_UNIT}",
    rf"{_NEAR},?\s*(?:(?:at|um|à|в|lúc)\s+)?{_TIME}",
)
# Shapes that other texts have as well: they must be the whole text.
_ALONE: Final = (
    rf"\d{{1,2}}\s?(?:[-/]\s?\d{{1,2}}|\.\s?\d{{2}})\.?(?:,?\s+{_TIME})?",
    rf"\d{{1,2}}[월月]\s?\d{{1,2}}[일日](?:\s*{_TIME})?",
    _TIME,
    _NEAR,
    _NOW,
    r"\d{1,3}\s?(?:[smhdwy]|mo|min|hr?s?)",
    rf"\d{{1,2}}\.?\s+{_MONTH}",
    rf"{_MONTH}\s+\d{{4}}",
    r"\d{4}[.\-/]\d{1,2}",
)
_TIME_ONLY: Final = re.compile(_TIME, re.IGNORECASE)
_AMONG_WORDS: Final = re.compile("|".join(f"(?:{shape})" for shape in _ANYWHERE), re.IGNORECASE)
_WHOLE: Final = re.compile("|".join(f"(?:{shape})" for shape in _ALONE), re.IGNORECASE)
_WORTH_A_LOOK: Final = re.compile(rf"\d|{_NEAR}|{_NOW}|\b(?:an?|one|few|vor|hace|il y a)\b", re.IGNORECASE)


def date_span(text: str) -> tuple[int, int] | None:
    """Return where in *text* a date stands, None where none does; ``04-20`` or ``13:05`` must be the whole text.

    >>> date_span("등록일: 2024.04.20 조회 5"), date_span("04-20"), date_span("4-3 승리")
    ((5, 15), (0, 5), None)
    """
    return None if len(text) > LONGEST else _date_span(text)


@lru_cache(maxsize=4096)  # several candidate regions read the same rows
def _date_span(text: str) -> tuple[int, int] | None:
    if not _WORTH_A_LOOK.search(text):
        return None
    found = _WHOLE.fullmatch(text) or _AMONG_WORDS.search(text)
    return found.span() if found else None


def is_date(text: str) -> bool:
    """Whether *text* is a date and nothing else worth a word."""
    span = date_span(text)
    return span is not None and not LETTER.search(text[: span[0]] + text[span[1] :])


def is_time(text: str) -> bool:
    """Whether *text* is a time of day alone: ``18:23``, ``오후 3:15``."""
    return _TIME_ONLY.fullmatch(text) is not None
