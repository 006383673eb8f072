"""Puts queries on record before they are answered, each as a use of the directory's data (`exchange.door.usages`).

A call's queries are recorded together: the grants are held against their state now, quotas and misses are counted, and
each use is an entry of the ledger and a row, with a row for each holder whom it is about. One query shares its
transaction with those of other callers that come at the same moment; many have one of their own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Insert
from sqlalchemy.orm import Session

from base.canonical import Json
from base.db import Database
from base.errors import DomainError
from certs import contents
from certs.consents import consents
from certs.holder_codes import kinds_of
from certs.holders import uses
from certs.libraries import late
from certs.libraries.answers import Answer, Asked, Entry
from certs.queries import misses
from certs.queries import permission as permissions
from certs.queries.calls import Call
from certs.queries.permission import Permission
from certs.queries.preparing import Prepared
from certs.queries.wiring import Queries
from exchange.agreements.contracts import Allowed
from exchange.door import receipt_trees
from exchange.door import recording as door
from exchange.door.outcomes import Outcome
from exchange.door.quotas import Taking
from exchange.door.recording import Draft, Record, Refused
from exchange.door.usages import Attempt, Use
from keys.parties.request_signing import Judged

# The code under which a query of a batch that is not granted stands in the ledger.
NOT_GRANTED: Final = "not-granted"
# What counts as a miss: whoever tries out codes gets no more of *denied* than of *not found*.
MISSES: Final = frozenset({Outcome.NOT_FOUND, Outcome.DENIED})


@dataclass(frozen=True)
class Item:
    """How a query ended, and its answer as it is written; one that may not be asked at all is no use."""

    prepared: Prepared
    asked: Asked
    every: tuple[Asked, ...]
    usage: str | None
    told: bytes = field(repr=False)
    takings: tuple[Taking, ...] = ()


def record(
    database: Database, parts: Queries, call: Call, items: Sequence[Item], signed: Judged | None, kind: str
) -> None:
    """Have a call's queries on record when this returns. Raises why they must not be answered after all."""
    missed = any(each.asked.answer.outcome in MISSES for each in items)
    records = [_record(parts, call, each, signed if not place else None, kind) for place, each in enumerate(items)]
    recorder = parts.gateway.recorder
    try:
        if len(records) == 1:
            recorder.record(database, records[0], call.at)
            return
        with database.transaction() as session:
            errors = recorder.write(session, records, call.at)
        for error in errors:
            if error is not None:
                raise error
    except DomainError as refusal:
        told = misses.refused(database, parts, refusal, call.by, call.at) if missed else refusal
        misses.alarm(database, parts, told, call.by, call.at)
        raise told from refusal


def _record(parts: Queries, call: Call, item: Item, signed: Judged | None, kind: str) -> Record:
    if item.usage is None:
        code = item.prepared.query.type or ""
        return Refused(Attempt(call.at, call.by, code, NOT_GRANTED, call.purpose, call.request_id), signed)
    permission = _permission(item)
    use = _use(parts, call, item, item.usage, permission)
    takings = item.takings
    if item.prepared.query.holder is not None:
        takings = (*takings, *misses.holder_takings(parts, item.prepared.holders))
    if item.asked.answer.outcome in MISSES:
        takings = (*takings, misses.taking(parts, call.by))
    rows = tuple(_rows(call, item, item.usage, permission, kind))
    noting = _told_elsewhere(parts, call, item, item.usage, permission, kind)
    acts = (*_acts(parts, item, item.usage), *noting)
    asked = tuple(_counted(item))
    return Draft(use, permission.allowed, 1, _again(call, permission), signed, asked, takings, rows, acts)


def _counted(item: Item) -> Iterator[door.Asked]:
    """Count how departments' mounts answered, as a call to the gateway does."""
    for each in item.every:
        for one in each.answer.calls:
            yield door.Asked(one.mount, one.outcome, one.milliseconds)


def _rows(
    call: Call, item: Item, usage: str, permission: Permission, kind: str
) -> Iterator[tuple[Insert, Mapping[str, Any]]]:
    """Write down for each holder what was asked about them, and each certificate that was given."""
    for entry in _given(item) or (None,):
        holders = item.prepared.holders or (entry.holder_hashes if entry else ())
        yield from uses.rows(usage, holders, _seen(call, item, entry, permission, kind), call.at)


def _given(item: Item) -> Sequence[Entry]:
    """Give the certificates of an answer, each once."""
    answer = item.asked.answer
    found = answer.entries if answer.outcome is Outcome.FOUND else ()
    return tuple({(each.type, each.identifier): each for each in reversed(found)}.values())[::-1]


