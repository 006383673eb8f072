"""A verdict replayed for whoever kept its evidence: judged again as it was judged then, in a process of its own.

Trust, moment, policy and what registers said come out of the evidence alone, so the outcome says nothing of whom this
site trusts, and proves no more than the evidence does: whoever wrote that could write anything. Nothing is kept.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from keys.algorithms.sm3 import SM3
from signing import replay
from signing.evidence_errors import EvidenceOfAnother
from signing.verification_errors import DocumentTooLarge, NoDocument
from signing.workers.job import Job
from signing.workers.pool import Workers

# Evidence with the lists of large authorities; more is replayed on the command line's side of the network.
LARGEST: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class Replayed:
    """The verdict that the evidence has, and the report that came out of it now."""

    verdict: str
    report: dict[str, Any] = field(repr=False)

    @property
    def is_same(self) -> bool:
        """Tell whether the same came out."""
        return bool(self.report["verdict"] == self.verdict)


def replayed(workers: Workers, evidence: bytes, document: bytes, limit: int) -> Replayed:
    """Judge a document once more by the evidence of a verdict.

    Raises `NoDocument`, `DocumentTooLarge`, `MalformedEvidence`, `EvidenceOfAnother`, `VerifierBusy`,
    `VerifierUnavailable`, `UnknownPolicy`.
    """
    if not document or not evidence:
        raise NoDocument("empty")
    if len(document) > limit or len(evidence) > LARGEST:
        raise DocumentTooLarge(limit)
    kept = replay.read(evidence)
    if (found := SM3.of(document).hex()) != kept.sm3:
        raise EvidenceOfAnother(kept.sm3, found)
    job = Job(document, kept.name, kept.policy, kept.at, with_pictures=False, words=dict(kept.words))
    answer = workers.examine(job, kept.trust)
    trust = {"anchors": kept.anchors, "digest": kept.digest}
    return Replayed(kept.verdict, {**answer.report, "trust": trust})
