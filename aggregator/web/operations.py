"""Every operation of the API on one page, and the description that OpenAPI's tools read, made of it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import web

from aggregator import __version__
from aggregator.administration import LIVE
from aggregator.entries import BoardSeed, TopicSeed, kinds
from aggregator.settings import PollingSettings
from aggregator.tokens import Scope
from aggregator.web import api

Handler = Callable[[web.Request], Awaitable[web.Response]]
Schema = dict[str, object]
_KIND = "{kind:boards|topics}"
# No longer than a store can look for.
ID = r"{id:[0-9]{1,18}}"
_JSON = "application/json"
_PROBLEM = {"description": "A problem", "content": {"application/problem+json": {"schema": {"type": "object"}}}}


class Operation(NamedTuple):
    """One thing the API does: ``takes`` and ``gives`` name what stands in bodies, None for nothing."""

    method: str
    path: str
    handler: Handler
    scope: Scope
    summary: str
    takes: str | None = None
    gives: str | None = "Object"
    status: int = 200


OPERATIONS = (
    Operation("GET", f"/{_KIND}", api.entries, "read", "Boards or topics, a page at a time"),
    Operation("POST", "/boards", api.added, "admin", "Add a board", "Board", "Board", 201),
    Operation("GET", f"/{_KIND}/{{slug}}", api.entry, "read", "A board or topic", None, "Entry"),
    Operation("PATCH", f"/{_KIND}/{{slug}}", api.changed, "admin", "Change a board or topic", "Entry", "Entry"),
    Operation("PUT", "/topics/{slug}", api.replaced, "admin", "Add or replace a topic", "Topic", "Topic"),
    Operation("DELETE", f"/{_KIND}/{{slug}}", api.removed, "admin", "Remove a board or topic", None, None, 204),
    Operation("POST", "/boards/{slug}/poll", api.hurried, "admin", "Poll a board as soon as it may be", status=202),
    Operation("GET", "/boards/{slug}/polls", api.polled, "read", "A board's last polls"),
    Operation("GET", "/schedule", api.scheduled, "read", "What is due next"),
    Operation("GET", "/health", api.health, "read", "How boards fare"),
    Operation("GET", "/settings", api.live, "read", "The settings that hold"),
    Operation("PATCH", "/settings", api.set_live, "admin", "Change settings at once", "Settings"),
    Operation("GET", "/changes", api.changes, "read", "What admins changed"),
    Operation("POST", f"/changes/{ID}/undo", api.undone, "admin", "Take a change back"),
    Operation("POST", "/reload", api.reloaded, "admin", "Read settings.toml again"),
)


def routes() -> list[web.RouteDef]:
    """The routes of all operations, and of their description, which is for everybody."""
    made = [web.route(one.method, api.ROOT + one.path, one.handler) for one in OPERATIONS]
    return [*made, web.get(f"{api.ROOT}/openapi.json", described)]


async def described(_request: web.Request) -> web.Response:
    """The API's description."""
    return api.answered(description())


def description() -> dict[str, object]:
    """The OpenAPI 3.1 document of OPERATIONS. *Source*: OpenAPI Specification 3.1.1."""
    paths: dict[str, dict[str, object]] = {}
    for one in OPERATIONS:
        for path in _spelt(one.path):
            paths.setdefault(api.ROOT + path, {})[one.method.lower()] = _operation(one, path)
    schemas: dict[str, Schema] = {
        "Board": _schema(BoardSeed, ("slug", "url")) | {"description": "As [[board]] in settings.toml, and `paused`"},
        "Topic": _schema(TopicSeed, ("slug", "filter")),
        "Settings": _schema(PollingSettings, (), LIVE),
        "Entry": {"oneOf": [_ref("Board"), _ref("Topic")]},
        "Object": {"type": "object"},
    }
    bearer = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headline aggregator", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": bearer},
        "security": [{"token": []}],
    }


def _spelt(path: str) -> list[str]:
    """The paths that a route stands for, as OpenAPI writes them."""
    plain = path.replace(ID, "{id}")
    return [plain.replace(_KIND, kind) for kind in api.KINDS] if _KIND in plain else [plain]


def _operation(one: Operation, path: str) -> dict[str, object]:
    given: dict[str, object] = {"description": one.summary}
    if one.gives is not None:
        given["content"] = {_JSON: {"schema": _ref(one.gives)}}
    said: dict[str, object] = {
        "operationId": f"{one.handler.__name__}_{path.strip('/').partition('/')[0]}_{one.method.lower()}",
        "summary": f"{one.summary} (scope {one.scope})",
        "responses": {str(one.status): given, "4XX": _PROBLEM},
    }
    names = [name for name in ("slug", "id") if f"{{{name}}}" in path]
    if names:
        said["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    if one.takes is not None:
        said["requestBody"] = {"required": True, "content": {_JSON: {"schema": _ref(one.takes)}}}
    return said


def _schema(kind: type, required: tuple[str, ...], keys: tuple[str, ...] = ()) -> Schema:
    readers = kinds(kind)
    return {
        "type": "object",
        "properties": {key: {"description": readers[key].allowed} for key in keys or readers},
        "required": list(required),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
