"""A route that demands a signature: who gets through, what is kept as evidence, and that it counts once."""

import base64
import json
from collections.abc import Mapping

import pytest
from sqlalchemy.orm import Session

from base import audit, clock
from base.api import Blueprint
from base.audit import Search
from base.callers import Caller
from base.db import Database
from base.web import gives, guarded, open_to_all, reads, writes
from keys.algorithms import asymmetric
from keys.parties import jwk, request_signing, schemas, system_keys
from keys.parties.errors import NoSuchSystem, RequestNotSigned
from keys.parties.key_signatures import BY_JOSE_NAME, KEY_SIGNATURES
from keys.parties.models import SystemKey
from keys.parties.request_signing import Message
from keys.parties.signed_requests import signature_demanded, signed_request
from keys.parties.systems import system_of
from tests.keys.parties import builders
from tests.keys.parties.builders import MAKER, Site

evidence = Blueprint("evidence", __name__)


@evidence.route("/evidence/<path:name>", methods=["POST"])
@guarded(scope="cert:read", roles={"sysadmin"})
@signature_demanded(basis=True)
@writes
@gives(schemas.ReasonSchema)
def give_evidence(session: Session, name: str) -> dict[str, str]:
    """Tell what was signed."""
    if name == "refused":
        raise NoSuchSystem("none")
    return {"reason": signed_request().canonical}


@evidence.route("/plain", methods=["GET"])
@open_to_all
@reads
@gives(schemas.ReasonSchema)
def plain(session: Session) -> dict[str, str]:
    """Ask for a signature on a route that demands none."""
    return {"reason": signed_request().canonical}


@pytest.fixture
def site(read, database: Database) -> Site:
    built = builders.build(read, database, more=(evidence,))
    built.keys = builders.populate(database)
    return built


def sent(
    site: Site, path: str, body: bytes = b"{}", nonce: str = "n" * 16, system: str = "gm", **headers: str
) -> tuple[str, dict[str, str], bytes]:
    key = site.keys[system]
    message = Message.of_url("POST", f"http://localhost{path}", {"yinxin-basis": "2026-001", **headers}, body)
    signed = request_signing.sign(message, key, jwk.thumbprint(key.public), nonce, clock.now())
    told = {"yinxin-basis": "2026-001", **headers, **signed.headers, **site.bearer("gm")}
    return path, told, body


def post(site: Site, request: tuple[str, Mapping[str, str], bytes]):
    path, headers, body = request
    return site.client.post(path, headers=headers, data=body)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/evidence/a",
        "/api/v1/evidence/a?x=1&y=%E5%8A%9E",
        "/api/v1/evidence/办件/一",
        "/api/v1/evidence/%E5%8A%9E%e4%bb%b6",
        "/api/v1/evidence/a%20b+c~d'(e)!",
        "/api/v1/evidence/a:b@c;d=e,f$g&h*i",
        "/api/v1/evidence/%61%2D%5A",
        "/api/v1/evidence/a%25b",
    ],
)
def test_a_signed_request_gets_through_whatever_its_path(site: Site, path: str):
    answer = post(site, sent(site, path))
    assert answer.status_code == 200, answer.text
    assert answer.json["reason"].startswith('"@method": POST\n"@path": /api/v1/evidence/')


def test_the_same_request_gets_through_once(site: Site):
    request = sent(site, "/api/v1/evidence/a")
    assert post(site, request).status_code == 200
    again = post(site, request)
    assert (again.status_code, again.json["code"]) == (401, "request-replayed")
    assert post(site, sent(site, "/api/v1/evidence/a", nonce="m" * 16)).status_code == 200


def test_a_request_whose_act_was_refused_has_been_received_all_the_same(site: Site):
    request = sent(site, "/api/v1/evidence/refused")
    assert post(site, request).status_code == 404
    assert post(site, request).json["code"] == "request-replayed"


def test_a_request_that_does_not_hold_spends_no_nonce(site: Site):
    path, headers, body = sent(site, "/api/v1/evidence/a")
    assert post(site, (path, headers, b"other")).json["code"] == "content-digest-mismatch"
    assert post(site, (path, headers, body)).status_code == 200


def test_an_unsigned_request_is_refused(site: Site):
    answer = site.client.post("/api/v1/evidence/a", headers=site.bearer("gm"), data=b"{}")
    assert (answer.status_code, answer.json["code"]) == (401, "request-not-signed")


def test_a_request_of_nobody_is_not_even_judged(site: Site):
    path, headers, body = sent(site, "/api/v1/evidence/a")
    del headers["Authorization"]
    assert post(site, (path, headers, body)).json["code"] == "not-authenticated"


def test_the_key_of_another_system_signs_for_nobody_else(site: Site):
    answer = post(site, sent(site, "/api/v1/evidence/a", system="intl"))
    assert (answer.status_code, answer.json["reason"]) == (401, "keyid")


