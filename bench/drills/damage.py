"""Damage to documents: one byte changed, or pieces cut out, doubled and put in, always by a source of chance told."""

import random
from collections.abc import Sequence


def one_byte(source: random.Random, data: bytes) -> bytes:
    """Change one byte."""
    place = source.randrange(len(data))
    return data[:place] + bytes([data[place] ^ source.randrange(1, 256)]) + data[place + 1 :]


def mangled(source: random.Random, data: bytes, inserted: Sequence[bytes]) -> bytes:
    """Damage bytes at one to eleven places; `inserted` are pieces that mean something to the format."""
    changed = bytearray(data)
    for _ in range(source.randrange(1, 12)):
        place = source.randrange(len(changed) + 1)
        kind = source.randrange(3)
        if kind == 0:
            del changed[place : place + source.randrange(1, 50)]
        elif kind == 1:
            begins = source.randrange(len(data))
            changed[place:place] = data[begins : begins + source.randrange(1, 80)]
        else:
            changed[place:place] = source.choice(inserted)
    return bytes(changed)
