"""Files of certificate paths as cases for `keys.selftest`: leaf, intermediates, trusted, lists, time, purpose, verdict.

The cases run through the product's own `keys.chain`. Where a case brings revocation lists, every certificate below the
anchor must be found good in one of them; where it brings none, revocation is not asked. A refusal of any kind that
speaks about the path is *refused*; that nothing could be computed is no verdict and passes through.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from keys.algorithms import pem
from keys.algorithms.vector_files import INVALID, VALID, Case
from keys.certificates import Certificate
from keys.chain import Demand, path
from keys.errors import MalformedPem
from keys.purposes import purpose
from keys.revocation_lists import RevocationList
from keys.trust import Anchor, Trust
from keys.trust_errors import MalformedCertificate, MalformedRevocationList, PathFailure

SHAPE: Final = "certificate-paths"
_EXPECTED: Final = {"SUCCESS": VALID, "FAILURE": INVALID}
_REFUSALS: Final = (PathFailure, MalformedCertificate, MalformedRevocationList, MalformedPem)


def certificate_paths(document: Mapping[str, Any]) -> Iterator[Case]:
    """Give the cases of a file; KeyError, TypeError and ValueError mean that it is not of this shape."""
    for test in document["testcases"]:
        at = datetime.fromisoformat(test["time"])
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        yield Case(str(test["id"]), str(test.get("description", "")), _EXPECTED[test["expected"]], _act(test, at))


def _act(test: Mapping[str, Any], at: datetime) -> Callable[[], bool]:
    asked = purpose(test["purpose"])
    leaf: str = test["leaf"]
    trusted, between, lists = (_texts(test[name]) for name in ("trusted", "intermediates", "crls"))

    def act() -> bool:
        try:
            trust = Trust(
                at,
                tuple(Anchor(_certificate(each)) for each in trusted),
                tuple(_certificate(each) for each in between),
                tuple(RevocationList.of(_der(each)) for each in lists),
            )
            path(_certificate(leaf), trust, asked, at, demand=Demand.ALWAYS if lists else Demand.NOTHING)
        except _REFUSALS:
            return False
        return True

    return act


def _texts(texts: Sequence[Any]) -> tuple[str, ...]:
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise TypeError("not a list of PEM texts")
    return tuple(texts)


def _certificate(text: str) -> Certificate:
    return Certificate.of(_der(text))


def _der(text: str) -> bytes:
    return pem.only(text.encode())[1]
