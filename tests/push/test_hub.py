"""The hub as a subscriber meets it: W3C WebSub §5 to §7, on loopback."""

import asyncio
import time
from collections.abc import Callable
from urllib.parse import quote

import aiohttp
import pytest
from msgspec import structs

from aggregator.store import boards, subscriptions
from aggregator.store.subscriptions import Busy, Subscription
from tests.push.conftest import HUB, TOPIC, Pushing
from tests.push.subscriber import Subscriber, signature
from tests.store.test_counts import counted
from tests.web.conftest import PUBLIC_URL, news


async def stored(pushed: Pushing, holds: Callable[[list[Subscription]], bool]) -> None:
    """Wait until it holds of the subscriptions in the store."""
    async with asyncio.timeout(20):
        while not holds(await pushed.store.read(subscriptions.every)):  # noqa: ASYNC110  a store sets no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
async def test_every_document_names_itself_and_the_hub(pushed: Pushing, form: str) -> None:
    """In the header, where subscribers look first, and inside (CONFORMANCE D13)."""
    own = f"{PUBLIC_URL}/boards/news.{form}"
    answer = await pushed.server.ask(f"/boards/news.{form}")
    assert answer.headers["Link"] == f'<{own}>; rel="self", <{HUB}>; rel="hub"'
    assert (answer.body.count(own.encode()), answer.body.count(f'"{HUB}"'.encode())) == (1, 1)


async def test_a_subscriber_is_asked_and_then_given_the_document(pushed: Pushing, subscriber: Subscriber) -> None:
    """The wish is verified by a challenge, and what is delivered is what a GET gives, to the byte."""
    assert (await pushed.wish(lease_seconds="86400"))[0] == 202
    await subscriber.until(lambda: len(subscriber.deliveries) == 1)
    (asked,) = subscriber.asked
    assert len(asked.pop("hub.challenge")) >= 22
    said = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.lease_seconds": "86400"}
    assert asked == {"own": "1", **said}
    got, (delivery,) = await pushed.server.ask("/boards/news.atom"), subscriber.deliveries
    names = ("Content-Type", "Link")
    assert (delivery.path, delivery.body) == ("/callback?own=1", got.body)
    assert [delivery.headers[name] for name in names] == [got.headers[name] for name in names]
    assert "X-Hub-Signature" not in delivery.headers


async def test_news_are_out_within_a_second_of_their_commit(pushed: Pushing, subscriber: Subscriber) -> None:
    """A poll's commit is told at once, not at the next tick."""
    await pushed.subscribed()
    began = time.monotonic()
    await pushed.poll([news("속보 하나", 70)])
    await subscriber.until(lambda: len(subscriber.deliveries) == 2)
    assert time.monotonic() - began < 1
    assert "속보 하나" in subscriber.deliveries[1].body.decode()


async def test_a_secret_signs_every_delivery(pushed: Pushing, subscriber: Subscriber) -> None:
    """HMAC-SHA256 of the body, by the secret that was given last."""
    first = "처음"
    await pushed.subscribed(secret=first)
    await pushed.wish(secret="x" * 199)
    await subscriber.until(lambda: len(subscriber.asked) == 2)
    await stored(pushed, lambda found: found[0].secret == "x" * 199 and bool(found[0].seen))
    await pushed.poll([news("서명한 소식", 61)])
    await subscriber.until(lambda: len(subscriber.deliveries) == 2)
    said = [(one.headers["X-Hub-Signature"], one.body) for one in subscriber.deliveries]
    assert [hmac for hmac, _ in said] == [signature(first, said[0][1]), signature("x" * 199, said[1][1])]


@pytest.mark.parametrize(
    ("status", "text"), [(200, "{}x"), (200, ""), (302, "{}"), (404, "{}"), (500, "{}"), (200, "{}\n")]
)
async def test_what_is_not_confirmed_to_the_letter_is_not_meant(
    pushed: Pushing, subscriber: Subscriber, status: int, text: str
) -> None:
    """Another body or another status ends the wish, and a redirect is not followed."""
    subscriber.echo = lambda challenge: (status, text.format(challenge))
    await pushed.wish()
    await subscriber.until(lambda: len(subscriber.asked) == 1)
    subscriber.echo = lambda challenge: (200, challenge)
    await pushed.subscribed("/other")
    found = await pushed.store.read(subscriptions.every)
    assert [one.callback for one in found] == [f"{subscriber.root}/other"]
    assert len(subscriber.asked) == 2


async def test_unsubscribing_is_verified_too(pushed: Pushing, subscriber: Subscriber) -> None:
    """A stranger's wish to end a subscription ends nothing; its owner's does."""
    await pushed.subscribed()
    subscriber.echo = lambda _: (404, "")
    await pushed.wish(mode="unsubscribe")
    await subscriber.until(lambda: len(subscriber.asked) == 2)
    await pushed.poll([news("아직 받는다", 71)])
    await subscriber.until(lambda: len(subscriber.deliveries) == 2)
    subscriber.echo = lambda challenge: (200, challenge)
    await pushed.wish(mode="unsubscribe")
    await stored(pushed, lambda found: not found)


