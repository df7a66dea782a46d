"""Which version of the tables a store has, and how it comes to ours.

Alembic is imported only to migrate: a store that is up to date is recognised by one plain query, and a new one is made
of the tables as they are now, which a test holds equal to what the migrations make.
"""

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select, text

from aggregator.errors import StoreError
from aggregator.store import grams
from aggregator.store.outbox import metadata

# Every migration's id, oldest first; tests/store holds it equal to the scripts.
REVISIONS = (
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0013", "0014", "0015", "0016"),
    *("0017", "0018", "0019", "0020", "0021"),
)
HEAD = REVISIONS[-1]
UPGRADE_LOCK = 0x6865_6164_6C69_6E65
# As Alembic makes it.
_STAMP = Table("alembic_version", MetaData(naming_convention={"pk": "%(table_name)s_pkc"}))
_STAMP.append_column(Column("version_num", String(32), primary_key=True))


def version(conn: Connection) -> str | None:
    """The id of the store's last migration; None where there are no tables of ours yet."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(select(_STAMP.c.version_num)).scalar()


def verify(conn: Connection) -> None:
    """Nothing, where the store has this program's tables; else StoreError with what to do."""
    refuse_newer(there := version(conn))
    if there != HEAD:
        state = "has no tables yet" if there is None else f"has tables of version {there}, not {HEAD}"
        raise StoreError(f"The store {state}: run `aggregator db upgrade`.")


def outdated(conn: Connection) -> bool:
    """Whether ``migrate`` has something to do."""
    return version(conn) != HEAD


def migrate(conn: Connection) -> None:
    """Bring the store to this program's version inside ``conn``'s transaction: wholly or not at all.

    Two programs may try at once; the second waits for the first and finds nothing to do. Raises StoreError where the
    store is newer than the program.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
    refuse_newer(there := version(conn))
    if there == HEAD:
        return
    if there is None:
        metadata.create_all(conn)
        grams.create(conn)
        _STAMP.create(conn, checkfirst=True)
        conn.execute(insert(_STAMP).values(version_num=HEAD))
        return
    from alembic.command import upgrade  # noqa: PLC0415  a quarter of a second that only a migration should pay
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes["connection"] = conn
    upgrade(config, HEAD)


def is_compared(name: str | None, kind: str, _: object) -> bool:
    """Whether Alembic can tell what a thing in the database should be; the index of grams is each database's own."""
    return not (kind == "table" and name is not None and name.startswith(grams.TABLE))


def scripts() -> Path:
    """The folder of the migrations: inside the package where it is installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def refuse_newer(there: str | None) -> None:
    """Nothing for a version that this program knows, or none; else StoreError."""
    if there is not None and there not in REVISIONS:
        raise StoreError(
            f"The store is newer than this program: it has version {there}, the program knows up to {HEAD}. "
            "Upgrade the program, or put back a backup."
        )
