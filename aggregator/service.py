"""The service on its store: what is due is polled, what cannot be stored is tried again, and it says how it fares."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from aggregator.administration import LIVE, effective, follow
from aggregator.errors import AggregatorError, StoreError
from aggregator.fetch import Fetcher
from aggregator.housekeeping import audit, judge, match_topics, renew_rules, sweep
from aggregator.logs import Event, event
from aggregator.look import Clock
from aggregator.metrics import Metrics
from aggregator.model import Board, Poll
from aggregator.poll import poll
from aggregator.schedule.inprocess import Chore, Named, ticking
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, Transaction, claims, edits, health, identity
from aggregator.store.copies import rotate
from aggregator.webhooks import wanted

log = logging.getLogger("aggregator")
PROBE_SECONDS = 5.0
JUDGED_EVERY = timedelta(seconds=20)
MATCHED_EVERY = timedelta(seconds=20)
# The keys of settings.toml that are taken without a restart, by section.
AT_ONCE = {
    "polling": LIVE,
    "retention": ("keep_days", "keep_rows", "keep_polls_days"),
    "log": ("requests",),
}


def _calm() -> None:
    """Nobody waits for news."""


class Service:
    """Polls and tidies one store. A store that fails stops it for as long as it does, and costs nothing stored.

    A poll that cannot be stored leaves its board due: it is polled again once the store can be written, and no sooner
    than the floor allows.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        metrics: Metrics | None = None,
        stir: Callable[[], None] = _calm,
    ) -> None:
        """Work on ``store``, and count in ``metrics`` what is done; ``stir`` is called when a poll has stored news."""
        self._stir = stir
        self._store, self._settings, self._clock = store, settings, clock
        self._polling = settings.polling
        self._metrics = metrics or Metrics()
        self._unstored: dict[int, datetime] = {}
        self._under_way: set[int] = set()
        self._failing: str | None = None
        self._ticked: datetime | None = None
        self._followed: timedelta | None = None
        self._ticks = False
        self._probe: asyncio.Task[None] | None = None
        self._judged = 0

    @property
    def settings(self) -> Settings:
        """What settings.toml says; admins' changes stand over it."""
        return self._settings

    @property
    def holds(self) -> PollingSettings:
        """The settings of polling that hold now, as of the last tick."""
        return self._polling

    def take(self, settings: Settings) -> list[str]:
        """Go on by other settings; the keys that changed and are only taken at a start."""
        before, self._settings = self._settings, settings
        sections = ("server", "store", "polling", "retention", "housekeeping", "push", "log")
        pairs = [(name, getattr(before, name), getattr(settings, name)) for name in sections]
        changed = [
            (name, key)
            for name, old, new in pairs
            for key in old.__struct_fields__
            if getattr(old, key) != getattr(new, key)
        ]
        return [f"[{name}] {key}" for name, key in changed if key not in AT_ONCE.get(name, ())]

    @asynccontextmanager
    async def polling(self, fetcher: Fetcher) -> AsyncIterator[None]:
        """Poll what is due until left. This process owns the schedule: what a killed one has claimed is void."""
        await self._store.write(claims.release_all)

        async def poll_and_log(board: Board) -> None:
            await self._poll(board, fetcher)

        async def claim(free: int) -> list[Board]:
            claimed = await self._claim(free)
            fetcher.keep_gap(self._polling.host_gap)
            return claimed

        self._ticks, chores = True, self._chores(fetcher)
        try:
            async with ticking(claim, poll_and_log, concurrency=lambda: self._polling.concurrency, chores=chores):
                yield
        finally:
            self._ticks = False

    async def trouble(self) -> str | None:
        """Why the service is not ready, in a sentence; None where the store can be written and the schedule runs.

        However many ask, the store is tried once at a time.
        """
        if self._probe is None or self._probe.done():
            self._probe = asyncio.ensure_future(self._store.write(identity.touch))
            # Whoever asked may have gone by the time it ends.
            self._probe.add_done_callback(lambda probe: probe.cancelled() or probe.exception())
        try:
            await asyncio.wait_for(asyncio.shield(self._probe), PROBE_SECONDS)
        except StoreError as error:
            return str(error)
        except TimeoutError:
            return self._failing or f"The store has not answered for {PROBE_SECONDS:.0f} seconds."
        if self._ticks and self._ticked is not None and self._clock() - self._ticked > self._lease:
            return f"The schedule has not looked for due boards since {self._ticked:%H:%M:%S} UTC."
        return None

    @property
    def _lease(self) -> timedelta:
        """How long a poll may take; where all of them do, nothing is claimed for as long."""
        return self._polling.timeout * 4 + timedelta(minutes=1)

    async def _claim(self, free: int) -> list[Board]:
        postponed, under_way = dict(self._unstored), frozenset(self._under_way)
        try:
            claimed = await self._store.write(self._due, free, postponed, under_way)
        except AggregatorError as error:
            # A word when it begins, not one a second while it lasts.
            if self._failing is None:
                log.error(event("schedule", state="stopped", error=str(error)))  # noqa: TRY400 - the sentence says it
            self._failing = str(error)
            return []
        if self._failing is not None:
            log.info(event("schedule", state="running"))
        self._failing, self._ticked, self._followed = None, self._clock(), self._polling.interval
        self._unstored = {board: due for board, due in self._unstored.items() if postponed.get(board) != due}
        return claimed

    def _due(
        self, tx: Transaction, free: int, postponed: dict[int, datetime], under_way: frozenset[int]
    ) -> list[Board]:
        """What is due, under the settings as they are by now."""
        self._polling = effective(self._settings.polling, edits.settings(tx))
        if self._polling.interval != self._followed:
            follow(tx, self._polling, self._clock())
        free = 0 if self._polling.paused else free
        if under_way:
            claims.renew(tx, under_way, self._clock(), self._lease)
        return claims.claim(tx, self._clock(), self._lease, free, postponed)

    async def _poll(self, board: Board, fetcher: Fetcher) -> None:
        floor = self._polling.floor
        self._under_way.add(board.id)
        try:
            record = await poll(board, fetcher=fetcher, store=self._store, clock=self._clock, polling=self._polling)
            if record.new or record.changed or record.gone:
                self._stir()
        except AggregatorError as error:
            self._unstored[board.id] = self._clock() + floor
            log.error(event("poll", board=board.slug, result="unstored", error=str(error)))  # noqa: TRY400 - as above
        except Exception:
            log.exception(event("poll", board=board.slug, result="defect"))
        else:
            self._metrics.polled(record)
            log.info(told(record, board.manners.liberties))
        finally:
            self._under_way.discard(board.id)

    async def _judge(self) -> None:
        try:
            self._judged, changed = await judge(
                self._store, self._judged, self._clock(), wanted(self._settings.webhooks, self._settings.mail)
            )
            self._metrics.stored(await self._store.read(health.figures, self._clock()))
        except AggregatorError as error:
            log.error(event("health", error=str(error)))  # noqa: TRY400 - as above
            return
        for change in changed:
            log.info(event("health", board=change.board, state=change.state, why=change.sentence))

    async def _match(self) -> None:
        try:
            await match_topics(self._store)
        except AggregatorError as error:
            log.error(event("topics", error=str(error)))  # noqa: TRY400 - as above

    def _chores(self, fetcher: Fetcher) -> list[Chore]:
        """What is done beside polling, at the times that the settings name."""
        at, zone = self._settings.housekeeping, ZoneInfo(self._settings.polling.timezone)
        named = (
            ("purge", at.retention, self._sweep),
            ("audit", at.audit, self._audit),
            ("robots", at.robots, partial(self._renew_rules, fetcher)),
            ("backup", at.backup, self._back_up),
        )
        chores = [Chore(partial(done, name, work), Named(cron, zone)) for name, cron, work in named if cron]
        return [Chore(self._judge, JUDGED_EVERY), Chore(self._match, MATCHED_EVERY), *chores]

    async def _sweep(self) -> AsyncIterator[Event]:
        swept = await sweep(self._store, self._settings.retention, self._clock())
        for slug, dropped in swept.boards.items():
            yield event("purge", board=slug, headlines=dropped.headlines, text_bytes=dropped.text_bytes)
        if swept.polls:
            yield event("purge", polls=swept.polls)

    async def _audit(self) -> AsyncIterator[Event]:
        boards, complete, missing = 0, 0, 0
        async for found in audit(self._store):
            boards, complete, missing = boards + 1, complete + (found.claim is not None), missing + found.open
            if found.open:
                yield event("audit", board=found.board, ledger=found.sentence)
        yield event("audit", boards=boards, complete=complete, gaps_open=missing)

    async def _renew_rules(self, fetcher: Fetcher) -> AsyncIterator[Event]:
        yield event("robots", origins=await renew_rules(self._store, fetcher))

    async def _back_up(self) -> AsyncIterator[Event]:
        at, url = self._settings.housekeeping, self._settings.store.url
        copied = await asyncio.to_thread(rotate, url, Path(at.backup_folder), at.keep_backups, self._clock())
        yield event("backup", file=str(copied), bytes=copied.stat().st_size)


async def done(name: str, work: Callable[[], AsyncIterator[Event]]) -> None:
    """Do what is to be done beside polling, and log what comes of it."""
    try:
        async for said in work():
            log.info(said)
    except AggregatorError as error:
        log.error(event(name, error=str(error)))  # noqa: TRY400 - the sentence says it


def told(record: Poll, liberties: Sequence[str] = ()) -> Event:
    """The one log line of a poll, what should trouble whoever reads it last."""
    return event(
        "poll",
        board=record.board,
        result=record.result,
        rows=record.rows,
        new=record.new,
        changed=record.changed,
        faults=len(record.faults),
        seconds=(record.finished_at - record.started_at).total_seconds(),
        stage=record.stage,
        error=record.error,
        liberties="; ".join(liberties) or None,
    )
