"""Seals and sealing over HTTP: the whole way of a seal, who is refused on it, and a document sealed and asked about."""

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from keys.authority.wiring import Authority
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import making_requests, routes, sample_documents
from signing.routes.seals import seals
from signing.routes.signatures import signatures
from signing.seals.seal import Version
from signing.wiring import Signing
from tests import rooms
from tests.keys.parties.builders import CITY
from tests.rooms import Door
from tests.signing import offices
from tests.signing.offices import (
    CLERK,
    CUSTODIAN,
    HEAD,
    MAKER,
    PICTURE,
    SECOND_HEAD,
    TYPE,
    WATCHER,
    WINDOW,
    authority,
    person,
    sealing_maker,
    signing_identity,
)

AUDITOR = person("auditor", "auditor")
STRANGER = person("stranger", "seal_owner", "11320000YNX00001XQ")
PEOPLE = (CLERK, HEAD, SECOND_HEAD, CUSTODIAN, MAKER, WATCHER, AUDITOR, STRANGER, WINDOW)


def signer_for(_session: Session, key_id: str) -> Signer:
    if key_id == "maker":
        return sealing_maker().signer
    return SoftwareSigner(signing_identity(key_id.removeprefix("seal-")).key)


def trust_at(_session: Session, at: datetime) -> Trust:
    return Trust(at, (Anchor(authority().certificate),))


