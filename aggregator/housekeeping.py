"""What is done beside polling: what is kept no longer is dropped, ledgers are audited, rules renewed, boards judged."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from aggregator.errors import PollError
from aggregator.fetch import Fetcher
from aggregator.health import health
from aggregator.ledger import Ledger
from aggregator.model import State
from aggregator.settings import RetentionSettings
from aggregator.store import Store, boards, ledgers, matches, retention
from aggregator.store import health as states
from aggregator.store.health import Change
from aggregator.store.retention import Keep, Purged, Rule

# So many are judged in one transaction.
BOARDS = 100


class Swept(Struct, frozen=True, kw_only=True):
    """What one round of house-keeping dropped: by board's slug, and how many records of polls."""

    boards: dict[str, Purged] = {}
    polls: int = 0


async def sweep(store: Store, settings: RetentionSettings, now: datetime, *, dry: bool = False) -> Swept:
    """Drop whatever is due at ``now``; a ``dry`` round says what that would be and drops nothing.

    Polls go on meanwhile: what is due is found by readers, and the writer is had for a chunk at a time. Whatever an
    admin says of a board meanwhile holds at once: the rest of it is left to the next round, which goes by that.
    """
    dropped: dict[str, Purged] = {}
    usual = Keep(settings.keep_days, settings.keep_rows)
    for rule in await store.read(retention.rules, usual):
        async for chunk in _chunks(store, rule, usual, now, dry=dry):
            dropped[rule.slug] = dropped.get(rule.slug, Purged()) + chunk
    polls = await _polls(store, settings.keep_polls_days, now, dry=dry) if settings.keep_polls_days else 0
    if not dry and (dropped or polls):
        await store.write(retention.tidy)
    return Swept(boards=dropped, polls=polls)


async def match_topics(store: Store) -> None:
    """Match what is stored with the topics that are new or say something else by now, a chunk a transaction."""
    while topic_ids := await store.read(matches.unfilled):
        for topic_id in topic_ids:
            await store.write(matches.fill, topic_id)


async def judge(
    store: Store, after: int, now: datetime, wanted: Mapping[State, Sequence[str]] = states.NOBODY
) -> tuple[int, list[Change]]:
    """Judge how boards fare that were polled since the poll ``after``; the last poll's id, and what has changed.

    ``wanted`` are the webhooks to be told, by state.
    """
    last, board_ids = await store.read(states.to_judge, after)
    changed: list[Change] = []
    for start in range(0, len(board_ids), BOARDS):
        found = await store.read(states.signs, board_ids[start : start + BOARDS])
        judged = [(signs.board.id, health(signs, now)) for signs in found]
        changed += await store.write(states.record, judged, now, wanted)
    return last, changed


async def audit(store: Store) -> AsyncIterator[Ledger]:
    """Every board's ledger, counted afresh one after the other, so that no reader is kept for long."""
    for board in await store.read(boards.every):
        yield await store.read(ledgers.audit, board)


async def renew_rules(store: Store, fetcher: Fetcher) -> int:
    """Have each origin's robots.txt renewed that soon ends, one after the other; how many origins were looked at.

    Who cannot be asked now keeps the rules there are; the next poll says so.
    """
    asked = [board for board in await store.read(boards.every) if not (board.paused or board.manners.ignore_robots)]
    origins = {urlsplit(board.url)[:2]: board for board in asked}
    for board in origins.values():
        with suppress(PollError):
            await fetcher.renew_rules(board.url, board.manners)
    return len(origins)


async def _chunks(store: Store, rule: Rule, usual: Keep, now: datetime, *, dry: bool) -> AsyncIterator[Purged]:
    """What was dropped of a board, a chunk at a time, for as long as its ``rule`` holds."""
    past, last = await store.read(retention.past, rule), 0
    while arrivals := await store.read(retention.due, rule, past, now, last):
        if dry:
            yield await store.read(retention.weighed, arrivals)
        elif (chunk := await store.write(retention.purge_due, rule, usual, past, arrivals, now)) is not None:
            yield chunk
        else:
            return
        last = arrivals[-1]


async def _polls(store: Store, days: int, now: datetime, *, dry: bool) -> int:
    forgotten, last = 0, 0
    while ids := await store.read(retention.old_polls, days, now, last):
        forgotten += len(ids) if dry else await store.write(retention.forget_polls, ids)
        last = ids[-1]
    return forgotten
