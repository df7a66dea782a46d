"""Give boards manners, a standing and a host; remember origins, and the URLs that boards have moved away from."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; a board's host is read off its URL."""
    op.add_column("boards", sa.Column("host", sa.Text(), nullable=False, server_default=""))
    op.add_column("boards", sa.Column("manners", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("boards", sa.Column("standing", sa.Text(), nullable=False, server_default="{}"))
    boards = sa.table("boards", sa.column("id"), sa.column("url"), sa.column("host"))
    for number, url in op.get_bind().execute(sa.select(boards.c.id, boards.c.url)).all():
        op.execute(sa.update(boards).where(boards.c.id == number).values(host=urlsplit(url).hostname or ""))
    op.create_index(
        "ix_boards_claimed_until",
        "boards",
        ["claimed_until"],
        sqlite_where=sa.text("claimed_until IS NOT NULL"),
        postgresql_where=sa.text("claimed_until IS NOT NULL"),
    )
    op.create_table(
        "moves",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("board_id", sa.BigInteger(), sa.ForeignKey("boards.id"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_moves_url", "moves", ["url"])
    op.create_table(
        "origins",
        sa.Column("origin", sa.Text(), primary_key=True),
        sa.Column("said", sa.Text(), nullable=False),
    )