def test_a_person_cannot_sign(site: Site, read):
    staffed = builders.with_person(site, read, {"sysadmin"})
    rebuilt = builders.build(read, site.database, Caller("person", "p", roles=frozenset({"sysadmin"})), (evidence,))
    path, headers, body = sent(site, "/api/v1/evidence/a")
    del headers["Authorization"]
    headers["Cookie"] = "__Host-yinxin=p"
    answer = rebuilt.client.post(path, headers=headers, data=body)
    assert (answer.status_code, answer.json["code"]) == (401, "request-not-signed")
    assert staffed.database is site.database


def test_without_the_case_number_the_request_is_refused(site: Site):
    key = site.keys["gm"]
    message = Message.of_url("POST", "http://localhost/api/v1/evidence/a", {}, b"{}")
    signed = request_signing.sign(message, key, jwk.thumbprint(key.public), "n" * 16, clock.now())
    answer = post(site, ("/api/v1/evidence/a", {**signed.headers, **site.bearer("gm")}, b"{}"))
    assert answer.json["reason"] == "not covered: yinxin-basis"


def test_what_was_signed_can_be_proven_from_the_record_alone(site: Site):
    """The audit entry holds the canonical string and the signature; the key on record, still there, verifies them."""
    post(site, sent(site, "/api/v1/evidence/a?x=1"))
    with site.database.reading() as session:
        (recorded,) = audit.search(session, Search(act="request.signed"))
        entry = recorded.entry
        key = session.get(SystemKey, ("gm", entry.thing.id))
    assert key is not None
    public = asymmetric.public_key(key.spki)
    facts = json.loads(recorded.content)["facts"]
    way = KEY_SIGNATURES[public.kind]
    assert facts["alg"] == way.http
    assert way.verify(public, base64.b64decode(facts["signature"]), facts["canonical"].encode())
    assert '"@query": ?x=1' in facts["canonical"]
    assert entry.actor == "system:gm"


def test_a_withdrawn_key_signs_no_more(site: Site):
    request = sent(site, "/api/v1/evidence/a")
    with site.database.transaction() as session:
        row = system_of(session, "gm", locked=True)
        second = asymmetric.generated(KEY_SIGNATURES[site.keys["intl"].kind].kind)
        system_keys.add_key(session, row, system_keys.NewKey(second.public, "second"), MAKER, clock.now())
        system_keys.withdraw_key(session, row, jwk.thumbprint(site.keys["gm"].public), "lost", MAKER, clock.now())
    claims = builders.claims_of("gm")
    token = site.ask("gm", builders.forged(second, {"kid": "second"}, claims)).json["access_token"]
    path, headers, body = request
    answer = post(site, (path, {**headers, "Authorization": f"Bearer {token}"}, body))
    assert (answer.status_code, answer.json["reason"]) == (401, "keyid")


def test_a_route_that_demands_nothing_has_no_signature_to_give(site: Site):
    assert site.client.get("/api/v1/plain").json["code"] == RequestNotSigned.code


# --- the sandbox's help -------------------------------------------------------------------------------------------


def asked(site: Site, canonical: str | None = None, **changes: str) -> dict[str, object]:
    key = site.keys["gm"]
    headers = {"Yinxin-Basis": "2026-001"}
    message = Message.of_url("POST", "http://localhost/api/v1/x?a=1", headers, b"{}")
    signed = request_signing.sign(message, key, "k", "n" * 16, clock.now())
    request = {
        "method": "POST",
        "url": "http://localhost/api/v1/x?a=1",
        "headers": {**headers, **signed.headers},
        "body": base64.b64encode(b"{}").decode(),
        **changes,
    }
    return {"request": request, "canonical": signed.canonical if canonical is None else canonical}


def test_the_sandbox_says_that_two_canonical_strings_are_the_same(demo: Site):
    answer = demo.client.post("/api/v1/signature-debug", json=asked(demo)).json
    assert answer["same"] is True
    assert answer["differences"] == []
    assert answer["digests"]["sm3"].startswith("sm3=:")


def test_the_sandbox_says_where_two_canonical_strings_differ(demo: Site):
    ours = asked(demo)["canonical"]
    answer = demo.client.post("/api/v1/signature-debug", json=asked(demo, str(ours).replace("?a=1", "a=1"))).json
    (found,) = answer["differences"]
    assert (found["line"], found["component"]) == (3, "@query")
    assert found["ours"] == '"@query": ?a=1'
    assert set(found["hint"]) == {"zh", "en"}


@pytest.mark.parametrize("url", ["", "http://[", "no url", "http://localhost/%zz?é"])
def test_the_sandbox_refuses_nonsense_in_good_order(demo: Site, url: str):
    answer = demo.client.post("/api/v1/signature-debug", json=asked(demo, url=url))
    assert answer.status_code in {200, 422}


def test_outside_the_sandbox_there_is_no_such_help(site: Site):
    answer = site.client.post("/api/v1/signature-debug", json=asked(site))
    assert (answer.status_code, answer.json["code"]) == (404, "only-in-sandbox")


def test_every_way_to_sign_has_one_name_of_each_kind():
    assert set(BY_JOSE_NAME) == {"ES256", "SM2SM3"}
    assert len({each.http for each in BY_JOSE_NAME.values()}) == 2
