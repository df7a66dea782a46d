"""What a request's headers ask of a representation: which coding, and whether the client has it already (RFC 9110)."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

_ETAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def has_current(if_none_match: str | None, if_modified_since: str | None, etag: str, changed: datetime | None) -> bool:
    """Whether the client's copy is the representation with this ``etag``, last ``changed`` then.

    Entity tags are compared weakly, and where they are given the date is not asked (RFC 9110 §13.1.2, §13.2.2). A date
    that is none is ignored; one later than ours is as good as ours.

    >>> has_current('W/"b", "a"', None, '"a"', None)
    True
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or etag in _ETAG.findall(if_none_match)
    since = _date(if_modified_since)
    return since is not None and changed is not None and changed.replace(microsecond=0) <= since


def wants_gzip(accept_encoding: str | None) -> bool:
    """Whether gzip is acceptable and not liked less than no coding at all (RFC 9110 §12.5.3).

    >>> wants_gzip("deflate, gzip;q=0.5"), wants_gzip("gzip;q=0, *"), wants_gzip(None)
    (True, False, False)
    """
    weights = dict(map(_weighed, (accept_encoding or "").lower().split(",")))
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _weighed(offer: str) -> tuple[str, float]:
    coding, _, parameter = offer.partition(";")
    if not parameter.strip():
        return coding.strip(), 1.0
    weight = _WEIGHT.fullmatch(parameter.strip())
    return coding.strip(), float(weight[1]) if weight else 0.0


def _date(written: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(written or "")
    except ValueError:
        return None
    return date if date.tzinfo is not None else None
