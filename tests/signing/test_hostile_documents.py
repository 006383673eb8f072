"""Hostile documents under real seals: each gets the verdict of its class, and not one of them is plainly valid."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.policy import DEFAULT
from signing.report import Outcome, Report, Verdict
from signing.report_json import dump
from signing.verification import verify
from tests.builders import seals
from tests.builders.ofd_hostile import HOSTILE, Hostile
from tests.builders.pki import AT
from tests.builders.seals import usual
from tests.signing import answers

SIGNING = seals.signing()
# The value of the signature is a page as well, so it is no signature.
WORSE = {"page-shown-by-the-value": "invalid"}
GOOD = {version: seals.ofd(version) for version in (1, 4, 5)}


def verified(document: bytes) -> Report:
    report = verify(document, "演示.ofd", usual().trust(), DEFAULT, AT)
    assert "CHECK_CRASHED" not in {check.code for each in report.signatures for check in each.checks}
    dump(report)
    return report


def remarks(report: Report) -> set[str]:
    """Give every failure and warning but those of a good document of the same builder."""
    checks = [check for each in report.signatures for check in each.checks]
    usual_ones = {"REVOCATION_NO_SOURCE", "SIGNING_TIME_UNPROVEN"}
    found = {each.code for each in (*checks, *report.warnings) if each.outcome is not Outcome.PASSED}
    return found - usual_ones


def contents(document: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.mark.parametrize("version", [1, 4, 5])
def test_the_document_that_all_of_them_spoil_is_valid(version: int):
    report = verified(GOOD[version])
    assert (report.verdict, report.sub_indication) == (Verdict.VALID, None)
    assert remarks(report) == set()


def answer(case: Hostile) -> answers.Answer:
    return answers.of_whole(verified(case.make(SIGNING)))


@pytest.mark.parametrize("case", HOSTILE, ids=[f"{each.threat}-{each.name}" for each in HOSTILE])
def test_a_hostile_document_under_a_real_seal_gets_its_verdict(case: Hostile):
    report = verified(case.make(SIGNING))
    assert report.verdict.value == WORSE.get(case.name, case.verdict)
    assert answers.of_whole(report) == answers.golden("documents")[case.name]
    if report.verdict is Verdict.VALID:
        assert remarks(report), "valid, and not a word about it"


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_sealed_document_with_one_byte_changed_is_not_plainly_valid(data: st.DataObject):
    good = GOOD[4]
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(1, 255))
    changed = good[:place] + bytes((good[place] ^ byte,)) + good[place + 1 :]
    report = verified(changed)
    if report.verdict is Verdict.VALID:
        # What describes the archive and is in no entry (dates, attributes, who packed it) is nobody's content.
        assert remarks(report) or contents(changed) == contents(good)
