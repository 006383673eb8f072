"""Calls to the gateway over HTTP: what is granted is answered and on record, and nothing else is."""

import base64
import json
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from base import audit, clock, web
from base.audit import Search
from base.db import Database
from exchange.agreements.contracts import Quota, RowCondition
from exchange.agreements.models import Grant
from exchange.door import models as gateway_models
from exchange.door.errors import NoSealingKey
from exchange.door.models import Usage
from exchange.door.wiring import NobodyAgreed
from exchange.models import Directory
from exchange.mounting import mounts
from exchange.mounting.models import MountCount
from keys import envelopes
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import request_signing
from keys.parties.request_signing import Message
from keys.signers.software import SoftwareSigner
from tests.exchange import departments, gateway_house
from tests.exchange.gateway_house import FIELDS, House, purpose
from tests.exchange.sources.sites import INJECTIONS

ONE = [{"item": "许可证编号", "values": ["苏卫0001"]}]
TWO = [{"item": "许可证编号", "values": ["苏卫0002"]}]


class Agreed(NobodyAgreed):
    """A record of consents: those whom a call names by these values agreed; perhaps one is gone when it is used."""

    def __init__(self, values: set[str], *, is_gone: bool = False) -> None:
        self.values, self.is_gone = values, is_gone
        self.uses: list[str] = []

    def standing(self, _session, _by, _directory, _purpose, subjects, _fields, _at):
        return ["a" if {value for each in asked for value in each.values} & self.values else None for asked in subjects]

    def used(self, _session, _consent, usage, _at):
        if self.is_gone:
            raise NoSealingKey("gone")
        self.uses.append(usage)


@pytest.fixture
def opened(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clock, "now", lambda: at)

    def open_house(**told: Any) -> House:
        return gateway_house.opened(database, tmp_path, at, **told)

    return open_house


def usages(house: House) -> list[Usage]:
    with house.database.reading() as session:
        return list(session.scalars(select(Usage).order_by(Usage.id)))


def attempts(house: House) -> list[dict[str, Any]]:
    with house.database.reading() as session:
        return [json.loads(each.content) for each in audit.search(session, Search(act="data.refused"))]


def test_a_granted_call_is_answered_and_on_record(opened):
    house = opened()
    answer = house.ask(conditions=ONE)
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert (told["outcome"], told["reason"]["code"], told["next_cursor"]) == ("found", "found", None)
    assert told["rows"] == [dict(zip(FIELDS, gateway_house.ROWS[0], strict=True))]
    assert told["source"] == {"mount": house.mount, "health": "healthy", "as_of": "2026-11-21T02:30:00Z"}
    (use,) = usages(house)
    assert (use.id, use.outcome, use.rows, use.grant_code) == (told["usage_id"], "found", 1, "grant-1")
    assert (use.item_code, use.basis, use.caller) == (gateway_house.MATTER, "3209000001", "system:window")
    with house.database.reading() as session:
        (entry,) = audit.search(session, Search(thing_kind="usage", thing_id=use.id))
    assert json.loads(entry.content)["facts"]["answer_sm3"] == use.answer_sm3
    assert told["receipt"]["url"] == f"/api/v1/receipts/{use.id}"


def test_only_the_fields_that_are_asked_for_are_shown(opened):
    house = opened()
    told = house.ask(fields=["单位名称", "面积"], conditions=ONE).json
    assert told["rows"] == [{"单位名称": "演示饭店", "面积": "120.50"}]
    assert usages(house)[0].fields == ["单位名称", "面积"]


def test_masks_are_applied_and_masked_items_are_not_searched_by_ranges(opened):
    house = opened(masks={"公民身份号码": "id_number", "发证日期": "year_only"})
    (row,) = house.ask(conditions=ONE).json["rows"]
    assert row["发证日期"] == "2024"
    assert row["公民身份号码"].startswith("3201**")
    named = [{"item": "公民身份号码", "values": ["320102199001010018"]}]
    assert house.ask(conditions=named).json["outcome"] == "found"
    ranged = [{"item": "发证日期", "test": "at_least", "values": ["2024-03-01"]}]
    refused = house.ask(conditions=ranged)
    assert (refused.status_code, refused.json["code"]) == (403, "ungranted-condition")
    assert attempts(house)[0]["facts"]["code"] == "ungranted-condition"


