"""The claim is worked out from rows alone: what it covers, since when, and what stands against it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs

from aggregator.gaps import Gap
from aggregator.ledger import Claim, Held, Ledger, Polled, Tally, ledger, unheld
from aggregator.model import Board, Numbering

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NEWS = Board(
    id=1,
    slug="news",
    name="뉴스",
    url="http://a.example/",
    timezone="Asia/Seoul",
    every=timedelta(minutes=10),
    numbering="rank",
    next_poll_at=NOW,
)


def rows(high: int, n: int, *, top: int | None = None, seen: datetime = NOW) -> list[Held]:
    """``n`` rows with ranks from ``high`` down, each at the place of its number, or from ``top`` down."""
    start = high if top is None else top
    return [Held(place=start - at, number=high - at, first_seen=seen, moment=NOW - DAY) for at in range(n)]


def audited(held: list[Held], *gaps: Gap, board: Board = NEWS, polled: Polled | None = None) -> Ledger:
    """The ledger of so many rows, of which the newest page showed twenty."""
    return ledger(board, Tally(standing=len(held)), held, gaps, polled or Polled(at=NOW, rows=20))


def gap(newer: int, older: int | None = None, **given: object) -> Gap:
    """A gap below the row at a place."""
    return structs.replace(Gap(newer=newer, older=older, opened_at=NOW), **given)


def test_ranks_that_count_down_are_claimed_to_the_last() -> None:
    """The sentence names the lowest and the highest rank, and the day from which it holds."""
    assert audited(rows(11_219, 20)).sentence == "complete from 11,200 to 11,219 since 2026-11-20"


@pytest.mark.parametrize("hole", [1, 7, 19, 30])
def test_a_row_that_is_lost_ends_the_claim_above_it(hole: int) -> None:
    """A row that vanished from the store is no part of the range, whatever gaps and flags say."""
    held = rows(100, 40)
    claim = audited(held[:hole] + held[hole + 1 :]).claim
    assert claim is not None
    assert (claim.low, claim.high) == (101 - hole, 100)


@pytest.mark.parametrize(("days", "claimed"), [(1, False), (2, True)])
def test_what_left_the_notices_is_claimed_nowhere_until_it_is_met(days: int, claimed: bool) -> None:  # noqa: FBT001
    """Dated within the stretch it may stand there; one that is older stands below."""
    tally = Tally(standing=20, unplaced=1, unplaced_at=NOW - days * DAY)
    said = ledger(structs.replace(NEWS, numbering="stable"), tally, rows(50, 20), [], Polled(at=NOW, rows=20))
    assert (said.claim is not None) == claimed


def test_a_row_too_many_ends_the_claim_above_it() -> None:
    """A headline that is gone without a tombstone is not counted among those that stand."""
    dead = [*rows(100, 10), Held(place=90, number=91, first_seen=NOW, moment=NOW), *rows(90, 10, top=89)]
    claim = audited(dead).claim
    assert claim is not None
    assert (claim.low, claim.count) == (91, 10)


def test_ranks_of_an_earlier_day_prove_nothing_but_a_later_one_below_them_does() -> None:
    """Rows that were not met since an older post was deleted are claimed once the row under them was."""
    stale = rows(100, 20) + rows(82, 9, top=80)
    alone, proven = audited(stale).claim, audited([*stale, *rows(71, 2)]).claim
    assert alone is not None
    assert proven is not None
    assert (alone.low, proven.low) == (81, 70)
    assert audited(stale).renumbered.ranks_fallen == 2


@pytest.mark.parametrize("reason", [None, "page 9: no answer"])
def test_the_claim_ends_above_the_first_gap_that_was_not_read(reason: str | None) -> None:
    """Open or out of reach, a gap ends the claim; what it left out is counted by the ranks around it."""
    found = audited(rows(100, 20) + rows(50, 20), gap(81, 50, closed_at=reason and NOW, reason=reason))
    assert found.claim is not None
    assert (found.claim.low, found.claim.high) == (81, 100)
    assert [(each.high, each.low, each.count) for each in found.ranges] == [(100, 81, 20), (50, 31, 20)]
    assert [(each.above, each.below, each.rows) for each in found.gaps] == [(81, 50, 30)]
    assert (found.open, found.unreachable, found.unread) == ((1, 0, 30) if reason is None else (0, 1, 0))


def test_a_claim_holds_since_the_last_row_that_came_late() -> None:
    """What was stored later than a row above it was missing until then; new posts on top were not."""
    held = rows(100, 5, seen=NOW + 3 * DAY) + rows(95, 5, seen=NOW + 2 * DAY) + rows(90, 5)
    late = rows(100, 5, seen=NOW + DAY) + rows(95, 5, seen=NOW + 2 * DAY) + rows(90, 5)
    assert audited(held).sentence == "complete from 86 to 100 since 2026-11-20"
    assert audited(late).sentence == "complete from 86 to 100 since 2026-11-22"


def test_a_claim_holds_since_its_last_gap_was_closed() -> None:
    """A gap whose posts were all deleted before it was read left no row to tell of it."""
    assert audited(rows(100, 20), gap(90, 89, closed_at=NOW + DAY)).sentence.endswith("since 2026-11-21")
    assert audited(rows(100, 20), gap(50, 40, closed_at=NOW + DAY)).sentence.endswith("since 2026-11-20")


def test_a_gone_row_that_came_late_counts_too() -> None:
    """A tombstone takes no rank, and still tells when its place was first seen."""
    gone = Held(place=99, number=99, first_seen=NOW + DAY, moment=NOW, stands=False)
    held = [*rows(99, 1, top=100), gone, *rows(98, 3)]
    assert audited(held).sentence == "complete from 96 to 99 since 2026-11-21"


@pytest.mark.parametrize(
    ("board", "polled", "said"),
    [
        ({}, Polled(), "not complete: it was never polled"),
        ({"unsettled": True}, None, "not complete: ranks are still to be compared with what is stored"),
        (
            {"quarantined_since": NOW, "quarantine": "another board"},
            None,
            "not complete: nothing is taken from its page: another board",
        ),
        (
            {},
            Polled(at=NOW, rows=20, failure="read listing: no listing"),
            "not complete: the last poll failed: read listing: no listing",
        ),
    ],
)
def test_what_stands_against_a_claim_is_said(board: dict[str, object], polled: Polled | None, said: str) -> None:
    """No claim is made of a board that may have changed since it was read."""
    found = audited(rows(100, 20), board=structs.replace(NEWS, **board), polled=polled)
    assert (found.claim, found.sentence) == (None, said)


def test_what_was_left_out_once_stands_against_a_claim_with_what_is_open() -> None:
    """A headline that may be gone, two gaps and what is left to read are named in one sentence."""
    held = [row._replace(missed=row.number == 95) for row in rows(100, 20)]
    found = audited(held + rows(60, 10), gap(81, 60), gap(51))
    assert found.sentence == ("not complete: 1 headline left out by a page once, 2 gaps open, 70 headlines to read")


def test_keys_that_were_replaced_and_not_met_since_end_the_claim() -> None:
    """Nobody knows whether they stand for the same posts."""
    held = [row._replace(listed=row.place > 90) for row in rows(100, 20)]
    claim = audited(held).claim
    assert claim is not None
    assert (claim.low, claim.high) == (91, 100)
    assert audited([row._replace(listed=False) for row in held]).against == (
        "nothing is stored that its list shows now",
    )


@pytest.mark.parametrize(
    ("numbering", "numbers", "said"),
    [
        ("stable", [90, 70, 15], "complete from 15 to 90 since 2026-11-20"),
        ("stable", [90, None, 15, None], "complete from 15 to 90 since 2026-11-20"),
        ("stable", [70, 90, 15], "complete for the newest 3 headlines, back to 2026-11-19, since 2026-11-20"),
        ("none", [None], "complete for the newest headline, back to 2026-11-19, since 2026-11-20"),
    ],
)
def test_other_boards_are_claimed_in_their_own_terms(
    numbering: Numbering, numbers: list[int | None], said: str
) -> None:
    """Ids that fall are named; in another order, or without any, it is a count and the oldest row's day."""
    held = [Held(-at, number, NOW, NOW - DAY) for at, number in enumerate(numbers)]
    assert audited(held, board=structs.replace(NEWS, numbering=numbering)).sentence == said


