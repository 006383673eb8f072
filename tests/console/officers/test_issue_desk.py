"""The issue desk: filled in, looked at, issued once; what was refused is still there."""

import pytest
from sqlalchemy import func, select

from certs.models import Certificate
from keys.custody.errors import CustodyKeyRetired
from tests.certs.papers import HYGIENE, MARRIAGE, firm
from tests.console.officers.house import CLERK, DRAFT, STRANGER, Desk, filled
from tests.console.people import Reader

HOSTILE = ["<script>alert(1)</script>", "{{ 7*7 }}", "' OR 1=1 --", "\u202e演示", "a" * 5000, "%00", "\x07"]


def count(house: Desk) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Certificate)) or 0


def looked_at(house: Desk, **peculiar: str) -> Reader:
    return house.reader().open(DRAFT).send(DRAFT, button=("go", "preview"), **filled(**peculiar))


def test_a_certificate_is_filled_in_looked_at_and_issued(house: Desk):
    read = looked_at(house)
    assert (read.status, count(house)) == (200, 0)
    assert read.page.xpath("//main//p/img/@src")[0].startswith("data:image/png;base64,")
    read.send(DRAFT, button=("go", "issue")).follow()
    assert "证照已签发" in read.text
    assert "有效" in read.text
    assert count(house) == 1


def test_the_same_walk_in_english(house: Desk):
    read = house.reader().open(f"{DRAFT}?lang=en")
    assert "Fill in" in read.text
    assert not any("\u4e00" <= each <= "\u9fff" for each in read.text.replace("平方米", ""))


def test_a_form_sent_twice_issues_once(house: Desk):
    read = looked_at(house).send(DRAFT, button=("go", "issue"))
    first = read.answer.location
    assert (read.again().answer.location, count(house)) == (first, 1)


def test_faults_stand_at_their_fields_and_nothing_that_was_typed_is_lost(house: Desk):
    wrong = firm(1)[:-1] + ("A" if firm(1)[-1] != "A" else "B")
    read = looked_at(house, **{"holders.0.code": wrong, "data.address": ""})
    assert read.status == 422
    assert "校验位不对" in read.text
    assert "请填写经营地址" in read.text
    assert read.page.xpath("//input[@name='holders.0.code']/@value") == [wrong]
    assert read.page.xpath("//input[@name='holders.0.code']/@aria-invalid") == ["true"]
    assert read.page.xpath("//input[@name='data.legal_representative']/@value") == [
        filled()["data.legal_representative"]
    ]


def test_back_from_the_preview_everything_is_still_there(house: Desk):
    read = looked_at(house).send(DRAFT, button=("go", "edit"))
    given = {each.get("name"): each.get("value") for each in read.page.xpath("//form//input[@name]")}
    assert {name: given.get(name) for name in filled() if name in given}.items() <= filled().items()
    assert given["holders.0.code"] == firm(1)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_in_a_field_are_words(house: Desk, text: str):
    read = looked_at(house, **{"data.address": text, "holders.0.name": text})
    assert read.status in {200, 409, 422}
    assert "<script>alert" not in read.answer.text
    assert "49" not in read.page.xpath("string(//input[@name='data.address']/@value)")
    assert count(house) == 0


def test_a_type_that_is_not_issued_here_is_refused(house: Desk):
    assert house.reader().open(f"/console/issue/{MARRIAGE.code}").status == 403
    assert house.reader().open("/console/issue/no-such-type").status == 404


def test_without_leave_to_use_the_seal_nothing_can_be_issued_and_the_page_says_why(house: Desk):
    read = house.reader(STRANGER).open(DRAFT)
    assert "还没有这类证照的有效用印授权" in read.text
    read.send(DRAFT, button=("go", "issue"), **filled())
    assert (read.status, count(house)) == (409, 0)
    assert read.page.xpath("//input[@name='holders.0.code']/@value") == [firm(1)]


def test_a_seal_that_fails_leaves_the_certificate_to_be_signed_and_it_is_signed_later(house: Desk):
    def broken() -> None:
        raise CustodyKeyRetired("seal")

    house.office.fault = broken
    read = looked_at(house).send(DRAFT, button=("go", "issue")).follow()
    assert "待签章" in read.text
    assert count(house) == 1
    house.office.fault = lambda: None
    (action,) = read.page.xpath("//form[contains(@action, '/signature')]/@action")
    read.send(action).follow()
    assert "证照已签章，现在有效" in read.text


def test_only_issuers_sit_here(house: Desk):
    assert house.reader(CLERK).open(DRAFT).status == 403


def test_the_types_and_their_faces_are_shown(house: Desk):
    read = house.reader().open("/console/types")
    assert HYGIENE.name in read.text
    read.open(f"/console/types/{HYGIENE.code}")
    assert "经营地址" in read.text
    (face,) = read.page.xpath("//img/@src[contains(., 'face.png')]")
    picture = read.open(face).answer
    assert (picture.status_code, picture.data[:4]) == (200, b"\x89PNG")
