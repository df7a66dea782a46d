"""The error tree, by what the caller does next.

::

    AggregatorError
    ├── PollError                one poll of one board failed; nothing stored is lost by it
    │   ├── TryLaterError        the far side or the network: back off and try again
    │   │   └── NotYetError      nothing was asked: the far side wants to be left alone for a while
    │   ├── NeedsPersonError     a person must look: refused address, 401, 403, 404, no listing, too large
    │   └── GoneError            410: do not ask again
    ├── RequestError             tell the client
    │   ├── FilterError          400: the filter's text is wrong (``column``, ``hint``)
    │   ├── UnknownFeedError     404
    │   ├── GoneFeedError        410
    │   ├── ElsewhereError       307: it is no document yet; ``urls`` say what to read until then
    │   ├── FullError            429: as many as there may be are there already
    │   ├── TokenError           401 without a token that is known, 403 with one that may not
    │   ├── BusyError            503 too much is asked of the server, 429 by this client; ``retry_after``
    │   └── ConflictError        409 what is asked for stands in the way, 412 somebody else was there first
    ├── SettingsError            exit 2: a setting is wrong (``field``, ``found``, ``allowed``)
    ├── ListenError              exit 1: the server cannot have its address
    ├── ExportError              exit 1: a file cannot be written, or what stands in its place is not ours
    └── StoreError               exit 1: the store cannot be used as it is
        └── RefusedError         it can, and refuses what was asked: a slug in use, a board that is none
"""

import re
from datetime import timedelta
from typing import Self

# Who asks stands before a host: to the next slash, or to the last @ where a password has slashes of its own.
_CREDENTIALS = re.compile(r"(?s)//(?:[^/]*:.*|[^/]*)@")


class AggregatorError(Exception):
    """Root of every error this program raises on purpose; ``str()`` of it is a sentence for people."""


class PollError(AggregatorError):
    """A poll failed at ``stage`` (fetch, decode, read listing, normalize, store) on ``url``, with HTTP's ``status``.

    ``retry_after`` is how long the far side wants to be left alone, if it said so.
    """

    def __init__(
        self, message: str, *, stage: str, url: str, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.url = url
        self.status = status
        self.retry_after = retry_after


class TryLaterError(PollError):
    """The far side or the network is at fault."""


class NotYetError(TryLaterError):
    """Nothing was asked, because the far side said before that it wants to be left alone; nobody is at fault."""


class NeedsPersonError(PollError):
    """Trying again will not help until a person changes something."""


class GoneError(PollError):
    """The far side said 410: the list is gone for good."""


class RequestError(AggregatorError):
    """The client asked for something that cannot be served."""


class FilterError(RequestError):
    """A filter that cannot be read; ``column`` counts from 1, ``hint`` says what would be right."""

    def __init__(self, message: str, *, column: int, hint: str) -> None:
        super().__init__(message)
        self.column = column
        self.hint = hint


class UnknownFeedError(RequestError):
    """No board or topic of that slug was ever here."""


class GoneFeedError(RequestError):
    """The board, topic or archive was here and has been removed."""


class ElsewhereError(RequestError):
    """What is asked for is to come; until then the documents at ``urls``, by format and under "page", stand for it."""

    def __init__(self, message: str, *, urls: dict[str, str]) -> None:
        super().__init__(message)
        self.urls = urls


class FullError(RequestError):
    """There is no room for what is asked for, until something else ends."""


class TokenError(RequestError):
    """The client has shown no token that is known or, ``known``, one that may not do this."""

    def __init__(self, message: str, *, known: bool) -> None:
        super().__init__(message)
        self.known = known


class BusyError(RequestError):
    """There is too much to do, or this client ``asked_too_much``; it may come back after ``retry_after``."""

    def __init__(self, message: str, *, retry_after: timedelta, asked_too_much: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.asked_too_much = asked_too_much


class ConflictError(RequestError):
    """What is asked for cannot be as things stand; ``stale``: they are not as the client believes."""

    def __init__(self, message: str, *, stale: bool = False) -> None:
        super().__init__(message)
        self.stale = stale


class SettingsError(AggregatorError):
    """A setting is wrong; the message names file or variable, key, what was found and what is allowed."""

    def __init__(
        self, message: str, *, field: str | None = None, found: object = None, allowed: str | None = None
    ) -> None:
        super().__init__(message)
        self.field, self.found, self.allowed = field, found, allowed

    @classmethod
    def wrong(cls, where: str, found: object, allowed: str, *, field: str | None = None, why: str = "") -> Self:
        """The error of ``field``, which holds something else than what is allowed; no password in a URL is said."""
        shown = _shown(found)
        sentence = f"{where}: found {shown!r}{why}; allowed: {allowed}"
        return cls(sentence, field=field, found=shown, allowed=allowed)


class ListenError(AggregatorError):
    """The server cannot have the address it was told to listen at; the message names it."""


class ExportError(AggregatorError):
    """A file of an export cannot be written as things stand; the message names it."""


class StoreError(AggregatorError):
    """The store cannot be used as it is: too new, not migrated, unreachable."""


class RefusedError(StoreError):
    """The store refuses what was asked, and nothing is wrong with it."""


def _shown(found: object) -> object:
    """What was found, without what stands between ``//`` and ``@`` in it.

    >>> _shown({"url": "mysql://ann:pw@h/y", "urls": ["http://ann@a.kr/", "http://a.kr/@b"]})
    {'url': 'mysql://…@h/y', 'urls': ['http://…@a.kr/', 'http://a.kr/@b']}
    """
    if isinstance(found, str):
        return _CREDENTIALS.sub("//…@", found)
    if isinstance(found, dict):
        return {key: _shown(value) for key, value in found.items()}
    return [_shown(value) for value in found] if isinstance(found, list | tuple) else found