def test_rows_outside_the_grant_are_not_covered_and_not_asked_for(opened):
    house = opened(conditions=(RowCondition("区划", "in", ("320900", "320902")),))
    told = house.ask(fields=["许可证编号"]).json
    assert [row["许可证编号"] for row in told["rows"]] == ["苏卫0001", "苏卫0002"]
    outside = house.ask(conditions=[{"item": "区划", "values": ["320500"]}]).json
    assert (outside["outcome"], outside["reason"]["code"], outside["source"]) == ("not_covered", "outside-grant", None)
    third = house.ask(conditions=[{"item": "许可证编号", "values": ["苏卫0003"]}]).json
    assert (third["outcome"], third["rows"]) == ("not_found", [])


def test_what_is_not_there_and_who_is_away_look_different(opened):
    house = opened()
    assert house.ask(conditions=[{"item": "许可证编号", "values": ["苏卫0404"]}]).json["outcome"] == "not_found"
    (house.folder / "licences.db").write_bytes(b"gone")
    house.sources.close()
    told = house.ask(conditions=ONE).json
    assert (told["outcome"], told["reason"]["code"], told["rows"]) == ("source_down", "source-silent", [])


def test_another_mount_answers_when_the_first_is_down(opened, at):
    house = opened()
    gateway_house.write_table(house.folder, "second")
    with house.database.transaction() as session:
        directory = session.get_one(Directory, house.code)
        second = gateway_house.mounted(session, directory, house.sources, at + timedelta(hours=1), "second")
    (house.folder / "licences.db").write_bytes(b"gone")
    house.sources.close()
    told = house.ask(conditions=ONE).json
    assert (told["outcome"], told["source"]["mount"]) == ("found", second)
    assert mounts_asked(house) == {(house.mount, "down"): 1, (second, "found"): 1}


def mounts_asked(house: House) -> dict[tuple[str, str], int]:
    with house.database.reading() as session:
        rows = session.execute(select(MountCount.mount, MountCount.outcome, MountCount.calls))
        return {(mount, outcome): calls for mount, outcome, calls in rows}


def test_a_batch_has_an_outcome_for_each_subject(opened):
    house = opened()
    numbers = ("苏卫0001", "苏卫0404", "苏卫0003")
    subjects = [[{"item": "许可证编号", "values": [each]}] for each in numbers]
    told = house.ask(fields=["单位名称"], subjects=subjects).json
    assert [each["outcome"] for each in told["items"]] == ["found", "not_found", "found"]
    assert (told["outcome"], "rows" in told) == ("found", False)
    (use,) = usages(house)
    assert (use.rows, len(set(use.subjects))) == (2, 3)
    assert house.ask(subjects=subjects * 34).status_code == 422
    assert house.ask(subjects=subjects, conditions=ONE).status_code == 422


def test_pages_go_on_where_they_ended_and_a_cursor_is_good_for_its_question_alone(opened):
    house = opened()
    first = house.ask(fields=["许可证编号"], limit=2).json
    second = house.ask(fields=["许可证编号"], limit=2, cursor=first["next_cursor"]).json
    assert [row["许可证编号"] for row in first["rows"] + second["rows"]] == [row[0] for row in gateway_house.ROWS]
    assert second["next_cursor"] is None
    for body in ({"fields": ["单位名称"]}, {"fields": ["许可证编号"], "conditions": ONE}):
        refused = house.ask(limit=2, cursor=first["next_cursor"], **body)
        assert (refused.status_code, refused.json["code"]) == (422, "unaskable-question")
    assert house.ask(cursor="x" * 50).json["code"] == "unaskable-question"


