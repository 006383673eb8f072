"""Look-ups for filing over HTTP: everything of one case at once, each source through its own gate, each on record."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from base.db import Database
from certs import contents
from certs.consents.models import ConsentRow
from certs.filing.lookups import lookups
from certs.filing.lookups.lookups import Desk, Looking
from certs.filing.lookups.models import FilingLookup
from certs.filing.matter import Means, Mode
from certs.filing.matters import correspondence, keeping
from certs.filing.matters.correspondence import Of
from certs.libraries.answers import Named
from certs.life import State
from certs.models import CertificateFile
from certs.queries import recording
from exchange.agreements.models import UseList
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.door.models import Usage
from keys.algorithms.sm3 import SM3
from tests.certs.filing import window_house
from tests.certs.filing.matters import builders
from tests.certs.filing.matters.builders import AUTHORITY, BASIC, item_code
from tests.certs.filing.window_house import LICENCE, MARRIED, OWN, REGISTER, WINDOW, WindowHouse
from tests.certs.papers import AT, HYGIENE, TODAY, draft
from tests.certs.queries import house as library
from tests.certs.queries.house import HIGH
from tests.exchange import gateway_house


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WindowHouse:
    """Open the window; the first firm has a permit."""
    opened = window_house.opened(database, tmp_path, AT, monkeypatch)
    opened.library.keep(1)
    return opened


def body(number: int = 1, **peculiar: Any) -> dict[str, Any]:
    """Say what is looked up, as a body does."""
    holder = {**library.holder(number), "role": "applicant"}
    return {"purpose": library.purpose(), "holders": [holder], **peculiar}


def by_name(told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the items by their materials."""
    return {each["material"]: each for each in told["items"]}


def uses(house: WindowHouse) -> int:
    """Count the uses on record."""
    with house.database.reading() as session:
        return session.execute(select(func.count()).select_from(Usage)).scalar_one()


def test_one_call_gives_certificates_and_rows_with_the_fields_that_the_matter_needs(house: WindowHouse) -> None:
    told = house.told("lookups", **body())
    items = by_name(told)
    assert told["complete"] is True
    assert {name: each["outcome"] for name, each in items.items()} == {
        LICENCE: "found",
        REGISTER: "found",
        MARRIED: "not_covered",
    }
    assert set(items[LICENCE]["certificates"][0]["data"]) == {"address", "holder_name"}
    assert items[LICENCE]["certificates"][0]["number"] == ""
    assert items[REGISTER]["data"]["rows"] == [
        {"企业名称": "演示企业1有限公司", "住所": "演示路1号", "登记状态": "存续"}
    ]
    assert items[MARRIED]["reason"]["code"] == "holder-missing"
    assert uses(house) == 2
    assert len(told["receipt"]["uses"]) == 2


def test_the_notice_tells_what_is_still_to_be_brought(house: WindowHouse) -> None:
    told = house.told("lookups", **body())
    assert {each["name"]: each["answer"] for each in told["notice"]["items"]} == {OWN: "submit", MARRIED: "submit"}
    assert told["notice"]["to_submit"] == 2


def test_every_person_of_the_case_is_looked_up_in_their_role(house: WindowHouse) -> None:
    second = {**library.holder(2), "role": "applicant"}
    told = house.told("lookups", **body(holders=[body()["holders"][0], second]))
    ended = [
        (each["material"], each["holder"], each["outcome"]) for each in told["items"] if each["holder"] is not None
    ]
    assert ended == [
        (LICENCE, 0, "found"),
        (LICENCE, 1, "not_found"),
        (REGISTER, 0, "found"),
        (REGISTER, 1, "found"),
    ]


def test_types_narrow_the_look_up_and_one_that_is_not_required_is_told(house: WindowHouse) -> None:
    told = house.told("lookups", **body(types=[HYGIENE.code, library.UNGRANTED.code]))
    assert [(each["type"], each["outcome"], each["reason"]["code"]) for each in told["items"]] == [
        (HYGIENE.code, "found", "found"),
        (library.UNGRANTED.code, "not_covered", "not-required"),
    ]
    assert uses(house) == 1


