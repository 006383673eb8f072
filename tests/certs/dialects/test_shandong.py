"""The Shandong city specification over HTTP: the same gate as the API, and what counts once counts once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from base import audit
from base.audit import Search
from certs.dialects import accounts, links
from certs.dialects.models import CertificateDialectLink
from certs.dialects.wiring import CertificateDialects, CertificateDialectSettings
from exchange.door.models import Usage
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import systems
from keys.parties.systems import system_of
from tests.certs.dialects.dialect_house import ADDRESS, CAUSE, ITEM, NAME, SYSTEM, DialectHouse, base64_of
from tests.certs.papers import HYGIENE
from tests.keys.parties.builders import MAKER


def test_a_use_is_on_record_as_one_of_the_api_is(partner: DialectHouse):
    identifier = partner.issue()
    answer = partner.shandong("queryCertInfo", {"certIdentifier": identifier, "useCause": CAUSE})
    with partner.database.reading() as session:
        usage = session.get_one(Usage, answer.headers["Yinxin-Usage-Id"])
        assert (usage.outcome, usage.item_code, usage.ground, usage.stage) == ("found", ITEM, "statutory", "guidance")
        assert (usage.caller, set(usage.fields) >= {"number", "address"}) == (f"system:{SYSTEM}", True)
    told = {"Yinxin-Basis": "3209000001", "Yinxin-Operator": "YANSHI"}
    answer = partner.shandong("queryCertInfoByHolderCode", partner.held(), headers=told)
    with partner.database.reading() as session:
        usage = session.get_one(Usage, answer.headers["Yinxin-Usage-Id"])
        assert (usage.stage, usage.basis) == ("acceptance", "3209000001")
    refused = partner.shandong("queryCertInfo", {"certIdentifier": identifier, "useCause": "办理演示事项"})
    assert (refused.json["head"]["status"], refused.headers["Yinxin-Problem"]) == (100, "not-granted")
    with partner.database.reading() as session:
        attempts = audit.search(session, Search(act="data.refused"))
        assert len(attempts) == 1


def test_a_link_works_once_looking_does_not_use_it_up_and_it_ends(partner: DialectHouse):
    data = {"certIdentifier": partner.issue(), "useCause": CAUSE}
    told = partner.plain(partner.shandong("downloadUrl", data))
    path = told["content"].removeprefix(ADDRESS)
    assert path.startswith("/dialects/shandong/zzgxpt/download?id=")
    looked = partner.open("HEAD", path)
    assert (looked.status_code, looked.mimetype, looked.data) == (200, "application/ofd", b"")
    taken = partner.open("GET", path)
    assert (taken.mimetype, taken.data[:2]) == ("application/ofd", b"PK")
    assert partner.open("GET", path).json["head"]["status"] == 10
    copied = {"certTypeCode": HYGIENE.code, "contentType": "base64", "content": base64_of(taken.data)}
    verified = partner.plain(partner.shandong("verifyFile", {**copied, "useCause": CAUSE}))
    assert verified == {"result": "0", "message": "信息正确且有效"}
    other = next(each for each in partner.house.office.parts.types.values() if each.code != HYGIENE.code)
    another = {**copied, "certTypeCode": other.code, "useCause": CAUSE}
    assert partner.plain(partner.shandong("verifyFile", another))["result"] == "7"
    forged = {**copied, "content": base64_of(b"%PDF-1.7\n%%EOF"), "useCause": CAUSE}
    assert partner.plain(partner.shandong("verifyFile", forged))["result"] in {"4", "5", "7"}
    path = partner.plain(partner.shandong("downloadUrl", data))["content"].removeprefix(ADDRESS)
    partner.house.office.at += timedelta(minutes=10)
    assert partner.open("GET", path).json["head"]["status"] == 10
    with partner.database.transaction() as session:
        links.forget(session, partner.house.office.at)
        assert session.scalars(select(CertificateDialectLink)).all() == []


def test_a_code_that_is_wrongly_used_is_not_spent_and_guessing_is_stopped(partner: DialectHouse):
    code = partner.show(partner.issue())
    with partner.database.transaction() as session:
        row = system_of(session, SYSTEM)
        systems.grant_scopes(session, row, {"cert:read"}, MAKER, partner.house.office.at)
    asked = {"qrcode": code, "useCause": CAUSE}
    if "cert:present" not in row.scope_set:
        assert partner.status("queryCertInfoByQRcode", asked) == 100
    with partner.database.transaction() as session:
        scopes = {"cert:read", "cert:present"}
        systems.grant_scopes(session, system_of(session, SYSTEM), scopes, MAKER, partner.house.office.at)
    wrong = [partner.status("queryCertInfoByQRcode", {**asked, "qrcode": f"{number:010d}"}) for number in range(9)]
    assert set(wrong) == {10}
    assert partner.plain(partner.shandong("queryCertInfoByQRcode", asked))["address"] == "演示"
    assert partner.status("queryCertInfoByQRcode", {**asked, "qrcode": "0000000099"}) == 10
    over = partner.shandong("queryCertInfoByQRcode", {**asked, "qrcode": "0000000098"})
    assert (over.json["head"]["status"], over.headers["Yinxin-Problem"]) == (99, "too-many-guesses")
    assert int(over.headers["Retry-After"]) > 0


def test_keys_accounts_and_names_are_asked_for_where_they_must_be(partner: DialectHouse):
    """An answer is never written in clear for want of a key; an account that must bring names brings them."""
    identifier, keys = partner.issue(), partner.house.office.parts.keys
    one = {"certIdentifier": identifier, "useCause": CAUSE}
    own = asymmetric.generated(KeyKind.SM2)
    with partner.database.transaction() as session:
        row = accounts.account_of(session, "shandong", "shandong", locked=True)
        row.encryption_key, row.names_required = None, True
    answer = partner.shandong("queryCertInfo", one)
    assert (answer.json["head"]["status"], answer.json["data"]) == (101, {})
    site = CertificateDialects(CertificateDialectSettings(), ADDRESS, own.public)  # type: ignore[arg-type]
    partner.door.app.extensions["yinxin"][CertificateDialects] = site
    partner.key = own  # type: ignore[assignment]
    assert partner.plain(partner.shandong("queryCertInfo", one))["cert_identifier"] == identifier
    assert partner.status("queryCertInfoByHolderCode", partner.held()) == 111
    assert partner.status("queryCertInfoByHolderCode", partner.held(holder="演示别家")) == 10
    (told,) = partner.plain(partner.shandong("queryCertInfoByHolderCode", partner.held(holder=NAME)))
    assert told["cert_identifier"] == identifier
    with partner.database.transaction() as session:
        renewed = accounts.renew(session, keys, "shandong", "shandong", MAKER, partner.house.office.at)
    assert partner.status("queryCertInfo", one) == 11
    partner.secrets["shandong"] = renewed
    assert partner.shandong("queryCertInfo", one).json["head"]["status"] == 0
    with partner.database.transaction() as session:
        accounts.close(session, "shandong", "shandong", MAKER, partner.house.office.at)
    assert partner.status("queryCertInfo", one) == 11


def test_a_suspended_system_and_demanded_signatures_end_it(partner: DialectHouse):
    one = {"certIdentifier": partner.issue(), "useCause": CAUSE}
    gateway = partner.parts.gateway
    strict = replace(gateway, told=replace(gateway.told, signatures="always"))
    known = partner.door.app.extensions["yinxin"]
    known[type(gateway)] = strict
    assert partner.shandong("queryCertInfo", one).headers["Yinxin-Problem"] == "request-not-signed"
    known[type(gateway)] = gateway
    with partner.database.transaction() as session:
        systems.suspend(session, system_of(session, SYSTEM), "演示", MAKER, partner.house.office.at)
    assert partner.status("queryCertInfo", one) == 100


@pytest.mark.parametrize("until", ["2026-12-01", "2026-12-01 08:00:00", "2027-12-01T00:00:00"])
def test_until_when_a_copy_may_be_shown_is_read(partner: DialectHouse, until: str):
    data = {"certIdentifier": partner.issue(), "useCause": CAUSE, "expiryTime": until}
    assert partner.shandong("downloadUrl", data).json["head"]["status"] == 0
    for wrong in ("2026-11-01", "soon", "20261332"):
        assert partner.status("downloadUrl", {**data, "expiryTime": wrong}) == 102
