"""Good, revoked, or not known: what lists and answers prove about a certificate, and what they do not."""

import os
import pickle
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import ocsp, revocation_lists
from keys.algorithms import der
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.pem import written
from keys.algorithms.sm3 import SM3
from keys.extensions import Usage
from keys.ocsp import CertId, OcspAnswer, question
from keys.revocation import Good, Revoked, Unknown, Why, status
from keys.revocation_lists import Reason, RevocationList
from keys.trust import Anchor, Trust
from keys.trust_errors import MalformedOcspAnswer, MalformedRevocationList, OcspRefused
from tests.builders import pki
from tests.builders.pki import AT, DAY, Identity, entry, extension, scope, tag

ROOT = pki.root()
CA = ROOT.authority()
POINT = pki.uri("http://ca.example/1.crl")
SIGNER = CA.issues()
SERIAL = SIGNER.certificate.serial
HOUR = timedelta(hours=1)


def asked(*evidence, of: Identity = SIGNER, issuer: Identity = CA, at: datetime = AT, **more) -> Any:
    trust = Trust(
        AT,
        (Anchor(ROOT.certificate),),
        lists=tuple(each for each in evidence if isinstance(each, RevocationList)),
        answers=tuple(each for each in evidence if isinstance(each, OcspAnswer)),
        **more,
    )
    return status(of.certificate, issuer.certificate, trust, at)


def why(*evidence, **more) -> Why:
    found = asked(*evidence, **more)
    assert isinstance(found, Unknown)
    return found.why


# Lists.


@pytest.mark.parametrize("kind", pki.KINDS)
def test_a_certificate_that_a_fresh_list_does_not_name_is_good(kind: KeyKind):
    root = pki.root(kind=kind)
    signer = root.issues()
    published = root.revocations()
    found = asked(published, of=signer, issuer=root)
    assert isinstance(found, Good)
    assert (found.evidence.kind, found.evidence.sm3) == ("crl", published.sm3)
    assert found.evidence.age(AT) == DAY


@pytest.mark.parametrize("reason", [each for each in Reason if each is not Reason.REMOVED])
def test_a_certificate_that_a_list_names_is_revoked_since_then_and_for_that(reason: Reason):
    found = asked(CA.revocations({SERIAL: (AT - 5 * DAY, reason)}))
    assert isinstance(found, Revoked)
    assert (found.when, found.why) == (AT - 5 * DAY, reason)
    assert [found.holds_at(AT - each * DAY) for each in (6, 5, 4)] == [False, True, True]


def test_an_entry_without_a_reason_revokes_for_none():
    assert asked(CA.revocations({SERIAL: AT - DAY})).why is Reason.UNSPECIFIED


def test_a_compromised_key_counts_as_revoked_since_the_compromise():
    found = asked(CA.revocations({SERIAL: (AT - DAY, Reason.KEY_COMPROMISE, AT - 30 * DAY)}))
    assert found.since == AT - 30 * DAY
    assert found.holds_at(AT - 20 * DAY)
    other = asked(CA.revocations({SERIAL: (AT - DAY, Reason.SUPERSEDED, AT - 30 * DAY)}))
    assert not other.holds_at(AT - 20 * DAY)


def test_no_evidence_is_told_apart_from_no_source():
    assert why() is Why.NO_SOURCE
    assert not asked().sourced
    named = CA.issues(crl_points=[pki.point(POINT)])
    assert why(of=named) is Why.NO_EVIDENCE
    assert asked(of=named).sourced
    configured = frozenset({SM3.of(CA.certificate.spki)})
    assert asked(sources=configured).sourced


def test_a_list_of_another_issuer_says_nothing():
    assert why(ROOT.revocations({SERIAL: AT - DAY})) is Why.NO_SOURCE


def test_a_list_by_a_stranger_of_the_same_name_says_nothing():
    stranger = pki.root("演示中间 CA", whose="stranger")
    assert why(stranger.revocations({SERIAL: AT - DAY})) is Why.OTHER_KEY
    forged = stranger.revocations({SERIAL: AT - DAY}, key_id_of=pki.key_id(CA.certificate.spki))
    assert why(forged) is Why.SIGNATURE_WRONG


