"""Who is let in, who waits, and who is told to come back."""

import asyncio
from datetime import timedelta

import pytest

from aggregator.errors import BusyError
from aggregator.turns import Turns


class Door:
    """Turns whose clock is moved by hand, and guests who stay inside until they are sent away."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self.now = 0.0
        self.turns = Turns(at_once, waiting, lambda: self.now)
        self.inside: list[str] = []
        self.refused: list[str] = []
        self.told = timedelta()
        self._ends: dict[str, asyncio.Event] = {}
        self._guests: dict[str, asyncio.Task[None]] = {}

    async def comes(self, name: str) -> None:
        """Let a guest come to the door, and everybody do what they can then."""
        self._ends[name] = asyncio.Event()
        self._guests[name] = asyncio.create_task(self._stays(name))
        await self._settled()

    async def goes(self, name: str, called_off: str | None = None) -> None:
        """Let a guest leave; the visit that is ``called_off`` in the same moment may have been let in by that."""
        self._ends[name].set()
        await asyncio.sleep(0)
        if called_off is not None:
            self._guests[called_off].cancel()
        await self._settled()

    async def is_called_off(self, name: str) -> None:
        """Cancel a guest's visit."""
        self._guests[name].cancel()
        await self._settled()

    async def _stays(self, name: str) -> None:
        try:
            async with self.turns:
                self.inside.append(name)
                await self._ends[name].wait()
                self.inside.remove(name)
        except BusyError as error:
            self.refused.append(name)
            self.told = error.retry_after

    async def _settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_the_latest_is_let_in_first() -> None:
    """Whoever waits longest goes last, since its client may have gone already."""
    door = Door(1, 10)
    for name in "abc":
        await door.comes(name)
    await door.goes("a")
    assert door.inside == ["c"]
    await door.goes("c")
    assert (door.inside, door.refused) == (["b"], [])


async def test_one_too_many_costs_the_oldest_its_place() -> None:
    """No more wait than may; with room for nobody the newcomer itself is refused."""
    door, strict = Door(1, 2), Door(1, 0)
    for name in "abcd":
        await door.comes(name)
        await strict.comes(name)
    assert (door.inside, door.refused) == (["a"], ["b"])
    assert (strict.inside, strict.refused) == (["a"], ["b", "c", "d"])
    assert strict.told > timedelta()


async def test_a_burst_is_waited_for() -> None:
    """Within the first second nobody is late."""
    door = Door(1, 100)
    for name in "abc":
        await door.comes(name)
    door.now = 0.9
    await door.goes("a")
    await door.goes("c")
    assert (door.inside, door.refused) == (["b"], [])


async def test_in_a_siege_nobody_waits_for_long() -> None:
    """Where nobody has found a free place for more than a second, a moment is too long for everybody."""
    door = Door(1, 100)
    for name, door.now in (("a", 0.0), ("b", 0.0), ("c", 1.0), ("d", 1.04), ("e", 1.08)):
        await door.comes(name)
    assert door.refused == ["b", "c"]
    with pytest.raises(BusyError):
        door.turns.knock()
    await door.goes("a")
    assert (door.inside, door.refused) == (["e"], ["b", "c"])
    await door.goes("e")
    door.turns.knock()


async def test_amid_a_crowd_two_are_inside_at_a_time() -> None:
    """Where more wait than are let in at once, whoever is inside is done the sooner for being one of few."""
    door = Door(3, 100)
    for name in "abcdefgh":
        await door.comes(name)
    await door.goes("a")
    assert door.inside == ["b", "c"]
    await door.goes("b")
    assert door.inside == ["c", "h"]
    await door.goes("c")
    assert door.inside == ["h", "g", "f"]


async def test_in_a_siege_one_is_inside_at_a_time() -> None:
    """Places that become free are not filled beyond the first, until the siege is over."""
    door = Door(2, 100)
    for name, door.now in (("a", 0.0), ("b", 0.0), ("c", 1.0), ("d", 1.04)):
        await door.comes(name)
    await door.goes("a")
    assert door.inside == ["b"]
    await door.goes("b")
    assert door.inside == ["d"]


