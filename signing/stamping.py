"""Where time stamps come from: the port, the authority of this house, and one elsewhere by RFC 3161 over HTTP.

What comes back is read strictly and has to answer this very question: the same imprint and the same nonce. Whether the
token convinces anybody is judged like every other signature, when the finished document is verified.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from base.callers import Caller
from base.db import Database
from base.fetch import Destination, Fetch, Outgoing
from keys import timestamps
from keys.algorithms.algorithm import Digest
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.authority import edges
from keys.authority.wiring import Authority
from keys.timestamps import Imprint
from signing.errors import TimeStampDiffers

# RFC 3161 3.4: what the two bodies are called.
QUESTION: Final = "application/timestamp-query"
# A token with its chain has some 6 KB.
LARGEST_ANSWER: Final = 64 * 1024
NONCE_BITS: Final = 64
OK: Final = 200


class Stamper(Protocol):
    """A time-stamp authority: gives a token (RFC 3161) over bytes, or refuses."""

    def stamp(self, stamped: bytes, digest: Digest = SM3) -> bytes:
        """Give a token over the bytes, by their digest.

        Raises `TimeStampNotGranted`, `MalformedTimeStamp`, `TimeStampDiffers`, and what the way out raises.
        """


@dataclass(frozen=True)
class HouseStamper:
    """The authority of this house; every token is on its record before it is signed."""

    database: Database = field(repr=False)
    authority: Authority = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def stamp(self, stamped: bytes, digest: Digest = SM3) -> bytes:
        """Give a token. Raises `TimeStampNotGranted`, `MalformedTimeStamp`, `TimeStampDiffers`."""
        imprint, nonce = _asked(stamped, digest)
        question = timestamps.question(imprint, nonce)
        return _token(edges.stamp(self.database, self.authority, question, self.by, self.now()), imprint, nonce)


@dataclass(frozen=True)
class HttpStamper:
    """An authority elsewhere, by RFC 3161 over HTTP."""

    fetch: Fetch = field(repr=False)
    url: str = field(repr=False)
    intranet: bool = False

    def stamp(self, stamped: bytes, digest: Digest = SM3) -> bytes:
        """Give a token. Raises as the port says."""
        imprint, nonce = _asked(stamped, digest)
        allowed = (Destination.of(self.url, intranet=self.intranet),)
        headers = (("Content-Type", QUESTION),)
        question = timestamps.question(imprint, nonce)
        asked = Outgoing("POST", self.url, allowed, headers, question, idempotent=True, max_bytes=LARGEST_ANSWER)
        return _token(self.fetch(asked).expect(OK).body, imprint, nonce)


def stamping_for(stamper: Stamper, digest: str | None) -> Callable[[bytes], bytes]:
    """Stamp in the family of a signature, by its digest's name: SM3 stays SM3, all else is SHA-256.

    Whoever reads the one then reads the other.
    """
    chosen = SM3 if digest == SM3.name else SHA256
    return lambda stamped: stamper.stamp(stamped, chosen)


def _asked(stamped: bytes, digest: Digest) -> tuple[Imprint, int]:
    return Imprint.of(digest, stamped), secrets.randbits(NONCE_BITS)


def _token(answer: bytes, imprint: Imprint, nonce: int) -> bytes:
    """Take the token out of an answer to this question."""
    token = timestamps.response(answer)
    if token.info.imprint.value != imprint.value or token.info.imprint.oid != imprint.oid:
        raise TimeStampDiffers("imprint")
    if token.info.nonce != nonce:
        raise TimeStampDiffers("nonce")
    return token.der
