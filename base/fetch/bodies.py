"""Reads an answer's body within its limit, before and after unpacking.

Only gzip is asked for and only gzip is unpacked, once: a body packed twice or in an unknown way is refused, and one
that ends in the middle of its packing is broken, not short.
"""

import zlib
from collections.abc import Iterator

import httpx2

from base.fetch.errors import AnswerBroken, AnswerTooLarge

# The most that is unpacked at once: a bomb is noticed at the first piece past the limit.
PIECE_BYTES = 64 * 1024
NO_BODY_STATUSES = frozenset({204, 205, 304})
GZIP_WINDOW = 16 + zlib.MAX_WBITS


def read_body(response: httpx2.Response, method: str, host: str, limit: int) -> bytes:
    """Read the body whole, unpacked.

    Raises `AnswerTooLarge` or `AnswerBroken`, besides what the connection raises.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip"}:
        raise AnswerBroken(host, "content-coding")
    announced = response.headers.get("content-length", "")
    empty = method == "HEAD" or response.status_code in NO_BODY_STATUSES
    if not empty and announced.isdecimal() and int(announced) > limit:
        raise AnswerTooLarge(host, limit)
    raw = _limited(response.iter_raw(), host, limit)
    if coding == "identity" or empty:
        return b"".join(raw)
    return b"".join(_limited(_unpacked(raw, host), host, limit))


def _limited(pieces: Iterator[bytes], host: str, limit: int) -> Iterator[bytes]:
    taken = 0
    for piece in pieces:
        taken += len(piece)
        if taken > limit:
            raise AnswerTooLarge(host, limit)
        yield piece


def _unpacked(pieces: Iterator[bytes], host: str) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(GZIP_WINDOW)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                yield unpacking.decompress(rest, PIECE_BYTES)
                rest = unpacking.unconsumed_tail
            if unpacking.unused_data:
                raise AnswerBroken(host, "content-coding")
    except zlib.error as error:
        raise AnswerBroken(host, "content-coding") from error
    if not unpacking.eof:
        raise AnswerBroken(host, "cut-short")
