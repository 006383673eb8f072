"""Which SM2 backend this process computes with: the first of the table that passes its known answers.

Like `hashlib`, a process has one. The choice is made on first use, or before by `choose` when the settings name a
library; it is never changed silently, and a backend that gave one wrong answer is never used. Without a signing backend
signing is refused by name, and verifying falls to a backend that only verifies.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from keys.algorithms import gmssl_backend, openssl, openssl_backend
from keys.algorithms.sm2_backend import SM2Backend, Verifier
from keys.algorithms.sm2_known_answers import Answer, signer_answers, verifier_answers
from keys.errors import BackendMissing, SigningUnavailable, VerifyingUnavailable

B = TypeVar("B", bound=Verifier)

# Name → how it is opened, in the order they are tried; the path is the library of the settings, if any.
SIGNING: Final[Mapping[str, Callable[[str | None], SM2Backend]]] = MappingProxyType(
    {openssl.NAME: openssl_backend.opened}
)
VERIFYING: Final[Mapping[str, Callable[[str | None], Verifier]]] = MappingProxyType(
    {gmssl_backend.NAME: gmssl_backend.opened}
)


@dataclass(frozen=True)
class Tried:
    """How one backend fared: its answers, or why it could not be opened."""

    name: str
    library: str
    caution: str | None
    missing: str | None
    answers: tuple[Answer, ...]

    @property
    def passed(self) -> bool:
        """Tell whether it opened and every answer was right."""
        return self.missing is None and bool(self.answers) and all(answer.passed for answer in self.answers)

    @property
    def told(self) -> str:
        """Say it in a few words."""
        wrong = ", ".join(answer.name for answer in self.answers if not answer.passed)
        return f"{self.name}: {self.missing or (f'wrong: {wrong}' if wrong else 'passed')}"


@dataclass(frozen=True)
class Choice:
    """What was chosen, and what was tried on the way."""

    signer: SM2Backend | None
    verifier: Verifier | None
    tried: tuple[Tried, ...]

    @property
    def told(self) -> str:
        """Say what was tried."""
        return "; ".join(each.told for each in self.tried)


class _Process:
    """The choice of this process, made once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._choice: Choice | None = None

    def choice(self) -> Choice:
        with self._lock:
            if self._choice is None:
                self._choice = tried()
            return self._choice

    def choose(self, choice: Choice) -> None:
        with self._lock:
            self._choice = choice


_PROCESS: Final = _Process()


def choice() -> Choice:
    """Give the choice of this process, making it on first use."""
    return _PROCESS.choice()


def choose(library: str | None = None) -> Choice:
    """Choose anew for this process, with the library that the settings name; called once, while starting."""
    chosen = tried(library)
    _PROCESS.choose(chosen)
    return chosen


def tried(
    library: str | None = None,
    signing: Mapping[str, Callable[[str | None], SM2Backend]] = SIGNING,
    verifying: Mapping[str, Callable[[str | None], Verifier]] = VERIFYING,
) -> Choice:
    """Try the tables in order and choose, without making it the choice of the process."""
    seen: list[Tried] = []
    for name, opened in signing.items():
        signer, outcome = _attempt(name, opened, signer_answers, library)
        seen.append(outcome)
        if signer is not None and outcome.passed:
            return Choice(signer, signer, tuple(seen))
    for name, opener in verifying.items():
        verifier, outcome = _attempt(name, opener, verifier_answers, None)
        seen.append(outcome)
        if verifier is not None and outcome.passed:
            return Choice(None, verifier, tuple(seen))
    return Choice(None, None, tuple(seen))


def signer() -> SM2Backend:
    """Give the backend that signs. Raises `SigningUnavailable`."""
    chosen = choice()
    if chosen.signer is None:
        raise SigningUnavailable(chosen.told)
    return chosen.signer


def verifier() -> Verifier:
    """Give the backend that verifies. Raises `VerifyingUnavailable`."""
    chosen = choice()
    if chosen.verifier is None:
        raise VerifyingUnavailable(chosen.told)
    return chosen.verifier


def _attempt(
    name: str,
    opened: Callable[[str | None], B],
    answers: Callable[[B], tuple[Answer, ...]],
    library: str | None,
) -> tuple[B | None, Tried]:
    try:
        backend = opened(library)
    except BackendMissing as error:
        return None, Tried(name, "", None, error.reason, ())
    return backend, Tried(name, backend.library, backend.caution, None, answers(backend))
