"""Keep whether a board's interval is the one of every other."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no board that is there follows, until its entry says so."""
    op.add_column("boards", sa.Column("follows", sa.Boolean(), nullable=False, server_default=sa.false()))
