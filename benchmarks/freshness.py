"""How long headlines wait at a given number of polls: four weeks of boards of very different rates, simulated.

The boards do not touch each other, so each is played by itself; what they share is the budget, which sets how eager
the schedule is. The optimum is worked out: where the rates are known, intervals that go by the root of the rate.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import exp, sqrt
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator.schedule.adaptive import counted, pace
from aggregator.timing import HOURS_A_WEEK, Tempo, Timing

ZONE = ZoneInfo("Asia/Seoul")
START = datetime(2026, 1, 5, tzinfo=UTC) - timedelta(hours=9)
HOUR = 3600.0
ROWS_A_DAY = 20.0
PAGE = 20
# Polls a board and second.
BUDGET = 0.005
# So many boards tell how eager all may be; where the search begins, and where it ends.
SAMPLE = 50
AT_FIRST, EAGEREST = timedelta(seconds=5), timedelta(milliseconds=500)
# So much of the budget is to be spent, or the comparison is none.
ENOUGH = 0.97
# What was learnt in the first week is not judged: nobody knows a board on its first day.
UNJUDGED_HOURS = HOURS_A_WEEK
Profile = tuple[float, ...]
Wait = Callable[[float, int], float]


class Freshness(Struct, frozen=True, kw_only=True):
    """What a schedule came to: the delays' mean and 99th percentile in seconds, rows lost, polls a board and second."""

    mean: float
    p99: float
    lost: int
    polls: float


def rates(kind: str, boards: int, chance: Random) -> list[Profile]:
    """Rows an hour for each hour of the week, of so many boards: by Zipf's law or log-normal, busy by day."""
    weights = [1 / rank for rank in range(1, boards + 1)]
    if kind == "log-normal":
        weights = [exp(chance.gauss(0, 1.5)) for _ in range(boards)]
    week = [_day(place) for place in range(HOURS_A_WEEK)]
    usual = sum(week) / HOURS_A_WEEK
    hourly = [weight / sum(weights) * boards * ROWS_A_DAY / 24 for weight in weights]
    return [tuple(one * hour / usual for hour in week) for one in hourly]


def _day(place: int) -> float:
    day, hour = divmod(place, 24)
    return (1.6 if 8 <= hour < 23 else 0.25) * (0.6 if day > 4 else 1.0)  # noqa: PLR2004 - a day's hours


def arrivals(profile: Profile, hours: int, chance: Random) -> list[float]:
    """When rows come, in seconds from the start."""
    times = []
    for hour in range(hours):
        at = hour * HOUR
        hourly = profile[hour % HOURS_A_WEEK]
        while hourly and (at := at + chance.expovariate(hourly / HOUR)) < (hour + 1) * HOUR:
            times.append(at)
    return times


def optimum(profiles: Sequence[Profile], polls: float) -> Callable[[Profile], Wait]:
    """Intervals by the root of the known rate, as long as the budget of polls a board and second makes them."""
    roots = sum(sqrt(hourly / HOUR) for profile in profiles for hourly in profile)
    scale = roots / (polls * len(profiles) * HOURS_A_WEEK)

    def known(profile: Profile) -> Wait:
        return lambda at, _: scale / sqrt(max(profile[int(at // HOUR) % HOURS_A_WEEK], 1e-3) / HOUR)

    return known


def uniform(polls: float) -> Callable[[Profile], Wait]:
    """The same interval for every board."""
    return lambda _: lambda _at, _new: 1 / polls


def learnt(freshness: timedelta, floor: float) -> Callable[[Profile], Wait]:
    """The program's own rule, which learns each board's rate from what its polls find."""
    timing = Timing(adaptive=True, freshness=freshness)

    def begin(_: Profile) -> Wait:
        tempo, top = Tempo(), 0

        def wait(at: float, new: int) -> float:
            nonlocal tempo, top
            top += new
            now = START + timedelta(seconds=at)
            tempo = counted(tempo, new, PAGE, top, ZONE, now)
            return max(pace(tempo, timing, ZONE, now).interval.total_seconds(), floor)

        return wait

    return begin


def played(profiles: Sequence[Profile], schedule: Callable[[Profile], Wait], *, weeks: int, seed: int) -> Freshness:
    """Poll every board by a schedule; what its rows waited."""
    hours = weeks * HOURS_A_WEEK
    end, judged = hours * HOUR, UNJUDGED_HOURS * HOUR
    delays: list[float] = []
    lost = polls = 0
    for number, profile in enumerate(profiles):
        chance = Random(seed * 100_003 + number)  # noqa: S311  no secret
        times, wait, seen = arrivals(profile, hours, chance), schedule(profile), 0
        at = chance.uniform(0, 600)
        while at < end:
            there = bisect_right(times, at, lo=seen)
            if at >= judged:
                polls += 1
                lost += max(0, there - seen - PAGE)
                delays += [at - came for came in times[seen:there]]
            at, seen = at + wait(at, there - seen), there
    delays.sort()
    return Freshness(
        mean=sum(delays) / len(delays),
        p99=delays[int(len(delays) * 0.99)],
        lost=lost,
        polls=polls / len(profiles) / (end - judged),
    )


def within(profiles: Sequence[Profile], *, floor: float, weeks: int, seed: int, tries: int) -> Freshness:
    """The program's own rule, as eager as the budget allows, which is found on a sample first, then on all boards."""
    by_rate = sorted(profiles, key=sum, reverse=True)
    every = max(1, len(profiles) // SAMPLE)

    def spent(boards: Sequence[Profile], freshness: timedelta) -> Freshness:
        return played(boards, learnt(freshness, floor), weeks=weeks, seed=seed)

    freshness = AT_FIRST
    for _ in range(tries):
        freshness = _eased(freshness, spent(by_rate[every // 2 :: every], freshness))
    found = spent(profiles, freshness)
    while found.polls > BUDGET or (found.polls < BUDGET * ENOUGH and freshness > EAGEREST):
        freshness = _eased(freshness, found)
        found = spent(profiles, freshness)
    return found


def _eased(freshness: timedelta, found: Freshness) -> timedelta:
    """The freshness at which just less than the budget would be spent: polls go by a power of it, a half to one."""
    easing: float = (found.polls / (BUDGET * (1 + ENOUGH) / 2)) ** 1.5
    return max(freshness * easing, EAGEREST)


def table(boards: int, weeks: int, tries: int = 4) -> str:
    """The Markdown of all schedules over both kinds of rates, at the same number of polls."""
    lines = [
        f"## Freshness: {boards:,} boards over {weeks} weeks, {BUDGET * boards:g} polls a second",
        "",
        "| rates | schedule | mean delay s | ratio | p99 s | rows lost | polls/s a board |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for kind in ("Zipf", "log-normal"):
        profiles = rates(kind, boards, Random(1))  # noqa: S311  no secret
        best = played(profiles, optimum(profiles, BUDGET), weeks=weeks, seed=1)
        found = {
            "by the root of the known rate (optimum)": best,
            "uniform": played(profiles, uniform(BUDGET), weeks=weeks, seed=1),
            "ours: learnt, floor off": within(profiles, floor=0, weeks=weeks, seed=1, tries=tries),
            "ours: learnt, floor 5 min": within(profiles, floor=300, weeks=weeks, seed=1, tries=tries),
        }
        lines += [
            f"| {kind} | {name} | {one.mean:.0f} | {one.mean / best.mean:.2f} | {one.p99:.0f}"
            f" | {one.lost} | {one.polls:.4f} |"
            for name, one in found.items()
        ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(table(1_000, 4))  # noqa: T201 - what is measured is printed
