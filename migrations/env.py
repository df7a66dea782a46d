"""How Alembic reaches a store: on the connection that the program hands over, in the transaction it has begun.

A developer drafts the next migration with ``alembic -x url=sqlite:///FILE revision --autogenerate``, FILE being a store
that ``aggregator db upgrade`` has made.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, TypeDecorator, create_engine

from aggregator.store.outbox import metadata
from aggregator.store.versions import is_compared


def rendered(kind: str, thing: Any, _: AutogenContext) -> str | Literal[False]:  # noqa: ANN401  Alembic's
    """Write our column types as what lies in the database, so that a migration imports nothing of the program."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{type(thing.impl_instance).__name__}()"
    return False


def run(connection: Connection) -> None:
    """Run what Alembic was asked for."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=rendered,
        include_name=is_compared,
        # SQLite changes a column only by copying its table.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).begin() as own:
        run(own)
