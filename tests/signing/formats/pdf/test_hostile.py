"""Every class of attack of the literature, and of the structure: what is found, and that nothing else ever gets out."""

import pytest

from signing import check_codes
from signing.errors import UnreadableDocument
from signing.report import CoverageKind, Outcome
from tests.builders.pdf import PDF
from tests.signing.formats.pdf.hostile import ANNOTATIONS, CERTIFIED, HOSTILE, ISA, SHADOW, SWA, USF, Hostile, made

# What looks hostile and is allowed: each with why.
ALLOWED = {
    "usf-value-of-no-type": "a field may take its type from its value's looks; the signature is whole",
    "usf-two-fields-one-value": "the first of the two is a signature like any other",
    "usf-borrowed-gap": "the first signature is untouched; the second is told apart",
    "usf-sub-filter-unknown": "the content of the value decides what it is",
    "isa-blanks-only": "blanks show nothing anywhere",
    "isa-hand-tail-signed-too": "what stands behind the end is signed",
    "ssa-unsigned-field-empty": "a place for the next signer, showing nothing",
    "ssa-second-signer": "the attacker's own signature is judged on its own",
    "cert-1-store": "EN 319 142-1 5.4: validation material may be added to anything",
    "doc-info": "title and author are no content",
    "xmp": "metadata are no content",
    "store-junk-stream": "anyone may add junk to the store",
    "store-cut-certificate": "anyone may add junk to the store",
    "page-tree-cycle": "a wrong /Count that was there when it was signed",
}


def found_codes(checks, outcome):
    return {check.code for check in checks if check.outcome is outcome}


@pytest.mark.parametrize("case", HOSTILE, ids=[case.name for case in HOSTILE])
def test_a_hostile_file_is_found_out(case: Hostile):
    data = made(case)
    if case.unreadable:
        with pytest.raises(UnreadableDocument) as refused:
            PDF.read(data)
        assert refused.value.reason == case.unreadable
        return
    found = PDF.read(data)
    assert len(found.signatures) == case.signatures
    have_words((*found.warnings, *(check for each in found.signatures for check in each.checks)))
    assert {check.code for check in found.warnings} == set(case.warnings)
    if found.signatures:
        assert found_codes(found.signatures[0].checks, Outcome.FAILED) == set(case.failed)


def have_words(checks):
    for check in checks:
        words = check_codes.told(check)
        assert words.zh
        assert "—" not in words.en, (check, words)


def test_no_hostile_file_comes_out_clean_but_those_that_are_allowed():
    clean = {case.name for case in HOSTILE if not case.failed and not case.unreadable and case.signatures}
    assert clean == set(ALLOWED)


def test_there_are_enough_of_each_class():
    assert len(HOSTILE) >= 110
    assert [len(each) for each in (USF, SWA, ISA, SHADOW, ANNOTATIONS, CERTIFIED)] == [37, 4, 11, 10, 14, 18]


@pytest.mark.parametrize("name", ["usf-two-fields-one-value", "usf-borrowed-gap"])
def test_a_signature_that_borrows_from_another_fails_and_the_other_does_not(name):
    case = next(case for case in HOSTILE if case.name == name)
    first, second = PDF.read(made(case)).signatures
    assert not found_codes(first.checks, Outcome.FAILED)
    assert found_codes(second.checks, Outcome.FAILED) & {"PDF_SIGNATURE_REPEATED", "PDF_BYTE_RANGE"}


def test_what_a_gap_hides_is_named_as_uncovered():
    case = next(case for case in HOSTILE if case.name == "isa-no-table")
    data = made(case)
    signature = PDF.read(data).signatures[0]
    assert signature.coverage.kind is CoverageKind.PARTIAL
    assert signature.coverage.uncovered_visible[0].endswith(f"-{len(data) - 1}")


def test_a_certification_of_level_one_names_the_second_signature_that_breaks_it():
    case = next(case for case in HOSTILE if case.name == "cert-1-second-signature")
    first, second = PDF.read(made(case)).signatures
    refused = next(check for check in first.checks if check.code == "PDF_LATER_CHANGES")
    assert refused.facts == {"revision": 3, "reason": "not-permitted"}
    assert first.coverage.later_changes == ("revision 3: Sig Late",)
    assert not found_codes(second.checks, Outcome.FAILED)
