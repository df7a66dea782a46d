"""What strangers send to an open port that is no HTTP: aiohttp answers 400, and logs each with a traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp.http_exceptions import HttpProcessingError

_log = logging.getLogger("aiohttp.server")


def _is_ours(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


@contextmanager
def unsaid() -> Iterator[None]:
    """Within it the log is not told of them: anybody could fill it."""
    _log.addFilter(_is_ours)
    try:
        yield
    finally:
        _log.removeFilter(_is_ours)
