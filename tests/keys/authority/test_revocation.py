"""Revocation lists and OCSP: what the rows say, told authentically and in time, to our own reader and to others'."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp as library_ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from base.scheduling import Run
from base.scheduling.job import Opened
from keys.algorithms import der
from keys.algorithms.algorithm import KeyKind
from keys.authority import authorities, edges, ocsp_requests, revocation_lists
from keys.authority.errors import AuthorityKeyDiffers, MalformedOcspRequest, NoRevocationList, NoSuchAuthority
from keys.authority.jobs import JOBS, publish_lists
from keys.authority.list_writing import REASON_NUMBERS
from keys.authority.records import authority_of
from keys.authority.subjects import Subject
from keys.authority.wiring import Authority
from keys.chain import Demand, path
from keys.ocsp import HASHES, NONCE, CertId, OcspAnswer, question
from keys.purposes import SEAL
from keys.revocation import Good, Revoked, Unknown, status
from keys.revocation_lists import Reason, RevocationList
from keys.trust_errors import OcspRefused, RevokedCertificate
from tests.builders import pki
from tests.builders.pki import extension, tag
from tests.keys.authority.builders import AT, FIRST, SECOND, SHORT, DeviceGone, Site, days, read_certificate

KINDS = (KeyKind.SM2, KeyKind.P256, KeyKind.P384, KeyKind.RSA)


def publish(site: Site, authority: str, at=None) -> RevocationList:
    row = edges.publish(site.database, site.parts, authority, FIRST, at or site.at)
    assert row.der is not None
    return RevocationList.of(row.der)


def answer(site: Site, data: bytes, at=None) -> bytes:
    return edges.answer(site.database, site.parts, data, at or site.at).der


# --- lists --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_tells_who_was_revoked_when_and_why(site: Site, kind: KeyKind):
    below = site.tree(kind, services=False)
    rows = [site.issue(below, site.order(kind=kind, whose=whose)) for whose in "甲乙丙"]
    site.revoke(rows[0], Reason.SUPERSEDED, at=AT + timedelta(minutes=1))
    site.revoke(rows[1], Reason.KEY_COMPROMISE, AT, at=AT + timedelta(minutes=2))
    later = AT + timedelta(minutes=3)
    found = publish(site, below, later)
    trust = site.trust(f"{SHORT[kind]}-root").with_material(lists=(found, publish(site, f"{SHORT[kind]}-root", later)))
    issuer = trust.intermediates[0]
    said = [status(read_certificate(row), issuer, trust, later) for row in rows]
    assert isinstance(said[0], Revoked)
    assert (said[0].when, said[0].why) == (AT + timedelta(minutes=1), Reason.SUPERSEDED)
    assert isinstance(said[1], Revoked)
    assert said[1].invalid_since == AT
    assert isinstance(said[2], Good)
    assert path(read_certificate(rows[2]), trust, SEAL, later, demand=Demand.ALWAYS).statuses
    with pytest.raises(RevokedCertificate):
        path(read_certificate(rows[1]), trust, SEAL, later, demand=Demand.ALWAYS)
    assert found.next_update == later + timedelta(hours=24)
    assert found.scope is None


def test_numbers_of_lists_rise_and_a_list_that_was_not_signed_leaves_a_gap(site: Site):
    below = site.tree(services=False)
    assert publish(site, below).number == 2  # the first came with the opening
    site.drawer.gone.add(f"ca-{below}")
    with pytest.raises(DeviceGone):
        publish(site, below)
    site.drawer.gone.clear()
    with site.database.reading() as session:
        assert revocation_lists.latest(session, below).number == 2
    assert publish(site, below).number == 4
    with site.database.transaction() as session:  # the one that waits can still be signed, and is no newer for it
        late = revocation_lists.complete(session, site.parts, below, 3, FIRST, AT)
        assert late.der is not None
        assert revocation_lists.latest(session, below).number == 4
        assert revocation_lists.complete(session, site.parts, below, 3, FIRST, AT).sm3 == late.sm3


def test_a_list_is_not_signed_with_another_key(site: Site):
    below = site.tree(services=False)
    site.drawer.keys[f"ca-{below}"] = pki.key(KeyKind.SM2, "another")
    with pytest.raises(AuthorityKeyDiffers):
        publish(site, below)


def test_there_is_no_list_of_nobody(site: Site):
    with site.database.reading() as session, pytest.raises(NoSuchAuthority):
        revocation_lists.latest(session, "nobody")
    below = site.tree(services=False)
    with pytest.raises(NoRevocationList), site.database.transaction() as session:
        revocation_lists.complete(session, site.parts, below, 77, FIRST, AT)


def test_entries_stay_after_the_certificates_end(site: Site):
    below = site.tree(services=False)
    row = site.issue(below, site.order(life=days(10)))
    site.revoke(row, Reason.SUPERSEDED)
    assert len(publish(site, below, AT + days(20)).entries) == 1


def run_job(site: Site, at) -> Run:
    opened = Opened(1, 1, "keys.authority.publish", at, 1, at, at + timedelta(hours=1), None, "test", None)
    run = Run(opened, site.database, {Authority: site.parts})
    publish_lists(run)
    return run


def numbers(site: Site) -> dict[str, int]:
    with site.database.reading() as session:
        names = ("sm2-root", "sm2-issuing")
        return {name: revocation_lists.latest(session, name).number for name in names}


def test_the_job_publishes_at_half_a_lists_life_and_after_a_revocation(site: Site):
    below = site.tree(services=False)
    row = site.issue(below, site.order())
    run_job(site, AT + timedelta(hours=11))
    assert numbers(site) == {"sm2-root": 1, "sm2-issuing": 1}
    site.revoke(row, Reason.SUPERSEDED, at=AT + timedelta(hours=11))
    run_job(site, AT + timedelta(hours=11, minutes=1))
    assert numbers(site) == {"sm2-root": 1, "sm2-issuing": 2}
    run_job(site, AT + timedelta(hours=11, minutes=2))
    assert numbers(site) == {"sm2-root": 1, "sm2-issuing": 2}
    run_job(site, AT + timedelta(hours=12))
    assert numbers(site) == {"sm2-root": 2, "sm2-issuing": 2}
    assert JOBS[0].name == "keys.authority.publish"


def test_a_key_out_of_reach_does_not_keep_other_lists_waiting(site: Site):
    site.tree(services=False)
    site.drawer.gone.add("ca-sm2-issuing")
    with pytest.raises(DeviceGone):
        run_job(site, AT + timedelta(hours=12))
    assert numbers(site) == {"sm2-root": 2, "sm2-issuing": 1}


def test_an_authority_whose_time_is_over_publishes_no_more_by_itself(site: Site):
    site.open("r", KeyKind.SM2, life=days(10))
    with site.database.reading() as session:
        assert list(revocation_lists.due(session, AT + days(9))) == ["r"]
        assert list(revocation_lists.due(session, AT + days(11))) == []


def test_the_job_passes_over_an_authority_that_was_never_opened(site: Site):
    site.open("r", KeyKind.SM2)
    key = site.drawer.put("k", KeyKind.SM2)
    with site.database.transaction() as session:
        new = authorities.NewAuthority("b", Subject("演示下级", "演示单位"), key, "r")
        authorities.propose(session, site.parts, new, FIRST, AT)
        row = authority_of(session, "b")
        authorities.propose_withdrawal(session, row, Reason.CESSATION, "x", FIRST, AT)
        authorities.confirm_withdrawal(session, row, SECOND, AT)
    with site.database.reading() as session:
        assert list(revocation_lists.due(session, AT)) == ["r"]  # whose draft for b was revoked


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384, KeyKind.RSA])
def test_another_library_reads_and_verifies_our_lists_and_certificates(site: Site, kind: KeyKind):
    below = site.tree(kind, services=False)
    row = site.issue(below, site.order(kind=kind))
    site.revoke(row, Reason.KEY_COMPROMISE, AT)
    data = publish(site, below).der
    issuer = x509.load_der_x509_certificate(site.trust(f"{SHORT[kind]}-root").intermediates[0].der)
    root = x509.load_der_x509_certificate(site.trust(f"{SHORT[kind]}-root").anchors[0].certificate.der)
    found = x509.load_der_x509_crl(data)
    assert found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type] # our kinds are among them
    entry = found.get_revoked_certificate_by_serial_number(int(row.serial, 16))
    assert entry is not None
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    assert entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc == AT
    assert found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    leaf = x509.load_der_x509_certificate(read_certificate(row).der)
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    point = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    assert point.full_name is not None
    assert point.full_name[0].value == f"http://ca.example/api/v1/crl/{below}"


def test_reasons_have_the_numbers_of_rfc_5280():
    assert {reason.name: number for reason, number in REASON_NUMBERS.items()} == {
        "UNSPECIFIED": 0,
        "KEY_COMPROMISE": 1,
        "CA_COMPROMISE": 2,
        "AFFILIATION_CHANGED": 3,
        "SUPERSEDED": 4,
        "CESSATION": 5,
        "HOLD": 6,
        "REMOVED": 8,
        "PRIVILEGE_WITHDRAWN": 9,
        "AA_COMPROMISE": 10,
    }


# --- OCSP ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hash_name", list(HASHES))
def test_good_revoked_and_unknown_are_told_by_a_responder_the_authority_named(
    site: Site, kind: KeyKind, hash_name: str
):
    """root → issuing → responder; the answer is judged by the house's own `keys.revocation`."""
    below = site.tree(kind)
    good, bad = (site.issue(below, site.order(kind=kind, whose=whose)) for whose in "甲乙")
    site.revoke(bad, Reason.CESSATION)
    base = site.trust(f"{SHORT[kind]}-root")
    issuer = base.intermediates[0]

    def said(certificate: Any) -> Any:
        found = OcspAnswer.of(answer(site, question(CertId.of(certificate, issuer, hash_name), b"n" * 32)))
        assert found.nonce == b"n" * 32
        trust = base.with_material(answers=(found,))
        return status(certificate, issuer, trust, AT)

    assert isinstance(said(read_certificate(good)), Good)
    revoked = said(read_certificate(bad))
    assert isinstance(revoked, Revoked)
    assert (revoked.when, revoked.why) == (AT, Reason.CESSATION)
    stranger = pki.Identity(read_certificate(good).der, pki.key(kind, "甲"), b"").certificate
    other = OcspAnswer.of(
        answer(site, question(CertId(CertId.of(stranger, issuer).hash, *_hashes(stranger, issuer), serial=12345)))
    )
    assert not other.singles[0].known
    assert other.singles[0].revoked is None


