"""A batch of old stock from the table to its closing, or back: every fault named, nothing valid early, all undone."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from base import audit, calendar, clock
from base.bulk import BulkTask, TaskState
from base.db import Database
from base.errors import DomainError
from base.workdays import deadline
from certs import library
from certs.edges import Issuer
from certs.errors import NotTheIssuer
from certs.faces.typefaces import typeface
from certs.life import Standing, Step
from certs.models import Certificate, CertificateNumber
from certs.old_stock import batches, keeping, successions
from certs.old_stock.errors import (
    CircularSuccession,
    FaultsNotAccepted,
    NoSuchOldStock,
    NoSuchOldStockRow,
    NothingToConvert,
    ObjectionsOpen,
    OldStockMovedOn,
    OldStockPersonNeeded,
    OldStockStepNotAllowed,
    SampleNotDone,
    ScanNotUsable,
    SignedOffByUploader,
)
from certs.old_stock.models import OldStockRow
from certs.old_stock.successions import NewSuccession
from keys.algorithms.sm3 import SM3
from keys.parties.models import System
from keys.trust import Anchor, Trust
from signing.batches import keeping as seal_batches
from signing.models import SealAuthorisation
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.sealing_command_errors import SystemNeeded
from signing.verification import verify
from tests.certs.office import Office, office
from tests.certs.old_stock.stocks import ELSEWHERE, GONE, HARD, HEAD, SOFT, UPLOADER, Stock, number, row, table
from tests.keys.parties.builders import CITY, PROVINCE
from tests.signing import offices
from tests.signing.offices import SYSTEM, WINDOW

PDF = b"%PDF-1.7 \xe6\xbc\x94\xe7\xa4\xba\xe6\x89\xab\xe6\x8f\x8f"


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> Office:
    return office(database, tmp_path, at, typeface())


@pytest.fixture
def stock(house: Office, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setattr(clock, "now", lambda: house.at)
    with house.database.transaction() as session:
        calendar.seed(session)
        for year in (2026, 2027):
            if not session.get(calendar.CalendarYear, year):
                session.add(calendar.CalendarYear(year=year, source="演示"))
    return Stock(house).open()


def states(stock: Stock, batch: str) -> Counter[str]:
    return Counter(each.state for each in stock.rows(batch))


def certificates(stock: Stock) -> dict[str, Certificate]:
    with stock.database.reading() as session:
        return {each.identifier: each for each in session.scalars(select(Certificate))}


def numbers(stock: Stock) -> int:
    with stock.database.reading() as session:
        return session.scalar(select(func.count()).select_from(CertificateNumber)) or 0


def made(stock: Stock, count: int = 3) -> str:
    batch = stock.bring(table(row(each) for each in range(1, count + 1)))
    stock.sign_off(batch)
    stock.made(batch)
    return batch


def test_every_planted_fault_is_named(stock: Stock):
    """One row for each fault, a duplicate in the batch, one that the library has, and sound ones between them."""
    stock.house.issue(number=number(900))
    planted = [(code, *HARD[code]) for code in HARD] + [(code, *SOFT[code]) for code in SOFT]
    rows = [row(serial, **peculiar) for serial, (_, peculiar, _) in enumerate(planted, 1)]
    rows += [row(50), row(51, number=number(50)), row(52, number=number(900))]
    batch = stock.bring(table(rows))
    found = {each.number: [(told["column"], told["code"]) for told in each.faults] for each in stock.rows(batch)}
    for place, (code, _, column) in enumerate(planted, 2):
        assert (column, code) in found[place], code
    assert ("number", "twice-in-batch") in found[len(rows)]
    assert ("number", "in-library-already") in found[len(rows) + 1]
    of = stock.of(batch)
    assert of.profile is not None
    assert states(stock, batch) == {"faulty": len(HARD) + 2, "sound": len(SOFT) + 1}
    assert (of.profile["faulty"], of.profile["sound"]) == (len(HARD) + 2, len(SOFT) + 1)
    assert of.profile["faults"]["twice-in-batch"] == of.profile["faults"]["missing-number"] == 1
    assert (of.state, len(certificates(stock))) == ("profiled", 1)


def test_a_batch_becomes_certificates_that_serve_only_when_published(stock: Stock):
    """Original dates, marked as converted, sealed by the successor; staged, then valid with the publication."""
    batch = made(stock)
    assert states(stock, batch) == {"made": 3}
    assert {each.state for each in certificates(stock).values()} == {"staged"}
    identifier = str(stock.rows(batch)[0].identifier)
    with stock.database.reading() as session:
        held = library.certificate_of(session, identifier)
        known = library.known(session, stock.parts.keys, held, stock.house.at)
        (file,) = library.documents(session, stock.parts.keys, held)
    assert (held.issuer, held.origin, held.grade, held.issued_on) == (CITY, "converted", "sealed", date(2025, 3, 1))
    assert (known.content.number, known.standing) == (number(1), Standing.STAGED)
    trust = Trust(stock.house.at, (Anchor(offices.authority().certificate),))
    assert verify(file.content, "x", trust, DEFAULT, stock.house.at).verdict is Verdict.VALID
    stock.published(batch)
    assert {each.state for each in certificates(stock).values()} == {"valid"}
    with stock.database.reading() as session:
        assert [each.step for each in library.events_of(session, identifier)] == ["draft", "stage", "publish"]


def test_a_face_of_old_stock_says_what_it_is(stock: Stock, monkeypatch: pytest.MonkeyPatch):
    """存量转换 stands on it, also when it is drawn again after a fault."""
    drawn: list[str] = []
    sign = Issuer.sign

    def watched(self: Issuer, issue: Any, *told: Any) -> None:
        drawn.append(issue.remark)
        sign(self, issue, *told)

    monkeypatch.setattr(Issuer, "sign", watched)
    made(stock, 1)
    stock.house.issue()
    assert drawn == ["存量转换", ""]


def test_the_uploader_does_not_sign_off(stock: Stock):
    """Nor does a system, nor anybody elsewhere."""
    batch = stock.bring(table([row(1)]))
    told = batches.SignOff("演示", leaves_out_faulty=True)
    for by, refusal in ((UPLOADER, SignedOffByUploader), (WINDOW, OldStockPersonNeeded), (ELSEWHERE, NoSuchOldStock)):
        with pytest.raises(refusal):
            stock.act(batch, batches.sign_off, told, by=by)
    assert stock.of(batch).state == "profiled"


def test_faults_are_left_out_only_on_the_department_s_word(stock: Stock):
    """And a batch of nothing but faults is nothing to convert."""
    batch = stock.bring(table([row(1), row(2, number="")]))
    with pytest.raises(FaultsNotAccepted) as refused:
        stock.sign_off(batch, leaves_out_faulty=False)
    assert refused.value.facts == {"faulty": 1, "papers": 0}
    stock.sign_off(batch)
    assert stock.of(batch).signed_off_by == "person:head"
    empty = stock.bring(table([row(3, number="")]))
    with pytest.raises(NothingToConvert):
        stock.sign_off(empty)


def test_nothing_is_made_before_the_sign_off_and_nothing_published_before_the_sample(stock: Stock):
    """Each step begins where the one before ends."""
    batch = stock.bring(table([row(1)]))
    with pytest.raises(OldStockStepNotAllowed):
        stock.act(batch, batches.make, SYSTEM)
    stock.sign_off(batch)
    for what, told in ((batches.sample, (1,)), (batches.publish, (10,)), (batches.close, ())):
        with pytest.raises(OldStockStepNotAllowed):
            stock.act(batch, what, *told)
    stock.made(batch)
    with pytest.raises(OldStockStepNotAllowed):
        stock.act(batch, batches.publish, 10)
    assert {each.state for each in certificates(stock).values()} == {"staged"}


def test_a_sample_that_is_not_looked_at_or_wrong_publishes_nothing(stock: Stock):
    """The draw follows from the batch; somebody looks at each, and one wrong face is enough."""
    batch = made(stock, 7)
    drawn = stock.act(batch, batches.sample, 1)
    sampled = [each.number for each in stock.rows(batch) if each.is_sampled]
    assert drawn == len(sampled) == batches.SMALLEST_SAMPLE
    with pytest.raises(SampleNotDone) as refused:
        stock.act(batch, batches.publish, 10)
    assert refused.value.facts == {"open": 5, "wrong": 0}
    for each in sampled:
        stock.act(batch, batches.look, each, "wrong" if each == sampled[0] else "right", "演示")
    with pytest.raises(SampleNotDone) as refused:
        stock.act(batch, batches.publish, 10)
    assert refused.value.facts == {"open": 0, "wrong": 1}
    other = next(each.number for each in stock.rows(batch) if not each.is_sampled)
    with pytest.raises(NoSuchOldStockRow):
        stock.act(batch, batches.look, other, "right", "")


def test_the_window_for_objections_runs_in_working_days(stock: Stock):
    """Closed only after its last day, and only when every objection is decided."""
    batch = made(stock, 1)
    stock.published(batch, days=10)
    of = stock.of(batch)
    with stock.database.reading() as session:
        expected = deadline(calendar.calendar(session), stock.house.at, 10)
    assert of.objections_until == expected.ends_at
    with pytest.raises(ObjectionsOpen):
        stock.act(batch, batches.close)
    identifier = str(stock.rows(batch)[0].identifier)
    objection = stock.act(batch, batches.object_to, identifier, "演示：地址有误")
    stock.house.at = expected.ends_at
    with pytest.raises(ObjectionsOpen) as refused:
        stock.act(batch, batches.close)
    assert refused.value.open == 1
    with pytest.raises(ObjectionsOpen):
        stock.act(batch, batches.object_to, identifier, "演示：太晚了")
    stock.act(batch, batches.decide, objection.id, "rejected", "演示：地址无误")
    stock.act(batch, batches.close)
    assert stock.of(batch).state == "closed"
    with pytest.raises(OldStockStepNotAllowed):
        stock.act(batch, batches.roll_back, "演示")


@pytest.mark.parametrize("published", [False, True], ids=["staged", "published"])
def test_a_rollback_is_exact(stock: Stock, published: bool):
    """Every certificate of the batch by its own event, its number free again, and nothing else touched."""
    other = stock.house.issue()
    before = certificates(stock)[other]
    batch = made(stock, 3)
    if published:
        stock.published(batch)
    assert numbers(stock) == 4
    stock.act(batch, batches.roll_back, "演示：整批退回")
    assert stock.work(batch) is TaskState.DONE
    after = certificates(stock)
    assert (after[other].state, after[other].version) == (before.state, before.version)
    mine = [str(each.identifier) for each in stock.rows(batch)]
    assert [after[each].state for each in mine] == ["cancelled"] * 3
    assert numbers(stock) == 1
    with stock.database.reading() as session:
        for each in mine:
            last = library.events_of(session, each)[-1]
            assert (last.step, last.reason, last.facts["batch"]) == ("roll-back", "演示：整批退回", batch)
    assert (stock.of(batch).state, states(stock, batch)) == ("rolled-back", {"rolled-back": 3})
    again = made(stock, 3)
    assert states(stock, again) == {"made": 3}
    assert numbers(stock) == 4


def test_a_certificate_that_ended_by_itself_is_left(stock: Stock):
    """It was revoked after the publication: that stays what happened to it."""
    batch = made(stock, 2)
    stock.published(batch)
    first = str(stock.rows(batch)[0].identifier)
    with stock.database.transaction() as session:
        held = library.certificate_of(session, first)
        library.take(session, held, Step.REVOKE, "演示", WINDOW, stock.house.at)
    stock.act(batch, batches.roll_back, "演示")
    stock.work(batch)
    assert states(stock, batch) == {"left": 1, "rolled-back": 1}
    assert certificates(stock)[first].state == "revoked"


def test_a_batch_that_moved_on_is_not_rolled_back(stock: Stock):
    """One of its certificates was renewed since: whoever holds the new one must not lose it."""
    batch = made(stock, 2)
    stock.published(batch)
    first = str(stock.rows(batch)[0].identifier)
    stock.house.issue(supersedes=first, act=Step.RENEW)
    with pytest.raises(OldStockMovedOn) as refused:
        stock.act(batch, batches.roll_back, "演示")
    assert refused.value.facts == {"certificates": 1, "first": first}
    assert stock.of(batch).state == "published"


def test_paper_alone_becomes_a_scan_and_never_valid(stock: Stock):
    """Kept as it was scanned, on the department's word; it stands scanned, also after the publication."""
    batch = stock.bring(table([row(1), row(2, medium="纸质"), row(3, medium="纸质")]))
    assert [each.is_paper for each in stock.rows(batch)] == [False, True, True]
    stock.act(batch, lambda session, of, by, at: batches.scan(session, stock.parts, of, 3, PDF, by, at))
    with pytest.raises(FaultsNotAccepted):
        stock.sign_off(batch, confirms_scans=False)
    stock.sign_off(batch)
    stock.made(batch)
    assert [(each.state, each.code) for each in stock.rows(batch)] == [
        ("made", None),
        ("scanned", None),
        ("failed", "scan-missing"),
    ]
    stock.published(batch)
    scanned = str(stock.rows(batch)[1].identifier)
    with stock.database.reading() as session:
        held = library.certificate_of(session, scanned)
        (file,) = library.documents(session, stock.parts.keys, held)
    assert (held.state, held.grade, library.standing_of(held, stock.house.today)) == ("scanned", "scan", "scanned")
    assert (file.content, file.format, file.verdict) == (PDF, "pdf", "unsigned")
    stock.act(batch, batches.roll_back, "演示")
    stock.work(batch)
    assert {each.state for each in certificates(stock).values()} == {"cancelled"}


