"""What is refused in the holder's view."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NotBoundAsHolder(DomainError):
    """The account is not bound to any holder's code, or not to this one."""

    code: ClassVar[str] = "not-bound-as-holder"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnusableBinding(DomainError):
    """This person cannot be bound to this holder's code in this way."""

    reason: str
    code: ClassVar[str] = "unusable-holder-binding"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchHolderUse(DomainError):
    """There is no such use of one's own certificates, or it is not told yet."""

    usage: str
    code: ClassVar[str] = "no-such-holder-use"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UseEvaluated(DomainError):
    """The holder has evaluated this use already."""

    usage: str
    code: ClassVar[str] = "use-already-evaluated"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoBadEvaluation(DomainError):
    """No bad evaluation of this use waits for an answer of one's organisation."""

    usage: str
    code: ClassVar[str] = "no-bad-evaluation"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ObjectionOpen(DomainError):
    """An objection of this kind to this use waits for its answer already."""

    objection: str
    code: ClassVar[str] = "holder-objection-open"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotInThisUse(DomainError):
    """Neither this use nor this certificate has the field that is objected to."""

    thing: str
    field: str
    code: ClassVar[str] = "objected-field-unknown"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchHolderObjection(DomainError):
    """There is no such objection, or it is not for whoever asks."""

    objection: str
    code: ClassVar[str] = "no-such-holder-objection"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ObjectionAnswered(DomainError):
    """The objection was answered or taken back already."""

    objection: str
    state: str
    code: ClassVar[str] = "holder-objection-answered"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotTheirDuty(DomainError):
    """Answering the objection is the duty of another role of the organisation."""

    objection: str
    role: str
    code: ClassVar[str] = "holder-objection-other-role"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NothingCorrected(DomainError):
    """The certificate stands as it stood when it was objected to, so it cannot be called corrected."""

    objection: str
    identifier: str
    code: ClassVar[str] = "nothing-corrected"
    kind: ClassVar[Kind] = Kind.CONFLICT
