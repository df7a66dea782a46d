"""Give headlines a place in their board's list and a time of deletion; boards a back-fill and gaps."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is stored so far has stood in the order in which it arrived."""
    op.add_column("boards", sa.Column("backfill", sa.String(16), nullable=False, server_default="none"))
    op.add_column("boards", sa.Column("unfinished", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("boards", sa.Column("unsettled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("boards", sa.Column("pager", sa.Text()))
    op.add_column("headlines", sa.Column("place", sa.BigInteger()))
    op.add_column("headlines", sa.Column("history", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("headlines", sa.Column("missed_at", sa.BigInteger()))
    op.add_column("headlines", sa.Column("deleted_at", sa.BigInteger()))
    op.execute("UPDATE headlines SET place = arrival * 1048576 WHERE NOT pinned")
    op.create_index("ix_headlines_board_id_place", "headlines", ["board_id", "place"])
    op.create_index(
        "ix_headlines_board_id_pinned",
        "headlines",
        ["board_id"],
        sqlite_where=sa.text("pinned = 1"),
        postgresql_where=sa.text("pinned"),
    )
    op.add_column("polls", sa.Column("gone", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("polls", sa.Column("pages", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "gaps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("board_id", sa.BigInteger(), sa.ForeignKey("boards.id"), nullable=False),
        sa.Column("newer", sa.BigInteger(), nullable=False),
        sa.Column("older", sa.BigInteger()),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("pages", sa.Integer()),
        sa.Column("page", sa.Integer()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
    )
    op.create_index("ix_gaps_board_id_newer", "gaps", ["board_id", "newer"])
