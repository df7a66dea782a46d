"""Give boards rules of retention and a count of bytes reclaimed; headlines the time when their texts were dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; everything that is stored so far is kept until a rule is set."""
    op.add_column("boards", sa.Column("keep_days", sa.Integer()))
    op.add_column("boards", sa.Column("keep_rows", sa.Integer()))
    op.add_column("boards", sa.Column("reclaimed_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("headlines", sa.Column("purged_at", sa.BigInteger()))
