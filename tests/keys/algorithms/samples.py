"""What the stories of the algorithms share: the standard's example, and the vectors if they are here."""

from pathlib import Path

import pytest

from keys.algorithms import sm2
from keys.algorithms.sm2_known_answers import E_VALUE, MESSAGE, POINT, SCALAR, SIGNATURE

__all__ = ["E_VALUE", "MESSAGE", "POINT", "SCALAR", "SIGNATURE", "VECTORS", "private", "public", "vectors"]

VECTORS = Path(__file__).parents[4] / "shared" / "vectors"


def vectors(name: str) -> bytes:
    """Give a file of vectors, or skip the test and say why."""
    file = VECTORS / name
    if not file.exists():
        pytest.skip(f"no {file}: the vectors do not lie beside this checkout")
    return file.read_bytes()


def private() -> sm2.PrivateKey:
    """Give the private key of GB/T 32918.5 A."""
    return sm2.PrivateKey.from_scalar(SCALAR)


def public() -> sm2.PublicKey:
    """Give its public half."""
    return sm2.PublicKey(POINT)