@pytest.mark.parametrize(("number_", "content"), [(2, PDF), (3, b"MZ"), (3, b"%PDF-" + b"x" * batches.LARGEST_SCAN)])
def test_what_is_no_scan_is_refused(stock: Stock, number_: int, content: bytes):
    """A row that is no paper, another format, a file that is too large."""
    batch = stock.bring(table([row(1), row(2, medium="纸质")]))
    with pytest.raises(ScanNotUsable):
        stock.act(batch, lambda session, of, by, at: batches.scan(session, stock.parts, of, number_, content, by, at))


def test_a_row_whose_face_cannot_be_drawn_fails_alone(stock: Stock):
    """Its draft is discarded and its number free; the others are made, and it can be tried again."""
    batch = stock.bring(table([row(1), row(2, holder_name="演示\U00030001公司"), row(3)]))
    stock.sign_off(batch)
    stock.made(batch)
    found = [(each.state, each.code) for each in stock.rows(batch)]
    assert found == [("made", None), ("failed", "face-not-drawn"), ("made", None)]
    assert Counter(each.state for each in certificates(stock).values()) == {"staged": 2, "discarded": 1}
    assert numbers(stock) == 2
    stock.made(batch)
    assert states(stock, batch) == {"made": 2, "failed": 1}


def test_a_seal_without_leave_stops_the_task_and_it_goes_on_later(stock: Stock):
    """Nothing is refused row by row; what was begun is made when there is leave."""
    batch = stock.bring(table([row(1), row(2)]))
    stock.sign_off(batch)
    with stock.database.transaction() as session:
        for leave in session.scalars(select(SealAuthorisation)):
            leave.valid_until = stock.house.at - timedelta(days=1)
    stock.act(batch, batches.make, SYSTEM)
    stock.work(batch)
    assert (stock.of(batch).state, stock.of(batch).stopped) == ("signed-off", "use-not-authorised")
    assert states(stock, batch) == {"sound": 2}
    with stock.database.transaction() as session:
        for leave in session.scalars(select(SealAuthorisation)):
            leave.valid_until = stock.house.at + timedelta(days=1)
    stock.made(batch)
    assert states(stock, batch) == {"made": 2}
    assert len(certificates(stock)) == 2


