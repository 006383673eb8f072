import json
from collections.abc import Mapping

import pytest

from keys import selftest
from keys.algorithms import backends
from keys.errors import BackendMissing, UnknownVectors, UnreadableVectors, VerifyingUnavailable
from keys.selftest import Case
from tests.keys.algorithms.samples import POINT, SIGNATURE, vectors

FILES = {
    "gm-standard.json": ("gm-standard", 45),
    "wycheproof/sm4_gcm_test.json": ("AeadTest:SM4-GCM", 104),
    "wycheproof/sm4_ccm_test.json": ("AeadTest:SM4-CCM", 184),
    "wycheproof/hmac_sm3_test.json": ("MacTest:HMACSM3", 174),
    "sm2/sm2-verify.json": ("sm2-verify", 100),
}


def _file(*tests: Mapping[str, str], **group: object) -> bytes:
    """Write a file of SM2 signatures with one group."""
    common = {
        "type": "Sm2Verify",
        "comment": "group",
        "publicKey": POINT.hex(),
        "distid": b"1234567812345678".hex(),
        "sigEncoding": "der",
        "input": "msg",
    }
    return json.dumps({"algorithm": "SM2", "testGroups": [{**common, **group, "tests": list(tests)}]}).encode()


def _test(result: str, **changed: str) -> dict[str, str]:
    return {
        "tcId": "1",
        "comment": "case",
        "msg": b"message digest".hex(),
        "sig": SIGNATURE.der.hex(),
        "result": result,
        **changed,
    }


def _shaped(name: str, *cases: Case) -> selftest.Outcome:
    """Run cases of our own under a shape of our own."""
    return selftest.of_file(name, b'{"testcases": [{"trusted": []}]}', {"certificate-paths": lambda _: iter(cases)})


@pytest.mark.parametrize("name", FILES)
def test_every_case_of_the_vectors_comes_out_as_expected(name):
    shape, count = FILES[name]
    outcome = selftest.of_file(name, vectors(name))
    assert outcome.differences == ()
    assert (outcome.shape, outcome.passed, outcome.failed) == (shape, count, 0)


def test_the_known_answers_of_every_algorithm_and_backend_come_out():
    outcome = selftest.known()
    assert outcome.differences == ()
    assert outcome.passed == 36


def test_a_report_counts_all_sets_together():
    report = selftest.run([("a.json", _file(_test("valid"))), ("b.json", _file(_test("invalid")))])
    assert (report.passed, report.failed) == (37, 1)
    assert [outcome.name for outcome in report.outcomes] == ["known answers", "a.json", "b.json"]


def test_a_case_that_differs_is_shown_with_what_was_expected_and_what_happened():
    outcome = selftest.of_file("f.json", _file(_test("valid", sig="3000"), _test("invalid"), _test("valid")))
    assert outcome.passed == 1
    first, second = outcome.differences
    assert (first.case, first.told, first.expected, first.actual) == (
        "1",
        "group: case",
        "valid",
        "refused: malformed-signature",
    )
    assert (second.expected, second.actual) == ("invalid", "accepted")


@pytest.mark.parametrize(("signature", "passed"), [(SIGNATURE.der.hex(), 1), ("3000", 1)])
def test_an_acceptable_case_may_come_out_either_way(signature, passed):
    assert selftest.of_file("f.json", _file(_test("acceptable", sig=signature))).passed == passed


def test_an_acceptable_case_that_changes_its_mind_has_failed():
    answers = iter([True, False])
    outcome = _shaped("f.json", Case("1", "wavering", "acceptable", lambda: next(answers)))
    assert outcome.differences[0].actual == "accepted, then refused"


def _could_not():
    raise VerifyingUnavailable("nothing")


def _bug():
    return dict.fromkeys("a")["no"]


