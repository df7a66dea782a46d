"""A document put together of fragments is the one that the library writes as a whole, whatever was kept before."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregator import render
from aggregator.model import Feed
from aggregator.render import Fragments, atom, jsonfeed, rss
from aggregator.render.rendition import Rendition
from tests.render.samples import HEADLINES, entry, feed, titled
from tests.render.test_parsers import FEEDS, renditions

WHOLE: dict[render.Format, Callable[[Feed, Iterable[Rendition]], bytes]] = {
    "rss": rss.written,
    "atom": atom.written,
    "json": jsonfeed.written,
}


@given(st.lists(FEEDS, min_size=1, max_size=4), st.integers(0, 20_000))
def test_parts_are_the_whole(feeds: list[Feed], limit_bytes: int) -> None:
    """Every document is byte for byte what feedgen writes of all its entries at once, with much kept or little."""
    fragments = Fragments(limit_bytes)
    for told in feeds:
        for form, whole in WHOLE.items():
            assert render.document(told, form, fragments).body == whole(told, renditions(told))


@given(FEEDS, st.integers(0, 4), st.integers(0, 4), st.sampled_from(render.FORMATS))
def test_a_document_continued_is_the_whole(told: Feed, new: int, gone: int, form: render.Format) -> None:
    """New entries before those that a document begins with give what all of them rendered anew do, and its ETag."""
    fragments, entries = Fragments(), tuple({one.guid: one for one in told.entries}.values())
    before = render.document(structs.replace(told, title="Before", entries=entries[new:]), form, fragments)
    now = structs.replace(told, entries=entries[: max(new, len(entries) - gone)])
    came = min(new, len(now.entries))
    assert render.continued(before, now, came, form, fragments) == render.document(now, form)


@pytest.mark.parametrize("form", render.FORMATS)
def test_an_entry_is_rendered_once_a_revision(form: render.Format) -> None:
    """The same entry in another feed, or in the same feed later, is the very same bytes; an edited one is not."""
    fragments, told = Fragments(), titled(HEADLINES)
    first = render.document(told, form, fragments).parts.entries
    narrowed = structs.replace(told, title="AI", entries=(entry(99), *told.entries[:9]))
    again = render.document(narrowed, form, fragments).parts.entries
    assert [id(one) for one in again[1:]] == [id(one) for one in first[:9]]
    edited = structs.replace(told, entries=(structs.replace(told.entries[0], title="고침"), *told.entries[1:]))
    assert len(set(render.document(edited, form, fragments).parts.entries) - set(first)) == 1


@pytest.mark.parametrize("form", render.FORMATS)
def test_no_title_is_taken_for_a_seam(form: render.Format) -> None:
    """What looks like the end of an entry and the begin of the next stays a title."""
    seams = ["</item><item>", "</entry><entry>", '"},{"id":"', "]]></item>", "</channel></rss>"]
    assert len(render.document(titled(seams), form).parts.entries) == len(seams)


def test_a_feed_without_entries_is_its_frame() -> None:
    """Nothing stands between head and tail."""
    for form, whole in WHOLE.items():
        assert render.document(feed(), form).body == whole(feed(), ())
