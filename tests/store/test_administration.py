"""Changes by admins: applied, recorded with what was before, and taken back, alike on both databases."""

from datetime import timedelta
from functools import partial

import pytest
from msgspec import structs

from aggregator.administration import LIVE, Admin, change, effective, follow, put, state, undo
from aggregator.demo import SimulatedBoard
from aggregator.errors import ConflictError, SettingsError
from aggregator.model import BoardSpec
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards, claims, edits
from aggregator.store.edits import Edit, Kind, State
from tests.far_side import FarSide
from tests.store.conftest import NOW
from tests.walking import EVERY, Poller

ANN = Admin(who="Ann", now=NOW, polling=PollingSettings())
ENTRY: State = {"url": "http://a.example/list", "name": "뉴스", "every": "30m", "tags": ["seoul"], "adaptive": True}


async def given(store: Store, kind: Kind, slug: str, after: State | None) -> State | None:
    """Let something be so."""
    return await store.write(put, ANN, kind, slug, after)


async def told(store: Store) -> list[Edit]:
    """The record, the newest first."""
    return await store.read(edits.latest, 100)


async def test_a_board_is_added_changed_and_removed_by_its_entry(store: Store) -> None:
    """Each change is recorded with what was before and after; what an entry leaves out is as for every board."""
    made = await given(store, "board", "news", ENTRY)
    assert made == {**ENTRY, "slug": "news", "timezone": "Asia/Seoul"}
    changed = await store.write(change, ANN, "board", "news", {"paused": True, "every": "1h", "tags": None})
    assert (changed["paused"], changed["every"], "tags" in changed) == (True, "1h", False)
    await given(store, "board", "news", None)
    assert await store.read(state, "board", "news") is None
    assert [(one.who, one.before, one.after) for one in await told(store)] == [
        ("Ann", changed, None),
        ("Ann", made, changed),
        ("Ann", None, made),
    ]


async def test_every_change_can_be_taken_back(store: Store) -> None:
    """The last first, until nothing is left; each undoing is a change itself."""
    await given(store, "board", "news", ENTRY)
    await store.write(change, ANN, "board", "news", {"cron": "0 9 * * mon"})
    await given(store, "topic", "ai", {"filter": "AI"})
    await given(store, "setting", "concurrency", {"value": 5})
    await given(store, "board", "news", None)
    for one in await told(store):
        made = await store.write(undo, ANN, one.id)
        assert (made.kind, made.slug, made.before, made.after) == (one.kind, one.slug, one.after, one.before)
    assert [await store.read(state, *at) for at in (("board", "news"), ("topic", "ai"))] == [None, None]
    assert [one.undone_by is None for one in await told(store)] == [True] * 5 + [False] * 5


async def test_what_was_changed_again_is_not_taken_back(store: Store) -> None:
    """Nobody's later change is lost by an undoing."""
    await given(store, "topic", "ai", {"filter": "AI"})
    await given(store, "topic", "ai", {"filter": "인공지능"})
    first = (await told(store))[-1]
    with pytest.raises(ConflictError, match="changed again"):
        await store.write(undo, ANN, first.id)
    assert await store.read(state, "topic", "ai") == {"slug": "ai", "title": "ai", "filter": "인공지능"}


