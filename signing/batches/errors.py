"""What batches of documents to seal refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchSealBatch(DomainError):
    """This system has no batch of that number."""

    id: str
    code: ClassVar[str] = "no-such-seal-batch"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchBatchDocument(DomainError):
    """The batch has no document of that number, or none that is sealed yet."""

    number: int
    code: ClassVar[str] = "no-such-batch-document"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SealBatchUnderWay(DomainError):
    """The batch is being worked on."""

    id: str
    code: ClassVar[str] = "seal-batch-under-way"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NothingLeftToSeal(DomainError):
    """Every document of the batch has its outcome."""

    id: str
    code: ClassVar[str] = "nothing-left-to-seal"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TooManySealBatches(DomainError):
    """The system has as many batches as are kept at a time."""

    limit: int
    code: ClassVar[str] = "too-many-seal-batches"
    kind: ClassVar[Kind] = Kind.TOO_MANY


@dataclass(eq=False)
class OthersSealedIt(DomainError):
    """Another process went on with the batch meanwhile; what was signed here is thrown away."""

    number: int
    code: ClassVar[str] = "others-sealed-it"
    kind: ClassVar[Kind] = Kind.CONFLICT
