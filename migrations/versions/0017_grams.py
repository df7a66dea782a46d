"""Index every headline by its grams, and make room for the matches of topics."""

import sqlalchemy as sa
from alembic import op

from aggregator.store import grams

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

headlines = sa.table("headlines", sa.column("arrival", sa.BigInteger), sa.column("purged_at", sa.BigInteger))


def upgrade() -> None:
    """Fill the index a chunk at a time, so that a long history takes no memory; topics fill up while it serves."""
    op.create_table(
        "topic_headlines",
        sa.Column("topic_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arrival", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "arrival", name="pk_topic_headlines"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fillings",
        sa.Column("topic_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", name="pk_fillings"),
    )
    bind, last = op.get_bind(), 0
    grams.create(bind)
    following = sa.select(headlines.c.arrival).where(headlines.c.purged_at.is_(None)).order_by(headlines.c.arrival)
    while arrivals := bind.scalars(following.where(headlines.c.arrival > last).limit(grams.CHUNK)).all():
        grams.add(bind, grams.texts(bind, arrivals))
        last = arrivals[-1]
