"""How much work the search for a path may cost, and the one place where signatures of certificates are verified.

Certificates choose who is looked at: with a few dozen of one name a search can be made to run for hours. Whoever asks
hands in a `Budget`; a search that spends it is given up and says so, which is neither *valid* nor *invalid*.
"""

from dataclasses import dataclass
from typing import Final

from keys.algorithms import asymmetric
from keys.algorithms.algorithm import DEFAULT_DISTID
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.errors import KeyDoesNotFit, MalformedDer, UnknownAlgorithm, UnusableKey
from keys.kept import Kept
from keys.trust_errors import BudgetExhausted, SignatureUnsupported, UnusableCertificateKey


@dataclass(frozen=True)
class Budget:
    """Bounds of one search: signatures computed, certificates from leaf to anchor, issuers looked at.

    A path of the field has three or four certificates, and PKITS has none over eight. A hundred signatures are some
    50 ms of SM2; each branch costs at most one, and most cost none.
    """

    signatures: int = 100
    length: int = 9
    branches: int = 300


BUDGET: Final = Budget()
# Authorities sign few certificates and lists that are met again with every document; what was right once stays right.
PROVEN_KEPT: Final = 4096
_PROVEN: Final[Kept[bool]] = Kept(PROVEN_KEPT)


class Spending:
    """What is left of a budget; a signature that was verified is remembered and costs nothing again."""

    def __init__(self, budget: Budget, subject: Certificate) -> None:
        self.budget = budget
        self._label = subject.label
        self._signatures = budget.signatures
        self._branches = budget.branches
        self._checked: dict[tuple[bytes, bytes, bytes, bytes], bool] = {}

    @property
    def verified(self) -> frozenset[tuple[bytes, bytes, bytes]]:
        """Give what was found right: key, message, signature."""
        return frozenset((spki, message, value) for (spki, message, value, _), right in self._checked.items() if right)

    def look_at_branch(self) -> None:
        """Count an issuer that is looked at. Raises `BudgetExhausted`."""
        if not self._branches:
            raise BudgetExhausted(self._label, "branches", self.budget.branches)
        self._branches -= 1

    def too_long(self) -> BudgetExhausted:
        """Give the failure of a chain that grew too long."""
        return BudgetExhausted(self._label, "length", self.budget.length)

    def verify(self, signer: Certificate, message: bytes, signature: bytes, algorithm: bytes) -> bool:
        """Tell whether the signer's key made the signature over these bytes.

        Every certificate is signed under the default identifier (GM/T 0015-2023 names no other).
        Raises `BudgetExhausted`, `UnusableCertificateKey`, `SignatureUnsupported`.
        """
        asked = (signer.spki, message, signature, algorithm)
        if asked not in self._checked:
            if not self._signatures:
                raise BudgetExhausted(self._label, "signatures", self.budget.signatures)
            self._signatures -= 1
            self._checked[asked] = _remembered(signer, message, signature, algorithm)
        return self._checked[asked]


def _remembered(signer: Certificate, message: bytes, signature: bytes, algorithm: bytes) -> bool:
    """Verify, or remember that exactly this was found right; it costs the same of the budget."""
    lengths = b"".join(len(each).to_bytes(4) for each in (signer.spki, message, signature, algorithm))
    asked = SM3.of(lengths, signer.spki, message, signature, algorithm).hex()
    if _PROVEN.of(asked):
        return True
    right = _verify(signer, message, signature, algorithm)
    return _PROVEN.keep(asked, True) if right else False


def _verify(signer: Certificate, message: bytes, signature: bytes, algorithm: bytes) -> bool:
    try:
        found = asymmetric.signature_of(algorithm)
    except (UnknownAlgorithm, MalformedDer) as error:
        name = error.name if isinstance(error, UnknownAlgorithm) else "malformed"
        raise SignatureUnsupported(signer.label, name) from error
    try:
        key = asymmetric.public_key(signer.spki)
        return found.verify(key, signature, message, distid=DEFAULT_DISTID)
    except UnusableKey as error:
        raise UnusableCertificateKey(signer.label, error.reason) from error
    except KeyDoesNotFit:
        return False
