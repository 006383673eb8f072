"""Files of certificate paths run through the product's own code: all expected verdicts, and no tracebacks."""

import json
from pathlib import Path

import pytest

from keys import selftest
from keys.algorithms.pem import written
from keys.algorithms.vector_files import RUNNERS
from keys.errors import UnreadableVectors
from keys.path_vectors import SHAPE, certificate_paths
from tests.builders import pki
from tests.builders.pki import AT, DAY

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "sm2" / "sm2-x509-paths.json"
ALL_RUNNERS = {**RUNNERS, SHAPE: certificate_paths}

CHAIN = pki.chain()


def pem(*identities: pki.Identity) -> list[str]:
    return [each.certificate.pem.decode() for each in identities]


def case(**peculiar):
    plain = {
        "id": "one",
        "description": "root → authority → signer",
        "expected": "SUCCESS",
        "time": "2026-11-21T02:30:00Z",
        "purpose": "seal-signature",
        "trusted": pem(CHAIN.root),
        "intermediates": pem(CHAIN.authority),
        "leaf": pem(CHAIN.signer)[0],
        "crls": [],
    }
    return plain | peculiar


def outcome(*cases, name: str = "paths.json") -> selftest.Outcome:
    return selftest.of_file(name, json.dumps({"testcases": cases}).encode(), ALL_RUNNERS)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not on this machine")
def test_every_shared_certificate_path_has_the_expected_verdict():
    found = selftest.of_file(VECTORS.name, VECTORS.read_bytes(), ALL_RUNNERS)
    assert found.differences == ()
    assert found.passed == 28


def test_a_good_and_a_bad_path_pass_when_they_are_expected_so():
    expired = CHAIN.authority.issues(not_after=AT - DAY)
    found = outcome(case(), case(id="two", leaf=pem(expired)[0], expected="FAILURE"))
    assert (found.passed, found.failed) == (2, 0)


def test_a_path_that_comes_out_otherwise_is_a_difference():
    found = outcome(case(expected="FAILURE"), case(id="two", trusted=[]))
    assert [(each.case, each.expected) for each in found.differences] == [("one", "invalid"), ("two", "valid")]


def _pem(data: bytes) -> str:
    return written("X509 CRL", data).decode()


def test_lists_that_are_brought_must_say_good():
    of_root, of_authority = (_pem(each.revocation_der()) for each in (CHAIN.root, CHAIN.authority))
    found = outcome(case(crls=[of_root, of_authority]), case(id="two", crls=[of_root], expected="FAILURE"))
    assert found.failed == 0


@pytest.mark.parametrize(
    "peculiar",
    [
        {"leaf": "no PEM"},
        {"crls": ["no PEM"]},
        {"trusted": [_pem(b"\x30\x00")]},
        {"leaf": _pem(bytes(100))},
        {"leaf": ""},
    ],
)
def test_broken_material_is_a_refused_path(peculiar):
    assert outcome(case(expected="FAILURE", **peculiar)).failed == 0


@pytest.mark.parametrize(
    "peculiar",
    [
        {"time": "yesterday"},
        {"time": "2026-11-21T02:30:00"},
        {"expected": "PERHAPS"},
        {"trusted": "text"},
        {"crls": [7]},
    ],
)
def test_a_file_of_another_shape_is_refused_as_unreadable(peculiar):
    with pytest.raises(UnreadableVectors):
        outcome(case(**peculiar))
