"""A question to a library of certificates, and what it answers. Pure.

Whoever asks knows only this form; whether they may ask, and what of an answer they may see, is decided in
`certs.queries` and not here.
"""

from dataclasses import dataclass, field
from datetime import date

from certs.drafts import Content
from certs.life import Standing
from certs.types.certificate_type import CertificateType, Holding
from exchange.door.outcomes import Outcome


@dataclass(frozen=True)
class Named:
    """A holder who is asked about, as what, and for whom they act."""

    code: str = field(repr=False)
    type: str
    name: str = field(repr=False)
    role: str = ""
    acting_for: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Question:
    """What is looked for: one certificate, a holder's of one type or of several, or a number of a type."""

    types: tuple[CertificateType, ...]
    identifier: str = ""
    holder: Named | None = None
    number: str = field(default="", repr=False)
    # The keyed hash of the holder's code; empty where nobody is named.
    holder_hash: str = field(default="", repr=False)

    @property
    def type(self) -> CertificateType | None:
        """Give the one type that is asked for, if there is one."""
        return self.types[0] if len(self.types) == 1 else None


@dataclass(frozen=True)
class Entry:
    """A certificate that a library has. What it says is there only while it serves, which is while it is valid."""

    identifier: str
    type: str
    issuer: str
    region: str
    holding: Holding
    standing: Standing
    issued_on: date
    valid_from: date
    valid_until: date
    superseded_by: str | None = None
    content: Content | None = field(default=None, repr=False)
    holder_hashes: tuple[str, ...] = field(default=(), repr=False)
    version: int = 1


@dataclass(frozen=True)
class Answer:
    """How a library answered: the outcome, its reason, and the certificates.

    What was answered and not believed is kept as evidence; a question that is answered later is kept until then.
    """

    outcome: Outcome
    reason: str
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    evidence: bytes | None = field(default=None, repr=False)
    awaited: "Awaited | None" = field(default=None, repr=False)


@dataclass(frozen=True)
class Awaited:
    """A question that a library has not answered in time: under which hash its answer is found, and what to ask."""

    key: str
    library: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """A library's answer under its name, and where its certificates come from."""

    library: str
    origin: str
    answer: Answer


NOT_FOUND = Answer(Outcome.NOT_FOUND, "no-such-certificate")
NOT_COVERED = Answer(Outcome.NOT_COVERED, "not-covered")