async def test_a_place_that_refusals_have_made_ends_no_siege() -> None:
    """A free place says that all who came were answered only where nobody was refused for a while."""
    door = Door(1, 100)
    for name, door.now in (("a", 0.0), ("b", 1.1), ("c", 1.2)):
        await door.comes(name)
    await door.goes("a")
    await door.goes("c")
    for name, door.now in (("d", 1.3), ("e", 1.3), ("f", 1.4)):
        await door.comes(name)
    assert door.refused == ["b", "e"]
    await door.goes("d")
    await door.goes("f")
    for name, door.now in (("g", 2.0), ("h", 2.0), ("i", 2.1)):
        await door.comes(name)
    assert (door.inside, door.refused) == (["g"], ["b", "e"])


async def test_a_crowd_is_known_before_a_second_has_gone() -> None:
    """Where more were refused than a quarter of those who may wait, nobody waits for long any more."""
    door = Door(1, 4)
    for name in "abcdefg":
        await door.comes(name)
    assert door.refused == ["b", "c"]
    door.now = 0.06
    await door.comes("h")
    assert door.refused == [*"bcdefg"]


async def test_nobody_is_refused_after_hours_in_which_nobody_came() -> None:
    """That no free place was found is no siege where nobody has looked for one."""
    door = Door(2, 4)
    await door.comes("a")
    await door.goes("a")
    door.now = 3600.0
    assert (door.turns.admitted(3), door.turns.is_too_much(0)) == (3, False)


async def test_those_who_wait_elsewhere_come_one_more_than_there_are_places() -> None:
    """While they are too many for the places, that one is free for a moment is no end of it."""
    door = Door(2, 4)
    await door.comes("a")
    assert (door.turns.admitted(5), door.turns.is_too_much(4), door.turns.is_too_much(5)) == (2, False, True)
    await door.goes("a")
    door.now = 1.1
    assert (door.turns.admitted(5), door.turns.is_too_much(4)) == (1, True)


async def test_who_was_called_off_waits_no_more() -> None:
    """Nobody is refused for the sake of somebody who has gone."""
    door = Door(1, 100)
    for name, door.now in (("a", 0.0), ("b", 1.1)):
        await door.comes(name)
    with pytest.raises(BusyError):
        door.turns.knock()
    await door.is_called_off("b")
    door.turns.knock()


@pytest.mark.parametrize("when", ["waiting", "let in"])
async def test_who_is_called_off_keeps_no_place(when: str) -> None:
    """A visit that is cancelled, be it at the very moment it is let in, leaves its place to the next."""
    door = Door(1, 10)
    for name in "abc":
        await door.comes(name)
    if when == "waiting":
        await door.is_called_off("c")
        await door.goes("a")
    else:
        await door.goes("a", called_off="c")
    assert door.inside == ["b"]


async def test_a_siege_ends_once_what_comes_can_be_done() -> None:
    """Who meanwhile finds the one place taken waits for it: were they refused, no siege would ever end."""
    door = Door(4, 40)
    while not door.turns.is_too_much(20):
        assert door.turns.is_too_much(41)
    for n in range(40):
        await door.comes(f"{n}")
        door.now += 0.02
        assert not door.turns.is_too_much(1)
        await door.goes(f"{n}")
        assert door.turns.admitted(1) == 1
    assert not door.turns.is_too_much(20)


async def test_one_who_stays_for_long_makes_no_siege() -> None:
    """Where others have a place there is none, however seldom they come."""
    door = Door(4, 40)
    await door.comes("long")
    for n in range(5):
        door.now += 2.0
        assert door.turns.admitted(1) == 1
        await door.comes(f"{n}")
        await door.goes(f"{n}")
    assert door.refused == []


async def test_nobody_waits_in_a_siege_right_after_somebody_was_refused() -> None:
    """A hundredth of a second later a few may, or a siege would never end."""
    door = Door(4, 40)
    while not door.turns.is_too_much(20):
        assert door.turns.is_too_much(41)
    assert door.turns.is_too_much(1)
    door.now += 0.009
    assert door.turns.is_too_much(1)
    door.now += 0.011
    assert not door.turns.is_too_much(1)
