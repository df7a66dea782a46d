"""Many readers, and more requests than can be answered: what is right is judged, how long it takes is not."""

import pytest

from benchmarks import overload, readers


@pytest.mark.nightly
def test_every_reader_ends_with_the_headlines_of_its_filter() -> None:
    """Readers of topics who poll while boards get news miss nothing and are told nothing else."""
    few = readers.Sizes(readers=40, topics=40, boards=8, posts=4, every_seconds=2.0, polled="1s", seconds=12.0)
    found = readers.measured(few)
    assert (found.errors, found.astray) == (0, 0)
    assert found.headlines > 0


@pytest.mark.nightly
def test_what_is_too_much_is_refused_with_a_time_to_come_back() -> None:
    """Every answer is the feed or a refusal with Retry-After, and afterwards the server answers again."""
    found = overload.measured(2.0)
    assert found.told.wrong == []
    assert found.told.answered
