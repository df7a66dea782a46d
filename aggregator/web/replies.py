"""What the API answers, as values: their schemas are made of them."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from http import HTTPStatus

from aiohttp import hdrs, web
from msgspec import Struct, json

from aggregator.hosts import Budget
from aggregator.model import Board, Numbering, Poll
from aggregator.schedule import usual
from aggregator.store.edits import Edit, State
from aggregator.store.health import Change


class Status(Struct, frozen=True, kw_only=True):
    """How a board stands; ``reason`` is what sets the time of its polls, ``liberties`` what should trouble an admin."""

    next_poll_at: datetime | None
    reason: str
    numbering: Numbering
    failures: int
    unfinished: bool
    quarantined_since: datetime | None
    quarantine: str | None
    notice: str | None
    liberties: tuple[str, ...]


class Coming(Struct, frozen=True, kw_only=True):
    """When a board is polled next."""

    board: str
    status: Status


class Schedule(Struct, frozen=True, kw_only=True):
    """What is due next, the soonest first; nothing is polled while ``paused``."""

    paused: bool
    concurrency: int
    due: list[Coming]


class Hurried(Struct, frozen=True, kw_only=True):
    """When a board that was to be polled now is."""

    next_poll_at: datetime


class Polls(Struct, frozen=True, kw_only=True):
    """Polls, the newest first."""

    polls: list[Poll]


class Hosts(Struct, frozen=True, kw_only=True):
    """What hosts are asked, by name."""

    hosts: list[Budget]
    next_url: str | None


class Fares(Struct, frozen=True, kw_only=True):
    """How boards fare, the worst first."""

    boards: list[Change]


class Setting(Struct, frozen=True, kw_only=True):
    """What holds, and what settings.toml says."""

    value: bool | int | str
    file: bool | int | str


class Changes(Struct, frozen=True, kw_only=True):
    """What admins changed, the newest first."""

    changes: list[Edit]
    next_url: str | None


class Reloaded(Struct, frozen=True, kw_only=True):
    """What of settings.toml is taken at the next start."""

    needs_restart: list[str]


REPLIES: tuple[type[Struct], ...] = (Status, Schedule, Hurried, Polls, Hosts, Fares, Setting, Changes, Reloaded, Edit)


def status(board: Board, now: datetime) -> Status:
    """How a board stands at ``now``."""
    return Status(
        next_poll_at=None if board.paused else board.next_poll_at,
        reason=usual(board, now).reason,
        numbering=board.numbering,
        failures=board.failures,
        unfinished=board.unfinished,
        quarantined_since=board.quarantined_since,
        quarantine=board.quarantine,
        notice=board.standing.notice,
        liberties=board.manners.liberties,
    )


def answered(
    value: object, *, status: int = HTTPStatus.OK, etag: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    """JSON that nobody keeps."""
    said: dict[str, str] = {hdrs.CACHE_CONTROL: "no-store", **({hdrs.ETAG: etag} if etag else {}), **(headers or {})}
    return web.Response(status=status, body=json.encode(value), content_type="application/json", headers=said)


def etag(found: State) -> str:
    """The entity tag of an entry."""
    return f'"{blake2b(json.encode(found, order="sorted"), digest_size=12).hexdigest()}"'
