"""What of a filter can be decided at once holds of all that the filter takes."""

from hypothesis import given

from aggregator.filters import Filter, parse, predicate, traits
from aggregator.filters.lasting import lasting, telling, told_apart
from aggregator.model import Entry
from tests.filtering import ENTRIES, FILTERS, VIEWER


@given(FILTERS, ENTRIES)
def test_what_a_filter_takes_lasts(selection: Filter, entry: Entry) -> None:
    """Whatever the time, the flags and the tags, and whether they stand behind a not."""
    seen = traits(entry)
    if predicate(selection, VIEWER)(seen):
        assert predicate(lasting(selection), None)(telling(seen.title, seen.source, seen.link, seen.board))


@given(FILTERS)
def test_what_lasts_is_left_as_it_is(selection: Filter) -> None:
    """Nothing that can be decided at once is taken away with the rest."""
    assert lasting(lasting(selection)) == lasting(selection)


def test_a_topic_is_told_apart_by_what_it_asks_for() -> None:
    """Not by what it leaves out, nor by what changes; a text that says no filter tells nothing."""
    kept = {text: told_apart(text) is not None for text in ("연금", "연금 is:new", "-연금", "is:new", "(", "-(-연금)")}
    assert kept == {"연금": True, "연금 is:new": True, "-연금": False, "is:new": False, "(": False, "-(-연금)": True}
    assert parse("연금") == lasting(parse("연금 date:P7D"))
