"""Counting: nothing that is missing passes for good, the worst decides, and the three facts stay three."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import check_codes, verdicts
from signing.report import Check, Indication, Outcome, Verdict, failed, not_checked, passed, warned
from signing.verdicts import REQUIRED_OF_ALL, REQUIRED_OF_SEALS, judged, worst

NO_SOURCES = [
    not_checked("REVOCATION_NO_SOURCE", instead_of=code)
    for code in (verdicts.REVOCATION_OF_SIGNER, verdicts.REVOCATION_OF_MAKER)
]
GOOD_SEAL = [*(passed(code) for code in REQUIRED_OF_SEALS), *NO_SOURCES]
GOOD_SIGNATURE = [*(passed(code) for code in REQUIRED_OF_ALL), NO_SOURCES[0]]
GOOD = {"seal": GOOD_SEAL, "signature": GOOD_SIGNATURE}
CODES = check_codes.codes()
FAILING = sorted(code for code, known in CODES.items() if Outcome.FAILED in known.words)
SPOILING = sorted(code for code, known in CODES.items() if known.unchecked is not None)


@pytest.mark.parametrize("kind", ["seal", "signature"])
def test_all_that_is_required_makes_it_valid(kind: str):
    found = judged(kind, GOOD[kind])
    assert (found.verdict, found.sub_indication) == (Verdict.VALID, None)
    assert (found.intact, found.cryptographically_valid, found.trusted) == (True, True, True)
    assert found.checks == tuple(GOOD[kind])


@pytest.mark.parametrize("kind", ["seal", "signature"])
def test_whatever_is_missing_is_named_and_nothing_is_valid(kind: str):
    for place in range(len(GOOD[kind])):
        found = judged(kind, [each for at, each in enumerate(GOOD[kind]) if at != place])
        assert (found.verdict, found.sub_indication) == (Verdict.INDETERMINATE, "POLICY_PROCESSING_ERROR")
        told = GOOD[kind][place]
        assert found.checks[-1] == failed("CHECK_MISSING", missing=told.facts.get("instead_of", told.code))


def test_no_checks_at_all_are_not_valid():
    found = judged("signature", [])
    assert found.verdict is Verdict.INDETERMINATE
    assert (found.intact, found.cryptographically_valid, found.trusted) == (None, None, None)


@pytest.mark.parametrize("outcome", [Outcome.WARNING, Outcome.NOT_CHECKED])
def test_a_required_check_that_only_warns_has_not_passed(outcome: Outcome):
    checks = [Check(each.code, outcome) if each.code == "SEALED_NAME_MISMATCH" else each for each in GOOD_SEAL]
    assert judged("seal", checks).verdict is Verdict.VALID, "not required"
    unsure = [Check("COVERAGE_PARTIAL", outcome) if each.code == "COVERAGE_PARTIAL" else each for each in GOOD_SEAL]
    assert judged("seal", unsure).verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize("code", FAILING)
@pytest.mark.parametrize("kind", ["seal", "signature"])
def test_one_failure_decides_as_its_code_says(kind: str, code: str):
    known = CODES[code]
    found = judged(kind, [*GOOD[kind], failed(code)])
    wanted = Verdict.INVALID if known.indication is Indication.TOTAL_FAILED else Verdict.INDETERMINATE
    assert (found.verdict, found.sub_indication) == (wanted, known.sub_indication)
    facts = {
        "intact": found.intact,
        "cryptographically_valid": found.cryptographically_valid,
        "trusted": found.trusted,
    }
    for fact, value in facts.items():
        if known.spoils != fact:
            assert value is True
        elif known.indication is Indication.TOTAL_FAILED or fact == "trusted":
            assert value is False
        else:
            assert value is None


@pytest.mark.parametrize("code", SPOILING)
def test_what_could_not_be_checked_is_not_decided(code: str):
    found = judged("seal", [*GOOD_SEAL, not_checked(code)])
    assert (found.verdict, found.sub_indication) == (Verdict.INDETERMINATE, CODES[code].unchecked)
    if CODES[code].spoils != "none":
        assert getattr(found, CODES[code].spoils) is None


@pytest.mark.parametrize("code", sorted(code for code, known in CODES.items() if Outcome.WARNING in known.words))
def test_a_warning_alone_spoils_nothing(code: str):
    found = judged("seal", [*GOOD_SEAL, warned(code)])
    assert (found.verdict, found.intact, found.trusted) == (Verdict.VALID, True, True)


def test_a_changed_document_says_more_than_a_stranger():
    found = judged(
        "seal", [failed("SIGNER_CERT_UNTRUSTED"), failed("SIGNATURE_VALUE_INVALID"), failed("DATAHASH_MISMATCH")]
    )
    assert (found.verdict, found.sub_indication) == (Verdict.INVALID, "HASH_FAILURE")


@given(st.permutations([failed(code) for code in FAILING]))
def test_the_order_of_checks_does_not_decide(checks: list[Check]):
    found = judged("seal", checks)
    assert (found.verdict, found.sub_indication) == (Verdict.INVALID, "HASH_FAILURE")


@pytest.mark.parametrize("sub_indication", sorted({known.sub_indication or "" for known in CODES.values()} - {""}))
def test_every_sub_indication_has_its_rank(sub_indication: str):
    assert sub_indication in verdicts.TELLING


@pytest.mark.parametrize(
    ("several", "told"),
    [
        ([], Verdict.UNSIGNED),
        ([Verdict.VALID], Verdict.VALID),
        ([Verdict.VALID, Verdict.INDETERMINATE], Verdict.INDETERMINATE),
        ([Verdict.INDETERMINATE, Verdict.INVALID, Verdict.VALID], Verdict.INVALID),
        ([Verdict.VALID, Verdict.INVALID], Verdict.INVALID),
    ],
)
def test_the_worst_of_several_decides(several: list[Verdict], told: Verdict):
    assert worst(several) is told
