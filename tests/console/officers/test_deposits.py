"""A finished certificate by the page: kept byte for byte, or kept out with the reason; what was typed stays."""

from io import BytesIO

import pytest
from sqlalchemy import func, select

from certs.deposits.models import Deposit
from tests.certs.deposits import files
from tests.certs.deposits.files import LICENCE, depositor, finished
from tests.console.officers.house import CLERK, OFFICER, STRANGER, Desk
from tests.console.people import Reader

PLACE = "/console/deposits"


@pytest.fixture
def desk(house: Desk) -> Desk:
    taker = depositor(house.office)
    house.app.extensions["yinxin"][type(taker.verifying)] = taker.verifying
    house.app.extensions["yinxin"][type(taker.signing)] = taker.signing
    return house


def brought(desk: Desk, content: bytes, name: str = "演示.ofd", **told: str) -> Reader:
    read = desk.reader(OFFICER).open(PLACE)
    return read.send(PLACE, file=(BytesIO(content), name), **{"type": LICENCE.code, **told})


def kept(desk: Desk) -> int:
    with desk.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Deposit)) or 0


def test_a_finished_file_is_kept_byte_for_byte_and_once(desk: Desk):
    document = finished(desk.office)
    read = brought(desk, document)
    assert read.status == 303, read.text
    place = read.answer.location.split("?")[0]
    assert "逐字节保存" in read.follow().text
    assert desk.reader(OFFICER).open(f"{place}/files/ofd").answer.data == document
    assert brought(desk, document).answer.location.split("?")[0] == place
    assert kept(desk) == 1
    assert desk.reader(STRANGER).open(place).status == 404


def test_a_file_that_was_changed_is_kept_out_with_the_reason(desk: Desk):
    spoilt = files.edited(
        finished(desk.office), files.PAGE, lambda each: each.replace("演示".encode(), "伪造".encode())
    )
    read = brought(desk, spoilt, number="演示号1")
    assert read.status in {400, 422}
    assert "deposit-forged" in read.answer.text
    assert read.page.xpath("//input[@name='number']/@value") == ["演示号1"]
    assert read.page.xpath("//select[@name='type']/option[@selected]/@value") == [LICENCE.code]
    assert kept(desk) == 0


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "malformed-request"), (b"%PDF-1.7 nothing", "deposit-un"), (b"\0" * 64, "deposit-un")]
)
def test_what_is_no_finished_certificate_is_said_so(desk: Desk, content: bytes, code: str):
    read = brought(desk, content)
    assert read.status in {400, 422}
    assert code in read.answer.text
    assert kept(desk) == 0


@pytest.mark.parametrize("wrong", [{"type": ""}, {"type": "🙂"}, {"issued_on": "soon"}, {"holder.type": "999"}])
def test_a_choice_that_nobody_offered_is_refused_kindly(desk: Desk, wrong: dict[str, str]):
    read = brought(desk, finished(desk.office), **{"holder.code": "x", **wrong})
    assert read.status in {404, 422}
    assert kept(desk) == 0


def test_only_who_issues_brings(desk: Desk):
    assert desk.reader(CLERK).open(PLACE).status == 403
