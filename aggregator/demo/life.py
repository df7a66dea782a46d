"""A life for the demo's boards: everything that happens on them is a function of the slots of absolute time.

Slot *k* begins ``k * every`` after ``EPOCH`` and brings one post. Some posts are edited three slots later, every
13th is deleted ten slots later, every 50th is a notice for a while. A board is built from the time alone, so a
program that stops and starts again finds the very board it left, plus what would have happened meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from aggregator.demo.board import Post, SimulatedBoard
from aggregator.demo.words import ENGLISH, KOREAN, Vocabulary

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

EDITED_EVERY, EDITED_REST, EDITED_AFTER = 7, 3, 3
DELETED_EVERY, DELETED_AFTER = 13, 10
PINNED_EVERY, PINNED_FROM, PINNED_UNTIL = 50, 2, 72
SETTLED_AFTER = PINNED_UNTIL
SURVIVING = DELETED_EVERY - 1


class Life(Struct, frozen=True, kw_only=True):
    """The life of one board: a slot's length, its titles, and what it copies from elsewhere (a title, or None)."""

    every: timedelta
    words: Vocabulary
    copied: Callable[[int], str | None] = lambda _slot: None

    def slot(self, now: datetime) -> int:
        """The slot that ``now`` lies in; negative before ``EPOCH``."""
        return (now - EPOCH) // self.every

    def post(self, slot: int, age: int) -> Post | None:
        """What has become of a slot's post ``age`` slots later; None once it is deleted."""
        if slot % DELETED_EVERY == 0 and age >= DELETED_AFTER:
            return None
        return Post(
            id=slot + 1,
            title=self._title(slot, age),
            source=self.words.source(slot),
            at=EPOCH + slot * self.every,
            comments=slot * 31 % 17 if slot % 3 else 0,
            views=slot * 37 % 1900,
            pinned=slot % PINNED_EVERY == 0 and PINNED_FROM <= age < PINNED_UNTIL,
        )

    def _title(self, slot: int, age: int) -> str:
        copied = self.copied(slot)
        if copied is not None:
            return copied
        edited = slot % EDITED_EVERY == EDITED_REST and age >= EDITED_AFTER
        return self.words.edited(slot) if edited else self.words.title(slot)


class Settled(Struct, frozen=True):
    """The surviving posts of all slots before ``end``, worked out when asked for (an ``Archive``)."""

    life: Life
    end: int

    def __len__(self) -> int:
        return self.end - -(-self.end // DELETED_EVERY)

    def __getitem__(self, index: int, /) -> Post:
        slot = index // SURVIVING * DELETED_EVERY + 1 + index % SURVIVING
        post = self.life.post(slot, SETTLED_AFTER) if 0 <= index < len(self) else None
        if post is None:
            raise IndexError(index)
        return post


def lived(blank: SimulatedBoard, life: Life, now: datetime) -> SimulatedBoard:
    """A board like ``blank`` on which ``life`` has gone on from ``EPOCH`` until ``now``."""
    latest = life.slot(now)
    opening = max(0, latest + 1 - SETTLED_AFTER)
    board = blank.afresh(past=Settled(life, opening), first_id=opening + 1)
    for slot in range(opening, latest + 1):
        post = life.post(slot, latest - slot)
        if post is None:
            board.skip()
            continue
        post_id = board.post(post.title, post.source, post.at, comments=post.comments, views=post.views)
        if post.pinned:
            board.pin(post_id)
    return board


class LivingBoards(Mapping[str, SimulatedBoard]):
    """Boards by slug, each built anew for the moment it is looked up."""

    def __init__(self, lives: Mapping[str, tuple[SimulatedBoard, Life]], clock: Callable[[], datetime]) -> None:
        self._lives = lives
        self._clock = clock

    def __getitem__(self, slug: str) -> SimulatedBoard:
        blank, life = self._lives[slug]
        return lived(blank, life, self._clock())

    def __iter__(self) -> Iterator[str]:
        return iter(self._lives)

    def __len__(self) -> int:
        return len(self._lives)


NEWS = Life(every=timedelta(seconds=15), words=KOREAN)

_COPY_EVERY, _COPY_RESTS = 7, (1, 5)
_FORUM_SLOT = timedelta(seconds=45)
_COPY_AGE = 12


def _copied_news(slot: int) -> str | None:
    """A settled headline of the news board, on two forum slots out of seven and never the same one twice."""
    copied = NEWS.slot(EPOCH + slot * _FORUM_SLOT) - _COPY_AGE
    if slot % _COPY_EVERY not in _COPY_RESTS or copied < 1:
        return None
    post = NEWS.post(copied, _COPY_AGE) or NEWS.post(copied - 1, _COPY_AGE + 1)
    return post.title if post else None


FORUM = Life(every=_FORUM_SLOT, words=ENGLISH, copied=_copied_news)
