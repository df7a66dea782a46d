"""Days spelt in words and in other years than ours → one plain spelling, before the closed list is asked.

Months of languages other than English, Japanese eras, the years of the Republic of China and of Buddha: nothing here
is guessed, every name has one meaning.
"""

import re
from collections.abc import Mapping

_ERAS: Mapping[str, int] = {"令和": 2018, "平成": 1988, "昭和": 1925, "民国": 1911, "民國": 1911}
_ERA = re.compile(rf"({'|'.join(_ERAS)})\s*(元|\d{{1,3}})\s*年")
_BUDDHA = range(2400, 2700)
_BUDDHIST_YEARS = 543

# Folded beginnings that tell a month of one language or more from all others; the longest that fits decides.
_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "januar jän janv ener enero янв ม.ค มกรา",
            "februar fév févr febr фев ก.พ กุมภา",
            "märz mär mars marzo мар มี.ค มีนา",
            "april avr avril abr abril апр เม.ย เมษา",
            "mai mayo мая май พ.ค พฤษภา",
            "juni juin junio июн มิ.ย มิถุ",
            "juli juil juillet julio июл ก.ค กรกฎา",
            "august août aou ago agosto авг ส.ค สิงหา",
            "september sept septembre septiembre сен ก.ย กันยา",
            "oktober okt oct octobre octubre окт ต.ค ตุลา",
            "november nov novembre noviembre ноя พ.ย พฤศจิ",
            "dezember dez déc décembre dic diciembre дек ธ.ค ธันวา",
        ),
        start=1,
    )
    for name in names.split()
}
_NAMED = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\.?\s+(?:de\s+)?(?P<name>[^\W\d_][^\s\d,]{2,13}?)\.?,?\s+(?:de\s+)?(?P<year>\d{4})(?:\s*г\.?|\s*р\.?)?(?!\d)"
)
_VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2})\s+tháng\s+(\d{1,2}),?\s+(?:năm\s+)?(\d{4})(?!\d)")


def plain(text: str) -> str:
    """Return folded *text* with days and years as the closed list has them; what is not known stays.

    >>> plain("令和6年4月20日"), plain("20. april 2024"), plain("20 เมษายน 2567")
    ('2024年4月20日', '2024-4-20', '2024-4-20')
    """
    text = _ERA.sub(lambda found: f"{_ERAS[found[1]] + (1 if found[2] == '元' else int(found[2]))}年", text)
    text = _VIETNAMESE.sub(r"\3-\2-\1", text)
    return _NAMED.sub(_day, text)


def _day(found: re.Match[str]) -> str:
    name = found["name"]
    month = next((_MONTHS[name[:size]] for size in range(len(name), 2, -1) if name[:size] in _MONTHS), None)
    if month is None:
        return found[0]
    year = int(found["year"])
    return f"{year - _BUDDHIST_YEARS if year in _BUDDHA else year}-{month}-{found['day']}"
