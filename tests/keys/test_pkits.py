"""NIST's Public Key Interoperability Test Suite (PKITS 1.0.1, certificates of 2011) through our own path validation.

The certificates come with `cryptography-vectors`; which of them is expected to validate PKITS tells in their names, and
for policies in the table below (PKITS 4.8, 4.10, 4.12). Every list is at hand and every certificate below the
anchor must be found good. Where our verdict is another than PKITS's, `tests/vectors/known_divergences.toml` says why;
an entry that no longer applies fails the run.
"""

import functools
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from keys.certificates import Certificate
from keys.chain import Demand, path
from keys.purposes import PATH_ONLY
from keys.revocation_lists import RevocationList
from keys.trust import Anchor, Trust
from keys.trust_errors import MalformedCertificate, MalformedRevocationList, PathFailure
from tests.builders.pki import AT

vectors = pytest.importorskip("cryptography_vectors", reason="the PKITS certificates come with cryptography-vectors")
PKITS = Path(vectors.__file__).parent / "x509" / "PKITS_data"
DIVERGENCES = Path(__file__).parents[1] / "vectors" / "known_divergences.toml"

SUCCESS = "success"
FAILURE = "failure"

P1, P2, P3, P6 = (f"2.16.840.1.101.3.2.1.48.{each}" for each in (1, 2, 3, 6))

# PKITS 4.8 to 4.12 where the verdict hangs on the policies asked for: (certificate, policies, expected). The tests that
# set initial-policy-mapping-inhibit or initial-any-policy-inhibit, which no caller of ours can, are not here: 4.8.1.1
# without a policy set, 4.10.1.3 and 4.12.3.2.
POLICIES: list[tuple[str, set[str], str]] = [
    ("ValidCertificatePathTest1", {P1}, SUCCESS),
    ("ValidCertificatePathTest1", {P2}, FAILURE),
    ("ValidCertificatePathTest1", {P1, P2}, SUCCESS),
    ("AllCertificatesNoPoliciesTest2", set(), SUCCESS),
    ("AllCertificatesNoPoliciesTest2", {P1, P2}, FAILURE),
    ("DifferentPoliciesTest3", set(), SUCCESS),
    ("DifferentPoliciesTest3", {P1, P2}, FAILURE),
    ("DifferentPoliciesTest4", set(), FAILURE),
    ("DifferentPoliciesTest5", set(), FAILURE),
    ("OverlappingPoliciesTest6", set(), SUCCESS),
    ("OverlappingPoliciesTest6", {P1}, SUCCESS),
    ("OverlappingPoliciesTest6", {P2}, FAILURE),
    ("DifferentPoliciesTest7", set(), FAILURE),
    ("DifferentPoliciesTest8", set(), FAILURE),
    ("DifferentPoliciesTest9", set(), FAILURE),
    ("AllCertificatesSamePoliciesTest10", set(), SUCCESS),
    ("AllCertificatesSamePoliciesTest10", {P1}, SUCCESS),
    ("AllCertificatesSamePoliciesTest10", {P2}, SUCCESS),
    ("AllCertificatesanyPolicyTest11", set(), SUCCESS),
    ("AllCertificatesanyPolicyTest11", {P1}, SUCCESS),
    ("DifferentPoliciesTest12", set(), FAILURE),
    ("AllCertificatesSamePoliciesTest13", {P1}, SUCCESS),
    ("AllCertificatesSamePoliciesTest13", {P2}, SUCCESS),
    ("AllCertificatesSamePoliciesTest13", {P3}, SUCCESS),
    ("AnyPolicyTest14", {P1}, SUCCESS),
    ("AnyPolicyTest14", {P2}, FAILURE),
    ("UserNoticeQualifierTest15", set(), SUCCESS),
    ("UserNoticeQualifierTest16", set(), SUCCESS),
    ("UserNoticeQualifierTest17", set(), SUCCESS),
    ("UserNoticeQualifierTest18", {P1}, SUCCESS),
    ("UserNoticeQualifierTest18", {P2}, SUCCESS),
    ("UserNoticeQualifierTest19", set(), SUCCESS),
    ("CPSPointerQualifierTest20", set(), SUCCESS),
    ("ValidPolicyMappingTest1", {P1}, SUCCESS),
    ("ValidPolicyMappingTest1", {P2}, FAILURE),
    ("ValidPolicyMappingTest3", {P1}, FAILURE),
    ("ValidPolicyMappingTest3", {P2}, SUCCESS),
    ("ValidPolicyMappingTest5", {P1}, SUCCESS),
    ("ValidPolicyMappingTest5", {P6}, FAILURE),
    ("ValidPolicyMappingTest6", {P1}, SUCCESS),
    ("ValidPolicyMappingTest6", {P6}, FAILURE),
    ("inhibitAnyPolicyTest3", set(), SUCCESS),
]
_NAMED = re.compile(r"(?:(Valid)|(?:Invalid)).+Test\d+")


