"""Hosts as budgets: what each is asked, what it wants to be asked at the most, and when it may be asked again."""

from datetime import datetime, timedelta

from msgspec import Struct, json
from yarl import URL

from aggregator.fetch.origins import Origin
from aggregator.fetch.politeness import gap_between
from aggregator.fetch.robots import Rules
from aggregator.settings import PollingSettings
from aggregator.store import Transaction, hosts
from aggregator.store.hosts import Host

# A host is asked one thing at a time, whatever the settings say.
AT_ONCE = 1
_OTHER = {"http": "https", "https": "http"}


class Budget(Struct, frozen=True, kw_only=True):
    """What a host may be asked and was asked.

    ``gap_seconds`` is between two requests as it is in force: the settings' or its Crawl-delay, doubled while it
    refuses. Pages are those that polls begun within the last hour or day asked for, robots.txt and redirects aside;
    ``further_left`` may still be asked for within this hour beside first pages. ``refused_day`` polls met 429 or 503;
    ``refusals`` are those not yet made up for by other answers. It is left alone until ``free_at``, None where it may
    be asked now; so are ``silent_urls`` of it, each for a while of its own. ``due_at`` is its next poll.
    """

    host: str
    boards: int
    concurrency: int
    polled_now: bool
    gap_seconds: float
    crawl_delay_seconds: float | None
    pages_hour: int
    pages_day: int
    further_left: int
    refused_day: int
    refusals: int
    silent_urls: int
    free_at: datetime | None
    due_at: datetime | None


def budgets(tx: Transaction, polling: PollingSettings, now: datetime, after: str, n: int) -> list[Budget]:
    """The budgets of at most ``n`` hosts, by name, those behind ``after``."""
    found = hosts.every(tx, now, after, n)
    named = {host.name: _origins(host) for host in found}
    said = hosts.said(tx, {origin for origins in named.values() for origin in origins})
    return [
        budget(
            host, {one: json.decode(said[one], type=Origin) for one in named[host.name] if one in said}, polling, now
        )
        for host in found
    ]


def budget(host: Host, known: dict[str, Origin], polling: PollingSettings, now: datetime) -> Budget:
    """The budget of a host of whose origins that is ``known``; the strictest of them counts."""
    product = polling.user_agent.partition("/")[0]
    delays = [Rules(one.rulebook.text, product).delay for one in known.values() if one.rulebook is not None]
    delay = max((one for one in delays if one is not None), default=None)
    refusals = max((one.refusals for one in known.values()), default=0)
    gap = gap_between(polling.host_gap, delay, refusals)
    silent = [(name in known, until) for one in known.values() for name, until in one.silent.items() if until > now]
    rested = [] if host.asked.last_at is None else [host.asked.last_at + gap]
    free_at = max([now, *rested, *(until for is_whole, until in silent if is_whole)])
    return Budget(
        host=host.name,
        boards=len(host.urls),
        concurrency=AT_ONCE,
        polled_now=host.is_polled,
        gap_seconds=gap / timedelta(seconds=1),
        crawl_delay_seconds=None if delay is None else delay / timedelta(seconds=1),
        pages_hour=host.asked.pages_hour,
        pages_day=host.asked.pages_day,
        further_left=max(0, polling.host_pages - host.asked.further_hour),
        refused_day=host.asked.refused_day,
        refusals=refusals,
        silent_urls=sum(not is_whole for is_whole, _ in silent),
        free_at=free_at if free_at > now else None,
        due_at=host.due_at,
    )


def _origins(host: Host) -> set[str]:
    """Where its boards stand, and where a redirect to the other scheme leads."""
    own = [URL(url).origin() for url in host.urls]
    return {str(one) for origin in own for one in (origin, origin.with_scheme(_OTHER[origin.scheme]))}
