"""What an admin changes: every change goes through here, is recorded with what was before, and can be taken back.

A board or topic is changed as its entry reads in settings.toml; the store is the truth, and the file only its seed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct, structs

from aggregator import filters
from aggregator.entries import BoardSeed, TopicSeed, board, kinds, refuse_unknown, section, written, written_topic
from aggregator.errors import ConflictError, SettingsError
from aggregator.kinds import FLAG
from aggregator.model import Board, BoardSpec, Topic
from aggregator.schedule import moved
from aggregator.settings import SECTIONS, PollingSettings
from aggregator.store import Transaction, boards, edits, topics
from aggregator.store.edits import Edit, Kind, State

# What of [polling] a running server takes at once; the rest needs a restart.
LIVE = ("paused", "concurrency", "pages", "walk_bytes", "walk_time", "host_pages", "host_gap", "floor", "interval")
PAUSED = "paused"


class Admin(Struct, frozen=True, kw_only=True):
    """Who changes something, when, and under which settings."""

    who: str
    now: datetime
    polling: PollingSettings


def of_board(found: Board | None) -> State | None:
    """A board's entry, with whether it is paused; None where there is none. A recipe that was learnt is no entry's."""
    if found is None or found.removed_at is not None:
        return None
    spec = BoardSpec(**{name: getattr(found, name) for name in BoardSpec.__struct_fields__})
    if spec.recipe is not None and spec.recipe.learnt:
        spec = structs.replace(spec, recipe=None)
    return {**written(spec), **({PAUSED: True} if found.paused else {})}


def of_topic(found: tuple[Topic, bool] | None) -> State | None:
    """A topic's entry; None where there is none."""
    return None if found is None or found[1] else written_topic(found[0])


def state(tx: Transaction, kind: Kind, slug: str) -> State | None:
    """What is there now."""
    match kind:
        case "board":
            return of_board(boards.by_slug(tx, slug))
        case "topic":
            return of_topic(topics.by_slug(tx, slug))
        case "setting":
            said = edits.settings(tx).get(slug)
            return None if said is None else {"value": said}


def put(tx: Transaction, admin: Admin, kind: Kind, slug: str, after: State | None) -> State | None:
    """Let a board, topic or setting be ``after``, None for gone; what it is then. Nothing is recorded where it was so.

    Raises SettingsError for what cannot be, ConflictError and StoreError where the store refuses it.
    """
    before = state(tx, kind, slug)
    if after == before:
        return before
    if after is not None and (named := after.get("slug", slug)) != slug:
        raise SettingsError.wrong(f"{kind} {slug} slug", named, f"{slug!r}, which its feeds' URLs say", field="slug")
    _PUT[kind](tx, admin, slug, after)
    return noted(tx, admin, kind, slug, before)


def change(tx: Transaction, admin: Admin, kind: Kind, slug: str, said: Mapping[str, object]) -> State:
    """Change what is ``said`` of a board or topic; None takes a key back to what it is for every other."""
    before = state(tx, kind, slug)
    if before is None:
        raise ConflictError(f"There is no {kind} {slug!r} to be changed.")
    after = {key: value for key, value in {**before, **said}.items() if value is not None}
    return put(tx, admin, kind, slug, after) or {}


def noted(tx: Transaction, admin: Admin, kind: Kind, slug: str, before: State | None) -> State | None:
    """Record that something is another than ``before``; what it is now."""
    after = state(tx, kind, slug)
    if after != before:
        edits.record(tx, admin.who, kind, slug, before, after, admin.now)
    return after


def recorded(tx: Transaction, admin: Admin, slug: str, act: Callable[[], object]) -> None:
    """Do something to a board that is more than another entry, and record what that made of its entry."""
    before = state(tx, "board", slug)
    act()
    noted(tx, admin, "board", slug, before)


