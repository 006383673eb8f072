"""How a comparison is answered: like a look-up, with yes and no in place of data, signed with this platform's key.

The signed statement says which use it was, of which certificate, how it stands, and what was answered to which
predicate; what was compared with stands in it as the digest of the request, salted as in the receipt of the use. Who
asks the same predicate of the same holder too often is refused: by halving, yes and no tell everything.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.acting import actor
from base.canonical import Json, canonical
from base.workdays import local_day
from certs.comparing.comparisons import BUDGETS, Comparison, Predicate, compared
from certs.comparing.errors import CheckBudgetSpent
from certs.libraries.answers import Asked, Entry
from certs.queries import outcomes
from certs.queries.calls import Call
from certs.queries.preparing import Prepared
from certs.queries.wiring import Queries
from exchange.agreements.contracts import Quota
from exchange.door import quotas
from exchange.door.errors import QuotaExceeded
from exchange.door.outcomes import Outcome
from exchange.door.quotas import Taking
from keys.algorithms.sm2 import SM2_SM3
from keys.checkpoints.head import NoteKey
from keys.signers.signer import Signer, signed

FORM: Final = "certificate-check"
HASH_CHARACTERS: Final = 40


@dataclass
class Checking:
    """The comparisons of one call."""

    parts: Queries = field(repr=False)
    call: Call
    comparisons: tuple[Comparison, ...]
    kind: str = "check"
    _signer: Signer | None = field(default=None, repr=False)

    def look(self, session: Session, prepared: Sequence[Prepared]) -> None:
        """See that the budget is not spent, and have the key. Raises `CheckBudgetSpent`, `ReceiptKeyMissing`."""
        takings = self.takings(prepared[0])
        try:
            quotas.look(session, takings, self.call.at)
        except QuotaExceeded as over:
            asked = ", ".join(sorted({each.predicate.value for each in self.comparisons}))
            raise CheckBudgetSpent(asked, over.limit, over.retry_after) from over
        gateway = self.parts.gateway
        self._signer = gateway.signer_for(session, gateway.required_receipt_key)

    def takings(self, prepared: Prepared) -> tuple[Taking, ...]:
        """Give what the comparisons take: of this caller's budgets about this holder, by predicate and field."""
        query = prepared.query
        about = "".join(prepared.holders) or f"{query.identifier}{query.type}{query.number}"
        counted: dict[tuple[Predicate, str], int] = {}
        for each in self.comparisons:
            counted[each.predicate, each.needs] = counted.get((each.predicate, each.needs), 0) + 1
        return tuple(
            Taking(self._budget(about, predicate, name), Quota(per_day=BUDGETS[predicate]), calls)
            for (predicate, name), calls in counted.items()
        )

    def told(self, prepared: Prepared, best: Asked, asked: Sequence[Asked], usage: str | None) -> dict[str, Json]:
        """Write the answer, with its signature."""
        answer = best.answer
        entry = answer.entries[0] if answer.outcome is Outcome.FOUND else None
        results: list[Json] = [self._result(each, prepared, entry) for each in self.comparisons] if entry else []
        statement: dict[str, Json] = {
            "kind": FORM,
            "usage_id": usage,
            "at": clock.rfc3339(self.call.at),
            "outcome": answer.outcome.value,
            "origin": best.origin,
            "certificate": entry.identifier if entry else None,
            "status": entry.standing.value if entry else None,
            "results": results,
        }
        return {
            "outcome": answer.outcome.value,
            "reason": dict(outcomes.reason(answer.reason)),
            "usage_id": usage,
            "origin": best.origin,
            "asked": [
                {"library": each.library, "outcome": each.answer.outcome.value, "reason": each.answer.reason}
                for each in asked
            ],
            "certificate": statement["certificate"],
            "status": statement["status"],
            "results": results,
            **self._signed(canonical(statement)),
        }

    def _result(self, comparison: Comparison, prepared: Prepared, entry: Entry) -> dict[str, Json]:
        type_ = prepared.permissions[entry.type].type
        result = compared(comparison, entry, type_, local_day(self.call.at))
        return {"predicate": comparison.predicate.value, "field": comparison.needs, "result": result.value}

    def _signed(self, statement: bytes) -> dict[str, Json]:
        assert self._signer is not None  # noqa: S101 - `look` comes first
        signature = signed(self._signer, SM2_SM3, statement)
        key = NoteKey.of(self.parts.gateway.origin, self._signer.public)
        return {
            "statement": statement.decode(),
            "signature": base64.b64encode(signature).decode("ascii"),
            "key": key.text,
        }

    def _budget(self, about: str, predicate: Predicate, name: str) -> str:
        whole = "\n".join((actor(self.call.by), about, predicate.value, name))
        return f"check:{hashlib.sha256(whole.encode()).hexdigest()[:HASH_CHARACTERS]}"