async def test_a_lease_ends_unless_it_is_renewed(pushed: Pushing, subscriber: Subscriber) -> None:
    """Two subscribe for an hour, one of them again later: after that hour only it is told, and nothing twice."""
    await pushed.subscribed("/a", lease_seconds="3600")
    await pushed.subscribed("/b", lease_seconds="3600")
    pushed.later(minutes=50)
    await pushed.wish("/b", lease_seconds="3600")
    await subscriber.until(lambda: len(subscriber.asked) == 3)
    pushed.later(minutes=20)
    await pushed.poll([news("늦은 소식", 72)])
    await subscriber.until(lambda: len(subscriber.deliveries) == 3)
    assert [one.path for one in subscriber.deliveries] == ["/a", "/b", "/b"]
    await stored(pushed, lambda found: len(found) == 1)


@pytest.mark.parametrize(("asked", "given"), [("", 864_000), ("1", 300), ("99999999999", 2_592_000), ("7200", 7200)])
async def test_leases_keep_within_bounds(pushed: Pushing, subscriber: Subscriber, asked: str, given: int) -> None:
    """Ten days where nothing is said, thirty at most, and the subscriber is told."""
    await pushed.subscribed(lease_seconds=asked)
    assert subscriber.asked[0]["hub.lease_seconds"] == str(given)


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ({"mode": "publish"}, 400, "hub.mode"),
        ({"topic": f"{PUBLIC_URL}/boards/none.atom"}, 404, "no board 'none'"),
        ({"topic": f"{PUBLIC_URL}/boards/gone.atom"}, 410, "removed"),
        ({"topic": "https://other.example/feed.atom"}, 404, "no public feed"),
        ({"topic": f"{PUBLIC_URL}/p/token/feed.atom"}, 404, "no public feed"),
        ({"topic": f"{PUBLIC_URL}/feed"}, 404, "no public feed"),
        ({"topic": f"{PUBLIC_URL}/feed.atom?q=("}, 400, "hub.topic"),
        ({"callback": ""}, 400, "hub.callback"),
        ({"callback": "ftp://a.example/"}, 400, "neither http nor https"),
        ({"callback": "http://10.0.0.1/"}, 400, "not a public address"),
        ({"callback": "http://[::ffff:169.254.169.254]/"}, 400, "not a public address"),
        ({"callback": "http://a.example/" + "x" * 1000}, 400, "1000 characters"),
        ({"secret": "x" * 200}, 400, "199"),
        ({"secret": "ab\0c"}, 400, "control characters"),
        ({"secret": "ab\x85"}, 400, "control characters"),
        ({"lease_seconds": "-1"}, 400, "lease_seconds"),
    ],
)
async def test_a_wish_that_cannot_be_meant_is_refused_at_once(
    pushed: Pushing, said: dict[str, str], status: int, sentence: str
) -> None:
    """With what is wrong, in plain text, and nobody is asked anything."""
    told = await pushed.wish(**said)
    assert (told[0], sentence in told[1]) == (status, True)
    assert pushed.subscriber.asked == []


@pytest.mark.parametrize(
    ("body", "charset", "coding"),
    [
        *((b"a=b", charset, "") for charset in ("none-such", "utf-16", "hex")),
        (b"a=\xff", "", ""),
        *((b"a=b", "", coding) for coding in ("gzip", "zstd")),
    ],
)
async def test_a_form_that_is_no_text_is_refused(pushed: Pushing, body: bytes, charset: str, coding: str) -> None:
    """Whether nobody knows its charset, or its bytes are not of that or of the coding that it names."""
    headers = {"Content-Type": "application/x-www-form-urlencoded" + (f"; charset={charset}" if charset else "")}
    status, sentence = await pushed.post(body, headers | ({"Content-Encoding": coding} if coding else {}))
    assert (status, "UTF-8 is allowed" in sentence) == (400, True)


async def test_gone_ends_a_subscription(pushed: Pushing, subscriber: Subscriber) -> None:
    """A callback that answers 410 is told no more (§7)."""
    subscriber.statuses = [410]
    await pushed.subscribed()
    await stored(pushed, lambda found: not found)


@pytest.mark.parametrize("status", [500, 302, 404])
async def test_what_was_not_taken_is_delivered_again(pushed: Pushing, subscriber: Subscriber, status: int) -> None:
    """After five seconds, then twenty; how things stand then is what is delivered."""
    subscriber.statuses = [status, status]
    await pushed.subscribed()
    for passed, n in ((5, 2), (20, 3)):
        await stored(pushed, lambda found: found[0].tries == n - 1)  # noqa: B023  awaited here
        pushed.later(seconds=passed)
        await subscriber.until(lambda: len(subscriber.deliveries) == n)  # noqa: B023  awaited here
    await stored(pushed, lambda found: found[0].seen != "")


async def test_nothing_is_lost_by_a_restart(pushed: Pushing, subscriber: Subscriber) -> None:
    """News that came while nobody delivered, and a delivery that was cut off, are delivered after the next start."""
    await pushed.subscribed("/a")
    subscriber.waiting.clear()
    await pushed.subscribed("/b")
    await pushed.stop()
    subscriber.waiting.set()
    await pushed.poll([news("그동안 온 소식", 73)])
    await pushed.start()
    heard = subscriber.deliveries
    await subscriber.until(lambda: {one.path for one in heard if "그동안".encode() in one.body} == {"/a", "/b"})


