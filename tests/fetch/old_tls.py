"""A server that speaks no TLS after 1.1, and says so as servers do: asyncio's own hangs up without a word."""

import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PEM = Path(__file__).with_name("self-signed.pem")
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nrows"


def old(side: int) -> ssl.SSLContext:
    """TLS up to 1.1, for a server or for a client that takes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = ssl.SSLContext(side)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@contextmanager
def speaking() -> Iterator[int]:
    """The port of the server, until left."""
    context = old(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_served, args=(listening, context))
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def version(port: int) -> str | None:
    """The version that is spoken with a client that takes an old one."""
    context = old(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as spoken:
        return spoken.version()


def _served(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # It listens no more.
            return
        try:
            with context.wrap_socket(connection, server_side=True) as spoken:
                spoken.recv(65_536)
                spoken.sendall(_ANSWER)
        except OSError:  # The client will not speak so.
            connection.close()
