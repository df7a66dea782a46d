"""Recipes: learnt on a page they read it the same, by hand they say all a board needs, wrong ones are refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert, json, to_builtins

from aggregator import listing
from aggregator.listing.recipe import read_recipe
from aggregator.listing.selectors import cut
from aggregator.recipe import LinkRule, Recipe
from tests.listing.golden import NAMES, golden

URL = "http://board.example/list.php?b=news"
PAGE = """<p>Menu</p><table class="list"><tr><th>No<th>Title<th>By<th>Date</tr>
<tr><td>:::<td><a href="read.php?no=90">Rules</a><td>admin<td title="2026-11-01 09:00">11-01</tr>
<tr><td>12<td><a href="read.php?no=95&page=1#x">[News] Second <b>story</b></a> <i class=n>[3]</i>
  <td>Kim<td title="2026-11-20 10:00">11-20</tr>
<tr><td>11<td><a href="/read.php?no=93">[News] First story</a><td>Lee<td title="2026-11-19 08:00">11-19</tr>
</table><a class="next" href="?b=news&amp;page=2">more</a>"""
HAND = Recipe(
    rows="table.list tr:has(td)",
    columns=("number", "title", "source", "date"),
    date_exact="> :nth-child(4)@title",
    comments="i.n",
    keep={"title": r"^(?:\[News\] )?(.*)$"},
    next_page="a.next@href",
    link_rule=LinkRule(where="query", name="no"),
)


def test_a_recipe_by_hand_reads_every_field() -> None:
    """Columns, an attribute, a counter, an expression, the next page: each by one line."""
    found = read_recipe(HAND, PAGE, URL)
    second = found.listing.rows[1]
    assert found.misfit is None
    assert (second.number, second.title, second.source) == (12, "Second story", "Kim")
    assert (second.date_text, second.date_exact, second.comments) == ("11-20", "2026-11-20 10:00", 3)
    assert second.url == "http://board.example/read.php?no=95&page=1"
    assert [row.pinned for row in found.listing.rows] == [True, False, False]
    assert found.listing.next_page == "http://board.example/list.php?b=news&page=2"


def test_the_row_of_the_documents_own_page_is_current() -> None:
    """The document id in the page's URL marks its row."""
    rows = read_recipe(HAND, PAGE, "http://board.example/read.php?no=93").listing.rows
    assert [row.current for row in rows] == [False, False, True]


def test_a_link_template_makes_links_of_ids() -> None:
    """Where links are scripts, an id in an attribute or text is enough."""
    page = "".join(f"<li data-id='{n}'><b>Story {n} of the day</b></li>" for n in (7, 6, 5))
    recipe = Recipe(rows="li", title="b", link="@data-id", link_template="https://board.example/story/{id}")
    assert [row.url for row in read_recipe(recipe, page, URL).listing.rows] == [
        f"https://board.example/story/{n}" for n in (7, 6, 5)
    ]


