"""Blank papers: received in ranges, each used once, one valid paper of a certificate at a time."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import audit, clock
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from certs import library
from certs.errors import NotTheIssuer
from certs.faces.typefaces import typeface
from certs.life import Step
from certs.papers import keeping
from certs.papers.errors import (
    BlankPaperSpent,
    BlankRangeOverlaps,
    CertificateNotPrintable,
    NoSuchBlankPaper,
    PaperNotPrinted,
    PaperPrintedAlready,
    UnusableBlankRange,
)
from certs.papers.keeping import LARGEST_RANGE, NewRange
from certs.papers.models import BlankRange, Paper
from certs.routes.papers import papers
from tests import rooms
from tests.certs.office import STRANGER, Office, office
from tests.certs.papers import HYGIENE
from tests.signing.offices import WINDOW

ISSUER = replace(WINDOW, scopes=frozenset({"cert:issue"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> Office:
    return office(database, tmp_path, at, typeface())


def received(house: Office, by: Caller = WINDOW, **peculiar: Any) -> BlankRange:
    told = {"type": HYGIENE.code, "prefix": "演A", "digits": 6, "first": 1, "last": 10, "basis": "演示领用单1号"}
    with house.database.transaction() as session:
        return keeping.receive(session, house.parts.types, NewRange(**{**told, **peculiar}), by, house.at)


def printed(house: Office, identifier: str, number: str, by: Caller = WINDOW) -> Paper:
    with house.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        return keeping.print_on(session, row, number, by, house.at)


def again(house: Office, identifier: str, number: str) -> Paper:
    with house.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        return keeping.reprint(session, row, number, "演示污损", WINDOW, house.at)


def ended(house: Office, number: str, state: str, by: Caller = WINDOW) -> Paper:
    with house.database.transaction() as session:
        return keeping.end(session, HYGIENE.code, number, state, "演示", by, house.at)


def counts(house: Office) -> tuple[dict[str, int], int]:
    with house.database.reading() as session:
        (found,) = keeping.stock(session, WINDOW)
        return found.counts, found.left


def test_a_certificate_is_printed_reprinted_and_its_old_paper_is_void(house: Office):
    """Each blank is gone for good; the new one says which it replaces."""
    received(house)
    identifier = house.issue()
    assert printed(house, identifier, "演A000001").state == "used"
    house.at += timedelta(days=1)
    second = again(house, identifier, "演A000002")
    assert (second.state, second.replaces) == ("used", "演A000001")
    with house.database.reading() as session:
        told = [(each.number, each.state) for each in keeping.papers_of(session, identifier)]
        assert keeping.next_blanks(session, HYGIENE.code, WINDOW)[0] == "演A000003"
    assert told == [("演A000001", "void"), ("演A000002", "used")]
    assert counts(house) == ({"used": 1, "void": 1, "lost": 0}, 8)


def test_after_a_loss_it_is_printed_on_another_blank(house: Office):
    """The lost one is spent, and no second is given while one is valid."""
    received(house)
    identifier = house.issue()
    printed(house, identifier, "演A000001")
    with pytest.raises(PaperPrintedAlready) as refused:
        printed(house, identifier, "演A000002")
    assert refused.value.number == "演A000001"
    ended(house, "演A000001", "lost")
    with pytest.raises(PaperNotPrinted):
        again(house, identifier, "演A000002")
    printed(house, identifier, "演A000002")
    assert counts(house) == ({"used": 1, "void": 0, "lost": 1}, 8)


def test_no_blank_is_used_twice(house: Office):
    """Neither for another certificate, nor after it was spoilt, nor voided again."""
    received(house)
    first, second = house.issue(), house.issue()
    printed(house, first, "演A000001")
    ended(house, "演A000002", "void")
    for number, state in (("演A000001", "used"), ("演A000002", "void")):
        with pytest.raises(BlankPaperSpent) as refused:
            printed(house, second, number)
        assert refused.value.facts == {"number": number, "state": state}
    with pytest.raises(BlankPaperSpent):
        ended(house, "演A000002", "lost")


@pytest.mark.parametrize("number", ["演A000011", "演A000000", "演B000001", "演A00001", "演A1", "", "演", "演A0000010"])
def test_only_what_was_received_is_printed_on(house: Office, number: str):
    """Numbers outside of the range, of another prefix or with other digits."""
    received(house)
    with pytest.raises(NoSuchBlankPaper):
        printed(house, house.issue(), number)
    with pytest.raises(NoSuchBlankPaper):
        ended(house, number, "void")


def test_another_organ_s_blanks_are_not_ours(house: Office):
    """Neither to print on nor to void; and their certificates are not ours to print."""
    received(house)
    with pytest.raises(NoSuchBlankPaper):
        ended(house, "演A000001", "void", STRANGER)
    with pytest.raises(NotTheIssuer):
        printed(house, house.issue(), "演A000001", STRANGER)


@pytest.mark.parametrize("step", [Step.SUSPEND, Step.REVOKE, Step.CANCEL])
def test_only_a_valid_certificate_is_printed(house: Office, step: Step):
    """A paper outlives nothing."""
    received(house)
    identifier = house.issue()
    with house.database.transaction() as session:
        library.take(session, library.certificate_of(session, identifier), step, "演示", WINDOW, house.at)
    with pytest.raises(CertificateNotPrintable):
        printed(house, identifier, "演A000001")


@pytest.mark.parametrize(
    ("peculiar", "reason"),
    [
        ({"first": 5, "last": 4}, "order"),
        ({"last": 10**6}, "digits"),
        ({"digits": 0}, "digits"),
        ({"prefix": "演1"}, "prefix"),
        ({"digits": 8, "last": LARGEST_RANGE + 1}, "too-many"),
    ],
    ids=range(5),
)
def test_a_range_that_cannot_be_is_refused(house: Office, peculiar: dict[str, Any], reason: str):
    """With the reason."""
    with pytest.raises(UnusableBlankRange) as refused:
        received(house, **peculiar)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("first", "last"), [(1, 1), (10, 12), (3, 4), (0, 100)])
def test_ranges_do_not_overlap(house: Office, first: int, last: int):
    """One paper has one number; another prefix or other digits are other papers."""
    received(house)
    with pytest.raises(BlankRangeOverlaps):
        received(house, first=first, last=last)
    received(house, prefix="演B", first=first, last=last)
    received(house, digits=7, first=first, last=last)


def test_two_counters_take_one_blank_once(house: Office):
    """Eight at the same moment: one has it, the others are told."""
    received(house)
    certificates = [house.issue() for _ in range(4)]
    outcomes: Counter[str] = Counter()

    def counter(identifier: str) -> None:
        try:
            printed(house, identifier, "演A000001")
            outcomes["printed"] += 1
        except DomainError as refused:
            outcomes[refused.code] += 1

    threads = [threading.Thread(target=counter, args=(each,)) for each in certificates]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert outcomes["printed"] == 1
    assert set(outcomes) <= {"printed", "blank-paper-spent", "database-busy"}


def test_every_act_is_on_record(house: Office):
    """By the paper's number and the certificate."""
    received(house)
    printed(house, house.issue(), "演A000001")
    ended(house, "演A000001", "lost")
    with house.database.reading() as session:
        found = audit.search(session, audit.Search(thing_kind="blank-paper"))
    assert [each.entry.act for each in reversed(found)] == ["paper.used", "paper.lost"]


