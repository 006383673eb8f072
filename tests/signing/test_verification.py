"""Whole documents: recognised, read, every signature judged, and the worst of them told."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.tables import laid_out
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.certificates import bundle
from keys.revocation_lists import of_file
from keys.trust import Anchor, Trust
from signing import summaries, verification
from signing.errors import UnreadableDocument
from signing.formats import FORMATS
from signing.formats.format import FoundDocument, FoundSignature
from signing.policy import DEFAULT, STRICT
from signing.report import Check, Coverage, CoverageKind, Indication, Outcome, Report, Verdict, failed, warned
from signing.report_json import dump
from signing.verification import SIGNATURES_LIMIT, examine, verify
from tests.builders import seals
from tests.builders.pki import AT, DAY
from tests.builders.seals import MESSAGE, SIGNED_AT, Listed, holding, sealers, usual
from tests.keys.algorithms.samples import vectors
from tests.signing.stories import value


def verified(*found: FoundSignature, trust: Trust | None = None, at: Any = AT, **more: Any) -> Report:
    document, formats = holding(found, **more)
    return verify(document, "演示.ofd", usual().trust() if trust is None else trust, DEFAULT, at, formats)


def codes(report: Report) -> list[str]:
    return [each.code for each in report.warnings]


GOOD = value()
BAD = value(message=b"another")
OPEN = value(algorithm=seals.der.oid("1.2.3.4"))


def at(place: int, data: bytes | None, **peculiar: Any) -> FoundSignature:
    return seals.found(data, id=f"s{place:03}", **peculiar)


# --- the document


def test_a_document_is_as_good_as_its_only_signature():
    report = verified(at(1, GOOD))
    assert (report.verdict, report.indication, report.sub_indication) == (Verdict.VALID, Indication.TOTAL_PASSED, None)
    assert report.document.name == "演示.ofd"
    assert report.document.format == "ofd"
    assert report.document.sm3 == SM3.of(b"LISTED 1").hex()
    assert report.document.sha256 == SHA256.of(b"LISTED 1").hex()
    assert (report.policy_name, report.policy_version) == ("default", "1")
    assert (report.trust_anchors, report.trust_digest) == (1, usual().trust().digest.hex())
    assert report.verified_at == AT


@pytest.mark.parametrize(
    ("signatures", "verdict", "sub_indication"),
    [
        ([GOOD, GOOD], Verdict.VALID, None),
        ([GOOD, OPEN], Verdict.INDETERMINATE, "CRYPTO_CONSTRAINTS_FAILURE"),
        ([BAD, GOOD], Verdict.INVALID, "HASH_FAILURE"),
        ([OPEN, BAD, GOOD], Verdict.INVALID, "HASH_FAILURE"),
        ([None, GOOD], Verdict.INDETERMINATE, "SIGNED_DATA_NOT_FOUND"),
        ([b"junk", GOOD], Verdict.INVALID, "FORMAT_FAILURE"),
    ],
)
def test_all_are_judged_and_the_worst_is_told(signatures: list[bytes | None], verdict: Verdict, sub_indication: str):
    report = verified(*(at(place, each) for place, each in enumerate(signatures, start=1)))
    assert (report.verdict, report.sub_indication) == (verdict, sub_indication)
    assert [each.id for each in report.signatures] == [f"s{place:03}" for place in range(1, len(signatures) + 1)]
    for each, found in zip(signatures, report.signatures, strict=True):
        assert (found.verdict is Verdict.VALID) == (each == GOOD), "none stops the others"


def test_a_document_without_signatures_is_unsigned():
    report = verified()
    assert (report.verdict, report.indication) == (Verdict.UNSIGNED, Indication.NO_SIGNATURE_FOUND)
    assert codes(report) == ["NOT_SIGNED"]


def test_warnings_of_the_format_are_told_once():
    stripped = warned("LIST_STRIPPED_SUSPECTED", count=1)
    assert codes(verified(warnings=(stripped, stripped)))[0] == "LIST_STRIPPED_SUSPECTED"
    assert codes(verified(at(1, GOOD), warnings=(stripped,))) == ["LIST_STRIPPED_SUSPECTED", "REVOCATION_NO_SOURCE"]


def test_a_test_anchor_is_told_of_the_document():
    trust = Trust(AT, (Anchor(usual().root.certificate, is_test=True),), usual().trust().intermediates)
    report = verified(at(1, GOOD), trust=trust)
    assert report.verdict is Verdict.VALID
    assert codes(report)[0] == "TEST_SEAL"
    assert summaries.summary(report).zh.startswith("测试")


# --- unreadable


@pytest.mark.parametrize("junk", [b"", b"x", b"GIF89a", bytes(100), "印信".encode()])
def test_what_is_no_document_is_unreadable(junk: bytes):
    report = verify(junk, "a", usual().trust(), DEFAULT, AT)
    assert (report.verdict, report.indication) == (Verdict.UNREADABLE, Indication.TOTAL_FAILED)
    assert report.document.format is None
    assert codes(report) == ["FORMAT_UNKNOWN"]


def test_what_cannot_be_read_is_unreadable_with_its_code():
    document = b"LISTED 2"
    errors = (
        UnreadableDocument("ofd", "PACKAGE_DUPLICATE_ENTRY", "/OFD.xml"),
        UnreadableDocument("ofd", "limit-bytes", ""),
        RecursionError("nobody foresaw it"),
    )
    reports = [
        verify(document, "a", usual().trust(), DEFAULT, AT, {"ofd": Listed({document: error})}) for error in errors
    ]
    assert [codes(each) for each in reports] == [
        ["PACKAGE_DUPLICATE_ENTRY"],
        ["DOCUMENT_UNREADABLE"],
        ["DOCUMENT_UNREADABLE"],
    ]
    for each in reports:
        assert (each.verdict, each.sub_indication) == (Verdict.UNREADABLE, "FORMAT_FAILURE")
        assert each.document.format == "ofd"
        dump(each)


def test_a_format_that_fails_to_recognise_is_passed_over():
    class Failing(Listed):
        def recognises(self, data: bytes) -> bool:
            raise IndexError(data)

    report = verify(b"LISTED", "a", usual().trust(), DEFAULT, AT, {"ofd": Failing({})})
    assert codes(report) == ["FORMAT_UNKNOWN"]


def test_a_moment_without_a_zone_is_a_fault_of_the_code():
    with pytest.raises(ValueError, match="time zone"):
        verify(b"", "a", usual().trust(), DEFAULT, AT.replace(tzinfo=None))


def test_a_format_cannot_stand_twice_in_the_table():
    with pytest.raises(ValueError, match="twice"):
        laid_out(Listed({}), Listed({}))


# --- limits


def test_signatures_over_the_limit_are_told_and_not_judged():
    found = [at(place, None) for place in range(SIGNATURES_LIMIT)] + [at(SIGNATURES_LIMIT, GOOD)]
    report = verified(*found)
    assert len(report.signatures) == SIGNATURES_LIMIT + 1
    assert [each.code for each in report.signatures[-1].checks if each.outcome is Outcome.FAILED] == [
        "TOO_MANY_SIGNATURES"
    ]
    assert report.signatures[-1].verdict is Verdict.INDETERMINATE
    assert "TEST_SEAL" not in [each.code for each in report.warnings], "nobody looked whose it is"


# --- signatures that rest on others


def bases(report: Report) -> list[tuple[str, Verdict, list[str]]]:
    return [
        (each.id, each.verdict, [check.code for check in each.checks if check.code.startswith("BASE_SIGNATURE")])
        for each in report.signatures
    ]


def test_a_signature_on_a_good_base_is_good():
    report = verified(at(1, GOOD), at(2, GOOD, base="s001"), at(3, GOOD, base="s002"))
    assert report.verdict is Verdict.VALID
    assert [each[2] for each in bases(report)] == [[], ["BASE_SIGNATURE_INVALID"], ["BASE_SIGNATURE_INVALID"]]


def test_a_signature_is_no_better_than_its_base():
    report = verified(at(1, BAD), at(2, GOOD, base="s001"), at(3, GOOD, base="s002"), at(4, GOOD))
    assert [each.verdict for each in report.signatures] == [
        Verdict.INVALID,
        Verdict.INDETERMINATE,
        Verdict.INDETERMINATE,
        Verdict.VALID,
    ]
    assert report.signatures[1].sub_indication == "SIG_CONSTRAINTS_FAILURE"


@pytest.mark.parametrize(
    "base_of",
    [{1: "s001"}, {1: "s002", 2: "s001"}, {1: "s002", 2: "s003", 3: "s001"}, {1: "s009"}],
    ids=["itself", "two-in-a-circle", "three-in-a-circle", "not-there"],
)
def test_a_base_that_is_none_is_told(base_of: dict[int, str]):
    report = verified(*(at(place, GOOD, base=base_of.get(place)) for place in (1, 2, 3)))
    assert report.verdict is Verdict.INDETERMINATE
    assert any("BASE_SIGNATURE_MISSING" in each[2] for each in bases(report))


# --- time stamps of the document


def test_a_time_stamp_of_the_document_keeps_those_before_it():
    """Signed, the document stamped the same day, verified after the signer's certificate ended."""
    people = sealers(signer={"not_after": AT + DAY})
    signed = seals.ValueParts(seals.SealParts(4, people)).der
    stamp = at(2, seals.token(MESSAGE, AT, people.stamper), is_document_timestamp=True)
    later = AT + 2 * DAY
    report = verified(at(1, signed), stamp, trust=people.trust(), at=later)
    assert [each.verdict for each in report.signatures] == [Verdict.VALID, Verdict.VALID]
    assert report.signatures[0].signed_at.proven == AT
    before = verified(stamp, at(1, signed), trust=people.trust(), at=later)
    assert before.signatures[1].sub_indication == "OUT_OF_BOUNDS_NO_POE", (
        "what comes after the stamp is not proven by it"
    )