def test_who_holds_no_grant_learns_nothing_of_a_directory(opened, at):
    house = opened()
    with house.database.transaction() as session:
        draft, _ = departments.drafted(session, at)
        hidden = draft.code
    told = []
    for code in (house.code, hidden, "no/such/directory", "苏'--"):
        answer = house.ask("other", code=code, conditions=ONE)
        assert answer.status_code == 403, answer.text
        told.append({name: value for name, value in answer.json.items() if name not in {"request_id", "resource"}})
    assert all(each | {"detail": ""} == told[0] | {"detail": ""} for each in told)
    assert len(attempts(house)) == 4
    assert usages(house) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"item_code": "000999000000"}, "matter"),
        ({"stage": "agreement", "ground": "agreement", "basis": {"kind": "agreement", "number": "A1"}}, "ground"),
        ({"grant_code": "grant-2"}, "other-grant"),
    ],
)
def test_another_purpose_is_refused_and_on_record(opened, change, reason):
    house = opened()
    answer = house.ask(purpose=purpose(**change), conditions=ONE)
    assert (answer.status_code, answer.json["code"], answer.json["reason"]) == (403, "not-granted", reason)
    assert attempts(house)[0]["outcome"] == "refused"


@pytest.mark.parametrize("body", [{"purpose": None}, {"purpose": {}}, {"purpose": purpose(item_code="1")}, {"x": 1}])
def test_a_bad_purpose_is_refused_with_its_place_and_on_record(opened, body):
    house = opened()
    answer = house.ask(**body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-input")
    assert answer.json["errors"]
    assert attempts(house)[0]["facts"]["code"] == "invalid-input"


def test_a_revoked_grant_refuses_the_next_call(opened, at):
    house = opened()
    assert house.ask(conditions=ONE).status_code == 200
    gateway_house.revoked(house.database, at)
    answer = house.ask(conditions=ONE)
    assert (answer.status_code, answer.json["reason"]) == (403, "revoked")


def test_a_grant_that_is_revoked_while_the_source_is_asked_answers_nothing(opened, at, monkeypatch):
    house = opened()
    source = house.sources.source

    def revoking(plan):
        gateway_house.revoked(house.database, at)
        return source(plan)

    monkeypatch.setattr(house.sources, "source", revoking)
    answer = house.ask(conditions=ONE)
    assert (answer.status_code, answer.json["reason"]) == (403, "revoked")
    assert usages(house) == []
    assert attempts(house)[0]["facts"]["code"] == "not-granted"


def test_a_grant_that_is_changed_while_the_source_is_asked_answers_nothing(opened, at, monkeypatch):
    house = opened()
    source = house.sources.source

    def changing(plan):
        with house.database.transaction() as session:
            row = session.get_one(Grant, "grant-1")
            row.clauses, row.number, row.changed_at = {**row.clauses, "masks": {"负责人": "hide"}}, 2, at
        return source(plan)

    monkeypatch.setattr(house.sources, "source", changing)
    answer = house.ask(conditions=ONE)
    assert (answer.status_code, answer.json["code"]) == (409, "grant-changed")
    assert usages(house) == []


def test_a_quota_is_taken_by_calls_and_by_each_subject_of_a_batch(opened):
    house = opened(quota=Quota(per_day=3))
    assert house.ask(conditions=ONE).status_code == 200
    assert house.ask(subjects=[ONE, ONE, ONE]).status_code == 429
    assert house.ask(subjects=[ONE, ONE]).status_code == 200
    answer = house.ask(conditions=ONE)
    assert (answer.status_code, answer.json["code"], answer.json["window"]) == (429, "quota-exceeded", "day")
    assert answer.headers["Retry-After"] == str(answer.json["retry_after"])
    assert len(usages(house)) == 2


def test_more_rows_than_the_grant_gives_at_a_time_are_refused(opened):
    house = opened(quota=Quota(rows_per_call=2))
    assert house.ask(limit=3).json["reason"] == "rows"
    assert len(house.ask().json["rows"]) == 2


def test_a_use_that_needs_the_holders_word_is_denied_without_it(opened):
    house = opened()
    told = house.ask(purpose=purpose(ground="holder"), conditions=ONE).json
    assert (told["outcome"], told["reason"]["code"], told["rows"]) == ("denied", "consent-missing", [])
    agreed = Agreed({ONE[0]["values"][0]})
    web.furnish(house.door.app, replace(house.parts, consents=agreed))
    told = house.ask(purpose=purpose(ground="holder"), conditions=ONE).json
    assert told["outcome"] == "found"
    assert agreed.uses == [told["usage_id"]]


def test_of_many_each_is_shown_under_the_consent_of_its_own_holder(opened):
    house = opened()
    web.furnish(house.door.app, replace(house.parts, consents=Agreed({ONE[0]["values"][0]})))
    told = house.ask(purpose=purpose(ground="holder"), subjects=[ONE, TWO]).json
    assert [each["outcome"] for each in told["items"]] == ["found", "denied"]


def test_a_consent_that_is_withdrawn_in_the_middle_ends_the_call_and_its_use(opened):
    house = opened()
    web.furnish(house.door.app, replace(house.parts, consents=Agreed({ONE[0]["values"][0]}, is_gone=True)))
    answer = house.ask(purpose=purpose(ground="holder"), conditions=ONE)
    assert (answer.status_code, answer.json["code"]) == (409, "no-sealing-key")
    assert "演示饭店" not in answer.get_data(as_text=True)
    assert usages(house) == []


def test_nothing_serves_a_directory_whose_mount_is_suspended(opened, at):
    house = opened()
    with house.database.transaction() as session:
        mounts.suspend(session, mounts.mount_of(session, house.mount), "核查", departments.STEWARD, at)
    told = house.ask(conditions=ONE).json
    assert (told["outcome"], told["reason"]["code"]) == ("not_covered", "not-mounted")


def test_a_sealed_answer_opens_with_the_systems_key_alone(opened, at):
    house = opened()
    refused = house.ask(conditions=ONE, sealed=True)
    assert (refused.status_code, refused.json["code"]) == (409, "no-sealing-key")
    key = gateway_house.system_added(house.database, at)
    told = house.ask(conditions=ONE, sealed=True).json
    assert (told["outcome"], "rows" in told) == ("found", False)
    opened_again = envelopes.opened(base64.b64decode(told["sealed"]), SoftwareSigner(key))
    assert json.loads(opened_again)["rows"][0]["单位名称"] == "演示饭店"
    other = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    with pytest.raises(envelopes.EnvelopeNotForUs):
        envelopes.opened(base64.b64decode(told["sealed"]), other)


def test_a_grant_can_demand_that_answers_are_sealed(opened, at):
    house = opened(encrypted=True)
    assert house.ask(conditions=ONE).json["code"] == "no-sealing-key"
    gateway_house.system_added(house.database, at)
    told = house.ask(conditions=ONE).json
    assert "sealed" in told
    assert "rows" not in told


def signed(house: House, key, at: datetime, nonce: str, **body: Any) -> tuple[bytes, dict[str, str]]:
    sent = json.dumps({"purpose": purpose(), **body}, ensure_ascii=False).encode()
    path = f"/api/v1/data/{house.code}"
    told = Message("POST", path, "", {"content-type": "application/json"}, sent)
    return sent, dict(request_signing.sign(told, key, "k1", nonce, at).headers)


def test_a_signed_call_counts_once_and_its_signature_is_kept(opened, at):
    house = opened()
    key = gateway_house.system_added(house.database, at)
    sent, headers = signed(house, key, at, "n" * 20, conditions=ONE)
    told = {"data": sent, "content_type": "application/json", "headers": headers}
    assert house.door.call("window", "POST", f"/data/{house.code}", **told).status_code == 200
    replayed = house.door.call("window", "POST", f"/data/{house.code}", **told)
    assert replayed.json["code"] == "request-replayed"
    altered = told | {"data": sent.replace(b"0001", b"0002")}
    assert house.door.call("window", "POST", f"/data/{house.code}", **altered).status_code in {401, 403, 422}
    assert len(usages(house)) == 1
    with house.database.reading() as session:
        assert len(audit.search(session, Search(act="request.signed"))) == 1
    assert len(attempts(house)) == 2


def test_where_signatures_are_demanded_a_bare_call_is_refused(opened):
    house = opened(settings={"signatures": "always"})
    assert house.ask(conditions=ONE).json["code"] == "request-not-signed"
    assert attempts(house)[0]["facts"]["code"] == "request-not-signed"


def test_nobody_is_named_by_uses_audit_entries_or_counts(opened):
    house = opened()
    house.ask(conditions=[{"item": "公民身份号码", "values": ["320102199001010018"]}])
    house.ask(conditions=[{"item": "公民身份号码", "test": "in", "values": ["320102199001010026"]}])
    told = []
    with house.database.reading() as session:
        for table in (*gateway_models.Usage.metadata.sorted_tables,):
            told += [repr(tuple(row)) for row in session.execute(select(table))]
    assert not [row for row in told if "32010219900101" in row]
    assert len({use.subjects[0] for use in usages(house)}) == 2


@pytest.mark.parametrize("value", [1.5, None, {}, [], "x\u0000", "\ud800", "A" * 2000])
def test_a_value_that_cannot_be_asked_is_refused(opened, value):
    house = opened()
    told = json.dumps({"purpose": purpose(), "conditions": [{"item": "单位名称", "values": [value]}]})
    answer = house.door.call("window", "POST", f"/data/{house.code}", data=told, content_type="application/json")
    assert answer.status_code in {400, 422}, answer.text


@pytest.mark.parametrize("text", INJECTIONS[::9])
def test_an_injection_is_a_value_like_any_other(opened, text):
    house = opened()
    body = {"conditions": [{"item": "单位名称", "values": [text]}]}
    written = json.dumps({"purpose": purpose(), **body})
    answer = house.door.call("window", "POST", f"/data/{house.code}", data=written, content_type="application/json")
    assert answer.status_code in {200, 400, 422}
    if answer.status_code == 200:
        assert answer.json["outcome"] == "not_found"


@pytest.mark.parametrize("who", ["clerk", "auditor", "stranger", None])
def test_only_systems_call_the_gateway(opened, who):
    house = opened()
    assert house.ask(who, conditions=ONE).status_code in {401, 403}


def test_a_call_takes_few_statements(opened):
    """Statements are what a call costs: a growing number shows here before it shows in a benchmark."""
    house = opened(quota=Quota(per_minute=100, per_day=1000))
    house.ask(conditions=ONE)
    counted: list[str] = []

    @event.listens_for(house.database.engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_):
        counted.append(statement)

    house.ask(conditions=ONE)
    told = [each for each in counted if not each.startswith(("PRAGMA", "BEGIN"))]
    assert len(told) <= 14, told


def test_calls_that_meet_are_recorded_together_and_each_answered_for_itself(opened, at):
    house = opened(quota=Quota(per_day=10))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: house.ask(conditions=ONE), range(14)))
    counts = Counter(each.status_code for each in answers)
    assert counts == {200: 10, 429: 4}
    assert len({each.json["usage_id"] for each in answers if each.status_code == 200}) == len(usages(house)) == 10
    assert len(attempts(house)) == 4


def test_a_call_that_cannot_be_recorded_is_not_answered(opened, monkeypatch):
    """Boulder's way: the database breaks at the very insert; nothing was answered, and nothing is half there."""
    house = opened()
    house.ask(conditions=ONE)

    @event.listens_for(house.database.engine, "before_cursor_execute")
    def break_it(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO exchange_usages"):
            raise sqlite3.OperationalError("database or disk is full")

    answer = house.ask(conditions=ONE)
    assert answer.status_code in {500, 503}
    assert "苏卫0001" not in answer.text
    event.remove(house.database.engine, "before_cursor_execute", break_it)
    assert len(usages(house)) == 1
