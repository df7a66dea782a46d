"""The API for admins: who may do what, entries in and out, problems that name the key, and its own description."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from msgspec import json

from aggregator import web
from aggregator.administration import Admin, change
from aggregator.housekeeping import judge
from aggregator.model import Poll
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, boards, edits, polls, tokens
from aggregator.tokens import digest
from aggregator.web import operations
from tests.program import site_on_loopback
from tests.schemas import DESCRIBED, template, unlike
from tests.web.conftest import NOW, PUBLIC_URL, spec

UNDESCRIBED = ("/openapi.json", f"/changes/{10**25}/")
# A board of which everything is said.
FULL = {
    "every": "1h",
    "backfill": "3",
    "keep_days": 9,
    "tags": ["서울"],
    "cookies": True,
    "proxy": "none",
    "pages": 8,
    "active": "07:00-23:00",
    "adaptive": True,
    "freshness": "9m",
    "paused": True,
    "recipe": {"rows": "tr", "columns": ["number", "title"]},
}
BOARD = {"slug": "new", "url": "https://board.example.kr/new", "every": "30m"}


class Loaded:
    """What runs beside the server: settings that seed one of its boards."""

    settings = Settings(boards=(spec("news", "뉴스"),))

    async def reload(self) -> list[str]:
        """The port needs a restart."""
        return ["[server] port"]


class Client:
    """An admin's program."""

    def __init__(self, root: str, session: aiohttp.ClientSession) -> None:
        """Ask the API below ``root``; what it answers is held to its description."""
        self.root, self.session, self.etag = f"{root}/api/v1", session, ""
        self.seen = set[tuple[str, str]]()

    async def ask(
        self,
        method: str,
        path: str,
        said: object = None,
        *,
        status: int = 200,
        who: str = "ann",
        **headers: str,
    ) -> Any:  # noqa: ANN401 - JSON is anything
        """What it answers, with the status that was expected."""
        sent = {"Authorization": f"Bearer {who}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        body = None if said is None else json.encode(said)
        async with self.session.request(method, self.root + path, data=body, headers=sent if who else {}) as answer:
            text = await answer.read()
            assert answer.status == status, text
            assert status < 400 or answer.content_type == "application/problem+json"
            self.etag = answer.headers.get("ETag", "")
            said = json.decode(text) if text else None
            if not path.startswith(UNDESCRIBED):
                assert unlike(method, f"/api/v1{path}", status, said) == []
                self.seen.add((template(f"/api/v1{path}"), method.lower()))
            return said


@pytest.fixture
async def client(store: Store) -> AsyncIterator[Client]:
    """A client with the tokens ann (admin), bob (read) and eve (revoked)."""
    for name, scope in (("ann", "admin"), ("bob", "read"), ("eve", "admin")):
        await store.write(tokens.add, name, scope, digest(name), NOW)  # type: ignore[arg-type]
    await store.write(tokens.revoke, "eve", NOW)
    served = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW, running=Loaded())
    async with site_on_loopback(served) as root, aiohttp.ClientSession() as session:
        yield Client(root, session)


async def test_nothing_is_said_without_a_token(client: Client) -> None:
    """Not one operation: 401 without a token, with an unknown and with a revoked one; 403 where it may only read."""
    for one in operations.OPERATIONS:
        path = one.path.replace("{kind:boards|topics}", "boards").replace("{slug}", "news").replace(operations.ID, "1")
        for who in ("", "mallory", "eve"):
            await client.ask(one.method, path, {}, status=401, who=who)
        if one.scope == "admin":
            await client.ask(one.method, path, {}, status=403, who="bob")


