"""Signed messages of GB/T 35275 and CMS in documents: detached, with the digest inside, with several signers."""

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest

from keys.algorithms import backends, der
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2_signature import Signature
from keys.algorithms.sm3 import SM3
from keys.cms import numbers, writing
from keys.cms.numbers import CMS, GBT35275
from keys.errors import VerifyingUnavailable
from keys.trust import Anchor, Trust
from signing.policy import COMPATIBLE, DEFAULT, Accepted, Policy
from signing.report import Outcome, Verdict
from tests.builders import pki, seals
from tests.builders.pki import AT, DAY, tag
from tests.builders.seals import MESSAGE, SIGNED_AT, usual
from tests.keys.cms.builders import Draft, written
from tests.signing.stories import ended, failures, is_indeterminate, is_invalid, is_valid, judged, warnings


def message(**peculiar: Any) -> bytes:
    told: dict[str, Any] = {"signer": usual().signer, "message": MESSAGE, "at": SIGNED_AT}
    return written(Draft(**(told | peculiar)))


def inside(content: bytes, **peculiar: Any) -> bytes:
    """Sign content that is carried along."""
    return message(content=content, message=content, **peculiar)


def test_a_detached_message_is_valid():
    report = judged(message())
    is_valid(report)
    assert (report.kind, report.standard) == ("signature", "GB/T 35275")
    assert report.signed_at.claimed == SIGNED_AT
    assert report.seal is None
    assert report.signer is not None


def test_a_message_of_cms_is_valid():
    report = judged(message(family=CMS))
    is_valid(report)
    assert report.standard == "CMS"


@pytest.mark.parametrize("kind", [KeyKind.RSA, KeyKind.P256])
def test_a_message_of_another_algorithm_is_valid(kind: KeyKind):
    chain = pki.chain(kind)
    trust = Trust(AT, (Anchor(chain.root.certificate),), (chain.authority.certificate,))
    is_valid(judged(message(signer=chain.signer, family=CMS, digest="sha-256"), trust))


def test_a_message_over_another_document_is_invalid():
    report = judged(message(message=b"another"))
    is_invalid(report, "HASH_FAILURE", ["DATAHASH_MISMATCH"])
    assert (report.intact, report.cryptographically_valid) == (False, True)


def test_a_wrong_signature_is_invalid():
    spoiled = message(spoil=lambda signature: signature[:-1] + bytes((signature[-1] ^ 1,)))
    report = judged(spoiled)
    is_invalid(report, "SIG_CRYPTO_FAILURE", ["SIGNATURE_VALUE_INVALID"])
    assert (report.intact, report.cryptographically_valid) == (True, False)


# --- content inside, as sealed documents of the field carry it


@pytest.mark.parametrize("attributes", [None, ()], ids=["bare", "attributes"])
def test_the_digest_inside_stands_for_the_document(attributes: Any):
    is_valid(judged(inside(SM3.of(MESSAGE), attributes=attributes)))
    report = judged(inside(SM3.of(b"another"), attributes=attributes))
    is_invalid(report, "HASH_FAILURE", ["DATAHASH_MISMATCH"])


def test_the_digest_inside_in_base64_is_told():
    report = judged(inside(base64.b64encode(SM3.of(MESSAGE)), attributes=None))
    is_valid(report)
    assert "digest-as-base64" in [each.facts.get("deviation") for each in report.checks]


def test_the_document_inside_is_the_document():
    is_valid(judged(inside(MESSAGE)))
    is_invalid(judged(inside(MESSAGE + b" ")), "HASH_FAILURE", ["DATAHASH_MISMATCH"])


def test_a_digest_by_sha_1_inside_is_weak():
    report = judged(inside(bytes(20)))
    assert failures(report) == ["ALG_WEAK", "DATAHASH_MISMATCH"]
    assert report.verdict is Verdict.INVALID


def test_content_whose_digest_is_not_in_the_attributes_is_invalid():
    report = judged(message(content=SM3.of(MESSAGE), message=b"another"))
    assert (report.verdict, report.sub_indication) == (Verdict.INVALID, "HASH_FAILURE")