def test_over_http(house: Office, monkeypatch: pytest.MonkeyPatch):
    """Received, printed, reprinted, lost; strangers see nothing; bad input has codes."""
    monkeypatch.setattr(clock, "now", lambda: house.at)
    door = rooms.door(house.database, (papers,), (ISSUER, replace(STRANGER, id="stranger")), house.parts)
    range_ = {"type": HYGIENE.code, "prefix": "演A", "digits": 6, "first": 1, "last": 3, "basis": "演示"}
    made = door.call("gm", "POST", "/blank-papers", json=range_)
    assert (made.status_code, made.json["first"], made.json["left"]) == (201, "演A000001", 3)
    twice = door.call("gm", "POST", "/blank-papers", json=range_)
    assert (twice.status_code, twice.json["code"]) == (409, "blank-range-overlaps")
    place = f"/certificates/{house.issue()}/papers"
    assert door.call("gm", "POST", place, json={"number": "演A000001"}).status_code == 201
    again_ = {"number": "演A000002", "again": True, "reason": "演示"}
    assert door.call("gm", "POST", place, json=again_).json["replaces"] == "演A000001"
    assert len(door.call("gm", "GET", place).json["items"]) == 2
    gone = {"type": HYGIENE.code, "number": "演A000002", "state": "lost", "reason": "演示"}
    assert door.call("gm", "POST", "/blank-papers/ends", json=gone).json["state"] == "lost"
    assert door.call("gm", "GET", f"/blank-papers/next?type={HYGIENE.code}").json["items"] == ["演A000003"]
    assert door.call("gm", "GET", "/blank-papers").json["items"][0]["left"] == 1
    assert door.call("stranger", "GET", place).json["code"] == "no-such-certificate"
    assert door.call("stranger", "GET", "/blank-papers").json["items"] == []
    assert door.call("gm", "POST", place, json={}).status_code == 422
    assert door.call(None, "POST", place, json={"number": "x"}).status_code == 401
