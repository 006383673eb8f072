"""A house that signs tree heads: its database, a key, a folder and a server as witnesses; and what is done to it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from base import ledger
from base.audit import Entry
from base.db import Base, Database
from base.ledger_faults import Fault
from base.ledger_verification import Verification, verify
from base.models import AuditEntry, LedgerNode, LedgerTail
from base.notices import Role
from base.program import Remembered
from keys.algorithms import sm2
from keys.checkpoints import deliveries, heads, signing
from keys.checkpoints.head import SignedHead
from keys.checkpoints.models import Checkpoint, CheckpointAlarm, WitnessDelivery
from keys.checkpoints.remembering import remembering
from keys.checkpoints.wiring import Checkpoints
from keys.signers.software import SoftwareSigner
from keys.witnesses.file import FileWitness
from keys.witnesses.http import HttpWitness
from tests.base.entries import record_many
from tests.simulators.witness_server import WitnessServer

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOG = "yinxin.example/ledger"
URL = "http://witness.example/yinxin"
ORGANISATION = "11320900YNX000116M"


@dataclass
class House:
    """The house under test."""

    database: Database
    parts: Checkpoints
    folder: Path
    server: WitnessServer
    now: datetime = AT
    grown: int = 0

    def grow(self, count: int = 10) -> None:
        record_many(self.database, count, first=self.grown)
        self.grown += count

    def sign(self) -> SignedHead | None:
        self.now += MINUTE
        return signing.sign(self.database, self.parts, self.now)

    def signed(self, count: int = 10) -> SignedHead:
        self.grow(count)
        made = self.sign()
        assert made is not None
        return made

    def deliver(self, later: timedelta = timedelta(0)) -> dict[str, int]:
        self.now += later
        return deliveries.deliver_due(self.database, self.parts, self.now)

    def round(self, count: int = 10) -> SignedHead:
        made = self.signed(count)
        self.deliver()
        return made

    def read(self, act: Callable[[Session], Any]) -> Any:
        with self.database.reading() as session:
            return act(session)

    def rows(self, model: Any) -> list[Any]:
        with self.database.reading() as session:
            return list(session.scalars(select(model).order_by(*model.__table__.primary_key)))

    def alarms(self) -> list[tuple[str, str, bool]]:
        return [(each.code, each.witness, each.stops) for each in self.rows(CheckpointAlarm) if not each.settled_at]

    def kept(self) -> list[SignedHead]:
        with self.database.reading() as session:
            return [heads.kept(session, each).signed for each in self.rows(Checkpoint) if each.note]

    def statuses(self) -> dict[str, deliveries.WitnessStatus]:
        return {each.witness: each for each in self.read(lambda session: deliveries.statuses(session, LOG))}

    def notes(self) -> list[bytes]:
        return [each.read_bytes() for each in sorted(self.folder.rglob("*.note"))]

    def witnesses(self, *names: str) -> None:
        self.parts = replace(self.parts, witnesses=tuple(each for each in self.parts.witnesses if each.name in names))


def house(database: Database, folder: Path, **told: Any) -> House:
    """Build the house with both kinds of witnesses."""
    private, server = sm2.PrivateKey.generated(), WitnessServer()
    folder.mkdir(exist_ok=True)
    file = FileWitness("audit", folder)
    http = HttpWitness("province", URL, server, server.key)
    parts = Checkpoints(
        key="ledger",
        origin=LOG,
        interval=MINUTE,
        entries=1000,
        witnesses=(file, http),
        recipients=(Role(ORGANISATION, "secadmin"),),
        signer_for=lambda _session, _key_id: SoftwareSigner(private),
    )
    return House(database, replace(parts, **told), folder, server)


@dataclass
class Snapshot:
    """All that a database holds."""

    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)


def snapshot(database: Database) -> Snapshot:
    with database.reading() as session:
        tables = Base.metadata.sorted_tables
        return Snapshot({table: [dict(row._mapping) for row in session.execute(select(table))] for table in tables})


def restore(database: Database, taken: Snapshot) -> None:
    """Bring an earlier state back, as a restored backup does."""
    with database.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if taken.rows[table]:
                connection.execute(insert(table), taken.rows[table])


# What somebody with the database in hand can do to the ledger, in a session that is rolled back afterwards.


def contents(session: Session) -> list[bytes]:
    return list(session.scalars(select(AuditEntry.content).order_by(AuditEntry.leaf_index)))


def rewrite(session: Session, wanted: list[bytes]) -> None:
    """Replace the whole ledger by another that is sound in itself."""
    session.execute(delete(AuditEntry))
    session.execute(delete(LedgerNode))
    for index, content in enumerate(wanted):
        entry = Entry.of_content(content)
        assert entry is not None
        session.execute(insert(AuditEntry).values(leaf_index=index, content=content, **entry.columns))
    frontier, nodes = ledger.append(ledger.Frontier(), map(ledger.leaf_hash, wanted))
    rows = [{"level": node.level, "node_index": node.index, "hash": node.hash} for node in nodes]
    session.execute(insert(LedgerNode), rows)
    session.execute(update(LedgerTail).values(size=frontier.size, frontier=frontier.blob))


def edited(content: bytes) -> bytes:
    entry = Entry.of_content(content)
    assert entry is not None
    return replace(entry, outcome=f"{entry.outcome}!").content


def forget_heads(session: Session, above: int) -> None:
    """Cover the traces: heads that remember more are removed."""
    numbers = select(Checkpoint.number).where(Checkpoint.size > above)
    session.execute(delete(WitnessDelivery).where(WitnessDelivery.number.in_(numbers)))
    session.execute(delete(Checkpoint).where(Checkpoint.size > above))


# --- what somebody with the database in hand can do, each with the fault and an entry that it concerns --------------


def verification(home: House, session: Session) -> tuple[Verification, Remembered]:
    """Verify the whole ledger against kept heads and what witnesses remember."""
    running: Any = SimpleNamespace(parts={Checkpoints: home.parts})
    told = remembering(running, session)
    return verify(session, remembered=told.heads), told


def edit(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    at = chance.randrange(size)
    session.execute(update(AuditEntry).where(AuditEntry.leaf_index == at).values(content=edited(contents(session)[at])))
    return Fault.CHANGED, at


def remove(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    at = chance.randrange(size)
    session.execute(delete(AuditEntry).where(AuditEntry.leaf_index == at))
    return Fault.MISSING, at


def swap(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    one, two = chance.sample(range(size), 2)
    told = contents(session)
    for at, content in ((one, told[two]), (two, told[one])):
        session.execute(update(AuditEntry).where(AuditEntry.leaf_index == at).values(content=content))
    return Fault.MOVED, one


def slip_in(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    at = chance.randrange(size)
    told = contents(session)
    rewrite(session, [*told[:at], edited(told[at]), *told[at:]])
    return Fault.FORKED, at


def rewrite_from(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    at = chance.randrange(size)
    told = contents(session)
    rewrite(session, [*told[:at], edited(told[at]), *told[at + 1 :]])
    return Fault.FORKED, at


def cut(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    at = chance.randrange(1, size)
    rewrite(session, contents(session)[:at])
    return Fault.CUT, at


def cut_with_heads(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    fault, at = cut(session, chance, size)
    forget_heads(session, at)
    return fault, at


def roll_back(session: Session, chance: Random, size: int) -> tuple[Fault, int]:
    """Cut at a signed head: the database is exactly what it was then."""
    sizes = list(session.scalars(select(Checkpoint.size).where(Checkpoint.size < size).order_by(Checkpoint.size)))
    at = chance.choice(sizes)
    rewrite(session, contents(session)[:at])
    forget_heads(session, at)
    return Fault.CUT, at


WAYS = (edit, remove, swap, slip_in, rewrite_from, cut, cut_with_heads, roll_back)
