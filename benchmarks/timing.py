"""CPU time of contenders, measured in interleaved rounds so that a noisy machine is unfair to all alike."""

import time
from collections.abc import Callable
from statistics import median

from msgspec import Struct

ROUNDS = 7
SECONDS_A_ROUND = 0.15


class Timed(Struct, frozen=True, kw_only=True):
    """One contender's median CPU time of one call, and the spread of its rounds (largest over smallest)."""

    name: str
    microseconds: float
    spread: float


def timed(contenders: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> list[Timed]:
    """Measure every contender, a round each in turn; the first one named is what the others are compared with."""
    counts = {name: _calls_a_round(work) for name, work in contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            taken[name].append(_cpu(work, counts[name]))
    return [
        Timed(name=name, microseconds=median(each) * 1e6, spread=max(each) / max(min(each), 1e-12))
        for name, each in taken.items()
    ]


def _calls_a_round(work: Callable[[], object]) -> int:
    once = _cpu(work, 1)
    return max(1, int(SECONDS_A_ROUND / max(once, 1e-7)))


def _cpu(work: Callable[[], object], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - start) / calls


def table(title: str, rows: list[Timed]) -> str:
    """Return one Markdown table; ratios are against its first row."""
    lines = [f"## {title}", "", "| contender | CPU µs | ratio | spread |", "|---|--:|--:|--:|"]
    lines += [
        f"| {row.name} | {row.microseconds:,.0f} | {row.microseconds / rows[0].microseconds:.2f} | {row.spread:.2f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