async def test_boards_are_listed_a_page_at_a_time(client: Client) -> None:
    """Each with what settings.toml says of it beside what it is now."""
    first = await client.ask("GET", "/boards?n=1")
    assert ([one["slug"] for one in first["boards"]], first["boards"][0]["seed"]) == (["local"], None)
    second = await client.ask("GET", first["next_url"].removeprefix("/api/v1"), who="bob")
    shown = [(one["slug"], one["name"], one["seed"]["name"]) for one in second["boards"]]
    assert shown == [("news", "종합 뉴스", "뉴스")]
    assert second["next_url"] is None


async def test_a_board_is_added_changed_and_removed(client: Client, store: Store) -> None:
    """As its entry reads; the record says who."""
    made = await client.ask("POST", "/boards", BOARD, status=201)
    assert made == {**BOARD, "name": "new", "timezone": "Asia/Seoul"}
    changed = await client.ask("PATCH", "/boards/new", {"cron": "0 9 * * mon-fri", "paused": True})
    assert changed == {**made, "cron": "0 9 * * mon-fri", "paused": True}
    shown = await client.ask("GET", "/boards/new")
    assert (shown["status"]["reason"], shown["status"]["next_poll_at"]) == ("cron 0 9 * * mon-fri", None)
    await client.ask("DELETE", "/boards/new", status=204)
    await client.ask("GET", "/boards/new", status=404)
    assert [one.who for one in await store.read(edits.latest, 10)] == ["ann"] * 3


async def test_two_admins_do_not_overwrite_each_other(client: Client) -> None:
    """Who sends the tag of what they saw changes only that."""
    await client.ask("GET", "/topics/chips")
    seen = client.etag
    await client.ask("PATCH", "/topics/chips", {"filter": "메모리"}, If_Match=seen)
    await client.ask("PATCH", "/topics/chips", {"filter": "HBM"}, If_Match=seen, status=412)
    await client.ask("DELETE", "/topics/chips", If_Match=seen, status=412)
    assert (await client.ask("GET", "/topics/chips"))["filter"] == "메모리"
    await client.ask("PATCH", "/topics/chips", {"filter": "HBM"}, If_Match=client.etag)


@pytest.mark.parametrize(
    ("method", "path", "said", "status", "detail"),
    [
        ("POST", "/boards", {**BOARD, "every": "1s"}, 400, "at least the floor"),
        ("POST", "/boards", {**BOARD, "evry": "1h"}, 400, "the nearest is every"),
        ("POST", "/boards", [1], 400, "allowed: a JSON object"),
        ("POST", "/boards", {**BOARD, "slug": "news"}, 409, "already"),
        ("POST", "/boards", {**BOARD, "url": "https://board.example.kr/news"}, 409, "reads"),
        ("PATCH", "/boards/none", {"every": "1h"}, 404, "There is no board 'none'"),
        ("PUT", "/topics/ai", {"filter": "(("}, 400, ""),
        ("PATCH", "/settings", {"pages": "many"}, 400, "setting pages: found 'many'"),
        ("GET", "/changes?n=0", None, 400, "n: found '0'"),
        ("GET", f"/changes?before={10**25}", None, 400, "before: found"),
        ("POST", "/changes/999/undo", None, 409, "There is no change 999"),
        ("POST", f"/changes/{10**25}/undo", None, 404, ""),
        ("PATCH", "/boards/news", {"slug": "other"}, 400, "slug: found 'other'; allowed: 'news'"),
        ("PATCH", "/boards/news", {"url": "http://[::1"}, 400, "allowed: an absolute http(s) URL"),
        ("PATCH", "/boards/news", {"url": "http://a.example:x/"}, 400, "allowed: an absolute http(s) URL"),
        ("PATCH", "/boards/news", {"url": "http://a.example/\0"}, 400, "allowed: an absolute http(s) URL"),
        ("PATCH", "/boards/news", {"name": "a\0b"}, 400, "allowed: one line of text"),
        ("PATCH", "/boards/news", {"every": "3000000d"}, 400, "every: found '3000000d'; allowed: a duration"),
    ],
)
async def test_a_problem_names_what_was_wrong(
    client: Client, method: str, path: str, said: object, status: int, detail: str
) -> None:
    """With the status that tells the client what to do."""
    problem = await client.ask(method, path, said, status=status)
    assert (problem["status"], detail in problem["detail"]) == (status, True)


