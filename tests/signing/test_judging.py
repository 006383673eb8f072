"""One seal's signature, judged: by time, by trust, by revocation, by what the seal allows; each story with its verdict.

The people: root → authority → maker, signer, time-stamping authority. It is signed an hour before it is verified.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from base.tables import laid_out
from keys.algorithms import der
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.international import SHA256
from keys.algorithms.sm2_signature import Signature
from keys.algorithms.sm3 import SM3
from keys.budget import BUDGET, Budget
from keys.extensions import Usage
from keys.revocation_lists import Reason
from keys.trust import Anchor, Trust
from signing import policy
from signing.judging import judge
from signing.policy import COMPATIBLE, DEFAULT, STRICT, Accepted, Policy
from signing.report import Coverage, CoverageKind, Outcome, Verdict, failed, passed, warned
from signing.standing import Searches
from tests.builders import pki, seals
from tests.builders.pki import AT, DAY, YEAR
from tests.builders.seals import MESSAGE, SIGNED_AT, Sealers, SealParts, ValueParts, sealers, usual
from tests.signing.stories import (
    ended,
    failures,
    is_indeterminate,
    is_invalid,
    is_valid,
    judged,
    value,
    warnings,
)

SOURCE = {"crl_points": [pki.point(pki.uri("http://crl.example/a.crl"))]}
STAMPED_AT = SIGNED_AT + timedelta(minutes=1)


def of(people: Sealers, version: int = 4, seal: dict[str, Any] | None = None, **peculiar: Any) -> bytes:
    return ValueParts(SealParts(version, people, **(seal or {})), **peculiar).der


def stamp(people: Sealers, at: datetime = STAMPED_AT, **peculiar: Any) -> Any:
    return lambda signature: seals.token(signature, at, people.stamper, **peculiar)


# --- good


@pytest.mark.parametrize("version", [1, 4, 5])
def test_a_good_seal_is_valid_by_every_standard(version: int):
    report = judged(value(version))
    is_valid(report)
    assert report.kind == "seal"
    assert ended(report, Outcome.WARNING) == []
    assert ended(report, Outcome.NOT_CHECKED) == ["SIGNING_TIME_UNPROVEN", "REVOCATION_NO_SOURCE"]


def test_a_report_tells_signer_seal_and_time():
    report = judged(value(4, token=stamp(usual())))
    assert report.signer is not None
    assert report.signer.subject == "C=CN, O=演示单位, CN=演示签章人"
    assert [each.split("CN=")[-1] for each in report.signer.chain] == ["演示签章人", "演示中间 CA", "演示根 CA"]
    assert report.seal is not None
    assert report.seal.maker.endswith("CN=演示制章单位")
    assert report.seal.picture == seals.PICTURE
    assert report.seal.picture_sm3 == SM3.of(seals.PICTURE).hex()
    assert (report.signed_at.claimed, report.signed_at.proven) == (SIGNED_AT, STAMPED_AT)
    assert report.signed_at.source == "timestamp"


def test_a_chain_may_be_of_rsa():
    """An RSA signer with SHA-256 in a seal of 2014: dataHash is of SHA-256 too (GM/T 0031-2014 5.3)."""
    people = sealers(signer={"kind": KeyKind.RSA})
    signed: dict[str, Any] = {
        "algorithm": der.oid("1.2.840.113549.1.1.11"),
        "by": pki.ALGORITHMS[KeyKind.RSA],
        "data_hash": der.bits(SHA256.of(MESSAGE)),
    }
    is_valid(judged(of(people, 1, **signed), people.trust()))


# --- the document around it


def test_a_value_that_is_not_there_is_not_decided():
    is_indeterminate(judged(None), "SIGNED_DATA_NOT_FOUND", ["VALUE_MISSING"])


def test_what_the_format_found_counts():
    found = seals.found(value(), checks=(failed("DATAHASH_MISMATCH", "/Doc_0/Pages/Page_0/Content.xml"),))
    report = judged(found)
    is_invalid(report, "HASH_FAILURE", ["DATAHASH_MISMATCH"])
    assert report.intact is False
    assert report.cryptographically_valid is True


def test_a_missing_value_that_the_format_told_is_not_told_twice():
    report = judged(seals.found(None, checks=(failed("VALUE_MISSING"),)))
    assert [each.code for each in report.checks].count("VALUE_MISSING") == 1


def test_a_visible_part_left_out_is_not_decided():
    found = seals.found(value(), coverage=Coverage(CoverageKind.PARTIAL, ("/Doc_0/Document.xml",), ()))
    report = judged(found)
    is_indeterminate(report, "SIG_CONSTRAINTS_FAILURE", ["COVERAGE_PARTIAL"])
    assert (report.intact, report.cryptographically_valid, report.trusted) == (True, True, True)


def test_an_invisible_part_left_out_is_a_warning():
    found = seals.found(value(), coverage=Coverage(CoverageKind.PARTIAL, (), ("/Doc_0/Annots.xml",)))
    report = judged(found)
    is_valid(report)
    assert warnings(report) == ["ENTRY_UNCOVERED"]


def test_coverage_that_the_format_told_is_not_told_twice():
    told = (passed("COVERAGE_PARTIAL"), warned("ENTRY_UNCOVERED", count=1, example="/x"))
    found = seals.found(value(), checks=told, coverage=Coverage(CoverageKind.PARTIAL, (), ("/x",)))
    codes = [each.code for each in judged(found).checks]
    assert codes.count("COVERAGE_PARTIAL") == codes.count("ENTRY_UNCOVERED") == 1


@pytest.mark.parametrize("version", [1, 4, 5])
def test_the_seal_in_the_document_is_the_seal_that_signed(version: int):
    seal = SealParts(version).der
    good = ValueParts(SealParts(version), seal_der=seal).der
    is_valid(judged(seals.found(good, seal_file=seal)))
    report = judged(seals.found(good, seal_file=SealParts(version, number=seals.ia5("2")).der))
    is_invalid(report, "FORMAT_FAILURE", ["SEAL_FILE_MISMATCH"])
    assert report.intact is False


def test_a_seal_that_was_taken_to_another_place_is_not_decided():
    """The whole signature with its Signature.xml, put under another name."""
    report = judged(seals.found(value(), name_for_value="/Doc_0/Signs/Sign_1/Signature.xml"))
    is_indeterminate(report, "SIG_CONSTRAINTS_FAILURE", ["SEALED_NAME_MISMATCH"])


@pytest.mark.parametrize("said", ["Doc_0/Signs/Sign_0/Signature.xml", "/doc_0/SIGNS/Sign_0/signature.xml"])
def test_another_spelling_of_the_same_place_is_the_same(said: str):
    is_valid(judged(value(4, property_info=seals.ia5(said))))


@pytest.mark.parametrize(("said", "place"), [("whole document", seals.PLACE), ("/Doc_0/Signature.xml", "Signature1")])
def test_words_of_a_vendor_about_the_place_are_a_warning(said: str, place: str):
    report = judged(seals.found(value(4, property_info=seals.ia5(said)), name_for_value=place))
    is_valid(report)
    assert warnings(report) == ["SEALED_NAME_MISMATCH"]


def test_a_seal_that_is_called_a_signature_is_a_seal():
    report = judged(seals.found(value(), declared_kind="signature"))
    is_valid(report)
    assert (report.kind, warnings(report)) == ("seal", ["KIND_MISMATCH"])
    assert warnings(judged(seals.found(value(), declared_kind="seal"))) == []


def test_the_message_may_come_in_parts():
    parts = (memoryview(MESSAGE[:7]), memoryview(MESSAGE[7:]))
    is_valid(judged(seals.found(value(), message=parts)))
    is_invalid(judged(seals.found(value(), message=parts[:1])), "HASH_FAILURE", ["DATAHASH_MISMATCH"])


# --- who may use the seal


@pytest.mark.parametrize("name", [b"SM3", b"sm3", b"1.2.156.10197.1.401"])
def test_a_signer_is_listed_by_digest(name: bytes):
    listed = seals.digests(usual().signer.der, name=pki.tag(seals.PRINTABLE, name))
    is_valid(judged(value(4, {"list_kind": der.integer(2), "signers": listed})))


def test_a_signer_listed_by_sha_256_is_listed():
    listed = seals.digests(usual().signer.der, name=pki.tag(seals.PRINTABLE, b"SHA-256"), of=SHA256.of)
    is_valid(judged(value(4, {"list_kind": der.integer(2), "signers": listed})))


def test_a_digest_with_za_is_a_deviation_that_is_named():
    public = usual().signer.key.public
    listed = seals.digests(usual().signer.der, of=lambda data: SM3.of(public.za(), data))  # type: ignore[attr-defined]
    report = judged(value(4, {"list_kind": der.integer(2), "signers": listed}))
    is_valid(report)
    assert [each.facts["deviation"] for each in report.checks if each.code == "NONSTANDARD_ENCODING"] == [
        "certificate-digest-with-za"
    ]


@pytest.mark.parametrize("name", [b"MD5", b"SHA-1", b"CRC"])
def test_a_digest_by_another_name_proves_nothing(name: bytes):
    listed = seals.digests(usual().signer.der, name=pki.tag(seals.PRINTABLE, name))
    report = judged(value(4, {"list_kind": der.integer(2), "signers": listed}))
    is_indeterminate(report, "SIG_CONSTRAINTS_FAILURE", ["SIGNER_NOT_IN_SEAL"])


def test_a_renewed_certificate_of_the_same_key_is_another():
    """The signer's certificate was renewed and the seal not made again."""
    renewed = usual().authority.issues("演示签章人")
    report = judged(value(4, certificate=renewed.der))
    is_indeterminate(report, "SIG_CONSTRAINTS_FAILURE", ["SIGNER_NOT_IN_SEAL"])