@pytest.mark.parametrize(
    ("kind", "slug", "after", "said"),
    [
        ("board", "news", {**ENTRY, "every": "soon"}, "board news every: found 'soon'; allowed: a duration"),
        ("board", "news", {**ENTRY, "every": "1s"}, "at least the floor"),
        ("board", "news", {**ENTRY, "every": "3000000d"}, "board news every: found '3000000d'"),
        ("board", "news", {**ENTRY, "evry": "10m"}, "the nearest is every"),
        ("board", "news", {**ENTRY, "paused": "perhaps"}, "allowed: true or false"),
        ("board", "news", {"name": "뉴스"}, "url is missing"),
        ("topic", "ai", {"title": "AI"}, "filter is missing"),
        ("setting", "concurency", {"value": 5}, "the nearest is concurrency"),
        ("setting", "pages", {"value": "many"}, "setting pages: found 'many'"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_changes(
    store: Store, kind: Kind, slug: str, after: State, said: str
) -> None:
    """The sentence names the key, what was found and what is allowed."""
    with pytest.raises(SettingsError, match=said.replace("(", r"\(")):
        await given(store, kind, slug, after)
    assert (await store.read(state, kind, slug), await told(store)) == (None, [])


async def test_a_floor_raised_above_an_interval_keeps_nobody_from_the_rest(store: Store) -> None:
    """A board polled more often than the floor now allows can be paused; what changes its interval obeys the floor."""
    await given(store, "board", "news", ENTRY)
    raised = structs.replace(ANN, polling=PollingSettings(floor=timedelta(hours=2)))
    assert (await store.write(change, raised, "board", "news", {"paused": True}))["paused"]
    with pytest.raises(SettingsError, match="at least the floor"):
        await store.write(change, raised, "board", "news", {"every": "1h"})


async def test_nothing_is_recorded_where_nothing_changes(store: Store) -> None:
    """To say what is so already is no change."""
    made = await given(store, "board", "news", ENTRY)
    assert await given(store, "board", "news", made) == made
    assert len(await told(store)) == 1


async def test_a_learnt_recipe_is_no_part_of_the_entry(store: Store) -> None:
    """What the program found out is not an admin's wish, and survives their changes."""
    await given(store, "board", "news", ENTRY)
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    assert "recipe" not in (await store.read(state, "board", "news") or {})


async def test_boards_that_name_no_interval_have_the_one_that_holds(store: Store) -> None:
    """Those that name one keep it; what follows is no part of the entry, so another interval does not change it."""
    await given(store, "board", "own", ENTRY)
    await given(store, "board", "usual", {"url": "http://b.example/list"})
    hourly = PollingSettings(interval=timedelta(hours=1))
    await store.write(follow, hourly, NOW)
    assert {one.slug: one.every for one in await store.read(boards.every)} == {
        "own": timedelta(minutes=30),
        "usual": timedelta(hours=1),
    }
    assert "every" not in (await store.read(state, "board", "usual") or {})
    own = await store.write(change, ANN, "board", "usual", {"every": "2h"})
    assert own["every"] == "2h"
    await store.write(follow, hourly, NOW)
    assert await store.read(state, "board", "usual") == own


async def test_an_entry_without_an_interval_is_not_seeded_again_for_another_one(store: Store) -> None:
    """What an admin changed of such a board survives the file's new interval."""
    spec = BoardSpec(slug="usual", name="b", url="http://b.example/", timezone="UTC", every=NOW - NOW, follows=True)
    await store.write(boards.seed, [structs.replace(spec, every=timedelta(hours=1))], NOW)
    await store.write(change, ANN, "board", "usual", {"name": "다른 이름"})
    await store.write(boards.seed, [structs.replace(spec, every=timedelta(hours=2))], NOW)
    assert [one.name for one in await store.read(boards.every)] == ["다른 이름"]


async def test_a_schedule_changed_while_a_board_is_polled_holds_from_then_on(store: Store) -> None:
    """The poll that was under way ends by what is said by then, not by what it began with."""
    poller = Poller(store, FarSide(SimulatedBoard("뉴스")))
    await poller.add()
    claimed = await store.write(claims.claim_one, "news", poller.now, EVERY)
    assert claimed is not None
    await store.write(change, structs.replace(ANN, now=poller.now), "board", "news", {"every": "10h"})
    await poller.take(claimed)
    assert (await poller.board()).next_poll_at > poller.now + timedelta(hours=8)


async def test_live_settings_stand_over_the_file(store: Store) -> None:
    """What was said is read as in settings.toml; taken back, the file's is in force again."""
    for key, value in (("paused", True), ("host_gap", "250ms"), ("pages", 20)):
        await given(store, "setting", key, {"value": value})
    polling = effective(PollingSettings(), await store.read(edits.settings))
    assert (polling.paused, polling.host_gap.total_seconds(), polling.pages) == (True, 0.25, 20)
    await store.write(partial(put, admin=ANN, kind="setting", slug="paused", after=None))
    assert not effective(PollingSettings(), await store.read(edits.settings)).paused
    assert set(LIVE) <= set(PollingSettings.__struct_fields__)
