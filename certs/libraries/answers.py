"""A question to a library of certificates, and what it answers. Pure.

Whoever asks knows only this form; whether they may ask, and what of an answer they may see, is decided in
`certs.queries` and not here.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from certs.drafts import Content, Holder
from certs.life import Standing
from certs.types.certificate_type import CertificateType, Holding
from exchange.door.outcomes import Outcome
from exchange.sources import source


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
    # Which elements and fields are needed of what is found: those that are granted, and those that grants' rows name.
    needed: tuple[str, ...] = ()
    # The organisation and the grants under which it is asked: an answer that is kept is found again under these alone.
    under: str = ""
    # Whether another platform asks: what is found here is told, and nobody else is asked on its behalf.
    is_passed_on: bool = False

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
    # No day where the library did not tell it.
    issued_on: date | None
    valid_from: date | None
    valid_until: date | None
    superseded_by: str | None = None
    content: Content | None = field(default=None, repr=False)
    holder_hashes: tuple[str, ...] = field(default=(), repr=False)
    version: int = 1
    # The holder, or the number, that the question named, as the certificate itself has it.
    named: Holder | None = field(default=None, repr=False)
    numbered: str = field(default="", repr=False)
    # Whom another library names as its holders, with their codes, so that they find the use in their list.
    told_holders: tuple[Holder, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Answer:
    """How a library answered: the outcome, its reason, and the certificates.

    What was answered and not believed is kept as evidence; a question that is answered later is kept until then, and
    an answer that is good for a while as long as that. `calls` says which mounts were asked for it, and how they did.
    """

    outcome: Outcome
    reason: str
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    evidence: bytes | None = field(default=None, repr=False)
    awaited: "Awaited | None" = field(default=None, repr=False)
    kept: "Kept | None" = field(default=None, repr=False)
    calls: tuple["MountCall", ...] = ()


@dataclass(frozen=True)
class Awaited:
    """A question that a library has not answered in time: under which hash its answer is found, and what to ask."""

    key: str
    library: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Kept:
    """What a library answered, as it came: under which hash it is kept, and how long it is good."""

    key: str
    library: str
    content: bytes = field(repr=False)
    good: timedelta


@dataclass(frozen=True)
class MountCall:
    """How a mount of a department's source answered."""

    mount: str
    outcome: source.Outcome
    milliseconds: int


@dataclass(frozen=True)
class Asked:
    """A library's answer under its name, and where its certificates come from."""

    library: str
    origin: str
    answer: Answer


NOT_FOUND = Answer(Outcome.NOT_FOUND, "no-such-certificate")
NOT_COVERED = Answer(Outcome.NOT_COVERED, "not-covered")