def _hashes(certificate: Any, issuer: Any) -> tuple[bytes, bytes]:
    found = CertId.of(certificate, issuer)
    return found.issuer_name, found.issuer_key


def test_one_that_is_only_on_record_is_unknown_and_one_revoked_there_is_revoked(site: Site):
    below = site.tree()
    row = site.draft(below, site.order())
    issuer = site.trust("sm2-root").intermediates[0]
    any_leaf = read_certificate(site.issue(below, site.order(whose="乙")))
    asked = question(CertId(CertId.of(any_leaf, issuer).hash, *_hashes(any_leaf, issuer), serial=int(row.serial, 16)))
    assert not OcspAnswer.of(answer(site, asked)).singles[0].known
    site.revoke(row, Reason.CESSATION)
    found = OcspAnswer.of(answer(site, asked)).singles[0]
    assert found.revoked is not None


def test_several_questions_get_their_answers_in_order(site: Site):
    below = site.tree()
    rows = [read_certificate(site.issue(below, site.order(whose=whose))) for whose in "甲乙丙"]
    issuer = site.trust("sm2-root").intermediates[0]
    asked = [CertId.of(each, issuer, name) for each, name in zip(rows, ("sha-1", "sm3", "sha-256"), strict=True)]
    found = OcspAnswer.of(answer(site, request(*asked)))
    assert [each.certificate for each in found.singles] == asked
    assert all(each.known for each in found.singles)
    assert found.nonce is None