@pytest.mark.parametrize(
    ("body", "coding", "detail"),
    [(b"[" * 9**6, "identity", "nests"), (b"[" * 600 + b"]" * 600, "identity", "nests"), (b"{}", "gzip", "coding")],
)
async def test_a_body_that_cannot_be_read_is_a_problem(client: Client, body: bytes, coding: str, detail: str) -> None:
    """However broken: 400, and what is wrong with it."""
    sent = {"Authorization": "Bearer ann", "Content-Encoding": coding}
    async with client.session.post(f"{client.root}/boards", data=body, headers=sent) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, detail in problem["detail"]) == (400, True)


async def test_a_problem_says_field_found_and_allowed_for_programs(client: Client) -> None:
    """Beside the sentence for people."""
    problem = await client.ask("PATCH", "/boards/news", {"keep_days": "many"}, status=400)
    allowed = "a whole number from 0 to 36500"
    assert [problem[key] for key in ("field", "found", "allowed")] == ["keep_days", "many", allowed]


async def test_what_is_taken_at_a_start_alone_says_so(client: Client) -> None:
    """It is not called unknown."""
    for key, section in (("max_bytes", "polling"), ("format", "log"), ("port", "server")):
        problem = await client.ask("PATCH", "/settings", {key: "json"}, status=400)
        assert f"is taken at a start, from [{section}] of settings.toml" in problem["detail"]


async def test_settings_that_another_has_changed_are_not_overwritten(client: Client) -> None:
    """As with boards and topics."""
    await client.ask("GET", "/settings")
    seen = client.etag
    await client.ask("PATCH", "/settings", {"pages": 20}, If_Match=seen)
    await client.ask("PATCH", "/settings", {"pages": 30}, If_Match=seen, status=412)


async def test_the_last_polls_of_all_boards_are_told(client: Client, store: Store) -> None:
    """The newest first, of one board or of all."""
    for number, slug in enumerate(("news", "local")):
        board = await store.read(boards.by_slug, slug)
        assert board is not None
        at = NOW + timedelta(minutes=number)
        record = Poll(board=slug, started_at=at, finished_at=at, result="changed", new=number)
        await store.write(polls.record, board.id, record, polls.After(next_poll_at=NOW))
    assert [one["board"] for one in (await client.ask("GET", "/polls"))["polls"]] == ["local", "news"]
    assert [one["board"] for one in (await client.ask("GET", "/boards/news/polls"))["polls"]] == ["news"]
    assert len((await client.ask("GET", "/polls?n=1"))["polls"]) == 1


async def test_a_change_is_taken_back(client: Client) -> None:
    """By its number, as a change of its own."""
    await client.ask("PUT", "/topics/ai", {"filter": "AI", "title": "인공지능"})
    (change,) = (await client.ask("GET", "/changes"))["changes"]
    made = await client.ask("POST", f"/changes/{change['id']}/undo")
    assert (made["before"]["filter"], made["after"]) == ("AI", None)
    await client.ask("GET", "/topics/ai", status=404)