# --- trust


def test_without_anchors_nothing_is_trusted_and_all_else_is_told():
    report = judged(value(), Trust(AT))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND")
    assert (report.intact, report.cryptographically_valid, report.trusted) == (True, True, None)
    assert failures(report) == []
    assert {"SIGNER_CERT_UNTRUSTED", "SEAL_MAKER_UNTRUSTED"} <= set(ended(report, Outcome.NOT_CHECKED))


def test_a_stranger_is_not_trusted():
    """Another root than the one that is trusted; same names."""
    root = pki.root(whose="another root")
    trust = Trust(AT, (Anchor(root.certificate),))
    report = judged(value(), trust)
    is_indeterminate(report, "NO_CERTIFICATE_CHAIN_FOUND", ["SIGNER_CERT_UNTRUSTED", "SEAL_MAKER_UNTRUSTED"])
    assert (report.intact, report.cryptographically_valid, report.trusted) == (True, True, False)


def test_a_seal_by_a_maker_that_is_not_trusted_is_not_decided():
    """The signer is trusted; the maker certified itself under the authority's own name."""
    own = pki.root("演示中间 CA", whose="false authority").issues("演示制章单位", whose="false maker")
    people = usual()
    seal = {
        "maker_certificate": own.der,
        "maker_value": lambda signed: pki.ALGORITHMS[KeyKind.SM2].sign(own.key, signed),
    }
    report = judged(of(people, 4, seal))
    is_indeterminate(report, "NO_CERTIFICATE_CHAIN_FOUND", ["SEAL_MAKER_UNTRUSTED"])


