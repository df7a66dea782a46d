"""Signatures by which a receiver knows who sent a message and when: Standard Webhooks 1.0, symmetric."""

from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from hmac import digest

_PREFIX = "whsec_"
SHORTEST_BYTES = 16


def key(secret: str) -> bytes:
    """The key that a secret stands for: base64 behind ``whsec_``, else the text itself.

    Raises ValueError, which does not repeat the secret, for what is no base64 or too short to be one.
    """
    try:
        found = b64decode(secret[len(_PREFIX) :], validate=True) if secret.startswith(_PREFIX) else secret.encode()
    except ValueError:
        raise ValueError(f"what stands behind {_PREFIX} is not base64") from None
    if len(found) < SHORTEST_BYTES:
        raise ValueError(f"it is shorter than {SHORTEST_BYTES} bytes")
    return found


def signed(signing_key: bytes, name: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that go with ``body``. The ``name`` stays the same however often a message is sent; ``at`` does not.

    The example is the vector of the specification's own implementations.

    >>> from datetime import UTC
    >>> at = datetime.fromtimestamp(1614265330, UTC)
    >>> signing_key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    >>> signed(signing_key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')["webhook-signature"]
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    stamp = str(int(at.timestamp()))
    told = digest(signing_key, b".".join([name.encode(), stamp.encode(), body]), sha256)
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v1,{b64encode(told).decode()}"}
