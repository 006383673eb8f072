"""Where exactly an answer about revocation tips, and which of several pieces of evidence is the one that is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from keys.algorithms.sm3 import SM3
from keys.budget import Budget, Spending
from keys.extensions import Usage
from keys.ocsp import OcspAnswer
from keys.revocation import FRESH_WITHOUT_NEXT_UPDATE, SKEW, Evidence, Good, Revoked, Unknown, Why, status
from keys.revocation_lists import Reason
from keys.trust import Anchor, Trust
from keys.trust_errors import BudgetExhausted
from tests.builders import pki
from tests.builders.pki import AT, DAY, scope, tag
from tests.keys.test_revocation import CA, HOUR, POINT, ROOT, SERIAL, SIGNER, asked, why

SECOND = timedelta(seconds=1)


def some_reasons(*bits: int) -> bytes:
    return scope(tag(0x83, pki.named_bits(bits)[2:]))


def answered(**peculiar: Any) -> OcspAnswer:
    return CA.responder().answer(SIGNER.certificate, issuer=CA, **peculiar)


def evidence() -> Evidence:
    return Evidence("crl", SM3.of(b"list"), AT, None)


def revoked(why_: Reason, since: datetime | None) -> Revoked:
    return Revoked(AT, why_, since, evidence())


@pytest.mark.parametrize(("at", "held"), [(AT - SECOND, False), (AT, True), (AT + SECOND, True)])
def test_a_certificate_is_revoked_from_that_very_moment_on(at: datetime, held: bool):
    assert revoked(Reason.SUPERSEDED, None).holds_at(at) is held


def test_only_a_compromise_reaches_back_and_never_forward():
    assert revoked(Reason.KEY_COMPROMISE, AT - DAY).since == AT - DAY
    assert revoked(Reason.CA_COMPROMISE, AT - DAY).since == AT - DAY
    assert revoked(Reason.SUPERSEDED, AT - DAY).since == AT
    assert revoked(Reason.KEY_COMPROMISE, AT + DAY).since == AT


@pytest.mark.parametrize(("ahead", "told"), [(SKEW, None), (SKEW + SECOND, Why.FROM_THE_FUTURE)])
def test_evidence_may_be_ahead_of_the_clock_by_the_skew_and_no_second_more(ahead: timedelta, told: Why | None):
    for found in (asked(CA.revocations(this_update=AT + ahead)), asked(answered(this_update=AT + ahead))):
        assert (found.why if isinstance(found, Unknown) else None) is told


@pytest.mark.parametrize(("late", "told"), [(timedelta(), None), (SECOND, Why.STALE)])
def test_evidence_is_fresh_up_to_its_last_second(late: timedelta, told: Why | None):
    old: dict[str, Any] = {"this_update": AT - DAY, "next_update": AT - late}
    bare: dict[str, Any] = {"this_update": AT - FRESH_WITHOUT_NEXT_UPDATE - late, "next_update": None}
    for found in (asked(CA.revocations(**old)), asked(answered(**old)), asked(answered(**bare))):
        assert (found.why if isinstance(found, Unknown) else None) is told


def test_lists_speak_together_as_of_the_oldest_and_an_answer_for_itself():
    older, newer = CA.revocations(this_update=AT - DAY), CA.revocations(this_update=AT - HOUR)
    for given in ((older, newer), (newer, older)):
        found = asked(*given)
        assert isinstance(found, Good)
        assert found.evidence.age(AT) == DAY
    answer = answered(this_update=AT - SECOND)
    told = asked(older, answer)
    assert isinstance(told, Good)
    assert (told.evidence.kind, told.evidence.age(AT)) == ("ocsp", SECOND)


def test_lists_for_some_reasons_are_together_as_old_as_the_oldest():
    one = CA.revocations(more=[some_reasons(1, 2, 8)], this_update=AT - HOUR)
    other = CA.revocations(more=[some_reasons(3, 4, 5, 6, 7)], this_update=AT - DAY)
    for given in ((one, other), (other, one)):
        found = asked(*given)
        assert isinstance(found, Good)
        assert (found.evidence.kind, found.evidence.age(AT)) == ("crl", DAY)


def test_one_reason_that_no_list_speaks_about_leaves_it_open():
    for missing in (1, 2, 3, 4, 5, 6, 7, 8):
        bits = [each for each in (1, 2, 3, 4, 5, 6, 7, 8) if each != missing]
        assert why(CA.revocations(more=[some_reasons(*bits)])) is Why.SOME_REASONS


def test_of_several_revocations_the_earliest_counts():
    late = CA.revocations({SERIAL: (AT - HOUR, Reason.SUPERSEDED)}, this_update=AT - SECOND)
    early = CA.revocations({SERIAL: (AT - DAY, Reason.SUPERSEDED)}, this_update=AT - HOUR / 2)
    for given in ((late, early), (early, late)):
        found = asked(*given)
        assert isinstance(found, Revoked)
        assert found.when == AT - DAY


def test_a_hold_stands_until_newer_evidence_lifts_it():
    held = {SERIAL: (AT - DAY, Reason.HOLD)}
    newer, older = AT - SECOND, AT - HOUR
    assert isinstance(asked(CA.revocations(held, this_update=newer), answered(this_update=older)), Revoked)
    assert isinstance(asked(CA.revocations(held, this_update=older), answered(this_update=newer)), Good)


def test_of_what_is_no_evidence_the_most_telling_is_told_with_what_it_was():
    stale = CA.revocations(this_update=AT - 9 * DAY, next_update=AT - 8 * DAY)
    stranger = pki.root("演示中间 CA", whose="stranger").revocations()
    found = asked(stranger, stale)
    assert isinstance(found, Unknown)
    assert (found.why, found.sourced, found.evidence and found.evidence.sm3) == (Why.STALE, True, stale.sm3)


def test_who_has_a_source_and_no_evidence_is_told_apart_by_either_kind_of_source():
    silent = CA.issues(ocsp_urls=["http://ocsp.example/"])
    listed = CA.issues(crl_points=[pki.point(POINT)])
    for signer in (silent, listed):
        found = asked(of=signer)
        assert (found.why, found.sourced, found.evidence) == (Why.NO_EVIDENCE, True, None)
    nobody = asked()
    assert (nobody.why, nobody.sourced) == (Why.NO_SOURCE, False)
    known = asked(sources=frozenset({SM3.of(CA.certificate.spki)}))
    assert (known.why, known.sourced) == (Why.NO_EVIDENCE, True)


def test_the_reasons_why_nothing_is_known_stand_in_reports_by_name_the_most_telling_last():
    assert [each.value for each in Why] == [
        "no-source",
        "no-evidence",
        "out-of-scope",
        "delta-list",
        "indirect-list",
        "signed-by-another-key",
        "signer-not-allowed",
        "signature-unsupported",
        "signature-wrong",
        "unknown-critical-extension",
        "only-some-reasons",
        "not-known-to-responder",
        "no-next-update",
        "issued-later",
        "stale",
    ]


def test_a_responder_without_any_key_usage_may_answer():
    responder = CA.responder(usages=None)
    assert isinstance(asked(responder.answer(SIGNER.certificate, issuer=CA)), Good)
    signing = CA.responder(usages=[Usage.DIGITAL_SIGNATURE, Usage.NON_REPUDIATION])
    assert isinstance(asked(signing.answer(SIGNER.certificate, issuer=CA)), Good)


def test_a_right_responder_is_found_behind_a_wrong_one():
    right, wrong = CA.responder(), CA.issues("自封的应答者")
    answer = right.answer(SIGNER.certificate, issuer=CA, certificates=[wrong.der, right.der])
    assert isinstance(asked(answer), Good)


def test_what_was_looked_up_is_paid_for_once_and_never_over_the_budget():
    listed = CA.revocations()
    spending = Spending(Budget(signatures=1), SIGNER.certificate)
    assert isinstance(asked_with(spending, listed), Good)
    assert isinstance(asked_with(spending, listed), Good), "remembered, so it costs nothing"
    with pytest.raises(BudgetExhausted) as refused:
        asked_with(spending, CA.revocations(number=2))
    assert (refused.value.limit, refused.value.allowed) == ("signatures", 1)


def asked_with(spending: Spending, listed: Any) -> Any:
    trust = Trust(AT, (Anchor(ROOT.certificate),), lists=(listed,))
    return status(SIGNER.certificate, CA.certificate, trust, AT, spending)