def _expected_by_name() -> dict[str, str]:
    names = (file.name.removesuffix("EE.crt") for file in sorted((PKITS / "certs").glob("*EE.crt")))
    found = ((name, _NAMED.fullmatch(name)) for name in names)
    return {name: SUCCESS if match[1] else FAILURE for name, match in found if match}


NAMED = _expected_by_name()
CASES: list[tuple[str, frozenset[str], str]] = [*((name, frozenset(), expected) for name, expected in NAMED.items())]
CASES += [(name, frozenset(policies), expected) for name, policies, expected in POLICIES]


@functools.cache
def _trust() -> Trust:
    """Lay out all that PKITS publishes; what is malformed for us is not there, as with any repository."""
    between, lists = [], []
    for file in sorted((PKITS / "certs").glob("*.crt")):
        if not file.name.endswith("EE.crt"):
            try:
                between.append(Certificate.of(file.read_bytes()))
            except MalformedCertificate:
                continue
    for file in sorted((PKITS / "crls").glob("*.crl")):
        try:
            lists.append(RevocationList.of(file.read_bytes()))
        except MalformedRevocationList:
            continue
    root = Certificate.of((PKITS / "certs" / "TrustAnchorRootCertificate.crt").read_bytes())
    return Trust(AT, (Anchor(root),), tuple(each for each in between if each != root), tuple(lists))


@functools.cache
def _judged(name: str, policies: frozenset[str]) -> str:
    try:
        certificate = Certificate.of((PKITS / "certs" / f"{name}EE.crt").read_bytes())
        path(certificate, _trust(), replace(PATH_ONLY, policies=policies), AT, demand=Demand.ALWAYS)
    except (PathFailure, MalformedCertificate) as refusal:
        return refusal.code
    return SUCCESS


def _divergences() -> dict[str, dict[str, str]]:
    entries = tomllib.loads(DIVERGENCES.read_text(encoding="utf-8"))["pkits"]
    assert len({each["case"] for each in entries}) == len(entries)
    return {each["case"]: each for each in entries}


def test_the_suite_is_whole():
    """203 certificates say in their names what is expected of them; the rest of the 245 cases asks for policies."""
    assert len(NAMED) == 203
    assert len(CASES) == 245


@pytest.mark.parametrize(
    ("name", "policies", "expected"), CASES, ids=[f"{name}-{len(policies)}" for name, policies, _ in CASES]
)
def test_the_verdict_is_that_of_pkits_or_the_divergence_is_told(name: str, policies: frozenset[str], expected: str):
    actual = _judged(name, policies)
    told = _divergences().get(name)
    if told is None:
        assert (actual == SUCCESS) == (expected == SUCCESS), actual
    else:
        assert (told["expected"], told["actual"]) == (expected, actual)
        assert (actual == SUCCESS) != (expected == SUCCESS), "this divergence no longer applies"
        assert len(told["reason"]) > 20


def test_every_divergence_is_about_a_case_of_the_suite():
    assert set(_divergences()) <= {name for name, _, _ in CASES}


def test_no_divergence_accepts_what_pkits_refuses():
    assert {each["expected"] for each in _divergences().values()} == {SUCCESS}
