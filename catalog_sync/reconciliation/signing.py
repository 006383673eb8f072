"""Signs the balance of a day with this site's key, as the side that compared or as the one that was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.reconciliation import balance_document
from catalog_sync.reconciliation.balance_document import Signature
from keys.algorithms import sm2
from keys.algorithms.sm2 import SM2_SM3
from keys.errors import KeyDoesNotFit
from keys.signers.signer import Signer, signed


@dataclass(frozen=True)
class BalanceKey:
    """The key that signs balances, by its id in custody, and the name that this site signs with."""

    id: str
    name: str
    signer_for: Callable[[Session, str], Signer] = field(repr=False)

    def signer(self, session: Session) -> Signer:
        """Open the key. Raises what custody refuses."""
        return self.signer_for(session, self.id)


def signature(signer: Signer, name: str, balance: Mapping[str, Json]) -> Signature:
    """Sign a balance. Raises `KeyDoesNotFit`, `SigningUnavailable`, `FaultySignature`."""
    public = signer.public
    if not isinstance(public, sm2.PublicKey):
        raise KeyDoesNotFit(SM2_SM3.name, public.kind)
    return Signature(name, public, signed(signer, SM2_SM3, balance_document.message(balance)))
