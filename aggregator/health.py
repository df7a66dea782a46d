"""What is stored of a board × now → how it fares, in a word and in a sentence; pure.

Silence is judged by what is usual at such hours: the rows that would have come meanwhile are counted from those that
came in the last weeks, hour of the week by hour, so that no night and no weekend is an alarm. It lasts until the board
was last read, for what it said since is not known.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import get_args

from msgspec import Struct

from aggregator.logs import redacted
from aggregator.model import Board, State
from aggregator.schedule.adaptive import hour_of_week, rate
from aggregator.timing import HOURS_A_WEEK, Tempo

STATES: tuple[State, ...] = get_args(State)
ALARMS: frozenset[State] = frozenset({"gone", "quarantined", "failing", "stale"})
FAILURES = 3
# So many polls with news tell what is usual, over no fewer days.
FEWEST, SHORTEST = 12, timedelta(days=3)
# So many polls with news ought to have been there: one in ten, and one in a thousand silences is as long by chance.
QUIET, STALE = 2.3, 6.9
_HOUR = timedelta(hours=1)
_WEEK = timedelta(weeks=1)


class Signs(Struct, frozen=True, kw_only=True):
    """What is stored of a board: when it was last read, its last error, and when its ``news`` came, newest first."""

    board: Board
    last_success: datetime | None = None
    news: tuple[datetime, ...] = ()
    stage: str | None = None
    error: str | None = None


class Health(Struct, frozen=True, kw_only=True):
    """How a board fares. ``usual`` is the median time between polls with news; None where too few are known."""

    board: str
    name: str
    state: State
    sentence: str
    last_attempt: datetime | None
    last_success: datetime | None
    last_news: datetime | None
    usual: timedelta | None
    failures: int
    stage: str | None
    error: str | None
    next_poll_at: datetime | None


def health(signs: Signs, now: datetime) -> Health:
    """How a board fares at ``now``: what stops it is said before what it fails at, and that before its silence."""
    board, usual = signs.board, _usual(signs.news)
    heard = min(now, signs.last_success or now)
    state, sentence = _stopped(signs) or _silence(signs.news, usual, heard, board)
    return Health(
        board=board.slug,
        name=board.name,
        state=state,
        # It is shown to everybody, and errors name URLs.
        sentence=redacted(sentence),
        last_attempt=board.standing.asked_at,
        last_success=signs.last_success,
        last_news=signs.news[0] if signs.news else None,
        usual=usual,
        failures=board.failures,
        stage=signs.stage,
        error=redacted(signs.error) if signs.error is not None else None,
        next_poll_at=None if board.paused else board.next_poll_at,
    )


def _stopped(signs: Signs) -> tuple[State, str] | None:
    board = signs.board
    if board.paused:
        notice = board.standing.notice
        return ("paused", "paused by its admin") if notice is None else ("gone", notice)
    if board.quarantined_since is not None:
        return "quarantined", f"nothing is taken since {board.quarantined_since:%Y-%m-%d %H:%M} UTC: {board.quarantine}"
    if board.failures >= FAILURES:
        return "failing", f"{board.failures} failures in a row: {signs.stage}: {signs.error}"
    return None


def _silence(news: Sequence[datetime], usual: timedelta | None, heard: datetime, board: Board) -> tuple[State, str]:
    if not news:
        return "ok", "no news were seen yet"
    # A poll's rows are first seen before it ends; a later one may have failed.
    silent = max(heard - news[0], timedelta())
    if usual is None:
        return "ok", f"last news {said(silent)} ago"
    words = f"nothing for {said(silent)}, usually {said(usual)}"
    due = _expected(news, heard, board)
    if due >= STALE:
        return "stale", words
    return ("quiet", words) if due >= QUIET else ("ok", f"last news {said(silent)} ago, usually {said(usual)}")


def _usual(news: Sequence[datetime]) -> timedelta | None:
    if len(news) < FEWEST or news[0] - news[-1] < SHORTEST:
        return None
    return timedelta(seconds=median((newer - older).total_seconds() for newer, older in pairwise(news)))


def _expected(news: Sequence[datetime], now: datetime, board: Board) -> float:
    """How many polls with news would have been usual since the last one; a week's silence is looked at, at most."""
    weeks = (news[0] - news[-1]) / _WEEK
    came = Counter(hour_of_week(at, board.zone) for at in news)
    tempo = Tempo(
        came=tuple(float(came[place]) for place in range(HOURS_A_WEEK)), hours=(weeks,) * HOURS_A_WEEK, at=now
    )
    at, due = max(news[0], now - _WEEK), 0.0
    while at < now:
        part = min(_HOUR, now - at)
        due += rate(tempo, hour_of_week(at, board.zone)) * (part / _HOUR)
        at += part
    return due


def said(span: timedelta) -> str:
    """A time span in the two words that matter.

    >>> said(timedelta(minutes=40)), said(timedelta(hours=9, minutes=20)), said(timedelta(days=12))
    ('40 min', '9 h 20 min', '12 days')
    """
    minutes = int(span.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:  # noqa: PLR2004 - two days
        return f"{hours // 24} days"
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"
