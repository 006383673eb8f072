"""Scenes of the sandbox, walked on its own data as a visitor walks them: through the API, with what it was told.

1 a county's approval bureau issues three licences under its own business seal; one is changed, one cancelled; who
  supervises them is told of each, gives a receipt and says what was found
3 what is collected: some of it out of date, and the department of one type down
5 what is registered elsewhere: nurses and ships are found at their department, physicians are checked there
10 what a copy and a holder are: made, taken once, verified; shown, redeemed, seen in the holder's own list
"""

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from base import clock
from base.workdays import local_day
from certs import contents, sample_library, sample_sources
from certs.models import CertificateFile
from certs.sample_magic import MAGIC
from certs.sample_organs import CODES
from certs.supervision import telling
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
    return site.test_client(use_cookies=False).open(
        PREFIX + path.removeprefix(PREFIX), method=method, headers=headers, **told
    )


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


def supervised(province: Province) -> None:
    """Tell whoever supervises, as the job does."""
    read = 1
    while read:
        with province.running.database.transaction() as session:
            read, _ = telling.carry(session, {}, clock.now())


def test_what_the_bureau_issues_is_told_to_whoever_supervises_it(province: Province, site: Flask):
    """Scene 1: issue and change reach the health commission once each; its receipt and feedback reach the bureau."""
    bureau, health = token(site, province.told["issuing_client"]), token(site, province.told["supervising_client"])
    left = province.told["supervising_client"]["waiting"]
    assert call(site, health, "GET", f"/supervision-notices/{left}").get_json()["state"] == "waiting"
    made = call(site, bureau, "POST", "/certificates", json=body_of(entry_of(province, THREE[0], -2))).get_json()
    supervised(province)
    supervised(province)
    listed = call(site, health, "GET", "/supervision-notices?state=waiting&limit=100").get_json()["items"]
    (notice,) = [each for each in listed if each["identifier"] == made["identifier"]]
    assert (notice["act"], notice["issuer"]) == ("issue", CODES["approval"])
    place = f"/supervision-notices/{notice['id']}"
    shown = call(site, health, "GET", place).get_json()
    assert (shown["certificate"]["status"], shown["certificate"]["number"]) == ("valid", made["number"])
    assert call(site, health, "POST", f"{place}/receipts", json={"receipt": "演示签收A1"}).status_code == 201
    said = {"key": "check-1", "code": "irregular", "on": local_day(clock.now()).isoformat(), "text": "演示：未公示"}
    assert call(site, health, "POST", f"{place}/feedback", json=said).status_code == 201
    seen = call(site, bureau, "GET", place).get_json()
    assert (seen["state"], [each["code"] for each in seen["feedback"]]) == ("received", ["irregular"])
    window = token(site, province.told["clients"][0])
    assert call(site, window, "GET", place).status_code == 404


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


def source_of(province: Province, name: str) -> dict[str, str]:
    return next(each for each in province.told["sources"] if each["type"] == name)


def about(province: Province, name: str, holder: dict[str, Any]) -> dict[str, Any]:
    """Write a question about somebody."""
    named = {"code": holder["holder_code"], "type": "111", "name": holder["holder_name"]}
    type_ = province.running.parts[Certs].by_name[name]
    return {"holder": named, "certificate_type": type_, "purpose": {**PURPOSE, "grant_code": None}}


def looked_up(province: Province, site: Flask, name: str, holder: dict[str, Any]) -> dict[str, Any]:
    window = token(site, province.told["clients"][0])
    answer = call(site, window, "POST", "/certificate-queries", json=about(province, name, holder))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


@pytest.mark.parametrize("name", [sample_sources.NURSE, sample_sources.SHIP])
def test_what_is_registered_elsewhere_is_found_at_its_department(province: Province, site: Flask, name: str):
    """Scene 5: the answer says that the department gave it, and that nothing of it is kept here."""
    told = looked_up(province, site, name, source_of(province, name))
    assert (told["outcome"], told["origin"]) == ("found", "department"), told
    (certificate,) = told["certificates"]
    assert (certificate["holding"], certificate["status"]) == ("directory_only", "valid")
    assert certificate["number"]
    assert told["asked"][-1] == {"library": "department-source", "outcome": "found", "reason": "found"}


def test_whoever_is_not_in_the_register_is_not_found_there(province: Province, site: Flask):
    """Scene 5: nurses' registers hold nurses; the wrong name finds nobody either."""
    nurse, none = source_of(province, sample_sources.NURSE), MAGIC["0404"]
    stranger = {"holder_code": none.code, "holder_name": none.name}
    for holder in (stranger, {**nurse, "holder_name": "演示别名"}):
        told = looked_up(province, site, sample_sources.NURSE, holder)
        assert (told["outcome"], told["certificates"]) == ("not_found", [])


def test_a_permit_that_was_given_back_is_told_without_what_it_says(province: Province, site: Flask):
    """Scene 5: its department says so; the number and the ship are for permits that are in force."""
    ended = list(sample_sources.ships())[1]
    holder = {"holder_code": ended["持证主体代码"], "holder_name": ended["持证主体"]}
    (certificate,) = looked_up(province, site, sample_sources.SHIP, holder)["certificates"]
    assert (certificate["status"], certificate["number"], certificate["data"]) == ("cancelled", "", {})


def test_a_physician_is_checked_and_never_read(province: Province, site: Flask):
    """Scene 5: the nation's register says yes and no."""
    name, window = sample_sources.PHYSICIAN, token(site, province.told["clients"][0])
    physician = source_of(province, name)
    assert looked_up(province, site, name, physician)["reason"]["code"] == "check-only"
    number = next(sample_sources.physicians())["证书编号"]
    checks = [{"predicate": "equals", "field": "number", "value": each} for each in (number, "110320900099999")]
    body = {**about(province, name, physician), "checks": checks}
    told = call(site, window, "POST", "/certificate-checks", json=body).get_json()
    assert (told["origin"], [each["result"] for each in told["results"]]) == ("department", ["yes", "no"]), told


def test_a_register_that_is_down_is_told_as_itself(province: Province, site: Flask):
    """Scene 5: last night's file is away; nobody reads that there is no such nurse."""
    place = Path(province.told["returned"]["file"]).parent
    second = list(sample_sources.nurses())[1]
    holder = {"holder_code": second["公民身份号码"], "holder_name": second["姓名"]}
    away = place.rename(place.with_name("away"))
    try:
        told = looked_up(province, site, sample_sources.NURSE, holder)
    finally:
        away.rename(place)
    assert (told["outcome"], told["certificates"]) == ("source_down", []), told
    assert (told["asked"][-1]["library"], told["asked"][-1]["outcome"]) == ("department-source", "source_down")


def test_what_comes_back_each_night_can_be_asked_for_row_by_row(province: Province, site: Flask):
    """Scene 5: the nurses' file stands behind its directory, and the window has a grant for it."""
    window, returned = token(site, province.told["clients"][0]), province.told["returned"]
    nurse = next(sample_sources.nurses())
    wanted = {"item": sample_sources.NURSE_KEY, "values": [nurse[sample_sources.NURSE_KEY]]}
    body = {"purpose": {**PURPOSE, "grant_code": returned["grant"]}, "conditions": [wanted]}
    answer = call(site, window, "POST", f"/data/{returned['directory']}", json=body).get_json()
    assert (answer["outcome"], [each["姓名"] for each in answer["rows"]]) == ("found", [nurse["姓名"]])


def test_a_department_that_is_down_is_not_the_same_as_having_none(province: Province, site: Flask):
    """Scene 3: the vehicles' feed does not answer; the window reads that, and not that there is none."""
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