async def test_a_poll_now_obeys_the_floor(client: Client, store: Store) -> None:
    """The answer says when it will run."""
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    due = await client.ask("POST", "/boards/news/poll", status=202)
    assert due["next_poll_at"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    assert (await client.ask("GET", "/boards/news/polls"))["polls"] == []
    assert [one["board"] for one in (await client.ask("GET", "/schedule"))["due"]] == ["local", "news"]


async def test_settings_show_what_holds_beside_the_file(client: Client) -> None:
    """What is null again is the file's."""
    said = await client.ask("PATCH", "/settings", {"concurrency": 3, "paused": True})
    assert said["concurrency"] == {"value": 3, "file": 20}
    assert (await client.ask("PATCH", "/settings", {"concurrency": None}))["concurrency"] == {"value": 20, "file": 20}
    assert (await client.ask("GET", "/settings"))["paused"] == {"value": True, "file": False}
    assert await client.ask("POST", "/reload") == {"needs_restart": ["[server] port"]}


async def test_hosts_are_shown_as_budgets(client: Client) -> None:
    """What the settings that hold allow each, a page at a time."""
    await client.ask("POST", "/boards", {**BOARD, "url": "http://other.example/"}, status=201)
    await client.ask("PATCH", "/settings", {"host_gap": "3s"})
    first = await client.ask("GET", "/hosts?n=1", who="bob")
    assert [(one["host"], one["boards"], one["gap_seconds"]) for one in first["hosts"]] == [("board.example.kr", 2, 3)]
    second = await client.ask("GET", first["next_url"].removeprefix("/api/v1"))
    assert ([one["host"] for one in second["hosts"]], second["next_url"]) == (["other.example"], None)


async def test_all_answers_are_as_they_are_described(client: Client, store: Store) -> None:
    """Of every operation of the description, asked once each and with something to say."""
    await store.write(change, Admin(who="Ann", now=NOW, polling=PollingSettings()), "board", "news", FULL)
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    record = Poll(board="news", started_at=NOW, finished_at=NOW, result="later", error="late", faults=("odd",))
    await store.write(polls.record, board.id, record, polls.After(next_poll_at=NOW))
    await judge(store, 0, NOW)
    for kind, slug in (("boards", "news"), ("topics", "chips")):
        await client.ask("GET", f"/{kind}")
        await client.ask("GET", f"/{kind}/{slug}")
        await client.ask("PATCH", f"/{kind}/{slug}", {"tags": None} if kind == "boards" else {"title": "칩"})
    await client.ask("POST", "/boards", BOARD, status=201)
    await client.ask("PUT", "/topics/ai", {"filter": "AI"})
    await client.ask("PATCH", "/settings", {"host_gap": "2s", "walk_bytes": "1MB", "paused": True})
    for path in ("/settings", "/polls", "/boards/news/polls", "/schedule", "/hosts", "/health", "/changes"):
        await client.ask("GET", path)
    await client.ask("POST", "/changes/1/undo", status=409)
    await client.ask("POST", "/changes/5/undo")
    for path, status in (("/boards/news/poll", 202), ("/reload", 200)):
        await client.ask("POST", path, status=status)
    for path in ("/boards/news", "/topics/chips"):
        await client.ask("DELETE", path, status=204)
    assert client.seen == {(path, method) for path, methods in DESCRIBED["paths"].items() for method in methods}


def test_a_schema_is_no_empty_promise() -> None:
    """What the tests hold answers to tells a wrong one."""
    assert unlike("GET", "/api/v1/settings", 200, {"paused": {"value": True}}) != []
    assert unlike("POST", "/api/v1/reload", 200, {"needs_restart": [], "more": 1}) == ["$: more is not described"]
    assert unlike("POST", "/api/v1/reload", 200, {"needs_restart": [1]}) == ["$.needs_restart[0]: 1 is no string"]


async def test_every_operation_stands_in_the_description(client: Client) -> None:
    """Which is for everybody, and refers to nothing that is not in it."""
    said = await client.ask("GET", "/openapi.json", who="")
    there = {(path, method) for path, methods in said["paths"].items() for method in methods}
    assert len(there) == sum(2 if "{kind" in one.path else 1 for one in operations.OPERATIONS)
    refs = {part.partition('"')[0] for part in json.encode(said).decode().split("#/components/schemas/")[1:]}
    assert refs <= set(said["components"]["schemas"])
    ids = [one["operationId"] for methods in said["paths"].values() for one in methods.values()]
    assert (said["openapi"], len(set(ids))) == ("3.1.0", len(ids))
