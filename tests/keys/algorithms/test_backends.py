import ctypes.util
import sys
from typing import Any

import pytest

from keys.algorithms import backends, gmssl_backend, openssl, openssl_backend, sm2
from keys.algorithms.sm2_curve import CURVE
from keys.algorithms.sm2_known_answers import CIPHERTEXT, signer_answers, verifier_answers
from keys.algorithms.sm2_signature import Signature
from keys.errors import BackendMissing, ComputationFailed, SigningUnavailable, VerifyingUnavailable
from tests.keys.algorithms.samples import E_VALUE, MESSAGE, POINT, SCALAR, SIGNATURE, private, public


@pytest.fixture
def _restored():
    """Give the process its own choice back."""
    kept = backends.choice()
    yield
    backends._PROCESS.choose(kept)


def _no_library(_path):
    raise BackendMissing("openssl", "no library found")


class _Wrong:
    """A backend that opens and computes nonsense: it says yes to everything."""

    name = "wrong"
    library = "wrong 1.0"
    caution: str | None = None

    def verify_e(self, point, signature, e):
        return True

    def generate(self):
        raise ComputationFailed(self.name, "generate")

    def load(self, scalar):
        raise ComputationFailed(self.name, "load")

    def encrypt(self, point, message):
        raise ComputationFailed(self.name, "encrypt")


def test_this_machine_has_a_backend_that_gives_every_known_answer():
    chosen = backends.choice()
    assert chosen.signer is chosen.verifier is not None
    assert chosen.tried[-1].passed
    assert len(chosen.tried[-1].answers) == 11
    assert chosen.told == "openssl: passed"


def test_the_interpreters_own_openssl_is_found_first():
    library = openssl.load()
    assert "_hashlib" in library.place
    assert library.version >= (3, 0, 0)


@pytest.mark.skipif(ctypes.util.find_library("crypto") is None, reason="no libcrypto beside the interpreter's own")
def test_a_library_can_be_named():
    name = ctypes.util.find_library("crypto")
    assert openssl_backend.opened(name).crypto.place == name


@pytest.mark.parametrize("path", ["/nowhere/libcrypto.so.3", "libc.so.6", __file__, "/"])
def test_a_named_library_that_will_not_do_is_refused_by_name_and_no_other_is_tried(path):
    with pytest.raises(BackendMissing) as caught:
        openssl_backend.opened(path)
    assert path in caught.value.reason
    assert "_hashlib" not in caught.value.reason


@pytest.mark.usefixtures("_restored")
def test_without_a_signing_backend_signing_is_refused_by_name_and_verifying_goes_on():
    key = private()
    backends._PROCESS.choose(backends.tried(None, {"openssl": _no_library}))
    for act in (
        sm2.PrivateKey.generated,
        lambda: sm2.PrivateKey.from_scalar(SCALAR),
        lambda: sm2.PrivateKey.from_pkcs8(key.pkcs8()),
        lambda: sm2.encrypt(public(), b"m"),
    ):
        with pytest.raises(SigningUnavailable) as caught:
            act()
        assert caught.value.tried == "openssl: no library found; gmssl: passed"
    assert sm2.verify(public(), SIGNATURE.der, MESSAGE)
    assert not sm2.verify(public(), SIGNATURE.der, MESSAGE + b"?")


@pytest.mark.usefixtures("_restored")
def test_without_any_backend_a_signature_could_not_be_checked_which_is_not_wrong():
    backends._PROCESS.choose(backends.tried(None, {"openssl": _no_library}, {}))
    with pytest.raises(VerifyingUnavailable):
        sm2.verify(public(), SIGNATURE.der, MESSAGE)


def test_a_backend_with_one_wrong_answer_is_never_used():
    chosen = backends.tried(None, {"wrong": lambda _path: _Wrong()}, {"wrong": lambda _path: _Wrong()})
    assert chosen.signer is chosen.verifier is None
    assert "wrong: wrong: altered e-value is refused" in chosen.told