def test_a_bad_time_stamp_of_the_document_proves_nothing():
    people = sealers(signer={"not_after": AT + DAY})
    signed = seals.ValueParts(seals.SealParts(4, people)).der
    stamp = at(2, seals.token(b"another", AT, people.stamper), is_document_timestamp=True)
    report = verified(at(1, signed), stamp, trust=people.trust(), at=AT + 2 * DAY)
    assert report.signatures[0].sub_indication == "OUT_OF_BOUNDS_NO_POE"
    assert report.verdict is Verdict.INVALID


# --- evidence


def test_an_examination_tells_what_came_with_the_document():
    signed = value(4, token=lambda signature: seals.token(signature, SIGNED_AT))
    document, formats = holding([at(1, signed), at(2, signed)])
    found = examine(document, "a", usual().trust(), DEFAULT, AT, formats)
    assert set(found.certificates) == {each.certificate for each in (usual().signer, usual().maker, usual().stamper)}
    assert len(found.tokens) == 1


def test_an_examination_tells_the_material_of_the_document():
    document, formats = holding([at(1, GOOD, certificates=(usual().authority.der,))])
    found = examine(document, "a", Trust(AT, usual().trust().anchors), DEFAULT, AT, formats)
    assert found.report.verdict is Verdict.VALID
    assert usual().authority.certificate in found.certificates


