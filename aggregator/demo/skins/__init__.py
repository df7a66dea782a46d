"""A board's page as HTML: one pure module a skin, registered here."""

from collections.abc import Callable, Mapping

from aggregator.demo.board import SkinName
from aggregator.demo.skins import gnu, xe
from aggregator.demo.skins.view import View

_SKINS: Mapping[SkinName, Callable[[View], str]] = {"xe": xe.html, "gnu": gnu.html}


def html(view: View) -> str:
    """The whole page in the skin of the view's board: the list, and above it the article that is being read."""
    return _SKINS[view.board.skin](view)


__all__ = ["View", "html"]