def request(*asked: CertId, more: bytes = b"", before: bytes = b"", after: bytes = b"", extra: bytes = b"") -> bytes:
    listed = der.sequence(*(der.sequence(each.der, extra) for each in asked))
    return der.sequence(der.sequence(before, listed, more), after)


def refused(data: bytes) -> str:
    with pytest.raises(OcspRefused) as told:
        OcspAnswer.of(data)
    return told.value.status


def test_another_authoritys_certificates_are_not_ours_to_answer_for(site: Site):
    below = site.tree()
    row = read_certificate(site.issue(below, site.order()))
    issuer = site.trust("sm2-root").intermediates[0]
    other = pki.root("演示外人")
    foreign = CertId.of(other.issues().certificate, other.certificate)
    assert refused(answer(site, question(foreign))) == "unauthorized"
    assert refused(answer(site, request(CertId.of(row, issuer), foreign))) == "unauthorized"
    ours, theirs = CertId.of(row, issuer), foreign
    for mixed in ((ours.issuer_name, theirs.issuer_key), (theirs.issuer_name, ours.issuer_key)):
        assert refused(answer(site, question(CertId(ours.hash, *mixed, ours.serial)))) == "unauthorized"
    md5 = CertId("1.2.840.113549.2.5", bytes(16), bytes(16), 1)
    assert refused(answer(site, question(md5))) == "unauthorized"