@pytest.mark.parametrize(("who", "code"), [("signer", "SIGNER_CERT_KEY_USAGE"), ("maker", "SEAL_MAKER_KEY_USAGE")])
def test_a_certificate_for_encryption_does_not_sign(who: str, code: str):
    people = sealers(**{who: {"usages": (Usage.KEY_ENCIPHERMENT,)}})
    is_indeterminate(judged(of(people), people.trust()), "CHAIN_CONSTRAINTS_FAILURE", [code])


@pytest.mark.parametrize(
    ("who", "code"), [("signer", "SIGNER_CERT_CHAIN_REFUSED"), ("maker", "SEAL_MAKER_CHAIN_REFUSED")]
)
def test_a_chain_that_breaks_a_rule_is_not_decided(who: str, code: str):
    unknown = pki.extension("1.2.3.4", b"?", critical=True)
    people = sealers(**{who: {"more": [unknown]}})
    is_indeterminate(judged(of(people), people.trust()), "CHAIN_CONSTRAINTS_FAILURE", [code])


def test_a_chain_that_costs_too_much_is_given_up():
    searches = Searches(usual().trust(), Budget(signatures=1))
    report = judge(seals.found(value()), DEFAULT, AT, searches).report
    is_indeterminate(
        report,
        "CERTIFICATE_CHAIN_GENERAL_FAILURE",
        ["SIGNER_CERT_CHAIN_GIVEN_UP", "SEAL_MAKER_CHAIN_GIVEN_UP"],
    )


def test_a_document_may_ask_for_so_many_chains_and_no_more():
    searches = Searches(usual().trust(), BUDGET, left=1)
    report = judge(seals.found(value()), DEFAULT, AT, searches).report
    assert failures(report) == ["SEAL_MAKER_CHAIN_GIVEN_UP"]
    again = judge(seals.found(value()), DEFAULT, AT, searches).report
    assert failures(again) == ["SEAL_MAKER_CHAIN_GIVEN_UP"], "what was found is remembered"


def test_a_test_anchor_leaves_the_verdict_and_says_so():
    trust = usual().trust()
    trust = Trust(AT, (Anchor(usual().root.certificate, is_test=True),), trust.intermediates)
    report = judged(value(), trust)
    is_valid(report)
    assert "TEST_SEAL" in warnings(report)


def test_certificates_of_the_document_help_and_prove_nothing():
    """The trust store knows the root alone; the authority's certificate came with the document."""
    trust = Trust(AT, (Anchor(usual().root.certificate),))
    assert failures(judged(value(), trust)) == ["SIGNER_CERT_UNTRUSTED", "SEAL_MAKER_UNTRUSTED"]
    is_valid(judged(seals.found(value(), certificates=(usual().authority.der, b"junk")), trust))
    own = seals.found(value(), certificates=(usual().authority.der, usual().root.der))
    assert judged(own, Trust(AT)).verdict is Verdict.INDETERMINATE


