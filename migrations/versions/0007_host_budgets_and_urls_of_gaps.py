"""Find the polls of the last hour that read more than one page; remember where gaps were looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index and the column."""
    walked = sa.text("pages > 1")
    op.create_index("ix_polls_started_at", "polls", ["started_at"], sqlite_where=walked, postgresql_where=walked)
    op.add_column("gaps", sa.Column("url", sa.Text()))
