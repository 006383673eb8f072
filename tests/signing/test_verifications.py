"""Reports are kept for a day under an id that nobody can guess; the ledger learns the digest, never the id."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from base import audit, notices
from base.audit import Search
from base.callers import ANONYMOUS
from base.db import Database
from base.notices.models import StoredNotice
from keys.algorithms.sm3 import SM3
from signing import authorisations, jobs, verifications
from signing.models import SealUse
from signing.verification_errors import DocumentTooLarge, MomentNotPast, NoDocument, NoSuchVerification
from signing.verification_models import Verification
from signing.verifications import Handed
from signing.workers.job import Answer
from signing.workers.pool import Workers
from tests.builders import seals
from tests.signing import offices, verifiers

HOUR = timedelta(hours=1)
LIMIT = 100_000


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with verifiers.staff() as found:
        yield found


def answer(workers: Workers, at: datetime, document: bytes | None = None) -> Answer:
    handed = Handed(document or seals.ofd(), "证照.ofd")
    return verifications.examined(workers, handed, seals.usual().trust(), LIMIT, at)


def kept(session: Session, workers: Workers, at: datetime) -> str:
    return verifications.keep(session, answer(workers, at), ANONYMOUS, at).id


def test_a_report_can_be_fetched_for_a_day_and_not_a_moment_longer(database: Database, workers: Workers, at: datetime):
    with database.transaction() as session:
        found = kept(session, workers, at)
    with database.reading() as session:
        assert verifications.fetch(session, found, at + 24 * HOUR - timedelta(microseconds=1)).id == found
        for late in (at + 24 * HOUR, at + 25 * HOUR):
            with pytest.raises(NoSuchVerification):
                verifications.fetch(session, found, late)
            with pytest.raises(NoSuchVerification):
                verifications.xml(session, found, late)
            with pytest.raises(NoSuchVerification):
                verifications.evidence(session, found, late)
            with pytest.raises(NoSuchVerification):
                verifications.pdf(session, found, late)


def test_what_comes_back_is_what_was_kept(database: Database, workers: Workers, at: datetime):
    found = answer(workers, at)
    with database.transaction() as session:
        made = verifications.keep(session, found, ANONYMOUS, at)
    with database.reading() as session:
        again = verifications.fetch(session, made.id, at)
        assert again.report == found.report
        assert again.report["verdict"] == "valid"
        assert again.pictures.seals == {}
        assert verifications.xml(session, made.id, at).decode() == found.xml
        assert (verifications.evidence(session, made.id, at) or b"").decode() == found.evidence


@pytest.mark.parametrize("asked", ["", "x", "x" * 22, "x" * 10_000, "é" * 22, "'; drop table --" + "x" * 6])
def test_no_other_id_opens_anything(database: Database, workers: Workers, at: datetime, asked: str):
    with database.transaction() as session:
        kept(session, workers, at)
    with database.reading() as session, pytest.raises(NoSuchVerification):
        verifications.fetch(session, asked, at)


def test_ids_are_of_a_hundred_and_twenty_eight_bits_and_never_repeat(
    database: Database, workers: Workers, at: datetime
):
    found = answer(workers, at)
    with database.transaction() as session:
        ids = {verifications.keep(session, found, ANONYMOUS, at).id for _ in range(100)}
    assert len(ids) == 100
    assert {len(each) for each in ids} == {22}


def test_the_ledger_learns_digest_and_verdict_and_never_the_id(database: Database, workers: Workers, at: datetime):
    document = seals.ofd()
    with database.transaction() as session:
        found = verifications.keep(session, answer(workers, at, document), ANONYMOUS, at)
    with database.reading() as session:
        (entry,) = audit.search(session, Search(act="signing.verification"))
    assert (entry.entry.thing.kind, entry.entry.thing.id) == ("document", SM3.of(document).hex())
    assert entry.entry.facts["verdict"] == "valid"
    assert found.id.encode() not in entry.content
    assert "证照".encode() not in entry.content


def test_a_report_without_its_entry_is_not_kept(database: Database, workers: Workers, at: datetime):
    """The transaction falls after both were written: neither is there."""
    with contextlib.suppress(ZeroDivisionError), database.transaction() as session:
        kept(session, workers, at)
        raise ZeroDivisionError
    with database.reading() as session:
        assert session.scalars(select(Verification)).all() == []
        assert audit.search(session, Search(act="signing.verification")) == []


def test_no_part_of_the_document_is_in_the_database(database: Database, workers: Workers, at: datetime):
    document = seals.ofd()
    with database.transaction() as session:
        kept(session, workers, at)
    with database.reading() as session:
        row = session.scalars(select(Verification)).one()
        told = [getattr(row, each.key) for each in inspect(Verification).column_attrs]
    assert all(document[place : place + 64] not in str(told).encode() for place in range(0, len(document), 64))
    assert row.pdf is None


def test_purging_forgets_what_is_over_and_nothing_else(database: Database, workers: Workers, at: datetime):
    with database.transaction() as session:
        old, young = kept(session, workers, at), kept(session, workers, at + HOUR)
    with database.transaction() as session:
        assert verifications.purge(session, at + 24 * HOUR) == 1
        assert verifications.purge(session, at + 24 * HOUR) == 0
    with database.reading() as session:
        assert [each.id for each in session.scalars(select(Verification))] == [young]
        assert old != young


def test_the_job_of_purging_is_that(database: Database, workers: Workers, at: datetime):
    with database.transaction() as session:
        kept(session, workers, at)
        jobs.purge(session, at + 25 * HOUR)
        assert session.scalars(select(Verification)).all() == []


def test_the_first_pdf_that_was_made_stays(database: Database, workers: Workers, at: datetime):
    with database.transaction() as session:
        found = kept(session, workers, at)
        assert verifications.pdf(session, found, at) is None
        assert verifications.keep_pdf(session, found, b"first", at) == b"first"
        assert verifications.keep_pdf(session, found, b"second", at) == b"first"
        assert verifications.pdf(session, found, at) == b"first"


def test_an_empty_document_and_one_over_the_limit_are_refused_and_one_at_the_limit_is_not(
    workers: Workers, at: datetime
):
    trust = seals.usual().trust()
    with pytest.raises(NoDocument):
        verifications.examined(workers, Handed(b"", "a"), trust, LIMIT, at)
    with pytest.raises(DocumentTooLarge):
        verifications.examined(workers, Handed(bytes(LIMIT + 1), "a"), trust, LIMIT, at)
    report = verifications.examined(workers, Handed(bytes(LIMIT), "a"), trust, LIMIT, at).report
    assert report["verdict"] == "unreadable"


def test_the_future_is_no_moment_to_verify_at_and_the_past_is(workers: Workers, at: datetime):
    trust = seals.usual().trust()
    with pytest.raises(MomentNotPast):
        verifications.examined(workers, Handed(b"x", "a", as_of=at + HOUR), trust, LIMIT, at)
    earlier = at - HOUR
    report = verifications.examined(workers, Handed(b"x", "a", as_of=earlier), trust, LIMIT, at).report
    assert report["verified_at"] == earlier.isoformat().replace("+00:00", "Z")
    assert verifications.as_of(Handed(b"x", "a", as_of=at), at) == at


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.ofd", "a.ofd"),
        ("C:\\Users\\me\\证照.ofd", "证照.ofd"),
        ("/home/me/a.pdf", "a.pdf"),
        ("a\x00\n\u202eb.pdf", "ab.pdf"),
        ("x" * 300, "x" * 200),
        ("", ""),
    ],
)
def test_a_name_is_shown_without_folders_and_without_tricks(name: str, plain: str):
    assert verifications.plain_name(name) == plain


def test_without_uses_that_came_to_no_end_nobody_is_told(database: Database, at: datetime):
    with database.transaction() as session:
        assert session.scalars(select(SealUse)).all() == []
        jobs.tell_abandoned(session, at)
        assert session.scalars(select(StoredNotice)).all() == []


def test_the_owner_is_told_of_uses_that_came_to_no_end(database: Database, at: datetime):
    """One use stands open for more than an hour, another for less: only the first is told, to its owner's people."""
    offices.opened(database, at)
    with database.transaction() as session:
        seal = offices.active_seal(session, at)
        offices.authorised(session, seal, at)
        old, _ = authorisations.begin(session, seal, offices.use(), offices.WINDOW, at)
        authorisations.begin(session, seal, offices.use(), offices.WINDOW, at + HOUR)
    with database.transaction() as session:
        jobs.tell_abandoned(session, at + HOUR + timedelta(minutes=1))
        (notice,) = session.scalars(select(StoredNotice)).all()
        assert old.id in str(notice.facts)
        assert notice.facts["count"] == 1


def test_the_notice_of_abandoned_uses_is_whole_in_both_languages():
    kind = jobs.KINDS[jobs.ABANDONED]
    facts: dict[str, str | int] = {"count": 2, "since": "2026-11-21T02:30:00Z", "uses": "u-1, u-2"}
    assert kind.facts == frozenset(facts)
    assert "u-1" in kind.told(facts, "zh").body
    assert "u-1" in kind.told(facts, "en").body
    assert notices.Role("x", jobs.READERS[0]).role == jobs.READERS[0]
