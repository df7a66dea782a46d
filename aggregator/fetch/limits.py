"""The limits a fetch keeps to, as frozen values."""

from datetime import timedelta

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """How long, how much, how often and where a fetch may go.

    ``timeout`` holds for one request and its body, ``connect_timeout`` for name, socket and TLS, ``read_timeout`` for a
    silence between two reads; waiting for a host's turn counts for none of them. ``max_bytes`` caps a body both as it
    is sent and as it is decoded. ``allow_private`` are addresses or networks, any port ("127.0.0.1", "10.0.0.0/8") or
    one ("127.0.0.1:8001", "[::1]:8001"). ``user_agent`` is sent whole; its part before "/" is the product token that
    robots.txt is read for. robots.txt itself is asked for every ``robots_for``, and never twice within
    ``robots_least``. ``proxy`` is a URL (http, https, socks4, socks5), empty for none.
    """

    timeout: timedelta
    connect_timeout: timedelta
    read_timeout: timedelta
    max_bytes: int
    host_gap: timedelta
    concurrency: int
    user_agent: str
    allow_private: tuple[str, ...] = ()
    max_redirects: int = 5
    robots_for: timedelta = timedelta(hours=24)
    robots_least: timedelta = timedelta(minutes=5)
    proxy: str = ""
