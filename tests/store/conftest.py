"""A store of each kind."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.store import Store
from tests.postgres import postgres_blank_url, postgres_server, postgres_url

__all__ = ["postgres_blank_url", "postgres_server", "postgres_url"]

NOW = datetime(2026, 11, 24, 3, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store of each kind, ready to be opened."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An open store of each kind, empty."""
    async with await Store.open(url, authority="feeds.example", now=NOW) as opened:
        yield opened