def test_a_list_under_another_identifier_says_nothing():
    assert why(CA.revocations(distid=b"1")) is Why.SIGNATURE_WRONG


def test_an_altered_list_says_nothing():
    assert why(CA.revocations(spoil=lambda value: value[:-1] + bytes((value[-1] ^ 1,)))) is Why.SIGNATURE_WRONG


def test_an_authority_that_may_not_sign_lists_says_nothing_by_them():
    authority = ROOT.authority("无名单 CA", usages=[Usage.CERT_SIGN])
    assert why(authority.revocations(), of=authority.issues(), issuer=authority) is Why.SIGNER_NOT_ALLOWED


def test_a_stale_list_does_not_make_good_but_still_revokes():
    old: dict[str, Any] = {"this_update": AT - 30 * DAY, "next_update": AT - DAY}
    assert why(CA.revocations(**old)) is Why.STALE
    assert isinstance(asked(CA.revocations({SERIAL: AT - 31 * DAY}, **old)), Revoked)


def test_the_moment_of_next_update_is_still_fresh():
    published = CA.revocations(next_update=AT)
    assert isinstance(asked(published), Good)
    assert why(published, at=AT + timedelta(seconds=1)) is Why.STALE


def test_a_list_without_next_update_is_never_fresh():
    assert why(CA.revocations(next_update=None)) is Why.NO_NEXT_UPDATE


def test_a_list_from_ahead_of_the_clock_waits():
    assert why(CA.revocations(this_update=AT + HOUR)) is Why.FROM_THE_FUTURE
    assert isinstance(asked(CA.revocations(this_update=AT + timedelta(minutes=4))), Good)


def test_a_hold_can_be_lifted_by_a_newer_list_and_nothing_else_can():
    hold = CA.revocations({SERIAL: (AT - 5 * DAY, Reason.HOLD)}, this_update=AT - 2 * DAY)
    final = CA.revocations({SERIAL: (AT - 5 * DAY, Reason.SUPERSEDED)}, this_update=AT - 2 * DAY)
    newer = CA.revocations()
    assert isinstance(asked(hold, newer), Good)
    assert isinstance(asked(final, newer), Revoked)
    later_hold = CA.revocations({SERIAL: (AT - 5 * DAY, Reason.HOLD)}, this_update=AT - HOUR)
    assert isinstance(asked(newer, later_hold), Revoked)


def test_a_certificate_that_is_listed_twice_is_revoked_since_the_first():
    published = CA.revocations(entries=[entry(SERIAL, AT - DAY), entry(SERIAL, AT - 9 * DAY, Reason.HOLD)])
    assert asked(published).when == AT - 9 * DAY


DELTA = extension(revocation_lists.DELTA, der.integer(1), critical=True)


def test_a_delta_list_makes_nothing_good_and_says_so():
    assert why(CA.revocations(more=[DELTA])) is Why.DELTA_LIST
    lifted = CA.revocations({SERIAL: (AT - DAY, Reason.REMOVED)}, more=[DELTA])
    assert why(lifted) is Why.DELTA_LIST


def test_a_delta_list_still_revokes_what_the_whole_list_does_not_know_yet():
    delta = CA.revocations({SERIAL: AT - DAY}, more=[DELTA])
    assert isinstance(asked(CA.revocations(), delta), Revoked)


def test_an_indirect_list_is_not_used_and_says_so():
    assert why(CA.revocations({SERIAL: AT - DAY}, more=[scope(tag(0x84, b"\xff"))])) is Why.INDIRECT_LIST


def test_an_entry_about_another_issuers_certificate_makes_a_list_unusable():
    other = extension(revocation_lists.CERTIFICATE_ISSUER, der.sequence(tag(0xA4, ROOT.subject)), critical=True)
    foreign = der.sequence(der.integer(SERIAL), pki.time(AT - DAY), der.sequence(other))
    assert why(CA.revocations(entries=[foreign])) is Why.UNKNOWN_CRITICAL