def test_while_a_question_is_open_the_answer_is_not_complete_and_says_which(house: WindowHouse) -> None:
    assert house.told("lookups", **body())["questions"] == []
    asking = (replace(builders.KIND, when=()),)
    with house.database.transaction() as session:
        keeping.keep(session, window_house.matter(questions=asking, effective_from=TODAY), AUTHORITY, AT)
    told = house.told("lookups", **body())
    assert (told["complete"], [each["key"] for each in told["questions"]]) == (False, ["kind"])
    answered = house.told("lookups", **body(situation={"kind": next(iter(builders.KIND.answers))}))
    assert (answered["complete"], answered["questions"]) == (True, [])


def test_a_source_that_is_down_leaves_the_answer_incomplete_and_the_rest_whole(house: WindowHouse) -> None:
    (house.folder / "firms.db").unlink()
    told = house.told("lookups", **body())
    items = by_name(told)
    assert told["complete"] is False
    assert items[REGISTER]["outcome"] == "source_down"
    assert items[REGISTER]["fallback"]["answer"] == "submit"
    assert items[LICENCE]["outcome"] == "found"
    assert REGISTER in {each["name"] for each in told["notice"]["items"]}


def test_a_source_that_hangs_is_told_as_slow_when_the_deadline_is_over(house: WindowHouse) -> None:
    looking = looking_of()
    desk = Desk(house.database, house.parts, house.sources, WINDOW, house.at, seconds=0.0)
    answer = lookups.asked(desk, looking, lambda _session: None)
    for thread in threading.enumerate():
        if thread.name.startswith("filing-lookup"):
            thread.join()  # what comes late is on record all the same, and must not outlive the test's database
    assert {each["reason"]["code"] for each in answer.items if each["holder"] is not None} <= {"source-slow", "found"}
    assert not answer.is_complete


def looking_of() -> Looking:
    """Say what is looked up, as a value."""
    told = library.purpose()
    first = library.holder(1)
    holders = (Named(first["code"], first["type"], first["name"], "applicant"),)
    return Looking(item_code(), PurposeSchema().load(told), holders, body={"purpose": told})


def test_where_nothing_at_all_may_be_asked_the_call_is_refused(house: WindowHouse) -> None:
    with house.database.transaction() as session:
        session.execute(update(UseList).values(effective_until=house.at))
    gateway_house.revoked(house.database, house.at)
    answer = house.ask("lookups", **body(types=[HYGIENE.code]))
    assert (answer.status_code, answer.json["code"]) == (403, "not-granted")


def test_one_that_is_not_granted_takes_nothing_from_the_others(house: WindowHouse) -> None:
    gateway_house.revoked(house.database, house.at)
    items = by_name(house.told("lookups", **body(types=[HYGIENE.code, house.directory])))
    assert items[LICENCE]["outcome"] == "found"
    assert (items[REGISTER]["outcome"], items[REGISTER]["reason"]["code"]) == ("denied", "not-granted")
    assert items[REGISTER]["data"] == {}


def of_high_level(house: WindowHouse) -> dict[str, Any]:
    """Let a certificate of high level stand in for the first material; say whose it is."""
    one = window_house.replacement(Means.CERTIFICATE, HIGH.code, HIGH.name, ("number",))
    with house.database.transaction() as session:
        of = Of(BASIC, "", LICENCE)
        correspondence.correspond(session, of, (one,), TODAY, AUTHORITY, house.at)
    made = draft(HIGH)
    house.library.keep(1, HIGH)
    who = made.holders[0]
    return {"code": who.code, "type": who.type, "name": who.name, "role": "applicant"}


