"""Records calls before they are answered: no record, no answer. Calls that meet are recorded in one transaction.

A commit costs a write to the disk, whatever is in it, and the ledger's tail is taken by one transaction at a time. So
threads of one process that want to record at the same moment share one: the first does the work of those that wait
behind it (*flat combining*), and each of them answers only after that one commit. What a transaction does is the same
for one call and for many, in as many statements:

1. the grants are held against their state now: one that was changed since it was judged answers nothing;
2. nonces of signed requests are spent, all in one statement: of two that bring the same, one is answered;
3. quotas are taken; who comes too late for the last call is refused and takes nothing; so are others' acts done;
4. the uses, how sources answered, the signatures that callers cannot deny later, and the refusals are written;
5. as the last act the ledger appends an entry each.

A transaction that fails as a whole is done again for each call alone, so that nobody fails for another's fault.
"""

import functools
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base import audit
from base.audit import Entry
from base.callers import Caller
from base.db import Base, Database
from base.errors import DomainError
from exchange.agreements.contracts import Allowed
from exchange.door import quotas
from exchange.door.models import Usage
from exchange.door.quotas import Taking
from exchange.door.usages import Attempt, Use
from exchange.mounting.models import MountCount
from exchange.sources.source import Outcome
from keys.parties import signed_requests, spending
from keys.parties.errors import RequestReplayed
from keys.parties.request_signing import NONCE_KEPT, Judged


@dataclass(frozen=True)
class Asked:
    """How a source answered one question."""

    mount: str
    outcome: Outcome
    milliseconds: int


# Asks once more whether the call is granted.
Again = Callable[[Session, datetime], Allowed]


@dataclass(frozen=True)
class Draft:
    """A call that is about to be answered: its use, under what it was allowed, and what it takes."""

    use: Use
    allowed: Allowed
    calls: int
    again: Again
    signed: Judged | None = None
    asked: tuple[Asked, ...] = ()
    # What else is counted with the call, and the rows of others that stand or fall with its record.
    takings: tuple[Taking, ...] = ()
    rows: tuple[tuple[Insert, Mapping[str, Any]], ...] = ()
    # What must be done with the record, or else the call is refused: the last use of a consent is one call's.
    acts: tuple[Callable[[Session, datetime], None], ...] = ()


@dataclass(frozen=True)
class Refused:
    """A call that is about to be refused."""

    attempt: Attempt
    signed: Judged | None = None


Record = Draft | Refused
_COUNTS, _USES = Base.metadata.tables[MountCount.__tablename__], insert(Base.metadata.tables[Usage.__tablename__])
# Which grants still stand as they were judged; the others' calls answer nothing.
Standing = Callable[[Session, Sequence[Draft], datetime], dict[str, DomainError]]


@dataclass(eq=False)
class _Ticket:
    record: Record
    at: datetime
    is_done: bool = False
    error: BaseException | None = None


class Recorder:
    """Records calls of one process; of those that meet, one thread does the work."""

    def __init__(self, standing: Standing, together: int) -> None:
        self._standing = standing
        self._together = together
        self._waiting: deque[_Ticket] = deque()
        self._turn = threading.Lock()

    def record(self, database: Database, record: Record, at: datetime) -> None:
        """Have a call on record when this returns. Raises why it must not be answered after all."""
        ticket = _Ticket(record, at)
        self._waiting.append(ticket)
        while not ticket.is_done:
            with self._turn:
                if not ticket.is_done:
                    self._work(database)
        if ticket.error is not None:
            raise ticket.error

    def _work(self, database: Database) -> None:
        """Record what waits, as far as it fits into one transaction; only whoever has the turn takes tickets."""
        tickets = [self._waiting.popleft() for _ in range(min(self._together, len(self._waiting)))]
        try:
            self._carry_out(database, tickets)
        except Exception as fault:  # noqa: BLE001 - it is raised again where the call is answered
            if len(tickets) == 1:
                tickets[0].error, tickets[0].is_done = fault, True
                return
            for ticket in tickets:
                self._alone(database, ticket)

    def _alone(self, database: Database, ticket: _Ticket) -> None:
        try:
            self._carry_out(database, [ticket])
        except Exception as fault:  # noqa: BLE001 - as above
            ticket.error, ticket.is_done = fault, True

    def _carry_out(self, database: Database, tickets: list[_Ticket]) -> None:
        with database.transaction() as session:
            errors = self.write(session, [each.record for each in tickets], max(each.at for each in tickets))
        for ticket, error in zip(tickets, errors, strict=True):
            ticket.error, ticket.is_done = error, True

    def write(self, session: Session, records: Sequence[Record], at: datetime) -> list[DomainError | None]:
        """Write calls; tell for each why it must not be answered after all, if so."""
        errors: list[DomainError | None] = [None] * len(records)
        drafts = [each for each in records if isinstance(each, Draft)]
        gone = self._standing(session, drafts, at) if drafts else {}
        for place, each in enumerate(records):
            if isinstance(each, Draft):
                errors[place] = gone.get(each.use.id)
        _spend_nonces(session, records, errors, at)
        _take_quotas(session, records, errors, at)
        _act(session, records, errors, at)
        _write(session, records, errors, at)
        return errors


