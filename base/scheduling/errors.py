"""The scheduler's refusals, those it tells and those it keeps with a run."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnknownJob(DomainError):
    """No job has this name."""

    job: str
    code: ClassVar[str] = "unknown-job"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class JobAlreadyRuns(DomainError):
    """The job is running; it never runs twice at a time."""

    job: str
    code: ClassVar[str] = "job-already-runs"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class LeaseLost(DomainError):
    """Another scheduler leads now; what this one was about to do is rolled back."""

    holder: str
    token: int
    code: ClassVar[str] = "lease-lost"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class RunLost(DomainError):
    """The run was taken for dead and given to another; what it still wanted to write is rolled back."""

    job: str
    run: int
    code: ClassVar[str] = "run-lost"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class RunAbandoned(DomainError):
    """The process that carried out the run ended or fell silent."""

    holder: str
    code: ClassVar[str] = "run-abandoned"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class RunOverran(DomainError):
    """The run did not end by its deadline."""

    job: str
    code: ClassVar[str] = "run-overran"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class RunInterrupted(DomainError):
    """The run was cut short because its process stops; it goes on where it was."""

    job: str
    code: ClassVar[str] = "run-interrupted"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class QueueMissing(DomainError):
    """Bulk workers need PostgreSQL with the queue's tables, and the extra that reads them."""

    needed: str
    code: ClassVar[str] = "queue-missing"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED
