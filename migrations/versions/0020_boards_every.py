"""Find the shortest interval of all boards without looking at each."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the intervals."""
    op.create_index("ix_boards_every", "boards", ["every"])
