"""What cases refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchCase(DomainError):
    """There is no such case, or it is neither received nor worked on by whoever asks."""

    case: str
    code: ClassVar[str] = "no-such-case"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchCaseParty(DomainError):
    """Nobody has this place in the case, or the case is not that of whoever asks."""

    case: str
    place: int
    code: ClassVar[str] = "no-such-case-party"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class CasePartyBound(DomainError):
    """Whoever has this place has another code already."""

    case: str
    place: int
    code: ClassVar[str] = "case-party-bound"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CaseStepNotAllowed(DomainError):
    """A case does not stand where this step begins."""

    state: str
    step: str
    code: ClassVar[str] = "case-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SupplementAskedAlready(DomainError):
    """What is missing is asked for once, all of it together."""

    step: str
    code: ClassVar[str] = "supplement-asked-already"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TermStillRuns(DomainError):
    """The applicant still has time to hand in what is missing."""

    ends_at: str
    code: ClassVar[str] = "term-still-runs"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CaseStepTooEarly(DomainError):
    """A step came before the one that it follows."""

    case: str
    sequence: int
    expected: int
    code: ClassVar[str] = "case-step-too-early"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class CaseStepLate(DomainError):
    """The place of a step in its case is taken by another step."""

    case: str
    sequence: int
    expected: int
    code: ClassVar[str] = "case-step-late"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CaseStepDiffers(DomainError):
    """A step was told before under the same key and said something else."""

    case: str
    key: str
    code: ClassVar[str] = "case-step-differs"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CaseStepNotYours(DomainError):
    """The step belongs to the other side of the case: to the organ that decides, or to where it was received."""

    step: str
    code: ClassVar[str] = "case-step-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class CaseStepIncomplete(DomainError):
    """A step lacks something that it cannot do without."""

    step: str
    missing: str
    code: ClassVar[str] = "case-step-incomplete"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class CaseNumberTaken(DomainError):
    """Another case has this number."""

    case: str
    code: ClassVar[str] = "case-number-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoCaseTerms(DomainError):
    """No terms in working days are laid down for the matter."""

    item_code: str
    code: ClassVar[str] = "no-case-terms"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableCaseTerms(DomainError):
    """The terms of a matter contradict each other."""

    reason: str
    code: ClassVar[str] = "unusable-case-terms"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class CaseTermsNotYours(DomainError):
    """Terms are laid down by the organ that carries the matter out, or by the highest authority for all."""

    scope: str
    code: ClassVar[str] = "case-terms-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotEvaluable(DomainError):
    """A case can be evaluated by the applicant once something was done about it."""

    case: str
    reason: str
    code: ClassVar[str] = "case-not-evaluable"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchEvaluation(DomainError):
    """The case has no such evaluation that is to be answered."""

    case: str
    number: int
    code: ClassVar[str] = "no-such-evaluation"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchCaseDelivery(DomainError):
    """There is no such delivery that waits for this organisation."""

    delivery: int
    code: ClassVar[str] = "no-such-case-delivery"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class PartOfPackage(DomainError):
    """The case is part of a package, where this is done for all of its cases at once."""

    case: str
    package: str
    code: ClassVar[str] = "part-of-package"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoIssuingSystem(DomainError):
    """A person granted the case, and the site names no system as which its certificate is issued."""

    case: str
    code: ClassVar[str] = "no-issuing-system"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class CentreAnswerUnreadable(DomainError):
    """The case centre answered something that is none of its answers."""

    reason: str
    code: ClassVar[str] = "case-centre-unreadable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class NoItemCentre(DomainError):
    """The site has no item centre to read matters from."""

    code: ClassVar[str] = "no-item-centre"
    kind: ClassVar[Kind] = Kind.MISSING
