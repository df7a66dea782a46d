"""Keep private feeds and WebSub subscriptions."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CURRENT = sa.text("revoked_at IS NULL")
DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Add columns and tables."""
    for table in ("boards", "topics"):
        op.add_column(table, sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "private_feeds",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.UniqueConstraint("digest", name="uq_private_feeds_digest"),
    )
    op.create_index(
        "uq_private_feeds_subscriber_path_current",
        "private_feeds",
        ["subscriber", "path"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    _push()


def _push() -> None:
    op.create_table(
        "intents",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("lease", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.Text()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("callback", "topic", name="uq_intents_callback_topic"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.UniqueConstraint("callback", "topic", name="uq_subscriptions_callback_topic"),
    )
    for table, column in (("intents", "host"), ("intents", "due_at")):
        op.create_index(f"ix_{table}_{column}", table, [column])
    for column in ("topic", "host", "expires_at"):
        op.create_index(f"ix_subscriptions_{column}", "subscriptions", [column])
    op.create_index("ix_subscriptions_due_at", "subscriptions", ["due_at"], sqlite_where=DUE, postgresql_where=DUE)
