"""Auditing: searches stand on record, days tell what is signed, and exports take two people and prove themselves."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from base import audit, clock, ledger_check, problems
from base.audit import Entry, Search, Thing
from base.callers import Caller
from base.models import AuditEntry
from keys.auditing import days, exports, searching
from keys.auditing.errors import LedgerExportNotOpen, NoSuchLedgerExport, OwnLedgerExport, UnfitLedgerRange
from keys.auditing.models import LedgerExport
from tests.keys import site_of_keys
from tests.keys.checkpoint_house import AT, House, house
from tests.keys.site_of_keys import Site, person

AUDITOR, SECOND, OFFICER, CLERK = (
    person("a-1", "auditor"),
    person("a-2", "auditor"),
    person("s-1", "secadmin"),
    person("w-1", "window"),
)
REASON = "演示：核对某次用证"


def acted(database, act: str, at: datetime, thing: str = "1", by: Caller = CLERK, purpose: str = "") -> None:
    with database.transaction() as session:
        entry = Entry(at, f"person:{by.id}", by.organisation, act, Thing("certificate", thing), purpose, "done")
        audit.record(session, entry)


def searched(database, wanted: Search, at: datetime, **told):
    with database.transaction() as session:
        return searching.search(session, wanted, REASON, AUDITOR, at, **told)


@pytest.fixture
def site(database_settings, database, monkeypatch, at) -> Site:
    words = site_of_keys.whole_words()
    monkeypatch.setattr(problems, "words", lambda: words)
    monkeypatch.setattr(clock, "now", lambda: at)
    return Site(site_of_keys.read_settings(database_settings), database)


# --- searches ---------------------------------------------------------------------------------------------------


def test_a_thing_is_found_with_everything_that_was_done_to_it_newest_first(database, at):
    for step, act in enumerate(("certificate.issued", "certificate.used", "certificate.revoked")):
        acted(database, act, at + timedelta(hours=step), thing="7")
        acted(database, act, at + timedelta(hours=step), thing="8")
    found = searched(database, Search(thing_kind="certificate", thing_id="7"), at + timedelta(days=1))
    assert [each.entry.act for each in found] == ["certificate.revoked", "certificate.used", "certificate.issued"]


def test_a_search_is_an_entry_with_who_looked_for_what_and_why(database, at):
    acted(database, "certificate.used", at, thing="7")
    searched(database, Search(thing_kind="certificate", thing_id="7", since=at), at)
    with database.reading() as session:
        (entry,) = audit.search(session, Search(act="ledger.searched"))
    told = entry.entry
    assert told.actor == "person:a-1"
    assert told.facts["reason"] == REASON
    assert told.facts["asked"] == {"thing_kind": "certificate", "thing_id": "7", "since": clock.rfc3339(at)}
    assert told.facts["found"] == 1


def test_pages_follow_one_another_without_a_gap_while_others_write(database, at):
    for number in range(7):
        acted(database, "certificate.used", at, thing=str(number))
    first = searched(database, Search(act="certificate.used"), at, limit=3)
    acted(database, "certificate.used", at, thing="late")
    rest = searched(database, Search(act="certificate.used"), at, before=first[-1].index, limit=10)
    assert [each.entry.thing.id for each in (*first, *rest)] == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_search_that_was_not_recorded_gives_nothing(database, at, monkeypatch):
    acted(database, "certificate.used", at)

    def broken(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(searching, "record", broken)
    with pytest.raises(RuntimeError):
        searched(database, Search(), at)


# --- days -------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(database, tmp_path) -> House:
    return house(database, tmp_path / "witness")


def shown(home: House, at: datetime, count: int = 3) -> list[tuple[int, str]]:
    with home.database.reading() as session:
        return [(each.entries, each.state) for each in days.days(session, at, count)]


def test_days_tell_what_is_signed_what_waits_and_what_is_quiet(home):
    acted(home.database, "certificate.used", AT - timedelta(days=2))
    home.sign()
    later = home.now = AT + timedelta(days=2)
    acted(home.database, "certificate.used", later)
    home.sign()
    acted(home.database, "certificate.used", later)
    told = shown(home, later, 5)
    assert [state for _, state in told] == ["whole", "quiet", "whole", "quiet", "waiting"]


def test_the_days_entries_add_up_to_the_ledger(home):
    for back in (9, 4, 4, 1, 0):
        acted(home.database, "certificate.used", AT - timedelta(days=back))
    with home.database.reading() as session:
        told = days.days(session, AT, 10)
        assert sum(each.entries for each in told) == audit.tree_size(session)
    assert [each.day for each in told] == sorted({each.day for each in told})


def test_an_empty_ledger_has_only_quiet_days(database):
    with database.reading() as session:
        assert {each.state for each in days.days(session, AT, 5)} == {"quiet"}


def test_a_day_begins_at_midnight_in_china(database):
    acted(database, "certificate.used", datetime.fromisoformat("2026-11-20T23:59:59+08:00"))
    acted(database, "certificate.used", datetime.fromisoformat("2026-11-21T00:00:00+08:00"))
    with database.reading() as session:
        told = days.days(session, datetime.fromisoformat("2026-11-21T09:00:00+08:00"), 2)
    assert [(each.day.day, each.entries) for each in told] == [(20, 1), (21, 1)]


# --- exports ----------------------------------------------------------------------------------------------------


def asked(database, at, first: int = 0, last: int = 3) -> int:
    with database.transaction() as session:
        return exports.ask(session, first, last, REASON, AUDITOR, at).number


def decided(database, number: int, by: Caller, at, *, agrees: bool = True) -> LedgerExport:
    with database.transaction() as session:
        return exports.decide(session, number, "演示：同意", by, at, agrees=agrees)


def taken(database, number: int, at) -> LedgerExport:
    with database.transaction() as session:
        return exports.take(session, number, AUDITOR, at)


@pytest.fixture
def filled(database, at):
    for number in range(5):
        acted(database, "certificate.used", at, thing=str(number))
    return database


@pytest.mark.parametrize("second", [SECOND, OFFICER])
def test_an_export_that_another_person_agreed_to_is_taken_and_proves_itself(filled, at, tmp_path, second):
    number = asked(filled, at)
    decided(filled, number, second, at)
    row = taken(filled, number, at)
    file = tmp_path / "entries.jsonl"
    file.write_text("".join(exports.lines(filled, row.first, row.last)), encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, Path(ledger_check.__file__), str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_nobody_agrees_to_what_they_asked_for_themselves(filled, at):
    number = asked(filled, at)
    with pytest.raises(OwnLedgerExport):
        decided(filled, number, AUDITOR, at)
    with pytest.raises(LedgerExportNotOpen):
        taken(filled, number, at)


def test_what_was_refused_is_neither_taken_nor_decided_again(filled, at):
    number = asked(filled, at)
    decided(filled, number, SECOND, at, agrees=False)
    with pytest.raises(LedgerExportNotOpen):
        taken(filled, number, at)
    with pytest.raises(LedgerExportNotOpen):
        decided(filled, number, OFFICER, at)


@pytest.mark.parametrize(("first", "last"), [(3, 3), (4, 2), (0, 6), (-1, 2), (0, 10**12)])
def test_a_range_that_is_not_there_is_refused_with_its_ends(filled, at, first, last):
    with pytest.raises(UnfitLedgerRange) as refusal:
        asked(filled, at, first, last)
    assert (refusal.value.first, refusal.value.last, refusal.value.size) == (first, last, 5)


def test_a_range_that_is_too_wide_for_one_export_is_refused(filled, at, monkeypatch):
    monkeypatch.setattr(exports, "MOST_ENTRIES", 2)
    with pytest.raises(UnfitLedgerRange):
        asked(filled, at)


def test_an_export_that_nobody_asked_for_is_not_there(filled, at):
    with pytest.raises(NoSuchLedgerExport):
        taken(filled, 99, at)


def test_every_step_of_an_export_is_an_entry(filled, at):
    number = asked(filled, at)
    decided(filled, number, SECOND, at)
    taken(filled, number, at)
    taken(filled, number, at)
    with filled.reading() as session:
        steps = session.scalars(
            select(AuditEntry.act).where(AuditEntry.thing_kind == "ledger-export").order_by(AuditEntry.leaf_index)
        ).all()
    assert steps == [f"ledger-export.{each}" for each in ("asked", "agreed", "taken", "taken")]


# --- over HTTP --------------------------------------------------------------------------------------------------


def test_an_auditor_searches_asks_and_takes_over_http(site, filled):
    found = site.of(AUDITOR).post("/ledger/searches", {"thing_kind": "certificate", "limit": 2, "reason": REASON})
    assert [each["entry"]["thing"]["id"] for each in found.json["items"]] == ["4", "3"]
    assert found.json["before"] == found.json["items"][-1]["index"]
    made = site.of(AUDITOR).post("/ledger/exports", {"first": 0, "last": 5, "reason": REASON})
    assert made.status_code == 201
    number = made.json["number"]
    own = site.of(AUDITOR).post(f"/ledger/exports/{number}/decisions", {"agrees": True, "reason": REASON})
    assert (own.status_code, own.json["code"]) == (403, "own-ledger-export")
    agreed = site.of(OFFICER).post(f"/ledger/exports/{number}/decisions", {"agrees": True, "reason": REASON})
    assert agreed.json["state"] == "agreed"
    file = site.of(AUDITOR).post(f"/ledger/exports/{number}/files")
    assert file.status_code == 200
    assert len(file.text.splitlines()) == 6
    assert site.of(SECOND).get("/ledger/exports").json["items"][0]["times_taken"] == 1
    assert site.of(OFFICER).get("/ledger/days?count=2").json["items"][-1]["state"] == "waiting"


@pytest.mark.parametrize("who", [CLERK, OFFICER])
def test_only_an_auditor_searches(site, who):
    assert site.of(who).post("/ledger/searches", {"reason": REASON}).status_code == 403


@pytest.mark.parametrize(
    "told",
    [{}, {"reason": ""}, {"reason": REASON, "limit": 0}, {"reason": REASON, "before": -1}, {"reason": REASON, "x": 1}],
)
def test_a_search_without_a_reason_or_with_wrong_members_is_refused(site, told):
    assert site.of(AUDITOR).post("/ledger/searches", told).json["code"] == "invalid-input"