def test_a_stopped_batch_can_be_rolled_back(stock: Stock):
    """The draft that waits for the seal is given up, and its number is free."""
    batch = stock.bring(table([row(1)]))
    stock.sign_off(batch)
    with stock.database.transaction() as session:
        for leave in session.scalars(select(SealAuthorisation)):
            leave.valid_until = stock.house.at - timedelta(days=1)
    stock.act(batch, batches.make, SYSTEM)
    stock.work(batch)
    assert numbers(stock) == 1
    stock.act(batch, batches.roll_back, "演示")
    stock.work(batch)
    assert ([each.state for each in certificates(stock).values()], numbers(stock)) == (["discarded"], 0)


@pytest.mark.parametrize("moment", range(4))
def test_a_worker_that_dies_leaves_nothing_twice_and_nothing_out(
    stock: Stock, moment: int, monkeypatch: pytest.MonkeyPatch
):
    """Killed after the row was begun, sealed, or marked: another goes on, and each row has one certificate."""

    class Killed(BaseException):
        pass

    batch = stock.bring(table(row(each) for each in range(1, 4)))
    stock.sign_off(batch)
    stock.act(batch, batches.make, SYSTEM)
    places: list[tuple[Any, str]] = [(Issuer, "sign"), (Issuer, "issue"), (keeping, "row_of"), (keeping, "counts")]
    owner, name = places[moment]
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def struck(*told: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        result = original(*told, **more) if name == "issue" else None
        if calls == 2:
            raise Killed
        return result if name == "issue" else original(*told, **more)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, struck)
        with pytest.raises(Killed):
            stock.work(batch)
    assert stock.taken_over(batch) is TaskState.DONE
    assert states(stock, batch) == {"made": 3}
    assert Counter(each.state for each in certificates(stock).values()) == {"staged": 3}
    assert (stock.of(batch).state, numbers(stock)) == ("made", 3)


