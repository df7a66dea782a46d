"""Boards to try the program on: a simulated site with a life of its own, and the one that the tests poll.

::

    Life, words ──► SimulatedBoard ──► BoardPage ──► skins.html ──► bytes
    slots of time   posts, pins        lines         a skin         site (log, faults)
"""

from aiohttp import web

from aggregator.demo.address import ADDRESSES
from aggregator.demo.board import SimulatedBoard
from aggregator.demo.life import FORUM, NEWS, Life, LivingBoards
from aggregator.demo.site import Clock, site

_DEMO: dict[str, tuple[SimulatedBoard, Life]] = {
    "demo-news": (SimulatedBoard("데모 뉴스"), NEWS),
    "demo-forum": (SimulatedBoard("Demo Forum", skin="gnu", language="en", numbering="stable"), FORUM),
}


def demo_site(clock: Clock) -> tuple[web.Application, tuple[tuple[str, str, str], ...]]:
    """The demo's application and, for each of its boards, slug, name and root-relative URL of the list."""
    boards = tuple((slug, board.name, ADDRESSES[board.skin].listing(slug)) for slug, (board, _) in _DEMO.items())
    return site(LivingBoards(_DEMO, clock), clock), boards


__all__ = ["SimulatedBoard", "demo_site", "site"]
