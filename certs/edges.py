"""What the edges of issuing have in common: the transactions in which one certificate is begun, sealed and kept.

Not a view and not a verb: it is handed the database and calls the verbs of `certs.issuing` and of `signing`. Drawing
and signing happen between transactions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from certs import choosing, issuing, library, life
from certs.choosing import ACTS, Choice, SealForAct
from certs.errors import CertificateStepNotAllowed
from certs.issuing import Asked
from certs.life import Step
from certs.models import Certificate
from certs.rendering import Face, Issue
from certs.wiring import Certs
from signing.drafts import Manner
from signing.edges import Sealer
from signing.report import Place
from signing.sealing import Order, Sealed


@dataclass(frozen=True)
class Issuer:
    """Issues certificates one by one, as somebody."""

    database: Database = field(repr=False)
    parts: Certs = field(repr=False)
    sealer: Sealer = field(repr=False)
    by: Caller
    now: Callable[[], datetime]
    forms: tuple[str, ...] = ("ofd",)
    # Old stock is sealed and waits until its batch is published; everything else is valid with its last file.
    ends_as: Step = Step.SIGN

    def issue(self, asked: Asked) -> str:
        """Issue a certificate; give its identifier. What fails after it is on record leaves it to be signed.

        Raises what `issuing.begin`, `issuing.drawn`, `choosing.seal_for` and the sealer raise.
        """
        issue, is_waiting = self.begin(asked)
        if is_waiting:
            self.sign_begun(issue, asked)
        return issue.identifier

    def begin(self, asked: Asked) -> tuple[Issue, bool]:
        """Put a certificate on record; tell whether it waits to be signed. Raises what `issuing.begin` raises."""
        with self.database.transaction() as session:
            begun = issuing.begin(session, self.parts, asked, self.parts.links, self.by, self.now())
            row = session.get_one(Certificate, begun.issue.identifier)
            return begun.issue, row.state == life.State.TO_BE_SIGNED.value

    def sign_begun(self, issue: Issue, asked: Asked) -> None:
        """Sign what was just put on record."""
        try:
            self.sign(issue, asked.act, asked.seal)
        except CertificateStepNotAllowed:
            # The same step of the same case was told twice at once, and the other was first to have it signed.
            if not self._is_valid(issue.identifier):
                raise

    def retry(self, identifier: str) -> None:
        """Sign a certificate that was left to be signed, for the act and with the seal that were asked for."""
        with self.database.reading() as session:
            issue = issuing.waiting(session, self.parts, identifier, self.parts.links)
            drafted = library.events_of(session, identifier)[0].facts
        self.sign(issue, Step(drafted["act"]), drafted.get("seal"))

    def sign(self, issue: Issue, act: Step, named: str | None = None) -> None:
        """Draw and seal a certificate that is on record, file by file, and make it valid with the last."""
        with self.database.reading() as session:
            choice = Choice(issue.issuer_code, issue.type, act, issue.draft.region, named)
            seal = choosing.seal_for(session, choice, self.by, self.now())
        for form in self.forms:
            face = issuing.drawn(issue, self.parts, form)
            self.sealer.seal(seal.id, _order(issue, face, ACTS[act], seal), keeping=self._keeping(issue, form))

    def _is_valid(self, identifier: str) -> bool:
        with self.database.reading() as session:
            return session.get_one(Certificate, identifier).state == life.State.VALID.value

    def _keeping(self, issue: Issue, form: str) -> Callable[[Session, Sealed], None]:
        def keep(session: Session, made: Sealed) -> None:
            at = self.now()
            issuing.keep_file(session, self.parts, issue.identifier, form, made.document, made.use, at)
            issuing.finish(session, issue.identifier, self.forms, self.by, at, self.ends_as)

        return keep


def _order(issue: Issue, face: Face, act: str, seal: SealForAct) -> Order:
    place = Place(1, face.seal.x - seal.width / 2, face.seal.y - seal.height / 2, seal.width, seal.height)
    manner = Manner(places=(place,), certify=face.format == "pdf", lock=face.format == "ofd")
    name = f"{issue.identifier}.{face.format}"
    return Order(face.document, name, issue.type.code, act, issue.draft.region, issue.identifier, manner)
