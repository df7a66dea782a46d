"""Create identity, boards, headlines, revisions, polls, topics and seeds.

Written out rather than taken from the program's tables, which go on changing; times and durations are microseconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite hands out row ids by itself only in a column spelt INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("born_at", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
    )
    _boards()
    _headlines()
    _revisions()
    _polls()
    op.create_table(
        "topics",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
        sa.UniqueConstraint("slug", name="uq_topics_slug"),
    )
    op.create_table(
        "seeds",
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", name="pk_seeds"),
    )


def _boards() -> None:
    op.create_table(
        "boards",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("every", sa.BigInteger(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("numbering", sa.String(8), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("validators_url", sa.Text()),
        sa.Column("next_poll_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_boards"),
        sa.UniqueConstraint("slug", name="uq_boards_slug"),
    )
    op.create_index("ix_boards_next_poll_at", "boards", ["next_poll_at"])
    standing = sa.text("removed_at IS NULL")
    op.create_index(
        "uq_boards_url_standing", "boards", ["url"], unique=True, sqlite_where=standing, postgresql_where=standing
    )


def _headlines() -> None:
    op.create_table(
        "headlines",
        sa.Column("arrival", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("twin", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_fold", sa.Text(), nullable=False),
        sa.Column("title_hash", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.Column("source_fold", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("url_hash", sa.BigInteger()),
        sa.Column("number", sa.BigInteger()),
        sa.Column("date_text", sa.Text()),
        sa.Column("published", sa.BigInteger()),
        sa.Column("precision", sa.String(8)),
        sa.Column("moment", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("comments", sa.BigInteger()),
        sa.Column("category", sa.Text()),
        sa.PrimaryKeyConstraint("arrival", name="pk_headlines"),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name="fk_headlines_board_id"),
        sa.UniqueConstraint("board_id", "key", name="uq_headlines_board_id_key"),
        sa.UniqueConstraint("twin", "board_id", name="uq_headlines_twin_board_id"),
    )
    op.create_index("ix_headlines_board_id_arrival", "headlines", ["board_id", "arrival"])
    op.create_index("ix_headlines_moment", "headlines", ["moment"])
    op.create_index("ix_headlines_title_hash_moment", "headlines", ["title_hash", "moment"])
    op.create_index("ix_headlines_url_hash", "headlines", ["url_hash"])


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("replaced_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.ForeignKeyConstraint(["arrival"], ["headlines.arrival"], name="fk_revisions_arrival", ondelete="CASCADE"),
    )
    op.create_index("ix_revisions_arrival", "revisions", ["arrival"])


def _polls() -> None:
    op.create_table(
        "polls",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("status", sa.Integer()),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_polls"),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name="fk_polls_board_id"),
    )
    op.create_index("ix_polls_board_id_id", "polls", ["board_id", "id"])