def test_an_unknown_critical_extension_makes_a_list_unusable():
    odd = extension("1.2.3.4", der.null(), critical=True)
    assert why(CA.revocations({SERIAL: AT - DAY}, more=[odd])) is Why.UNKNOWN_CRITICAL
    of_entry = der.sequence(der.integer(5), pki.time(AT - DAY), der.sequence(odd))
    assert why(CA.revocations(entries=[of_entry])) is Why.UNKNOWN_CRITICAL
    assert isinstance(asked(CA.revocations(more=[extension("1.2.3.4", der.null())])), Good)


SCOPES = {
    "users only": ([tag(0x81, b"\xff")], True),
    "authorities only": ([tag(0x82, b"\xff")], False),
    "attribute certificates only": ([tag(0x85, b"\xff")], False),
    "the signer's own place": ([tag(0xA0, tag(0xA0, POINT))], True),
    "another place": ([tag(0xA0, tag(0xA0, pki.uri("http://ca.example/2.crl")))], False),
    "a place relative to the issuer": (
        [tag(0xA0, tag(0xA1, der.sequence(der.oid("2.5.4.3"), tag(0x0C, b"x"))))],
        False,
    ),
}


@pytest.mark.parametrize("case", SCOPES)
def test_a_list_speaks_within_its_scope_only(case: str):
    parts, speaks = SCOPES[case]
    signer = CA.issues(crl_points=[pki.point(POINT)])
    found = asked(CA.revocations(more=[scope(*parts)]), of=signer)
    assert isinstance(found, Good) if speaks else found.why is Why.OUT_OF_SCOPE


def test_a_place_can_be_told_relative_to_the_issuer_and_in_full():
    part = der.sequence(der.oid("2.5.4.3"), tag(0x0C, "名单一".encode()))
    relative = tag(0xA0, tag(0xA1, part))
    full = CA.certificate.subject.with_part(tag(0x31, part)).der
    signer = CA.issues(crl_points=[der.sequence(relative)])
    for named in (relative, tag(0xA0, tag(0xA0, tag(0xA4, full)))):
        assert isinstance(asked(CA.revocations(more=[scope(named)]), of=signer), Good)
    other = tag(0xA0, tag(0xA1, der.sequence(der.oid("2.5.4.3"), tag(0x0C, "名单二".encode()))))
    assert why(CA.revocations(more=[scope(other)]), of=signer) is Why.OUT_OF_SCOPE


def test_a_list_for_authorities_speaks_about_an_authority():
    assert isinstance(asked(ROOT.revocations(more=[scope(tag(0x82, b"\xff"))]), of=CA, issuer=ROOT), Good)
    assert why(ROOT.revocations(more=[scope(tag(0x81, b"\xff"))]), of=CA, issuer=ROOT) is Why.OUT_OF_SCOPE


def test_a_list_for_a_place_does_not_speak_about_a_certificate_without_one():
    assert why(CA.revocations(more=[scope(tag(0xA0, tag(0xA0, POINT)))])) is Why.OUT_OF_SCOPE


def _some_reasons(*bits: int) -> bytes:
    return scope(tag(0x83, pki.named_bits(bits)[2:]))


def test_lists_for_some_reasons_must_cover_all_together():
    compromise, others = _some_reasons(1, 2, 8), _some_reasons(3, 4, 5, 6, 7)
    one, other = CA.revocations(more=[compromise]), CA.revocations(more=[others], this_update=AT - HOUR)
    assert why(one) is Why.SOME_REASONS
    assert isinstance(asked(one, other), Good)
    revoked = CA.revocations({SERIAL: AT - DAY}, more=[others])
    assert isinstance(asked(one, revoked), Revoked)


def test_a_point_for_another_issuers_list_is_no_place_of_ours():
    signer = CA.issues(crl_points=[pki.point(POINT, issuer=ROOT.subject)])
    assert why(CA.revocations(more=[scope(tag(0xA0, tag(0xA0, POINT)))]), of=signer) is Why.OUT_OF_SCOPE