def test_a_detached_message_without_attributes_is_signed_itself():
    is_valid(judged(message(attributes=None)))
    report = judged(message(attributes=None, message=b"another"))
    is_invalid(report, "SIG_CRYPTO_FAILURE", ["SIGNATURE_VALUE_INVALID"])
    assert report.intact is None


# --- who signed


def test_a_message_without_signers_is_invalid():
    """What other programs called valid: the content can be anything."""
    is_invalid(judged(message(signers=0)), "FORMAT_FAILURE", ["NO_SIGNER"])


def test_a_message_without_the_certificate_is_not_decided():
    is_indeterminate(judged(message(certificates=())), "NO_SIGNING_CERTIFICATE_FOUND", ["SIGNER_CERT_NOT_FOUND"])


def test_a_certificate_that_came_with_the_document_is_taken():
    found = seals.found(message(certificates=()), certificates=(usual().signer.der,))
    is_valid(judged(found))


def test_certificates_of_the_chain_may_come_in_the_message():
    trust = Trust(AT, (Anchor(usual().root.certificate),))
    is_valid(judged(message(certificates=sorted([usual().signer.der, usual().authority.der])), trust))


def test_lists_in_the_message_are_evidence():
    people = seals.sealers(signer={"crl_points": [pki.point(pki.uri("http://crl.example/a.crl"))]})
    assert judged(message(signer=people.signer), people.trust()).sub_indication == "TRY_LATER"
    listed = message(signer=people.signer, lists=(people.authority.revocation_der(),))
    is_valid(judged(listed, people.trust()))


def test_two_signers_must_both_be_right():
    is_valid(judged(message(signers=2)))
    flips = iter([0, 1])

    def every_second(signature: bytes) -> bytes:
        return signature[:-1] + bytes((signature[-1] ^ next(flips),))

    report = judged(message(signers=2, spoil=every_second))
    is_invalid(report, "SIG_CRYPTO_FAILURE", ["SIGNATURE_VALUE_INVALID"])
    assert report.cryptographically_valid is False


def test_another_certificate_in_the_attributes_is_not_decided():
    """The attributes name the digest of another certificate (RFC 5035)."""
    named = der.sequence(der.sequence(der.sequence(der.octets(bytes(32)))))
    report = judged(message(more=(writing.attribute(numbers.SIGNING_CERTIFICATE_V2, named),)))
    is_indeterminate(report, "SIG_CONSTRAINTS_FAILURE", ["SIGNER_ATTRIBUTE_MISMATCH"])


def test_malformed_attributes_are_invalid():
    twice = writing.attribute(numbers.MESSAGE_DIGEST, der.octets(SM3.of(MESSAGE)))
    is_invalid(judged(message(more=(twice,))), "FORMAT_FAILURE", ["VALUE_MALFORMED"])


# --- algorithms


def test_weak_and_unknown_algorithms_are_not_decided():
    weak = message(algorithm=der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null()))
    is_indeterminate(judged(weak), "CRYPTO_CONSTRAINTS_FAILURE", ["ALG_WEAK"])
    unknown = message(algorithm=der.sequence(der.oid("1.2.3.4")))
    is_indeterminate(judged(unknown), "CRYPTO_CONSTRAINTS_FAILURE", ["ALG_UNSUPPORTED"])
    digest = message(digest_identifier=der.sequence(der.oid("1.3.14.3.2.26")))
    is_indeterminate(judged(digest), "CRYPTO_CONSTRAINTS_FAILURE", ["ALG_WEAK"])
    nobody = message(digest_identifier=der.sequence(der.oid("1.2.3.4")))
    is_indeterminate(judged(nobody), "CRYPTO_CONSTRAINTS_FAILURE", ["ALG_UNSUPPORTED"])


def test_the_policy_decides_about_messages_too():
    own = Policy("own", "1", {"sm2-sm3": Accepted(until=AT - DAY)})
    is_indeterminate(judged(message(), policy=own), "CRYPTO_CONSTRAINTS_FAILURE", ["ALG_WEAK"])


def test_raw_signatures_are_read_where_the_policy_names_them():
    raw = message(spoil=lambda signature: Signature.from_der(signature).raw)
    is_invalid(judged(raw), "FORMAT_FAILURE", ["VALUE_MALFORMED"])
    report = judged(raw, policy=COMPATIBLE)
    is_valid(report)
    assert "COMPATIBILITY_USED" in warnings(report)


def test_deviations_of_the_field_are_read_and_named():
    report = judged(message(inner=CMS.data, content_type=GBT35275.data))
    is_valid(report)
    assert warnings(report) == ["NONSTANDARD_ENCODING"]


# --- time


def stamped(at: datetime, beside: bytes = b"", **peculiar: Any) -> bytes:
    """Sign twice: the signature is needed before it can be stamped, and both come out alike only without chance."""
    made: list[bytes] = []

    def keep(signature: bytes) -> bytes:
        made.append(signature)
        return signature

    first = message(spoil=keep, **peculiar)
    token = seals.token(made[0], at, beside=beside)
    return with_unsigned(first, writing.timestamp_attribute(token))


def with_unsigned(signed: bytes, attribute: bytes) -> bytes:
    """Put an unsigned attribute into a message of one signer."""
    outer = der.Reader(signed).inside()
    kind = outer.whole()
    body = outer.inside(0xA0).inside()
    parts = []
    while not body.ended:
        parts.append(body.whole())
    signer = der.Reader(parts[-1]).inside(0x31).content(0x30)
    parts[-1] = tag(0x31, der.sequence(signer, tag(0xA1, attribute)))
    return der.sequence(kind, tag(0xA0, der.sequence(*parts)))


def test_a_time_stamp_in_the_message_proves_the_time():
    report = judged(stamped(SIGNED_AT + timedelta(minutes=1)))
    is_valid(report)
    assert report.signed_at.proven == SIGNED_AT + timedelta(minutes=1)


def test_a_message_of_an_expired_certificate_needs_the_stamp():
    people = seals.sealers(signer={"not_after": AT + DAY})
    at = AT + 2 * DAY
    plain = judged(message(signer=people.signer), people.trust(), at=at)
    is_indeterminate(plain, "OUT_OF_BOUNDS_NO_POE", ["SIGNER_CERT_EXPIRED"])


def test_signing_outside_of_the_certificate_is_invalid():
    report = judged(message(at=AT - 2 * pki.YEAR))
    is_invalid(report, "NOT_YET_VALID", ["SIGNER_CERT_NOT_YET_VALID"])


def test_the_time_beside_a_signature_is_shown_and_decides_nothing():
    found = seals.found(message(at=None), claimed_time="1999-01-01T00:00:00Z")
    report = judged(found)
    is_valid(report)
    assert report.signed_at.claimed == "1999-01-01T00:00:00Z"
    assert warnings(report) == []


# --- time stamps of the document itself


def document_stamp(value: bytes, **peculiar: Any) -> Any:
    return seals.found(value, is_document_timestamp=True, **peculiar)


def test_a_time_stamp_of_the_document_is_judged_as_one():
    report = judged(document_stamp(seals.token(MESSAGE, SIGNED_AT)))
    is_valid(report)
    assert (report.standard, report.signed_at.claimed) == ("RFC 3161", SIGNED_AT)


def test_a_time_stamp_over_another_document_is_invalid():
    is_invalid(judged(document_stamp(seals.token(b"another"))), "HASH_FAILURE", ["DATAHASH_MISMATCH"])


def test_a_time_stamp_with_a_wrong_signature_is_invalid():
    spoiled = seals.token(MESSAGE, spoil=lambda signature: signature[:-1] + bytes((signature[-1] ^ 1,)))
    is_invalid(judged(document_stamp(spoiled)), "SIG_CRYPTO_FAILURE", ["SIGNATURE_VALUE_INVALID"])


def test_a_time_stamp_of_a_stranger_is_not_decided():
    stranger = seals.stamping(pki.root("另一个根", whose="stamping stranger"))
    report = judged(document_stamp(seals.token(MESSAGE, SIGNED_AT, stranger)))
    is_indeterminate(report, "NO_CERTIFICATE_CHAIN_FOUND", ["SIGNER_CERT_UNTRUSTED"])


def test_a_time_stamp_by_someone_who_may_not_stamp_is_not_decided():
    report = judged(document_stamp(seals.token(MESSAGE, SIGNED_AT, usual().signer)))
    is_indeterminate(report, "CHAIN_CONSTRAINTS_FAILURE", ["SIGNER_CERT_KEY_USAGE"])


def test_a_time_stamp_of_the_document_from_the_future_is_not_decided():
    report = judged(document_stamp(seals.token(MESSAGE, AT + DAY)))
    is_indeterminate(report, "SIG_CONSTRAINTS_FAILURE", ["SIGNING_TIME_IN_FUTURE"])


def test_a_time_stamp_over_a_digest_that_nobody_computes_is_not_decided():
    weak = seals.token(MESSAGE, imprint=bytes(20), digest="1.3.14.3.2.26")
    report = judged(document_stamp(weak))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "CRYPTO_CONSTRAINTS_FAILURE")
    assert failures(report) == ["ALG_UNSUPPORTED"]


def test_junk_for_a_time_stamp_of_the_document_is_invalid():
    is_invalid(judged(document_stamp(b"junk")), "FORMAT_FAILURE", ["VALUE_MALFORMED"])


# --- a machine that cannot compute


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every SM2 library away."""

    def gone() -> None:
        raise VerifyingUnavailable("none")

    monkeypatch.setattr(backends, "verifier", gone)


@pytest.mark.parametrize("made", ["seal-1", "seal-4", "message", "stamp"])
def test_where_nothing_can_be_computed_nothing_is_called_wrong(made: str, request: pytest.FixtureRequest):
    people, unmet = seals.sealers(), seals.sealers()
    fresh = seals.found(seals.ValueParts(seals.SealParts(4, unmet)).der)
    found = {
        "seal-1": lambda: seals.found(seals.ValueParts(seals.SealParts(1, people)).der),
        "seal-4": lambda: seals.found(seals.ValueParts(seals.SealParts(4, people)).der),
        "message": lambda: seals.found(message(signer=people.signer)),
        "stamp": lambda: document_stamp(seals.token(MESSAGE, SIGNED_AT, people.stamper)),
    }[made]()
    is_valid(judged(found, people.trust()))
    request.getfixturevalue("no_library")
    report = judged(found, people.trust())
    assert (report.verdict, report.cryptographically_valid) == (Verdict.INDETERMINATE, None)
    assert "SIGNATURE_VALUE_INVALID" in ended(report, Outcome.NOT_CHECKED)
    assert judged(fresh, unmet.trust()).verdict is Verdict.INDETERMINATE, "a chain that was never met"


def test_the_default_policy_leaves_algorithms_of_today_open():
    assert all(each.holds_at(AT) for each in DEFAULT.algorithms.values())
    assert Outcome.PASSED in {each.outcome for each in judged(message()).checks}
    assert ended(judged(message()), Outcome.FAILED) == []


# --- what nothing signs


def test_a_certificate_that_nobody_needed_is_told_and_changes_nothing():
    """Certificates stand beside the signatures and nothing signs them: one spoilt in any byte may not pass unsaid."""
    stranger = pki.root("演示旁证 CA").der
    for beside in (stranger, stranger[:-1] + b"\0", b"\x30\x00"):
        report = judged(message(certificates=(usual().signer.der, beside)))
        is_valid(report)
        assert "CERTIFICATES_NOT_NEEDED" in ended(report, Outcome.NOT_CHECKED)


def test_a_certificate_that_is_known_here_needs_no_word():
    known = (usual().signer.der, usual().authority.der, usual().root.der)
    assert "CERTIFICATES_NOT_NEEDED" not in ended(judged(message(certificates=known)), Outcome.NOT_CHECKED)


def test_a_certificate_that_nobody_needed_in_a_time_stamp_is_told_too():
    """The spare certificate of the token is spoilt: the token still proves its time."""
    spoilt = pki.root("演示旁证 CA").der[:-1] + b"\0"
    sealed = seals.value(4, token=lambda signature: seals.token(signature, beside=spoilt))
    for value in (sealed, stamped(SIGNED_AT + timedelta(minutes=1), spoilt)):
        report = judged(value)
        is_valid(report)
        assert ended(report, Outcome.NOT_CHECKED) == ["REVOCATION_NO_SOURCE", "CERTIFICATES_NOT_NEEDED"]
