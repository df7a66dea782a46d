"""Whoever wants to know is told of every change of a board's state, by webhook or e-mail, in order, until it is taken.

The queue is in the store. What is under way when the program ends is told again after the next start, under the same
``webhook-id`` or ``Message-ID``: a receiver may be told twice, and never too little.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from http import HTTPStatus
from typing import Literal, get_args

from msgspec import Struct, json

from aggregator.beside import beside
from aggregator.bulletin import family
from aggregator.entries import MailSettings, Webhook
from aggregator.errors import PollError, StoreError
from aggregator.fetch import Callbacks
from aggregator.logs import Event, event
from aggregator.mail import MAIL, Mail, letter, send
from aggregator.metrics import Metrics
from aggregator.model import State
from aggregator.publish import path
from aggregator.signing import signed
from aggregator.store import Store, identity, messages
from aggregator.store.messages import Message

log = logging.getLogger("aggregator")
TICK_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=6)
# Whoever takes nothing for so long finds what happened meanwhile in /health.atom.
GIVEN_UP = timedelta(days=3)
_URL = re.compile(r"https?://\S+")
Result = Literal["taken", "later", "given-up"]


class Told(Struct, frozen=True, kw_only=True):
    """What came of one try: HTTP's or SMTP's ``status``, or an ``error`` where nobody answered."""

    message: Message
    result: Result
    status: int | None = None
    error: str | None = None


Way = Callable[[Message, str], Awaitable[Told]]
NO_MAIL = MailSettings()


def wanted(webhooks: Sequence[Webhook], mail: MailSettings = NO_MAIL) -> dict[State, list[str]]:
    """Who is told of which state, by slug."""
    told = [*((one.slug, one.states) for one in webhooks), *([(MAIL, mail.states)] if mail.host else [])]
    return {state: [slug for slug, states in told if state in states] for state in get_args(State)}


def pause(tries: int) -> timedelta:
    """How long is waited after so many tries that failed: twice as long each time.

    >>> [str(pause(tries)) for tries in (1, 2, 6, 99)]
    ['0:00:15', '0:00:30', '0:08:00', '6:00:00']
    """
    return min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)


def body(message: Message, ids: str, public_url: str) -> bytes:
    """The message as JSON; ``id`` is that of the same change in /health.atom."""
    change = {
        "id": f"{ids}/{message.change}",
        "board": message.board,
        "name": message.name,
        "state": message.state,
        "before": message.before,
        "sentence": message.sentence,
        "url": f"{public_url}{path('board', message.board)}",
    }
    return json.encode({"type": "board.state", "timestamp": message.since, "data": change})


class Teller:
    """Tells the webhooks of one store, and by mail: ``webhooks()`` and ``mail()`` say anew each time whom, and how."""

    def __init__(
        self,
        store: Store,
        callbacks: Callbacks,
        *,
        webhooks: Callable[[], Sequence[Webhook]],
        public_url: str,
        clock: Callable[[], datetime],
        metrics: Metrics,
        mail: Callable[[], Mail] = Mail,
    ) -> None:
        """Work on ``store``, and count in ``metrics`` what came of it."""
        self._store, self._callbacks, self._webhooks = store, callbacks, webhooks
        self._public_url, self._clock, self._metrics, self._mail = public_url, clock, metrics, mail

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell what is due until left."""
        await self._store.write(messages.forget_others, list(self._ways()))
        async with beside(self._work()):
            yield

    async def _work(self) -> None:
        while True:
            try:
                told = await self.tell()
            except StoreError as error:  # the next look finds it due still
                log.error(event("webhook", error=str(error)))  # noqa: TRY400 - the sentence says it
                told = []
            except Exception:
                log.exception(event("webhook", result="defect"))
                told = []
            if not any(one.result == "taken" for one in told):
                await asyncio.sleep(TICK_SECONDS)

    async def tell(self) -> list[Told]:
        """Tell each webhook the oldest that it is to be told, where that is due."""
        if not (ways := self._ways()):
            return []
        ids = family(await self._store.read(identity.stored))
        due = await self._store.read(messages.due, list(ways), self._clock())
        return list(await asyncio.gather(*(self._one(message, ways[message.webhook], ids) for message in due)))

    def _ways(self) -> dict[str, Way]:
        """How each who is to be told is told."""
        hooks: dict[str, Way] = {one.slug: partial(self._posted, one) for one in self._webhooks()}
        return {**hooks, MAIL: self._mailed} if self._mail().settings.host else hooks

    async def _one(self, message: Message, way: Way, ids: str) -> Told:
        told = await way(message, ids)
        if told.result == "later":
            await self._store.write(messages.postpone, message.id, self._clock() + pause(message.tries + 1))
        else:
            await self._store.write(messages.settle, message.id)
        self._metrics.told(told.result)
        log.log(logging.INFO if told.result == "taken" else logging.WARNING, _line(told))
        return told

    def _late(self, message: Message) -> Result:
        return "given-up" if self._clock() - message.queued_at >= GIVEN_UP else "later"

    async def _mailed(self, message: Message, ids: str) -> Told:
        mail = self._mail()
        sent = await send(letter(message, mail.settings, _name(message, ids), self._public_url), mail)
        results: dict[str, Result] = {"taken": "taken", "refused": "given-up", "later": self._late(message)}
        return Told(message=message, result=results[sent.result], status=sent.status, error=sent.error)

    async def _posted(self, webhook: Webhook, message: Message, ids: str) -> Told:
        now, said, late = self._clock(), body(message, ids, self._public_url), self._late(message)
        if webhook.key is None:
            return Told(message=message, result=late, error="its secret is not known")
        headers = {"Content-Type": "application/json", **signed(webhook.key, _name(message, ids), now, said)}
        try:
            reply = await self._callbacks.post(webhook.url, headers, said)
        except PollError as error:
            # Many a webhook's URL is its secret.
            return Told(message=message, result=late, error=_URL.sub("its URL", str(error)))
        if reply.status == HTTPStatus.GONE:
            late = "given-up"
        return Told(message=message, result="taken" if reply.is_success else late, status=reply.status)


def _name(message: Message, ids: str) -> str:
    """The same for the same change, and another's for none: a store that was put back gives out its numbers again."""
    said = f"{ids}/{message.change} {message.board} {message.state} {message.since.isoformat()}"
    return f"health-{blake2b(said.encode(), digest_size=12).hexdigest()}"


def _line(told: Told) -> Event:
    message = told.message
    return event(
        "mail" if message.webhook == MAIL else "webhook",
        to=message.webhook.removeprefix(MAIL) or None,
        board=message.board,
        state=message.state,
        result=told.result,
        tries=message.tries + 1,
        status=told.status,
        error=told.error,
    )
