"""A seal that its register ended, suspended or does not know: each word by time, and what it makes of the verdict.

It is signed at SIGNED_AT, proven a minute later where there is a stamp, and judged an hour after that.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from base.callers import ANONYMOUS
from base.db import Database
from keys.algorithms import pem
from keys.budget import BUDGET
from signing import public_verification, replay, verifications
from signing.evidence_errors import MalformedEvidence
from signing.judging import judge
from signing.policy import DEFAULT
from signing.public_verification import Chosen
from signing.report import Outcome, SignatureReport, Verdict
from signing.seal_standing import SealState, SealWord, Unknown, read_word, written
from signing.standing import Searches
from signing.verification import examine
from signing.verification_wiring import Verifying
from signing.verifications import Handed
from signing.workers.pool import Workers
from tests.builders import seals
from tests.builders.pki import AT
from tests.builders.seals import SIGNED_AT, usual
from tests.signing import verifiers
from tests.signing.stories import ended, is_indeterminate, is_invalid, is_valid, value, warnings

STAMPED_AT = SIGNED_AT + timedelta(minutes=1)
BEFORE, AFTER = SIGNED_AT - timedelta(days=1), STAMPED_AT + timedelta(seconds=1)
FRESH = AT + timedelta(hours=1)
SOURCE = "national-seals"
ENDINGS = (SealState.REVOKED, SealState.CANCELLED)


def said(state: SealState, since: Any = None, expires_at: Any = FRESH, **peculiar: Any) -> SealWord:
    return SealWord("", state, SOURCE, since, AT, expires_at, **peculiar)


def judged(word: SealWord, *, stamped: bool = True) -> SignatureReport:
    """Judge a good seal's signature with what its register says."""
    stamp = {"token": lambda signature: seals.token(signature, STAMPED_AT, usual().stamper)}
    told: dict[str, Any] = {**stamp} if stamped else {}
    searches = Searches(usual().trust(), BUDGET)
    found = seals.found(value(4, **told))
    first = judge(found, DEFAULT, AT, searches).report
    is_valid(first)
    assert first.seal is not None
    code = first.seal.id
    return judge(found, DEFAULT, AT, searches, None, {code: replace(word, code=code)}).report


@pytest.mark.parametrize("stamped", [True, False])
def test_a_seal_that_is_in_use_is_good_and_that_is_said(*, stamped: bool):
    report = judged(said(SealState.ACTIVE, BEFORE), stamped=stamped)
    is_valid(report)
    assert "SEAL_ENDED_BEFORE_SIGNING" in ended(report, Outcome.PASSED)


@pytest.mark.parametrize("state", ENDINGS)
@pytest.mark.parametrize("since", [BEFORE, STAMPED_AT])
def test_a_seal_that_was_ended_before_it_sealed_makes_the_signature_invalid(state: SealState, since: Any):
    is_invalid(judged(said(state, since)), "REVOKED", ["SEAL_ENDED_BEFORE_SIGNING"])


@pytest.mark.parametrize("state", ENDINGS)
def test_a_seal_that_was_ended_after_it_sealed_does_no_harm_and_that_is_said(state: SealState):
    report = judged(said(state, AFTER))
    is_valid(report)
    assert warnings(report) == ["SEAL_ENDED_AFTER_SIGNING"]


@pytest.mark.parametrize("state", ENDINGS)
@pytest.mark.parametrize("since", [BEFORE, AFTER, None])
def test_without_proof_of_when_it_sealed_an_ended_seal_is_not_decided(state: SealState, since: Any):
    is_indeterminate(judged(said(state, since), stamped=False), "REVOKED_NO_POE", ["SEAL_ENDED"])


def test_an_end_that_bears_no_date_is_not_decided_however_well_the_sealing_is_proven():
    is_indeterminate(judged(said(SealState.REVOKED)), "REVOKED_NO_POE", ["SEAL_ENDED"])


def test_an_end_that_is_still_to_come_does_no_harm_now():
    is_valid(judged(said(SealState.REVOKED, AT + timedelta(days=1)), stamped=False))


@pytest.mark.parametrize(("since", "stamped"), [(BEFORE, True), (None, True), (AFTER, False)])
def test_a_suspended_seal_is_not_decided(since: Any, *, stamped: bool):
    is_indeterminate(judged(said(SealState.SUSPENDED, since), stamped=stamped), "TRY_LATER", ["SEAL_SUSPENDED"])


def test_a_seal_that_was_suspended_after_it_sealed_is_good():
    report = judged(said(SealState.SUSPENDED, AFTER))
    is_valid(report)
    assert warnings(report) == ["SEAL_SUSPENDED_AFTER_SIGNING"]


@pytest.mark.parametrize("why", list(Unknown))
def test_a_seal_of_which_nothing_is_known_could_not_be_checked_and_stays_what_it_was(why: Unknown):
    report = judged(said(SealState.UNKNOWN, expires_at=None, why_unknown=why))
    is_valid(report)
    assert "SEAL_STANDING_UNKNOWN" in ended(report, Outcome.NOT_CHECKED)
    assert "SEAL_ENDED_BEFORE_SIGNING" not in ended(report, Outcome.PASSED)


@pytest.mark.parametrize("expires_at", [AT, AT - timedelta(days=3)])
def test_a_stale_word_calls_no_seal_good_and_is_told_as_stale(expires_at: Any):
    report = judged(said(SealState.ACTIVE, BEFORE, expires_at))
    is_valid(report)
    assert "SEAL_STANDING_STALE" in ended(report, Outcome.NOT_CHECKED)
    assert "SEAL_ENDED_BEFORE_SIGNING" not in ended(report, Outcome.PASSED)


