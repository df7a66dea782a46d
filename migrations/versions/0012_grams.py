"""Index every headline by its grams."""

import sqlalchemy as sa
from alembic import op

from aggregator.store import grams

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

headlines = sa.table("headlines", sa.column("arrival", sa.BigInteger), sa.column("purged_at", sa.BigInteger))


def upgrade() -> None:
    """Make the index and fill it, a chunk at a time, so that a long history needs no room to be remembered in."""
    bind, last = op.get_bind(), 0
    grams.create(bind)
    following = sa.select(headlines.c.arrival).where(headlines.c.purged_at.is_(None)).order_by(headlines.c.arrival)
    while arrivals := bind.scalars(following.where(headlines.c.arrival > last).limit(grams.CHUNK)).all():
        grams.add(bind, grams.texts(bind, arrivals))
        last = arrivals[-1]
