"""Give boards recipes, quarantine and a count of changed keys; headlines the key their board lists them under now."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; every headline is listed under its own key so far."""
    op.add_column("boards", sa.Column("recipe", sa.Text()))
    op.add_column("boards", sa.Column("keys_changed", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("boards", sa.Column("quarantined_since", sa.BigInteger()))
    op.add_column("boards", sa.Column("quarantine", sa.Text()))
    op.add_column("headlines", sa.Column("listed", sa.Text()))
    op.execute('UPDATE headlines SET listed = "key"')
    op.create_index("uq_headlines_board_id_listed", "headlines", ["board_id", "listed"], unique=True)
