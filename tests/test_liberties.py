"""A board whose certificate nobody verifies says so wherever an admin or a reader meets it."""

import ssl
from pathlib import Path

from msgspec import json

from aggregator.service import told
from aggregator.store import Store, boards, polls
from aggregator.web.replies import status
from tests.fetch.old_tls import PEM
from tests.fetch.origin import Origin, reply
from tests.program import command, environment, free_port
from tests.store.conftest import NOW

SENTENCE = "the certificate is not verified (insecure = true)"
ROWS = "".join(
    f"<tr><td>{n}</td><td><a href='/view?id={n}'>정부 발표 {n}호 소식</a></td><td>연합</td><td>2026-11-{n:02}</td></tr>"
    for n in range(19, 0, -1)
)
LIST = f"<table><tr><th>번호</th><th>제목</th><th>글쓴이</th><th>날짜</th></tr>{ROWS}</table>"


async def test_an_insecure_board_is_read_and_never_without_a_word(tmp_path: Path) -> None:
    """Refused until its admin allows it; then said by boards show, list, poll's record, the log and the API."""
    environ, context = environment(free_port()), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    async with Origin({"/": reply(LIST.encode(), content_type="text/html; charset=utf-8")}, tls=context) as origin:
        await command(tmp_path, environ, "boards", "add", origin.url(), "--slug", "news", "--no-preview")
        code, out, _ = await command(tmp_path, environ, "poll", "news")
        assert (code, "certificate" in " ".join(out.split())) == (1, True)
        await command(tmp_path, environ, "boards", "manners", "news", "--insecure")
        code, out, _ = await command(tmp_path, environ, "poll", "news")
    assert code == 0, out
    shown = json.decode((await command(tmp_path, environ, "boards", "show", "news", "--json"))[1])
    listed = json.decode((await command(tmp_path, environ, "boards", "list", "--json"))[1])
    assert (shown["liberties"], listed[0]["liberties"]) == (SENTENCE, SENTENCE)
    async with await Store.open(f"sqlite:///{tmp_path}/test.db", authority="a.example", now=NOW) as store:
        board = await store.read(boards.by_slug, "news")
        (record, *_) = await store.read(polls.recent, "news", 1)
    assert board is not None
    assert SENTENCE in record.faults
    assert SENTENCE in str(told(record, board.manners.liberties))
    assert status(board, NOW).liberties == (SENTENCE,)
