"""The known answers that an SM2 backend must give before it is used: the examples of GB/T 32918.5-2017, A and C.

A backend that signs is also asked to sign, to open its own ciphertext, and to refuse what is altered. A backend that
raises instead of answering has not passed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from base.errors import DomainError
from keys.algorithms.sm2_backend import SM2Backend, Verifier
from keys.algorithms.sm2_ciphertext import Ciphertext
from keys.algorithms.sm2_curve import e_value, require_point
from keys.algorithms.sm2_signature import Signature

SCALAR: Final = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
POINT: Final = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
MESSAGE: Final = b"message digest"
E_VALUE: Final = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
SIGNATURE: Final = Signature(
    0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3,
    0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA,
)
PLAIN: Final = b"encryption standard"
CIPHERTEXT: Final = Ciphertext(
    x=0x04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73,
    y=0xE858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0,
    c3=bytes.fromhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"),
    c2=bytes.fromhex("21886CA989CA9C7D58087307CA93092D651EFA"),
)


@dataclass(frozen=True)
class Answer:
    """One known answer: what was asked, and whether the answer was right."""

    name: str
    passed: bool


def verifier_answers(backend: Verifier) -> tuple[Answer, ...]:
    """Ask a backend that verifies."""
    return tuple(Answer(name, answered(question)) for name, question in _of_a_verifier(backend))


def signer_answers(backend: SM2Backend) -> tuple[Answer, ...]:
    """Ask a backend that signs and opens; it verifies too."""
    questions = _of_a_signer(backend)
    return (*verifier_answers(backend), *(Answer(name, answered(question)) for name, question in questions))


def _of_a_verifier(backend: Verifier) -> Iterator[tuple[str, Callable[[], bool]]]:
    altered = bytes((E_VALUE[0] ^ 1,)) + E_VALUE[1:]
    other = Signature(SIGNATURE.r, SIGNATURE.s ^ 1)
    yield "e-value of GB/T 32918.5 A", lambda: e_value(POINT, MESSAGE) == E_VALUE
    yield "signature of GB/T 32918.5 A", lambda: backend.verify_e(POINT, SIGNATURE.der, E_VALUE)
    yield "altered e-value is refused", lambda: not backend.verify_e(POINT, SIGNATURE.der, altered)
    yield "altered signature is refused", lambda: not backend.verify_e(POINT, other.der, E_VALUE)


def _of_a_signer(backend: SM2Backend) -> Iterator[tuple[str, Callable[[], bool]]]:
    yield "public half of GB/T 32918.5 A", lambda: backend.load(SCALAR).point == POINT
    yield "key comes back as it went in", lambda: backend.load(SCALAR).scalar() == SCALAR
    yield "own signature verifies", lambda: _signs(backend)
    yield "ciphertext of GB/T 32918.5 C", lambda: backend.load(SCALAR).decrypt(CIPHERTEXT.der) == PLAIN
    yield "altered ciphertext is refused", lambda: _refuses_altered(backend)
    yield "own ciphertext opens", lambda: _encrypts(backend)
    yield "a new key is a pair", lambda: _generates(backend)


def _signs(backend: SM2Backend) -> bool:
    key = backend.load(SCALAR)
    first, second = (Signature.from_der(key.sign_e(E_VALUE)) for _ in range(2))
    return first != second and all(backend.verify_e(POINT, each.der, E_VALUE) for each in (first, second))


def _refuses_altered(backend: SM2Backend) -> bool:
    c3 = bytes((CIPHERTEXT.c3[0] ^ 1,)) + CIPHERTEXT.c3[1:]
    altered = Ciphertext(CIPHERTEXT.x, CIPHERTEXT.y, c3, CIPHERTEXT.c2)
    return backend.load(SCALAR).decrypt(altered.der) is None


def _encrypts(backend: SM2Backend) -> bool:
    return backend.load(SCALAR).decrypt(Ciphertext.from_der(backend.encrypt(POINT, PLAIN)).der) == PLAIN


def _generates(backend: SM2Backend) -> bool:
    key = backend.generate()
    require_point(key.point)
    return backend.load(key.scalar()).point == key.point and backend.verify_e(key.point, key.sign_e(E_VALUE), E_VALUE)


def answered(question: Callable[[], bool]) -> bool:
    """Ask, and take a library that raises for one that failed."""
    try:
        return question()
    except (DomainError, ValueError, TypeError, ArithmeticError, OSError):
        return False
