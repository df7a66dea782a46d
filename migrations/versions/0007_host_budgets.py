"""Find the polls of the last hour that read more than one page."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    walked = sa.text("pages > 1")
    op.create_index("ix_polls_started_at", "polls", ["started_at"], sqlite_where=walked, postgresql_where=walked)
