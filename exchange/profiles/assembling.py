"""Puts together what is shared about one subject: a zone called, or a profile, by ordinary calls to the gate.

1. In a transaction that only reads: the signature is judged, and it is laid out what is asked (`planning`).
2. A signed request spends its nonce once, for all that it leads to.
3. Directory after directory is asked by the gate's own verb (`exchange.door.gateway.answer`), with the caller's own
   grants: of a zone's items those that are granted, so that one item that is not does not close the rest. A refusal is
   told at that directory, and is on record there as an attempt. When the time is over, the rest is asked alone.
4. What rooms above hand in is asked by their own verbs for the same purpose (`exchange.profiles.wiring`).
5. In one transaction the assembling is recorded, naming every use; only then is it answered. Nothing is kept.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock, problems
from base.audit import Thing
from base.canonical import Json, canonical
from base.db import Database
from base.errors import DomainError, Kind
from exchange.acting import ROOM
from exchange.agreements.contracts import Allowed
from exchange.agreements.errors import NotGranted
from exchange.door import asking as door
from exchange.door import gateway
from exchange.door.models import Usage
from exchange.door.recording import Refused
from exchange.door.usages import Attempt
from exchange.door.wiring import Gateway
from exchange.mounting.wiring import MountParts
from exchange.profiles import answers
from exchange.profiles.answers import Answered, own_reason
from exchange.profiles.planning import Planned
from exchange.profiles.wiring import Asking, Part, Told
from keys.parties import signed_requests, spending
from keys.parties.errors import RequestReplayed
from keys.parties.request_signing import NONCE_KEPT, Judged

# A person waits for the whole; a source that is silent takes its own time-out, and twenty of them must not add up.
SECONDS: Final = 30.0
# How a refusal of the gate ends here: who may not ask is denied; what cannot be asked of it is not covered. All other
# refusals are of the platform, not of the directory, and end the whole call.
ENDS: Final = {
    Kind.FORBIDDEN: "denied",
    Kind.CONFLICT: "denied",
    Kind.TOO_MANY: "denied",
    Kind.MALFORMED: "not_covered",
}
# Whoever is named in an audit entry is a keyed hash.
PROFILE: Final = "profile"


@dataclass(frozen=True)
class House:
    """What an assembling works with: the database, the gate, the sources behind it, the parts of rooms above."""

    database: Database
    gateway: Gateway
    sources: MountParts
    parts: tuple[Part, ...] = ()
    stopwatch: Callable[[], float] = clock.stopwatch


def assemble(
    house: House, asking: Asking, plan: Callable[[Session], Sequence[Planned]], judge: gateway.Judge, thing: Thing
) -> dict[str, Json]:
    """Give what is shared about a subject, when it is on record.

    Raises what `plan` and judging a signature raise, `RequestReplayed`, and `DatabaseBusy` and its like, after which
    nothing was answered, though the uses until then are on record.
    """
    house.gateway.open(house.database)
    planned = _planned(house, asking, plan, judge)
    began = house.stopwatch()
    answered = [
        _answered(house, asking, each) if house.stopwatch() - began < SECONDS else _unasked(each, "not-asked")
        for each in planned
    ]
    beside = {part.name: part.tell(house.database, asking) for part in house.parts}
    _record(house, asking, thing, answered, beside)
    return {
        "as_of": clock.rfc3339(asking.at),
        "kind": "person" if asking.subject.is_person else "enterprise",
        "fields": answers.fields(answered),
        "members": [each.document for each in answered],
        **{name: dict(told.content) for name, told in beside.items()},
    }


def subject_thing(house: House, asking: Asking) -> Thing:
    """Name whom a profile is about, by a keyed hash."""
    house.gateway.open(house.database)
    keys: list[Json] = [[kind, value] for kind, value in sorted(asking.subject.keys.items())]
    return Thing(PROFILE, house.gateway.subjects.of(canonical(keys).decode()))


def _planned(
    house: House, asking: Asking, plan: Callable[[Session], Sequence[Planned]], judge: gateway.Judge
) -> Sequence[Planned]:
    signed: Judged | None = None
    try:
        with house.database.reading() as session:
            signed = judge(session)
            planned = plan(session)
    except DomainError as refusal:
        attempt = Attempt(asking.at, asking.by, "", refusal.code, asking.purpose, asking.request_id)
        house.gateway.recorder.record(house.database, Refused(attempt, signed), asking.at)
        raise
    if signed is not None:
        with house.database.transaction() as session:
            _spend(session, signed, asking)
    return planned


def _spend(session: Session, signed: Judged, asking: Asking) -> None:
    """Let a signed request count once, and keep what its sender cannot deny. Raises `RequestReplayed`."""
    until = asking.at + NONCE_KEPT
    if not spending.spend(session, spending.REQUEST, asking.by.id, signed.input.nonce, until):
        raise RequestReplayed
    signed_requests.keep(session, signed, asking.by, asking.at)


def _answered(house: House, asking: Asking, planned: Planned) -> Answered:
    """Ask one directory by the gate's own verb."""
    if planned.not_asked is not None:
        return _unasked(planned, planned.not_asked)
    allowed = _allowed(house, asking, planned)
    fields = planned.fields
    if allowed is not None:
        fields = tuple(each for each in fields if each in allowed.contract.fields) or fields
    call = _call(asking, planned, fields)
    not_granted = tuple(each for each in planned.fields if each not in fields)
    try:
        told = gateway.answer(house.database, house.gateway, house.sources, call, _judged_already)
    except DomainError as refusal:
        return _refused(planned, refusal)
    answer = json.loads(told)
    with house.database.reading() as session:
        use = session.get_one(Usage, answer["usage_id"])
        ground: dict[str, Json] = {"grant": use.grant_code, "ground": use.ground, "fields": list(use.fields)}
    is_same = allowed is not None and allowed.contract.id == ground["grant"]
    masks = dict(allowed.contract.masks) if allowed is not None and is_same else {}
    request: dict[str, Json] = {"directory": planned.directory, "body": call.query.body}
    return Answered(
        *_named(planned),
        answer["outcome"],
        answer["reason"],
        answer,
        request,
        ground,
        masks,
        not_granted,
    )


