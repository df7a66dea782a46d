"""E-mail of changes: what a letter says, how it is handed in, tried again or given up, and what is never said."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, structs

from aggregator.entries import MailSettings, Password
from aggregator.fetch import Callbacks
from aggregator.housekeeping import judge
from aggregator.mail import MAIL, Mail, letter
from aggregator.metrics import Metrics
from aggregator.store import Store, boards
from aggregator.store.messages import Message
from aggregator.webhooks import GIVEN_UP, Teller, pause, wanted
from tests.fetch.old_tls import PEM
from tests.fetch.origin import Clock, limits
from tests.post_office import PostOffice
from tests.store.test_contract import spec

SECRET = "the pass word"  # noqa: S105 - of nobody
SETTINGS = MailSettings(
    host="127.0.0.1", security="none", sender="aggregator@feeds.example", to=("ann@a.example", "ops@a.example")
)
MESSAGE = Message(
    id=1,
    webhook=MAIL,
    change=2,
    board="news",
    name="뉴스",
    state="failing",
    before="ok",
    sentence="three polls failed: timed out",
    since=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    queued_at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    tries=0,
)


class Scene(Struct):
    """A board that was just paused, which the post office is to be told of."""

    office: PostOffice
    teller: Teller
    clock: Clock
    store: Store
    mail: Mail

    def settle(self, password: str = "", **settings: object) -> None:
        """Send by other settings from now on."""
        self.mail = Mail(structs.replace(self.mail.settings, **settings), Password(password))

    async def results(self) -> list[str]:
        """Tell what is due; what came of it."""
        return [told.result for told in await self.teller.tell()]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """All of it, on loopback and in a file."""
    clock, public = Clock(), "https://feeds.example/news"
    async with (
        PostOffice() as office,
        await Store.open(f"sqlite:///{tmp_path}/a.db", authority="a.example", now=clock()) as store,
        Callbacks(limits()) as callbacks,
    ):
        there: list[Scene] = []
        teller = Teller(
            store,
            callbacks,
            webhooks=list,
            public_url=public,
            clock=clock,
            metrics=Metrics(),
            mail=lambda: there[0].mail,
        )
        there.append(Scene(office, teller, clock, store, Mail(structs.replace(SETTINGS, port=office.port))))
        await store.write(boards.add, spec(), clock())
        await judge(store, 0, clock())
        await store.write(partial(boards.pause, slug="news", paused=True, now=clock()))
        await judge(store, 0, clock(), wanted([], SETTINGS))
        yield there[0]


async def test_a_change_is_mailed_once_to_all(scene: Scene) -> None:
    """One letter with the board, its state, why and where to look; no answer by a machine is asked for."""
    assert (await scene.results(), await scene.results()) == (["taken"], [])
    (envelope,) = scene.office.envelopes
    assert envelope.sender.startswith("FROM:<aggregator@feeds.example>")
    assert [to.partition(">")[0] for to in envelope.to] == ["TO:<ann@a.example", "TO:<ops@a.example"]
    said = envelope.letter
    assert (said["Subject"], said["To"]) == ("뉴스: paused", "ann@a.example, ops@a.example")
    assert (said["Auto-Submitted"], str(said["Message-ID"]).endswith("@feeds.example>")) == ("auto-generated", True)
    text = said.get_content().splitlines()
    assert "뉴스 is paused: paused by its admin" in text
    assert "https://feeds.example/news/boards/news" in text


@pytest.mark.parametrize(
    ("verb", "answer"), [("DATA", "451 later"), (".", "452 full"), ("RCPT", "450 busy"), ("EHLO", "421 no")]
)
async def test_what_is_not_taken_now_is_handed_in_again_under_the_same_id(scene: Scene, verb: str, answer: str) -> None:
    """After a pause, from the store: neither who was busy nor a restart loses a letter."""
    scene.settle(to=("ann@a.example",))
    scene.office.answers = {verb: [answer], "HELO": [answer]}
    assert (await scene.results(), await scene.results()) == (["later"], [])
    scene.clock.now += pause(1)
    assert await scene.results() == ["taken"]
    scene.office.answers = {}
    assert len(scene.office.envelopes) == 1


async def test_a_server_that_is_away_is_tried_for_days_and_not_for_ever(scene: Scene) -> None:
    """Then /health.atom has what happened."""
    scene.settle(port=9)
    assert await scene.results() == ["later"]
    scene.clock.now += GIVEN_UP
    assert (await scene.results(), await scene.results()) == (["given-up"], [])


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "."])
async def test_a_letter_that_is_refused_for_good_holds_up_no_other(scene: Scene, verb: str) -> None:
    """5xx means that the same letter need not come again (RFC 5321 §4.2.1)."""
    scene.settle(to=("ann@a.example",))
    scene.office.answers = {verb: ["550 never"]}
    assert (await scene.results(), await scene.results()) == (["given-up"], [])


async def test_one_recipient_who_is_refused_keeps_no_other_from_it(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The letter is taken, and the log says by whom it was not."""
    caplog.set_level(logging.INFO)
    scene.office.answers = {"RCPT": ["550 nobody here"]}
    assert await scene.results() == ["taken"]
    assert "ann@a.example: 550 nobody here" in caplog.text


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_letter_goes_encrypted_and_by_a_user(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    """By STARTTLS or from the first byte, to a server whose certificate is vouched for."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    async with PostOffice(is_encrypted=security == "tls") as office:
        scene.settle(SECRET, port=office.port, security=security, username="ann")
        assert await scene.results() == ["taken"]
    (envelope,) = office.envelopes
    assert (envelope.encrypted, envelope.login) == (True, ("ann", SECRET))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_password_is_said_to_nobody_unproven(
    scene: Scene, caplog: pytest.LogCaptureFixture, security: str
) -> None:
    """A certificate that nobody vouches for ends it, the letter waits, and no log has the password."""
    caplog.set_level(logging.DEBUG)
    async with PostOffice(is_encrypted=security == "tls") as office:
        scene.settle(SECRET, port=office.port, security=security, username="ann")
        assert await scene.results() == ["later"]
    assert office.envelopes == []
    assert ("certificate" in caplog.text, SECRET in caplog.text + repr(scene.mail)) == (True, False)


async def test_no_letter_goes_in_the_open_where_starttls_is_wanted(scene: Scene) -> None:
    """A server, or somebody before it, that offers none gets none."""
    scene.settle(security="starttls")
    scene.office.answers = {"EHLO": ["250 post.example"]}
    assert await scene.results() == ["later"]
    assert scene.office.envelopes == []


async def test_a_wrong_password_is_not_the_letters_fault(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits until the admin has mended the settings."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    scene.office.answers = {"AUTH": ["535 wrong"]}
    scene.settle(SECRET, security="starttls", username="ann")
    assert await scene.results() == ["later"]


async def test_a_running_teller_mails_by_itself_and_forgets_what_nobody_wants(scene: Scene) -> None:
    """Where no mail is wanted any more, what was queued for it goes at the next start."""
    async with scene.teller.running():
        await asyncio.wait_for(scene.office.came.wait(), 10)
    await scene.store.write(partial(boards.pause, slug="news", paused=False, now=scene.clock()))
    await judge(scene.store, 0, scene.clock(), wanted([], SETTINGS))
    host = scene.mail.settings.host
    scene.settle(host="")
    async with scene.teller.running():
        scene.settle(host=host)
    assert await scene.results() == []


def test_only_wanted_states_are_mailed() -> None:
    """And none where no host is named."""
    told = wanted([], structs.replace(SETTINGS, states=("gone", "ok")))
    assert [state for state, who in told.items() if who == [MAIL]] == ["gone", "ok"]
    assert not any(wanted([], MailSettings()).values())


@given(st.text(), st.text())
def test_no_name_or_reason_breaks_a_letter(name: str, sentence: str) -> None:
    """A board's name is its page's: whatever it holds, headers stay one line each and can be sent."""
    said = structs.replace(MESSAGE, name=name, sentence=sentence)
    content = letter(said, SETTINGS, "health-1", "https://feeds.example").as_bytes()
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    assert [line for line in head.split("\r\n") if line.startswith(("Bcc", "Cc"))] == []
    assert head.count("\r\nTo: ") == head.count("\r\nSubject: ") == 1