def test_a_name_that_mixes_scripts_is_told():
    people = sealers(signer={"subject": "yіnxin"})  # the second letter is Cyrillic
    assert "NAME_MIXES_SCRIPTS" in warnings(judged(of(people), people.trust()))


# --- times


def test_a_certificate_that_has_expired_since_without_proof_is_not_decided():
    people = sealers(signer={"not_after": AT + DAY})
    good = of(people)
    is_valid(judged(good, people.trust()))
    is_indeterminate(judged(good, people.trust(), at=AT + 2 * DAY), "OUT_OF_BOUNDS_NO_POE", ["SIGNER_CERT_EXPIRED"])


def test_a_time_stamp_keeps_what_expires_later_valid():
    people = sealers(signer={"not_after": AT + DAY})
    is_valid(judged(of(people, token=stamp(people)), people.trust(), at=AT + 2 * DAY))


def test_signing_after_the_certificate_expired_is_invalid():
    people = sealers(signer={"not_after": SIGNED_AT - DAY})
    report = judged(of(people), people.trust())
    assert (report.verdict, report.sub_indication) == (Verdict.INVALID, "EXPIRED")
    assert "SIGNER_CERT_EXPIRED_AT_SIGNING" in failures(report)


def test_signing_before_the_certificate_began_is_invalid():
    people = sealers(signer={"not_before": SIGNED_AT + timedelta(minutes=30)})
    is_invalid(judged(of(people), people.trust()), "NOT_YET_VALID", ["SIGNER_CERT_NOT_YET_VALID"])


def test_a_few_minutes_between_two_clocks_are_none():
    people = sealers(signer={"not_before": SIGNED_AT + timedelta(minutes=3)})
    is_valid(judged(of(people), people.trust()))
    is_valid(judged(value(4, time=AT + timedelta(minutes=4))))
    assert failures(judged(value(4, time=AT + timedelta(minutes=6)))) == ["SIGNING_TIME_IN_FUTURE"]


def test_a_certificate_that_is_not_yet_valid_now_is_invalid():
    people = sealers(signer={"not_before": AT + DAY, "not_after": AT + YEAR})
    report = judged(of(people), people.trust())
    assert (report.verdict, report.sub_indication) == (Verdict.INVALID, "NOT_YET_VALID")


def test_a_time_stamp_after_the_end_of_the_certificate_proves_nothing_before_it():
    """Signed (so it says) in time, stamped a day after the certificate ended."""
    people = sealers(signer={"not_after": SIGNED_AT + DAY})
    report = judged(of(people, token=stamp(people, SIGNED_AT + 2 * DAY)), people.trust(), at=AT + 3 * DAY)
    is_indeterminate(report, "OUT_OF_BOUNDS_NO_POE", ["SIGNER_CERT_EXPIRED"])


def test_a_claim_after_the_proof_is_not_decided():
    report = judged(value(4, token=stamp(usual(), SIGNED_AT - timedelta(minutes=10))))
    is_indeterminate(report, "TIMESTAMP_ORDER_FAILURE", ["SIGNING_TIME_AFTER_TIMESTAMP"])


@pytest.mark.parametrize(
    "spoiled",
    [
        {"imprint": SM3.of(b"another")},
        {"spoil": lambda signature: signature[:-1] + bytes((signature[-1] ^ 1,))},
        {"at": AT + DAY},
    ],
    ids=["another-imprint", "signature-wrong", "from-the-future"],
)
def test_a_bad_time_stamp_is_left_out_and_told(spoiled: dict[str, Any]):
    report = judged(value(4, token=stamp(usual(), **spoiled)))
    is_valid(report)
    assert warnings(report) == ["TIMESTAMP_INVALID"]
    assert report.signed_at.proven is None


def test_junk_for_a_time_stamp_is_left_out_and_told():
    report = judged(value(4, token=lambda signature: b"junk"))
    is_valid(report)
    assert warnings(report) == ["TIMESTAMP_INVALID"]


def test_a_time_stamp_of_a_stranger_is_left_out_and_told():
    """An expired certificate is not saved by anybody's word."""
    people = sealers(signer={"not_after": AT + DAY})
    stranger = seals.stamping(pki.root("另一个根", whose="stamping stranger"))
    good = of(people, token=lambda signature: seals.token(signature, STAMPED_AT, stranger))
    report = judged(good, people.trust(), at=AT + 2 * DAY)
    is_indeterminate(report, "OUT_OF_BOUNDS_NO_POE", ["SIGNER_CERT_EXPIRED"])
    assert warnings(report) == ["TIMESTAMP_UNTRUSTED"]


