"""The API for admins: JSON in and out, a bearer token for everything but its own description.

A board or topic is what its entry in settings.toml would say. Its ETag is that of its entry: who sends it back in
If-Match changes only what they have seen.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import hdrs, web

from aggregator.administration import LIVE, Admin, change, effective, of_board, of_topic, put, state, undo
from aggregator.bulletin import current
from aggregator.entries import written, written_topic
from aggregator.errors import ConflictError, SettingsError, TokenError, UnknownFeedError
from aggregator.hosts import budgets
from aggregator.kinds import whole
from aggregator.settings import PollingSettings
from aggregator.store import Transaction, boards, edits, polls, tokens, topics
from aggregator.store.edits import Kind, State
from aggregator.timing import spoken
from aggregator.tokens import Scope, digest
from aggregator.web.clients import object_of, own_path
from aggregator.web.keys import CLOCK, PUBLIC_URL, RUNNING, STORE
from aggregator.web.paper import root
from aggregator.web.replies import (
    Changes,
    Coming,
    Fares,
    Hosts,
    Hurried,
    Polls,
    Reloaded,
    Schedule,
    Setting,
    answered,
    etag,
    status,
)

ROOT = "/api/v1"
MOST = 500
USUAL = 100
LAST_ID = 10**18 - 1
KINDS: dict[str, Kind] = {"boards": "board", "topics": "topic"}


async def admin(request: web.Request, scope: Scope) -> Admin:
    """Who asks. Raises TokenError where that is nobody, or somebody who may not do this."""
    app, now = request.app, request.app[CLOCK]()
    # Schemes have no case (RFC 9110 §11.1).
    scheme, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    token = await app[STORE].read(tokens.known, digest(shown.strip())) if scheme.lower() == "bearer" else None
    if token is None:
        raise TokenError(
            "A token is wanted: Authorization: Bearer TOKEN; `aggregator tokens add` makes one.", known=False
        )
    if scope == "admin" and token.scope != "admin":
        raise TokenError(f"The token {token.name!r} may read alone.", known=True)
    if token.used_at is None or token.used_at <= now - tokens.HOUR:
        # So seldom that whoever reads alone waits for no writer.
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
    following = f"{_here(request)}?after={shown[-1]['slug']}&n={n}" if len(rest) > n else None
    return answered({request.match_info["kind"]: shown, "next_url": following})


async def entry(request: web.Request) -> web.Response:
    """One board or topic: its entry, what settings.toml says of it, and how it stands."""
    await admin(request, "read")
    kind, slug = _named(request)
    found = await request.app[STORE].read(_known, kind, slug)
    board = await request.app[STORE].read(boards.by_slug, slug) if kind == "board" else None
    stands = {"status": status(board, request.app[CLOCK]())} if board is not None else {}
    return answered({**found, "seed": _seeds(request).get((kind, slug)), **stands}, etag=etag(found))


async def added(request: web.Request) -> web.Response:
    """A new board."""
    who, said = await admin(request, "admin"), await object_of(request)
    slug = str(said.get("slug", ""))

    def add(tx: Transaction) -> State:
        if state(tx, "board", slug) is not None:
            raise ConflictError(f"There is a board {slug!r} already: change it, or choose another slug.")
        return put(tx, who, "board", slug, said) or {}

    made = await request.app[STORE].write(add)
    place: dict[str, str] = {hdrs.LOCATION: f"{root(request.app[PUBLIC_URL])}{ROOT}/boards/{slug}"}
    return answered(made, status=HTTPStatus.CREATED, etag=etag(made), headers=place)


async def changed(request: web.Request) -> web.Response:
    """What is said of a board or topic is so from now on, and all else as it was."""
    who, said = await admin(request, "admin"), await object_of(request)
    kind, slug = _named(request)

    def alter(tx: Transaction) -> State:
        _unchanged(request, _known(tx, kind, slug))
        return change(tx, who, kind, slug, said)

    made = await request.app[STORE].write(alter)
    return answered(made, etag=etag(made))


async def replaced(request: web.Request) -> web.Response:
    """A topic is this from now on, whether it was there or not."""
    who, said = await admin(request, "admin"), await object_of(request)
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

    due = Hurried(next_poll_at=await request.app[STORE].write(hurry))
    return answered(due, status=HTTPStatus.ACCEPTED)


async def polled(request: web.Request) -> web.Response:
    """The last polls, of one board or of all, the newest first."""
    await admin(request, "read")
    slug = request.match_info.get("slug")
    if slug is not None:
        await request.app[STORE].read(_known, "board", slug)
    return answered(Polls(polls=await request.app[STORE].read(polls.recent, slug, _count(request))))


async def scheduled(request: web.Request) -> web.Response:
    """What is due next, and why then."""
    who = await admin(request, "read")
    every = await request.app[STORE].read(boards.every)
    due = sorted((one for one in every if not one.paused), key=lambda one: (one.next_poll_at, one.slug))
    shown = [Coming(board=one.slug, status=status(one, who.now)) for one in due[: _count(request)]]
    return answered(Schedule(paused=who.polling.paused, concurrency=who.polling.concurrency, due=shown))


async def hosted(request: web.Request) -> web.Response:
    """What each host is asked, and may be, by name, a page at a time."""
    who, after, n = await admin(request, "read"), request.query.get("after", ""), _count(request)
    found = await request.app[STORE].read(budgets, who.polling, who.now, after, n + 1)
    following = f"{_here(request)}?after={quote(found[n - 1].host)}&n={n}" if len(found) > n else None
    return answered(Hosts(hosts=found[:n], next_url=following))


async def health(request: web.Request) -> web.Response:
    """How every board fares, the worst first."""
    await admin(request, "read")
    return answered(Fares(boards=await current(request.app[STORE])))


async def live(request: web.Request) -> web.Response:
    """The settings that a running server takes at once: what holds, and what settings.toml says."""
    await admin(request, "read")
    return _settings(request, await request.app[STORE].read(edits.settings))


async def set_live(request: web.Request) -> web.Response:
    """What is said holds within two seconds; null is as settings.toml says."""
    who, said = await admin(request, "admin"), await object_of(request)

    def alter(tx: Transaction) -> Mapping[str, str]:
        _unchanged(request, dict(edits.settings(tx)))
        for key, value in said.items():
            put(tx, who, "setting", key, None if value is None else {"value": value})
        return edits.settings(tx)

    return _settings(request, await request.app[STORE].write(alter))


async def changes(request: web.Request) -> web.Response:
    """What admins changed, the newest first, a page at a time."""
    await admin(request, "read")
    n, before = _count(request), _whole(request, "before", LAST_ID, LAST_ID)
    found = await request.app[STORE].read(edits.latest, n, before)
    following = f"{_here(request)}?before={found[-1].id}&n={n}" if len(found) == n else None
    return answered(Changes(changes=found, next_url=following))


async def undone(request: web.Request) -> web.Response:
    """A change is taken back by another; that one."""
    who = await admin(request, "admin")
    return answered(await request.app[STORE].write(undo, who, int(request.match_info["id"])))


async def reloaded(request: web.Request) -> web.Response:
    """settings.toml is read again; what of it needs a restart."""
    await admin(request, "admin")
    return answered(Reloaded(needs_restart=await request.app[RUNNING].reload()))


def _here(request: web.Request) -> str:
    """The path of what is asked for, as the client has to spell it."""
    return root(request.app[PUBLIC_URL]) + own_path(request)


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
    return said | {("topic", topic.slug): written_topic(topic) for topic in settings.topics}


def _settings(request: web.Request, said: Mapping[str, str]) -> web.Response:
    """What holds where admins have ``said`` so."""
    file = request.app[RUNNING].settings.polling
    holds = effective(file, said)
    shown = {key: Setting(value=_plain(holds, key), file=_plain(file, key)) for key in LIVE}
    return answered(shown, etag=etag(dict(said)))


def _plain(polling: PollingSettings, key: str) -> bool | int | str:
    value = getattr(polling, key)
    return spoken(value) if isinstance(value, timedelta) else int(value) if type(value) is int else bool(value)


def _count(request: web.Request) -> int:
    return _whole(request, "n", USUAL, MOST)


def _whole(request: web.Request, key: str, usual: int, highest: int) -> int:
    said, kind = request.query.get(key, usual), whole(1, highest)
    try:
        return int(str(kind.parse(said)))
    except ValueError as error:
        raise SettingsError.wrong(key, said, kind.allowed, field=key) from error