def test_a_list_of_twenty_thousand_entries_is_read_and_asked():
    first = 1 << 64
    plenty = b"".join(entry(first + each, AT - DAY, Reason.SUPERSEDED) for each in range(20_000))
    published = CA.revocations(entries=[plenty])
    assert len(published.entries) == 20_000
    assert isinstance(asked(published), Good)
    assert isinstance(asked(published, of=CA.issues(serial=first + 19_999)), Revoked)


# Answers of responders.


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256, KeyKind.RSA])
@pytest.mark.parametrize("hash_name", list(ocsp.HASHES))
def test_an_answer_of_the_authority_itself_makes_good(kind: KeyKind, hash_name: str):
    root = pki.root(kind=kind)
    signer = root.issues()
    found = asked(root.answer(signer.certificate, hash_name=hash_name), of=signer, issuer=root)
    assert isinstance(found, Good)
    assert (found.evidence.kind, found.evidence.age(AT)) == ("ocsp", timedelta(minutes=10))


def delegated(responder: Identity | None = None, **peculiar) -> OcspAnswer:
    responder = responder or CA.responder()
    return responder.answer(SIGNER.certificate, issuer=CA, **peculiar)


@pytest.mark.parametrize("by_name", [True, False])
def test_an_answer_of_a_responder_that_the_authority_named_makes_good(by_name: bool):
    assert isinstance(asked(delegated(by_name=by_name)), Good)


def test_an_answer_may_revoke():
    found = asked(delegated(revoked=(AT - 3 * DAY, Reason.KEY_COMPROMISE)))
    assert isinstance(found, Revoked)
    assert (found.when, found.why) == (AT - 3 * DAY, Reason.KEY_COMPROMISE)


def test_an_answer_may_not_know():
    assert why(delegated(unknown=True)) is Why.NOT_KNOWN_THERE


RESPONDERS: dict[str, dict[str, Any]] = {
    "without the usage": {"extended": None},
    "with another usage": {"extended": ["1.3.6.1.5.5.7.3.8"]},
    "with any usage": {"extended": ["2.5.29.37.0"]},
    "that may not sign": {"usages": [Usage.KEY_ENCIPHERMENT]},
    "whose time is over": {"not_after": AT - DAY},
    "whose revocation nobody excludes": {"ocsp_no_check": False},
    "with an unknown critical extension": {"more": [extension("1.2.3.4", der.null(), critical=True)]},
    "whose certificate is altered": {"spoil": lambda value: value[:-1] + bytes((value[-1] ^ 1,))},
    "whose certificate was signed under another identifier": {"distid": b"1"},
}


@pytest.mark.parametrize("case", RESPONDERS)
def test_an_answer_of_a_responder_says_nothing(case: str):
    assert why(delegated(CA.responder(**RESPONDERS[case]))) is Why.SIGNER_NOT_ALLOWED


def test_an_answer_of_a_responder_named_by_another_authority_says_nothing():
    other = ROOT.authority("另一个 CA")
    assert why(delegated(other.responder())) is Why.SIGNER_NOT_ALLOWED


def test_an_answer_of_a_signer_of_the_same_authority_says_nothing():
    assert why(delegated(CA.issues("自封的应答者"))) is Why.SIGNER_NOT_ALLOWED


def test_an_answer_without_its_responders_certificate_says_nothing():
    assert why(delegated(certificates=[])) is Why.SIGNER_NOT_ALLOWED


def test_a_responder_whose_revocation_is_looked_up_in_a_list_counts():
    responder = CA.responder(ocsp_no_check=False)
    answer = delegated(responder)
    assert isinstance(asked(answer, CA.revocations({5: AT - DAY})), Good)
    revoked = CA.revocations({responder.certificate.serial: AT - DAY}, more=[scope(tag(0x81, b"\xff"))])
    assert asked(answer, revoked, of=SIGNER).evidence.kind == "crl"
    partial = CA.revocations({responder.certificate.serial: AT - DAY}, more=[_some_reasons(1, 2)])
    assert isinstance(asked(answer, partial), Unknown)