def test_a_backend_that_raises_has_not_passed():
    answers = signer_answers(_Wrong())
    assert [answer.passed for answer in answers if answer.name == "a new key is a pair"] == [False]


@pytest.mark.usefixtures("_restored")
def test_the_settings_may_name_the_library_and_a_wrong_name_falls_to_the_verifier():
    chosen = backends.choose("/nowhere/libcrypto.so.3")
    assert chosen is backends.choice()
    assert chosen.signer is None
    assert isinstance(chosen.verifier, gmssl_backend.GmsslVerifier)


def test_gmssl_verifies_only():
    verifier = gmssl_backend.opened()
    assert all(answer.passed for answer in verifier_answers(verifier))
    assert not hasattr(verifier, "load")
    assert not hasattr(verifier, "generate")


def test_gmssl_verifies_under_keys_that_its_own_constructor_damages():
    """Keys whose x begins with the digits 0 or 4 lose them there: one in seven."""
    verifier, tried = gmssl_backend.opened(), 0
    while tried < 3:
        key = sm2.PrivateKey.generated()
        if key.public.point[1] >> 4 in (0, 4):
            assert verifier.verify_e(key.public.point, key.sign_e(E_VALUE).der, E_VALUE)
            tried += 1


def test_gmssl_refuses_a_sum_at_infinity_instead_of_breaking():
    t = 0x1234567
    s = -t * int.from_bytes(SCALAR) % CURVE.n
    assert gmssl_backend.opened().verify_e(POINT, Signature((t - s) % CURVE.n, s).der, E_VALUE) is False


def test_without_the_package_the_verifier_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gmssl.sm2", None)
    with pytest.raises(BackendMissing, match="pip install gmssl"):
        gmssl_backend.opened()


@pytest.mark.skipif(ctypes.util.find_library("crypto") is None, reason="no libcrypto beside the interpreter's own")
def test_an_interpreter_without_hashlib_falls_to_the_systems_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "_hashlib", None)
    assert openssl.load().place in openssl.SYSTEM_NAMES


@pytest.mark.parametrize(
    ("version", "machine", "told"),
    [
        ((3, 5, 3), "aarch64", True),
        ((3, 4, 2), "arm64", True),
        ((3, 2, 5), "aarch64", True),
        ((3, 5, 4), "aarch64", False),
        ((3, 0, 19), "aarch64", False),
        ((3, 6, 0), "aarch64", False),
        ((3, 5, 3), "x86_64", False),
    ],
)
def test_an_operator_is_told_of_versions_that_leak_on_arm(version, machine, told):
    caution = openssl.caution(version, machine)
    assert (caution is not None and "CVE-2025-9231" in caution) is told


def test_an_older_openssl_is_refused():
    old: Any = type("Old", (), {"OpenSSL_version_num": staticmethod(lambda: 0x1010117F)})
    assert openssl._unfit(old) == "older than OpenSSL 3.0"


def test_a_refused_call_leaves_no_error_behind_for_the_interpreters_ssl():
    handle = backends.signer().load(SCALAR)
    altered = CIPHERTEXT.der[:-1] + bytes((CIPHERTEXT.der[-1] ^ 1,))
    assert handle.decrypt(altered) is None
    assert not backends.signer().verify_e(POINT, SIGNATURE.der, bytes(32))
    with pytest.raises(ComputationFailed):
        backends.signer().verify_e(b"\x04" + bytes(64), SIGNATURE.der, E_VALUE)
    with pytest.raises(ComputationFailed):
        handle.decrypt(b"\x30\x00")
    backend = backends.signer()
    assert isinstance(backend, openssl_backend.OpenSSLBackend)
    assert backend.crypto.errors() == []


def test_a_private_key_comes_out_only_for_its_file():
    handle = backends.signer().load(SCALAR)
    assert handle.scalar() == SCALAR
    assert SCALAR not in repr(handle).encode()
