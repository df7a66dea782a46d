"""Log lines: what happened with its fields, as key=value for people or JSON for programs, and no secret in either."""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct, json

_NAMES = "token|key|password|passwd|pwd|secret|signature|sig|sid|sess(?:ion)?(?:_?id)?"
_SECRETS = (
    # Of any scheme, to the line's end or a single quote: parameters stand in double ones.
    (re.compile(r"(?i)\b(authorization['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+(?:\"[^\"]*\"[^\r\n'\"]*)*"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic) +[\w~+/.=-]+"), r"\1 …"),
    # Whatever the name begins with: access_token, X-Amz-Signature, PHPSESSID. A quoted value ends at its quote.
    (re.compile(rf"(?i)((?:{_NAMES})=)(?:'[^']*'|\"[^\"]*\"|[^&;\s'\"]+)"), r"\1…"),
    (re.compile(r"(//)[^/\s@'\"]+@"), r"\1…@"),
    (re.compile(r"(/p/)[\w-]{16,}"), r"\1…"),
    (re.compile(r"\b(hat_)[\w-]{16,}"), r"\1…"),
)


class Event(Struct, frozen=True):
    """What happened, by its ``name``, and its fields; None is left out."""

    name: str
    fields: Mapping[str, object]

    def __str__(self) -> str:
        said = [f"{key}={_shown(value)}" for key, value in self.fields.items() if value is not None]
        return " ".join([self.name, *said])


def event(name: str, /, **fields: object) -> Event:
    """An event to be logged.

    >>> str(event("poll", board="news", new=3, error="timed out", stage=None))
    "poll board=news new=3 error='timed out'"
    """
    return Event(name, fields)


def redacted(text: str) -> str:
    """The text without what nobody should read in a log: credentials in URLs and headers, and private feeds' tokens.

    >>> redacted("GET http://ann:pw@a.kr/list?token=abc&page=2")
    'GET http://…@a.kr/list?token=…&page=2'
    """
    for secret, shown in _SECRETS:
        text = secret.sub(shown, text)
    return text


class TextLines(logging.Formatter):
    """One line a record, with its time and level before it; a traceback follows."""

    def format(self, record: logging.LogRecord) -> str:
        """The record for people."""
        return redacted(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a record: ``at``, ``level``, ``event`` and its fields, or ``message`` where there are none."""

    def format(self, record: logging.LogRecord) -> str:
        """The record for programs."""
        said: dict[str, object] = {"at": datetime.fromtimestamp(record.created, UTC), "level": record.levelname.lower()}
        if isinstance(record.msg, Event):
            fields = {key: value for key, value in record.msg.fields.items() if value is not None}
            said |= {"event": record.msg.name, **fields}
        else:
            said["message"] = record.getMessage()
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        # Before it is JSON: in it a quote is two characters, and half of one might be taken out.
        return json.encode({key: _clean(value) for key, value in said.items()}).decode()


FORMATS: dict[str, logging.Formatter] = {
    "text": TextLines("%(asctime)s %(levelname)s %(message)s"),
    "json": JsonLines(),
}


def _clean(value: object) -> object:
    if isinstance(value, bool | int | float | datetime):
        return value
    return redacted(str(value))


def _shown(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if re.fullmatch(r"[^\s'\"=]+", text) else repr(text)
