"""One link a document: what says where on the board a reader came from is dropped, what names the document stays."""

import re
from urllib.parse import unquote_plus

from yarl import URL

from aggregator.recipe import LinkRule

_SESSION = r"phpsessid|jsessionid|sid|sessid|session_?id|aspsessionid\w*|oscsid|zenid|cfid|cftoken"
_PAGER = r"page|pg|page_?no|page_?num|page_?index|cpage|curr?_?page|current_?page|now_?page|list_?page|divpage"
_ORDER = r"sort|sort_?index|sort_?by|order|order_?type|order_?by|sst|sod|sop|desc|asc|select_arrange|list_?style"
_SEARCH = (
    r"sfl|stx|spt|sca|keyword|search_?(?:target|keyword|key|word|type|text|condition|field|value|category|division_no)"
)
_TRACKING = r"utm_\w+|fbclid|gclid|msclkid|igshid|mc_cid|mc_eid|_ga"
_NOISE = re.compile(f"{_SESSION}|{_PAGER}|{_ORDER}|{_SEARCH}|{_TRACKING}", re.IGNORECASE)
# Zeroboard's search switches; under any other value these short names may well be a document's.
_SWITCH = re.compile(r"(?:sn|ss|sc)=(?:on|off)", re.IGNORECASE)
_PATH_SESSION = re.compile(rf";(?:{_SESSION})=[^/;]*", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_.:-]+")


def canonical_link(url: str, rule: LinkRule | None = None) -> str:
    """*url* as it is stored, served and compared: ASCII, without fragment, and the same however it was reached.

    Session, page, sort and search parameters, empty ones and trackers are dropped, the rest sorted; the parameter that
    *rule* names is always kept. Raises ValueError where *url* is not an absolute http(s) URL.

    >>> canonical_link("http://a.kr/b.php?page=2&wr_id=7&bo_table=news&stx=#c")
    'http://a.kr/b.php?bo_table=news&wr_id=7'
    """
    whole = URL(url.strip())
    if whole.scheme not in {"http", "https"} or not _HOST.fullmatch(whole.raw_host or ""):
        raise ValueError(f"not an absolute http(s) link: {url[:200]!r}")
    kept = rule.name if rule is not None and rule.where == "query" else None
    path = _PATH_SESSION.sub("", whole.raw_path)
    query = "&".join(sorted(_identifying(whole.raw_query_string, kept)))
    return str(whole.origin()) + path + (f"?{query}" if query else "")


def _identifying(query: str, kept: str | None) -> list[str]:
    parameters = [parameter for parameter in query.split("&") if parameter]
    if len(parameters) == 1 and "=" not in parameters[0]:
        # `read.php?12345`: the whole query is the document's name.
        return parameters
    return [parameter for parameter in parameters if _is_identifying(parameter, kept)]


def _is_identifying(parameter: str, kept: str | None) -> bool:
    name, _, value = parameter.partition("=")
    if not value:
        return False
    name = unquote_plus(name)
    return name == kept or not (_NOISE.fullmatch(name) or _SWITCH.fullmatch(parameter))
