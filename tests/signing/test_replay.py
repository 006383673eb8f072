"""The evidence of a verification gives the same verdict again, whatever the trust store holds by then."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base import canonical
from base.clock import rfc3339
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.purposes import SEAL
from keys.trust import Anchor, Trust
from signing.evidence_errors import EvidenceOfAnother, MalformedEvidence
from signing.policy import DEFAULT, STRICT, Policy, UnknownPolicy
from signing.replay import evidence, needed, replay
from signing.report_json import dump
from signing.verification import examine
from tests.builders import pki, seals
from tests.builders.pki import AT, DAY
from tests.builders.seals import SIGNED_AT, Sealers, sealers, usual

SOURCE = {"crl_points": [pki.point(pki.uri("http://crl.example/a.crl"))]}


def kept(document: bytes, trust: Trust, policy: Policy = DEFAULT, at: Any = AT) -> tuple[bytes, dict[str, Any]]:
    examination = examine(document, "演示.ofd", trust, policy, at)
    return evidence(examination, trust), dump(examination.report)


def stamped(people: Sealers) -> dict[str, Any]:
    return {"token": lambda signature: seals.token(signature, SIGNED_AT, people.stamper)}


def sealed(people: Sealers, **peculiar: Any) -> bytes:
    return seals.archive(seals.sealed(signing=seals.signing(4, people, **peculiar)))


STRANGERS = [pki.root(f"陌生根 {number}", whose=f"stranger {number}") for number in range(5)]


def crowded(trust: Trust) -> Trust:
    """Trust five more roots, with lists, answers and sources of theirs."""
    return replace(
        trust,
        anchors=(*(Anchor(each.certificate) for each in STRANGERS), *trust.anchors),
        intermediates=(*trust.intermediates, *(each.authority("陌生中间").certificate for each in STRANGERS)),
        lists=(*trust.lists, *(each.revocations() for each in STRANGERS)),
        answers=(*trust.answers, STRANGERS[0].answer(STRANGERS[0].issues("x", serial=424_242).certificate)),
        sources=trust.sources | {SM3.of(each.spki) for each in STRANGERS},
    )


def cases() -> list[tuple[str, bytes, Trust, Any]]:
    people = sealers(signer=SOURCE)
    short = sealers(signer={"not_after": AT + DAY})
    revoked = people.authority.revocations({people.signer.certificate.serial: (SIGNED_AT - DAY, None)})
    answered = sealers(signer={"ocsp_urls": ["http://ocsp.example/"]})
    own = usual()
    return [
        ("valid", seals.ofd(), own.trust(), AT),
        ("valid-2014", seals.ofd(1), own.trust(), AT),
        ("changed", seals.ofd() + b"junk", own.trust(), AT),
        ("no-anchors", seals.ofd(), Trust(AT), AT),
        ("stranger", seals.ofd(), crowded(Trust(AT)), AT),
        ("source-silent", sealed(people), people.trust(), AT),
        ("list-good", sealed(people), people.trust(lists=(people.authority.revocations(),)), AT),
        ("list-revoked", sealed(people), people.trust(lists=(revoked,)), AT),
        (
            "answer-good",
            sealed(answered),
            answered.trust(answers=(answered.authority.answer(answered.signer.certificate),)),
            AT,
        ),
        ("configured-source", seals.ofd(), own.trust(sources=frozenset({SM3.of(own.authority.spki)})), AT),
        ("expired", sealed(short), short.trust(), AT + 2 * DAY),
        ("expired-and-stamped", sealed(short, **stamped(short)), short.trust(), AT + 2 * DAY),
        (
            "test-anchor",
            seals.ofd(),
            Trust(AT, (Anchor(own.root.certificate, frozenset({SEAL.name}), True),), own.trust().intermediates),
            AT,
        ),
        ("no-document", b"x", own.trust(), AT),
    ]


CASES = cases()


@pytest.mark.parametrize("policy", [DEFAULT, STRICT], ids=["default", "strict"])
@pytest.mark.parametrize(("document", "trust", "at"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_evidence_gives_the_same_report_again(document: bytes, trust: Trust, at: Any, policy: Policy):
    for known in (trust, crowded(trust)):
        if not trust.anchors and known.anchors:
            continue
        told, report = kept(document, known, policy, at)
        assert dump(replay(told, document)) == report


def test_evidence_holds_what_had_a_say_and_nothing_else():
    people = sealers(signer=SOURCE)
    trust = crowded(people.trust(lists=(people.authority.revocations(), people.root.revocations())))
    told, _ = kept(sealed(people), trust)
    read = json.loads(told)
    assert len(read["trust"]["anchors"]) == 1
    assert len(read["trust"]["intermediates"]) == 1
    assert len(read["trust"]["lists"]) == 2
    assert (read["trust"]["answers"], read["trust"]["sources"]) == ([], [])
    assert read["trust"]["count"] == 6
    assert read["trust"]["digest"] == trust.digest.hex()
    assert read["verdict"] == "valid"


def test_what_is_needed_is_told_by_names():
    people = sealers()
    found = needed(crowded(people.trust()), [people.signer.certificate], [])
    assert [each.certificate for each in found.anchors] == [people.root.certificate]
    assert found.intermediates == (people.authority.certificate,)
    alone = needed(crowded(Trust(AT)), [people.signer.certificate], [b"junk"])
    assert len(alone.anchors) == 1, "one of the others stands for: there were some"


def test_a_time_stamp_without_its_certificate_keeps_it():
    """The token does not carry the authority's certificate; the trust store has it."""
    people = sealers(signer={"not_after": AT + DAY})
    trust = people.trust()
    trust = replace(trust, intermediates=(*trust.intermediates, people.stamper.certificate))
    document = sealed(
        people, token=lambda signature: seals.token(signature, SIGNED_AT, people.stamper, certificate=False)
    )
    told, report = kept(document, crowded(trust), at=AT + 2 * DAY)
    assert report["verdict"] == "valid"
    assert dump(replay(told, document)) == report