def test_without_a_responder_in_force_the_answer_is_try_later_and_the_authority_never_signs(site: Site):
    below = site.tree(services=False)
    row = read_certificate(site.issue(below, site.order()))
    issuer = site.trust("sm2-root").intermediates[0]
    asked = question(CertId.of(row, issuer))
    count = len(site.drawer.signed)
    assert refused(answer(site, asked)) == "try-later"
    assert len(site.drawer.signed) == count
    responder = site.serve(below, "ocsp-responder", KeyKind.SM2)
    assert OcspAnswer.of(answer(site, asked)).singles[0].known
    assert refused(answer(site, asked, AT + days(366))) == "try-later"
    site.drawer.gone.add(responder.key_id or "")
    assert refused(answer(site, asked)) == "try-later"
    site.drawer.gone.clear()
    site.drawer.keys[responder.key_id or ""] = pki.key(KeyKind.SM2, "another")
    assert refused(answer(site, asked)) == "internal-error"
    site.revoke(responder, Reason.SUPERSEDED)
    assert refused(answer(site, asked)) == "try-later"


def test_a_database_that_is_gone_is_try_later(site: Site):
    below = site.tree()
    row = read_certificate(site.issue(below, site.order()))
    issuer = site.trust("sm2-root").intermediates[0]
    with site.database.transaction() as session:
        session.execute(text("alter table keys_issued_certificates rename to hidden"))
    try:
        with pytest.raises(Exception, match="keys_issued_certificates"):  # a fault of ours is no answer: it is a 500
            answer(site, question(CertId.of(row, issuer)))
    finally:
        with site.database.transaction() as session:
            session.execute(text("alter table hidden rename to keys_issued_certificates"))


def test_a_withdrawn_authoritys_certificates_are_still_answered_for(site: Site):
    below = site.tree()
    row = read_certificate(site.issue(below, site.order()))
    issuer = site.trust("sm2-root").intermediates[0]
    with site.database.transaction() as session:
        authority = authority_of(session, below)
        authorities.propose_withdrawal(session, authority, Reason.CA_COMPROMISE, "x", FIRST, AT)
        authorities.confirm_withdrawal(session, authority, SECOND, AT)
    assert OcspAnswer.of(answer(site, question(CertId.of(row, issuer)))).singles[0].known
    assert len(publish(site, "sm2-root").entries) == 1


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA])
def test_another_library_asks_and_reads_our_answers(site: Site, kind: KeyKind):
    below = site.tree(kind)
    row = site.issue(below, site.order(kind=kind))
    site.revoke(row, Reason.AFFILIATION_CHANGED)
    leaf = x509.load_der_x509_certificate(read_certificate(row).der)
    issuer = x509.load_der_x509_certificate(site.trust(f"{SHORT[kind]}-root").intermediates[0].der)
    builder = library_ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256())
    asked = builder.add_extension(x509.OCSPNonce(b"x" * 16), critical=False).build()
    from cryptography.hazmat.primitives.serialization import Encoding

    found = library_ocsp.load_der_ocsp_response(answer(site, asked.public_bytes(Encoding.DER)))
    assert found.response_status is library_ocsp.OCSPResponseStatus.SUCCESSFUL
    assert found.certificate_status is library_ocsp.OCSPCertStatus.REVOKED
    assert found.revocation_reason is x509.ReasonFlags.affiliation_changed
    assert found.revocation_time_utc == AT
    assert found.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"x" * 16
    responder = found.certificates[0]
    responder.verify_directly_issued_by(issuer)
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck).critical is False


