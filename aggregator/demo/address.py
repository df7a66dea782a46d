"""How the two families of boards write their URLs."""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct

from aggregator.demo.board import SkinName


class Address(Struct, frozen=True, kw_only=True):
    """The path of a board program and the names of its query parameters for board and document id."""

    path: str
    board: str
    document: str

    def listing(self, slug: str, page: int = 1) -> str:
        """Root-relative URL of a list page; the first page is written without its number.

        >>> ADDRESSES["xe"].listing("news", 2)
        '/index.php?mid=news&page=2'
        """
        return self._url({self.board: slug}, page)

    def article(self, slug: str, post_id: int, page: int = 1) -> str:
        """Root-relative URL of an article as the list on ``page`` links it.

        >>> ADDRESSES["gnu"].article("forum", 7)
        '/bbs/board.php?bo_table=forum&wr_id=7'
        """
        return self._url({self.board: slug, self.document: str(post_id)}, page)

    def _url(self, query: dict[str, str], page: int) -> str:
        paged = query if page == 1 else {**query, "page": str(page)}
        return f"{self.path}?{urlencode(paged)}"


ADDRESSES: Mapping[SkinName, Address] = {
    "xe": Address(path="/index.php", board="mid", document="document_srl"),
    "gnu": Address(path="/bbs/board.php", board="bo_table", document="wr_id"),
}
