"""What a process is asked and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from signing.seal_standing import SealWord


@dataclass(frozen=True)
class Job:
    """A document to verify: as what, by which policy, as of when, whether with pictures, what is known of its seals."""

    document: bytes = field(repr=False)
    name: str
    policy: str
    at: datetime
    with_pictures: bool = True
    words: Mapping[str, SealWord] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """A job as it is sent: the trust comes along where the process does not have it yet, and is known by its digest.

    The number comes back with every message of the answer, so that none is taken for the answer to another job.
    """

    job: Job
    digest: bytes
    as_of: datetime
    number: int
    trust: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Pictures:
    """What a document looks like, for this one answer: pages with boxes, and the seals out of the signed values."""

    pages: tuple[Mapping[str, Any], ...] = ()
    seals: Mapping[str, str] = field(default_factory=dict)


NO_PICTURES = Pictures()


@dataclass(frozen=True)
class Answer:
    """The report in its one shape, the same as ETSI's XML, the evidence it rests on, and pictures."""

    report: Mapping[str, Any]
    xml: str
    evidence: str | None
    pictures: Pictures = NO_PICTURES
