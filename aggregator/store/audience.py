"""The tables of what is read and by whom. ``metadata`` knows all tables once this is read."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from aggregator.store.columns import Duration, RowId, SafeText, UtcDateTime
from aggregator.store.tables import metadata

__all__ = ["archived", "fillings", "intents", "metadata", "private_feeds", "state", "subscriptions", "topic_headlines"]

# One row: how often what feeds can show was changed, and when that was last more than headlines that came.
state = Table(
    "state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False, server_default="0"),
)

# Who may read which feed by a token of its own. A token that was given out is remembered: its URL is gone, not unknown.
private_feeds = Table(
    "private_feeds",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("subscriber", SafeText, nullable=False),
    Column("path", SafeText, nullable=False),
    Column("scope", String(8), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
Index(
    "uq_private_feeds_subscriber_path_current",
    private_feeds.c.subscriber,
    private_feeds.c.path,
    unique=True,
    sqlite_where=text("revoked_at IS NULL"),
    postgresql_where=text("revoked_at IS NULL"),
)

# What WebSub subscribers asked for and have not yet been heard to mean.
intents = Table(
    "intents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("topic", SafeText, nullable=False),
    Column("callback", SafeText, nullable=False),
    Column("host", SafeText, nullable=False, index=True),
    Column("lease", Duration, nullable=False),
    Column("secret", SafeText),
    Column("tries", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("callback", "topic"),
)

# Who is told of what a feed says. ``seen`` is the ETag of what was delivered last, ``due_at`` when it is told next.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("topic", SafeText, nullable=False, index=True),
    Column("callback", SafeText, nullable=False),
    Column("host", SafeText, nullable=False, index=True),
    Column("secret", SafeText),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("seen", SafeText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    UniqueConstraint("callback", "topic"),
)
Index(
    "ix_subscriptions_due_at",
    subscriptions.c.due_at,
    sqlite_where=text("due_at IS NOT NULL"),
    postgresql_where=text("due_at IS NOT NULL"),
)

# What each topic's filter may ever take, newest last.
topic_headlines = Table(
    "topic_headlines",
    metadata,
    Column("topic_id", BigInteger, primary_key=True, autoincrement=False),
    Column("arrival", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
# How far down a topic is matched, and for which filter: all from ``arrival`` on are, 0 when it is done.
fillings = Table(
    "fillings",
    metadata,
    Column("topic_id", BigInteger, primary_key=True, autoincrement=False),
    Column("filter", SafeText, nullable=False),
    Column("arrival", BigInteger, nullable=False),
)

# What archives hold of each board: a block's headlines as they stood when it was first asked for. Board 0 says that it
# was.
archived = Table(
    "archived",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("board_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
