"""Bearer tokens for admins: made of chance, shown once, kept as a hash."""

from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Literal

from msgspec import Struct

Scope = Literal["read", "admin"]
# 256 bits: nobody guesses one, so a plain hash of it is as good as a slow one.
BYTES = 32
PREFIX = "hat_"


class Token(Struct, frozen=True, kw_only=True):
    """What is known of a token: whose it is, what it may do, and when it was used last, to the hour."""

    name: str
    scope: Scope
    made_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def made() -> str:
    """A token that nobody has."""
    return PREFIX + token_urlsafe(BYTES)


def digest(token: str) -> str:
    r"""What is kept of a token, and of whatever strangers send for one.

    >>> len(digest("hat_x")), len(digest("\udcff"))
    (64, 64)
    """
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