def undo(tx: Transaction, admin: Admin, edit_id: int) -> Edit:
    """Take a change back; the change that did so. Raises ConflictError where another came after it."""
    edit = edits.one(tx, edit_id)
    if edit is None or edit.undone_by is not None:
        raise ConflictError(f"There is no change {edit_id} that was not taken back already.")
    if state(tx, edit.kind, edit.slug) != edit.after:
        raise ConflictError(f"The {edit.kind} {edit.slug!r} was changed again after change {edit_id}: undo that first.")
    put(tx, admin, edit.kind, edit.slug, edit.before)
    (made,) = edits.latest(tx, 1)
    edits.undone(tx, edit_id, made.id)
    return made


def effective(polling: PollingSettings, said: Mapping[str, str]) -> PollingSettings:
    """The settings of polling with what admins ``said`` over them; what the program does not know is left out."""
    readers = kinds(PollingSettings)
    return structs.replace(polling, **{key: readers[key].parse(value) for key, value in said.items() if key in LIVE})


def follow(tx: Transaction, polling: PollingSettings, now: datetime) -> None:
    """Let the boards that name no interval have the one that holds now, and be due in proportion."""
    found = boards.following(tx, polling.interval)
    boards.retime(tx, polling.interval, {one.id: moved(one, polling.interval, polling.floor, now) for one in found})


def _put_board(tx: Transaction, admin: Admin, slug: str, after: State | None) -> None:
    if after is None:
        boards.remove(tx, slug, admin.now)
        return
    said = dict(after)
    where = f"board {slug}"
    paused = _flag(said.pop(PAUSED, False), where)
    polling = admin.polling
    seed = section(BoardSeed, {**said, "slug": slug}, where, {})
    there = boards.by_slug(tx, slug)
    # The floor may have been raised above an interval that nobody changes here; no poll comes sooner for that.
    floor = boards.NO_FLOOR if there is not None and there.every == seed.every else polling.floor
    spec = board(seed, polling.interval, polling.timezone, floor, where)
    if there is None or there.removed_at is not None:
        boards.add(tx, spec, admin.now)
    else:
        boards.restate(tx, spec, admin.now, polling.floor)
    if there is None or paused != there.paused:
        boards.pause(tx, slug, paused=paused, now=admin.now, floor=polling.floor)


def _put_topic(tx: Transaction, admin: Admin, slug: str, after: State | None) -> None:
    if after is None:
        topics.remove(tx, slug, admin.now)
        return
    seed = section(TopicSeed, {"title": slug, **after, "slug": slug}, f"topic {slug}", {})
    filters.parse(seed.filter)
    topics.put(tx, Topic(slug=slug, title=seed.title, filter=seed.filter, private=seed.private))


def _put_setting(tx: Transaction, admin: Admin, slug: str, after: State | None) -> None:
    del admin
    fixed = next((name for name, kind in SECTIONS.items() if slug in kinds(kind) and slug not in LIVE), None)
    if fixed is not None:
        allowed = ", ".join(LIVE)
        said = f"setting {slug}: is taken at a start, from [{fixed}] of settings.toml; allowed: {allowed}"
        raise SettingsError(said, field=slug, allowed=allowed)
    refuse_unknown(slug, list(LIVE), f"setting {slug}")
    if after is None:
        edits.put_setting(tx, slug, None)
        return
    kind, value = kinds(PollingSettings)[slug], after.get("value")
    try:
        kind.parse(value)
    except ValueError as error:
        raise SettingsError.wrong(f"setting {slug}", value, kind.allowed, field=slug) from error
    edits.put_setting(tx, slug, str(value).lower() if isinstance(value, bool) else str(value))


def _flag(value: object, where: str) -> bool:
    try:
        return bool(FLAG.parse(value))
    except ValueError as error:
        raise SettingsError.wrong(f"{where} {PAUSED}", value, FLAG.allowed, field=PAUSED) from error


_PUT: dict[Kind, Callable[[Transaction, Admin, str, State | None], None]] = {
    "board": _put_board,
    "topic": _put_topic,
    "setting": _put_setting,
}
