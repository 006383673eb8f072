"""HMAC (RFC 2104) over any digest of the table."""

from cryptography.hazmat.primitives.hmac import HMAC

from keys.algorithms.algorithm import Digest, Mac
from keys.errors import UnusableValue


def hmac_over(digest: Digest, *oids: str) -> Mac:
    """Give HMAC over this digest; its `tag` raises `UnusableValue` for an empty key."""
    name = f"hmac-{digest.name}"

    def tag(key: bytes, message: bytes) -> bytes:
        if not key:
            raise UnusableValue(name, "key", "empty")
        context = HMAC(key, digest.hash)
        context.update(message)
        return context.finalize()

    return Mac(name, oids, digest.size, tag)
