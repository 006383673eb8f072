"""SubjectPublicKeyInfo of an SM2 key: the common form, and the one that names SM2 itself.

Read are `id-ecPublicKey` with the curve as parameter (GM/T 0015-2012, RFC 5480) and the algorithm number of SM2 with
the curve, NULL or nothing as parameter (GM/T 0015-2023 allows it). Parameters that spell the curve out are refused:
they could spell another one (CVE-2020-0601). Written is the common form unless the other is asked for.
"""

from typing import Final

from keys.algorithms import der
from keys.algorithms.sm2_curve import require_point
from keys.errors import MalformedDer, UnusableKey

EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
SM2_CURVE: Final = "1.2.156.10197.1.301"
SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"
SM2_NUMBERS: Final = frozenset({SM2_CURVE, SM2_SIGNATURE})

# SEQUENCE of two OIDs and a 65-byte point, with room for a NULL: 91 bytes and little more.
SIZE_LIMIT: Final = 128


def is_sm2(algorithm: str, parameter: bytes | None) -> bool:
    """Tell whether an algorithm number and its parameter, both of one AlgorithmIdentifier, mean an SM2 key."""
    if algorithm == EC_PUBLIC_KEY:
        return parameter == der.oid(SM2_CURVE)
    return algorithm in SM2_NUMBERS and parameter in (None, der.null(), der.oid(SM2_CURVE))


def read_identifier(reader: der.Reader) -> tuple[str, bytes | None]:
    """Take an AlgorithmIdentifier: its number, and its parameter with header or None. Raises `MalformedDer`."""
    inner = reader.inside()
    algorithm = inner.oid()
    parameter = None if inner.ended else inner.whole()
    inner.end()
    return algorithm, parameter


def read(data: bytes) -> tuple[str, bytes | None, bytes]:
    """Take a SubjectPublicKeyInfo apart: number, parameter, and the bits of the key. Raises `UnusableKey`."""
    try:
        reader = der.Reader(data)
        inner = reader.inside()
        reader.end()
        algorithm, parameter = read_identifier(inner)
        bits = inner.bits()
        inner.end()
    except MalformedDer as error:
        raise UnusableKey("spki", error.reason) from error
    return algorithm, parameter, bits


def point_of(data: bytes) -> bytes:
    """Read the point of an SM2 key. Raises `UnusableKey`."""
    if len(data) > SIZE_LIMIT:
        raise UnusableKey("sm2", "explicit-parameters-or-too-long")
    algorithm, parameter, bits = read(data)
    if not is_sm2(algorithm, parameter):
        raise UnusableKey("sm2", "another-algorithm-or-curve")
    require_point(bits)
    return bits


def written(point: bytes, *, gm_form: bool = False) -> bytes:
    """Write a point as SubjectPublicKeyInfo, on request under the algorithm number of SM2."""
    number = SM2_CURVE if gm_form else EC_PUBLIC_KEY
    return der.sequence(der.sequence(der.oid(number), der.oid(SM2_CURVE)), der.bits(point))
