"""Who is met before aiohttp meets them: what is at hand, or to be refused, gets no parser, no task and no request.

A document that is kept costs less than half of what it does where aiohttp reads the request; and ten times as many
connections as can be answered take more than a whole processor where aiohttp meets each: then refusals come late, and
whoever is let in has waited for them.
"""

import asyncio
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple, cast

from aiohttp import web

from aggregator.shelf import Key
from aggregator.web.keys import CLOCK, PUBLIC_URL, SHELF, TURNS
from aggregator.web.paper import root
from aggregator.web.plain import Asked, escaped, feed_format, plain, refusal, spoken
from aggregator.web.requests import count

# Who has said nothing for so long is no crowd's.
PATIENCE_SECONDS = 1.0
# How long a connection is kept that was answered here and asks for nothing more.
IDLE_SECONDS = 75.0
# How long until it is looked again whether there is a place, while anybody waits and once anybody was let in.
PAUSE_SECONDS = 0.002


class Porch:
    """Makes the protocol of each connection: a porter's, which lets in at once whatever is no plain request for a feed.

    The others wait here, where they cost next to nothing, until there is a place, and the latest of them is let in
    first: its client has waited least. In a siege few wait, and none right after somebody was refused.
    """

    def __init__(self, app: web.Application, server: web.Server) -> None:
        """Meet whoever comes to ``server``."""
        self.inside = server
        self._app, self._turns, self._shelf, self._prefix = app, app[TURNS], app[SHELF], root(app[PUBLIC_URL])
        self._come: deque[Guest] = deque()
        self._silent: set[Porter] = set()
        self._bringing: set[asyncio.Task[None]] = set()
        self._is_deciding = self._is_closed = False

    def __call__(self) -> asyncio.Protocol:
        """The protocol of one more connection."""
        return Porter(self)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._come)

    def meet(self, porter: "Porter") -> None:
        """Remember one who has said nothing yet."""
        self._silent.add(porter)

    def forget(self, porter: "Porter") -> None:
        """Nobody listens to that one here any more."""
        self._silent.discard(porter)

    def at_hand(self, said: bytes) -> tuple[bytes, ...]:
        """The answer to a plain request for what is kept and as new as the store; nothing where it takes longer."""
        asked = plain(said)
        key = None if asked is None else self._shelf.addressed(asked.target)
        if asked is None or key is None or not asked.simple:
            return ()
        try:
            kept = self._shelf.at_hand(key, self._app[CLOCK]())
            return () if kept is None else spoken(self._app, asked, kept, key[1])[1]
        except Exception:  # noqa: BLE001  aiohttp is let meet it again, and says so
            return ()

    def hear(self, porter: "Porter", said: bytes) -> None:
        """Let in whatever is no plain request for a feed, and the others once all were heard who speak now.

        What is kept, but not as new as the store, is brought so far here.
        """
        asked = plain(said)
        form = None if asked is None else feed_format(asked.target, self._prefix)
        key = None if asked is None else self._shelf.addressed(asked.target)
        if asked is not None and key is not None and asked.simple:
            self._bringing.add(task := asyncio.create_task(self._bring(porter, asked, key)))
            task.add_done_callback(self._bringing.discard)
            return
        if asked is None or form is None or key is not None:
            porter.let_in()
            return
        self.forget(porter)
        self._come.append(Guest(porter, asked.target, form))
        if not self._is_deciding:
            self._is_deciding = True
            asyncio.get_running_loop().call_soon(self._decide)

    async def _bring(self, porter: "Porter", asked: Asked, key: Key) -> None:
        answer: tuple[bytes, ...] = ()
        with suppress(Exception):  # aiohttp is let meet it again, and says so
            if (kept := await self._shelf.kept(*key, self._app[CLOCK]())) is not None:
                answer = spoken(self._app, asked, kept, key[1])[1]
        if answer:
            porter.answer(answer)
        else:
            porter.let_in()

    def _decide(self) -> None:
        if self._is_closed:
            return
        # Who is let in has not come to its turn before a few goes of the loop. Whatever fails, others still wait.
        asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._go_on)
        self._let_in_known()
        for _ in range(self._turns.admitted(len(self._come))):
            self._come.pop().porter.let_in()
        while self._come and self._turns.is_too_much(len(self._come)):
            self._refuse(self._come.popleft())

    def _go_on(self) -> None:
        self._is_deciding = bool(self._come)
        if self._is_deciding:
            self._decide()

    def _let_in_known(self) -> None:
        """Let in those whose document somebody else has begun to ask for."""
        waiting = deque[Guest]()
        for guest in self._come:
            if self._shelf.addressed(guest.target) is None:
                waiting.append(guest)
            else:
                guest.porter.let_in()
        self._come = waiting

    def close(self) -> None:
        """Refuse all who still wait, and hang up on those who have said nothing more."""
        self._is_closed = True
        for task in self._bringing:
            task.cancel()
        while self._come:
            self._refuse(self._come.pop())
        for porter in [*self._silent]:
            porter.hang_up()

    def _refuse(self, guest: "Guest") -> None:
        count(self._app, guest.target, guest.form, HTTPStatus.SERVICE_UNAVAILABLE, self._app[CLOCK]())
        guest.porter.refuse()


