"""Where a document says that it can be subscribed to."""

from collections.abc import Iterable


def links(own: str, hubs: Iterable[str]) -> str:
    """The ``Link`` header of a document at ``own``: exactly one self and every hub (WebSub §4, RFC 8288).

    >>> links("https://a.example/feed.atom", ["https://a.example/hub"])
    '<https://a.example/feed.atom>; rel="self", <https://a.example/hub>; rel="hub"'
    """
    return ", ".join([f'<{own}>; rel="self"', *(f'<{hub}>; rel="hub"' for hub in hubs)])
