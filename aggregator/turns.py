"""How much is done at once, and how much for whom: what is too much is refused at once, with a time to come back."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from types import TracebackType

from aggregator.errors import BusyError

MOST_ADDRESSES = 10_000
TOO_MUCH = "The server has more to do than it can."
SOON = timedelta(seconds=5)
PATIENCE_SECONDS, BESIEGED_SECONDS, CALM_SECONDS, JUST_NOW_SECONDS = 1.0, 0.05, 0.5, 0.01
# What is made side by side takes turns at the interpreter: two at a time are done in the time of four, each sooner.
AMID_CROWD = 2
# A subscriber at home owns so much of an IPv6 address.
HOME_BITS = 64


class Turns:
    """At most ``at_once`` inside, at most ``waiting`` before the door, of whom the latest is let in first.

    Who has waited longest is refused, by BusyError, when one more comes than may wait, and once it has waited a second:
    a burst is over by then. Where there was no free place for longer than that, or a quarter as many were refused as
    may wait, more is asked for than can be done, and a twentieth of a second is enough: who is let in is answered soon,
    and who is not may come back. Refusals make room as answers do, so a siege is over once there is a free place half a
    second after the last of them.
    *Source*: adaptive LIFO and controlled delay, Maurer, "Fail at Scale", ACM Queue 13 (8), 2015.
    """

    def __init__(self, at_once: int, waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._most, self._clock = at_once, waiting, clock
        self._inside = self._outside = 0
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._quiet_at = clock()
        self._refused, self._refused_at = 0, self._quiet_at - CALM_SECONDS

    async def __aenter__(self) -> None:
        now = self._clock()
        self._look(now)
        if self._inside < self._room(now):
            self._inside += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((now, place))
        if len(self._waiting) > self._most:
            self._refuse_oldest(now)
        try:
            await place
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._waiting.remove((now, place))
            if place.done() and not place.cancelled() and place.exception() is None:
                self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def admitted(self, outside: int) -> int:
        """How many of so many who wait elsewhere may come to the door now.

        One more than there are places, lest one stay empty until the next has come; in a siege that is soon enough.
        """
        now = self._clock()
        self._look(now)
        spare = 0 if self._is_besieged(now) else 1
        free = min(outside, max(0, self._room(now) + spare - self._inside - len(self._waiting)))
        self._outside = outside - free
        return free

    def is_too_much(self, outside: int) -> bool:
        """Whether one of so many who wait elsewhere is to be refused, which is counted as if it were done here."""
        now = self._clock()
        # A few may wait even in a siege, unless somebody was refused just now: it would never end if whoever does not
        # find the one place free were refused.
        few = self._at_once - len(self._waiting) if now - self._refused_at >= JUST_NOW_SECONDS else 0
        if outside <= (few if self._is_besieged(now) else self._most):
            return False
        self._outside = outside - 1
        self._turned_away(now)
        return True

    def knock(self) -> None:
        """Raise BusyError at once where one more would have to wait in vain, before anything is done for it.

        That is so while the door is besieged and as many wait as are let in at once, who came just now.
        """
        now = self._clock()
        self._look(now)
        if len(self._waiting) >= self._at_once and self._is_besieged(now):
            self._turned_away(now)
            raise BusyError(TOO_MUCH, retry_after=SOON)

    def _is_besieged(self, now: float) -> bool:
        return now - self._quiet_at > PATIENCE_SECONDS or self._refused > self._most // 4

    def _room(self, now: float) -> int:
        """Two while more wait than are let in at once, and in a siege one, lest refusals are kept waiting too."""
        if self._is_besieged(now):
            return 1
        is_crowd = len(self._waiting) + self._outside > self._at_once
        return min(self._at_once, AMID_CROWD) if is_crowd else self._at_once

    def _look(self, now: float) -> None:
        """Refuse who is late, and take note where there is a free place that nobody waits for."""
        self._refuse_late(now)
        is_calm = not self._waiting and not self._outside and now - self._refused_at >= CALM_SECONDS
        if is_calm and self._inside < self._at_once:
            self._quiet_at, self._refused = now, 0

    def _leave(self) -> None:
        now = self._clock()
        self._inside -= 1
        self._refuse_late(now)
        while self._waiting and self._inside < self._room(now):
            _, place = self._waiting.pop()
            if not place.done():
                place.set_result(None)
                self._inside += 1

    def _refuse_late(self, now: float) -> None:
        patience = BESIEGED_SECONDS if self._is_besieged(now) else PATIENCE_SECONDS
        while self._waiting and now - self._waiting[0][0] > patience:
            self._refuse_oldest(now)

    def _turned_away(self, now: float) -> None:
        self._refused, self._refused_at = self._refused + 1, now

    def _refuse_oldest(self, now: float) -> None:
        _, place = self._waiting.popleft()
        if not place.done():
            self._turned_away(now)
            place.set_exception(BusyError(TOO_MUCH, retry_after=SOON))


class Shares:
    """A bucket an address or token: ``per_minute`` may be asked at once, and as many flow back within a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Take one of the address's share. Raises BusyError, ``asked_too_much``, where nothing is left of it."""
        whose, now = _owner(address), self._clock()
        left, then = self._left.pop(whose, (float(self._per_minute), now))
        left = min(self._per_minute, left + (now - then) * self._per_minute / 60)
        self._left[whose] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        if left < 1:
            wait = timedelta(seconds=(1 - left) * 60 / self._per_minute)
            raise BusyError("More is asked for from here than its share.", retry_after=wait, asked_too_much=True)


def _owner(address: str) -> str:
    """Whoever an address belongs to: of IPv6 the network, unless it is IPv4's in other clothes.

    >>> _owner("2001:db8::1"), _owner("192.0.2.1"), _owner("::ffff:192.0.2.1"), _owner("?")
    ('2001:db8::/64', '192.0.2.1', '192.0.2.1', '?')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    return str(known.ipv4_mapped or ip_network((known, HOME_BITS), strict=False))