def test_an_altered_answer_says_nothing():
    assert why(delegated(spoil=lambda value: value[:-1] + bytes((value[-1] ^ 1,)))) is Why.SIGNATURE_WRONG


def test_an_answer_that_another_key_signed_says_nothing():
    assert why(delegated(signer=ROOT.key)) is Why.SIGNATURE_WRONG


def test_an_answer_about_another_certificate_says_nothing():
    assert why(CA.answer(CA.issues().certificate)) is Why.NO_SOURCE


def test_an_answer_about_the_same_serial_number_of_another_issuer_says_nothing():
    other = ROOT.authority("另一个 CA")
    assert why(other.answer(other.issues(serial=SERIAL).certificate)) is Why.NO_SOURCE


def test_an_answer_is_fresh_until_its_next_update():
    assert isinstance(asked(delegated(next_update=AT)), Good)
    assert why(delegated(next_update=AT - HOUR, this_update=AT - DAY)) is Why.STALE
    assert why(delegated(this_update=AT + HOUR)) is Why.FROM_THE_FUTURE
    assert why(delegated(produced_at=AT + HOUR)) is Why.FROM_THE_FUTURE


def test_an_answer_without_next_update_is_fresh_for_an_hour():
    assert isinstance(asked(delegated(next_update=None)), Good)
    assert why(delegated(next_update=None, this_update=AT - 2 * HOUR)) is Why.STALE


def test_a_stale_answer_still_revokes():
    old: dict[str, Any] = {"this_update": AT - 9 * DAY, "next_update": AT - 8 * DAY}
    assert isinstance(asked(delegated(revoked=(AT - 10 * DAY, Reason.SUPERSEDED), **old)), Revoked)


def test_unknown_critical_extensions_make_an_answer_unusable():
    odd = extension("1.2.3.4", der.null(), critical=True)
    assert why(delegated(more=[odd])) is Why.UNKNOWN_CRITICAL
    assert why(delegated(single_more=[odd])) is Why.UNKNOWN_CRITICAL


def test_revocation_from_any_evidence_outweighs_good_from_another():
    assert isinstance(asked(CA.revocations(), delegated(revoked=(AT - DAY, Reason.SUPERSEDED))), Revoked)
    assert isinstance(asked(CA.revocations({SERIAL: AT - DAY}), delegated()), Revoked)


def test_a_question_carries_the_nonce_that_the_answer_gives_back():
    nonce = os.urandom(32)
    asked_for = question(CertId.of(SIGNER.certificate, CA.certificate, "sm3"), nonce)
    assert nonce in asked_for
    assert delegated(nonce=nonce).nonce == nonce
    assert question(CertId.of(SIGNER.certificate, CA.certificate)).hex().startswith("30")


# Hostile bytes.


@pytest.mark.parametrize(
    ("code", "told"), [(1, "malformed-request"), (3, "try-later"), (6, "unauthorized"), (99, "unknown-status")]
)
def test_a_responder_that_refuses_is_told(code: int, told: str):
    with pytest.raises(OcspRefused) as refusal:
        CA.answer(SIGNER.certificate, status=code)
    assert refusal.value.status == told


def _der_of_list(**peculiar) -> bytes:
    return CA.revocation_der({SERIAL: AT - DAY}, **peculiar)


def _entry_with(*more: bytes) -> bytes:
    return der.sequence(der.integer(5), pki.time(AT - DAY), der.sequence(*more))


def _reason(value: bytes) -> bytes:
    return extension(revocation_lists.REASON_CODE, value)


