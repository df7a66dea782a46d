"""The table of what is still to be told. ``metadata`` knows all tables once this is read."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from aggregator.store.audience import metadata
from aggregator.store.columns import RowId, SafeText, UtcDateTime

__all__ = ["messages", "metadata"]

# Who is still to be told of which change; a webhook is told of one after the other.
messages = Table(
    "messages",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("webhook", SafeText, nullable=False),
    Column("state_id", BigInteger, ForeignKey("states.id"), nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Index(None, "webhook", "id"),
)
