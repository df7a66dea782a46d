"""The API for admins: JSON in and out, a bearer token for everything but its own description.

A board or topic is what its entry in settings.toml would say. Its ETag is that of its entry: who sends it back in
If-Match changes only what they have seen.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, cast

from aiohttp import hdrs, web
from msgspec import DecodeError, json, structs

from aggregator.administration import LIVE, Admin, change, effective, of_board, of_topic, put, state, undo
from aggregator.bulletin import current
from aggregator.entries import written
from aggregator.errors import ConflictError, SettingsError, TokenError, UnknownFeedError
from aggregator.kinds import whole
from aggregator.model import Board
from aggregator.schedule import usual
from aggregator.settings import PollingSettings
from aggregator.store import Transaction, boards, edits, polls, tokens, topics
from aggregator.store.edits import Kind, State
from aggregator.tokens import Scope, digest
from aggregator.web.keys import CLOCK, RUNNING, STORE

ROOT = "/api/v1"
MOST = 500
USUAL = 100
LAST_ID = 10**18 - 1
BEARER = "Bearer "
KINDS: dict[str, Kind] = {"boards": "board", "topics": "topic"}


async def admin(request: web.Request, scope: Scope) -> Admin:
    """Who asks. Raises TokenError where that is nobody, or somebody who may not do this."""
    app, now = request.app, request.app[CLOCK]()
    shown = request.headers.get(hdrs.AUTHORIZATION, "")
    token = (
        await app[STORE].read(tokens.known, digest(shown.removeprefix(BEARER))) if shown.startswith(BEARER) else None
    )
    if token is None:
        raise TokenError(
            "A token is wanted: Authorization: Bearer TOKEN; `aggregator tokens add` makes one.", known=False
        )
    if scope == "admin" and token.scope != "admin":
        raise TokenError(f"The token {token.name!r} may read alone.", known=True)
    await app[STORE].write(tokens.used, token.name, now)
    said = await app[STORE].read(edits.settings)
    return Admin(who=token.name, now=now, polling=effective(app[RUNNING].settings.polling, said))


async def entries(request: web.Request) -> web.Response:
    """Boards or topics, by slug, a page at a time."""
    await admin(request, "read")
    kind = KINDS[request.match_info["kind"]]
    listed = await request.app[STORE].read(_listed, kind)
    after, n = request.query.get("after", ""), _count(request)
    rest = [one for one in listed if str(one["slug"]) > after]
    seeds = _seeds(request)
    shown = [{**one, "seed": seeds.get((kind, str(one["slug"])))} for one in rest[:n]]
    following = f"{request.path}?after={shown[-1]['slug']}&n={n}" if len(rest) > n else None
    return answered({request.match_info["kind"]: shown, "next_url": following})


async def entry(request: web.Request) -> web.Response:
    """One board or topic: its entry, what settings.toml says of it, and how it stands."""
    await admin(request, "read")
    kind, slug = _named(request)
    found = await request.app[STORE].read(_known, kind, slug)
    board = await request.app[STORE].read(boards.by_slug, slug) if kind == "board" else None
    stands = {"status": _status(board, request.app[CLOCK]())} if board is not None else {}
    return answered({**found, "seed": _seeds(request).get((kind, slug)), **stands}, etag=etag(found))


async def added(request: web.Request) -> web.Response:
    """A new board."""
    who, said = await admin(request, "admin"), await _said(request)
    slug = str(said.get("slug", ""))

    def add(tx: Transaction) -> State:
        if state(tx, "board", slug) is not None:
            raise ConflictError(f"There is a board {slug!r} already: change it, or choose another slug.")
        return put(tx, who, "board", slug, said) or {}

    made = await request.app[STORE].write(add)
    place: dict[str, str] = {hdrs.LOCATION: f"{ROOT}/boards/{slug}"}
    return answered(made, status=HTTPStatus.CREATED, etag=etag(made), headers=place)


async def changed(request: web.Request) -> web.Response:
    """What is said of a board or topic is so from now on, and all else as it was."""
    who, said = await admin(request, "admin"), await _said(request)
    kind, slug = _named(request)

    def alter(tx: Transaction) -> State:
        _unchanged(request, _known(tx, kind, slug))
        return change(tx, who, kind, slug, said)

    made = await request.app[STORE].write(alter)
    return answered(made, etag=etag(made))


async def replaced(request: web.Request) -> web.Response:
    """A topic is this from now on, whether it was there or not."""
    who, said = await admin(request, "admin"), await _said(request)
    slug = request.match_info["slug"]

    def replace(tx: Transaction) -> State:
        _unchanged(request, state(tx, "topic", slug))
        return put(tx, who, "topic", slug, {"slug": slug, "title": slug, **said}) or {}

    made = await request.app[STORE].write(replace)
    return answered(made, etag=etag(made))


async def removed(request: web.Request) -> web.Response:
    """A board or topic is gone: its feeds answer 410. A board's headlines stay."""
    who, (kind, slug) = await admin(request, "admin"), _named(request)

    def remove(tx: Transaction) -> None:
        _unchanged(request, _known(tx, kind, slug))
        put(tx, who, kind, slug, None)

    await request.app[STORE].write(remove)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def hurried(request: web.Request) -> web.Response:
    """The board is polled as soon as it may be; when that is."""
    who, (_, slug) = await admin(request, "admin"), _named(request)

    def hurry(tx: Transaction) -> datetime:
        _known(tx, "board", slug)
        return boards.hurry(tx, slug, who.now, who.polling.floor)

    return answered({"next_poll_at": await request.app[STORE].write(hurry)}, status=HTTPStatus.ACCEPTED)