# --- one sentence


SENTENCES: list[tuple[str, Callable[[], Report], str, str]] = [
    (
        "valid",
        lambda: verified(at(1, GOOD)),
        "签章有效：电子印章由“演示市数据管理局行政审批专用章”作出",
        "Valid: the seal is by",
    ),
    ("valid-two", lambda: verified(at(1, GOOD), at(2, GOOD)), "2 个签章全部有效", "all 2 signatures"),
    ("changed", lambda: verified(at(1, BAD)), "签章无效：被签数据的摘要", "Not valid: The digest"),
    ("one-of-two", lambda: verified(at(1, BAD), at(2, GOOD)), "2 个签章中有 1 个无效", "1 of 2 signatures fail"),
    ("open", lambda: verified(at(1, OPEN)), "无法判定：使用了不支持的算法", "Could not be decided: The algorithm"),
    ("open-one-of-two", lambda: verified(at(1, OPEN), at(2, GOOD)), "2 个签章中有 1 个无法判定", "1 of 2"),
    (
        "no-anchors",
        lambda: verified(at(1, GOOD), trust=Trust(AT)),
        "尚未导入签发者“演示中间 CA”",
        "is not imported here",
    ),
    (
        "stranger",
        lambda: verified(at(1, GOOD), trust=Trust(AT, (Anchor(seals.pki.root("别的根").certificate),))),
        "不属于本机信任的任何机构",
        "no authority trusted here",
    ),
    ("unsigned", verified, "没有任何签章", "no seal and no signature"),
    (
        "unreadable",
        lambda: verify(b"x", "a", usual().trust(), DEFAULT, AT),
        "既不是 OFD，也不是 PDF",
        "neither an OFD nor a PDF",
    ),
]


