"""/metrics: what Prometheus reads, and nothing that names a board."""

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from aggregator.housekeeping import judge
from aggregator.metrics import Metrics
from aggregator.model import Poll
from aggregator.store import Store, health
from tests.web.conftest import NOW, Server


async def test_feed_requests_are_counted_by_format_and_status(server: Server) -> None:
    """A 200 and a 304 of the same feed are two; no slug is a label."""
    first = await server.ask("/feed.atom")
    await server.ask("/feed.atom", If_None_Match=first.headers["Etag"])
    said = await server.ask("/metrics")
    assert said.headers["Content-Type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(said.body.decode())}
    samples = [one for one in families["aggregator_feed_requests"].samples if one.name.endswith("total")]
    asked = {(one.labels["format"], one.labels["status"]): one.value for one in samples}
    assert asked == {("atom", "200"): 1, ("atom", "304"): 1}
    assert b"news" not in said.body


async def test_the_store_is_measured_by_house_keeping(store: Store) -> None:
    """Boards by state, the lag of the most overdue one, open gaps and bytes."""
    await judge(store, 0, NOW)
    figures = await store.read(health.figures, NOW + timedelta(minutes=7))
    assert (figures.states, figures.lag, figures.gaps_open) == ({"ok": 2}, timedelta(minutes=7), 0)
    metrics = Metrics()
    metrics.stored(figures)
    metrics.polled(Poll(board="news", started_at=NOW, finished_at=NOW, result="changed", rows=20, new=3))
    said = metrics.text().decode()
    assert 'aggregator_boards{state="ok"} 2.0' in said
    assert "aggregator_schedule_lag_seconds 420.0" in said
    assert "aggregator_headlines_new_total 3.0" in said
    assert figures.total_bytes > 4096
