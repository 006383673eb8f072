"""Hostile OFDs: every class of attack is answered with the code that its builder names, and bombs cost little."""

import resource
import tracemalloc

import pytest

from signing.check_codes import told
from signing.errors import UnreadableDocument
from signing.formats.format import FoundDocument
from signing.formats.ofd import OFD
from signing.report import CoverageKind, Outcome, warned
from tests.builders.ofd import archive, sealed
from tests.builders.ofd_hostile import BOMBS, HOSTILE, Hostile

MIB = 1024 * 1024


def said(case: Hostile) -> set[str]:
    """Give everything that is said of a case, in the words of `expects`."""
    try:
        return answers(OFD.read(case.data))
    except UnreadableDocument as refusal:
        return {f"unreadable:{refusal.reason}", *told_words(refusal)}


def told_words(refusal: UnreadableDocument) -> list[str]:
    """See that the reason has words of its own."""
    told(warned(refusal.reason, refusal.subject))
    return [f"format:{refusal.format}"]


def answers(found: FoundDocument) -> set[str]:
    checks = [check for each in found.signatures for check in each.checks]
    for check in (*checks, *found.warnings):
        told(check)
    heard = {f"failed:{check.code}" for check in checks if check.outcome is Outcome.FAILED}
    remarks = {f"warned:{check.code}" for check in (*checks, *found.warnings) if check.outcome is Outcome.WARNING}
    assert not [check for check in found.warnings if check.outcome is Outcome.FAILED], "nobody would judge it"
    for each in found.signatures:
        heard |= {f"visible:{name}" for name in each.coverage.uncovered_visible}
        heard |= {f"invisible:{name}" for name in each.coverage.uncovered_invisible}
        assert (each.coverage.kind is CoverageKind.WHOLE) == (not each.coverage.uncovered)
    if not found.signatures:
        heard |= {each.replace("warned:", "unsigned:") for each in remarks}
    return heard | remarks


@pytest.mark.parametrize("case", HOSTILE, ids=[f"{each.threat}-{each.name}" for each in HOSTILE])
def test_a_hostile_document_is_answered_with_its_code(case):
    assert case.expects in said(case)


def test_there_are_enough_hostile_documents_and_their_names_differ():
    names = [each.name for each in HOSTILE]
    assert len(names) >= 120
    assert len(BOMBS) >= 20
    assert sorted({each for each in names if names.count(each) > 1}) == []


def test_the_good_document_that_they_are_made_of_has_nothing_to_say():
    found = OFD.read(archive(sealed()))
    assert found.warnings == ()
    assert [(check.code, check.outcome) for check in found.signatures[0].checks] == [
        ("REF_DIGEST_MISMATCH", Outcome.PASSED)
    ]
    assert found.signatures[0].coverage.kind is CoverageKind.WHOLE


@pytest.mark.parametrize("name", list(BOMBS))
def test_a_bomb_is_answered_in_bounded_memory(name):
    data = BOMBS[name]()
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        OFD.read(data)
    except UnreadableDocument:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert peak < 128 * MIB
    assert grown < 160, "mebibytes, parser and archive included"
