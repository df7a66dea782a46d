"""What the program counts for Prometheus: one registry a process, no label that grows with boards or feeds."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from aggregator.model import Poll

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Figures(Struct, frozen=True, kw_only=True):
    """What the store comes to: boards by state, gaps open, how long the most overdue board waits, messages, bytes."""

    states: Mapping[str, int]
    gaps_open: int
    lag: timedelta
    messages: int
    total_bytes: int


class Metrics:
    """Counters that grow with what happens, and gauges that are set to what house-keeping finds."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._polls = Counter("aggregator_polls", "Polls by outcome.", ["result"], registry=registry)
        self._seconds = Histogram(
            "aggregator_poll_seconds", "From a poll's begin to its commit.", buckets=_SECONDS, registry=registry
        )
        self._rows = Counter("aggregator_rows", "Rows read off first pages.", registry=registry)
        self._new = Counter("aggregator_headlines_new", "Headlines stored for the first time.", registry=registry)
        self._pages = Counter("aggregator_pages", "List pages asked for.", registry=registry)
        self._requests = Counter(
            "aggregator_feed_requests", "Answers to feed requests.", ["format", "status"], registry=registry
        )
        self._answers: dict[tuple[str, int], Counter] = {}
        self._missed = Counter(
            "aggregator_feed_requests_missed", "Feed requests whose document was not kept.", registry=registry
        )
        self._states = Gauge("aggregator_boards", "Boards by state.", ["state"], registry=registry)
        self._gaps = Gauge("aggregator_gaps_open", "Gaps that are still to be read.", registry=registry)
        self._lag = Gauge(
            "aggregator_schedule_lag_seconds", "How long the most overdue board has waited.", registry=registry
        )
        self._messages = Gauge(
            "aggregator_webhook_messages_waiting", "Messages nobody has taken yet, letters too.", registry=registry
        )
        self._told = Counter(
            "aggregator_webhook_messages",
            "Tries to tell webhooks and by mail, by outcome.",
            ["result"],
            registry=registry,
        )
        self._bytes = Gauge("aggregator_store_bytes", "The store's size on disk.", registry=registry)

    def polled(self, record: Poll) -> None:
        """Count a poll."""
        self._polls.labels(record.result).inc()
        self._seconds.observe((record.finished_at - record.started_at).total_seconds())
        self._rows.inc(record.rows)
        self._new.inc(record.new)
        self._pages.inc(record.pages)

    def answered(self, form: str, status: int) -> None:
        """Count an answer to a request for a feed."""
        counter = self._answers.get((form, status))
        if counter is None:
            counter = self._answers[form, status] = self._requests.labels(form, str(status))
        counter.inc()

    def missed(self) -> None:
        """Count a request for a feed whose document has to be made."""
        self._missed.inc()

    def told(self, result: str) -> None:
        """Count a try to tell somebody."""
        self._told.labels(result).inc()

    def stored(self, figures: Figures) -> None:
        """Take what the store comes to now."""
        self._states.clear()
        for state, boards in figures.states.items():
            self._states.labels(state).set(boards)
        self._gaps.set(figures.gaps_open)
        self._lag.set(figures.lag.total_seconds())
        self._messages.set(figures.messages)
        self._bytes.set(figures.total_bytes)

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self._registry)
