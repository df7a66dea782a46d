"""Polls: the record of each attempt, and what it means for the board's next one."""

from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection, exists, insert, select, update

from aggregator.model import Numbering, Poll, Validators
from aggregator.store.tables import boards, polls


def record(
    conn: Connection,
    board_id: int,
    poll: Poll,
    *,
    next_poll_at: datetime,
    validators: Validators | None,
    numbering: Numbering | None,
    failures: int,
    moved_to: str | None = None,
) -> None:
    """Keep the record, say when the board is due next, and end the claim on it.

    None for ``validators`` and ``numbering`` leaves what is stored. ``moved_to`` becomes the board's URL unless another
    board reads that already.
    """
    row = {name: value for name, value in structs.asdict(poll).items() if name != "board"}
    conn.execute(insert(polls).values(board_id=board_id, **{**row, "faults": list(poll.faults)}))
    stated: dict[str, object] = {"next_poll_at": next_poll_at, "failures": failures, "claimed_until": None}
    if validators is not None:
        stated |= dict(zip(("etag", "last_modified", "validators_url"), structs.astuple(validators), strict=True))
    if numbering is not None:
        stated["numbering"] = numbering
    if moved_to is not None and not conn.scalar(select(exists().where(boards.c.url == moved_to))):
        stated["url"] = moved_to
    conn.execute(update(boards).where(boards.c.id == board_id).values(**stated))


def recent(conn: Connection, slug: str, n: int) -> list[Poll]:
    """The board's last ``n`` polls, newest first."""
    last = (
        select(boards.c.slug.label("board"), *(column for column in polls.c if column.name not in ("id", "board_id")))
        .join_from(polls, boards, polls.c.board_id == boards.c.id)
        .where(boards.c.slug == slug)
        .order_by(polls.c.id.desc())
        .limit(n)
    )
    return [Poll(**{**row, "faults": tuple(row["faults"])}) for row in conn.execute(last).mappings()]
