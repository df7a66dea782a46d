"""What a watchdog is told."""

import aiohttp
from msgspec import json
from sqlalchemy import text

from aggregator import web
from aggregator.store import Store
from tests.program import site_on_loopback
from tests.web.conftest import NOW, PUBLIC_URL


async def test_not_ready_is_503_with_the_reason_and_healthz_stays(store: Store) -> None:
    """The reason is a problem document that nobody caches; a process that answers is alive."""

    async def stalled() -> str:
        return "The schedule has not looked for due boards since 03:00:00 UTC."

    application = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW, trouble=stalled)
    async with site_on_loopback(application) as root, aiohttp.ClientSession() as session:
        async with session.get(f"{root}/readyz") as answer:
            said = json.decode(await answer.read())
            assert (answer.status, answer.content_type) == (503, "application/problem+json")
            assert answer.headers["Cache-Control"] == "no-store"
        assert said["detail"] == await stalled()
        async with session.get(f"{root}/healthz") as answer:
            assert answer.status == 200


async def test_a_store_of_another_release_is_not_ready(store: Store) -> None:
    """Such a one may be put back under a server: it is said what is to be done."""
    application = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW)
    async with site_on_loopback(application) as root, aiohttp.ClientSession() as session:
        assert await _status(session, f"{root}/readyz") == (200, "ready\n")
        await store.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '0001'")))
        status, said = await _status(session, f"{root}/readyz")
        assert (status, "run `aggregator db upgrade`" in said) == (503, True)


async def _status(session: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with session.get(url) as answer:
        return answer.status, await answer.text()
