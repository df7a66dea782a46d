"""/metrics: what Prometheus reads, and nothing that names a board."""

import logging
from datetime import timedelta

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aggregator import web
from aggregator.housekeeping import judge
from aggregator.logs import Event
from aggregator.metrics import Metrics
from aggregator.model import Poll
from aggregator.settings import LogSettings, Settings
from aggregator.store import Store, health
from aggregator.web.application import Still
from tests.program import site_on_loopback
from tests.web.conftest import NOW, PUBLIC_URL, Server


class Telling(Still):
    """Settings that want a line a request."""

    settings = Settings(log=LogSettings(requests=True))


async def test_feed_requests_are_counted_by_format_and_status(server: Server) -> None:
    """A 200 and a 304 of the same feed are two, a refusal is one too, a page is none; no slug is a label."""
    first = await server.ask("/feed.atom")
    await server.ask("/feed.atom", If_None_Match=first.headers["Etag"])
    for path in ("/boards/gone.rss", "/boards/none.json", "/feed.rss?q=((", "/health.atom", "/boards/news"):
        await server.ask(path)
    said = await server.ask("/metrics")
    assert said.headers["Content-Type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(said.body.decode())}
    samples = [one for one in families["aggregator_feed_requests"].samples if one.name.endswith("total")]
    asked = {(one.labels["format"], one.labels["status"]): one.value for one in samples}
    refused = {("rss", "410"): 1, ("json", "404"): 1, ("rss", "400"): 1}
    assert asked == {("atom", "200"): 2, ("atom", "304"): 1} | refused
    missed = [one.value for one in families["aggregator_feed_requests_missed"].samples if one.name.endswith("total")]
    assert missed == [3], "the feed's first, and those of what is not there"
    assert b"news" not in said.body


async def test_a_line_a_request_is_written_where_wanted(
    server: Server, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """It is off by itself; what was escaped in a URL is read before the log's filter looks at it."""
    caplog.set_level(logging.INFO)
    await server.ask("/feed.atom")
    application = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW, running=Telling())
    async with site_on_loopback(application) as root, aiohttp.ClientSession() as session:
        for path in ("/feed.atom?n=1&tok%65n=x", "/p/short/boards/news.rss"):
            await session.get(root + path)
    said = [one.msg for one in caplog.records if isinstance(one.msg, Event)]
    assert [(event.name, event.fields) for event in said] == [
        ("request", {"asked": "/feed.atom?n=1&token=x", "status": 200, "seconds": 0.0}),
        ("request", {"asked": "/p/…/boards/news.rss", "status": 404, "seconds": 0.0}),
    ]


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