async def test_a_slow_subscriber_holds_back_nobody(pushed: Pushing, subscriber: Subscriber) -> None:
    """While as many as may be wait for one host that does not answer, others are told at once."""
    slow = Subscriber()
    async with slow.listening():
        slow.waiting.clear()
        for n in range(20):
            form = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.callback": f"{slow.root}/{n}"}
            assert (await pushed.post(form))[0] == 202
        await slow.until(lambda: len(slow.deliveries) >= 12)
        callback = subscriber.root.replace("127.0.0.1", "localhost")
        assert (await pushed.wish("/quick", callback=f"{callback}/quick"))[0] == 202
        await subscriber.until(lambda: len(subscriber.deliveries) == 1)
        assert len(slow.deliveries) == 12
        slow.waiting.set()


async def test_a_strangers_topics_hold_back_nobody(pushed: Pushing, subscriber: Subscriber) -> None:
    """Who subscribed after one of another host is told while most of the many topics of that one still wait."""
    for n in range(40):
        await pushed.subscribed(topic=f"{PUBLIC_URL}/feed.json?q={quote(f'/없는 {n}/')}")
    await pushed.subscribed(callback=f"{subscriber.root.replace('127.0.0.1', 'localhost')}/quick")
    await stored(pushed, lambda found: all(one.seen for one in found))
    await pushed.poll([news("모두의 소식", 76)])
    await subscriber.until(lambda: len(subscriber.deliveries) == 42)
    assert subscriber.deliveries[-1].path == "/quick"
    waiting = await pushed.store.read(subscriptions.due, pushed.now, 99, Busy())
    assert len(waiting) > 20


async def test_a_document_is_made_once_for_all(pushed: Pushing, subscriber: Subscriber) -> None:
    """However many are told of it at once, of however many hosts."""
    for n in range(8):
        root = subscriber.root.replace("127.0.0.1", "localhost") if n % 2 else subscriber.root
        await pushed.subscribed(callback=f"{root}/{n}")
    await stored(pushed, lambda found: all(one.seen for one in found))
    with counted() as said:
        await pushed.poll([news("모두의 소식", 77)])
        await subscriber.until(lambda: len(subscriber.deliveries) == 16)
    assert sum(one.startswith("SELECT page.arrival") for one in said) == 1


async def test_subscribers_of_what_becomes_private_are_denied(pushed: Pushing, subscriber: Subscriber) -> None:
    """They are told so, hear nothing more of it, and are forgotten."""
    await pushed.subscribed()
    await pushed.store.write(lambda tx: boards._change(tx, "news", {"private": True}))  # noqa: SLF001  what an admin does
    await pushed.poll([news("비밀이 된 소식", 74)])
    await subscriber.until(lambda: subscriber.asked[-1]["hub.mode"] == "denied")
    assert subscriber.asked[-1]["hub.topic"] == TOPIC
    await stored(pushed, lambda found: not found)
    assert len(subscriber.deliveries) == 1


async def test_a_host_has_no_more_subscriptions_than_it_may(pushed: Pushing) -> None:
    """The next is refused; one that is there is renewed all the same."""
    await pushed.stop()
    await pushed.start(host_subscriptions=2)
    await pushed.subscribed("/a")
    await pushed.subscribed("/b")
    assert [(await pushed.wish(path))[0] for path in ("/c", "/b")] == [429, 202]


async def test_a_wish_is_of_its_client_s_share(pushed: Pushing) -> None:
    """The document that it names is made, so it costs what one costs, and whoever asks too much may come back."""
    await pushed.stop()
    pushed.settings = structs.replace(
        pushed.settings, server=structs.replace(pushed.settings.server, per_minute=2, trusted_proxies=("127.0.0.1",))
    )
    await pushed.start()
    form = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.callback": pushed.subscriber.root}
    clients = [{"X-Forwarded-For": f"192.0.2.{n}"} for n in (1, 1, 1, 2)]
    assert [(await pushed.post(form, client))[0] for client in clients] == [202, 202, 429, 202]
    root = f"{pushed.server.root}/hub"
    async with aiohttp.ClientSession() as session, session.post(root, data=form, headers=clients[0]) as refused:
        assert (refused.status, 0 < int(refused.headers["Retry-After"]) <= 30) == (429, True)


async def test_only_a_board_with_news_is_rendered_anew(pushed: Pushing, subscriber: Subscriber) -> None:
    """News of one board are no news to who reads another."""
    await pushed.subscribed("/local", topic=f"{PUBLIC_URL}/boards/local.rss")
    await pushed.subscribed("/all", topic=f"{PUBLIC_URL}/feed.json?q={quote('속보')}")
    await pushed.poll([news("속보 둘", 75)])
    await subscriber.until(lambda: len(subscriber.deliveries) == 3)
    assert subscriber.deliveries[2].path == "/all"
