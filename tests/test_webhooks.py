"""Webhooks on loopback: what is sent, what is tried again, and where nothing is sent at all."""

import asyncio
import hmac
import logging
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, json

from aggregator import signing
from aggregator.entries import Webhook
from aggregator.fetch import Callbacks
from aggregator.housekeeping import judge
from aggregator.metrics import Metrics
from aggregator.store import Store, boards
from aggregator.webhooks import GIVEN_UP, Teller, pause, wanted
from tests.fetch.origin import Clock, limits
from tests.program import site_on_loopback
from tests.store.test_contract import spec

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the specification's own


class Post(Struct):
    """A message as its receiver got it."""

    headers: dict[str, str]
    body: bytes


class Receiver:
    """The far side: it answers with ``statuses`` in turn, then 204, and keeps what it was sent."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.posts: list[Post] = []
        self.asked, self.answers = asyncio.Event(), asyncio.Event()
        self.answers.set()

    async def post(self, request: web.Request) -> web.Response:
        """Take a message."""
        self.posts.append(Post(dict(request.headers), await request.read()))
        self.asked.set()
        await self.answers.wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204, headers={"Location": "/elsewhere"})


class Scene(Struct):
    """A board that was just paused, a webhook that is to be told of it, and the receiver behind that."""

    teller: Teller
    receiver: Receiver
    clock: Clock
    store: Store
    metrics: Metrics

    async def results(self) -> list[str]:
        """Tell what is due; what came of it."""
        return [told.result for told in await self.teller.tell()]


@pytest.fixture
def allowed() -> tuple[str, ...]:
    """Private addresses that may be told."""
    return ("127.0.0.1",)


@pytest.fixture
async def scene(tmp_path: Path, allowed: tuple[str, ...]) -> AsyncIterator[Scene]:
    """All of it, on loopback and in a file."""
    receiver, clock, metrics, site = Receiver(), Clock(), Metrics(), web.Application()
    site.router.add_post("/T0KEN", receiver.post)
    site.router.add_route("*", "/elsewhere", receiver.post)
    async with (
        site_on_loopback(site) as root,
        await Store.open(f"sqlite:///{tmp_path}/a.db", authority="a.example", now=clock()) as store,
        Callbacks(limits(allow_private=allowed)) as callbacks,
    ):
        hooks = [Webhook(slug="ops", url=f"{root}/T0KEN", key=signing.key(SECRET))]
        public = "https://feeds.example"
        teller = Teller(store, callbacks, webhooks=lambda: hooks, public_url=public, clock=clock, metrics=metrics)
        await store.write(boards.add, spec(), clock())
        await judge(store, 0, clock())
        await store.write(partial(boards.pause, slug="news", paused=True, now=clock()))
        await judge(store, 0, clock(), wanted(hooks))
        yield Scene(teller, receiver, clock, store, metrics)


async def test_a_change_is_posted_once_it_happens_and_signed(scene: Scene) -> None:
    """Its receiver can prove by the secret who sent it and when, and finds the same id in /health.atom."""
    assert (await scene.results(), await scene.results()) == (["taken"], [])
    (post,) = scene.receiver.posts
    said, change = json.decode(post.body), json.decode(post.body)["data"]
    assert (said["type"], said["timestamp"]) == ("board.state", "2026-03-01T12:00:00Z")
    assert (change["board"], change["state"], change["before"]) == ("news", "paused", "ok")
    assert (change["id"], change["url"]) == ("tag:a.example,2026:health/2", "https://feeds.example/boards/news")
    named = post.headers["webhook-id"], post.headers["webhook-timestamp"]
    proven = hmac.digest(b64decode(SECRET[6:]), ".".join(named).encode() + b"." + post.body, sha256)
    assert post.headers["webhook-signature"] == f"v1,{b64encode(proven).decode()}"
    assert int(named[1]) == int(scene.clock().timestamp())
    assert b'aggregator_webhook_messages_total{result="taken"} 1.0' in scene.metrics.text()


@pytest.mark.parametrize("status", [500, 404, 302, 429])
async def test_what_is_not_taken_is_told_again_under_the_same_id(scene: Scene, status: int) -> None:
    """After a pause that doubles, and not before; nobody is sent on to where the admin never said."""
    scene.receiver.statuses = [status, status]
    seen = []
    for wait in (timedelta(0), pause(1) / 2, pause(1) / 2, pause(1), pause(2) - pause(1)):
        scene.clock.now += wait
        seen.append(await scene.results())
    assert seen == [["later"], [], ["later"], [], ["taken"]]
    assert len(scene.receiver.posts) == 3
    assert len({post.headers["webhook-id"] for post in scene.receiver.posts}) == 1
    assert len({post.headers["webhook-timestamp"] for post in scene.receiver.posts}) == 3


async def test_who_is_gone_or_takes_nothing_for_days_is_given_up(scene: Scene) -> None:
    """410 means so at once; anything else after three days."""
    scene.receiver.statuses = [500, 500]
    assert await scene.results() == ["later"]
    scene.clock.now += GIVEN_UP
    assert await scene.results() == ["given-up"]
    await scene.store.write(partial(boards.pause, slug="news", paused=False, now=scene.clock()))
    await judge(scene.store, 0, scene.clock(), {"ok": ["ops"]})
    scene.receiver.statuses = [410]
    assert (await scene.results(), await scene.results()) == (["given-up"], [])


@pytest.mark.parametrize("allowed", [()])
async def test_a_refused_address_is_never_connected_to(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """The log says why, and not the URL, which may be a secret of its own; the message waits for the settings."""
    caplog.set_level(logging.INFO)
    assert await scene.results() == ["later"]
    assert scene.receiver.posts == []
    assert "127.0.0.1 is not a public address" in caplog.text
    assert "T0KEN" not in caplog.text


async def test_a_running_teller_tells_by_itself(scene: Scene) -> None:
    """Without being asked to, until it is left."""
    async with scene.teller.running():
        await asyncio.wait_for(scene.receiver.asked.wait(), 10)
    assert scene.receiver.posts[0].headers["webhook-id"] == "health-2"


async def test_what_was_under_way_at_the_end_is_told_again(scene: Scene) -> None:
    """Nobody knows whether it was taken: twice under one id is better than never."""
    scene.receiver.answers.clear()
    async with scene.teller.running():
        await asyncio.wait_for(scene.receiver.asked.wait(), 10)
    scene.receiver.answers.set()
    assert await scene.results() == ["taken"]
    assert [post.headers["webhook-id"] for post in scene.receiver.posts] == ["health-2", "health-2"]


@given(st.integers(1, 10_000))
def test_a_pause_grows_and_is_bounded(tries: int) -> None:
    """From a quarter of a minute to six hours."""
    assert timedelta(seconds=15) <= pause(tries) <= pause(tries + 1) <= timedelta(hours=6)


@given(st.binary(min_size=16), st.binary())
def test_a_secret_in_base64_is_the_bytes_it_was_made_of(secret: bytes, body: bytes) -> None:
    """So that a receiver's library comes to the same signature."""
    clock = Clock()
    told = signing.signed(signing.key(f"whsec_{b64encode(secret).decode()}"), "health-1", clock(), body)
    content = b".".join([b"health-1", told["webhook-timestamp"].encode(), body])
    assert told["webhook-signature"] == f"v1,{b64encode(hmac.digest(secret, content, sha256)).decode()}"