def test_a_batch_that_nobody_signed_off_is_dropped_with_what_it_says(stock: Stock):
    """The rows' cells are gone."""
    batch = stock.bring(table([row(1)]))
    stock.act(batch, batches.drop)
    assert (stock.of(batch).state, stock.rows(batch)[0].content) == ("dropped", b"")


def test_only_an_organ_that_issues_the_type_brings_its_stock(stock: Stock):
    """The type names its issuers."""
    narrow = {code: replace(each, issuers=(PROVINCE,)) for code, each in stock.parts.types.items()}
    stock.house.parts = replace(stock.parts, types=narrow)
    with pytest.raises(NotTheIssuer):
        stock.bring(table([row(1)]))


def test_a_system_that_may_not_seal_makes_nothing(stock: Stock):
    """It is asked for before the task is left."""
    batch = stock.bring(table([row(1)]))
    stock.sign_off(batch)
    with stock.database.transaction() as session:
        session.get_one(System, SYSTEM).scopes = ""
    with pytest.raises(SystemNeeded):
        stock.act(batch, batches.make, SYSTEM)
    assert seal_batches.SCOPE == "seal:use"


def test_an_organ_does_not_succeed_itself(stock: Stock):
    """Neither at once nor by way of its successors."""

    def told(former: str, successor: str) -> None:
        with stock.database.transaction() as session:
            new = NewSuccession(former, successor, date(2020, 1, 1), "演示")
            successions.record(session, new, HEAD, stock.house.at)

    told(CITY, PROVINCE)
    for former, successor in ((CITY, CITY), (PROVINCE, CITY)):
        with pytest.raises(CircularSuccession):
            told(former, successor)
    with stock.database.reading() as session:
        assert successions.successions(session) == {GONE: CITY, CITY: PROVINCE}


def test_each_step_is_on_record_and_no_person_is(stock: Stock):
    """By batch, counts and digests."""
    batch = made(stock, 1)
    stock.published(batch)
    with stock.database.reading() as session:
        found = audit.search(session, audit.Search(thing_kind="old-stock", thing_id=batch))
        tasks = session.scalar(select(func.count()).select_from(BulkTask))
    acts = [each.entry.act.removeprefix("old-stock.") for each in reversed(found)]
    assert acts == [
        *("uploaded", "profile", "profiled", "sign-off", "make", "made", "sample", "looked", "publish", "published"),
    ]
    told = str([each.entry for each in found])
    assert "演示企业" not in told
    assert number(1) not in told
    assert tasks == 3
    assert stock.rows(batch)[0].content[:1] != b"{"
    assert stock.of(batch).file_sm3 == SM3.of(table([row(1)])).hex()


def test_a_step_that_is_unknown_leads_nowhere(stock: Stock):
    """A closed batch takes none."""
    batch = stock.bring(table([row(1)]))
    with pytest.raises(DomainError):
        stock.act(batch, batches.close)
    assert stock.house.at.tzinfo is UTC
    with stock.database.reading() as session:
        assert session.get(OldStockRow, (batch, 99)) is None