HOSTILE_LISTS = {
    "nothing": lambda: b"",
    "no list": lambda: ROOT.der,
    "an answer": lambda: CA.answer_der(SIGNER.certificate),
    "indefinite length": lambda: b"\x30\x80" + _der_of_list()[4:] + b"\x00\x00",
    "a byte behind": lambda: _der_of_list() + b"\x00",
    "cut": lambda: _der_of_list()[:-1],
    "version 3": lambda: _der_of_list(version=der.integer(2)),
    "version 1 written": lambda: _der_of_list(version=der.integer(0)),
    "no issuer": lambda: _der_of_list(issuer=der.sequence()),
    "NUL in the issuer": lambda: _der_of_list(issuer=pki.name("a\x00b")),
    "no such time": lambda: _der_of_list(this_update=tag(0x17, b"991332000000Z")),
    "a time with an offset": lambda: _der_of_list(next_update=tag(0x17, b"3001010000+0800")),
    "an entry without a time": lambda: _der_of_list(entries=[der.sequence(der.integer(5))]),
    "an entry with a padded number": lambda: _der_of_list(entries=[der.sequence(b"\x02\x02\x00\x05", pki.time(AT))]),
    "an unknown reason": lambda: _der_of_list(entries=[_entry_with(_reason(tag(0x0A, b"\x07")))]),
    "a reason in two bytes": lambda: _der_of_list(entries=[_entry_with(_reason(tag(0x0A, b"\x00\x01")))]),
    "a reason that is an integer": lambda: _der_of_list(entries=[_entry_with(_reason(der.integer(1)))]),
    "a reason twice": lambda: _der_of_list(
        entries=[_entry_with(_reason(tag(0x0A, b"\x01")), _reason(tag(0x0A, b"\x01")))]
    ),
    "entry extensions that are empty": lambda: _der_of_list(entries=[_entry_with()]),
    "a negative number": lambda: _der_of_list(number=-1),
    "a place relative by no name": lambda: _der_of_list(more=[scope(tag(0xA0, tag(0xA1, der.null())))]),
    "a number of 21 octets": lambda: _der_of_list(number=1 << 168),
    "a contradictory scope": lambda: _der_of_list(more=[scope(tag(0x81, b"\xff"), tag(0x82, b"\xff"))]),
    "a scope with FALSE spelt out": lambda: _der_of_list(more=[scope(tag(0x81, b"\x00"))]),
    "a scope with unknown reasons": lambda: _der_of_list(more=[scope(tag(0x83, b"\x00\x00\x00\x01"))]),
    "an extension twice": lambda: _der_of_list(more=[extension(revocation_lists.CRL_NUMBER, der.integer(3))]),
    "critical FALSE spelt out": lambda: _der_of_list(
        more=[der.sequence(der.oid("1.2.3"), tag(0x01, b"\x00x"), der.octets(b""))]
    ),
    "nested 10,000 deep": lambda: _der_of_list(entries=[b"\x30\x80" * 10_000]),
    "over 64 MiB": lambda: bytes(revocation_lists.SIZE_LIMIT + 1),
}


@pytest.mark.parametrize("case", HOSTILE_LISTS)
def test_a_hostile_list_is_refused_by_name(case: str):
    data = HOSTILE_LISTS[case]()
    with pytest.raises(MalformedRevocationList):
        RevocationList.of(data)


def test_a_file_of_lists_is_der_or_pem():
    data = CA.revocation_der()
    listed = RevocationList.of(data)
    block = written("X509 CRL", data)
    assert revocation_lists.of_file(data) == revocation_lists.of_file(block) == (listed,)
    assert revocation_lists.of_file(block + block) == (listed, listed)
    for bad in (b"", b"no list", ROOT.certificate.pem, block[:-5], ROOT.der):
        with pytest.raises(MalformedRevocationList):
            revocation_lists.of_file(bad)


def _answered(**peculiar) -> bytes:
    return CA.answer_der(SIGNER.certificate, **peculiar)


