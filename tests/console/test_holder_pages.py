"""The holder's pages: covered until asked, a code shown once, every use with its receipt, objections and consents."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from base import audit, calendar, clock
from base.audit import Search
from base.callers import Caller
from base.db import Database
from base.paging import Pager
from certs.consents.models import ConsentRow
from certs.faces.typefaces import typeface
from certs.filing import duties
from certs.holders import hearing
from certs.holders.issued import OfCertificates
from certs.holders.models import HolderObjection
from certs.presentations.models import Presentation
from exchange import terms
from exchange.objections.life import Outcome
from exchange.objections.wiring import Objecting
from keys.parties import people
from keys.parties.people import NewPerson
from tests.certs.consents import desk
from tests.certs.copies import house as houses
from tests.certs.copies.house import CLERK, CopyHouse
from tests.certs.holders.conftest import ISSUER
from tests.certs.papers import HYGIENE, firm
from tests.console.people import Reader, pages
from tests.keys.parties.builders import CITY, MAKER, PROVINCE

MATTER = "000123020000"


@dataclass
class Home:
    """A house with a citizen who speaks for a firm, another who does not, and the pages."""

    house: CopyHouse
    app: Flask
    citizen: Caller
    other: Caller
    identifier: str

    def reader(self, who: Caller | None = None) -> Reader:
        return Reader(self.app, (who or self.citizen).id)

    def rows(self, kind: type[Any]) -> list[Any]:
        with self.house.office.database.reading() as session:
            return list(session.query(kind))

    def answer(self) -> None:
        """Keep what the certificate says, as its issuer."""
        with self.house.office.database.transaction() as session:
            (row,) = session.query(HolderObjection)
            by = replace(ISSUER, organisation=row.addressee)
            at = self.house.office.at
            hearing.answer(session, self.house.office.parts, row, Outcome.KEPT, "演示：核对无误", by, at)

    def acts(self, act: str) -> int:
        with self.house.office.database.reading() as session:
            return len(audit.search(session, Search(act=act)))


@pytest.fixture
def home(database: Database, tmp_path: Path, at, monkeypatch: pytest.MonkeyPatch) -> Home:
    house = houses.opened(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: house.office.at)
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, desk.SECURITY, at)
        duties.seed(session, desk.SECURITY, at)
        row = people.add(session, NewPerson("above", "演示人员", PROVINCE), MAKER, at)
        people.assign_roles(session, row, ("authority",), MAKER, at)
    citizen = desk.citizen(house.office, firms=(1,))
    other = desk.citizen(house.office, "other", 2, firms=(2,))
    persons = (citizen, other, CLERK, replace(citizen, id="unbound"))
    objecting = Objecting(house.gateway.data_keys, certificates=OfCertificates(house.office.parts))
    app = pages(database, persons, house.office.parts, house.gateway, objecting, Pager("s" * 32))
    return Home(house, app, citizen, other, house.office.issue())


def test_a_certificate_is_covered_until_it_is_asked_for_and_that_is_on_record(home: Home):
    listed = home.reader().open("/my")
    assert listed.status == 200
    assert firm(1) not in listed.text
    one = listed.open(f"/my/certificates/{home.identifier}")
    assert firm(1) not in one.text
    assert home.acts("certificate.looked-at") == 0
    one.send(f"/my/certificates/{home.identifier}")
    assert one.status == 200
    assert firm(1) in one.text
    assert one.answer.headers["Cache-Control"] == "no-store"
    assert home.acts("certificate.looked-at") == 1


def test_somebody_elses_certificate_is_not_there(home: Home):
    assert home.reader(home.other).open(f"/my/certificates/{home.identifier}").status == 404
    assert home.reader(CLERK).open("/my").status == 403


def test_who_is_bound_to_no_holder_is_told_so(home: Home):
    read = home.reader(replace(home.citizen, id="unbound")).open("/my")
    assert read.status == 403
    assert "not-bound-as-holder" in read.answer.text


def shown(home: Home, **peculiar: Any) -> Reader:
    told = {"organisation": CITY, "matter": MATTER, "holder_code": firm(1), f"field:{home.identifier}": "address"}
    return home.reader().open("/my/code").send("/my/code", **{**told, **peculiar})


def digits(read: Reader) -> str:
    found = re.search(r"(\d{5}) (\d{5})", read.text)
    assert found is not None
    return found[1] + found[2]


def test_a_code_is_shown_with_its_square_and_loading_it_again_ends_the_first(home: Home):
    read = shown(home)
    assert read.status == 200
    first = digits(read)
    assert read.page.xpath("//*[local-name()='svg'][@role='img']//*[local-name()='path']/@d")
    read.again()
    assert digits(read) != first
    rows = sorted(home.rows(Presentation), key=lambda each: each.withdrawn_at is None)
    assert [each.withdrawn_at is None for each in rows] == [False, True]
    assert read.send("/my/code", organisation=CITY).status == 200
    assert sum(each.withdrawn_at is None for each in home.rows(Presentation)) == 1


def test_a_code_is_kept_nowhere_and_taken_back_with_a_button(home: Home):
    read = shown(home)
    code, (row,) = digits(read), home.rows(Presentation)
    assert code not in read.open("/my/code").answer.text
    assert read.send(f"/my/code/{row.id}/withdrawal").follow().status == 200
    assert "已收回" in read.text


@pytest.mark.parametrize("wrong", [{"matter": "x"}, {"organisation": "y" * 18}, {"minutes": "99"}, {"minutes": "ten"}])
def test_what_cannot_be_shown_is_said_and_what_was_typed_stays(home: Home, wrong: dict[str, str]):
    read = shown(home, **wrong)
    assert read.status in {404, 422}
    if read.status == 422:
        assert read.page.xpath("//section[@role='alert']")
        ((name, value),) = wrong.items()
        assert read.page.xpath(f"//input[@name='{name}']/@value") == [value]
    assert home.rows(Presentation) == []


def test_every_use_is_told_with_its_receipt(home: Home):
    use = home.house.copy(home.identifier).usage
    read = home.reader().open("/my/uses")
    assert f"/my/uses/{use}" in read.links()
    read.open(f"/my/uses/{use}")
    assert read.status == 200
    assert use in read.text
    assert home.reader(home.other).open(f"/my/uses/{use}").status == 404


def test_an_objection_is_begun_once_shown_with_its_term_and_taken_back(home: Home):
    use = home.house.copy(home.identifier).usage
    path = f"/my/uses/{use}/objections"
    read = home.reader().open(f"/my/uses/{use}").send(path, about="use", text="演示：不应查看")
    read.again()
    assert len(home.rows(HolderObjection)) == 1
    assert "演示：不应查看" in read.follow().text
    assert "等待答复" in read.text
    (row,) = home.rows(HolderObjection)
    read.send(f"/my/objections/{row.id}/withdrawal").follow()
    assert "已撤回" in read.text


def test_an_objection_without_a_reason_is_refused_beside_its_field(home: Home):
    use = home.house.copy(home.identifier).usage
    read = home.reader().open(f"/my/uses/{use}").send(f"/my/uses/{use}/objections", about="use", text=" ")
    assert read.status == 422
    assert read.page.xpath("//*[@id='text-error']")


@pytest.mark.parametrize("choice", ["field.address", "content"])
def test_a_field_of_a_use_is_objected_to(home: Home, choice: str):
    use = home.house.copy(home.identifier).usage
    path = f"/my/uses/{use}/objections"
    read = home.reader().open(f"/my/uses/{use}")
    offered = read.page.xpath("//select[@name='about']/option/@value")
    assert {"content", "use", choice} <= set(offered), offered
    read.send(path, about=choice, text="演示：写错了").follow()
    (row,) = home.rows(HolderObjection)
    assert (row.about, row.field) == (choice.split(".", maxsplit=1)[0], choice.partition(".")[2])


def test_a_field_of_a_certificate_is_objected_to_from_its_page_and_kept_as_typed_when_refused(home: Home):
    place = f"/my/certificates/{home.identifier}"
    read = home.reader().open(place).send(f"{place}/objections", field="address", text=" ")
    assert read.status == 422
    assert read.page.xpath("//select[@name='field']/option[@selected]/@value") == ["address"]
    assert read.send(f"{place}/objections", field="no-such", text="演示").status == 422
    read.send(f"{place}/objections", field="address", text="演示：地址写错了").follow()
    assert "演示：地址写错了" in read.text
    (row,) = home.rows(HolderObjection)
    assert (row.about, row.field, row.usage) == ("field", "address", "")
    assert home.reader(home.other).open(place).status == 404


@pytest.mark.parametrize(("decision", "state", "told"), [("confirm", "settled", "认可"), ("dispute", "ruling", "争议")])
def test_the_answer_to_an_objection_is_accepted_or_disputed(home: Home, decision: str, state: str, told: str):
    place = f"/my/certificates/{home.identifier}"
    read = home.reader().open(place).send(f"{place}/objections", field="address", text="演示：地址写错了").follow()
    assert not read.page.xpath("//button[@value='dispute']")
    home.answer()
    (row,) = home.rows(HolderObjection)
    words = f"/my/objections/{row.id}/words"
    read.open("/my/objections")
    assert read.send(words, ("decision", "dispute"), reason=" ").status == 422
    assert "演示：核对无误" in read.text
    read.send(words, ("decision", decision), reason="演示：不服").follow()
    assert told in read.text
    (row,) = home.rows(HolderObjection)
    assert row.state == state
    assert not read.page.xpath("//button[@value='dispute']")


def test_a_use_is_evaluated_once(home: Home):
    use = home.house.copy(home.identifier).usage
    path = f"/my/uses/{use}/evaluations"
    read = home.reader().open(f"/my/uses/{use}").send(path, level="4", text="演示")
    assert "满意" in read.follow().text
    assert not read.page.xpath(f"//form[@action='{path}']")


def test_a_consent_is_given_and_ended(home: Home):
    told = {"organisation": CITY, "matter": MATTER, "holder_code": firm(1), "types": HYGIENE.code}
    read = home.reader().open("/my/consents").send("/my/consents", **told)
    assert read.status == 303
    read.again()
    (row,) = home.rows(ConsentRow)
    assert row.ends_at.isoformat().endswith("15:59:59+00:00")
    assert home.reader(home.other).open("/my/consents").page.xpath(f"//form[contains(@action, '{row.id}')]") == []
    read.follow().send(f"/my/consents/{row.id}/withdrawal")
    assert read.follow().status == 200
    assert home.rows(ConsentRow)[0].withdrawn_at is not None


@pytest.mark.parametrize("ends", ["", "never", "2020-01-01", "9999-99-99"])
def test_a_consent_without_a_sound_end_is_refused(home: Home, ends: str):
    told = {"organisation": CITY, "matter": MATTER, "types": HYGIENE.code, "ends_at": ends}
    assert home.reader().open("/my/consents").send("/my/consents", **told).status == 422
    assert home.rows(ConsentRow) == []


@pytest.mark.parametrize("path", ["/my", "/my/code", "/my/uses", "/my/objections", "/my/consents"])
def test_the_holders_pages_are_told_in_english_too(home: Home, path: str):
    read = home.reader().open(f"{path}?lang=en")
    assert read.status == 200
    assert read.page.get("lang") == "en"
