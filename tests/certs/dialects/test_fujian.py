"""Fujian's certificateShare over HTTP: two kinds of grant codes, and certificates of high level."""

from sqlalchemy import select

from certs.holders.models import HolderUse
from exchange.door.models import Usage
from tests.certs.dialects.dialect_house import ITEM, NAME, DialectHouse
from tests.certs.papers import HYGIENE, firm


def test_the_code_of_a_holder_gives_what_was_chosen_once_and_to_the_system_alone(partner: DialectHouse):
    code = partner.show(partner.issue(), "address")
    named = {"certificateHolderName": NAME, "certificateTypeName": HYGIENE.name}
    alone = partner.fujian("getLegalPersonListByHolderName", grantcode=code, **named)
    assert alone.json["head"]["status"] == "11"
    shown = {"accessToken": partner.secrets["fujian"], "grantcode": code}
    wrong = {**named, "certificateHolderName": "演示别家有限公司"}
    assert partner.fujian("getLegalPersonListByHolderName", **shown, **wrong).json["head"]["status"] == "10"
    other = {**named, "certificateTypeName": "结婚证"}
    assert partner.fujian("getLegalPersonListByHolderName", **shown, **other).json["head"]["status"] in {"10", "15"}
    told = partner.fujian("getLegalPersonListByHolderName", **shown, **named).json
    (row,) = told["data"]["dataList"]
    assert (row["extendInfo"], row["certificateNumber"], row["certificateHolderName"]) == ({"经营地址": "演示"}, "", "")
    assert partner.fujian("getLegalPersonListByHolderName", **shown, **named).json["head"]["status"] == "16"
    with partner.database.reading() as session:
        usage = session.scalars(select(Usage)).one()
        assert (usage.fields, usage.basis, usage.item_code) == (["address"], "演示办件0001", ITEM)
        assert session.scalars(select(HolderUse)).one().kind == "presentation"


def test_the_issued_code_asks_under_its_account_and_a_wrong_name_finds_nothing(partner: DialectHouse):
    partner.issue()
    asked = {"certificateHolderCode": firm(1), "certificateTypeName": HYGIENE.name}
    told = partner.fujian("getLegalPersonListByHolderCode", **asked).json
    assert told["data"]["dataList"][0]["certificateNumber"] == partner.number
    by_service = partner.fujian("getLegalPersonListByHolderCode", servicecode="getShare", **asked)
    assert by_service.json == told
    wrong = partner.fujian("getLegalPersonListByHolderCode", certificateHolderName="演示别家", **asked).json
    assert (wrong["head"]["status"], wrong["data"]) == ("10", {"dataList": []})
    number = partner.fujian("getLegalPersonListByHolderCode", certificateNumber="另一个", **asked).json
    assert (number["head"]["status"], number["data"]) == ("10", {"dataList": []})