def _spend_nonces(session: Session, records: Sequence[Record], errors: list[DomainError | None], at: datetime) -> None:
    """Spend the nonce of every signed request."""
    signed = [(place, _caller(each).id, each.signed.input.nonce) for place, each in enumerate(records) if each.signed]
    new = spending.spend_all(session, spending.REQUEST, [(owner, nonce) for _, owner, nonce in signed], at + NONCE_KEPT)
    for (place, _, _), is_new in zip(signed, new, strict=True):
        if not is_new:
            errors[place] = RequestReplayed()


def _take_quotas(session: Session, records: Sequence[Record], errors: list[DomainError | None], at: datetime) -> None:
    """Take the quotas of those that are answered; where a grant has not enough for all, each is asked alone."""
    taking = [
        (place, taken)
        for place, each in enumerate(records)
        if isinstance(each, Draft) and errors[place] is None
        for taken in (Taking(each.use.grant, each.allowed.quota, each.calls), *each.takings)
    ]
    wanted = Counter[str]()
    for _, each in taking:
        wanted[each.grant] += each.calls
    quota_of = {each.grant: each.quota for _, each in taking}
    over = quotas.take(session, [Taking(grant, quota_of[grant], calls) for grant, calls in wanted.items()], at)
    for place, each in taking:
        if each.grant not in over:
            continue
        is_alone = wanted[each.grant] == each.calls
        refusal = over[each.grant] if is_alone else quotas.take(session, [each], at).get(each.grant)
        errors[place] = errors[place] or refusal


def _act(session: Session, records: Sequence[Record], errors: list[DomainError | None], at: datetime) -> None:
    """Do what belongs to the calls that are answered."""
    for place, each in enumerate(records):
        if not isinstance(each, Draft) or errors[place] is not None:
            continue
        try:
            for act in each.acts:
                act(session, at)
        except DomainError as refusal:
            errors[place] = refusal


def _write(session: Session, records: Sequence[Record], errors: list[DomainError | None], at: datetime) -> None:
    uses: list[Use] = []
    further: dict[Insert, list[Mapping[str, Any]]] = {}
    asked: list[Asked] = []
    for record, error in zip(records, errors, strict=True):
        if record.signed is not None and not isinstance(error, RequestReplayed):
            signed_requests.keep(session, record.signed, _caller(record), at)
        asked.extend(record.asked if isinstance(record, Draft) else ())
        if isinstance(record, Draft) and error is None:
            uses.append(record.use)
            for statement, row in record.rows:
                further.setdefault(statement, []).append(row)
        audit.record(session, _entry(record, error))
    _count(session, asked, at)
    if uses:
        session.connection().execute(_USES, [each.row for each in uses])
    for statement, rows in further.items():
        session.connection().execute(statement, rows)


def _count(session: Session, asked: Sequence[Asked], at: datetime) -> None:
    """Count how sources answered, as `mounts.count` does for one; rows are taken in one order everywhere."""
    calls = Counter((each.mount, each.outcome.value) for each in asked)
    spent = Counter[tuple[str, str]]()
    for each in asked:
        spent[each.mount, each.outcome.value] += each.milliseconds
    hour = at.replace(minute=0, second=0, microsecond=0)
    rows = [
        {
            "mount": mount,
            "hour": hour,
            "outcome": outcome,
            "calls": calls[mount, outcome],
            "milliseconds": spent[mount, outcome],
        }
        for mount, outcome in sorted(calls)
    ]
    if rows:
        connection = session.connection()
        connection.execute(_counting(connection.dialect.name), rows)


@functools.cache
def _counting(dialect: str) -> Any:
    """Write the statement once: making one anew takes longer than carrying it out."""
    adding = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(_COUNTS)
    more = {name: _COUNTS.c[name] + adding.excluded[name] for name in ("calls", "milliseconds")}
    return adding.on_conflict_do_update(index_elements=["mount", "hour", "outcome"], set_=more)


def _entry(record: Record, error: DomainError | None) -> Entry:
    if isinstance(record, Refused):
        return record.attempt.entry
    use = record.use
    if error is None:
        return use.entry
    return Attempt(use.at, use.by, use.directory, error.code, use.purpose, use.request_id).entry


def _caller(record: Record) -> Caller:
    return record.use.by if isinstance(record, Draft) else record.attempt.by
