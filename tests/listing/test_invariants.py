"""What holds of every listing, whatever the page: above all that reading never fails."""

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import listing
from aggregator.model import Listing
from tests.listing.golden import NAMES, golden

TAGS = [
    "table",
    "tr",
    "td",
    "th",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "div",
    "p",
    "a",
    "b",
    "font",
    "h2",
    "span",
    "br",
    "img",
    "form",
    "select",
]
SOUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
        st.builds(
            '<a href="{}">'.format,
            st.sampled_from(["/read?no=1", "?no=2", "//x", "http://[", "javascript:f('3')", "#"]),
        ),
        st.sampled_from(
            ["제목", "12", "2024.04.20", "[3]", "»", "&amp;", "<!--", "\x00", "\ud7ff", "공지", "Harbor bridge reopens"]
        ),
    ),
    max_size=120,
).map("".join)


def sound(found: Listing) -> bool:
    """Whether *found* keeps every promise of a listing."""
    urls = [row.url for row in found.rows if row.url]
    return (
        bool(found.rows) == (found.confidence > 0)
        and found.confidence <= 1
        and all(url.startswith(("http://", "https://")) for url in urls)
        and len(set(found.rows)) == len(found.rows)
        and sum(row.current for row in found.rows) <= 1
    )


@settings(max_examples=150, deadline=None)
@given(SOUP, st.none() | st.just("http://board.example/list"))
def test_any_markup_is_read(soup: str, url: str | None) -> None:
    """Broken and senseless markup never raises and never breaks a promise."""
    assert sound(listing.read(soup, url))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_any_damage_to_a_page_is_survived(name: str, draws: st.DataObject) -> None:
    """Pages cut short, holed or doubled are read soundly."""
    text, wanted = golden(name)
    start = draws.draw(st.integers(0, len(text)))
    end = draws.draw(st.integers(start, len(text)))
    for damaged in (text[:start], text[:start] + text[end:], text[:end] + text[start:]):
        assert sound(listing.read(damaged, wanted.url))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(
        ["<div>", "<b>", "<table><tr><td>", "<a href=/x/1>x</a>", "<!-- x -->", "[", '"', "alert(", "&", "<?"]
    ),
    st.integers(1, 5_000),
    st.data(),
)
def test_any_run_of_one_thing_in_a_page_is_survived(name: str, thing: str, times: int, draws: st.DataObject) -> None:
    """Deep nesting and long runs neither exhaust the stack nor are tried in every way they can be split."""
    text, wanted = golden(name)
    at = draws.draw(st.integers(0, len(text)))
    assert sound(listing.read(text[:at] + thing * times + text[at:], wanted.url))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400), st.none() | st.text(max_size=30))
def test_any_text_is_read(text: str, url: str | None) -> None:
    """Plain text and senseless URLs never raise."""
    assert sound(listing.read(text, url))


def test_links_without_a_page_url_are_left_out_unless_absolute() -> None:
    """Where the page's own URL is not known, relative links cannot be served."""
    text, wanted = golden("japanese_table")
    assert {row.url for row in listing.read(text, None).rows} == {None}
    assert [row.title for row in listing.read(text, None).rows] == [row.title for row in wanted.rows]
