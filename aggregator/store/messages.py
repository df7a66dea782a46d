"""Messages that no webhook, or the mail server, has taken yet: one after the other for each, over restarts."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.model import State
from aggregator.store.outbox import messages
from aggregator.store.tables import boards, states

# What a webhook that takes none may leave waiting; the oldest go first, /health.atom has them all.
LONGEST_QUEUE = 1_000


class Message(Struct, frozen=True, kw_only=True):
    """That a board came into a state: to be told to a webhook, after so many ``tries``."""

    id: int
    webhook: str
    change: int
    board: str
    name: str
    state: State
    before: State | None
    sentence: str
    since: datetime
    queued_at: datetime
    tries: int


def queue(conn: Connection, change: int, webhooks: Collection[str], now: datetime) -> None:
    """Let the webhooks be told of the change, each after what it is still to be told of."""
    for webhook in webhooks:
        row = {"webhook": webhook, "state_id": change, "queued_at": now, "due_at": now, "tries": 0}
        conn.execute(insert(messages).values(row))
        of_it = messages.c.webhook == webhook
        kept = select(messages.c.id).where(of_it).order_by(messages.c.id.desc()).limit(LONGEST_QUEUE)
        conn.execute(
            delete(messages).where(of_it, messages.c.id < select(func.min(kept.subquery().c.id)).scalar_subquery())
        )


def due(conn: Connection, webhooks: Collection[str], now: datetime) -> list[Message]:
    """The oldest message of each of the webhooks, where it is due: a later one waits for it."""
    oldest = select(func.min(messages.c.id)).where(messages.c.webhook.in_(webhooks)).group_by(messages.c.webhook)
    earlier = states.alias()
    before = (
        select(earlier.c.state)
        .where(earlier.c.board_id == states.c.board_id, earlier.c.id < states.c.id)
        .order_by(earlier.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            messages.c.id,
            messages.c.webhook,
            states.c.id.label("change"),
            boards.c.slug.label("board"),
            boards.c.name,
            states.c.state,
            before.label("before"),
            states.c.sentence,
            states.c.since,
            messages.c.queued_at,
            messages.c.tries,
        )
        .select_from(messages.join(states).join(boards))
        .where(messages.c.id.in_(oldest), messages.c.due_at <= now)
        .order_by(messages.c.id)
    )
    return [Message(**row) for row in conn.execute(query).mappings()]


def settle(conn: Connection, message_id: int) -> None:
    """Forget a message that was taken, or given up."""
    conn.execute(delete(messages).where(messages.c.id == message_id))


def postpone(conn: Connection, message_id: int, due_at: datetime) -> None:
    """Try again then."""
    later = update(messages).where(messages.c.id == message_id)
    conn.execute(later.values(tries=messages.c.tries + 1, due_at=due_at))


def forget_others(conn: Connection, webhooks: Collection[str]) -> int:
    """Drop what was meant for webhooks that are no more; how many messages."""
    return conn.execute(delete(messages).where(messages.c.webhook.not_in(webhooks))).rowcount
