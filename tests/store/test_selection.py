"""Statements that select headlines, and which of them are kept."""

from aggregator.filters import parse
from aggregator.store import Selection
from aggregator.store.selecting import EVERY
from aggregator.store.selection import group_members, paging


def test_a_statement_is_kept_from_the_second_time_on() -> None:
    """What is asked for once alone leaves nothing behind that would have to be collected."""
    wanted = Selection(filter=parse("asked-for-again"))
    pages = [paging(wanted, EVERY, None, (), 50) for _ in range(3)]
    members = [group_members(wanted, leads=False) for _ in range(3)]
    for first, second, third in (pages, members):
        assert first is not second
        assert second is third