@pytest.mark.parametrize("expected", ["valid", "invalid", "acceptable"])
@pytest.mark.parametrize(
    ("act", "told"), [(_could_not, "could not be checked: verifying-unavailable"), (_bug, "broke: KeyError")]
)
def test_what_could_not_be_checked_or_broke_has_failed_whatever_was_expected(expected, act, told):
    (difference,) = _shaped("f.json", Case("1", "", expected, act)).differences
    assert told in difference.actual


def test_a_typed_refusal_is_a_refusal():
    def refuses():
        raise UnreadableVectors("x", "y")

    assert _shaped("f.json", Case("1", "", "invalid", refuses)).passed == 1


def test_a_shape_that_nothing_runs_is_refused_and_not_passed_over():
    """Certificate paths have their runner elsewhere; without it the file must not count as good."""
    with pytest.raises(UnknownVectors) as caught:
        selftest.of_file("paths.json", b'{"testcases": [{"trusted": []}]}')
    assert caught.value.facts == {"file": "paths.json", "shape": "certificate-paths"}


def test_a_runner_of_another_shape_is_handed_in():
    outcome = _shaped("paths.json", Case("ok", "plain good chain", "valid", lambda: True))
    assert (outcome.shape, outcome.passed) == ("certificate-paths", 1)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", UnreadableVectors),
        (b"\xff\xfe", UnreadableVectors),
        (b"[]", UnreadableVectors),
        (b"null", UnreadableVectors),
        (b"[" * 100_000, UnreadableVectors),
        (b"{}", UnknownVectors),
        (b'{"testGroups": []}', UnknownVectors),
        (b'{"testGroups": [1]}', UnknownVectors),
        (b'{"testGroups": [{"type": "AeadTest"}], "algorithm": "AES-GCM"}', UnknownVectors),
        (b'{"curves": {}, "sm2_sign": [{}]}', UnreadableVectors),
        (b'{"curves": {}, "sm2_sign": 1}', UnreadableVectors),
        (_file(), UnreadableVectors),
        (_file({"tcId": "1"}), UnreadableVectors),
        (_file(_test("maybe")), UnreadableVectors),
        (_file(_test("valid", sig="xyz")), UnreadableVectors),
        (_file(_test("valid"), publicKey=1), UnreadableVectors),
    ],
)
def test_a_file_that_is_no_file_of_vectors_is_refused(data, refusal):
    with pytest.raises(refusal):
        selftest.of_file("f.json", data)


def test_a_file_over_the_limit_is_not_read(monkeypatch):
    monkeypatch.setattr(selftest, "FILE_LIMIT", 10)
    with pytest.raises(UnreadableVectors, match="over 64 MiB"):
        selftest.of_file("f.json", b" " * 11)


def test_without_a_signing_backend_the_known_answers_fail_by_name():
    kept = backends.choice()

    def missing(_path):
        raise BackendMissing("openssl", "no library found")

    backends._PROCESS.choose(backends.tried(None, {"openssl": missing}))
    try:
        outcome = selftest.known()
        speed = selftest.speeds(rounds=1)
    finally:
        backends._PROCESS.choose(kept)
    assert [difference.case for difference in outcome.differences] == ["sm2 signing", "sm2-encryption"]
    assert outcome.differences[0].told == "openssl: no library found; gmssl: passed"
    assert (speed[0].backend, speed[0].signs_per_second) == ("gmssl", None)


def test_without_any_backend_there_is_no_speed_to_tell():
    kept = backends.choice()
    backends._PROCESS.choose(backends.tried(None, {}, {}))
    try:
        assert selftest.speeds() == ()
    finally:
        backends._PROCESS.choose(kept)


def test_the_speed_of_the_backend_is_told_with_its_library():
    (speed,) = selftest.speeds(rounds=3)
    assert speed.backend == "openssl"
    assert speed.library.startswith("OpenSSL 3")
    assert speed.signs_per_second is not None
    assert min(speed.signs_per_second, speed.verifies_per_second) > 0
