"""How much is done at once, and how much for whom: what is too much is refused at once, with a time to come back."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from types import TracebackType

from aggregator.errors import BusyError

MOST_ADDRESSES = 10_000
SOON = timedelta(seconds=5)
# A subscriber at home owns so much of an IPv6 address.
HOME_BITS = 64


class Turns:
    """At most ``at_once`` inside, at most ``waiting`` before the door; raises BusyError for whoever comes then."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._door = asyncio.Semaphore(at_once)
        self._waiting, self._most = 0, waiting

    async def __aenter__(self) -> None:
        if self._waiting >= self._most:
            raise BusyError("The server has more to do than it can.", retry_after=SOON)
        self._waiting += 1
        try:
            await self._door.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.release()


class Shares:
    """A bucket an address: ``per_minute`` may be asked at once, and as many flow back within a minute."""

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
            raise BusyError("This address asks for more than its share.", retry_after=wait, asked_too_much=True)


def _owner(address: str) -> str:
    """Whoever an address belongs to: of IPv6 the network.

    >>> _owner("2001:db8::1"), _owner("192.0.2.1"), _owner("?")
    ('2001:db8::/64', '192.0.2.1', '?')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known, HOME_BITS), strict=False)) if isinstance(known, IPv6Address) else address