def test_a_type_of_high_level_is_denied_without_consent_and_found_with_it(house: WindowHouse) -> None:
    named = of_high_level(house)
    asked = body(holders=[named], types=[HIGH.code])
    assert by_name(house.told("lookups", **asked))[LICENCE]["reason"]["code"] == "consent-missing"
    house.library.agree(named, HIGH)
    found = by_name(house.told("lookups", **asked))[LICENCE]
    assert found["outcome"] == "found"
    assert found["certificates"][0]["number"]


def test_a_consent_that_is_withdrawn_in_the_middle_gives_no_field(
    house: WindowHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The consent stands when the call is judged, and no more when it is recorded."""
    named = of_high_level(house)
    consent, record = house.library.agree(named, HIGH), recording.record

    def withdrawn_first(database: Database, *told: Any) -> None:
        with database.transaction() as session:
            session.execute(update(ConsentRow).where(ConsentRow.id == consent).values(withdrawn_at=house.at))
        record(database, *told)

    monkeypatch.setattr(recording, "record", withdrawn_first)
    ended = by_name(house.told("lookups", **body(holders=[named], types=[HIGH.code])))[LICENCE]
    assert (ended["outcome"], ended["reason"]["code"]) == ("denied", "consent-not-standing")
    assert ended["certificates"] == []
    assert ended["usage_id"] is None
    assert uses(house) == 0


def test_a_certificate_that_is_not_valid_gives_its_status_and_the_paper_is_asked_for(house: WindowHouse) -> None:
    house.library.keep(2, state=State.REVOKED)
    told = house.told("lookups", **body(2))
    found = by_name(told)[LICENCE]["certificates"][0]
    assert (found["status"], found["data"]) == ("revoked", {})
    assert LICENCE in {each["name"] for each in told["notice"]["items"]}


def with_file(house: WindowHouse, verdict: str, sm3: str = "") -> dict[str, Any]:
    """Let the permit be taken as a whole file, of which one is kept; look it up, and give the certificate."""
    one = window_house.replacement(Means.CERTIFICATE, HYGIENE.code, HYGIENE.name, ("address",), mode=Mode.FILE)
    identifier, document = house.library.keep(2), b"a sealed file"
    with house.database.transaction() as session:
        correspondence.correspond(session, Of(BASIC, "", LICENCE), (one,), TODAY, AUTHORITY, house.at)
        content = contents.sealed_file(session, house.parts.certs.keys, identifier, "ofd", document)
        told = {"size": len(document), "seal_use": None, "kept_at": house.at}
        digest = sm3 or SM3.of(document).hex()
        session.add(
            CertificateFile(identifier=identifier, format="ofd", sm3=digest, content=content, verdict=verdict, **told)
        )
    found: dict[str, Any] = by_name(house.told("lookups", **body(2)))[LICENCE]["certificates"][0]
    return found


def test_a_file_that_was_found_valid_and_is_still_the_same_is_named(house: WindowHouse) -> None:
    found = with_file(house, "valid")
    assert found["files"] == [{"format": "ofd", "sm3": SM3.of(b"a sealed file").hex(), "verdict": "valid"}]
    assert found["copies"] == "/api/v1/certificate-copies"


@pytest.mark.parametrize(("verdict", "sm3"), [("indeterminate", ""), ("unsigned", ""), ("valid", "0" * 64)])
def test_a_file_that_was_not_verified_or_was_changed_is_not_named(house: WindowHouse, verdict: str, sm3: str) -> None:
    found = with_file(house, verdict, sm3)
    assert found["files"] == []
    assert set(found["data"]) == {"address"}


def test_what_does_not_fit_together_is_hinted_at(house: WindowHouse) -> None:
    told = house.told("lookups", **body())
    assert {each["kind"] for each in told["mismatches"]} == {"address"}
    assert told["mismatches"][0]["materials"] == [LICENCE, REGISTER]


def test_the_same_case_and_input_keeps_its_number_until_something_changes(house: WindowHouse) -> None:
    first = house.told("lookups", **body())
    again = house.told("lookups", **body())
    assert again["usage_id"] == first["usage_id"]
    assert again["runs"] == 2
    other = house.told("lookups", **body(purpose=library.purpose(reason="另一事由")))
    assert other["usage_id"] != first["usage_id"]
    house.library.keep(1)
    changed = house.told("lookups", **body())
    assert changed["usage_id"] not in {first["usage_id"], other["usage_id"]}


def test_an_idempotency_key_keeps_the_number_and_refuses_another_input(house: WindowHouse) -> None:
    key = {"Idempotency-Key": "window-1"}
    first = house.ask("lookups", headers=key, **body()).json
    again = house.ask("lookups", headers=key, **body()).json
    assert again["usage_id"] == first["usage_id"]
    other = house.ask("lookups", headers=key, **body(2))
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")


def test_a_look_up_before_the_case_is_bound_to_it_later_with_all_its_uses(house: WindowHouse) -> None:
    purpose = library.purpose(stage="guidance", basis=None)
    told = house.told("lookups", **body(purpose=purpose))
    path = f"/filing/lookups/{told['usage_id']}"
    bound = house.door.call("gm", "POST", f"{path}/bindings", json={"case": "3209000009"})
    assert bound.status_code == 201
    assert bound.json["bound_to"] == "3209000009"
    with house.database.reading() as session:
        assert set(session.scalars(select(Usage.bound_to))) == {"3209000009"}
    twice = house.door.call("gm", "POST", f"{path}/bindings", json={"case": "3209000010"})
    assert (twice.status_code, twice.json["code"]) == (409, "lookup-bound")


def test_the_record_of_a_look_up_has_nobody_s_data(house: WindowHouse) -> None:
    told = house.told("lookups", **body())
    kept = house.door.call("gm", "GET", f"/filing/lookups/{told['usage_id']}")
    assert kept.status_code == 200
    holder = body()["holders"][0]
    with house.database.reading() as session:
        row = session.get_one(FilingLookup, told["usage_id"])
        written = str({each.name: getattr(row, each.name) for each in FilingLookup.__table__.columns})
    for secret in (holder["code"], holder["name"], "演示路1号"):
        assert secret not in written
        assert secret not in kept.get_data(as_text=True)
    assert house.door.call("elsewhere", "GET", f"/filing/lookups/{told['usage_id']}").status_code == 404


def test_a_plan_with_holders_fills_the_form_in_from_granted_fields(house: WindowHouse) -> None:
    told = house.told("plans", region="320900", holders=body()["holders"])
    fields = {each["field"]: each for each in told["prefill"]["fields"]}
    assert fields["企业名称"]["value"] == "演示企业1有限公司"
    assert fields["address"]["label"] == "经营地址"
    assert fields["address"]["source"]["code"] == HYGIENE.code
    assert fields["address"]["source"]["usage_id"]
    assert uses(house) == 2


def test_filling_in_takes_the_scope_of_a_look_up(house: WindowHouse) -> None:
    answer = house.ask("plans", who="narrow", region="320900", holders=body()["holders"])
    assert (answer.status_code, uses(house)) == (403, 0)


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"purpose": {"item_code": "x"}}, 422, "invalid-input"),
        ({"holders": []}, 422, "invalid-input"),
        ({"purpose": library.purpose(item_code="000999010000")}, 422, "purpose-of-other-matter"),
        ({"matter": "000000000000"}, 404, "no-such-matter"),
        ({"situation": {"x": "y"}}, 422, "unfit-situation"),
    ],
)
def test_a_bad_question_asks_nobody(house: WindowHouse, peculiar: dict[str, Any], status: int, code: str) -> None:
    answer = house.ask("lookups", **body(**peculiar))
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert uses(house) == 0


@pytest.mark.parametrize(("who", "status"), [("gm", 200), ("narrow", 403), ("bare", 403), (None, 401)])
def test_only_who_may_read_certificates_and_files_looks_up(house: WindowHouse, who: str | None, status: int) -> None:
    assert house.ask("lookups", who=who, **body()).status_code == status  # type: ignore[arg-type]