def test_a_later_time_stamp_of_the_document_proves_too():
    people = sealers(signer={"not_after": AT + DAY})
    searches = Searches(people.trust(), BUDGET)
    found = seals.found(of(people))
    assert judge(found, DEFAULT, AT + 2 * DAY, searches, AT).report.verdict is Verdict.VALID
    late = judge(found, DEFAULT, AT + 3 * DAY, searches, AT + 2 * DAY).report
    is_indeterminate(late, "OUT_OF_BOUNDS_NO_POE", ["SIGNER_CERT_EXPIRED"])


@pytest.mark.parametrize(
    "text",
    [
        b"2026-11-21 01:30:00",
        b"2026-11-21T01:30:00.377Z",
        b"20261121013000",
        b"261121013000Z",
        b"2026-11-21T09:30:00+08:00",
    ],
)
def test_a_time_in_words_of_2014_is_read(text: bytes):
    report = judged(value(1, time=der.bits(text)))
    is_valid(report)
    assert report.signed_at.claimed == text.decode()
    assert warnings(report) == ["NONSTANDARD_ENCODING"]


def test_local_time_without_a_zone_may_mean_either():
    """08:00 may be midnight in UTC: inside of a period that began at 23:00 the day before, by one reading."""
    text = der.bits(b"2026-11-21 08:00:00")
    begun = {"valid_from": datetime.fromisoformat("2026-11-20T23:00:00Z"), "valid_until": AT}
    is_valid(judged(value(1, begun, time=text)))
    over = {"valid_until": datetime.fromisoformat("2026-11-20T23:00:00Z")}
    assert failures(judged(value(1, over, time=text))) == ["SIGNING_TIME_IN_FUTURE", "SEAL_NOT_VALID_AT_SIGNING"] or (
        failures(judged(value(1, over, time=text))) == ["SEAL_NOT_VALID_AT_SIGNING"]
    )


@pytest.mark.parametrize("text", [b"yesterday", b"2026-13-41 99:99:99", b"0000-00-00 00:00:00", b"2026-11-21"])
def test_a_time_that_says_nothing_is_told_and_left_out(text: bytes):
    report = judged(value(1, time=der.bits(text)))
    is_valid(report)
    assert set(warnings(report)) == {"NONSTANDARD_ENCODING", "SIGNING_TIME_UNREADABLE"}


def test_without_a_usable_time_a_seal_that_is_over_is_not_decided():
    report = judged(value(1, {"valid_until": AT - DAY}, time=der.bits(b"yesterday")))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "SIG_CONSTRAINTS_FAILURE")
    assert "SEAL_NOT_VALID_AT_SIGNING" in ended(report, Outcome.NOT_CHECKED)


def test_a_time_stamp_inside_of_what_was_signed_is_only_a_claim():
    token = seals.token(MESSAGE, SIGNED_AT)
    report = judged(value(1, time=der.bits(token)))
    is_valid(report)
    assert (report.signed_at.claimed, report.signed_at.proven) == (SIGNED_AT, None)


def test_junk_where_2014_has_a_time_stamp_is_no_time():
    report = judged(value(1, time=der.bits(der.sequence(der.null()))))
    is_valid(report)
    assert warnings(report) == ["SIGNING_TIME_UNREADABLE"]


def test_a_seal_used_after_its_end_is_not_saved_by_an_early_claim():
    """Claimed inside of the seal's period, stamped after it."""
    report = judged(value(4, {"valid_until": SIGNED_AT + timedelta(seconds=30)}, token=stamp(usual())))
    is_indeterminate(report, "SIG_CONSTRAINTS_FAILURE", ["SEAL_NOT_VALID_AT_SIGNING"])


def test_a_seal_used_in_its_last_second_is_good():
    is_valid(judged(value(4, {"valid_until": SIGNED_AT})))
    is_valid(judged(value(4, {"valid_from": SIGNED_AT})))


# --- the maker's time


def test_a_maker_that_has_expired_since_without_proof_is_not_decided():
    people = sealers(maker={"not_after": AT + DAY})
    is_indeterminate(
        judged(of(people), people.trust(), at=AT + 2 * DAY), "OUT_OF_BOUNDS_NO_POE", ["SEAL_MAKER_EXPIRED"]
    )
    is_valid(judged(of(people, token=stamp(people)), people.trust(), at=AT + 2 * DAY))


def test_a_seal_made_after_its_maker_expired_is_invalid():
    people = sealers(maker={"not_after": AT - YEAR / 2 - DAY})
    report = judged(of(people), people.trust())
    assert (report.verdict, report.sub_indication) == (Verdict.INVALID, "EXPIRED")
    assert "SEAL_MAKER_EXPIRED_AT_MAKING" in failures(report)


