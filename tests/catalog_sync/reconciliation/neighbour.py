"""A platform that is another site like this one: it holds what it was told in the table of held records, and answers.

Its answers are those of the house's own code, from its own table; a test bends them, or changes the table behind its
back as damage would. It stands in the same database as the house, under the name of the partner.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update

from base.db import Database
from catalog_sync.cascade.models import TOLD, Held
from catalog_sync.reconciliation import answering
from catalog_sync.reconciliation.answering import Trees
from catalog_sync.reconciliation.signing import BalanceKey
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.target import Reply
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.signers.software import SoftwareSigner
from tests.catalog_sync.platform import Platform

PARTNER = "city"


def balance_key(name: str) -> BalanceKey:
    """Make a key that signs balances."""
    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    return BalanceKey("balance", name, lambda _session, _id: signer)


@dataclass
class Neighbour(Platform):
    """The other site; `bend` may change an answer on its way."""

    name: str = "province"
    database: Database = field(kw_only=True)
    trees: Trees = field(default_factory=Trees)
    key: BalanceKey | None = None
    bend: Callable[[bytes], bytes] = lambda answer: answer
    questions: list[bytes] = field(default_factory=list)

    def send(self, records: Sequence[Record], known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:
        """Take records, and hold them."""
        replies = super().send(records, known, at)
        with self.database.transaction() as session:
            for record in records:
                kept = self.held.get(record.subject)
                if kept is None or kept.key == record.key:
                    session.execute(delete(Held).where(*_is(record.subject)))
                if kept is not None and kept.key == record.key:
                    session.add(_held(record, at))
        return replies

    def compare(self, question: bytes, at: datetime) -> bytes:
        """Answer a question."""
        self.calls.append(("compare", at, len(question)))
        self.before([])
        self.questions.append(question)
        with self.database.reading() as session:
            return self.bend(answering.answer(session, self.trees, PARTNER, question, at))

    def countersign(self, balance: bytes, at: datetime) -> bytes | None:
        """Sign a balance."""
        with self.database.transaction() as session:
            return answering.countersign(session, self.trees, PARTNER, balance, self.key, at)

    def damage(self, kind: str, thing: str, **values: Any) -> None:
        """Change what is held, behind everybody's back; without values it is gone."""
        named = _is(Subject(kind, thing))
        with self.database.transaction() as session:
            assert session.scalars(select(Held.id).where(*named)).one()
            session.execute(update(Held).where(*named).values(**values) if values else delete(Held).where(*named))

    def plant(self, record: Record, at: datetime) -> None:
        """Have something held that nobody told."""
        with self.database.transaction() as session:
            session.add(_held(record, at))


def _is(subject: Subject) -> tuple[Any, ...]:
    return (Held.way == TOLD, Held.partner == PARTNER, Held.kind == subject.kind, Held.thing == subject.id)


def _held(record: Record, at: datetime) -> Held:
    return Held(
        way=TOLD,
        partner=PARTNER,
        kind=record.subject.kind,
        thing=record.subject.id,
        version=record.version,
        operation=record.operation.value,
        key=record.key,
        digest=record.digest,
        organisation="",
        region="",
        day=date.fromisoformat(record.day),
        needs=[],
        content=b"sealed",
        is_gone=record.operation is Operation.DELETE,
        first_at=at,
        changed_at=at,
    )