def test_a_ledger_goes_through_json() -> None:
    """What the page and the command print can be read back as it was."""
    found = audited(rows(100, 20) + rows(50, 20), gap(81, 50))
    assert json.decode(json.encode(found), type=Ledger) == found


# Not both in one list: a row too many in a hole's place cannot be told from the row that was there.
LISTS = st.sampled_from(["lost", "dead"]).flatmap(
    lambda fate: st.lists(st.sampled_from(["kept", "kept", "kept", fate]), min_size=1, max_size=60)
)


@given(LISTS, st.integers(1, 30))
def test_no_range_of_ranks_is_claimed_that_is_not_stored(fates: list[str], page: int) -> None:
    """Rows lost from the store and rows that are gone from the board, anywhere: the range holds what was kept alone."""
    live = sum(fate != "dead" for fate in fates)
    held, listed, rank = [], [], live
    for at, fate in enumerate(fates):
        # A gone post keeps the rank that it had.
        if fate != "lost":
            held.append(Held(-at, rank + (fate == "dead"), NOW, NOW))
        if fate != "dead":
            listed.append((str(at), rank))
            rank -= 1
    claim = audited(held, polled=Polled(at=NOW, rows=page)).claim
    if fates[0] == "kept":
        assert claim is not None
        assert unheld(claim, listed, {str(-row.place) for row in held if row.place >= claim.lowest}) == []


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_without_numbers_what_is_not_held_above_the_lowest_is_told(kept: list[bool]) -> None:
    """The check of a claim finds exactly the rows above the lowest held one that are not held."""
    listed = [(str(at), None) for at in range(len(kept))]
    held = {key for (key, _), there in zip(listed, kept, strict=True) if there}
    claim = Claim(count=len(held), back_to=NOW, since=NOW, lowest=0)
    lowest = max((int(key) for key in held), default=-1)
    assert unheld(claim, listed, held) == [str(at) for at in range(lowest + 1) if str(at) not in held]
