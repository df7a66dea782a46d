"""URLs as they are asked: what was pasted, changed only where the wire needs it."""

import re
from urllib.parse import quote, urljoin, urlsplit

from yarl import URL

from aggregator.fetch.failures import needs_person

# Everything that may stand in a request line keeps its spelling, an escape and a stray "%" included: boards sign their
# links and carry CP949 escapes (%B0%A1), which a requoting library would rewrite.
_KEPT = "/?:@!$&'()*+,;=%~-._[]"
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(?:%.+)?")


def parsed(text: str) -> URL:
    """Return the URL to ask for a pasted one: fragment and blanks around it gone, the rest as written.

    Characters outside ASCII are percent-encoded as UTF-8 (bytes that were none are kept as they came), a host is
    put in its ASCII form. Raises NeedsPersonError for what is no http or https URL, and for a name or password in it.

    >>> parsed(" http://Example.com/list?name=%B0%A1&q=뉴스#top ").raw_path_qs
    '/list?name=%B0%A1&q=%EB%89%B4%EC%8A%A4'
    """
    try:
        parts = urlsplit(text.strip())
        authority = URL(f"{parts.scheme or 'http'}://{parts.netloc}")
    except ValueError as error:
        raise needs_person(f"{text} is not a URL: {error}", url=text) from error
    if parts.scheme not in {"http", "https"}:
        raise needs_person(f"{text} is neither http nor https", url=text)
    if "@" in parts.netloc:
        raise needs_person(f"{text} carries a user name", url=text)
    if not _HOST.fullmatch(authority.raw_host or ""):
        raise needs_person(f"{text} names no host", url=text)
    path, query = (quote(part, _KEPT, errors="surrogateescape") for part in (parts.path or "/", parts.query))
    target = f"{path}?{query}" if query else path
    return URL(f"{parts.scheme}://{authority.raw_authority}{target}", encoded=True)


def next_hop(url: URL, location: str) -> URL:
    """Return where a redirect from ``url`` leads.

    Raises NeedsPersonError as ``parsed`` does, and for a step down from https to http, which anybody on the way could
    have written (CONFORMANCE.md E8).

    >>> str(next_hop(URL("http://board.example/news/list.php"), "../talk?page=2"))
    'http://board.example/talk?page=2'
    """
    try:
        target = parsed(urljoin(str(url), location))
    except ValueError as error:
        raise needs_person(f"{url} redirects to {location}, which is not a URL", url=str(url)) from error
    if url.scheme == "https" and target.scheme == "http":
        raise needs_person(f"{url} redirects from https down to {target}", url=str(url))
    return target
