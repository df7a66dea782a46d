"""Every operation of the API on one page, and the description that OpenAPI's tools read, made of it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import web

from aggregator import __version__
from aggregator.tokens import Scope
from aggregator.web import api
from aggregator.web.keys import PUBLIC_URL
from aggregator.web.paper import root
from aggregator.web.replies import answered
from aggregator.web.shapes import Schema, components, ref

Handler = Callable[[web.Request], Awaitable[web.Response]]
_KIND = "{kind:boards|topics}"
# No longer than a store can look for.
ID = r"{id:[0-9]{1,18}}"
_JSON = "application/json"
_PROBLEM = {"description": "A problem", "content": {"application/problem+json": {"schema": ref("Problem")}}}
_ASKED = {
    "n": ("How many, at the most", {"type": "integer", "minimum": 1, "maximum": api.MOST, "default": api.USUAL}),
    "after": ("Those whose slugs or names come after this one", {"type": "string"}),
    "before": ("Those with lower numbers", {"type": "integer", "minimum": 1}),
}
_SEEN: Schema = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of what was seen: 412 where it is another by now",
    "schema": {"type": "string"},
}


class Operation(NamedTuple):
    """One thing the API does: ``takes`` and ``gives`` name the shapes of bodies, None for nothing.

    A star in them is Board or Topic, as the path says. ``asks`` are the parameters it knows; ``guarded`` ones change
    nothing that is not as the client has seen it.
    """

    method: str
    path: str
    handler: Handler
    scope: Scope
    summary: str
    takes: str | None = None
    gives: str | None = None
    status: int = 200
    asks: tuple[str, ...] = ()
    guarded: bool = False


OPERATIONS = (
    Operation("GET", f"/{_KIND}", api.entries, "read", "Boards or topics", gives="*s", asks=("after", "n")),
    Operation("POST", "/boards", api.added, "admin", "Add a board", "Board", "Board", 201),
    Operation("GET", f"/{_KIND}/{{slug}}", api.entry, "read", "A board or topic", gives="*Shown"),
    Operation("PATCH", f"/{_KIND}/{{slug}}", api.changed, "admin", "Change one", "*Change", "*", guarded=True),
    Operation("PUT", "/topics/{slug}", api.replaced, "admin", "Put a topic", "TopicSaid", "Topic", guarded=True),
    Operation("DELETE", f"/{_KIND}/{{slug}}", api.removed, "admin", "Remove one", status=204, guarded=True),
    Operation("POST", "/boards/{slug}/poll", api.hurried, "admin", "Poll it soon", gives="Hurried", status=202),
    Operation("GET", "/boards/{slug}/polls", api.polled, "read", "A board's last polls", gives="Polls", asks=("n",)),
    Operation("GET", "/polls", api.polled, "read", "The last polls of all boards", gives="Polls", asks=("n",)),
    Operation("GET", "/schedule", api.scheduled, "read", "What is due next", gives="Schedule", asks=("n",)),
    Operation("GET", "/hosts", api.hosted, "read", "What hosts are asked", gives="Hosts", asks=("after", "n")),
    Operation("GET", "/health", api.health, "read", "How boards fare", gives="Fares"),
    Operation("GET", "/settings", api.live, "read", "The settings that hold", gives="Settings"),
    Operation("PATCH", "/settings", api.set_live, "admin", "Change them", "SettingsChange", "Settings", guarded=True),
    Operation("GET", "/changes", api.changes, "read", "What admins changed", gives="Changes", asks=("before", "n")),
    Operation("POST", f"/changes/{ID}/undo", api.undone, "admin", "Take a change back", gives="Edit"),
    Operation("POST", "/reload", api.reloaded, "admin", "Read settings.toml again", gives="Reloaded"),
)


def routes() -> list[web.RouteDef]:
    """The routes of all operations, and of their description, which is for everybody."""
    made = [web.route(one.method, api.ROOT + one.path, one.handler) for one in OPERATIONS]
    return [*made, web.get(f"{api.ROOT}/openapi.json", described)]


async def described(request: web.Request) -> web.Response:
    """The API's description."""
    return answered(description(root(request.app[PUBLIC_URL])))


def description(prefix: str) -> dict[str, object]:
    """The OpenAPI 3.1 document of OPERATIONS below ``prefix``. *Source*: OpenAPI Specification 3.1.1."""
    paths: dict[str, dict[str, object]] = {}
    for one in OPERATIONS:
        for path in _spelt(one.path):
            paths.setdefault(api.ROOT + path, {})[one.method.lower()] = _operation(one, path)
    bearer = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headline aggregator", "version": __version__},
        "servers": [{"url": prefix or "/"}],
        "paths": paths,
        "components": {"schemas": components(), "securitySchemes": bearer},
        "security": [{"token": []}],
    }


def _spelt(path: str) -> list[str]:
    """The paths that a route stands for, as OpenAPI writes them."""
    plain = path.replace(ID, "{id}")
    return [plain.replace(_KIND, kind) for kind in api.KINDS] if _KIND in plain else [plain]


def _operation(one: Operation, path: str) -> Schema:
    kind = "Board" if path.startswith("/boards") else "Topic"
    given: Schema = {"description": one.summary}
    if one.gives is not None:
        given |= _body(one.gives.replace("*", kind))
    said: Schema = {
        "operationId": f"{one.handler.__name__}_{path.strip('/').partition('/')[0]}_{one.method.lower()}",
        "summary": f"{one.summary} (scope {one.scope})",
        "responses": {str(one.status): given, "4XX": _PROBLEM},
    }
    if parameters := _parameters(one, path):
        said["parameters"] = parameters
    if one.takes is not None:
        said["requestBody"] = {"required": True, **_body(one.takes.replace("*", kind))}
    return said


def _body(name: str) -> Schema:
    return {"content": {_JSON: {"schema": ref(name)}}}


def _parameters(one: Operation, path: str) -> list[Schema]:
    placed: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
        for name, kind in (("slug", "string"), ("id", "integer"))
        if f"{{{name}}}" in path
    ]
    asked: list[Schema] = [
        {"name": name, "in": "query", "description": _ASKED[name][0], "schema": _ASKED[name][1]} for name in one.asks
    ]
    return [*placed, *asked, *([_SEEN] if one.guarded else [])]
