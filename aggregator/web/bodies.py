"""What clients send in a body: JSON objects, however they were packed."""

from typing import Any, cast

from aiohttp import web
from msgspec import DecodeError, json

from aggregator.errors import SettingsError

# Deeper than any entry: what reads or says a value that nests on and on ends for want of a stack.
DEEPEST = 50


async def said(request: web.Request) -> dict[str, object]:
    """The keys of a JSON object; none where nothing was sent. Raises SettingsError where it is something else."""
    try:
        found: Any = json.decode(await request.read() or b"{}")
    except DecodeError as error:
        raise SettingsError(f"The body is not JSON: {error}") from error
    except RecursionError as error:
        raise _too_deep() from error
    except web.RequestPayloadError as error:
        raise SettingsError("The body is not what its Content-Encoding or Transfer-Encoding says.") from error
    if not _is_flat(found):
        raise _too_deep()
    if not isinstance(found, dict):
        raise SettingsError.wrong("The body", found, "a JSON object of keys")
    return cast("dict[str, object]", found)


def _too_deep() -> SettingsError:
    return SettingsError(f"The body nests too deeply; allowed: {DEEPEST} levels.")


def _is_flat(found: object) -> bool:
    """Whether its lists and objects nest no deeper than is allowed.

    >>> _is_flat({"a": [1, {"b": 2}]})
    True
    """
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [inner for one in level for inner in _inner(one)]
    return not level


def _inner(one: object) -> list[object]:
    if isinstance(one, dict):
        return list(one.values())
    return one if isinstance(one, list) else []
