"""What a process does with a document: it verifies, writes the report in its three forms, and draws pictures.

The verdict is told before anything is drawn, so that a document which kills the drawing is verified all the same.
"""

from collections.abc import Iterator
from typing import Any, Final

from keys.trust import Trust
from signing import etsi, policy, replay, report_json
from signing.verification import Examination, examine
from signing.workers import pictures
from signing.workers.job import Job

# Lists of large authorities have some MiB; evidence beyond this is kept by whoever verified, not handed about.
LARGEST_EVIDENCE: Final = 8 * 1024 * 1024


def answered(job: Job, trust: Trust) -> Iterator[dict[str, Any]]:
    """Give the verdict, then the pictures."""
    examination = examine(job.document, job.name, trust, policy.policy(job.policy), job.at, words=job.words)
    yield {
        "report": report_json.dump(examination.report),
        "xml": etsi.write(examination).decode(),
        "evidence": _evidence(examination, trust),
    }
    if job.with_pictures:
        yield {"seals": pictures.seals(examination.report)}
        for page in pictures.pages(job.document, examination.report):
            yield {"page": page}


def _evidence(examination: Examination, trust: Trust) -> str | None:
    written = replay.evidence(examination, trust)
    return written.decode() if len(written) <= LARGEST_EVIDENCE else None