async def polled(request: web.Request) -> web.Response:
    """A board's last polls, the newest first."""
    await admin(request, "read")
    kind, slug = _named(request)
    await request.app[STORE].read(_known, kind, slug)
    return answered({"polls": await request.app[STORE].read(polls.recent, slug, _count(request))})


async def scheduled(request: web.Request) -> web.Response:
    """What is due next, and why then."""
    who = await admin(request, "read")
    every = await request.app[STORE].read(boards.every)
    due = sorted((one for one in every if not one.paused), key=lambda one: (one.next_poll_at, one.slug))
    shown = [{"board": one.slug, **_status(one, who.now)} for one in due[: _count(request)]]
    return answered({"paused": who.polling.paused, "concurrency": who.polling.concurrency, "due": shown})


async def health(request: web.Request) -> web.Response:
    """How every board fares, the worst first."""
    await admin(request, "read")
    return answered({"boards": await current(request.app[STORE])})


async def live(request: web.Request) -> web.Response:
    """The settings that a running server takes at once: what holds, and what settings.toml says."""
    who = await admin(request, "read")
    return answered(_settings(who.polling, request.app[RUNNING].settings.polling))


async def set_live(request: web.Request) -> web.Response:
    """What is said holds within two seconds; null is as settings.toml says."""
    who, said = await admin(request, "admin"), await _said(request)

    def alter(tx: Transaction) -> Mapping[str, str]:
        for key, value in said.items():
            put(tx, who, "setting", key, None if value is None else {"value": value})
        return edits.settings(tx)

    file = request.app[RUNNING].settings.polling
    return answered(_settings(effective(file, await request.app[STORE].write(alter)), file))


async def changes(request: web.Request) -> web.Response:
    """What admins changed, the newest first, a page at a time."""
    await admin(request, "read")
    n, before = _count(request), _whole(request, "before", LAST_ID, LAST_ID)
    found = await request.app[STORE].read(edits.latest, n, before)
    following = f"{request.path}?before={found[-1].id}&n={n}" if len(found) == n else None
    return answered({"changes": found, "next_url": following})


async def undone(request: web.Request) -> web.Response:
    """A change is taken back by another; that one."""
    who = await admin(request, "admin")
    return answered(await request.app[STORE].write(undo, who, int(request.match_info["id"])))


async def reloaded(request: web.Request) -> web.Response:
    """settings.toml is read again; what of it needs a restart."""
    await admin(request, "admin")
    return answered({"needs_restart": await request.app[RUNNING].reload()})


def answered(
    value: object, *, status: int = HTTPStatus.OK, etag: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    """JSON that nobody keeps."""
    said: dict[str, str] = {hdrs.CACHE_CONTROL: "no-store", **({hdrs.ETAG: etag} if etag else {}), **(headers or {})}
    return web.Response(status=status, body=json.encode(value), content_type="application/json", headers=said)


def etag(found: State) -> str:
    """The entity tag of an entry."""
    return f'"{blake2b(json.encode(found, order="sorted"), digest_size=12).hexdigest()}"'


def _named(request: web.Request) -> tuple[Kind, str]:
    return KINDS[request.match_info.get("kind", "boards")], request.match_info["slug"]


def _known(tx: Transaction, kind: Kind, slug: str) -> State:
    found = state(tx, kind, slug)
    if found is None:
        raise UnknownFeedError(f"There is no {kind} {slug!r}.")
    return found


def _listed(tx: Transaction, kind: Kind) -> list[State]:
    if kind == "board":
        return [said for board in boards.every(tx) if (said := of_board(board)) is not None]
    return [said for topic in topics.every(tx) if (said := of_topic((topic, False))) is not None]


def _unchanged(request: web.Request, found: State | None) -> None:
    """Nothing where the client has seen what is there, or does not care; else ConflictError."""
    seen = request.headers.get(hdrs.IF_MATCH)
    if seen is not None and (found is None or (seen != "*" and etag(found) not in seen)):
        raise ConflictError("Somebody has changed it meanwhile: get it again and look.", stale=True)


def _seeds(request: web.Request) -> dict[tuple[Kind, str], State]:
    """What settings.toml says of boards and topics."""
    settings = request.app[RUNNING].settings
    said: dict[tuple[Kind, str], State] = {("board", spec.slug): written(spec) for spec in settings.boards}
    return said | {("topic", topic.slug): structs.asdict(topic) for topic in settings.topics}


def _status(board: Board, now: datetime) -> dict[str, object]:
    return {
        "next_poll_at": None if board.paused else board.next_poll_at,
        "reason": usual(board, now).reason,
        "numbering": board.numbering,
        "failures": board.failures,
        "unfinished": board.unfinished,
        "quarantined_since": board.quarantined_since,
        "quarantine": board.quarantine,
        "notice": board.standing.notice,
    }


def _settings(holds: PollingSettings, file: PollingSettings) -> dict[str, dict[str, object]]:
    return {key: {"value": _plain(holds, key), "file": _plain(file, key)} for key in LIVE}


def _plain(polling: PollingSettings, key: str) -> object:
    value = getattr(polling, key)
    return value if isinstance(value, bool | int) else str(value)


def _count(request: web.Request) -> int:
    return _whole(request, "n", USUAL, MOST)


def _whole(request: web.Request, key: str, usual: int, highest: int) -> int:
    said, kind = request.query.get(key, usual), whole(1, highest)
    try:
        return int(str(kind.parse(said)))
    except ValueError as error:
        raise SettingsError(f"{key}: found {said!r}; allowed: {kind.allowed}") from error


async def _said(request: web.Request) -> dict[str, object]:
    try:
        said: Any = json.decode(await request.read() or b"{}")
    except DecodeError as error:
        raise SettingsError(f"The body is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise SettingsError(f"The body: found {said!r}; allowed: a JSON object of keys")
    return cast("dict[str, object]", said)