def _seen(call: Call, item: Item, entry: Entry | None, permission: Permission, kind: str) -> uses.Seen:
    answer = item.asked.answer
    consent = next((each.id for each in item.prepared.consents.values()), "")
    granted = item.prepared.permissions.get(entry.type, permission) if entry is not None else permission
    return uses.seen(
        kind,
        granted.type.code,
        call.by.organisation,
        call.purpose,
        answer.outcome.value,
        fields=granted.fields if entry is not None and entry.content is not None else (),
        identifier=entry.identifier if entry is not None else "",
        consent=consent,
    )


def _told_elsewhere(
    parts: Queries, call: Call, item: Item, usage: str, permission: Permission, kind: str
) -> Iterator[Callable[[Session, datetime], None]]:
    """Let the holders find the use whom the question did not name, and another library's answer did."""
    for entry in () if item.prepared.holders else _given(item):
        if not entry.holder_hashes and entry.told_holders:
            yield partial(_note, parts, call, usage, entry, _seen(call, item, entry, permission, kind))


def _note(
    parts: Queries, call: Call, usage: str, entry: Entry, seen: uses.Seen, session: Session, _moment: datetime
) -> None:
    hashes = [
        contents.holder_hash(session, parts.certs.keys, kind, each.code)
        for each in entry.told_holders
        for kind in ((each.type,) if each.type else kinds_of(each.code, call.at))
    ]
    uses.note(session, usage, hashes, seen, call.at)


def _acts(parts: Queries, item: Item, usage: str) -> Iterator[Callable[[Session, datetime], None]]:
    """Count the use of the consents under which something is given; keep what comes later and what is not believed."""
    yield from (partial(_keep, parts, each, usage) for each in item.every if _is_kept(each.answer))
    answer = item.asked.answer
    given = {each.type for each in answer.entries if each.content is not None}
    if answer.outcome is not Outcome.FOUND:
        return
    for (_, code), consent in item.prepared.consents.items():
        if code in given:
            yield _using(consent.id, usage)


def _is_kept(answer: Answer) -> bool:
    return answer.awaited is not None or answer.evidence is not None or answer.kept is not None


def _keep(parts: Queries, asked: Asked, usage: str, session: Session, at: datetime) -> None:
    answer, keys = asked.answer, parts.certs.keys
    if answer.awaited is not None:
        late.keep(session, keys, answer.awaited, at)
    if answer.kept is not None:
        late.keep_answer(session, keys, answer.kept, at)
    if answer.evidence is not None:
        late.keep_evidence(session, keys, usage, asked.library, answer.reason, answer.evidence, at)


def _using(consent: str, usage: str) -> Callable[[Session, datetime], None]:
    return lambda session, at: consents.used(session, consent, usage, at)


def _permission(item: Item) -> Permission:
    """Give the permission that the use is recorded under: of the first certificate, or of the first type asked for."""
    for entry in item.asked.answer.entries:
        if entry.type in item.prepared.permissions:
            return item.prepared.permissions[entry.type]
    return item.prepared.first


def _use(parts: Queries, call: Call, item: Item, usage: str, permission: Permission) -> Use:
    answer, contract = item.asked.answer, permission.allowed.contract
    given = answer.entries if answer.outcome is Outcome.FOUND else ()
    salt = parts.gateway.salts.of(usage)
    body: dict[str, Json] = {**item.prepared.query.body, "purpose": dict(call.told_purpose)}
    return Use(
        usage,
        call.at,
        call.by,
        permission.resource,
        given[0].issuer if given else permission.type.defined_by.code,
        contract.id,
        contract.version,
        call.purpose,
        permission.fields if any(each.content is not None for each in given) else (),
        item.prepared.holders,
        answer.outcome.value,
        answer.reason,
        len(given),
        item.asked.library,
        "",
        receipt_trees.request_sm3(salt, permission.resource, body),
        receipt_trees.digested(salt, item.told),
        call.request_id,
    )


def _again(call: Call, permission: Permission) -> Callable[[Session, datetime], Allowed]:
    """Ask once more whether it is granted; once a transaction for all queries of the call that ask for the same."""

    def again(session: Session, at: datetime) -> Allowed:
        name = ("certificates", call.request_id, id(call), permission.resource)
        known: Allowed | None = session.info.get(name)
        if known is None:
            asked = permissions.permitted(session, permission.type, call.by, call.purpose, (), at, mode=call.mode)
            known = session.info[name] = asked.allowed
        return known

    return again
