"""Give boards a timing of their own, and what is known of how their news arrive."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("boards", sa.Column("timing", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("boards", sa.Column("tempo", sa.Text(), nullable=False, server_default="{}"))