def _allowed(house: House, asking: Asking, planned: Planned) -> Allowed | None:
    """Ask what would be granted of a directory; where nothing is, the gate refuses the call itself."""
    with house.database.reading() as session:
        try:
            return door.require(session, _call(asking, planned, ()), asking.at)
        except NotGranted:
            return None


def _call(asking: Asking, planned: Planned, fields: tuple[str, ...]) -> door.Call:
    """Write the call as the caller would send it to `POST /data/{code}`, so that its receipt proves it."""
    conditions: list[Json] = [
        {"item": each.item, "values": [str(v) for v in each.values]} for each in planned.conditions
    ]
    body: dict[str, Json] = {"purpose": dict(asking.told_purpose), "fields": list(fields), "conditions": conditions}
    query = door.Query(asking.purpose, fields, (planned.conditions,), body=body)
    return door.Call(asking.by, planned.directory, query, asking.at, asking.request_id)


def _judged_already(_session: Session) -> None:
    """The request was judged, and its nonce spent, before anything was asked."""


def _named(planned: Planned) -> tuple[str, str, str, str, tuple[str, ...]]:
    return planned.directory, planned.name, planned.owner, planned.update_cycle, planned.zones


def _unasked(planned: Planned, code: str) -> Answered:
    outcome, reason = own_reason(code)
    return Answered(*_named(planned), outcome, reason)


def _refused(planned: Planned, refusal: DomainError) -> Answered:
    """Tell a refusal of the gate at its directory, as the direct call would have been told. Raises all others."""
    outcome = ENDS.get(refusal.kind)
    if outcome is None:
        raise refusal
    return Answered(*_named(planned), outcome, reason_of(refusal), problem=facts_of(refusal))


def reason_of(refusal: DomainError) -> dict[str, Json]:
    """Give a refusal as a reason, with its words in both languages."""
    return {
        "code": refusal.code,
        "zh": problems.sentence(refusal, "zh"),
        "en": problems.sentence(refusal, "en"),
    }


def facts_of(refusal: DomainError) -> dict[str, Json]:
    """Give the facts of a refusal, as its problem document has them."""
    members: Mapping[str, Any] = getattr(refusal, "members", {})
    return {"code": refusal.code, "retryable": refusal.retryable, **refusal.facts, **members}


def _record(
    house: House, asking: Asking, thing: Thing, answered: Sequence[Answered], beside: Mapping[str, Told]
) -> None:
    """Have the assembling on record: which uses it came to, and how its directories ended; nobody is named."""
    outcomes: dict[str, Json] = dict(sorted(Counter(each.outcome for each in answered).items()))
    usages: list[Json] = [each.usage for each in answered if each.usage is not None]
    usages += [usage for told in beside.values() for usage in told.usages]
    facts: dict[str, Json] = {
        "usages": usages,
        "directories": len(answered),
        "outcomes": outcomes,
        "item_code": asking.purpose.item_code,
        "stage": asking.purpose.stage.value,
        "ground": asking.purpose.ground.value,
    }
    with house.database.transaction() as session:
        ROOM.record(session, asking.by, asking.at, f"{thing.kind}.assembled", thing, **facts)
