"""Scenes of the sandbox, walked on its own data as a visitor walks them: through the API, with what it was told.

1 a county's approval bureau issues three licences under its own business seal; one is changed, one cancelled
3 what is collected: some of it out of date, and the department of one type down
10 what a copy and a holder are: made, taken once, verified; shown, redeemed, seen in the holder's own list
"""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from base import clock
from certs import contents, sample_library
from certs.models import CertificateFile
from certs.sample_magic import MAGIC
from certs.sample_organs import CODES
from certs.wiring import Certs
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from signing.wiring import Signing
from tests.certs.papers import TYPES
from tests.certs.province import Province, province, site
from tests.certs.test_sample import DAY, PURPOSE

__all__ = ["province", "site"]  # fixtures that pytest finds here
pytestmark = pytest.mark.xdist_group("province")
THREE = ("公共场所卫生许可证", "出版物经营许可证", "取水许可证")
PREFIX = "/api/v1"


def token(site: Flask, client: dict[str, Any]) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]}
    answer = site.test_client().post("/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


def call(site: Flask, who: dict[str, str], method: str, path: str, **told: Any) -> TestResponse:
    headers = {**who, **told.pop("headers", {})}
    return site.test_client().open(PREFIX + path.removeprefix(PREFIX), method=method, headers=headers, **told)


def entry_of(province: Province, name: str, place: int = -1) -> sample_library.Entry:
    """Give one of the library's entries that nobody has made yet: what the bureau's own clerk would type."""
    found = sample_library.entries(province.running.parts[Certs].types, clock.now().date())
    return [each for each in found if each.type.name == name][place]


def body_of(entry: sample_library.Entry, **data: Any) -> dict[str, Any]:
    draft = entry.draft
    told = {
        "type": entry.type.code,
        "holders": [{"code": each.code, "type": each.type, "name": each.name} for each in draft.holders],
        "issued_on": draft.issued_on.isoformat(),
        "valid_from": draft.valid_from.isoformat(),
        "data": {**draft.data, **data},
    }
    return told if draft.valid_until is None else {**told, "valid_until": draft.valid_until.isoformat()}


def queried(site: Flask, who: dict[str, str], identifier: str) -> dict[str, Any]:
    body = {"identifier": identifier, "purpose": {**PURPOSE, "grant_code": None}}
    answer = call(site, who, "POST", "/certificate-queries", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_the_approval_bureau_issues_changes_and_cancels_under_its_own_seal(province: Province, site: Flask):
    """Scene 1."""
    bureau, window = token(site, province.told["issuing_client"]), token(site, province.told["clients"][0])
    made = {}
    for name in THREE:
        answer = call(site, bureau, "POST", "/certificates", json=body_of(entry_of(province, name)))
        assert answer.status_code == 201, answer.text
        made[name] = answer.get_json()
        assert made[name]["issuer"] == CODES["approval"]
        file = call(site, bureau, "GET", f"/certificates/{made[name]['identifier']}/files/ofd").data
        assert sealed_by(province, file) == "演示区行政审批局行政审批专用章"
    changed, cancelled = made[THREE[0]], made[THREE[1]]
    told = body_of(entry_of(province, THREE[0]), legal_representative="演示戊")
    del told["type"]
    place = f"/certificates/{changed['identifier']}"
    match = {"If-Match": call(site, bureau, "GET", place).headers["ETag"]}
    newer = call(site, bureau, "POST", f"{place}/changes", json=told, headers=match)
    assert newer.status_code == 201, newer.text
    found = queried(site, window, changed["identifier"])["certificates"][0]
    assert (found["status"], found["superseded_by"]) == ("changed", newer.get_json()["identifier"])
    place = f"/certificates/{cancelled['identifier']}"
    match = {"If-Match": call(site, bureau, "GET", place).headers["ETag"]}
    step = {"step": "cancel", "reason": "演示注销"}
    assert call(site, bureau, "POST", f"{place}/steps", json=step, headers=match).get_json()["status"] == "cancelled"
    assert queried(site, window, cancelled["identifier"])["certificates"][0]["status"] == "cancelled"


def sealed_by(province: Province, document: bytes) -> str:
    with province.running.database.reading() as session:
        trust = province.running.parts[Signing].trust_at(session, clock.now())
    report = verify(document, "x", trust, DEFAULT, clock.now())
    assert report.verdict is Verdict.VALID
    (signature,) = report.signatures
    assert signature.seal is not None
    return str(signature.seal.name)


def test_the_bureaus_system_has_the_bureaus_certificates_alone(province: Province, site: Flask):
    """Its system sees none of another organ's licences, and may look nothing up."""
    bureau = token(site, province.told["issuing_client"])
    others = province.told["certificates"]
    foreign = next(each["identifier"] for each in others if each["type"] == "道路运输经营许可证")
    assert call(site, bureau, "GET", f"/certificates/{foreign}").status_code == 404
    assert queried_status(site, bureau) == 403


def queried_status(site: Flask, who: dict[str, str]) -> int:
    body = {"identifier": "x", "purpose": {**PURPOSE, "grant_code": None}}
    return call(site, who, "POST", "/certificate-queries", json=body).status_code


def test_two_in_a_hundred_of_what_is_collected_are_out_of_date():
    """Scene 3, as data: the library will hold them when its task has run."""
    collected = [each for each in sample_library.entries(TYPES, DAY) if each.is_collected]
    stale = [each for each in collected if each.draft.valid_until and each.draft.valid_until < DAY]
    assert 0.015 < len(stale) / len(collected) < 0.03


def test_a_department_that_is_down_is_not_the_same_as_having_none(province: Province, site: Flask):
    """Scenes 3 and 5: the nurses' register does not answer; the window reads that, and not that there is none."""
    window, magic = token(site, province.told["clients"][0]), MAGIC["0503"]
    holder = {"code": magic.code, "type": magic.holder.type, "name": magic.name}
    body = {
        "holder": holder,
        "certificate_type": province.running.parts[Certs].by_name[magic.type],
        "purpose": {**PURPOSE, "grant_code": None},
    }
    down = call(site, window, "POST", "/certificate-queries", json=body).get_json()
    assert (down["outcome"], down["certificates"]) == ("source_down", [])
    none = MAGIC["0404"]
    body |= {"holder": {"code": none.code, "type": "111", "name": none.name}}
    body |= {"certificate_type": province.running.parts[Certs].by_name[none.type]}
    assert call(site, window, "POST", "/certificate-queries", json=body).get_json()["outcome"] == "not_found"


def test_the_first_client_makes_a_copy_takes_it_once_and_anybody_verifies_it(province: Province, site: Flask):
    """What the printed client can do at once; the seal is the platform's service seal, named as such."""
    window, told = token(site, province.told["clients"][0]), province.told["certificates"]
    identifier = next(each["identifier"] for each in told if each["type"] == "取水许可证")
    body = {"identifier": identifier, "format": "ofd", "purpose": {**PURPOSE, "grant_code": None}}
    made = call(site, window, "POST", "/certificate-copies", json=body)
    assert made.status_code == 200, made.text
    link = made.get_json()["copy"]["link"]
    file = call(site, window, "GET", link)
    assert file.status_code == 200
    assert call(site, window, "GET", link).get_json()["code"] == "copy-link-spent"
    assert sealed_by(province, file.data) == "演示省电子证照库服务章"
    report = call(site, {}, "POST", "/verifications", data={"file": (io.BytesIO(file.data), "copy.ofd")}).get_json()
    assert (report["verdict"], report["certificate"]["identifier"]) == ("valid", identifier)
    assert "CERTIFICATE_COPY" in {each["code"] for each in report["warnings"]}


def test_the_holder_of_the_sandbox_speaks_for_three(province: Province):
    """Themselves, a firm, and somebody whose card is given with consent alone."""
    assert [each["capacity"] for each in province.told["holders"]] == ["self", "legal_representative", "agent"]


def test_every_file_that_the_walks_left_is_whole(province: Province):
    """Whatever the scenes did, what lies in the library verifies as it did."""
    parts, at = province.running.parts, clock.now()
    with province.running.database.reading() as session:
        trust = parts[Signing].trust_at(session, at)
        for each in session.scalars(select(CertificateFile)):
            document = contents.opened_file(session, parts[Certs].keys, each.identifier, each.format, each.content)
            assert verify(document, "x", trust, DEFAULT, at).verdict is Verdict.VALID, each.identifier
