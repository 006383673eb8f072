"""What the edges of sealing have in common: the steps and the transactions in which one document is sealed.

Not a view and not a verb: it is handed the database, opens transactions one after the other and calls the verbs of
`signing.sealing`. Verifying, signing and asking for a time stamp happen between transactions, so that no other writer
waits for a large document or a slow device. What was put on record first stays there, whatever becomes of the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from keys import ocsp
from keys.authority import edges as authority_edges
from keys.authority.wiring import Authority
from keys.certificates import Certificate
from signing import long_term, register, sealing
from signing.errors import NotValidAfterSigning
from signing.levels import Level
from signing.models import SealUse
from signing.policy import DEFAULT
from signing.report import Report, Verdict
from signing.sealing import Begun, Order, Sealed
from signing.stamping import HouseStamper, Stamper, stamping_for
from signing.verification import verify
from signing.wiring import Signing

Noting = Callable[[Session, SealUse], None]
Keeping = Callable[[Session, Sealed], None]


def _nothing(_session: Session, _told: SealUse | Sealed) -> None:
    """Keep nothing beside the use."""


@dataclass(frozen=True)
class Sealer:
    """Seals documents one by one, as somebody: the database, the parts, and the clock of the edge."""

    database: Database = field(repr=False)
    signing: Signing = field(repr=False)
    authority: Authority = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def seal(self, seal_id: str, order: Order, noting: Noting = _nothing, keeping: Keeping = _nothing) -> Sealed:
        """Seal one document: checked, put on record, signed and verified, settled.

        `noting` belongs to the transaction that puts the use on record, `keeping` to the one that settles it; if
        either refuses, nothing is handed out. Raises what the verbs of `signing.sealing` and the two raise.
        """
        at = self.now()
        with self.database.reading() as session:
            trust = self.signing.trust_at(session, at)
        checked = sealing.checked(order, trust, at)
        with self.database.transaction() as session:
            begun = sealing.begin(session, register.seal_of(session, seal_id), checked, self.by, self.now())
            signer = self.signing.signer_for(session, begun.key_id)
            noting(session, session.get_one(SealUse, begun.use))
        try:
            sealed = sealing.carry_out(begun, signer, self._stamper(), trust, self.now, ask=self._evidence)
            with self.database.transaction() as session:
                sealing.settle(session, sealed, self.by, self.now())
                keeping(session, sealed)
        except DomainError as refusal:
            self._give_up(begun, refusal)
            raise
        return sealed

    def _give_up(self, begun: Begun, refusal: DomainError) -> None:
        with self.database.transaction() as session:
            sealing.give_up(session, begun.use, refusal.code, self.by, self.now())

    def extend(self, document: bytes, name: str, level: Level) -> tuple[bytes, Report]:
        """Bring a signed PDF to a level for the long term, or renew what it keeps; verified before it is handed out.

        No seal is used and nobody's key but the time-stamp authority's. Raises `LevelNotPossible`,
        `LongTermEvidenceMissing`, `CannotSign`, `NotValidAfterSigning`, and what the stamper raises.
        """
        at = self.now()
        with self.database.reading() as session:
            trust = self.signing.trust_at(session, at)
        stamp = stamping_for(self._stamper(), long_term.digest_of(document))
        made = long_term.extended(document, level, stamp, trust, DEFAULT, at, self._evidence)
        report = verify(made.document, name, trust, DEFAULT, max(made.at, self.now()))
        if report.verdict is not Verdict.VALID:
            raise NotValidAfterSigning(report.verdict.value, report.sub_indication or "", "")
        return made.document, report

    def _evidence(self, certificate: Certificate, issuer: Certificate) -> bytes | None:
        """Ask the responder of this house; about strangers it has no answer, and what is trusted has to do."""
        question = ocsp.question(ocsp.CertId.of(certificate, issuer))
        return authority_edges.answer(self.database, self.authority, question, self.now()).der

    def _stamper(self) -> Stamper:
        """Give the authority that the settings name, else the one of this house."""
        return self.signing.stamper or HouseStamper(self.database, self.authority, self.by, self.now)
