"""The core of `yinxin selftest`: the known answers of every algorithm in use, and files of test vectors.

Bytes in, a report out: the command reads the files and prints. A case counts as passed only if the house's own code
said what the file expects, twice the same where either answer is acceptable. What could not be checked, and what broke
with anything but a typed refusal, has failed, whatever was expected.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from base.clock import stopwatch
from base.errors import DomainError, Kind
from keys.algorithms import backends, known_answers
from keys.algorithms.sm2_backend import Verifier
from keys.algorithms.sm2_known_answers import E_VALUE, POINT, SCALAR, SIGNATURE
from keys.algorithms.vector_files import ACCEPTABLE, EXPECTED, INVALID, RUNNERS, VALID, Case, Runner, shape_of
from keys.errors import UnknownVectors, UnreadableVectors

__all__ = ["RUNNERS", "Case", "Difference", "Outcome", "Report", "Runner", "Speed", "known", "of_file", "run", "speeds"]

# Vector files are some hundred kilobytes; a selftest must not be a way to fill the memory.
FILE_LIMIT: Final = 64 * 1024 * 1024

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"


@dataclass(frozen=True)
class Difference:
    """A case that came out otherwise than expected."""

    case: str
    told: str
    expected: str
    actual: str


@dataclass(frozen=True)
class Outcome:
    """What one set of cases came to."""

    name: str
    shape: str
    passed: int
    differences: tuple[Difference, ...]

    @property
    def failed(self) -> int:
        """Count the cases that differ."""
        return len(self.differences)


@dataclass(frozen=True)
class Report:
    """What all sets came to."""

    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        """Count the cases that came out as expected."""
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def failed(self) -> int:
        """Count the cases that differ."""
        return sum(outcome.failed for outcome in self.outcomes)


@dataclass(frozen=True)
class Speed:
    """How fast one backend is on this machine; signs is None where it only verifies."""

    backend: str
    library: str
    signs_per_second: float | None
    verifies_per_second: float


def run(files: Iterable[tuple[str, bytes]] = (), runners: Mapping[str, Runner] = RUNNERS) -> Report:
    """Ask for all known answers and run each file, given as name and content.

    Raises `UnreadableVectors`, `UnknownVectors` before anything of that file is run.
    """
    return Report((known(), *(of_file(name, data, runners) for name, data in files)))


def known() -> Outcome:
    """Ask every algorithm of the table and every backend that was tried for its known answers."""
    chosen = backends.choice()
    return _outcome("known answers", "known-answers", [*_of_backends(chosen), *_of_table()])


def of_file(name: str, data: bytes, runners: Mapping[str, Runner] = RUNNERS) -> Outcome:
    """Run one file of vectors. Raises `UnreadableVectors`, `UnknownVectors`."""
    document = _document(name, data)
    shape = shape_of(document)
    if shape not in runners:
        raise UnknownVectors(name, shape)
    try:
        cases = list(runners[shape](document))
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, RuntimeError) as error:
        raise UnreadableVectors(name, f"not as {shape} should be: {type(error).__name__}") from error
    if not cases or any(case.expected not in EXPECTED for case in cases):
        raise UnreadableVectors(name, "no cases" if not cases else "an expectation that is not known")
    return _outcome(name, shape, cases)


def speeds(rounds: int = 50) -> tuple[Speed, ...]:
    """Measure the backends of this process: for the operator, not for a verdict."""
    chosen = backends.choice()
    if chosen.signer is not None:
        handle = chosen.signer.load(SCALAR)
        signs = _rate(lambda: handle.sign_e(E_VALUE), rounds)
        return (Speed(chosen.signer.name, chosen.signer.library, signs, _verifies(chosen.signer, rounds)),)
    if chosen.verifier is not None:
        return (Speed(chosen.verifier.name, chosen.verifier.library, None, _verifies(chosen.verifier, rounds)),)
    return ()


def _document(name: str, data: bytes) -> Mapping[str, Any]:
    if len(data) > FILE_LIMIT:
        raise UnreadableVectors(name, "over 64 MiB")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableVectors(name, "not JSON") from error
    if not isinstance(document, Mapping):
        raise UnreadableVectors(name, "not a JSON object")
    return document


def _of_backends(chosen: backends.Choice) -> Iterator[Case]:
    """Every answer of the backends that opened; and that one was found which signs."""
    yield Case("sm2 signing", chosen.told, VALID, lambda: chosen.signer is not None)
    for tried in chosen.tried:
        for answer in tried.answers:
            yield Case(f"{tried.name}: {answer.name}", tried.library, VALID, _constant(answer.passed))


def _of_table() -> Iterator[Case]:
    for name, question in known_answers.QUESTIONS.items():
        yield Case(name, "known answer", VALID, question)


def _constant(answer: bool) -> Callable[[], bool]:  # noqa: FBT001 - the answer is what is handed on
    return lambda: answer


def _outcome(name: str, shape: str, cases: Iterable[Case]) -> Outcome:
    judged = [(case, _judged(case)) for case in cases]
    differences = tuple(
        Difference(case.name, case.told, case.expected, actual) for case, actual in judged if actual is not None
    )
    return Outcome(name, shape, len(judged) - len(differences), differences)


def _judged(case: Case) -> str | None:
    """Give what happened where it is not what was expected."""
    verdict, actual = _acted(case)
    if case.expected == ACCEPTABLE:
        again = _acted(case)[1]
        return None if verdict is not None and actual == again else f"{actual}, then {again}"
    return None if verdict == {VALID: ACCEPTED, INVALID: REFUSED}[case.expected] else actual


def _acted(case: Case) -> tuple[str | None, str]:
    """Give the verdict, None where there is none, and what happened in words."""
    try:
        verdict = ACCEPTED if case.act() else REFUSED
    except DomainError as refusal:
        if refusal.kind is Kind.UNAVAILABLE:
            return None, f"could not be checked: {refusal.code}"
        return REFUSED, f"{REFUSED}: {refusal.code}"
    except Exception as error:  # noqa: BLE001 - whatever else comes out is a fault of ours, and is reported as one
        return None, f"broke: {type(error).__name__}"
    return verdict, verdict


def _verifies(backend: Verifier, rounds: int) -> float:
    return _rate(lambda: backend.verify_e(POINT, SIGNATURE.der, E_VALUE), rounds)


def _rate(act: Callable[[], object], rounds: int) -> float:
    started = stopwatch()
    for _ in range(rounds):
        act()
    return rounds / max(stopwatch() - started, 1e-9)
