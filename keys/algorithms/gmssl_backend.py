"""SM2 verification by the `gmssl` package: the second opinion of tests, and the last resort where OpenSSL is missing.

It only verifies. Its signing draws nonces from a Mersenne Twister, its decryption does not check C3, and it does not
take equal time, so no private key may come near it. Two of its faults matter even here and are met: a public key that
begins with the digits 0 or 4 is damaged by its constructor, and its numbers are not checked, which the strict layer
above has done before. A third is left: where sG and tP are one and the same point it refuses a good signature. No
honest signature comes there but once in 2^256, and the error is on the safe side.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from keys.algorithms.sm2_signature import Signature
from keys.errors import BackendMissing

NAME: Final = "gmssl"


class GmsslVerifier:
    """Verifies in pure Python, some forty signatures a second."""

    name = NAME
    caution: str | None = "verifies only, slowly"

    def __init__(self, implementation: Any, version: str) -> None:
        self._implementation = implementation
        self.library = f"gmssl {version}"

    def verify_e(self, point: bytes, signature: bytes, e: bytes) -> bool:
        """Tell whether the signature fits."""
        digits = point[1:].hex()
        sm2 = self._implementation(private_key="", public_key=digits)
        # The constructor strips leading digits 0 and 4 from a key that begins with 04: put the whole one back.
        sm2.public_key = digits
        try:
            return bool(sm2.verify(Signature.from_der(signature).raw.hex(), e))
        except (TypeError, IndexError):
            # Its formulas give None for the point at infinity; no signature has that sum (GB/T 32918.2 7.1 B6).
            return False


def opened(_path: str | None = None) -> GmsslVerifier:
    """Open the package if it is installed. Raises `BackendMissing`."""
    try:
        implementation = import_module("gmssl.sm2").CryptSM2
    except ImportError as error:
        raise BackendMissing(NAME, "not installed: pip install gmssl") from error
    return GmsslVerifier(implementation, version("gmssl"))
