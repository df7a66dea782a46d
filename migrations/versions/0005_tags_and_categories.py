"""Give boards tags, and headlines their category as it is compared."""

import sqlalchemy as sa
from alembic import op

from aggregator.folding import fold

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

headlines = sa.table("headlines", sa.column("category", sa.Text), sa.column("category_fold", sa.Text))


def upgrade() -> None:
    """Add the columns; there are few categories, so that each is folded once."""
    op.add_column("boards", sa.Column("tags", sa.Text(), nullable=False, server_default=""))
    op.add_column("headlines", sa.Column("category_fold", sa.Text(), nullable=False, server_default=""))
    bind = op.get_bind()
    for category in bind.execute(sa.select(headlines.c.category).distinct()).scalars().all():
        if category:
            same = headlines.c.category == category
            bind.execute(sa.update(headlines).where(same).values(category_fold=fold(category)))
