"""What a request's headers ask of a representation: which coding, and whether the client has it already (RFC 9110)."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from aggregator.packing import CODINGS, Coding

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
        return if_none_match.strip() == "*" or etag in tags(if_none_match)
    if if_modified_since is None or changed is None:
        return False
    since = _date(if_modified_since)
    return since is not None and changed.replace(microsecond=0) <= since


@lru_cache(1_024)
def tags(if_none_match: str | None) -> tuple[str, ...]:
    """The entity tags of a list, weak ones like strong ones.

    >>> tags('W/"b", "a"')
    ('"b"', '"a"')
    """
    return tuple(_ETAG.findall(if_none_match or ""))


def manipulations(a_im: str | None) -> list[str]:
    """What may be done to an answer that the client knows in part (RFC 3229 §10.5.3).

    >>> manipulations("feed, vcdiff;q=0")
    ['feed']
    """
    wanted = map(_weighed, (a_im or "").lower().split(","))
    return [name for name, weight in wanted if weight > 0]


@lru_cache(256)
def wanted_coding(accept_encoding: str | None) -> Coding | None:
    """The coding the client likes best, None where that is none at all (RFC 9110 §12.5.3).

    Of codings it likes alike the smallest is taken; what it does not name it likes as ``*``.

    >>> wanted_coding("deflate, gzip;q=0.5"), wanted_coding("gzip, br"), wanted_coding("gzip;q=0"), wanted_coding(None)
    ('gzip', 'br', None, None)
    """
    if not accept_encoding:
        return None
    weights = dict(map(_weighed, accept_encoding.lower().replace("x-gzip", "gzip").split(",")))
    liked = {coding: weights.get(coding, weights.get("*", 0.0)) for coding in CODINGS}
    best = max(CODINGS, key=liked.__getitem__)
    return best if liked[best] > 0 and liked[best] >= weights.get("identity", 0.0) else None


def _weighed(offer: str) -> tuple[str, float]:
    coding, _, parameter = offer.partition(";")
    if not parameter.strip():
        return coding.strip(), 1.0
    weight = _WEIGHT.fullmatch(parameter.strip())
    return coding.strip(), float(weight[1]) if weight else 0.0


def _date(written: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else None