@pytest.fixture
def door(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    offices.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    standard = Version.GBT38540_2020
    signing = Signing(signer_for, trust_at, None, "maker", sealing_maker().certificate, standard, 1 << 20)
    house = Authority(signer_for, "http://127.0.0.1")
    return rooms.door(database, (seals, signatures), PEOPLE, signing, house)


def application(at: datetime) -> dict[str, Any]:
    return {
        "owner": CITY,
        "kind": "business",
        "name": "演示市数据管理局行政审批专用章",
        "valid_from": at.isoformat(),
        "valid_until": (at + timedelta(days=1000)).isoformat(),
        "picture": base64.b64encode(PICTURE).decode(),
        "width_mm": 40,
        "height_mm": 40,
        "basis": "演示批复",
    }


def steps(seal: str) -> list[tuple[str, str, dict[str, Any]]]:
    pem = signing_identity(seal).certificate.pem.decode()
    return [
        ("head", "approvals", {"decision": "agree"}),
        ("maker", "makings", {"key_id": f"seal-{seal}", "certificate": pem}),
        ("maker", "filings", {"number": "演示备1"}),
        ("custodian", "activations", {"reason": "启用"}),
    ]


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.json
    return answer.json


def active(door: Door, at: datetime) -> str:
    seal = str(done(door.call("clerk", "POST", "/seals", json=application(at)), 201)["id"])
    for who, step, told in steps(seal):
        done(door.call(who, "POST", f"/seals/{seal}/{step}", json=told))
    return seal


def allowed(door: Door, seal: str, at: datetime) -> str:
    told = {
        "system": WINDOW.id,
        "document_type": TYPE,
        "act": "issue",
        "region": "320900",
        "valid_from": at.isoformat(),
        "valid_until": (at + timedelta(days=300)).isoformat(),
        "ceiling": 5,
        "basis": "演示用印授权书",
    }
    place = f"/seals/{seal}/authorisations"
    leave = str(done(door.call("head", "POST", place, json=told), 201)["id"])
    done(door.call("second-head", "POST", f"{place}/{leave}/confirmations"))
    return leave


def order(seal: str, document: bytes) -> dict[str, Any]:
    return {
        "seal": seal,
        "document": base64.b64encode(document).decode(),
        "document_type": TYPE,
        "act": "issue",
        "region": "320902",
        "reason": "演示",
        "places": [{"page": 1, "x_mm": 120, "y_mm": 200}],
    }


def test_the_whole_way_of_a_seal(door: Door, at: datetime):
    seal = active(door, at)
    status = done(door.call(None, "GET", f"/seals/{seal}/status"))
    assert (status["state"], status["usable"], status["filing"]) == ("active", True, "演示备1")
    done(door.call("watcher", "POST", f"/seals/{seal}/suspensions", json={"reason": "核查"}))
    assert done(door.call(None, "GET", f"/seals/{seal}/status"))["usable"] is False
    done(door.call("head", "POST", f"/seals/{seal}/resumptions", json={"reason": "无误"}))
    done(door.call("head", "POST", f"/seals/{seal}/revocations", json={"reason": "遗失"}))
    before = {"at": (at - timedelta(seconds=1)).isoformat()}
    assert done(door.call(None, "GET", f"/seals/{seal}/status", query_string=before))["state"] is None
    listed = done(door.call("auditor", "GET", f"/seals/{seal}/steps"))["items"]
    assert [each["step"] for each in listed] == [
        "apply",
        "agree",
        "make",
        "file",
        "activate",
        "suspend",
        "resume",
        "revoke",
    ]


@pytest.mark.parametrize("document", [sample_documents.ofd(), sample_documents.pdf()], ids=["ofd", "pdf"])
def test_a_system_seals_a_document_and_the_use_is_listed(door: Door, at: datetime, document: bytes):
    seal = active(door, at)
    allowed(door, seal, at)
    answer = done(door.call(WINDOW.id, "POST", "/signatures", json=order(seal, document)), 201)
    assert answer["report"]["verdict"] == "valid"
    assert base64.b64decode(answer["document"]).startswith(document[:4])
    (use,) = done(door.call("auditor", "GET", f"/seals/{seal}/uses"))["items"]
    assert (use["id"], use["state"], use["document_sm3"]) == (answer["use"], "done", answer["sm3"])


def test_the_same_order_sent_twice_seals_once(door: Door, at: datetime):
    seal = active(door, at)
    allowed(door, seal, at)
    told = {"json": order(seal, sample_documents.ofd()), "headers": {"Idempotency-Key": "once"}}
    first, second = (door.call(WINDOW.id, "POST", "/signatures", **told) for _ in range(2))
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(done(door.call("auditor", "GET", f"/seals/{seal}/uses"))["items"]) == 1


def test_without_leave_nothing_is_sealed(door: Door, at: datetime):
    seal = active(door, at)
    refused = door.call(WINDOW.id, "POST", "/signatures", json=order(seal, sample_documents.ofd()))
    assert (refused.status_code, refused.json["code"]) == (403, "use-not-authorised")
    leave = allowed(door, seal, at)
    done(door.call("head", "POST", f"/seals/{seal}/authorisations/{leave}/withdrawals"))
    refused = door.call(WINDOW.id, "POST", "/signatures", json=order(seal, sample_documents.ofd()))
    assert refused.json["code"] == "use-not-authorised"


def test_a_refused_signature_is_on_record_as_failed(door: Door, at: datetime, monkeypatch: pytest.MonkeyPatch):
    seal = active(door, at)
    allowed(door, seal, at)
    signing = door.app.extensions["yinxin"][Signing]
    object.__setattr__(signing, "trust_at", lambda _session, moment: Trust(moment))
    refused = door.call(WINDOW.id, "POST", "/signatures", json=order(seal, sample_documents.ofd()))
    assert refused.json["code"] == "not-valid-after-signing"
    (use,) = done(door.call("auditor", "GET", f"/seals/{seal}/uses"))["items"]
    assert (use["state"], use["failure"]) == ("failed", "not-valid-after-signing")


@pytest.mark.parametrize("who", ["clerk", "maker", "custodian", "auditor", "watcher", "stranger", None])
def test_nobody_but_the_owners_head_agrees(door: Door, at: datetime, who: str | None):
    seal = done(door.call("clerk", "POST", "/seals", json=application(at)), 201)["id"]
    answer = door.call(who, "POST", f"/seals/{seal}/approvals", json={"decision": "agree"})
    assert answer.status_code in {401, 403}
    assert done(door.call("auditor", "GET", f"/seals/{seal}"))["editions"][0]["state"] == "applied"


def test_a_leave_of_another_seal_is_not_found_there(door: Door, at: datetime):
    first, second = active(door, at), active(door, at)
    leave = allowed(door, first, at)
    answer = door.call("head", "POST", f"/seals/{second}/authorisations/{leave}/withdrawals")
    assert answer.json["code"] == "no-such-authorisation"


def test_a_successor_is_told_to_everyone(door: Door, at: datetime):
    old, new = active(door, at), active(door, at)
    done(door.call("head", "POST", f"/seals/{old}/cancellations", json={"reason": "合并", "successor": new}))
    status = done(door.call(None, "GET", f"/seals/{old}/status"))
    assert (status["state"], status["successor"]) == ("cancelled", new)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"picture": base64.b64encode(b"<svg/>").decode()}, 422),
        ({"picture": "???"}, 422),
        ({"kind": "star"}, 422),
        ({"owner": "11320900YNX000116X"}, 422),
        ({"width_mm": 4000}, 422),
        ({"width_mm": 500}, 422),
        ({"surprise": 1}, 422),
        ({"valid_until": "yesterday"}, 422),
    ],
)
def test_a_bad_application_is_refused(door: Door, at: datetime, change: dict[str, Any], status: int):
    answer = door.call("clerk", "POST", "/seals", json={**application(at), **change})
    assert answer.status_code == status, answer.json
    assert done(door.call("auditor", "GET", "/seals"))["items"] == []


