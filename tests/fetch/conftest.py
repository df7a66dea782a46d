"""What the tests of this stage stand on."""

from collections.abc import AsyncIterator

import pytest

from tests.fetch.origin import Origin


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    """A site without pages."""
    async with Origin() as site:
        yield site
