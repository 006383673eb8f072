"""What of certificates, cases, items and users goes up: read from the real things, written to a front library."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.audit import Thing
from base.canonical import canonical
from base.db import Database
from base.events import Event
from catalog_sync.kinds import KINDS
from catalog_sync.kinds.kind import Content
from catalog_sync.record import Operation, Record, Subject
from certs.faces.typefaces import typeface
from certs.filing.cases.wiring import Cases
from certs.filing.matter import Elements
from certs.filing.matters import import_national, import_tables, keeping
from certs.life import Step
from certs.models import Certificate
from certs.wiring import Certs
from tests.catalog_sync.targets import front_house
from tests.catalog_sync.targets.front_house import Front
from tests.certs.consents import desk
from tests.certs.copies import house as copy_house
from tests.certs.dialects import dialect_house
from tests.certs.dialects.dialect_house import DialectHouse
from tests.certs.filing.cases import house as case_house
from tests.certs.filing.matters.builders import AUTHORITY, matter
from tests.certs.office import Office
from tests.certs.papers import HYGIENE, firm, person
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY


@pytest.fixture
def only_once(database: Database) -> Database:
    """Give the database; these stories are told on one of the two."""
    if not database.is_sqlite:
        pytest.skip("the database is not what is tested")
    return database


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    made = front_house.opened(f"sqlite:///{tmp_path}/front.db", tmp_path)
    yield made
    made.close()


@pytest.fixture
def partner(
    only_once: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DialectHouse]:
    made = dialect_house.opened(only_once, tmp_path, at)
    monkeypatch.setattr(clock, "now", lambda: made.house.office.at)
    with dialect_house.working(made) as working:
        yield working


@pytest.fixture
def office(only_once: Database, at: datetime, tmp_path: Path) -> Office:
    return copy_house.opened(only_once, tmp_path, at, typeface()).office


def read(database: Database, kind: str, id_: str, parts: Mapping[type[Any], Any]) -> Content | None:
    with database.reading() as session:
        return KINDS[kind].read(session, parts, id_)


def told(front: Front, kind: str, id_: str, content: Content | None, at: datetime) -> None:
    """Tell a thing to the front library."""
    assert content is not None
    record = Record(Subject(kind, id_), 1, Operation.INSERT, content.members)
    canonical(dict(record.content))
    (reply,) = front.target.send([record], {}, at)
    assert (reply.outcome.value, reply.words) == ("accepted", "")


def test_a_row_that_was_pushed_leads_to_an_answered_query(partner: DialectHouse, front: Front, at: datetime):
    """The national library has the directory row alone, and comes back by its identifier for what it says."""
    identifier = partner.issue()
    parts = {Certs: partner.house.office.parts}
    told(front, "certificate", identifier, read(partner.database, "certificate", identifier, parts), at)
    (row,) = front.rows("up_lic_data")
    assert (row["certificate_type"], row["issue_dept_code"], row["certificate_holder_code"]) == (
        HYGIENE.name,
        CITY,
        firm(1),
    )
    asked = partner.gb("getCertificateDataByCertificateID", CertificateID=row["certificate_source_id"]).json
    (found,) = asked["data"]["dataList"]
    assert found["certificateHolder"] == row["certificate_holder"]
    assert found["certificateNumber"] == row["certificate_number"]
    assert "address" in {each["columnName"] for each in found["surface"]}
    assert all("address" not in name for name in row)
    partner.take(identifier, Step.REVOKE)
    after = read(partner.database, "certificate", identifier, parts)
    assert after is not None
    front.target.send([Record(Subject("certificate", identifier), 2, Operation.UPDATE, after.members)], {}, at)
    assert [each["cd_operation"] for each in front.rows("up_lic_data")] == ["D"]


@pytest.mark.parametrize("known", [True, False], ids=["the ministry of the type", "nobody we know"])
def test_an_issuer_that_is_no_party_here_is_named_by_the_type(office: Office, known: bool):
    identifier = office.issue()
    code = HYGIENE.defined_by.code if known else "11100000YNX0999990"
    with office.database.transaction() as session:
        row = session.get(Certificate, identifier)
        assert row is not None
        row.issuer = code
    content = read(office.database, "certificate", identifier, {Certs: office.parts})
    assert content is not None
    assert content.members["issuer_name"] == (HYGIENE.defined_by.name if known else "")


def test_what_is_no_certificate_yet_does_not_go_up(office: Office):
    identifier = office.begin(office.asked())
    assert read(office.database, "certificate", identifier, {Certs: office.parts}) is None
    assert read(office.database, "certificate", "nothing", {Certs: office.parts}) is None


def test_a_step_goes_up_as_it_was_told(
    only_once: Database, front: Front, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    house = case_house.opened(only_once, tmp_path, at, monkeypatch)
    number = house.receive()["number"]
    house.stands(number, "accept")
    event = Event("case.accept", "certs", Thing("case", number), 2, at)
    id_ = KINDS["case-step"].events["case.accept"](event)
    assert id_ == f"{number}/2"
    told(front, "case-step", id_, read(only_once, "case-step", id_, {Cases: house.parts}), at)
    first = read(only_once, "case-step", f"{number}/1", {Cases: house.parts})
    told(front, "case-step", f"{number}/1", first, at)
    (row,) = front.rows("up_pro_accept")
    assert (row["project_no"], row["applyer_name"], row["org_code"]) == (number, "演示企业1有限公司", CITY)
    assert [each["material_name"] for each in front.rows("up_pro_material")] == ["平面布局图"]
    assert read(only_once, "case-step", f"{number}/9", {Cases: house.parts}) is None
    assert read(only_once, "case-step", "none/x", {Cases: house.parts}) is None


def test_an_item_goes_up_so_that_the_import_of_these_tables_reads_the_same(
    only_once: Database, front: Front, at: datetime
):
    builders.populate(only_once, at)
    elements = Elements(task_type="01", by_law="演示条例", legal_working_days=20, promised_working_days=5, visits=1)
    kept = replace(matter(), elements=elements)
    with only_once.transaction() as session:
        keeping.keep(session, kept, AUTHORITY, at)
    told(front, "item", kept.item_code, read(only_once, "item", kept.item_code, {}), at)
    tables = [_as_read(front, each.value) for each in import_tables.Table if each.value.startswith("up_task_general")]
    drafts, faults, broken = import_national.drafts(tables, date(2026, 1, 1))
    assert (faults, broken) == ([], set())
    (draft,) = drafts
    assert (draft.matter.item_code, draft.matter.name, draft.matter.region) == (kept.item_code, kept.name, kept.region)
    assert [each.name for each in draft.matter.materials] == [each.name for each in kept.materials]
    again = draft.matter.elements
    assert (again.legal_working_days, again.promised_working_days, again.visits) == (20, 5, 1)
    assert len(front.rows("up_task_general_questions")) == len(kept.questions)


def test_a_user_goes_up_by_hash_alone(office: Office, front: Front, at: datetime):
    made = desk.citizen(office, "firmly", 3, firms=(4,))
    told(front, "user", made.id, read(office.database, "user", made.id, {Certs: office.parts}), at)
    (natural,) = front.rows("up_uc_province_user")
    (staff,) = front.rows("up_uc_gov_staff")
    (corporation,) = front.rows("up_uc_corporator_identity")
    assert natural["cert_key"] == staff["cert_key"]
    assert len(natural["cert_key"]) == 64
    assert corporation["corp_name"] == "演示企业4有限公司"
    lying = [front.rows(each) for each in front.layout.tables if each.startswith("up_uc_")]
    assert person(3) not in str(lying)
    assert firm(4) not in str(lying)


def _as_read(front: Front, table: str) -> import_tables.Read:
    """Read a table as it is handed over in a spreadsheet."""
    rows = front.rows(table)
    names = list(rows[0]) if rows else []
    heading = (1, dict(enumerate(names)))
    cells = [
        (number, {place: "" if row[name] is None else str(row[name]) for place, name in enumerate(names)})
        for number, row in enumerate(rows, start=2)
    ]
    return import_tables.read(heading, cells, table)