def test_a_seal_made_before_its_maker_began_is_invalid():
    people = sealers(maker={"not_before": AT - YEAR / 4})
    is_invalid(judged(of(people), people.trust()), "NOT_YET_VALID", ["SEAL_MAKER_NOT_YET_VALID"])


def test_a_time_stamp_on_a_seal_of_2025_proves_when_it_was_made():
    people = sealers(maker={"not_after": AT + DAY})
    seal = SealParts(5, people)
    maker_value = pki.ALGORITHMS[KeyKind.SM2].sign(people.maker.key, seal.info)
    told = {
        "maker_value": lambda _: maker_value,
        "timestamp": seals.token(maker_value, AT - YEAR / 2 + DAY, people.stamper),
    }
    is_valid(judged(of(people, 5, told), people.trust(), at=AT + 2 * DAY))
    spoiled = told | {"timestamp": seals.token(b"another", AT - YEAR / 2 + DAY, people.stamper)}
    report = judged(of(people, 5, spoiled), people.trust(), at=AT + 2 * DAY)
    is_indeterminate(report, "OUT_OF_BOUNDS_NO_POE", ["SEAL_MAKER_EXPIRED"])


# --- revocation


def test_a_source_that_does_not_answer_leaves_it_open():
    people = sealers(signer=SOURCE)
    report = judged(of(people), people.trust())
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "TRY_LATER")
    assert "SIGNER_REVOCATION_UNKNOWN" in ended(report, Outcome.NOT_CHECKED)
    assert report.trusted is None


def test_a_makers_source_that_does_not_answer_leaves_it_open():
    people = sealers(maker=SOURCE)
    report = judged(of(people), people.trust())
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "TRY_LATER")
    assert "SEAL_MAKER_REVOCATION_UNKNOWN" in ended(report, Outcome.NOT_CHECKED)


def test_a_fresh_list_without_it_is_good():
    people = sealers(signer=SOURCE)
    report = judged(of(people), people.trust(lists=(people.authority.revocations(),)))
    is_valid(report)


def test_all_sources_fresh_is_valid_by_the_strict_policy_too():
    people = sealers(signer=SOURCE, maker=SOURCE, authority=SOURCE)
    trust = people.trust(lists=(people.authority.revocations(), people.root.revocations()))
    report = judged(of(people), trust, STRICT)
    is_valid(report)
    assert ended(report, Outcome.NOT_CHECKED) == ["SIGNING_TIME_UNPROVEN"]
    assert {"SIGNER_CERT_REVOKED_BEFORE_SIGNING", "SEAL_MAKER_REVOKED_BEFORE_SIGNING"} <= set(
        ended(report, Outcome.PASSED)
    )


def test_no_source_is_told_and_spoils_only_the_strict_policy():
    report = judged(value(), policy=STRICT)
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "TRY_LATER")
    assert "SIGNER_REVOCATION_UNKNOWN" in ended(report, Outcome.NOT_CHECKED)


def test_old_evidence_is_too_old_for_the_strict_policy():
    people = sealers(signer=SOURCE, maker=SOURCE, authority=SOURCE)
    old: dict[str, Any] = {"this_update": AT - 40 * DAY, "next_update": AT + 40 * DAY}
    trust = people.trust(lists=(people.authority.revocations(**old), people.root.revocations(**old)))
    is_valid(judged(of(people), trust))
    assert judged(of(people), trust, STRICT).sub_indication == "TRY_LATER"


def test_a_stale_list_leaves_it_open():
    people = sealers(signer=SOURCE)
    stale = people.authority.revocations(this_update=AT - 9 * DAY, next_update=AT - 2 * DAY)
    assert judged(of(people), people.trust(lists=(stale,))).sub_indication == "TRY_LATER"


def revoked(people: Sealers, who: str, when: datetime, why: Reason | None = None) -> Trust:
    identity = {"signer": people.signer, "maker": people.maker, "authority": people.authority}[who]
    issuer = people.root if who == "authority" else people.authority
    return people.trust(lists=(issuer.revocations({identity.certificate.serial: (when, why)}),))


