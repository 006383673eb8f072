"""One call to the gateway: grant → quota → source → mask → record → answer.

1. In a transaction that only reads: the signature is judged, the grant is asked for (`exchange.agreements.grants`), the
   quota is looked at, and the directory's mounts are laid out, the healthiest first.
2. Outside of any transaction the source is asked, with the caller's question reduced to what is granted: only granted
   items are shown and asked by, and the granted rows are a condition beside the caller's own. When a source does not
   answer, the next mount is asked.
3. What came is masked by the grant's rules, and the answer is written down whole.
4. In one transaction the call is recorded (`exchange.door.recording`): no record, no answer.
5. Only then it is answered; its receipt follows within a second (`exchange.door.receipts`).

A call that is refused is recorded as well, as an attempt. What may be asked is decided in `exchange.door.asking`.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.canonical import LARGEST_INTEGER, Json, canonical
from base.db import Database
from base.errors import DomainError
from exchange.door import masking, outcomes, receipt_trees, usages
from exchange.door.asking import Call, Prepared, bound, prepare, require
from exchange.door.outcomes import Outcome
from exchange.door.recording import Asked, Draft, Refused
from exchange.door.usages import Attempt, Use
from exchange.door.wiring import Gateway, Touched
from exchange.mounting.errors import UnusableMount
from exchange.mounting.serving import Serving
from exchange.mounting.wiring import MountParts, Plan
from exchange.sources import source
from exchange.sources.source import Answer, Found, Pending, Question
from exchange.sources.values import Value, plain
from keys import envelopes
from keys.parties.request_signing import Judged

RECEIPTS: Final = "/api/v1/receipts/"

Judge = Callable[[Session], Judged | None]


@dataclass(frozen=True)
class Item:
    """How one question ended: the outcome, the rows as they may be seen, and where they came from."""

    outcome: Outcome
    reason: str
    rows: tuple[dict[str, Json], ...] = field(default=(), repr=False)
    next_cursor: str | None = field(default=None, repr=False)
    mount: str = ""
    health: str = ""
    retry_after: int | None = None


def answer(database: Database, parts: Gateway, sources: MountParts, call: Call, judge: Judge) -> bytes:
    """Answer a call, as canonical JSON, when it is on record.

    Raises `NotGranted`, `QuotaExceeded`, `UnaskableQuestion`, `UngrantedCondition`, `NoSealingKey`, `RequestReplayed`,
    what judging a signature raises, and `DatabaseBusy` and its like, after which the call was not answered.
    """
    parts.open(database)
    signed: Judged | None = None
    try:
        with database.reading() as session:
            signed = judge(session)
            prepared = prepare(session, parts, call)
    except DomainError as refusal:
        attempt = Attempt(call.at, call.by, call.directory, refusal.code, call.query.purpose, call.request_id)
        parts.recorder.record(database, Refused(attempt, signed), call.at)
        raise
    items, asked = ask(parts, sources, call, prepared)
    usage = usages.new_id(call.at)
    told = canonical(_told(call, prepared, items, usage))
    parts.recorder.record(database, drafted(parts, call, prepared, items, asked, usage, told, signed), call.at)
    return told[:-1] + b',"receipt":{"url":"' + f"{RECEIPTS}{usage}".encode() + b'"}}'


def ask(parts: Gateway, sources: MountParts, call: Call, prepared: Prepared) -> tuple[list[Item], tuple[Asked, ...]]:
    """Ask the source every question; tell how each ended, and how the mounts answered."""
    asked: list[Asked] = []
    agreed = prepared.consents or (None,) * len(prepared.questions)
    items = [
        _item(parts, sources, call, prepared, question, asked)
        if prepared.consents is None or consent is not None
        else Item(Outcome.DENIED, "consent-missing")
        for question, consent in zip(prepared.questions, agreed, strict=True)
    ]
    return items, tuple(asked)


def _item(
    parts: Gateway, sources: MountParts, call: Call, prepared: Prepared, question: Question | None, asked: list[Asked]
) -> Item:
    """Ask one question, of one mount after the other, until one answers."""
    if question is None:
        return Item(Outcome.NOT_COVERED, "outside-grant" if prepared.served else "not-mounted")
    item = Item(Outcome.NOT_COVERED, "not-mounted")
    for serving in prepared.served:
        found = _ask(sources, serving.plan, question, asked)
        item = _seen(parts, call, prepared, serving, question, found)
        if found.outcome not in outcomes.FALLS_OVER:
            break
    return item


def _ask(sources: MountParts, plan: Plan, question: Question, asked: list[Asked]) -> Answer:
    began = clock.stopwatch()
    try:
        found: Answer = sources.source(plan).ask(question)
    except UnusableMount:
        found = source.Refused("unusable")
    asked.append(Asked(plan.mount, found.outcome, round((clock.stopwatch() - began) * 1000)))
    return found


def _seen(parts: Gateway, call: Call, prepared: Prepared, serving: Serving, question: Question, found: Answer) -> Item:
    """Give what may be seen of an answer."""
    outcome, reason = outcomes.of(found)
    if not isinstance(found, Found):
        wait = found.retry_after if isinstance(found, Pending) else None
        return Item(outcome, reason, mount=serving.plan.mount, health=serving.health, retry_after=wait)
    contract = prepared.allowed.contract
    masks = {name: rule for name, rule in contract.masks.items() if name in prepared.fields}
    rows = tuple(_row(masking.masked(row, masks, contract.salt)) for row in found.rows)
    cursor = None
    if found.next is not None and not call.query.is_batch:
        cursor = parts.cursors.seal(found.next, bound(call, prepared, serving, question))
    return Item(outcome, reason, rows, cursor, serving.plan.mount, serving.health)


def _row(row: dict[str, Value]) -> dict[str, Json]:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Value) -> Json:
    """Write a value as JSON; a number that other readers would round (RFC 8259 6) as text."""
    written = plain(value)
    if isinstance(written, int) and not isinstance(written, bool) and abs(written) > LARGEST_INTEGER:
        return str(written)
    return written


def _told(call: Call, prepared: Prepared, items: Sequence[Item], usage: str) -> dict[str, Json]:
    """Write the answer, without the member that leads to the receipt."""
    as_of = clock.rfc3339(call.at)
    outcome, reason = outcomes.of_all((each.outcome, each.reason) for each in items)
    told: dict[str, Json] = {"outcome": outcome.value, "reason": dict(outcomes.reason(reason)), "usage_id": usage}
    listed: list[Json] = [_content(each, as_of) for each in items]
    content: dict[str, Json] = {"items": listed} if call.query.is_batch else _content(items[0], as_of)
    if prepared.recipient is None:
        return {**content, **told}
    sealed = envelopes.closed(canonical(content), [prepared.recipient])
    return {**told, "sealed": base64.b64encode(sealed).decode("ascii")}


def _content(item: Item, as_of: str) -> dict[str, Json]:
    origin: Json = {"mount": item.mount, "health": item.health, "as_of": as_of} if item.mount else None
    return {
        "outcome": item.outcome.value,
        "reason": dict(outcomes.reason(item.reason)),
        "rows": list(item.rows),
        "next_cursor": item.next_cursor,
        "retry_after": item.retry_after,
        "source": origin,
    }


def drafted(
    parts: Gateway,
    call: Call,
    prepared: Prepared,
    items: Sequence[Item],
    asked: tuple[Asked, ...],
    usage: str,
    told: bytes,
    signed: Judged | None = None,
) -> Draft:
    """Write down the use, with the digests of what was asked and of what is answered."""
    salt = parts.salts.of(usage)
    outcome, reason = outcomes.of_all((each.outcome, each.reason) for each in items)
    first = items[0]
    use = Use(
        usage,
        call.at,
        call.by,
        call.directory,
        prepared.owner,
        prepared.allowed.contract.id,
        prepared.allowed.contract.version,
        call.query.purpose,
        prepared.fields,
        prepared.subjects,
        outcome.value,
        reason,
        sum(len(each.rows) for each in items),
        first.mount,
        first.health,
        receipt_trees.request_sm3(salt, call.directory, call.query.body),
        receipt_trees.digested(salt, told),
        call.request_id,
    )
    again = lambda session, at: require(session, call, at)  # noqa: E731 - one line of a value
    acts = tuple(_acts(parts, prepared, items, usage))
    rows = parts.consents.told(use, _touched(prepared, items))
    return Draft(use, prepared.allowed, len(items), again, signed, asked, rows=rows, acts=acts)


def _touched(prepared: Prepared, items: Sequence[Item]) -> list[Touched]:
    """Tell what the call came to for each whom it asked for: what was shown, or that nothing was."""
    agreed = prepared.consents or (None,) * len(items)
    return [
        Touched(holders, prepared.fields if item.rows else (), item.outcome.value, (consent or "") if item.rows else "")
        for item, holders, consent in zip(items, prepared.holders, agreed, strict=False)
        if holders
    ]


def _acts(
    parts: Gateway, prepared: Prepared, items: Sequence[Item], usage: str
) -> Iterator[Callable[[Session, datetime], None]]:
    """Count the use of each consent under which something is shown; one that is gone by then ends the call."""
    agreed = zip(items, prepared.consents or (), strict=False)
    for consent in dict.fromkeys(consent for item, consent in agreed if consent is not None and item.rows):
        yield lambda session, at, consent=consent: parts.consents.used(session, consent, usage, at)  # type: ignore[misc]
