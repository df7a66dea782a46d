"""The tables. Folded text stands beside the text it was made from, so that SQL and the predicate look at the same."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from aggregator.store.columns import Duration, Lines, RowId, SafeText, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

identity = Table(
    "identity",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("authority", SafeText, nullable=False),
    Column("year", Integer, nullable=False),
    Column("born_at", UtcDateTime, nullable=False),
    # The last arrival given out. Its row stays locked till commit, so that arrivals grow in commit order.
    Column("arrival", BigInteger, nullable=False),
)

boards = Table(
    "boards",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("slug", SafeText, nullable=False, unique=True),
    Column("name", SafeText, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("timezone", SafeText, nullable=False),
    Column("every", Duration, nullable=False, index=True),
    Column("follows", Boolean, nullable=False, server_default=false()),
    Column("paused", Boolean, nullable=False),
    Column("numbering", String(8), nullable=False),
    Column("etag", SafeText),
    Column("last_modified", SafeText),
    # Where a redirect led to the URL that gave the validators: they are sent there alone.
    Column("validators_url", SafeText),
    Column("next_poll_at", UtcDateTime, nullable=False, index=True),
    Column("claimed_until", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("recipe", SafeText),
    Column("keys_changed", Integer, nullable=False, server_default="0"),
    Column("quarantined_since", UtcDateTime),
    Column("quarantine", SafeText),
    Column("backfill", String(16), nullable=False, server_default="none"),
    Column("unfinished", Boolean, nullable=False, server_default=false()),
    Column("unsettled", Boolean, nullable=False, server_default=false()),
    Column("pager", SafeText),
    # None: as the settings say; 0: for ever.
    Column("keep_days", Integer),
    Column("keep_rows", Integer),
    Column("reclaimed_bytes", BigInteger, nullable=False, server_default="0"),
    Column("tags", Lines, nullable=False, server_default=""),
    Column("private", Boolean, nullable=False, server_default=false()),
    # The host its URL names: whose boards are polled one at a time.
    Column("host", SafeText, nullable=False, server_default=""),
    Column("manners", SafeText, nullable=False, server_default="{}"),
    Column("standing", SafeText, nullable=False, server_default="{}"),
    Column("timing", SafeText, nullable=False, server_default="{}"),
    Column("tempo", SafeText, nullable=False, server_default="{}"),
)
# What is being polled is few among many, and asked for at every tick.
Index(
    "ix_boards_claimed_until",
    boards.c.claimed_until,
    sqlite_where=text("claimed_until IS NOT NULL"),
    postgresql_where=text("claimed_until IS NOT NULL"),
)
# A removed board keeps its row for its feeds' 410 and its guids; its URL is free for another.
Index(
    "uq_boards_url_standing",
    boards.c.url,
    unique=True,
    sqlite_where=text("removed_at IS NULL"),
    postgresql_where=text("removed_at IS NULL"),
)

headlines = Table(
    "headlines",
    metadata,
    Column("arrival", RowId, primary_key=True, autoincrement=False),
    Column("board_id", BigInteger, ForeignKey("boards.id"), nullable=False),
    Column("key", SafeText, nullable=False),
    # The arrival of the first headline of the group of those that are the same on several boards.
    Column("twin", BigInteger, nullable=False),
    Column("title", SafeText, nullable=False),
    Column("title_fold", SafeText),  # NULL where folding leaves the text as it is: ``matching.folded`` reads it.
    # Hashes are indexed in place of texts, which may be longer than a PostgreSQL index row.
    Column("title_hash", BigInteger, nullable=False),
    Column("source", SafeText),
    Column("source_fold", SafeText),
    Column("url", SafeText),
    Column("url_hash", BigInteger),
    Column("number", BigInteger),
    Column("date_text", SafeText),
    Column("published", UtcDateTime),
    Column("precision", String(8)),
    # Published, or first seen where the board claims nothing: fixed at first sight.
    Column("moment", UtcDateTime, nullable=False, index=True),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("updated", UtcDateTime, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("comments", BigInteger),
    Column("category", SafeText),
    Column("category_fold", SafeText, nullable=False, server_default=""),
    # The key its board lists it under now: its own, until the board's links change their form.
    Column("listed", SafeText),
    # Its place in its board's list: the higher it stands, the greater; fixed when it is first met there.
    Column("place", BigInteger),
    # Older than the board's first contact: stored and found, in feeds only where asked for.
    Column("history", Boolean, nullable=False, server_default=false()),
    Column("missed_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
    # When its texts were dropped. The row stays: key, place, rank and twin are what the walk and the guid need.
    Column("purged_at", UtcDateTime),
    UniqueConstraint("board_id", "key"),
    Index("uq_headlines_board_id_listed", "board_id", "listed", unique=True),
    # One member a board; the index also answers who else is in a group.
    UniqueConstraint("twin", "board_id"),
    Index(None, "board_id", "arrival"),
    Index(None, "title_hash", "moment"),
    Index(None, "url_hash"),
    Index("ix_headlines_board_id_place", "board_id", "place"),
)
Index(
    "ix_headlines_board_id_pinned",
    headlines.c.board_id,
    # Spelt as the queries come to be: SQLite uses a partial index for nothing else.
    sqlite_where=text("pinned = 1"),
    postgresql_where=headlines.c.pinned,
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id"), nullable=False),
    Column("newer", BigInteger, nullable=False),
    Column("older", BigInteger),
    Column("history", Boolean, nullable=False),
    Column("until", UtcDateTime),
    Column("pages", Integer),
    Column("page", Integer),
    Column("url", SafeText),
    Column("tries", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("reason", SafeText),
    Index(None, "board_id", "newer"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("arrival", BigInteger, ForeignKey("headlines.arrival", ondelete="CASCADE"), nullable=False, index=True),
    Column("title", SafeText, nullable=False),
    Column("url", SafeText),
    Column("replaced_at", UtcDateTime, nullable=False),
)

polls = Table(
    "polls",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id"), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("result", String(16), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("gone", Integer, nullable=False, server_default="0"),
    Column("pages", Integer, nullable=False, server_default="1"),
    Column("stage", SafeText),
    Column("error", SafeText),
    Column("status", Integer),
    Column("faults", JSON, nullable=False),
    Index(None, "board_id", "id"),
)
# Few polls read more than one page, and a host's budget asks for those of the last hour.
Index(
    "ix_polls_started_at",
    polls.c.started_at,
    sqlite_where=text("pages > 1"),
    postgresql_where=text("pages > 1"),
)

# The URLs that a board has moved away from.
moves = Table(
    "moves",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id"), nullable=False),
    Column("url", SafeText, nullable=False, index=True),
    Column("moved_at", UtcDateTime, nullable=False),
)

# How a board fared, until it fared otherwise.
states = Table(
    "states",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sentence", SafeText, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
)
Index(
    "uq_states_board_id_current",
    states.c.board_id,
    unique=True,
    sqlite_where=text("until IS NULL"),
    postgresql_where=text("until IS NULL"),
)
Index("ix_states_board_id_id", states.c.board_id, states.c.id)

# What the fetcher remembers of an origin (scheme, host, port), in its own words.
origins = Table(
    "origins",
    metadata,
    Column("origin", SafeText, primary_key=True),
    Column("said", SafeText, nullable=False),
)

# Who may use the API. What is kept of a token proves it and does not give it away.
tokens = Table(
    "tokens",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", SafeText, nullable=False, unique=True),
    Column("scope", String(8), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

# What admins changed, as JSON of the entries before and after.
edits = Table(
    "edits",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", SafeText, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("slug", SafeText, nullable=False),
    Column("before", SafeText),
    Column("after", SafeText),
    Column("undone_by", BigInteger),
)

# Settings that were changed while the program runs; they stand over settings.toml.
live = Table(
    "live",
    metadata,
    Column("key", SafeText, primary_key=True),
    Column("value", SafeText, nullable=False),
)

topics = Table(
    "topics",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("slug", SafeText, nullable=False, unique=True),
    Column("title", SafeText, nullable=False),
    Column("filter", SafeText, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("private", Boolean, nullable=False, server_default=false()),
)

# What settings.toml said of a board or topic when it was last applied: only a changed entry is applied again.
seeds = Table(
    "seeds",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("slug", SafeText, primary_key=True),
    Column("digest", String(32), nullable=False),
)
