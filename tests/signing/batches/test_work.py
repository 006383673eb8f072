"""A batch is sealed one by one: what fails is told, who dies is replaced, and no document is sealed twice."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import bulk, clock
from base.bulk import TaskState
from base.callers import Caller
from base.db import Database
from base.errors import DomainError, Kind
from keys.algorithms.sm3 import SM3
from keys.parties.models import System
from keys.trust import Anchor, Trust
from signing import register, sealing
from signing.batches import keeping, work
from signing.batches.errors import (
    NoSuchBatchDocument,
    NoSuchSealBatch,
    NothingLeftToSeal,
    SealBatchUnderWay,
    TooManySealBatches,
)
from signing.batches.keeping import NewBatch
from signing.batches.models import FAILED, SEALED, WAITING, SealBatch, SealBatchDocument
from signing.life import Step
from signing.models import DONE, SealUse
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.sealing_command_errors import SystemNeeded
from signing.verification import verify
from tests.signing.batches import house
from tests.signing.batches.house import BROKEN, OFD, PDF, Died, batch, documents, dying, standing, uses, worked
from tests.signing.offices import HEAD, SYSTEM, TYPE, WINDOW, authority

Told = dict[type[Any], Any]


@pytest.fixture
def told(tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(clock, "now", lambda: at)
    return house.parts(tmp_path)


@pytest.fixture
def seal(database: Database, at: datetime) -> str:
    return house.sealed_site(database, at)


def states(database: Database, known: str) -> list[str]:
    return [each.state for each in documents(database, known)]


def test_every_document_is_sealed_and_can_be_fetched(database: Database, told: Told, seal: str, at: datetime):
    known, task = batch(database, told, seal, at, (OFD, PDF))
    assert standing(database, known).state == "running"
    assert worked(database, told, task, at) is TaskState.DONE
    found = standing(database, known)
    assert (found.state, found.problem) == ("done", None)
    assert dict(found.counts) == {WAITING: 0, SEALED: 2, FAILED: 0}
    for row in documents(database, known):
        content = house.fetched(database, told, known, row.number)
        trusted = Trust(at, (Anchor(authority().certificate),))
        assert verify(content, row.name, trusted, DEFAULT, at).verdict is Verdict.VALID
        assert SM3.of(content).hex() == row.sm3
    assert [each.state for each in uses(database)] == [DONE, DONE]


def test_one_bad_file_does_not_stop_the_rest(database: Database, told: Told, seal: str, at: datetime):
    known, task = batch(database, told, seal, at, (OFD, BROKEN, b"neither", PDF))
    worked(database, told, task, at)
    assert states(database, known) == [SEALED, FAILED, FAILED, SEALED]
    assert [each.code for each in documents(database, known)][2] == "unreadable-document"
    assert standing(database, known).state == "done"
    with pytest.raises(NoSuchBatchDocument):
        house.fetched(database, told, known, 2)


def test_a_fault_of_ours_over_one_file_does_not_stop_the_rest(
    database: Database, told: Told, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    original = sealing.checked

    def checked(order: sealing.Order, *rest: Any) -> sealing.Checked:
        if order.name == "0.bin":
            raise ZeroDivisionError
        return original(order, *rest)

    monkeypatch.setattr(sealing, "checked", checked)
    known, task = batch(database, told, seal, at, (OFD, PDF))
    worked(database, told, task, at)
    assert [(each.state, each.code) for each in documents(database, known)] == [
        (FAILED, "work-faulted"),
        (SEALED, None),
    ]


POINTS = {
    "before it is begun": (sealing, "begin", False),
    "when it was just begun": (sealing, "begin", True),
    "before the key signs": (sealing, "carry_out", False),
    "after the key signed": (sealing, "carry_out", True),
    "before it is settled": (sealing, "settle", False),
    "in the transaction that settles it": (sealing, "settle", True),
    "before it is counted": (keeping, "counts", False),
}


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("point", POINTS)
def test_whoever_dies_is_replaced_and_no_use_is_doubled(
    database: Database, told: Told, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch, point: str, call: int
):
    module, name, after = POINTS[point]
    known, task = batch(database, told, seal, at, (OFD, BROKEN, PDF, OFD))
    with monkeypatch.context() as patched:
        patched.setattr(module, name, dying(getattr(module, name), call, after=after))
        with pytest.raises(Died):
            worked(database, told, task, at)
    assert house.taken_over(database, told, task, at) is TaskState.DONE
    assert states(database, known) == [SEALED, FAILED, SEALED, SEALED]
    counted = Counter(each.state for each in uses(database))
    assert counted[DONE] == 3
    assert counted["intended"] == 0
    assert {each.failure for each in uses(database)} <= {None, "interrupted"}
    assert {each.use for each in documents(database, known) if each.use} == {
        each.id for each in uses(database) if each.state == DONE
    }


def test_a_death_costs_nothing_of_the_days_ceiling(
    database: Database, told: Told, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    seal = house.sealed_site(database, at, ceiling=1)
    known, task = batch(database, told, seal, at, (OFD,))
    with monkeypatch.context() as patched:
        patched.setattr(sealing, "carry_out", dying(sealing.carry_out, 1, after=True))
        with pytest.raises(Died):
            worked(database, told, task, at)
    house.taken_over(database, told, task, at)
    assert states(database, known) == [SEALED]


def test_a_late_holder_throws_away_what_it_signed(
    database: Database, told: Told, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    """The first worker stands still over the signature; another seals the document; then the first goes on."""
    known, task = batch(database, told, seal, at, (OFD,))
    original = sealing.carry_out
    stood: list[bool] = []

    def carry_out(*given: Any, **named: Any) -> sealing.Sealed:
        made = original(*given, **named)
        if not stood:
            stood.append(True)
            assert house.taken_over(database, told, task, at) is TaskState.DONE
        return made

    monkeypatch.setattr(sealing, "carry_out", carry_out)
    assert worked(database, told, task, at) is None
    (row,) = documents(database, known)
    assert sorted(each.state for each in uses(database)) == ["done", "failed"]
    assert [each.id for each in uses(database) if each.state == DONE] == [row.use]
    assert SM3.of(house.fetched(database, told, known, 1)).hex() == row.sm3


def test_the_ceiling_stops_the_batch_and_tomorrow_it_goes_on(
    database: Database, told: Told, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    seal = house.sealed_site(database, at, ceiling=1)
    known, task = batch(database, told, seal, at, (OFD, PDF))
    worked(database, told, task, at)
    found = standing(database, known)
    assert found.state == "stopped"
    assert found.problem is not None
    assert found.problem[0] == "seal-ceiling-reached"
    assert states(database, known) == [SEALED, WAITING]
    tomorrow = at + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    with database.transaction() as session:
        again = work.start(session, keeping.batch_of(session, known, WINDOW), WINDOW, tomorrow)
    worked(database, told, again, tomorrow)
    assert standing(database, known).state == "done"


def test_a_seal_that_is_stopped_stops_the_batch(database: Database, told: Told, seal: str, at: datetime):
    known, task = batch(database, told, seal, at, (OFD, PDF))
    with database.transaction() as session:
        register.take(session, register.seal_of(session, seal), Step.SUSPEND, "", HEAD, at)
    worked(database, told, task, at)
    assert standing(database, known).problem == ("seal-not-usable", {"id": seal, "state": "suspended"})
    assert uses(database) == []


def test_a_system_that_lost_its_scope_seals_no_more(database: Database, told: Told, seal: str, at: datetime):
    known, task = batch(database, told, seal, at, (OFD,))
    with database.transaction() as session:
        session.get_one(System, SYSTEM).scopes = "cert:read"
    worked(database, told, task, at)
    assert standing(database, known).problem == ("system-needed", {"id": SYSTEM})
    with database.transaction() as session, pytest.raises(SystemNeeded):
        keeping.open_batch(session, NewBatch(seal, TYPE, "issue", "320902", "x"), WINDOW, at)


class DeviceGone(DomainError):
    """The device with the key does not answer."""

    code = "database-busy"
    kind = Kind.UNAVAILABLE
    retryable = True


def test_a_device_that_is_gone_is_waited_for(
    database: Database, told: Told, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    known, task = batch(database, told, seal, at, (OFD, PDF))

    def gone(*_: Any, **__: Any) -> None:
        raise DeviceGone

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "carry_out", gone)
        assert worked(database, told, task, at) is TaskState.QUEUED
    assert states(database, known) == [WAITING, WAITING]
    assert worked(database, told, task, at + timedelta(hours=1)) is TaskState.DONE
    assert states(database, known) == [SEALED, SEALED]


def test_a_task_that_was_given_up_can_be_taken_up_again(
    database: Database, told: Told, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    known, task = batch(database, told, seal, at, (OFD,))

    def gone(*_: Any, **__: Any) -> None:
        raise DeviceGone

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "carry_out", gone)
        for hour in range(bulk.TRIES):
            last = worked(database, told, task, at + timedelta(hours=hour))
    assert last is TaskState.FAILED
    assert standing(database, known).problem == ("database-busy", {})
    with database.transaction() as session:
        again = work.start(session, keeping.batch_of(session, known, WINDOW), WINDOW, at)
    worked(database, told, again, at)
    assert states(database, known) == [SEALED]


def test_what_failed_is_tried_again_on_wish(database: Database, told: Told, seal: str, at: datetime):
    known, task = batch(database, told, seal, at, (OFD, BROKEN))
    with database.transaction() as session, pytest.raises(SealBatchUnderWay):
        work.start(session, keeping.batch_of(session, known, WINDOW), WINDOW, at)
    worked(database, told, task, at)
    with database.transaction() as session, pytest.raises(NothingLeftToSeal):
        work.start(session, keeping.batch_of(session, known, WINDOW), WINDOW, at)
    with database.transaction() as session:
        again = work.start(session, keeping.batch_of(session, known, WINDOW), WINDOW, at, failed_too=True)
    assert states(database, known) == [SEALED, WAITING]
    worked(database, told, again, at)
    assert states(database, known) == [SEALED, FAILED]
    assert len(uses(database)) == 1


def test_a_cancelled_batch_keeps_what_is_sealed(database: Database, told: Told, seal: str, at: datetime):
    known, task = batch(database, told, seal, at, (OFD,))
    with database.transaction() as session:
        keeping.cancel(session, keeping.batch_of(session, known, WINDOW), WINDOW, at)
    assert worked(database, told, task, at) is None
    assert (standing(database, known).state, states(database, known)) == ("cancelled", [WAITING])
    with database.transaction() as session:
        keeping.cancel(session, keeping.batch_of(session, known, WINDOW), WINDOW, at)


def test_another_system_does_not_see_the_batch(database: Database, told: Told, seal: str, at: datetime):
    known, _ = batch(database, told, seal, at, (OFD,))
    with database.reading() as session, pytest.raises(NoSuchSealBatch):
        keeping.batch_of(session, known, Caller("system", "other", "other", WINDOW.organisation))


def test_documents_lie_there_sealed_and_the_draft_is_gone_once_it_is_sealed(
    database: Database, told: Told, seal: str, at: datetime
):
    known, task = batch(database, told, seal, at, (PDF,))
    with database.reading() as session:
        before = session.scalar(select(SealBatchDocument.draft).where(SealBatchDocument.batch == known))
        assert before is not None
        assert PDF[:200] not in before
    worked(database, told, task, at)
    with database.reading() as session:
        columns = select(SealBatchDocument.draft, SealBatchDocument.document)
        draft, document = session.execute(columns.where(SealBatchDocument.batch == known)).one()
        assert draft is None
        assert document is not None
        assert b"%PDF" not in document


def test_after_seven_days_documents_are_forgotten_and_uses_stay(
    database: Database, told: Told, seal: str, at: datetime
):
    known, task = batch(database, told, seal, at, (OFD,))
    worked(database, told, task, at)
    waiting, _ = batch(database, told, seal, at, (OFD,))
    with database.transaction() as session:
        assert keeping.forget(session, at + keeping.KEPT - timedelta(seconds=1)) == 0
        assert keeping.forget(session, at + keeping.KEPT) == 1
        assert session.get(SealBatch, known) is None
        assert session.get(SealBatch, waiting) is not None
        assert len(session.scalars(select(SealUse)).all()) == 1


def test_a_batch_that_was_removed_ends_its_task(database: Database, told: Told, seal: str, at: datetime):
    known, task = batch(database, told, seal, at, (OFD,))
    with database.transaction() as session:
        for each in session.scalars(select(SealBatchDocument).where(SealBatchDocument.batch == known)):
            session.delete(each)
        session.flush()
        session.delete(session.get_one(SealBatch, known))
    assert worked(database, told, task, at) is TaskState.DONE


def test_a_system_keeps_so_many_batches(
    database: Database, told: Told, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keeping, "BATCHES_KEPT", 1)
    batch(database, told, seal, at, (OFD,))
    with pytest.raises(TooManySealBatches):
        batch(database, told, seal, at, (OFD,))
