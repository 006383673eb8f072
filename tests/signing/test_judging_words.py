"""What a judgement says, word for word: the moments, reasons and names that a reader needs to act on a verdict.

`test_judging` tells which verdict; here stands the whole of what is told, and where exactly a moment tips it. The
golden file holds the words; a difference is a changed answer.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from keys.algorithms import der
from keys.algorithms.sm3 import SM3
from keys.cms import numbers, writing
from keys.revocation_lists import Reason
from keys.trust import Anchor, Trust
from signing.formats.format import FoundSignature
from signing.policy import DEFAULT, STRICT, Accepted, Policy
from signing.report import Coverage, CoverageKind, SignatureReport, failed, warned
from tests.builders import pki, seals
from tests.builders.pki import AT, DAY, YEAR
from tests.builders.seals import MESSAGE, SIGNED_AT, Sealers, SealParts, ValueParts, sealers, usual
from tests.keys.cms.builders import Draft, written
from tests.signing import answers
from tests.signing.answers import Answer
from tests.signing.stories import failures, judged, value

SOURCE = {"crl_points": [pki.point(pki.uri("http://crl.example/a.crl"))]}
STAMPED_AT = SIGNED_AT + timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SKEW = DEFAULT.skew


def of(people: Sealers, version: int = 4, seal: dict[str, Any] | None = None, **peculiar: Any) -> bytes:
    return ValueParts(SealParts(version, people, **(seal or {})), **peculiar).der


def stamp(people: Sealers, at: datetime = STAMPED_AT, **peculiar: Any) -> Any:
    return lambda signature: seals.token(signature, at, people.stamper, **peculiar)


def spoilt(signature: bytes) -> bytes:
    return signature[:-1] + bytes((signature[-1] ^ 1,))


def message(**peculiar: Any) -> bytes:
    told: dict[str, Any] = {"signer": usual().signer, "message": MESSAGE, "at": SIGNED_AT}
    return written(Draft(**(told | peculiar)))


def expired(who: str, **when: Any) -> SignatureReport:
    people = sealers(**{who: {"not_after": AT + DAY}})
    return judged(of(people, **when), people.trust(), at=AT + 2 * DAY)


def revoked(who: str, when: datetime, why: Reason | None = None, *, proven: bool = False) -> SignatureReport:
    """Judge under a list that names somebody; the stamp, if any, is of another tree."""
    people = sealers()
    own = pki.root("时间戳根", whose="stamp root")
    stamper = seals.stamping(own)
    identity = {"signer": people.signer, "maker": people.maker, "authority": people.authority}[who]
    issuer = people.root if who == "authority" else people.authority
    lists = (issuer.revocations({identity.certificate.serial: (when, why)}),)
    trust = Trust(
        AT, (Anchor(people.root.certificate), Anchor(own.certificate)), (people.authority.certificate,), lists
    )
    token: dict[str, Any] = {"token": lambda signature: seals.token(signature, STAMPED_AT, stamper)} if proven else {}
    return judged(of(people, **token), trust)


def sourced(who: str, policy: Policy = DEFAULT, **listed: Any) -> SignatureReport:
    people = sealers(**{who: SOURCE})
    lists = (people.authority.revocations(**listed),) if listed else ()
    return judged(of(people), people.trust(lists=lists), policy)


def document_stamp(at: datetime = STAMPED_AT, over: bytes = MESSAGE, **peculiar: Any) -> FoundSignature:
    return seals.found(seals.token(over, at, **peculiar), is_document_timestamp=True)


STORIES: dict[str, Callable[[], SignatureReport]] = {
    "good-2014": lambda: judged(value(1)),
    "good-2020": lambda: judged(value(4)),
    "good-2025": lambda: judged(value(5)),
    "good-with-a-time-stamp": lambda: judged(value(4, token=stamp(usual()))),
    "good-message": lambda: judged(message()),
    "good-message-by-the-strict-policy": lambda: judged(message(), policy=STRICT),
    "message-of-two-signers": lambda: judged(message(signers=2)),
    "message-bare": lambda: judged(message(attributes=None)),
    "message-with-content": lambda: judged(message(content=MESSAGE)),
    "message-with-its-digest-inside": lambda: judged(message(content=SM3.of(MESSAGE), message=SM3.of(MESSAGE))),
    "message-of-another-document": lambda: judged(message(message=b"another")),
    "message-spoilt": lambda: judged(message(spoil=spoilt)),
    "message-without-its-certificate": lambda: judged(message(certificates=())),
    "message-without-a-signer": lambda: judged(message(signers=0)),
    "message-by-sha-1-and-rsa": lambda: judged(
        message(algorithm=der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null()))
    ),
    "message-by-an-unknown-algorithm": lambda: judged(message(algorithm=der.sequence(der.oid("1.2.3.4")))),
    "message-that-names-another-certificate": lambda: judged(
        message(
            more=(
                writing.attribute(
                    numbers.SIGNING_CERTIFICATE_V2,
                    der.sequence(der.sequence(der.sequence(der.octets(bytes(32))))),
                ),
            )
        )
    ),
    "message-of-the-future": lambda: judged(message(at=AT + DAY)),
    "message-without-a-time": lambda: judged(message(at=None)),
    "message-whose-document-tells-a-time": lambda: judged(
        seals.found(message(at=None), claimed_time="2026-11-21T09:30:00+08:00")
    ),
    "message-after-its-certificate": lambda: judged(message(at=AT + 2 * YEAR), at=AT + 2 * YEAR),
    "declared-otherwise": lambda: judged(seals.found(value(), declared_kind="signature")),
    "message-declared-a-seal": lambda: judged(seals.found(message(), declared_kind="seal")),
    "nothing-there": lambda: judged(None),
    "nothing-there-and-declared": lambda: judged(
        seals.found(None, declared_kind="seal", declared_method="1.2.156.10197.1.501")
    ),
    "seven-parts-left-out": lambda: judged(
        seals.found(value(), coverage=Coverage(CoverageKind.PARTIAL, ("/b", "/c"), ("/x", "/y", "/z")))
    ),
    "what-the-format-found": lambda: judged(
        seals.found(value(), checks=(failed("REF_MISSING", "/p"), warned("LOCATION_CASE", "/q")))
    ),
    "another-place": lambda: judged(seals.found(value(), name_for_value="/Doc_0/Signs/Sign_1/Signature.xml")),
    "another-seal-beside": lambda: judged(seals.found(value(), seal_file=b"another")),
    "the-seal-beside": lambda: judged(
        seals.found(ValueParts(SealParts(), seal_der=(own := SealParts().der)).der, seal_file=own)
    ),
    "no-anchors": lambda: judged(value(), Trust(AT)),
    "a-stranger": lambda: judged(value(), Trust(AT, (Anchor(pki.root(whose="another root").certificate),))),
    "a-test-anchor": lambda: judged(
        value(), Trust(AT, (Anchor(usual().root.certificate, is_test=True),), usual().trust().intermediates)
    ),
    "a-test-anchor-of-the-stamp": lambda: judged(
        value(token=stamp(usual())),
        Trust(AT, (Anchor(usual().root.certificate, is_test=True),), usual().trust().intermediates),
    ),
    "signer-expired-since": lambda: expired("signer"),
    "maker-expired-since": lambda: expired("maker"),
    "signer-expired-before-its-claim": lambda: expired("signer", time=AT + DAY + 2 * SKEW),
    "signer-of-tomorrow": lambda: judged(
        of(late := sealers(signer={"not_before": AT + DAY, "not_after": AT + YEAR})), late.trust()
    ),
    "seal-of-the-future": lambda: judged(value(4, time=AT + DAY)),
    "claimed-after-the-stamp": lambda: judged(value(4, token=stamp(usual(), SIGNED_AT - timedelta(minutes=10)))),
    "stamp-of-something-else": lambda: judged(value(4, token=stamp(usual(), imprint=SM3.of(b"another")))),
    "stamp-spoilt": lambda: judged(value(4, token=stamp(usual(), spoil=spoilt))),
    "stamp-of-the-future": lambda: judged(value(4, token=stamp(usual(), AT + DAY))),
    "stamp-without-its-certificate": lambda: judged(value(4, token=stamp(usual(), certificate=False))),
    "stamp-by-an-unknown-digest": lambda: judged(value(4, token=stamp(usual(), digest="1.2.3.4"))),
    "stamp-of-a-stranger": lambda: judged(
        value(4, token=lambda signature: seals.token(signature, STAMPED_AT, seals.stamping(pki.root(whose="other"))))
    ),
    "stamp-of-junk": lambda: judged(value(4, token=lambda _: b"junk")),
    "time-in-words": lambda: judged(value(1, time=der.bits("2026年11月21日 09:30:00".encode()))),
    "time-that-says-nothing": lambda: judged(value(1, time=der.bits(b"yesterday"))),
    "seal-not-yet-in-its-period": lambda: judged(value(4, {"valid_from": SIGNED_AT + DAY})),
    "seal-over": lambda: judged(value(4, {"valid_until": SIGNED_AT - DAY})),
    "seal-over-by-the-stamp": lambda: judged(
        value(4, {"valid_until": SIGNED_AT + timedelta(seconds=30)}, token=stamp(usual()))
    ),
    "seal-over-and-no-time": lambda: judged(value(1, {"valid_until": AT - DAY}, time=der.bits(b"yesterday"))),
    "signer-revoked": lambda: revoked("signer", SIGNED_AT - DAY, Reason.KEY_COMPROMISE),
    "maker-revoked": lambda: revoked("maker", SIGNED_AT - DAY),
    "authority-revoked": lambda: revoked("authority", SIGNED_AT - DAY),
    "signer-revoked-before-the-stamp": lambda: revoked("signer", SIGNED_AT - DAY, proven=True),
    "authority-revoked-before-the-stamp": lambda: revoked("authority", SIGNED_AT - DAY, proven=True),
    "signer-revoked-after-the-stamp": lambda: revoked("signer", STAMPED_AT + SECOND, proven=True),
    "signer-source-silent": lambda: sourced("signer"),
    "maker-source-silent": lambda: sourced("maker"),
    "authority-source-silent": lambda: sourced("authority"),
    "signer-list-stale": lambda: sourced("signer", this_update=AT - 9 * DAY, next_update=AT - 2 * DAY),
    "no-source-by-the-strict-policy": lambda: judged(value(), policy=STRICT),
    "algorithm-over": lambda: judged(value(), policy=Policy("own", "1", {"sm2-sm3": Accepted(until=AT - DAY)})),
    "name-of-two-scripts": lambda: judged(of(mixed := sealers(signer={"subject": "yіnxin"})), mixed.trust()),
    "document-stamp": lambda: judged(document_stamp()),
    "document-stamp-of-another": lambda: judged(document_stamp(over=b"another")),
    "document-stamp-spoilt": lambda: judged(document_stamp(spoil=spoilt)),
    "document-stamp-of-the-future": lambda: judged(document_stamp(AT + DAY)),
    "document-stamp-by-an-unknown-digest": lambda: judged(document_stamp(digest="1.2.3.4")),
    "document-stamp-without-its-certificate": lambda: judged(document_stamp(certificate=False)),
    "document-stamp-of-junk": lambda: judged(seals.found(b"junk", is_document_timestamp=True)),
    "document-stamp-of-a-signer": lambda: judged(document_stamp(by=usual().signer)),
}
CASES = STORIES
GOLDEN = answers.golden("judgements")


def answer(story: Callable[[], SignatureReport]) -> Answer:
    report = story()
    signer = "" if report.signer is None else f"{report.signer.subject} {report.signer.issuer} {report.signer.chain}"
    times = f"claimed {report.signed_at.claimed} proven {report.signed_at.proven} {report.signed_at.source}"
    return [*answers.of_report(report), signer, times]


@pytest.mark.parametrize("name", STORIES)
def test_a_judgement_is_told_word_for_word(name: str):
    assert answer(STORIES[name]) == GOLDEN[name]


def test_every_judgement_in_the_golden_file_has_its_story():
    assert GOLDEN.keys() == STORIES.keys()


# --- where exactly it tips


@pytest.mark.parametrize(("late", "told"), [(SKEW, []), (SKEW + SECOND, ["SIGNING_TIME_IN_FUTURE"])])
def test_a_clock_may_run_ahead_by_the_skew_and_no_second_more(late: timedelta, told: list[str]):
    assert failures(judged(value(4, time=AT + late))) == told


@pytest.mark.parametrize(("late", "told"), [(SKEW, []), (SKEW + SECOND, ["SIGNING_TIME_AFTER_TIMESTAMP"])])
def test_a_claim_may_lie_behind_its_stamp_by_the_skew_and_no_second_more(late: timedelta, told: list[str]):
    assert failures(judged(value(4, token=stamp(usual(), SIGNED_AT - late)))) == told


@pytest.mark.parametrize(("early", "told"), [(SKEW, []), (SKEW + SECOND, ["SIGNER_CERT_NOT_YET_VALID"])])
def test_a_signature_may_come_before_its_certificate_by_the_skew_and_no_second_more(early: timedelta, told: list[str]):
    people = sealers(signer={"not_before": SIGNED_AT + early})
    assert failures(judged(of(people), people.trust())) == told


@pytest.mark.parametrize(("late", "told"), [(timedelta(), []), (SECOND, ["SIGNER_CERT_EXPIRED_AT_SIGNING"])])
def test_a_certificate_signs_up_to_its_last_second(late: timedelta, told: list[str]):
    people = sealers(signer={"not_after": SIGNED_AT})
    found = failures(judged(of(people, time=SIGNED_AT + late, token=stamp(people, SIGNED_AT)), people.trust()))
    assert found == told


@pytest.mark.parametrize(("outside", "told"), [(timedelta(), []), (SECOND, ["SEAL_NOT_VALID_AT_SIGNING"])])
def test_a_seal_is_good_from_its_first_second_to_its_last(outside: timedelta, told: list[str]):
    assert failures(judged(value(4, {"valid_until": SIGNED_AT - outside}))) == told
    assert failures(judged(value(4, {"valid_from": SIGNED_AT + outside}))) == told
    assert failures(judged(value(4, {"valid_until": STAMPED_AT - outside}, token=stamp(usual())))) == told


@pytest.mark.parametrize(("older", "open_"), [(timedelta(), False), (SECOND, True)])
def test_evidence_of_the_strict_policy_may_be_a_month_old_and_no_second_more(older: timedelta, open_: bool):
    people = sealers(signer=SOURCE, maker=SOURCE, authority=SOURCE)
    old: dict[str, Any] = {"this_update": AT - timedelta(days=31) - older, "next_update": AT + DAY}
    trust = people.trust(lists=(people.authority.revocations(**old), people.root.revocations(**old)))
    assert (judged(of(people), trust, STRICT).sub_indication == "TRY_LATER") is open_


@pytest.mark.parametrize(("when", "told"), [(AT, []), (AT - SECOND, ["ALG_WEAK"])])
def test_an_algorithm_is_good_on_its_last_moment(when: datetime, told: list[str]):
    assert failures(judged(value(), policy=Policy("own", "1", {"sm2-sm3": Accepted(until=when)}))) == told
    first = Policy("own", "1", {"sm2-sm3": Accepted(since=AT + (AT - when))})
    assert failures(judged(value(), policy=first)) == told