@pytest.mark.parametrize(
    ("who", "sub_indication", "codes"),
    [
        ("signer", "REVOKED_NO_POE", ["SIGNER_CERT_REVOKED"]),
        ("maker", "REVOKED_NO_POE", ["SEAL_MAKER_REVOKED"]),
        ("authority", "REVOKED_CA_NO_POE", ["SIGNER_CA_REVOKED", "SEAL_MAKER_CA_REVOKED"]),
    ],
)
def test_revoked_without_proof_is_not_decided(who: str, sub_indication: str, codes: list[str]):
    people = sealers()
    report = judged(of(people), revoked(people, who, SIGNED_AT - DAY))
    is_indeterminate(report, sub_indication, codes)
    is_indeterminate(judged(of(people), revoked(people, who, AT - timedelta(minutes=5))), sub_indication, codes)


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("signer", ["SIGNER_CERT_REVOKED_BEFORE_SIGNING"]),
        ("maker", ["SEAL_MAKER_REVOKED_BEFORE_SIGNING"]),
        ("authority", ["SIGNER_CERT_REVOKED_BEFORE_SIGNING", "SEAL_MAKER_REVOKED_BEFORE_SIGNING"]),
    ],
)
def test_revoked_before_proven_signing_is_invalid(who: str, codes: list[str]):
    """The time-stamping authority is of another tree, so that it is not revoked with the rest."""
    people = sealers()
    own = pki.root("时间戳根", whose="stamp root")
    stamper = seals.stamping(own)
    trust = revoked(people, who, SIGNED_AT - DAY)
    trust = Trust(AT, (*trust.anchors, Anchor(own.certificate)), trust.intermediates, trust.lists)
    good = of(people, token=lambda signature: seals.token(signature, STAMPED_AT, stamper))
    is_invalid(judged(good, trust), "REVOKED", codes)


def test_revoked_after_proven_signing_is_valid():
    people = sealers()
    trust = revoked(people, "signer", STAMPED_AT + timedelta(minutes=5))
    is_valid(judged(of(people, token=stamp(people)), trust))
    is_indeterminate(judged(of(people), trust), "REVOKED_NO_POE", ["SIGNER_CERT_REVOKED"])


def test_a_compromise_counts_from_when_the_key_was_lost():
    """Revoked after signing; the key was in other hands before."""
    people = sealers()
    serial = people.signer.certificate.serial
    told = {serial: (AT - timedelta(minutes=5), Reason.KEY_COMPROMISE, SIGNED_AT - DAY)}
    trust = people.trust(lists=(people.authority.revocations(told),))
    is_invalid(judged(of(people, token=stamp(people)), trust), "REVOKED", ["SIGNER_CERT_REVOKED_BEFORE_SIGNING"])


def test_evidence_from_after_the_proven_moment_speaks_for_it_for_ever():
    """A list of the day of signing came with the document; long after it is stale, and says all that is needed.

    The time-stamping authority is of a tree without lists.
    """
    people = sealers(signer=SOURCE)
    own = pki.root("时间戳根", whose="stamp root")
    stamper = seals.stamping(own)
    trust = Trust(AT, (*people.trust().anchors, Anchor(own.certificate)), people.trust().intermediates)
    stamped = of(people, token=lambda signature: seals.token(signature, STAMPED_AT, stamper))
    at = AT + 100 * DAY

    def listed(this_update: datetime) -> bytes:
        return people.authority.revocation_der(this_update=this_update, next_update=AT + DAY)

    later, earlier = listed(STAMPED_AT + timedelta(hours=1)), listed(STAMPED_AT - timedelta(hours=1))
    is_valid(judged(seals.found(stamped, lists=(later, b"junk")), trust, at=at))
    assert judged(seals.found(stamped, lists=(earlier,)), trust, at=at).sub_indication == "TRY_LATER"
    assert judged(seals.found(of(people), lists=(later,)), trust, at=at).sub_indication == "TRY_LATER"
    future = listed(at + DAY)
    assert judged(seals.found(stamped, lists=(future,)), trust, at=at).sub_indication == "TRY_LATER"


def test_answers_of_the_document_are_evidence():
    people = sealers(signer={"ocsp_urls": ["http://ocsp.example/"]})
    answer = people.authority.answer_der(people.signer.certificate)
    is_valid(judged(seals.found(of(people), answers=(answer, b"junk")), people.trust()))
    bad = people.authority.answer_der(people.signer.certificate, revoked=(SIGNED_AT, Reason.UNSPECIFIED))
    report = judged(seals.found(of(people), answers=(bad,)), people.trust())
    is_indeterminate(report, "REVOKED_NO_POE", ["SIGNER_CERT_REVOKED"])


def test_revocation_that_costs_too_much_is_given_up():
    people = sealers(signer=SOURCE)
    lists = tuple(people.authority.revocations(number=number) for number in range(20))
    searches = Searches(people.trust(lists=lists), Budget(signatures=4))
    report = judge(seals.found(of(people)), DEFAULT, AT, searches).report
    assert "SIGNER_CERT_CHAIN_GIVEN_UP" in failures(report)


# --- the policy