HOSTILE_ANSWERS = {
    "nothing": lambda: b"",
    "a certificate": lambda: ROOT.der,
    "good without bytes": lambda: der.sequence(tag(0x0A, b"\x00")),
    "status in two bytes": lambda: der.sequence(tag(0x0A, b"\x00\x00"), tag(0xA0, der.null())),
    "another kind of response": lambda: _answered(kind="1.2.3.4"),
    "indefinite length": lambda: b"\x30\x80" + _answered()[4:] + b"\x00\x00",
    "a byte behind": lambda: _answered() + b"\x00",
    "cut": lambda: _answered()[:-1],
    "no such time": lambda: _answered(this_update=tag(0x18, b"20261332000000Z")),
    "a UTCTime": lambda: _answered(this_update=tag(0x17, b"261120000000Z")),
    "a fraction of a second": lambda: _answered(produced_at=tag(0x18, b"20261120000000.5Z")),
    "a nonce of nothing": lambda: _answered(nonce=b""),
    "a nonce of 129 octets": lambda: _answered(nonce=bytes(129)),
    "a nonce twice": lambda: _answered(nonce=b"x", more=[extension(ocsp.NONCE, der.octets(b"y"))]),
    "a responder of no kind": lambda: _answered(responder=tag(0xA3, der.octets(b"x"))),
    "a responder with a hidden name": lambda: _answered(responder=tag(0xA1, pki.name("a\u202eb"))),
    "a malformed certificate": lambda: _answered(certificates=[der.sequence(der.sequence())]),
    "eleven certificates": lambda: _answered(certificates=[ROOT.der] * 11),
    "a certificate number that is none": lambda: _answered(cert_id=der.sequence(der.sequence(), der.octets(b""))),
    "over 128 KiB": lambda: _answered(certificates=[der.octets(bytes(ocsp.SIZE_LIMIT))]),
}


@pytest.mark.parametrize("case", HOSTILE_ANSWERS)
def test_a_hostile_answer_is_refused_by_name(case: str):
    data = HOSTILE_ANSWERS[case]()
    with pytest.raises((MalformedOcspAnswer, OcspRefused)):
        OcspAnswer.of(data)


RICH_LIST = CA.revocation_der(
    {SERIAL + 1: (AT - DAY, Reason.HOLD, AT - DAY)}, more=[scope(tag(0xA0, tag(0xA0, POINT)))]
)
RICH_ANSWER = CA.responder().answer_der(SIGNER.certificate, issuer=CA, nonce=b"0123456789abcdef")
AT_POINT = CA.issues(crl_points=[pki.point(POINT)])


def test_no_byte_of_a_list_can_be_changed():
    assert isinstance(asked(RevocationList.of(RICH_LIST), of=AT_POINT), Good)
    for at in range(len(RICH_LIST)):
        spoiled = bytearray(RICH_LIST)
        spoiled[at] ^= 1 << at % 8
        try:
            changed = RevocationList.of(bytes(spoiled))
        except MalformedRevocationList:
            continue
        assert isinstance(asked(changed, of=AT_POINT), Unknown), at


def test_no_byte_of_an_answer_can_be_changed():
    """But for the responder's own certificate, where a change may stay without meaning, none."""
    assert isinstance(asked(OcspAnswer.of(RICH_ANSWER)), Good)
    for at in range(len(RICH_ANSWER)):
        spoiled = bytearray(RICH_ANSWER)
        spoiled[at] ^= 1 << at % 8
        try:
            changed = OcspAnswer.of(bytes(spoiled))
        except (MalformedOcspAnswer, OcspRefused):
            continue
        assert isinstance(asked(changed), Unknown), at


@settings(max_examples=300)
@given(st.data())
def test_lists_and_answers_with_any_bytes_changed_are_read_or_refused_by_name(data: st.DataObject):
    for source, form, refusals in (
        (RICH_LIST, RevocationList, MalformedRevocationList),
        (RICH_ANSWER, OcspAnswer, (MalformedOcspAnswer, OcspRefused)),
    ):
        spoiled = bytearray(source)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(spoiled) - 1))
            spoiled[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        try:
            read = form.of(bytes(spoiled))
        except refusals:
            continue
        assert not isinstance(asked(read, of=AT_POINT), Revoked)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_an_answer_or_typed_refusals(data: bytes):
    with pytest.raises(MalformedRevocationList):
        RevocationList.of(data)
    with pytest.raises((MalformedOcspAnswer, OcspRefused)):
        OcspAnswer.of(data)


def test_a_list_travels_between_processes_as_its_bytes():
    root = pki.root()
    published = root.revocations({7: (AT, Reason.KEY_COMPROMISE)})
    arrived = pickle.loads(pickle.dumps(published))
    assert arrived == published
    assert arrived.entries.keys() == {7}