@pytest.mark.parametrize(("make", "zh", "en"), [each[1:] for each in SENTENCES], ids=[each[0] for each in SENTENCES])
def test_a_report_is_told_in_one_sentence(make: Callable[[], Report], zh: str, en: str):
    told = summaries.summary(make())
    assert zh in told.zh
    assert en in told.en
    assert "\n" not in told.zh + told.en
    assert "{" not in told.zh + told.en


def test_a_whole_signature_that_is_changed_is_not_called_whole():
    """Not trusted *and* changed: the sentence for a newcomer's own file would be wrong."""
    told = summaries.summary(verified(at(1, BAD), trust=Trust(AT)))
    assert told.zh.startswith("签章无效")


def test_names_in_the_sentence_are_short():
    assert summaries.common_name("C=CN, O=演示, CN=张三") == "张三"
    assert summaries.common_name("O=演示") == "O=演示"
    assert len(summaries.common_name("CN=" + "长" * 500)) == summaries.NAME_LIMIT


# --- the JSON

KEYS = {
    "": {
        "verdict",
        "indication",
        "sub_indication",
        "summary",
        "document",
        "policy",
        "verified_at",
        "trust",
        "certificate",
        "signatures",
        "warnings",
    },
    "document": {"name", "format", "bytes", "sm3", "sha256"},
    "policy": {"name", "version"},
    "trust": {"anchors", "digest"},
    "summary": {"zh", "en"},
}
SIGNATURE_KEYS = {
    "id",
    "kind",
    "standard",
    "verdict",
    "indication",
    "sub_indication",
    "intact",
    "cryptographically_valid",
    "level",
    "trusted",
    "signer",
    "seal",
    "signed_at",
    "coverage",
    "places",
    "checks",
}


def test_the_json_has_the_shape_that_was_promised():
    signed = value(4, token=lambda signature: seals.token(signature, SIGNED_AT))
    coverage = Coverage(CoverageKind.PARTIAL, (), ("/Doc_0/Annots.xml",), ("revision 2",))
    told = dump(verified(at(1, signed, coverage=coverage)))
    assert json.loads(json.dumps(told)) == told
    for place, keys in KEYS.items():
        assert set(told[place] if place else told) == keys
    only = told["signatures"][0]
    assert set(only) == SIGNATURE_KEYS
    assert set(only["signer"]) == {"subject", "issuer", "serial", "not_before", "not_after", "chain"}
    assert set(only["seal"]) == {"id", "name", "type", "valid_from", "valid_until", "maker", "picture"}
    assert only["seal"]["picture"] == {"media_type": "image/png", "sm3": SM3.of(seals.PICTURE).hex()}
    assert only["signed_at"] == {
        "claimed": "2026-11-21T01:30:00Z",
        "proven": "2026-11-21T01:30:00Z",
        "source": "timestamp",
    }
    assert only["coverage"] == {
        "kind": "partial",
        "uncovered": ["/Doc_0/Annots.xml"],
        "later_changes": ["revision 2"],
    }
    assert only["places"] == [{"page": 1, "x_mm": 100.0, "y_mm": 200.0, "width_mm": 40.0, "height_mm": 40.0}]
    for check in only["checks"]:
        assert set(check) == {"code", "outcome", "subject", "detail", "clause"}
        assert set(check["detail"]) == {"zh", "en"}
    assert all(set(each) == {"code", "detail"} for each in told["warnings"])


