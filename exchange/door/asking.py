"""What a call may have, and the questions that become of it: read in one transaction, before any source is asked.

Asked for is the grant first, so that whoever holds none learns nothing. A question names only granted items; the rows
that are granted stand in it as conditions beside the caller's own, so that the source itself leaves the others out. An
item that is shown masked may be named in a condition, and never be searched for: a range, halved often enough, tells
the value.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json, canonical
from exchange.agreements import grants
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.contracts import Allowed
from exchange.agreements.purposes import Purpose
from exchange.door import masking, quotas
from exchange.door.errors import NoSealingKey, UngrantedCondition
from exchange.door.quotas import Taking
from exchange.door.wiring import Gateway
from exchange.mounting import serving
from exchange.mounting.errors import UnaskableQuestion
from exchange.mounting.serving import Serving
from exchange.sources import questions
from exchange.sources.cursors import Bound, question_of
from exchange.sources.source import Column, Condition, Question, Test
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.envelopes import Recipient
from keys.parties import system_keys

ROWS: Final = 20
# A page of a large result: a source gives it at once, and a process that dies repeats no more than this.
EXPORTED_ROWS: Final = 500
# A look-up names one holder and few more; a hundred is a window's morning (the contract's batch).
MOST_SUBJECTS: Final = 100
NAMING: Final = frozenset({Test.EQUAL, Test.IN})


@dataclass(frozen=True)
class Query:
    """What a call asks: one set of conditions, or up to a hundred, each about one subject."""

    purpose: Purpose
    fields: tuple[str, ...]
    subjects: tuple[tuple[questions.Asked, ...], ...] = field(repr=False)
    is_batch: bool = False
    limit: int | None = None
    cursor: str | None = field(default=None, repr=False)
    sealed: bool = False
    is_export: bool = False
    body: Json = field(default=None, repr=False)


@dataclass(frozen=True)
class Call:
    """A call: who asks what of which directory, when, and as part of which request."""

    by: Caller
    directory: str
    query: Query
    at: datetime
    request_id: str = ""


@dataclass(frozen=True)
class Prepared:
    """A granted call: what it may have, of which mounts, the questions, and to whom the answer is sealed."""

    allowed: Allowed
    fields: tuple[str, ...]
    owner: str
    served: tuple[Serving, ...]
    questions: tuple[Question | None, ...] = field(repr=False)
    subjects: tuple[str, ...] = ()
    # By question, the consent that its holder gave; none at all where the grant asks for none.
    consents: tuple[str | None, ...] | None = None
    # By question, under what its holder finds the use.
    holders: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    recipient: Recipient | None = None


def prepare(session: Session, parts: Gateway, call: Call) -> Prepared:
    """Find out what the call may have, and lay out the questions.

    Raises `NotGranted`, `QuotaExceeded`, `UnaskableQuestion`, `UngrantedCondition`, `NoSealingKey`.
    """
    query, by = call.query, call.by
    allowed = require(session, call, call.at)
    fields = query.fields or allowed.contract.fields
    _require_conditions(allowed, query)
    quotas.look(session, [Taking(allowed.contract.id, allowed.quota, len(query.subjects))], call.at)
    served = serving.served(session, call.directory)
    recipient = recipient_of(session, by, call.at) if query.sealed or allowed.encrypted else None
    asked, subjects = _questions(call, allowed, fields, served.mounts), _subjects(parts, call)
    consents = None
    if allowed.consent:
        consents = tuple(
            parts.consents.standing(session, by, call.directory, query.purpose, query.subjects, fields, call.at)
        )
    holders = tuple(parts.consents.holders(session, query.subjects))
    prepared = Prepared(allowed, fields, served.owner, served.mounts, asked, subjects, consents, holders, recipient)
    return prepared if query.cursor is None else _onward(parts, call, prepared, query.cursor)


def require(session: Session, call: Call, at: datetime) -> Allowed:
    """Ask for the grant: of the items that are to be shown and of those that rows are asked by."""
    query = call.query
    named = dict.fromkeys([*query.fields, *(each.item for asked in query.subjects for each in asked)])
    mode = Mode.BATCH if query.is_batch or query.is_export else Mode.QUERY
    return grants.require(
        session, call.by, call.directory, query.purpose, tuple(named), mode, at, rows=query.limit or 1
    )


def _require_conditions(allowed: Allowed, query: Query) -> None:
    """Let a masked item be named, and never be searched for: a range, halved often enough, tells the value."""
    for place, asked in enumerate(query.subjects):
        for each in asked:
            is_range = each.test not in NAMING
            if is_range and allowed.contract.masks.get(each.item, masking.KEEP) != masking.KEEP:
                raise UngrantedCondition(each.item, f"range of a masked item (subject {place})")


def _questions(
    call: Call, allowed: Allowed, fields: Sequence[str], served: Sequence[Serving]
) -> tuple[Question | None, ...]:
    """Lay out a question for each subject; none where it lies outside the granted rows. Raises `UnaskableQuestion`."""
    query = call.query
    if not served:
        return (None,) * len(query.subjects)
    columns = served[0].plan.columns
    granted = tuple(questions.Asked(each.item, each.test, each.values) for each in allowed.conditions)
    usual = EXPORTED_ROWS if query.is_export else ROWS
    limit = query.limit or min(usual, allowed.quota.rows_per_call or usual)
    return tuple(_question(columns, fields, each, granted, limit) for each in query.subjects)


def _question(
    columns: Sequence[Column],
    fields: Sequence[str],
    asked: Sequence[questions.Asked],
    granted: Sequence[questions.Asked],
    limit: int,
) -> Question | None:
    own = questions.read(columns, tuple(fields), tuple(asked), limit).conditions
    bounds = questions.read(columns, (), tuple(granted), limit).conditions
    if any(_excludes(bound, each) for bound in bounds for each in own):
        return None
    return Question(tuple(fields), (*own, *bounds), limit)


def _excludes(bound: Condition, asked: Condition) -> bool:
    """Tell whether no value that is asked for is within the granted rows."""
    names = asked.test in NAMING and asked.item == bound.item
    return names and not any(bound.holds(value) for value in asked.values)


def recipient_of(session: Session, by: Caller, at: datetime) -> Recipient:
    """Find the key that the system opens sealed answers with: its newest SM2 key. Raises `NoSealingKey`."""
    for key in system_keys.keys_of(session, by.id):
        if key.kind == KeyKind.SM2 and system_keys.is_valid(key, at):
            return Recipient.of_key(asymmetric.public_key(key.spki))
    raise NoSealingKey(by.id)


def _onward(parts: Gateway, call: Call, prepared: Prepared, text: str) -> Prepared:
    """Go on where a page ended, at the mount that gave it and no other. Raises `UnaskableQuestion`."""
    question = prepared.questions[0]
    for each in prepared.served:
        if question is None:
            break
        with suppress(UnaskableQuestion):
            cursor = parts.cursors.opened(text, bound(call, prepared, each, question))
            onward = Question(question.fields, question.conditions, question.limit, cursor)
            return replace(prepared, served=(each,), questions=(onward,))
    raise UnaskableQuestion("#/cursor", "unknown")


def bound(call: Call, prepared: Prepared, serving: Serving, question: Question) -> Bound:
    """Say what a cursor is good for."""
    holder = f"{prepared.allowed.contract.id} {call.by.id}"
    return Bound(serving.plan.mount, call.directory, question_of(question), holder)


def _subjects(parts: Gateway, call: Call) -> tuple[str, ...]:
    """Hash whom each question is about: the values that it names, whatever their order."""
    return tuple(parts.subjects.of(_subject(asked)) for asked in call.query.subjects if asked)


def _subject(asked: Sequence[questions.Asked]) -> str:
    named = sorted((each.item, str(value)) for each in asked if each.test in NAMING for value in each.values)
    return canonical([list(each) for each in named]).decode()