def test_an_algorithm_counts_from_its_day_to_its_day():
    def only(accepted: Accepted | None) -> Policy:
        return Policy("own", "1", {} if accepted is None else {"sm2-sm3": accepted})

    is_valid(judged(value(), policy=only(Accepted(since=AT - YEAR, until=AT + YEAR))))
    for refused in (None, Accepted(until=AT - DAY), Accepted(since=AT + DAY)):
        is_indeterminate(judged(value(), policy=only(refused)), "CRYPTO_CONSTRAINTS_FAILURE", ["ALG_WEAK"])


def test_a_proven_time_before_the_end_of_an_algorithm_counts():
    own = Policy("own", "1", {"sm2-sm3": Accepted(until=AT)})
    is_valid(judged(value(4, token=stamp(usual())), policy=own, at=AT + DAY))
    assert failures(judged(value(), policy=own, at=AT + DAY)) == ["ALG_WEAK"]


@pytest.mark.parametrize("version", [1, 4, 5])
def test_raw_signatures_are_read_where_the_policy_names_them(version: int):
    def raw(key: Any) -> Any:
        return lambda signed: Signature.from_der(pki.ALGORITHMS[KeyKind.SM2].sign(key, signed)).raw

    both = value(version, {"maker_value": raw(usual().maker.key)}, signature=raw(usual().signer.key))
    report = judged(both, policy=COMPATIBLE)
    is_valid(report)
    assert warnings(report) == ["COMPATIBILITY_USED"]
    is_invalid(judged(both), "FORMAT_FAILURE", ["VALUE_MALFORMED"])
    forged = value(version, signature=raw(usual().maker.key))
    is_invalid(judged(forged, policy=COMPATIBLE), "SIG_CRYPTO_FAILURE", ["SIGNATURE_VALUE_INVALID"])
    zeros = value(version, signature=lambda _: bytes(64))
    is_invalid(judged(zeros, policy=COMPATIBLE), "SIG_CRYPTO_FAILURE", ["SIGNATURE_VALUE_INVALID"])


def test_policies_are_found_by_name_and_version():
    assert policy.policy("default") is DEFAULT
    assert policy.policy("strict", "1") is STRICT
    for name, version in (("nobody", None), ("default", "0")):
        with pytest.raises(policy.UnknownPolicy):
            policy.policy(name, version)
    with pytest.raises(ValueError, match="twice"):
        laid_out(DEFAULT, DEFAULT)


# --- what cannot be judged


@pytest.mark.parametrize(
    "bare", [der.sequence(der.integer(1), der.integer(2)), bytes(64), b"x" * 64], ids=["der", "zeros", "raw"]
)
def test_a_bare_signature_without_a_certificate_is_not_decided(bare: bytes):
    is_indeterminate(judged(bare), "GENERIC", ["VALUE_UNSUPPORTED"])


@pytest.mark.parametrize("junk", [b"", b"\x30", b"\x30\x00", b"\x30\x02\x05\x00", b"PK\x03\x04", bytes(17 << 20)])
def test_what_is_no_signature_is_invalid(junk: bytes):
    is_invalid(judged(junk), "FORMAT_FAILURE", ["VALUE_MALFORMED"])


def test_a_broken_seal_is_still_called_a_seal():
    broken = judged(value()[:-1] + b"\0\0")
    assert (judged(der.sequence(der.sequence())).kind, judged(der.sequence(der.sequence())).standard) == (
        "seal",
        "GB/T 38540-2020",
    )
    assert broken.verdict is Verdict.INVALID
    assert (judged(b"junk").kind, judged(b"junk").standard) == ("signature", "unknown")


def test_critical_extensions_that_nobody_knows_are_a_warning():
    told = der.sequence(seals.extension(critical=seals.TRUE))
    report = judged(value(4, {"extensions": told}, extensions=pki.tag(0xA0, told)))
    is_valid(report)
    assert warnings(report) == ["CRITICAL_EXTENSION_UNKNOWN"]


def test_a_key_that_is_not_usable_is_not_decided():
    people = usual()
    point = pki.tag(4)[:1]
    spki = der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301")), der.bits(point * 65)
    )
    broken = people.authority.issues("演示签章人", spki=spki)
    report = judged(value(4, {"signers": seals.certificates(broken.der)}, certificate=broken.der))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "CRYPTO_CONSTRAINTS_FAILURE")
    assert failures(report) == ["ALG_UNSUPPORTED"]
    assert report.cryptographically_valid is None


def test_a_crash_in_a_check_is_an_answer(monkeypatch: pytest.MonkeyPatch):
    from signing import values

    def crash(*_: Any) -> None:
        raise IndexError("nobody foresaw it")

    monkeypatch.setattr(values, "read", crash)
    report = judged(value())
    is_indeterminate(report, "GENERIC", ["CHECK_CRASHED"])
