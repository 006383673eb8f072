"""The steps in which one finished file is taken in: trust read once, verified in a process of its own, then the act.

Not a view and not a verb: it is handed the database, opens the transactions and calls the verbs. A file that is kept
out leaves an entry in the record and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from certs.deposits import depositing
from certs.deposits.depositing import Examined
from certs.deposits.metadata import Sent
from certs.deposits.models import Deposit
from certs.issuing import Case
from certs.wiring import Certs
from keys.algorithms.sm3 import SM3
from signing import verifications
from signing.verification_wiring import Verifying
from signing.verifications import Handed
from signing.wiring import Signing


@dataclass(frozen=True)
class Depositor:
    """Takes finished files in, one by one, as somebody."""

    database: Database = field(repr=False)
    parts: Certs = field(repr=False)
    signing: Signing = field(repr=False)
    verifying: Verifying = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def deposit(self, document: bytes, name: str, sent: Sent, case: Case | None = None) -> str:
        """Take a finished certificate in; give its identifier.

        Raises what `depositing.deposit` and verifying raise; every refusal of the file is on record.
        """
        at = self.now()
        depositing.collected_type(self.parts, sent.type)
        with self.database.reading() as session:
            trust = self.signing.trust_at(session, at)
        answer = verifications.examined(
            self.verifying.workers, Handed(document, name), trust, self.verifying.document_bytes, at
        )
        examined = Examined(document, SM3.of(document).hex(), answer.report, sent, case)
        try:
            with self.database.transaction() as session:
                return depositing.deposit(session, self.parts, examined, self.by, at)
        except DomainError as refusal:
            if (kept := self._kept(examined.sm3)) is not None:
                # The same file was told twice at once, and the other was first.
                return kept
            if not refusal.retryable:
                with self.database.transaction() as session:
                    depositing.refuse(session, examined, refusal, self.by, at)
            raise

    def _kept(self, sm3: str) -> str | None:
        with self.database.reading() as session:
            found = session.get(Deposit, sm3)
            return found.identifier if found is not None else None
