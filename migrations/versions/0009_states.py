"""Remember how boards fare, and how they fared."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "states",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("board_id", sa.BigInteger(), sa.ForeignKey("boards.id"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
    )
    now = sa.text("until IS NULL")
    op.create_index(
        "uq_states_board_id_current", "states", ["board_id"], unique=True, sqlite_where=now, postgresql_where=now
    )
    op.create_index("ix_states_board_id_id", "states", ["board_id", "id"])