@pytest.mark.parametrize("who", [each.id for each in PEOPLE if each is not WINDOW])
def test_no_person_seals_over_the_systems_address(door: Door, at: datetime, who: str):
    seal = active(door, at)
    answer = door.call(who, "POST", "/signatures", json=order(seal, sample_documents.ofd()))
    assert answer.status_code == 403


def test_every_address_of_seals_has_a_guard_that_is_meant(door: Door):
    opened = {
        rule.rule
        for rule in door.app.url_map.iter_rules()
        if getattr(getattr(door.app.view_functions[rule.endpoint], "__guard__", None), "open_to_all", False)
        and rule.rule.startswith("/api/v1/")
    }
    assert opened == {"/api/v1/seals/<seal_id>/status"}
    assert routes.API_BLUEPRINTS[:2] == (seals, signatures)


def test_a_seal_is_made_on_a_machine_of_its_own(door: Door, at: datetime):
    """The request goes out over the API, the maker signs it elsewhere, and the made seal is handed in."""
    seal = done(door.call("clerk", "POST", "/seals", json=application(at)), 201)["id"]
    (_, agree, told), (_, _, key), *_ = steps(seal)
    done(door.call("head", "POST", f"/seals/{seal}/{agree}", json=told))
    answer = done(door.call("maker", "POST", f"/seals/{seal}/making-requests", json=key))
    asked = making_requests.read(base64.b64decode(answer["request"]))
    made = base64.b64encode(making_requests.made(asked, sealing_maker())).decode()
    for who in ("clerk", "head", "custodian", WINDOW.id, None):
        assert door.call(who, "POST", f"/seals/{seal}/made-seals", json={"seal": made}).status_code in {401, 403}
    wrong = door.call("maker", "POST", f"/seals/{seal}/made-seals", json={"seal": made[:400]})
    assert (wrong.status_code, wrong.json["code"]) == (409, "unfit-seal")
    taken = done(door.call("maker", "POST", f"/seals/{seal}/made-seals", json={"seal": made}))
    assert taken["editions"][0]["state"] == "made"


def test_how_far_the_filing_is_can_be_asked(door: Door, at: datetime):
    seal = active(door, at)
    (item,) = done(door.call("auditor", "GET", f"/seals/{seal}/filings"))["items"]
    assert (item["registrar"], item["state"], item["number"]) == ("by_hand", "filed", "演示备1")
    assert door.call("clerk", "POST", f"/seals/{seal}/filings", json={}).json["code"] == "filing-by-hand"
