"""The authority over HTTP: RFC bytes for everyone, administration for two persons, one order once."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from base import clock
from keys import timestamps
from keys.algorithms import pem
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.authority import edges, ocsp_requests
from keys.certificates import Certificate, bundle
from keys.ocsp import CertId, OcspAnswer, question
from keys.revocation_lists import Reason, RevocationList, of_file
from keys.timestamps import Imprint
from keys.trust_errors import OcspRefused
from tests.builders import pki
from tests.keys.authority.builders import AT, FIRST, Site, read_certificate, request_pem

API = "/api/v1"
ROOT = "/api/v1/authority/authorities"


def as_(who: str, **more: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {who}", **more}


# --- open to everyone ---------------------------------------------------------------------------------------------


def test_a_list_is_given_in_der_and_pem_with_its_tag_and_age(site: Site, client: Any):
    below = site.tree(services=False)
    answer = client.get(f"{API}/crl/{below}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pkix-crl")
    assert RevocationList.of(answer.data).number == 1
    assert answer.headers["Cache-Control"] == "public, max-age=600, must-revalidate"
    assert answer.last_modified == AT
    assert answer.expires == AT + timedelta(hours=24)
    again = client.get(f"{API}/crl/{below}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for asked in ({"query_string": {"format": "pem"}}, {"headers": {"Accept": "application/x-pem-file"}}):
        text = client.get(f"{API}/crl/{below}", **asked)
        assert text.mimetype == "application/x-pem-file"
        assert of_file(text.data)[0].der == answer.data
        assert text.headers["ETag"] != answer.headers["ETag"]
    row = site.issue(below, site.order())
    site.revoke(row, Reason.SUPERSEDED)
    edges.publish(site.database, site.parts, below, FIRST, AT)
    newer = client.get(f"{API}/crl/{below}", headers={"If-None-Match": answer.headers["ETag"]})
    assert newer.status_code == 200
    assert len(RevocationList.of(newer.data).entries) == 1


def test_a_list_near_its_end_is_not_kept_longer(site: Site, client: Any, monkeypatch: pytest.MonkeyPatch):
    below = site.tree(services=False)
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(hours=24) - timedelta(seconds=30))
    assert "max-age=30," in client.get(f"{API}/crl/{below}").headers["Cache-Control"]
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(hours=25))
    assert "max-age=0," in client.get(f"{API}/crl/{below}").headers["Cache-Control"]


def test_a_list_of_nobody_is_not_there(client: Any):
    answer = client.get(f"{API}/crl/nobody")
    assert (answer.status_code, answer.json["code"]) == (404, "no-such-authority")
    assert client.get(f"{API}/crl/nobody?format=xml").status_code == 422
    assert client.get(f"{API}/crl/nobody?x=y").status_code == 422


def test_the_addresses_in_a_certificate_are_those_that_answer(site: Site, client: Any):
    below = site.tree()
    said = read_certificate(site.issue(below, site.order())).extensions
    base = "http://ca.example"
    assert client.get(said.crl_points[0].urls[0].removeprefix(base)).status_code == 200
    answer = client.get(said.issuer_urls[0].removeprefix(base))
    assert (answer.status_code, answer.mimetype) == (200, "application/pkix-cert")
    assert Certificate.of(answer.data) == site.trust("sm2-root").intermediates[0]
    chain = client.get(said.issuer_urls[0].removeprefix(base) + "?format=pem")
    assert len(bundle(chain.data)) == 2
    asked = {"data": b"", "content_type": "application/ocsp-request"}
    assert client.post(said.ocsp_urls[0].removeprefix(base), **asked).status_code == 200


def test_ocsp_is_answered_by_post_and_by_address(site: Site, client: Any):
    below = site.tree()
    row = read_certificate(site.issue(below, site.order()))
    data = question(CertId.of(row, site.trust("sm2-root").intermediates[0]))
    posted = client.post(f"{API}/ocsp", data=data, content_type="application/ocsp-request")
    assert (posted.status_code, posted.mimetype) == (200, "application/ocsp-response")
    assert posted.headers["Cache-Control"] == "no-store"
    assert OcspAnswer.of(posted.data).singles[0].known
    written = base64.b64encode(data).decode()
    for address in (quote(written, safe=""), written, quote(quote(written, safe=""), safe="")):
        got = client.get(f"{API}/ocsp/{address}")
        assert OcspAnswer.of(got.data).singles[0].known, address
        assert got.headers["Cache-Control"] == "public, max-age=600, must-revalidate"


def test_an_address_with_slashes_one_after_the_other_is_taken_as_it_stands(client: Any):
    """base64 may hold `//`, which a web server likes to shorten; then the request would be another one."""
    data = b"\x30\x0f\xff\xff\xff\xff\xff\xff\xff\xff"
    written = base64.b64encode(data).decode()
    assert "//" in written
    assert ocsp_requests.of_address(written) == data
    answer = client.get(f"{API}/ocsp/{written}")
    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["!!!", "A", "%25%25", "x" * 5000])
def test_an_address_that_is_no_request_gets_the_bytes_of_a_refusal(client: Any, address: str):
    answer = client.get(f"{API}/ocsp/{address}")
    assert answer.status_code == 200
    with pytest.raises(OcspRefused, match="malformed-request"):
        OcspAnswer.of(answer.data)


def test_ocsp_refuses_in_its_own_bytes_and_http_what_is_far_too_much(site: Site, client: Any):
    site.tree()
    for data in (b"", b"\x00", b"\x30" * 20_000):
        answer = client.post(f"{API}/ocsp", data=data)
        with pytest.raises(OcspRefused, match="malformed-request"):
            OcspAnswer.of(answer.data)
    assert client.post(f"{API}/ocsp", data=bytes(1 << 20)).status_code == 413


@pytest.mark.parametrize(("kind", "digest"), [(KeyKind.SM2, SM3), (KeyKind.RSA, SHA256)])
def test_time_stamps_are_given_to_everyone(site: Site, client: Any, kind: KeyKind, digest: Any):
    site.tree(kind)
    asked = timestamps.question(Imprint.of(digest, b"x"), 7)
    answer = client.post(f"{API}/timestamps", data=asked, content_type="application/timestamp-query")
    assert (answer.status_code, answer.mimetype) == (200, "application/timestamp-reply")
    token = timestamps.response(answer.data)
    assert (token.info.nonce, token.info.at) == (7, AT)
    assert client.post(f"{API}/timestamps", data=b"x").status_code == 200
    assert client.post(f"{API}/timestamps", data=bytes(1 << 20)).status_code == 413


# --- administration -----------------------------------------------------------------------------------------------

NEW = {"id": "r", "subject": {"common_name": "演示根", "organisation": "演示单位"}, "key_id": "k"}
ADMINISTRATION = [
    ("GET", "/api/v1/authority/templates"),
    ("GET", ROOT),
    ("POST", ROOT),
    ("GET", f"{ROOT}/r"),
    ("POST", f"{ROOT}/r/confirmations"),
    ("POST", f"{ROOT}/r/renewals"),
    ("POST", f"{ROOT}/r/withdrawals"),
    ("POST", f"{ROOT}/r/withdrawal-confirmations"),
    ("POST", f"{ROOT}/r/revocation-lists"),
    ("GET", f"{ROOT}/r/certificates"),
    ("POST", f"{ROOT}/r/certificates"),
    ("GET", f"{ROOT}/r/certificates/ff"),
    ("POST", f"{ROOT}/r/certificates/ff/confirmations"),
    ("POST", f"{ROOT}/r/certificates/ff/completions"),
    ("POST", f"{ROOT}/r/certificates/ff/renewals"),
    ("POST", f"{ROOT}/r/certificates/ff/revocations"),
]


@pytest.mark.parametrize(("method", "address"), ADMINISTRATION)
def test_administration_is_for_administrators(client: Any, method: str, address: str):
    assert client.open(address, method=method, json={}).status_code == 401
    assert client.open(address, method=method, json={}, headers=as_("holder")).status_code == 403


def test_the_walk_of_an_authority_and_a_certificate_over_http(site: Site, client: Any):
    site.drawer.put("k", KeyKind.SM2)
    proposed = client.post(ROOT, json=NEW, headers=as_("first"))
    assert (proposed.status_code, proposed.json["state"]) == (201, "proposed")
    alone = client.post(f"{ROOT}/r/confirmations", headers=as_("first"))
    assert (alone.status_code, alone.json["code"]) == (403, "second-person-needed")
    opened = client.post(f"{ROOT}/r/confirmations", headers=as_("second"))
    assert (opened.status_code, opened.json["state"]) == (200, "active")
    assert [each["id"] for each in client.get(ROOT, headers=as_("first")).json["items"]] == ["r"]
    order = {"template": "seal-maker", "request": request_pem(KeyKind.SM2, "甲")}
    waiting = client.post(f"{ROOT}/r/certificates", json=order, headers=as_("first"))
    assert (waiting.status_code, waiting.json["state"], waiting.json["pem"]) == (201, "waiting", None)
    one = f"{ROOT}/r/certificates/{waiting.json['serial']}"
    assert client.post(f"{one}/completions", headers=as_("second")).json["code"] == "not-confirmed-yet"
    issued = client.post(f"{one}/confirmations", headers=as_("second"))
    assert issued.json["state"] == "issued"
    assert Certificate.of(pem.only(issued.json["pem"].encode())[1]).serial_text == waiting.json["serial"]
    renewed = client.post(f"{one}/renewals", json={"days": 30}, headers=as_("first"))
    assert (renewed.status_code, renewed.json["state"]) == (201, "waiting")
    revoked = client.post(f"{one}/revocations", json={"reason": "superseded"}, headers=as_("second"))
    assert revoked.json["state"] == "revoked"
    twice = client.post(f"{one}/revocations", json={"reason": "superseded"}, headers=as_("second"))
    assert (twice.status_code, twice.json["code"]) == (409, "certificate-already-revoked")
    published = client.post(f"{ROOT}/r/revocation-lists", headers=as_("first"))
    assert (published.status_code, published.json["entries"], published.json["number"]) == (201, 1, 2)
    assert client.get(one, headers=as_("first")).json["revoked_why"] == "superseded"
    withdrawal = {"reason": "cessation-of-operation", "words": "演示结束"}
    assert client.post(f"{ROOT}/r/withdrawals", json=withdrawal, headers=as_("first")).json["state"] == "active"
    assert client.post(f"{ROOT}/r/withdrawal-confirmations", headers=as_("first")).status_code == 403
    gone = client.post(f"{ROOT}/r/withdrawal-confirmations", headers=as_("second"))
    assert gone.json["state"] == "withdrawn"
    refused = client.post(f"{ROOT}/r/certificates", json=order, headers=as_("first"))
    assert (refused.status_code, refused.json["code"]) == (409, "authority-not-active")


def test_one_order_sent_twice_is_one_certificate(site: Site, client: Any):
    below = site.tree(services=False)
    order = {"template": "seal-signer", "request": request_pem(KeyKind.SM2, "甲")}
    headers = as_("first", **{"Idempotency-Key": "order-1"})
    first = client.post(f"{ROOT}/{below}/certificates", json=order, headers=headers)
    again = client.post(f"{ROOT}/{below}/certificates", json=order, headers=headers)
    assert first.json == again.json
    other = client.post(f"{ROOT}/{below}/certificates", json={**order, "days": 5}, headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")
    for key in ("k" * 300, "é"):
        bad = as_("first", **{"Idempotency-Key": key})
        assert client.post(f"{ROOT}/{below}/certificates", json=order, headers=bad).status_code == 400


def test_a_key_out_of_reach_is_told_and_the_repeated_order_completes_the_same_row(site: Site, client: Any):
    below = site.tree(services=False)
    order = {"template": "seal-signer", "request": request_pem(KeyKind.SM2, "甲")}
    headers = as_("first", **{"Idempotency-Key": "order-1"})
    site.drawer.gone.add(f"ca-{below}")
    assert client.post(f"{ROOT}/{below}/certificates", json=order, headers=headers).status_code == 503
    (waiting,) = client.get(f"{ROOT}/{below}/certificates", headers=as_("first")).json["items"]
    assert waiting["state"] == "pending"
    site.drawer.gone.clear()
    done = client.post(f"{ROOT}/{below}/certificates", json=order, headers=headers)
    assert (done.status_code, done.json["serial"], done.json["state"]) == (201, waiting["serial"], "issued")


def test_a_service_is_ordered_with_a_key_in_custody(site: Site, client: Any):
    below = site.tree(services=False)
    site.drawer.put("responder", KeyKind.SM2)
    subject = {"common_name": "演示应答", "organisation": "演示单位"}
    order = {"template": "ocsp-responder", "key_id": "responder", "subject": subject}
    done = client.post(f"{ROOT}/{below}/certificates", json=order, headers=as_("first"))
    assert (done.status_code, done.json["key_id"]) == (201, "responder")


BAD_ORDERS: list[tuple[dict[str, Any], str]] = [
    ({}, "invalid-input"),
    ({"template": "nothing", "key_id": "k"}, "invalid-input"),
    ({"template": "person"}, "invalid-input"),
    ({"template": "ocsp-responder", "key_id": "k"}, "invalid-input"),
    ({"template": "person", "request": "x", "key_id": "k"}, "invalid-input"),
    ({"template": "person", "request": "x" * 40_000}, "invalid-input"),
    ({"template": "person", "request": "x"}, "malformed-signing-request"),
    ({"template": "person", "request": "\u4e2d"}, "malformed-signing-request"),
    ({"template": "person", "request": "-----BEGIN CERTIFICATE REQUEST-----"}, "malformed-signing-request"),
    ({"template": "root", "request": "CSR"}, "unknown-certificate-template"),
    ({"template": "ocsp-responder", "request": "CSR"}, "unknown-certificate-template"),
    ({"template": "person", "request": "CSR", "days": 5000}, "unfit-certificate-draft"),
    ({"template": "person", "request": "CSR", "days": 0}, "invalid-input"),
    ({"template": "person", "request": "CSR", "subject": {"common_name": " "}}, "unfit-certificate-subject"),
    ({"template": "person", "request": "CSR", "subject": {"common_name": "a", "x": "y"}}, "invalid-input"),
    ({"template": "person", "request": "OTHER"}, "unfit-certificate-draft"),
    ({"template": "person", "request": 5}, "invalid-input"),
]


def test_an_order_that_cannot_be_met_is_told_why(site: Site, client: Any):
    below = site.tree(services=False)
    pems = {"CSR": request_pem(KeyKind.SM2, "甲"), "OTHER": request_pem(KeyKind.P256, "甲")}
    for order, code in BAD_ORDERS:
        sent = {**order, "request": pems.get(order["request"], order["request"])} if "request" in order else order
        answer = client.post(f"{ROOT}/{below}/certificates", json=sent, headers=as_("first"))
        assert answer.json["code"] == code, order
        assert answer.status_code == 422, order
    assert client.get(f"{ROOT}/{below}/certificates", headers=as_("first")).json["items"] == []


def test_certificates_are_listed_by_page_and_by_what_they_are(site: Site, client: Any):
    below = site.tree(services=False)
    rows = [site.issue(below, site.order(template, whose=template)) for template in ("person", "system", "seal-signer")]
    site.revoke(rows[1], Reason.SUPERSEDED)
    address = f"{ROOT}/{below}/certificates"

    def serials(**asked: object) -> list[str]:
        return [each["serial"] for each in client.get(address, query_string=asked, headers=as_("first")).json["items"]]

    assert serials() == [row.serial for row in rows]
    assert serials(template="system") == [rows[1].serial]
    assert serials(revoked="true") == [rows[1].serial]
    assert serials(revoked="false") == [rows[0].serial, rows[2].serial]
    page = client.get(address, query_string={"limit": 2}, headers=as_("first")).json
    assert serials(limit=2, cursor=page["next_cursor"]) == [rows[2].serial]
    assert client.get(f"{ROOT}/nobody/certificates", headers=as_("first")).status_code == 404


def test_templates_are_told_in_both_languages(client: Any):
    items = client.get("/api/v1/authority/templates", headers=as_("first")).json["items"]
    maker = next(each for each in items if each["name"] == "seal-maker")
    assert maker["title"] == {"zh": "制章人", "en": "Seal maker"}
    assert maker["usages"] == ["digital-signature", "non-repudiation"]
    assert maker["two_persons"] is True
    assert (maker["usual_days"], maker["longest_days"]) == (1095, 1825)


def test_an_authoritys_certificate_is_renewed_over_http(site: Site, client: Any):
    site.open("r", KeyKind.SM2)
    draft = client.post(f"{ROOT}/r/renewals", headers=as_("first"))
    assert (draft.status_code, draft.json["state"], draft.json["of_authority"]) == (201, "waiting", "r")
    done = client.post(f"{ROOT}/r/certificates/{draft.json['serial']}/confirmations", headers=as_("second"))
    assert done.json["state"] == "issued"


def test_no_answer_tells_where_a_key_lies(site: Site, client: Any):
    below = site.tree()
    told = client.get(f"{ROOT}/{below}", headers=as_("first")).text
    assert "PRIVATE" not in told
    assert pki.key(KeyKind.SM2, f"drawer ca-{below}").pkcs8().hex() not in told
