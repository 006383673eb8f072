"""PEM as RFC 7468 has it: one label, one block, nothing inside the lines but base64."""

import base64
import binascii
import re
from typing import Final

from keys.errors import MalformedPem

# A PEM of ours is a key or a certificate; a megabyte of base64 is neither.
SIZE_LIMIT: Final = 1 << 20

_BLOCK: Final = re.compile(
    rb"-----BEGIN ([A-Z0-9][A-Z0-9 -]*)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]*?)-----END \1-----", re.ASCII
)


def blocks(text: bytes) -> list[tuple[str, bytes]]:
    """Read every block as its label and DER; words between blocks are explanatory text (RFC 7468 5.2).

    Raises `MalformedPem`.
    """
    if len(text) > SIZE_LIMIT:
        raise MalformedPem("too-large")
    found = [(label.decode("ascii"), _decoded(body)) for label, body in _BLOCK.findall(text)]
    if len(found) != text.count(b"-----BEGIN "):
        raise MalformedPem("broken-block")
    return found


def only(text: bytes) -> tuple[str, bytes]:
    """Read the one block that is there. Raises `MalformedPem`."""
    found = blocks(text)
    if len(found) != 1:
        raise MalformedPem("no-block" if not found else "several-blocks")
    return found[0]


def written(label: str, der: bytes) -> bytes:
    """Write one block with lines of 64 characters (RFC 7468 2)."""
    text = base64.b64encode(der)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    name = label.encode("ascii")
    return b"\n".join((b"-----BEGIN " + name + b"-----", *lines, b"-----END " + name + b"-----", b""))


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as error:
        raise MalformedPem("not-base64") from error
