"""The public page on which anyone verifies documents: hand in, read the verdict, keep the report, share it for a day.

It works without scripts: a plain form goes out and the result is the answer. Documents are read in memory by processes
of their own (`signing.workers`); this page only asks, and says what came out in the words of the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, g, request
from werkzeug.datastructures import FileStorage

from base import clock, problems
from base.callers import ANONYMOUS
from base.db import Database
from base.errors import DomainError
from base.problems import Language
from base.web import open_to_all, parts
from console import layout
from signing import public_verification, verifications
from signing.verification_errors import DocumentTooLarge, NoDocument
from signing.verification_wiring import Verifying
from signing.verifications import Handed, KeptReport
from signing.wiring import Signing

verify_pages = Blueprint("verify", __name__, template_folder="templates")
BLUEPRINTS = (verify_pages,)

# What one visit may bring: the pages of one case. More is work for the API or the command line.
MOST_FILES: Final = 10
# All of it is held in memory at once; twice the largest document.
WHOLE_TIMES: Final = 2
FORM_BYTES: Final = 64 * 1024
FILE: Final = "file"
MIB: Final = 1024 * 1024
PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
STATE_OF: Final = {
    "valid": "ok",
    "invalid": "bad",
    "indeterminate": "warn",
    "unsigned": "unknown",
    "unreadable": "unknown",
    "frozen": "warn",
    "changed": "warn",
    "revoked": "bad",
    "expired": "bad",
    "unknown": "unknown",
    "passed": "ok",
    "failed": "bad",
    "warning": "warn",
    "not_checked": "unknown",
}
NO_TIME: Final = frozenset(
    "NO_POE REVOKED_NO_POE REVOKED_CA_NO_POE OUT_OF_BOUNDS_NO_POE OUT_OF_BOUNDS_NOT_REVOKED "
    "REVOCATION_OUT_OF_BOUNDS_NO_POE CRYPTO_CONSTRAINTS_FAILURE_NO_POE NO_CERTIFICATE_CHAIN_FOUND_NO_POE".split()
)
# Of a signature that was judged: which heading its sub-indication has.
HEADINGS: Final = {
    "SIG_CONSTRAINTS_FAILURE": "uncovered",
    "NO_CERTIFICATE_CHAIN_FOUND": "no_chain",
    "TRY_LATER": "no_revocation",
    "HASH_FAILURE": "changed",
    "SIG_CRYPTO_FAILURE": "signature",
    "REVOKED": "revoked",
    **dict.fromkeys(NO_TIME, "no_time"),
}
OF_VERDICT: Final = {
    "uncovered": "indeterminate",
    "no_chain": "indeterminate",
    "no_revocation": "indeterminate",
    "no_time": "indeterminate",
    "changed": "invalid",
    "signature": "invalid",
    "revoked": "invalid",
}


@dataclass(frozen=True)
class Told:
    """One document as the page shows it: a kept report with its heading, or why there is none."""

    name: str
    heading: str = ""
    state: str = ""
    kept: KeptReport | None = None
    problem: problems.Problem | None = None

    @property
    def report(self) -> Mapping[str, Any]:
        """Give the report, or nothing."""
        return {} if self.kept is None else self.kept.report

    @property
    def is_test(self) -> bool:
        """Tell whether a test seal is in it, which is said before anything else."""
        return any(each["code"] == "TEST_SEAL" for each in self.report.get("warnings", ()))


@verify_pages.get("/verify")
@open_to_all
def form() -> Response:
    """Show where documents are handed in."""
    return _page("verify.html", error=None)


@verify_pages.post("/verify")
@open_to_all
def verify() -> Response:
    """Verify what was handed in, one document after the other, and show the results."""
    at, verifying, language = clock.now(), parts(Verifying), problems.language()
    request.max_content_length = WHOLE_TIMES * verifying.document_bytes + FORM_BYTES
    request.max_form_memory_size = FORM_BYTES
    handed = [each for each in request.files.getlist(FILE) if each.filename]
    if not handed or len(handed) > MOST_FILES:
        response = _page("verify.html", error="none" if not handed else "too_many")
        response.status_code = 400
        return response
    results = [_one(each, at, language) for each in handed]
    return _private(_page("verify_results.html", results=results, is_fresh=True))


@verify_pages.get("/verify/<verification>")
@open_to_all
def shared(verification: str) -> Response:
    """Show a report that is still kept to whoever was given its address."""
    with parts(Database).reading() as session:
        kept = verifications.fetch(session, verification, clock.now())
    return _private(_page("verify_results.html", results=[_told(kept)], is_fresh=False))


def heading(report: Mapping[str, Any]) -> str:
    """Choose the words over the verdict: what a reader understands in two seconds."""
    verdict = report["verdict"]
    if verdict == "valid":
        partial = any(each["coverage"]["kind"] == "partial" for each in report["signatures"])
        return "passed_notes" if partial else "passed"
    if verdict in {"unsigned", "unreadable"}:
        return str(verdict)
    found = HEADINGS.get(report["sub_indication"] or "", str(verdict))
    if found == "no_chain" and not _is_whole(report):
        return "indeterminate"
    return found if OF_VERDICT.get(found, verdict) == verdict else str(verdict)


def _is_whole(report: Mapping[str, Any]) -> bool:
    """Tell whether all that is missing is trust."""
    return all(each["intact"] and each["cryptographically_valid"] for each in report["signatures"])


def _one(handed: FileStorage, at: datetime, language: Language) -> Told:
    """Verify one document; a refusal concerns this one alone."""
    verifying = parts(Verifying)
    name = verifications.plain_name(handed.filename or "")
    try:
        document = handed.read()
        if not document:
            raise NoDocument("empty")
        if len(document) > verifying.document_bytes:
            raise DocumentTooLarge(verifying.document_bytes)
        told = Handed(document, name)
        kept = public_verification.verified(parts(Database), verifying, parts(Signing), told, ANONYMOUS, at)
        return _told(kept)
    except DomainError as refusal:
        return Told(name, problem=problems.problem(refusal, language, _request_id()))


def _told(kept: KeptReport) -> Told:
    report = kept.report
    return Told(report["document"]["name"], heading(report), STATE_OF[report["verdict"]], kept)


def _page(template: str, **facts: Any) -> Response:
    limit = parts(Verifying).document_bytes
    return layout.page(
        template,
        limit=limit,
        most_files=MOST_FILES,
        whole=WHOLE_TIMES * limit,
        mib=MIB,
        state_of=STATE_OF,
        when=when,
        address=request.host_url.rstrip("/"),
        **facts,
    )


def when(text: str | None) -> str:
    """Write a report's time as pages do; what is no time stands as the document says it."""
    if not text:
        return "—"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return layout.moment(at) if at.tzinfo is not None else text


def _private(response: Response) -> Response:
    response.headers.update(PRIVATE)
    return response


def _request_id() -> str:
    return str(g.get("request_id", ""))
