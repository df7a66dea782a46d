"""Lives of board and poller that once went wrong, as the state machine found and shortened them."""

from collections.abc import Collection
from typing import Any

from tests.test_state_machine import BoardAndPoller, Ids, NoNumbers, Ranks


def poll(
    life: BoardAndPoller,
    *,
    cut: Collection[int] = (),
    failing: Collection[int] = (),
    meanwhile: dict[int, tuple[str, int]] | None = None,
) -> None:
    """Poll while the named requests are cut off or fail, and the board changes at others."""
    life.poll(cut=set(cut), failing=set(failing), meanwhile=meanwhile or {})


def begun(life: BoardAndPoller, **board: Any) -> None:  # noqa: ANN401 - what the rule takes
    """Let the board begin, its whole history wanted."""
    life.begin(**board, skin="gnu", tags=False, backfill="all")


def test_what_is_stored_below_an_open_gap_is_not_taken_for_gone_by_a_walk_through_history() -> None:
    """A burst that the budget does not reach through, with history open below what was stored before it."""
    life = Ranks()
    begun(life, n=60, size=7, budget=10)
    poll(life, failing={6}, meanwhile={6: ("post", 122), 8: ("post", 354)})
    for burst in (45, 58, 20):
        life.post(n=burst)
    poll(life, cut={8}, failing={8}, meanwhile={7: ("post", 6569), 3: ("delete", 719)})
    poll(life, cut={2}, failing={2})
    for burst in (37, 55):
        life.post(n=burst)
    poll(life, meanwhile={7: ("pin", 338), 4: ("unpin", 546)})
    poll(life, meanwhile={2: ("pin", 2199), 3: ("edit", 153)})
    life.post(n=13)
    poll(life, meanwhile={2: ("pin", 2749), 7: ("pin", 46)})
    life.teardown()


def test_pages_that_moved_apart_while_ranks_were_compared_prove_nothing() -> None:
    """A new post pushes down what stood between two pages, one read before and one after it: it is looked for again."""
    life = Ranks()
    begun(life, n=88, size=4, budget=4)
    poll(life)
    life.settle()
    for change in (("delete", 0), ("delete", 0), ("unpin", 0)):
        life.change(change=change)
        life.settle()
        life.resize(size=5)
    life.change(change=("delete", 168))
    poll(life, meanwhile={2: ("edit", 0), 7: ("post", 821)})
    life.teardown()


def test_a_headline_that_came_back_is_counted_before_ranks_agree() -> None:
    """A post pinned in the midst of a walk lowers all ranks above it, and one row is taken for gone between two pages.

    With that one left out the ranks agree though another is gone.
    """
    life = Ranks()
    begun(life, n=71, size=4, budget=4)
    life.resize(size=21)
    poll(life)
    life.change(change=("delete", 431))
    life.resize(size=6)
    poll(life, failing={3}, meanwhile={4: ("pin", 94)})
    life.teardown()


def test_a_small_budget_is_not_spent_on_asking_twice_where_the_list_ends() -> None:
    """Four requests reach the end of history, though the gap is looked for below it first."""
    life = Ids()
    life.begin(skin="xe", n=39, size=4, backfill="all", budget=4, tags=False)
    poll(life)
    life.resize(size=12)
    life.change(change=("pin", 0))
    poll(life, failing={4}, meanwhile={2: ("delete", 0)})
    life.change(change=("delete", 5545))
    life.teardown()


def test_a_row_that_slips_up_before_a_last_page_of_notices_is_read() -> None:
    """A post is pinned while the last pages are read: what stood on the very last one is on the page above by then."""
    life = NoNumbers()
    life.begin(skin="xe", n=76, size=12, backfill="all", budget=10, tags=False)
    poll(life, cut={2})
    poll(life, meanwhile={5: ("delete", 0)})
    poll(life, failing={3}, meanwhile={2: ("delete", 0)})
    poll(life, failing={1})
    poll(life, cut={6})
    poll(life, meanwhile={2: ("delete", 12), 8: ("pin", 252)})
    life.teardown()


def test_a_gap_is_looked_for_below_notices_that_fill_the_first_page() -> None:
    """As many posts are pinned, one after the other, as a page has rows."""
    life = Ids()
    begun(life, n=18, size=5, budget=7)
    poll(life, failing={4})
    life.post(n=53)
    poll(life)
    life.post(n=44)
    poll(life, cut={7}, meanwhile={5: ("pin", 1142)})
    poll(life, failing={4}, meanwhile={6: ("pin", 407), 7: ("edit", 412)})
    poll(life, cut={3}, meanwhile={4: ("pin", 6464), 7: ("delete", 1024)})
    poll(life, cut={5}, failing={5}, meanwhile={5: ("pin", 270), 6: ("pin", 913)})
    life.teardown()