def test_a_pager_with_a_page_in_it_counts_on() -> None:
    """The page after the first is 2, after the fourth 5."""
    recipe = Recipe(rows="tr:has(td)", columns=("number", "title"), next_page=URL + "&page={page}")
    assert read_recipe(recipe, PAGE, URL).listing.next_page == URL + "&page=2"
    assert read_recipe(recipe, PAGE, URL + "&page=4").listing.next_page == URL + "&page=5"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"rows": "tr"}, "title: "),
        ({"title": "a"}, "rows: "),
        ({"rows": "tr[", "title": "a"}, "rows: found 'tr['"),
        ({"rows": "tr", "title": "a", "titel": "b"}, "titel: is not known; the nearest is title"),
        ({"rows": "tr", "title": 3}, "title"),
        ({"rows": "tr", "columns": ["title", "hits"]}, "columns: found 'hits'"),
        ({"rows": "tr", "title": "a", "keep": {"title": "("}}, "keep.title: found '('"),
        ({"rows": "tr", "title": "a", "keep": {"name": "x"}}, "keep.name"),
        ({"rows": "tr", "title": "a", "link_template": "/read/{id}"}, "link_template: "),
        ({"rows": "tr", "title": "a", "next_page": "/list/{page}"}, "next_page: "),
        ({"rows": "tr", "title": "a", "charset": "utf-9"}, "charset: found 'utf-9'"),
        ({"rows": "tr", "title": "a", "headers": {"User-Agent": "x"}}, "headers.User-Agent"),
        ({"rows": "tr", "title": "a", "headers": {"Cookie": "a\nb"}}, "headers.Cookie"),
        ({"rows": "tr", "title": "a", "link_rule": {"where": "path", "name": "x"}}, "link_rule.name"),
        ("tr", "allowed: a table of keys"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_part_that_is_wrong(wrong: object, sentence: str) -> None:
    """The sentence names the key, what was found and what is allowed."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        listing.checked(wrong)


def test_a_recipe_survives_its_own_export() -> None:
    """What is stored and shown is what was written."""
    assert listing.checked(to_builtins(HAND)) == HAND
    assert json.decode(json.encode(HAND), type=Recipe) == HAND
    assert convert(to_builtins(HAND), Recipe) == HAND


@pytest.mark.parametrize("name", NAMES)
def test_a_learnt_recipe_reads_the_page_as_detection_does(name: str) -> None:
    """Where selectors were learnt, they say the same rows; where not, the layout is remembered."""
    text, wanted = golden(name)
    found = listing.detect(text, wanted.url)
    if found.recipe is None:
        assert found.listing.rows == ()
    elif found.recipe.rows:
        fit = listing.follow(found.recipe, text, wanted.url)
        assert (fit.listing.rows, fit.misfit) == (found.listing.rows, None)
        assert listing.checked(to_builtins(found.recipe)) == found.recipe
    else:
        assert found.recipe.layout


def test_most_golden_pages_are_read_by_selectors_next_time() -> None:
    """Detection at every poll is the exception."""
    recipes = [listing.detect(text, wanted.url).recipe for text, wanted in map(golden, NAMES)]
    learnt = [recipe for recipe in recipes if recipe is not None and recipe.layout not in {"text", "feed", "json"}]
    assert sum(bool(recipe.rows) for recipe in learnt) >= 0.6 * len(learnt)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("<td", "<th"), "nothing is selected"),
        (("no=", "id="), "links name no document"),
        (("11-", "a"), "rows have no date"),
        (("<td>1", "<td>x"), "rows have no number"),
        (("story", "\ufffd\ufffd"), "characters cannot be read"),
    ],
)
def test_a_recipe_that_no_longer_fits_says_why(change: tuple[str, str], reason: str) -> None:
    """Each way in which a page may have left its recipe has a sentence."""
    fit = read_recipe(HAND, PAGE.replace(*change), URL)
    assert reason in (fit.misfit or "")


def test_a_badge_that_was_not_there_before_leaves_a_doubt() -> None:
    """A counter inside a title is for detection to tell apart."""
    page = "".join(
        f"<tr><td><a href='/r?no={n}'>Story number {n} today</a><td>2026.11.{n}</tr>" for n in range(20, 10, -1)
    )
    text = f"<table id='list'>{page}</table>"
    found = listing.detect(text, URL)
    assert found.recipe is not None
    assert listing.follow(found.recipe, text, URL).doubt is None
    counted = text.replace("today</a>", "today<span>[3]</span></a>", 1)
    assert listing.follow(found.recipe, counted, URL).doubt is not None


@given(st.text(alphabet="<>/table dv=x", max_size=60))
def test_a_cut_is_one_whole_element_or_nothing(text: str) -> None:
    """What is cut out begins with its tag, ends with its end tag, and stands in the text once."""
    part = cut(text, "<table>")
    assert part is None or (part.startswith("<table>") and part.lower().rstrip(">").endswith("</table"))


@given(st.text(max_size=200), st.sampled_from([HAND, Recipe(rows="li", title="a"), Recipe(rows="*", title="*")]))
def test_any_text_can_be_read_by_any_recipe(text: str, recipe: Recipe) -> None:
    """Nothing escapes; links are absolute or missing."""
    for row in listing.follow(recipe, text, URL).listing.rows:
        assert row.url is None or row.url.startswith(("http://", "https://"))


def test_dotted_paths_read_an_endpoint() -> None:
    """Where the page is JSON, rows and fields are paths into it; a figure counts into an array."""
    page = """{"page": {"list": [
        {"no": 7, "post": {"subject": "Story seven", "by": ["Kim"]}, "at": "2026-11-20", "href": "/s?id=7"},
        {"no": 6, "post": {"subject": "Story six", "by": ["Lee"]}, "at": "2026-11-19", "href": "/s?id=6"}]}}"""
    recipe = Recipe(rows="page.list", title="post.subject", source="post.by.0", date="at", number="no", link="href")
    found = listing.follow(listing.checked(to_builtins(recipe)), page, URL)
    assert found.misfit is None
    assert [(row.number, row.title, row.source, row.date_text) for row in found.listing.rows] == [
        (7, "Story seven", "Kim", "2026-11-20"),
        (6, "Story six", "Lee", "2026-11-19"),
    ]
    assert found.listing.rows[0].url == "http://board.example/s?id=7"
    assert listing.follow(recipe, '{"page": {}}', URL).misfit == "nothing with a title is at 'page.list'"
