"""The organ's own certificates by their pages: masked until a reason is given, moved on by steps, changed once."""

import io

import pytest
from sqlalchemy import event, select

from base.models import AuditEntry
from tests.certs.papers import HYGIENE, firm
from tests.console.officers.house import CLERK, STRANGER, Desk
from tests.console.people import Reader

PLACE = "/console/certificates"


def opened(house: Desk) -> tuple[Reader, str]:
    identifier = house.office.issue()
    return house.reader().open(f"{PLACE}/{identifier}"), identifier


def acts(house: Desk) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith("certificate."))))


def test_a_certificate_is_masked_until_somebody_says_what_for(house: Desk):
    read, identifier = opened(house)
    assert "***" in read.text
    assert read.send(f"{PLACE}/{identifier}/reveal", reason="").status == 422
    assert "certificate.revealed" not in acts(house)
    read.send(f"{PLACE}/{identifier}/reveal", reason="演示核对")
    assert (read.status, "***" in read.text) == (200, False)
    assert "certificate.revealed" in acts(house)
    assert "***" in read.open(f"{PLACE}/{identifier}").text


def test_a_search_says_what_it_is_for_and_is_on_record(house: Desk):
    _, identifier = opened(house)
    at = f"{PLACE}/search"
    bare = house.reader().open(at).send(at, holder_type="001", holder_code=firm(1))
    assert (bare.status, "certificate.sought" in acts(house)) == (422, False)
    assert bare.page.xpath("//input[@name='holder_code']/@value") == [firm(1)]
    found = bare.send(at, reason="演示办理")
    assert identifier in found.text
    assert "certificate.sought" in acts(house)


def test_a_step_names_the_version_that_it_was_decided_on(house: Desk):
    read, identifier = opened(house)
    suspend, revoke = (f"{PLACE}/{identifier}/steps/{each}" for each in ("suspend", "revoke"))
    late = house.reader().open(revoke)
    assert "暂扣" in read.open(suspend).send(suspend, reason="演示").follow().text
    late.send(revoke, reason="演示原因")
    assert late.status == 412
    assert late.page.xpath("//textarea[@name='reason']/text()") == ["演示原因"]
    assert "已撤销" in late.send(revoke, reason="演示原因").follow().text


def test_a_step_without_a_reason_is_refused_at_its_field(house: Desk):
    _, identifier = opened(house)
    at = f"{PLACE}/{identifier}/steps/cancel"
    read = house.reader().open(at).send(at, reason="")
    assert read.status == 422
    assert read.page.xpath("//textarea[@name='reason']/@aria-invalid") == ["true"]


@pytest.mark.parametrize("kind", ["change", "renewal"])
def test_the_next_version_begins_with_what_stands_there_and_leads_to_it(house: Desk, kind: str):
    _, identifier = opened(house)
    at = f"{PLACE}/{identifier}/{kind}"
    read = house.reader().open(at)
    assert read.page.xpath("//input[@name='holders.0.code']/@value") == [firm(1)]
    read.send(at, button=("go", "preview"), **{"data.address": "演示新址2号"}).send(at, button=("go", "issue")).follow()
    assert "上一版本" in read.text
    assert identifier in read.text


def test_a_change_that_was_overtaken_is_said_and_nothing_typed_is_lost(house: Desk):
    _, identifier = opened(house)
    at, suspend = f"{PLACE}/{identifier}/change", f"{PLACE}/{identifier}/steps/review"
    late = house.reader().open(at).send(at, button=("go", "preview"), **{"data.address": "演示新址3号"})
    house.reader().open(suspend).send(suspend, reason="演示")
    late.send(at, button=("go", "issue"))
    assert late.status == 412
    assert late.page.xpath("//input[@name='data.address']/@value") == ["演示新址3号"]


def test_the_sealed_file_is_given_and_another_organs_certificate_is_not_there(house: Desk):
    read, identifier = opened(house)
    assert read.open(f"{PLACE}/{identifier}/files/ofd").answer.data.startswith(b"PK")
    assert house.reader(STRANGER).open(f"{PLACE}/{identifier}").status == 404
    assert house.reader(CLERK).open(f"{PLACE}/{identifier}").status == 403


def test_the_list_asks_as_often_for_one_certificate_as_for_three(house: Desk):
    def asked() -> int:
        seen: list[str] = []
        event.listen(house.database.engine, "before_cursor_execute", note := lambda *told: seen.append(told[2]))
        assert house.reader().open(PLACE).status == 200
        event.remove(house.database.engine, "before_cursor_execute", note)
        return len(seen)

    house.office.issue()
    one = asked()
    house.office.issue()
    house.office.issue()
    assert asked() == one


def test_a_table_of_old_stock_is_taken_in_and_dropped(house: Desk):
    read = house.reader().open("/console/old-stock")
    table = io.BytesIO("number,holder_name\n演示1,演示企业\n".encode())
    read.send("/console/old-stock", type=HYGIENE.code, file=(table, "演示.csv"))
    assert read.status in {303, 409, 422}
    if read.status == 303:
        read.follow()
        assert read.status == 200
        assert house.reader(STRANGER).open(read.address).status == 404


def test_a_table_that_is_none_is_refused_and_the_page_stays(house: Desk):
    read = house.reader().open("/console/old-stock")
    read.send("/console/old-stock", type=HYGIENE.code, file=(io.BytesIO(b"\x00\xff"), "x.csv"))
    assert read.status in {400, 409, 415, 422}
    assert read.page.xpath("//section[@role='alert']//h2")


def test_missing_entries_are_listed(house: Desk):
    assert "没有缺证反馈" in house.reader().open("/console/missing-reports").text
    assert house.reader(CLERK).open("/console/missing-reports/own").status == 200
