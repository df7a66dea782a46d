"""Found × known: the decision, apart from the doing."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregator.changes import Changes, Form, Known
from aggregator.model import Headline
from aggregator.reconcile import FLIPS, counts, reconcile, steadied

HEADLINES = st.builds(
    Headline,
    key=st.sampled_from("abcdefgh"),
    title=st.sampled_from(["하나", "둘"]),
    number=st.none() | st.integers(1, 9),
    pinned=st.booleans(),
)
PAGES = st.lists(HEADLINES, max_size=12)
FORMS = [Form("짧은 제목…", None), Form("짧은 제목 전부 다", None), Form("다른 제목", "http://a.kr/2")]


def remembered(found: Sequence[Headline], before: Mapping[str, Known]) -> dict[str, Known]:
    """What a store knows after it applied what was decided about ``found``."""
    changes, after = reconcile(found, before), dict(before)
    for headline in (*changes.new, *changes.changed, *changes.restated):
        old = after.get(headline.key)
        number = headline.number if headline.number is not None else old.number if old else None
        url = headline.url or (old.url if old else None)
        after[headline.key] = Known(
            key=headline.key, title=headline.title, url=url, number=number, pinned=headline.pinned
        )
    return after


def test_new_headlines_come_oldest_first_and_pinned_ones_before_all() -> None:
    """Arrival follows the list from its end; an old notice does not push news down."""
    found = [Headline(key="n", title="공지", pinned=True), *(Headline(key=key, title=key) for key in "321")]
    assert [headline.key for headline in reconcile(found, {}).new] == ["n", "1", "2", "3"]


def test_a_missing_link_or_number_is_no_statement() -> None:
    """A shortened page does not undo what a fuller one said."""
    known = {"1": Known(key="1", title="하나", url="http://a.kr/1", number=7, pinned=False)}
    assert reconcile([Headline(key="1", title="하나")], known).same == ("1",)


def test_a_new_number_is_restated_and_a_new_title_is_changed() -> None:
    """Renumbering is no edit; retitling is."""
    known = {key: Known(key=key, title="하나", url=None, number=7, pinned=False) for key in "12"}
    found = [Headline(key="1", title="하나", number=6), Headline(key="2", title="둘", number=7)]
    changes = reconcile(found, known)
    assert ([h.key for h in changes.restated], [h.key for h in changes.changed]) == (["1"], ["2"])


@given(PAGES)
def test_the_same_page_again_brings_nothing(found: list[Headline]) -> None:
    """A poll repeated after a crash stores nothing twice."""
    again = reconcile(found, remembered(found, {}))
    assert (again.new, again.changed, again.restated) == ((), (), ())


@given(PAGES, PAGES)
def test_overlapping_pages_are_their_union(one: list[Headline], other: list[Headline]) -> None:
    """Every key found is decided about exactly once, however often it stands there."""
    changes = reconcile([*one, *other], remembered(one, {}))
    decided = [*(h.key for h in (*changes.new, *changes.changed, *changes.restated)), *changes.same]
    assert sorted(decided) == sorted({headline.key for headline in (*one, *other)})


@given(PAGES)
def test_what_is_missing_from_a_page_is_left_alone(found: list[Headline]) -> None:
    """A page says nothing of headlines that it does not list."""
    gone = Known(key="z", title="옛", url=None, number=1, pinned=False)
    changes = reconcile([structs.replace(headline) for headline in found], {"z": gone})
    assert "z" not in {headline.key for headline in (*changes.new, *changes.changed, *changes.restated)}
    assert "z" not in changes.same


def served(shown: Sequence[Form]) -> list[Form]:
    """The forms that a headline takes on while a board shows one after the other, all within a week."""
    taken = [shown[0]]
    for form in shown[1:]:
        if form != taken[-1] and counts(form, taken[-1], taken[:-1]):
            taken.append(form)
    return taken


@given(st.lists(st.sampled_from(FORMS), min_size=1, max_size=60))
def test_a_flipping_title_is_edited_a_few_times_and_ends_long(shown: list[Form]) -> None:
    """However often a board goes back and forth, edits are few, and the longest form shown after them stays."""
    taken = served([*shown, *FORMS * 4])
    assert len(taken) <= len(FORMS) + FLIPS + len(FORMS)
    assert taken[-1] == max(FORMS, key=lambda form: len(form.title))
    assert served([*shown, *FORMS * 5]) == taken


@given(st.lists(st.text(), unique=True, min_size=1, max_size=20))
def test_a_title_that_never_was_there_is_always_an_edit(titles: list[str]) -> None:
    """Corrections count, however many."""
    assert [form.title for form in served([Form(title, None) for title in titles])] == titles


def test_what_a_flipping_row_says_beside_its_title_is_taken() -> None:
    """A number that moved is stored although the title is not."""
    known = {
        key: Known(arrival=int(key), key=key, title=FORMS[1].title, url=None, number=7, pinned=False) for key in "12"
    }
    rows = (Headline(key="1", title=FORMS[0].title, number=6), Headline(key="2", title=FORMS[0].title, number=7))
    had = [FORMS[0], FORMS[1]] * FLIPS
    after = steadied(Changes(changed=rows), known, {1: had, 2: had})
    assert (after.changed, [row.key for row in after.restated], after.same) == ((), ["1"], ("2",))
