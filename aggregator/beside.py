"""Work that goes on beside other work, until that is done."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(*works: Coroutine[object, None, None]) -> AsyncIterator[None]:
    """Let the ``works`` go on until left; then they are cancelled and waited for."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
