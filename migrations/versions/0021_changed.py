"""Tell headlines that came from all else that changes what feeds say."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number of the last change that was more; before the first there is none."""
    op.add_column("state", sa.Column("changed", sa.BigInteger(), nullable=False, server_default="0"))