def test_a_stale_word_that_it_was_ended_stays_true_and_is_told_as_stale():
    report = judged(said(SealState.REVOKED, BEFORE, AT))
    is_invalid(report, "REVOKED", ["SEAL_ENDED_BEFORE_SIGNING"])
    assert warnings(report) == ["SEAL_STANDING_STALE"]


def test_a_word_about_another_seal_says_nothing_of_this_one():
    found, other = seals.found(value(4)), replace(said(SealState.REVOKED, BEFORE), code="99999999999999")
    report = judge(found, DEFAULT, AT, Searches(usual().trust(), BUDGET), None, {other.code: other}).report
    is_valid(report)
    assert not any(each.code.startswith("SEAL_ENDED") for each in report.checks)


# --- the whole document, its evidence, and the two looks -------------------------------------------------------------


def test_evidence_holds_the_words_and_comes_to_the_same_verdict_again():
    document, trust = seals.ofd(), usual().trust()
    plain = examine(document, "章.ofd", trust, DEFAULT, AT)
    assert b'"seals"' not in replay.evidence(plain, trust)
    seal = plain.report.signatures[0].seal
    assert seal is not None
    word = replace(said(SealState.REVOKED, BEFORE), code=seal.id)
    found = examine(document, "章.ofd", trust, DEFAULT, AT, words={seal.id: word})
    assert found.report.verdict is Verdict.INDETERMINATE
    kept = replay.evidence(found, trust)
    assert replay.replay(kept, document) == found.report
    with pytest.raises(MalformedEvidence):
        replay.replay(kept.replace(b'"state":"revoked"', b'"state":"retired"'), document)


def test_a_word_is_read_as_it_was_written():
    for each in (said(SealState.ACTIVE, BEFORE), said(SealState.UNKNOWN, None, None, why_unknown=Unknown.NO_ANSWER)):
        assert read_word(written(each)) == each
    with pytest.raises(ValueError, match="time zone"):
        read_word({**written(said(SealState.ACTIVE)), "as_of": "2026-11-21T00:00:00"})


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with verifiers.staff() as found:
        yield found


def test_a_document_is_judged_once_more_with_what_is_known_of_its_trusted_seals(workers: Workers):
    asked: list[list[str]] = []

    def words_of(codes: Any) -> dict[str, SealWord]:
        asked.append(list(codes))
        return {code: replace(said(SealState.REVOKED, BEFORE), code=code) for code in codes}

    handed, trust = Handed(seals.ofd(), "章.ofd"), usual().trust()
    plain = verifications.examined(workers, handed, trust, 10**6, AT)
    told = verifications.examined(workers, handed, trust, 10**6, AT, words_of)
    assert (plain.report["verdict"], told.report["verdict"]) == ("valid", "indeterminate")
    assert "SEAL_ENDED" in told.xml
    assert told.pictures == plain.pictures
    assert asked == [[plain.report["signatures"][0]["seal"]["id"]]]
    stranger = replace(trust, anchors=())
    verifications.examined(workers, handed, stranger, 10**6, AT, words_of)
    assert len(asked) == 1


def test_every_seal_whose_signature_is_trusted_is_asked_about_once():
    def report(code: str, *, trusted: bool | None = True) -> dict[str, Any]:
        return {"seal": {"id": code}, "trusted": trusted}

    many = {"signatures": [report(f"{number % 80:014}") for number in range(100)]}
    assert len(verifications.seal_codes(many)) == 80
    odd = [report("印章"), report("1", trusted=None), {"seal": None, "trusted": True}]
    assert verifications.seal_codes({"signatures": odd}) == ["印章"]


def test_a_look_by_a_chosen_root_is_told_what_is_kept_and_asks_nobody(database: Database, workers: Workers):
    asked: list[bool] = []

    def seal_system(_database: Database, codes: Any, _at: Any, *, may_ask: bool = True) -> dict[str, SealWord]:
        asked.append(may_ask)
        return {code: replace(said(SealState.REVOKED, BEFORE), code=code) for code in codes}

    verifying = Verifying(workers, verifiers.LIMIT, seal_system=seal_system)
    handed, trust = Handed(seals.ofd(), "章.ofd"), usual().trust()
    stranger = replace(verifiers.signing(), trust_at=lambda *_: replace(trust, anchors=()))
    chosen = Chosen(file=b"".join(pem.written("CERTIFICATE", each.certificate.der) for each in trust.anchors))
    look = public_verification.looked_at(database, verifying, stranger, handed, chosen, AT)
    assert (look.report["verdict"], asked) == ("indeterminate", [False])


def test_whoever_verifies_is_told_the_standing_in_words(database: Database, workers: Workers):
    def seal_system(_database: Database, codes: Any, _at: Any, *, may_ask: bool = True) -> dict[str, SealWord]:
        assert may_ask
        return {code: replace(said(SealState.SUSPENDED, BEFORE), code=code) for code in codes}

    verifying = Verifying(workers, verifiers.LIMIT, seal_system=seal_system)
    handed, signing = Handed(seals.ofd(), "章.ofd"), verifiers.signing()
    told = public_verification.verified(database, verifying, signing, handed, ANONYMOUS, AT).report
    assert told["verdict"] == "indeterminate"
    assert "暂停使用" in told["summary"]["zh"]
    assert "suspended" in told["summary"]["en"]
