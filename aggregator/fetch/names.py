"""Names to addresses, in threads of their own: a name server that does not answer holds up nobody else's lookups."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult


class SystemNames(AbstractResolver):
    """The system's resolver, asked for so many names at once.

    The event loop's own threads, which aiohttp would take, are a handful.
    """

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of ``host``; OSError where there are none."""
        lookup = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, lookup)
        except UnicodeError as error:  # an empty label, or one of more than 63 letters
            raise socket.gaierror(socket.EAI_NONAME, f"{host} is no name") from error
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=version,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for version, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Let go of the threads; a lookup that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
