"""The national operations over HTTP: sessions, elements, words for persons, and a signature on what is given."""

import base64
from datetime import timedelta

from sqlalchemy import select

from base.canonical import canonical
from certs.dialects import accounts
from exchange.door.models import Usage
from keys.algorithms.sm2 import SM2_SM3
from tests.certs.dialects.dialect_house import ELEMENTS, DialectHouse
from tests.certs.papers import HYGIENE, firm, person
from tests.keys.parties.builders import MAKER


def test_a_session_ends_with_its_time_and_with_its_secret(partner: DialectHouse):
    session = partner.session()
    held = {"CertificateType": HYGIENE.name, "CertificateHolderCode": firm(9)}
    assert partner.gb("secRetrieval", session, **held).json["head"]["status"] == "10"
    assert partner.gb("secRetrieval", session[:-4] + "AAAA", **held).json["head"]["status"] == "11"
    assert partner.gb("secRetrieval", partner.session("loose"), **held).json["head"]["status"] == "10"
    office = partner.house.office
    with partner.database.transaction() as database:
        accounts.renew(database, office.parts.keys, "national_library", "loose", MAKER, office.at)
    office.at += timedelta(minutes=29)
    assert partner.gb("secRetrieval", session, **held).json["head"]["status"] == "10"
    office.at += timedelta(minutes=1)
    assert partner.gb("secRetrieval", session, **held).json["head"]["status"] == "11"


def test_a_session_is_no_word_for_a_person_and_no_session_of_a_renewed_account(partner: DialectHouse):
    session, loose, office = partner.session(), partner.session("loose"), partner.house.office
    swap = {"name": "演示人1", "id": person(1), "startDay": "20200101", "endDay": "20400101"}
    word = partner.national("cert/usage/checkIDCard.do", {"sessionId": session, **ELEMENTS, **swap}).json["idCard"]
    assert person(1) not in word
    held = {"CertificateType": HYGIENE.name, "CertificateHolderCode": word}
    # The type is held by firms: a person has none, and the word was read.
    assert partner.gb("secRetrieval", session, **held).json["head"]["status"] == "10"
    assert partner.gb("secRetrieval", loose, **held).json["head"]["status"] == "102"
    for wrong in (f"tok-{session}", word[:-3] + "AAA", "tok-"):
        answer = partner.gb("secRetrieval", session, **{**held, "CertificateHolderCode": wrong})
        assert answer.json["head"]["status"] == "102"
    assert partner.gb("secRetrieval", word.removeprefix("tok-"), **held).json["head"]["status"] == "11"
    office.at += timedelta(minutes=11)
    assert partner.gb("secRetrieval", session, **held).json["head"]["status"] == "102"
    with partner.database.transaction() as database:
        accounts.renew(database, office.parts.keys, "national_library", "loose", MAKER, office.at)
    assert partner.gb("secRetrieval", loose, **held).json["head"]["status"] == "11"


def test_what_is_given_is_signed_by_this_platform(partner: DialectHouse):
    identifier = partner.issue()
    told = partner.gb("getCertificateDataByCertificateID", CertificateID=identifier).json
    (row,) = told["data"]["dataList"]
    signature = base64.b64decode(row.pop("digitalSign"))
    with partner.database.reading() as session:
        public = partner.parts.gateway.signer_for(session, partner.parts.gateway.required_receipt_key).public
    assert SM2_SM3.verify(public, signature, canonical(row))
    assert not SM2_SM3.verify(public, signature, canonical({**row, "certificateNumber": "x"}))
    assert (row["certificateHolder"], row["certificateType"]) == ("演示企业1有限公司", HYGIENE.name)
    assert {each["columnName"] for each in row["surface"]} == {"address", "legal_representative"}


def test_a_use_without_the_elements_is_recorded_as_such_and_is_not_statutory(partner: DialectHouse):
    """A list lets the statutory use pass; without the elements a use rests on the agreement, which lets nothing."""
    identifier = partner.issue()
    told = partner.gb("getCertificateDataByCertificateID", partner.session("loose"), CertificateID=identifier)
    assert told.json["head"]["status"] == "0"
    empty = dict.fromkeys(("orgName", "username", "itemName", "businessCode"), "")
    told = partner.gb("getCertificateDataByCertificateID", partner.session("loose"), CertificateID=identifier, **empty)
    assert (told.json["head"]["status"], told.headers["Yinxin-Problem"]) == ("100", "not-granted")
    with partner.database.reading() as session:
        uses = session.scalars(select(Usage)).all()
    assert [(each.ground, each.stage) for each in uses] == [("statutory", "acceptance")]


def test_a_file_is_had_once_and_a_thumbnail_is_a_picture(partner: DialectHouse):
    identifier = partner.issue()
    session = partner.session()

    def url() -> str:
        told = partner.gb("getCertificateFileByCertificateID", session, CertificateID=identifier).json
        return str(told["data"]["dataList"][0]["fileUrl"])

    link = url()
    another = partner.gb("getCertFile", partner.session("loose"), url=link, fileFormat="ofd")
    assert another.json["head"]["status"] == "10"
    assert partner.gb("getCertFile", session, url=link, fileFormat="pdf").json["head"]["status"] == "102"
    assert partner.gb("getCertFile", session, url=link, fileFormat="ofd").data[:2] == b"PK"
    assert partner.gb("getCertFile", session, url=link, fileFormat="ofd").json["head"]["status"] == "10"
    assert partner.gb("getThumbnail", session, url=url(), fileFormat="ofd").data[:4] == b"\x89PNG"
    types = partner.gb("getCertificateType", session).json["data"]
    assert {"certificateType": HYGIENE.name, "certificateTypeCode": HYGIENE.code} in types["dataList"]
    assert types["total"] == len(partner.house.office.parts.types)
