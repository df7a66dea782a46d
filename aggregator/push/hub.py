"""The hub at work: it asks back whether a wish is meant, and delivers what has changed.

The queue is in the store, as what each subscriber was told last and when the next try is due: a restart loses nothing.
A subscriber that is behind is told how things stand now, as it would have seen by polling at that moment.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from weakref import WeakValueDictionary

from aggregator.errors import RequestError, StoreError, TryLaterError
from aggregator.fetch import Callbacks
from aggregator.logs import event
from aggregator.news import News
from aggregator.push.addresses import Current, Documents
from aggregator.push.telling import deny, is_meant, pause, told
from aggregator.request import minute_end
from aggregator.store import Store, subscriptions
from aggregator.store.state import State
from aggregator.store.subscriptions import Busy, Intent, Subscription

log = logging.getLogger("aggregator")

TICK_SECONDS = 1.0
SWEPT_EVERY = timedelta(minutes=10)
VERIFICATIONS = 3
# So many documents are kept at hand for those who are still to be told.
KEPT = 200
# So many are made at once, which leaves some of the store's readers to whoever asks, and so many topics marked.
RENDERS = 2
MARKED = 500

Job = Intent | Subscription
Work = Callable[[], Awaitable[None]]


# A document is good for a state of the store and a minute.
When = tuple[State, datetime]


class Hub:
    """Tells subscribers of one store's feeds.

    At most ``concurrency`` callbacks are asked at once, a quarter of them of one host and half of them such as failed
    before, so that nobody who is slow or dead holds back the others. One document is made at a time for one host, so
    that costly topics hold back whoever subscribed to them.
    """

    def __init__(
        self,
        store: Store,
        *,
        news: News,
        documents: Documents,
        callbacks: Callbacks,
        clock: Callable[[], datetime],
        concurrency: int,
    ) -> None:
        """Work on ``store``."""
        self._store, self._news, self._clock = store, news, clock
        self._documents, self._callbacks = documents, callbacks
        self._concurrency = concurrency
        self._kept: dict[str, tuple[When, Current]] = {}
        self._renders = asyncio.Semaphore(RENDERS)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._jobs: dict[asyncio.Task[None], Job] = {}
        self._woken = asyncio.Event()
        self._swept: datetime | None = None

    def wake(self) -> None:
        """Look at once whether anything is due."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Verify and deliver until left; what is under way then is done again after the next start."""
        loops = [asyncio.create_task(self._follow()), asyncio.create_task(self._work())]
        try:
            yield
        finally:
            tasks = [*loops, *self._jobs]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        """Mark whom the news concern; at first everybody, since some may have come while nobody was here."""
        with self._news.heard() as ear:
            boards = frozenset[str]()
            state: State | None = None
            while True:
                try:
                    before, state = state, await self._store.state()
                    if boards or state != before:
                        # What changed beside news (a feed hidden, renamed, removed) may concern everybody.
                        is_news_alone = before is not None and state.changed == before.changed
                        await self._mark_all(boards if boards and is_news_alone else None)
                    boards = await ear.boards(TICK_SECONDS)
                except StoreError as error:
                    log.error(event("push", result="waiting", error=str(error)))  # noqa: TRY400  the sentence says it
                    state = None
                    await asyncio.sleep(TICK_SECONDS)
                except Exception:
                    log.exception(event("push", result="defect"))
                    state = None
                    await asyncio.sleep(TICK_SECONDS)

    async def _mark_all(self, boards: Collection[str] | None) -> None:
        """Let the subscribers of all feeds that news of ``boards`` may concern be looked at; None: of all feeds."""
        self._kept.clear()
        topics = await self._store.read(subscriptions.topics, self._clock())
        concerned = [topic for topic in topics if boards is None or self._documents.concerned(topic, boards)]
        for at in range(0, len(concerned), MARKED):
            await self._store.write(subscriptions.mark, concerned[at : at + MARKED], self._clock())
            self.wake()

    async def _current(self, topic: str, host: str) -> Current:
        """The document, made once a minute and state of the store: what is hidden by now is not delivered."""
        async with self._lock(host), self._lock(topic):
            when = await self._store.state(), minute_end(self._clock())
            kept = self._kept.get(topic)
            if kept is None or kept[0] != when:
                async with self._renders:
                    kept = when, await self._documents.current(topic)
                if len(self._kept) >= KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[topic] = kept
            return kept[1]

    @asynccontextmanager
    async def _lock(self, name: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            yield

    async def _work(self) -> None:
        """Begin what is due whenever a place is free, and look once a second."""
        while True:
            self._woken.clear()
            try:
                await self._sweep()
                while await self._begin():
                    pass
            except StoreError:
                pass  # The next look finds it due still.
            except Exception:
                log.exception(event("push", result="defect"))
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._woken.wait()

    async def _sweep(self) -> None:
        now = self._clock()
        if self._swept is None or now - self._swept >= SWEPT_EVERY:
            await self._store.write(subscriptions.expire, now)
            self._swept = now

    async def _begin(self) -> int:
        """Begin some of what is due, as many as there are places for; how many."""
        free, now, begun = self._concurrency - len(self._jobs), self._clock(), 0
        if free <= 0:
            return 0
        for intent in await self._store.read(subscriptions.to_verify, now, free, self._busy(Intent)):
            begun += self._begun(intent, partial(self._verify, intent))
        for subscription in await self._store.read(subscriptions.due, now, free, self._busy(Subscription)):
            begun += self._begun(subscription, partial(self._deliver, subscription))
        return begun

    def _busy(self, kind: type[Job]) -> Busy:
        ids = [job.id for job in self._jobs.values() if isinstance(job, kind)]
        hosts = [host for host, n in Counter(job.host for job in self._jobs.values()).items() if n >= self._host_most]
        return Busy(ids=ids, hosts=hosts, retries=self._retrying >= self._retry_most)

    @property
    def _host_most(self) -> int:
        return max(1, self._concurrency // 4)

    @property
    def _retry_most(self) -> int:
        return max(1, self._concurrency // 2)

    @property
    def _retrying(self) -> int:
        return sum(job.tries > 0 for job in self._jobs.values())

    def _begun(self, job: Job, work: Work) -> int:
        """1 where there was a place for the job, else 0."""
        of_host = sum(other.host == job.host for other in self._jobs.values())
        retries_full = job.tries > 0 and self._retrying >= self._retry_most
        if len(self._jobs) >= self._concurrency or of_host >= self._host_most or retries_full:
            return 0
        task = asyncio.create_task(self._done(job, work))
        self._jobs[task] = job
        task.add_done_callback(self._ended)
        return 1

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._jobs[task]
        self.wake()

    async def _done(self, job: Job, work: Work) -> None:
        try:
            await work()
        except StoreError as error:
            log.error(event("push", host=job.host, error=str(error)))  # noqa: TRY400  the sentence says it
            await asyncio.sleep(TICK_SECONDS)
        except Exception:
            log.exception(event("push", host=job.host, result="defect"))
            await asyncio.sleep(TICK_SECONDS)

    async def _verify(self, intent: Intent) -> None:
        try:
            meant = await is_meant(self._callbacks, intent)
        except TryLaterError:
            if intent.tries + 1 < VERIFICATIONS:
                await self._store.write(subscriptions.postpone, intent, self._clock() + pause(intent.tries))
                return
            meant = False
        log.info(event("push", host=intent.host, mode=intent.wish.mode, meant=meant))
        await self._store.write(subscriptions.settle, intent, self._clock(), meant=meant)

    async def _deliver(self, subscription: Subscription) -> None:
        """Deliver the document, unless it is what was delivered last: then nobody is told who was told so before."""
        topic = subscription.topic
        try:
            current = await self._current(topic, subscription.host)
        except RequestError as error:
            await deny(self._callbacks, subscription, str(error))
            await self._store.write(subscriptions.end, subscription)
            return
        if current.document.etag == subscription.seen:
            await self._store.write(subscriptions.spare, topic, subscription.seen)
        elif not await self._is_delivered(subscription, current):
            return
        kept = self._kept.get(topic)
        if kept is None or kept[1] is not current:
            # News came meanwhile, and may have been marked before this was written.
            await self._store.write(subscriptions.mark, [topic], self._clock())

    async def _is_delivered(self, subscription: Subscription, current: Current) -> bool:
        outcome = await told(self._callbacks, subscription, current)
        log.info(event("push", host=subscription.host, result=outcome, tries=subscription.tries))
        match outcome:
            case "ended":
                await self._store.write(subscriptions.end, subscription)
            case "failed":
                due_at = self._clock() + pause(subscription.tries)
                await self._store.write(subscriptions.failed, subscription, due_at)
            case "delivered":
                await self._store.write(subscriptions.delivered, subscription, current.document.etag)
        return outcome == "delivered"
