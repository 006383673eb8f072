"""One call for certificates: permission → this library → others → mask → record → answer.

1. In a transaction that only reads: the signature is judged, who tries out codes is turned away, and the call is
   prepared (`preparing`): what is granted, whether holders have agreed, what this library has.
2. Outside of any transaction the other libraries are asked, in their order, each within its deadline, until one has it.
3. What may be seen is written down (`certs.queries.fields`): of certificates that are valid, the granted fields.
4. In one transaction every query is recorded as a use (`recording`): no record, no answer.
5. Only then it is answered; receipts follow within a second (`exchange.door.receipts`).

A call that is refused is recorded as well, as an attempt.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from sqlalchemy.orm import Session

from base.canonical import Json, canonical
from base.db import Database
from base.errors import DomainError
from base.metrics import CERTIFICATE_QUERIES
from certs.libraries import confirmation
from certs.libraries.answers import Asked, Entry
from certs.queries import fields as certificate_fields
from certs.queries import misses, outcomes, recording
from certs.queries.calls import Call
from certs.queries.preparing import Prepared, dates_of, prepare, seen
from certs.queries.recording import Item
from certs.queries.wiring import Queries
from exchange.door import usages
from exchange.door.outcomes import Outcome
from exchange.door.quotas import Taking
from exchange.door.recording import Refused
from exchange.door.usages import Attempt
from keys import envelopes
from keys.parties.request_signing import Judged

RECEIPTS: Final = "/api/v1/receipts/"
MISSING_REPORTS: Final = "/api/v1/missing-reports"

Judge = Callable[[Session], Judged | None]


class Manner(Protocol):
    """How a call is answered: with what certificates say, or with yes and no."""

    @property
    def kind(self) -> str:
        """Give the kind of use, as its holder reads it."""
        ...

    def look(self, session: Session, prepared: Sequence[Prepared]) -> None:
        """See whether it may be answered so, in the transaction that reads."""
        ...

    def takings(self, prepared: Prepared) -> tuple[Taking, ...]:
        """Give what it takes beside quotas and misses."""
        ...

    def told(self, prepared: Prepared, best: Asked, asked: Sequence[Asked], usage: str | None) -> dict[str, Json]:
        """Write the answer of a query."""
        ...


def answer(database: Database, parts: Queries, call: Call, judge: Judge, manner: Manner | None = None) -> bytes:
    """Answer a call, as JSON, when it is on record; with what certificates say, if not in another manner.

    Raises what the manner and `prepare` raise, `QuotaExceeded`, `TooManyMisses`, what judging a signature raises, and
    `DatabaseBusy` and its like, after which the call was not answered.
    """
    parts.open(database)
    manner = manner or READING
    signed: Judged | None = None
    try:
        with database.reading() as session:
            signed = judge(session)
            misses.look(session, parts, call.by, call.at)
            prepared = prepare(session, parts, call)
            manner.look(session, prepared)
    except DomainError as refusal:
        attempt = Attempt(call.at, call.by, _named(call), refusal.code, call.purpose, call.request_id)
        parts.gateway.recorder.record(database, Refused(attempt, signed), call.at)
        misses.alarm(database, parts, refusal, call.by, call.at)
        raise
    items = [_item(each, call, manner) for each in prepared]
    recording.record(database, parts, call, items, signed, manner.kind)
    for each in items:
        parts.counted.count(CERTIFICATE_QUERIES, outcome=each.asked.answer.outcome.value)
    written = [_with_receipt(each) for each in items]
    return b'{"items":[' + b",".join(written) + b"]}" if call.is_batch else written[0]


def _item(prepared: Prepared, call: Call, manner: Manner) -> Item:
    """Ask the other libraries for one query, and write its answer."""
    asked = list(prepared.asked)
    for library, fetch in prepared.fetching:
        found = seen(prepared, fetch())
        asked.append(Asked(library.name, library.origin, found))
        if outcomes.settles(found):
            break
    best = outcomes.best(asked)
    usage = usages.new_id(call.at) if prepared.permissions else None
    told = canonical(manner.told(prepared, best, asked, usage))
    return Item(prepared, best, tuple(asked), usage, told, manner.takings(prepared))


class Reading:
    """Answers with what certificates say."""

    kind = "query"

    def look(self, _session: Session, _prepared: Sequence[Prepared]) -> None:
        """Nothing more is asked."""

    def takings(self, _prepared: Prepared) -> tuple[Taking, ...]:
        """Nothing more is taken."""
        return ()

    def told(self, prepared: Prepared, best: Asked, asked: Sequence[Asked], usage: str | None) -> dict[str, Json]:
        """Write the answer."""
        return _told(prepared, best, asked, usage)


READING: Final[Manner] = Reading()


def _told(prepared: Prepared, best: Asked, asked: Sequence[Asked], usage: str | None) -> dict[str, Json]:
    answer = best.answer
    certificates: list[Json] = []
    if answer.outcome is Outcome.FOUND:
        certificates = [_certificate(prepared, each, usage) for each in answer.entries]
    told: dict[str, Json] = {
        "outcome": answer.outcome.value,
        "reason": dict(outcomes.reason(answer.reason)),
        "usage_id": usage,
        "origin": best.origin,
        "asked": [_library(each) for each in asked],
        "certificates": certificates,
        "missing_report": MISSING_REPORTS if answer.outcome is Outcome.NOT_FOUND else None,
    }
    if prepared.recipient is None:
        return told
    sealed = envelopes.closed(canonical(certificates), [prepared.recipient])
    return {**told, "certificates": [], "sealed": base64.b64encode(sealed).decode("ascii")}


def _certificate(prepared: Prepared, entry: Entry, usage: str | None) -> dict[str, Json]:
    permission = prepared.permissions[entry.type]
    given = certificate_fields.Given()
    if entry.content is not None:
        salt = permission.allowed.contract.salt
        given = certificate_fields.given(permission.fields, permission.masks, salt, entry.content, dates_of(entry))
    return {
        "identifier": entry.identifier,
        "type": entry.type,
        "number": given.number,
        "holding": entry.holding.value,
        "status": entry.standing.value,
        "data": dict(given.data),
        "superseded_by": entry.superseded_by,
        **_confirmation(prepared, entry, usage or ""),
    }


def _confirmation(prepared: Prepared, entry: Entry, usage: str) -> dict[str, Json]:
    """Say to another platform that it is the holder's, or has the number, that the query named (`confirmation`)."""
    if prepared.question is None or not prepared.question.is_passed_on:
        return {}
    if entry.named is not None:
        return {"confirmation": confirmation.of_holder(usage, entry.named)}
    if entry.numbered:
        return {"confirmation": confirmation.of_number(usage, entry.type, entry.numbered)}
    return {}


def _library(asked: Asked) -> dict[str, Json]:
    return {"library": asked.library, "outcome": asked.answer.outcome.value, "reason": asked.answer.reason}


def _with_receipt(item: Item) -> bytes:
    if item.usage is None:
        return item.told
    return item.told[:-1] + b',"receipt":{"url":"' + f"{RECEIPTS}{item.usage}".encode() + b'"}}'


def _named(call: Call) -> str:
    """Name the type that a call is about, where it is one, for the record of a refusal."""
    types = {each.type for each in call.queries}
    return next(iter(types)) or "" if len(types) == 1 else ""
