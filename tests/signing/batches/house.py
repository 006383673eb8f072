"""An active seal with leave for one system, and a worker that carries batches out, or dies over them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import bulk
from base.bulk import TaskState
from base.db import Database
from base.scheduling.bulk_work import Hands
from keys.authority.wiring import Authority
from keys.custody.custody import Custody
from keys.custody.kek import FileKek
from keys.custody.wiring import CustodyParts
from keys.data_keys import DataKeys
from keys.parties.models import System
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import register, sample_documents
from signing.batches import keeping, work
from signing.batches.keeping import NewBatch, NewDocument
from signing.batches.models import SealBatchDocument
from signing.models import SealUse
from signing.seals.seal import Version
from signing.wiring import Signing
from tests.signing import offices
from tests.signing.offices import SYSTEM, TYPE, WINDOW, active_seal, authorised, authority, signing_identity

OFD, PDF = sample_documents.ofd(), sample_documents.pdf()
BROKEN = b"%PDF-1.7 broken"
SILENCE = timedelta(minutes=5)


def signer_for(_session: Session, key_id: str) -> Signer:
    return SoftwareSigner(signing_identity(key_id.removeprefix("seal-")).key)


def trust_at(_session: Session, at: datetime) -> Trust:
    return Trust(at, (Anchor(authority().certificate),))


def parts(folder: Path) -> dict[type[Any], Any]:
    data_keys = DataKeys(FileKek(folder / "kek"))
    return {
        Signing: Signing(signer_for, trust_at, None, "", None, Version.GBT38540_2020, 1 << 20),
        Authority: Authority(signer_for, "http://127.0.0.1"),
        CustodyParts: CustodyParts(cast("Custody", None), data_keys),
    }


def sealed_site(database: Database, at: datetime, ceiling: int = 100) -> str:
    """Make the organisations, an active seal and leave to use it; gives the seal's number."""
    offices.opened(database, at)
    with database.transaction() as session:
        session.get_one(System, SYSTEM).scopes = keeping.SCOPE
        row = active_seal(session, at)
        authorised(session, row, at, ceiling=ceiling)
        return row.id


def batch(
    database: Database, told: Mapping[type[Any], Any], seal: str, at: datetime, contents: tuple[bytes, ...]
) -> tuple[str, int]:
    """Take a batch in and start it; gives its number and the task's."""
    new = NewBatch(seal, TYPE, "issue", "320902", "演示批量")
    with database.transaction() as session:
        row = keeping.open_batch(session, new, WINDOW, at)
        files = [NewDocument(f"{number}.bin", each) for number, each in enumerate(contents)]
        keeping.add(session, told[CustodyParts].data_keys, row, files, at)
        return row.id, work.start(session, row, WINDOW, at)


def worked(database: Database, told: Mapping[type[Any], Any], task: int, at: datetime) -> TaskState | None:
    """Carry a task out, as a worker does."""
    hands = Hands(database, {work.JOB.name: work.JOB}, "here", lambda _session: at, told)
    return hands.carry_out(task, lambda: False)


def taken_over(database: Database, told: Mapping[type[Any], Any], task: int, at: datetime) -> TaskState | None:
    """Let the silence of a dead worker pass, and another carry the task on."""
    later = at + SILENCE + timedelta(seconds=1)
    with database.transaction() as session:
        assert bulk.abandoned(session, later, SILENCE) == [task]
    return worked(database, told, task, later)


class Died(BaseException):
    """The process is killed: nothing catches it, nothing is cleaned up."""


def dying(act: Callable[..., Any], at_call: int, *, after: bool) -> Callable[..., Any]:
    """Make an act that dies in one of its calls, before or after it is done."""
    calls = 0

    def dies(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at_call and not after:
            raise Died
        done = act(*given, **named)
        if calls == at_call:
            raise Died
        return done

    return dies


def documents(database: Database, known: str) -> list[SealBatchDocument]:
    with database.reading() as session:
        rows = select(SealBatchDocument).where(SealBatchDocument.batch == known)
        return list(session.scalars(rows.order_by(SealBatchDocument.number)))


def uses(database: Database) -> list[SealUse]:
    with database.reading() as session:
        return list(session.scalars(select(SealUse).order_by(SealUse.at, SealUse.id)))


def standing(database: Database, known: str) -> keeping.Standing:
    with database.reading() as session:
        return keeping.standing(session, keeping.batch_of(session, known, WINDOW))


def fetched(database: Database, told: Mapping[type[Any], Any], known: str, number: int) -> bytes:
    with database.reading() as session:
        row = keeping.batch_of(session, known, WINDOW)
        return keeping.fetched(session, told[CustodyParts].data_keys, row, number)


def seal_of(session: Session, known: str) -> Any:
    return register.seal_of(session, known)