def test_evidence_is_canonical():
    told, _ = kept(seals.ofd(), usual().trust())
    assert canonical.canonical(canonical.read(told)) == told


def test_evidence_of_another_document_is_refused():
    told, _ = kept(seals.ofd(), usual().trust())
    with pytest.raises(EvidenceOfAnother) as refusal:
        replay(told, seals.ofd() + b" ")
    assert refusal.value.expected == json.loads(told)["document"]["sm3"]


def test_evidence_under_a_policy_that_is_gone_is_refused():
    document = seals.ofd()
    told, _ = kept(document, usual().trust())
    for changed in ({"name": "gone", "version": "1"}, {"name": "default", "version": "0"}):
        with pytest.raises(UnknownPolicy):
            replay(canonical.canonical(json.loads(told) | {"policy": changed}), document)


def test_evidence_with_its_verdict_changed_changes_nothing():
    """The verdict in it is a note; what counts is verified again."""
    document = seals.ofd() + b"junk"
    told, report = kept(document, usual().trust())
    lying = canonical.canonical(json.loads(told) | {"verdict": "valid"})
    assert replay(lying, document).verdict.value == report["verdict"] != "valid"


def changed(told: bytes, place: str, value: Any) -> bytes:
    read = json.loads(told)
    holder = read
    *above, last = place.split("/")
    for each in above:
        holder = holder[each]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return json.dumps(read).encode()


BROKEN: list[tuple[str, Any]] = [
    ("form", "another"),
    ("document", "x"),
    ("document/sm3", None),
    ("document/sm3", 1),
    ("policy/name", None),
    ("policy", []),
    ("verified_at", "yesterday"),
    ("verified_at", "2026-11-21T02:30:00"),
    ("verified_at", 5),
    ("trust", None),
    ("trust/count", True),
    ("trust/count", "1"),
    ("trust/as_of", "x"),
    ("trust/anchors", {}),
    ("trust/anchors", ["x"]),
    ("trust/anchors", [{"certificate": "AAAA", "purposes": [], "test": False}]),
    ("trust/anchors", [{"certificate": 1, "purposes": [], "test": False}]),
    ("trust/anchors", [{"certificate": "AAAA", "purposes": [1], "test": False}]),
    ("trust/anchors", [{"certificate": "AAAA", "purposes": [], "test": 0}]),
    ("trust/intermediates", ["%%%"]),
    ("trust/intermediates", [None]),
    ("trust/intermediates", [base64.b64encode(b"x").decode()]),
    ("trust/lists", [base64.b64encode(b"x").decode()]),
    ("trust/answers", [base64.b64encode(b"x").decode()]),
    ("trust/sources", ["zz"]),
    ("trust/sources", [1]),
]


@pytest.mark.parametrize(("place", "value"), BROKEN, ids=[f"{number}-{each[0]}" for number, each in enumerate(BROKEN)])
def test_broken_evidence_is_refused(place: str, value: Any):
    document = seals.ofd()
    told, _ = kept(document, usual().trust())
    with pytest.raises(MalformedEvidence) as refused:
        replay(changed(told, place, value), document)
    # What stands in a list is told by the list, or by the part of its member.
    assert refused.value.place
    assert place.endswith(refused.value.place) or (place, refused.value.place) == ("trust/anchors", "certificate")
    assert refused.value.reason in REASONS


REASONS = {
    "unknown",
    "missing",
    "of-another-type",
    "not-a-time",
    "not-base64",
    "not-hex",
    "malformed-certificate",
    "malformed-revocation-list",
    "malformed-ocsp-answer",
}


def test_evidence_says_what_was_verified_how_and_on_what_it_rests():
    document = seals.ofd()
    told = json.loads(kept(document, usual().trust())[0])
    assert told["form"] == "yinxin-evidence/1"
    assert told["document"] == {
        "name": "演示.ofd",
        "bytes": len(document),
        "sm3": SM3.of(document).hex(),
        "sha256": SHA256.of(document).hex(),
    }
    assert told["policy"] == {"name": "default", "version": "1"}
    assert (told["verdict"], told["sub_indication"]) == ("valid", None)
    assert (told["verified_at"], told["trust"]["as_of"]) == (rfc3339(AT), rfc3339(AT))
    assert (told["trust"]["count"], told["trust"]["digest"]) == (1, usual().trust().digest.hex())
    root = told["trust"]["anchors"]
    assert [base64.b64decode(each.pop("certificate")) for each in root] == [usual().root.der]
    assert root == [{"purposes": [], "test": False}]
    assert [base64.b64decode(each) for each in told["trust"]["intermediates"]] == [usual().authority.der]
    assert {base64.b64decode(each) for each in told["certificates"]} == {usual().signer.der, usual().maker.der}
    assert (told["tokens"], told["trust"]["lists"], told["trust"]["answers"], told["trust"]["sources"]) == (
        [],
        [],
        [],
        [],
    )
    assert set(told) == {
        *("form", "document", "policy", "verified_at", "verdict", "sub_indication", "trust", "certificates", "tokens")
    }


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_evidence_or_refused(data: bytes):
    with pytest.raises(MalformedEvidence):
        replay(data, b"")
