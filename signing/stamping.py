"""Where time stamps come from: the port, whoever answers it. The token is checked by whoever asked."""

from typing import Protocol


class Stamper(Protocol):
    """A time-stamp authority: gives a token (RFC 3161) over bytes, or refuses."""

    def stamp(self, stamped: bytes) -> bytes:
        """Give a token over the bytes. Raises `TimeStampRefused`, or what the way out raises."""