@pytest.mark.parametrize("data", [GOOD, BAD, OPEN, None, b"junk", value(1), value(5)])
def test_every_report_is_json(data: bytes | None):
    for trust in (usual().trust(), Trust(AT)):
        told = dump(verified(at(1, data), trust=trust))
        assert json.loads(json.dumps(told)) == told


# --- documents of other makers

OFD_VERDICTS = {
    "v1": ("valid", None),
    "v4": ("valid", None),
    "multi2-v4v4": ("valid", None),
    "ds-pkcs9": ("valid", None),
    "content-tampered": ("invalid", "HASH_FAILURE"),
    "partial-coverage": ("indeterminate", "SIG_CONSTRAINTS_FAILURE"),
    "unsigned-hello": ("unsigned", None),
}
PDF_VERDICTS = {
    "01_cms_sm2": ("valid", None),
    "02_pades_sm2_tst_sm2": ("valid", None),
    "05_certified_p1": ("valid", None),
    "10_gbt35275": ("valid", None),
    "20_ses_v4_adbe": ("valid", None),
    "30_tampered_byte": ("invalid", "HASH_FAILURE"),
    "32_untrusted_ca": ("indeterminate", "NO_CERTIFICATE_CHAIN_FOUND"),
    "40_approval_EAA_FreeText_overlay_annotation": ("invalid", "FORMAT_FAILURE"),
    "45_certP1_page_content_replaced": ("invalid", "FORMAT_FAILURE"),
    "48_approval_trailing_data__ISA_B_style__no_EOF_": ("invalid", "FORMAT_FAILURE"),
}


@pytest.mark.parametrize("name", list(OFD_VERDICTS))
def test_an_ofd_of_another_maker_gets_its_verdict(name: str):
    trust = Trust(AT, tuple(Anchor(each) for each in bundle(vectors("ofd/root.pem"))))
    report = verify(vectors(f"ofd/{name}.ofd"), name, trust, DEFAULT, AT, FORMATS)
    assert (report.verdict.value, report.sub_indication) == OFD_VERDICTS[name]


@pytest.mark.parametrize("policy", [DEFAULT, STRICT], ids=["default", "strict"])
@pytest.mark.parametrize("name", list(PDF_VERDICTS))
def test_a_pdf_of_another_maker_gets_its_verdict(name: str, policy: Any):
    lists = tuple(each for file in ("inter_crl.crl", "root_crl.crl") for each in of_file(vectors(f"pdf/{file}")))
    anchors = tuple(Anchor(each) for each in bundle(vectors("pdf/root.pem")))
    trust = Trust(AT, anchors, bundle(vectors("pdf/inter.pem")), lists)
    report = verify(vectors(f"pdf/{name}.pdf"), name, trust, policy, AT, FORMATS)
    assert (report.verdict.value, report.sub_indication) == PDF_VERDICTS[name]


# --- any bytes


@given(st.binary(max_size=300), st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", b"LISTED"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_come_to_a_report(data: bytes, start: bytes):
    report = verify(start + data, "a", usual().trust(), DEFAULT, AT)
    assert report.verdict in (Verdict.UNREADABLE, Verdict.UNSIGNED)
    dump(report)


def test_the_parts_of_a_report_are_values():
    assert failed("VALUE_MISSING") == Check("VALUE_MISSING", Outcome.FAILED)
    assert FoundDocument(()).warnings == ()
    assert verification.SIGNATURES_LIMIT == 100