class Porter(asyncio.Protocol):
    """Hears what a connection says first, and what it says next as long as that can be answered here."""

    def __init__(self, porch: Porch) -> None:
        """Ask ``porch`` what to do with it."""
        self._porch, self._said, self._heard_at, self._is_full = porch, b"", 0.0, False
        self._inside: asyncio.Protocol | None = None
        self._is_between = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first words, not for long."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so
        self._loop = asyncio.get_running_loop()
        self._patience = self._loop.call_later(PATIENCE_SECONDS, self.let_in)
        self._porch.meet(self)

    def data_received(self, data: bytes) -> None:
        """Answer what is at hand, else have it decided; what else is said is not read before that."""
        # After whole requests without bodies what comes begins with a line; in a body nothing may be another by a byte.
        if self._is_between:
            data = escaped(data)
            self._is_between = plain(data) is not None
        if self._inside is not None:
            self._inside.data_received(data)
            return
        if not self._heard_at:
            self._patience.cancel()
            self._patience = self._loop.call_later(IDLE_SECONDS, self._look)
        self._heard_at = self._loop.time()
        if answer := self._porch.at_hand(data):
            self._transport.writelines(answer)
            return
        self._said = data
        self._transport.pause_reading()
        self._porch.hear(self, data)

    def _look(self) -> None:
        """Hang up where nothing was said for so long."""
        left = self._heard_at + IDLE_SECONDS - self._loop.time()
        if left > 0:
            self._patience = self._loop.call_later(left, self._look)
        else:
            self.hang_up()

    def pause_writing(self) -> None:
        """Hear nothing from a client that takes nothing."""
        if self._inside is not None:
            self._inside.pause_writing()
            return
        self._is_full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Hear it again, unless it is being decided what becomes of it."""
        if self._inside is not None:
            self._inside.resume_writing()
            return
        self._is_full = False
        if not self._said:
            self._transport.resume_reading()

    def eof_received(self) -> bool | None:
        """Nothing more is said."""
        return None if self._inside is None else self._inside.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody is there any more."""
        self._patience.cancel()
        self._porch.forget(self)
        if self._inside is not None:
            self._inside.connection_lost(error)

    def answer(self, parts: tuple[bytes, ...]) -> None:
        """Say what was decided, and hear what comes next."""
        if self._transport.is_closing():
            return
        self._said = b""
        self._transport.writelines(parts)
        if not self._is_full:
            self._transport.resume_reading()

    def let_in(self) -> None:
        """Leave the connection to aiohttp, which is told whatever happens from now on."""
        self._patience.cancel()
        self._porch.forget(self)
        if self._transport.is_closing():
            return
        self._inside = self._porch.inside()
        self._inside.connection_made(self._transport)
        if self._said:
            self._transport.resume_reading()
            self._inside.data_received(self._said)

    def hang_up(self) -> None:
        """End it without a word, as aiohttp would."""
        self._patience.cancel()
        self._transport.close()

    def refuse(self) -> None:
        """Say that there is too much to do, and hang up."""
        if not self._transport.is_closing():
            self._transport.write(refusal())
            self._transport.close()


class Guest(NamedTuple):
    """Who waits on the porch: what the first line asks for, and the format of that feed."""

    porter: Porter
    target: str
    form: str