_ID = CertId("1.3.14.3.2.26", bytes(20), bytes(20), 7)
_LONG = CertId("1.3.14.3.2.26", bytes(20), bytes(20), 1 << 200)


def _nonce(value: bytes, *, wrapped: bool = True) -> bytes:
    return tag(0xA2, der.sequence(extension(NONCE, der.octets(value) if wrapped else value)))


HOSTILE = {
    "empty": b"",
    "zero": b"\x00",
    "indefinite": b"\x30\x80\x00\x00",
    "huge": b"\x30" + bytes(1 << 15),
    "no question": request(),
    "too many questions": request(*[_ID] * 21),
    "version spelt out": request(_ID, before=tag(0xA0, der.integer(0))),
    "version 2": request(_ID, before=tag(0xA0, der.integer(1))),
    "two requestors": request(_ID, before=tag(0xA1, tag(0x82, b"a"), tag(0x82, b"b"))),
    "requestor empty": request(_ID, before=tag(0xA1)),
    "serial too long": request(_LONG),
    "nonce empty": request(_ID, more=_nonce(b"")),
    "nonce of 129": request(_ID, more=_nonce(bytes(129))),
    "nonce not wrapped": request(_ID, more=_nonce(b"abc", wrapped=False)),
    "nonce twice": request(_ID, more=tag(0xA2, der.sequence(*[extension(NONCE, der.octets(b"abc"))] * 2))),
    "critical extension": request(_ID, more=tag(0xA2, der.sequence(extension("1.2.3", der.null(), critical=True)))),
    "critical extension of one": request(
        _ID, extra=tag(0xA0, der.sequence(extension("1.2.3", der.null(), critical=True)))
    ),
    "extensions empty": request(_ID, more=tag(0xA2, der.sequence())),
    "unknown element": request(_ID, more=tag(0xA3, der.null())),
    "after": request(_ID) + b"\x00",
    "second element": request(_ID, after=der.null()),
    "signature malformed": request(_ID, after=tag(0xA0, der.integer(1))),
    "hash with parameters": der.sequence(
        der.sequence(
            der.sequence(
                der.sequence(
                    der.sequence(
                        der.sequence(der.oid("1.3.14.3.2.26"), der.integer(1)),
                        der.octets(bytes(20)),
                        der.octets(bytes(20)),
                        der.integer(1),
                    )
                )
            )
        )
    ),
    "serial not minimal": request(_ID).replace(b"\x02\x01\x07", b"\x02\x02\x00\x07"),
    "deep": b"\x30\x82\x10\x00" * 2000,
    "text": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_malformed_request_is_answered_as_such(name: str):
    with pytest.raises(MalformedOcspRequest):
        ocsp_requests.read(HOSTILE[name])


def test_a_malformed_request_gets_the_bytes_of_a_refusal(site: Site):
    for each in HOSTILE.values():
        assert refused(answer(site, each)) == "malformed-request"


def test_a_signed_request_and_one_with_other_extensions_is_read():
    signature = tag(0xA0, der.sequence(der.sequence(der.oid("1.2.3")), der.bits(b"x")))
    more = tag(0xA2, der.sequence(extension("1.3.6.1.5.5.7.48.1.4", der.null()), extension(NONCE, der.octets(b"n"))))
    found = ocsp_requests.read(request(_ID, before=tag(0xA1, tag(0x82, b"a")), more=more, after=signature))
    assert (found.asked, found.nonce) == ((_ID,), b"n")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=200)
    | st.builds(lambda at, by: _flipped(request(_ID), at, by), st.integers(0, 70), st.integers(1, 255))
)
def test_any_bytes_are_a_request_or_malformed(data: bytes):
    try:
        ocsp_requests.read(data)
    except MalformedOcspRequest:
        return


def _flipped(data: bytes, at: int, by: int) -> bytes:
    changed = bytearray(data)
    changed[at % len(data)] ^= by
    return bytes(changed)


def test_nothing_is_known_of_a_certificate_without_fresh_evidence(site: Site):
    below = site.tree(services=False)
    row = read_certificate(site.issue(below, site.order()))
    trust = site.trust("sm2-root").with_material(lists=(publish(site, below),))
    assert isinstance(status(row, trust.intermediates[0], trust, AT), Good)
    assert isinstance(status(row, trust.intermediates[0], trust, AT + days(2)), Unknown)
