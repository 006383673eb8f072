"""What came out of a verification as the pages show it: the heading a reader understands, and what is missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Response, g, request
from sqlalchemy import select

from base import clock, problems
from base.db import Database
from base.errors import DomainError
from base.web import parts
from console import layout
from keys import trust_bundle
from keys.certificates import Certificate
from keys.trust_bundle import WORDS
from signing import missing_roots, verifications
from signing.models import Seal
from signing.public_verification import Look
from signing.verification_wiring import Verifying
from signing.verifications import KeptReport
from signing.workers.job import NO_PICTURES, Pictures

# What one visit may bring: the pages of one case. More is work for the API or the command line.
MOST_FILES: Final = 10
# All of it is held in memory at once; twice the largest document.
WHOLE_TIMES: Final = 2
FORM_BYTES: Final = 64 * 1024
# What a form may hold beside files. Files pass through it in pieces of 64 KiB, each behind what the last one left.
FORM_MEMORY: Final = 2 * FORM_BYTES
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
    "not_yet": "warn",
    "review_due": "warn",
    "scanned": "warn",
    "suspended": "warn",
    "renewed": "warn",
    "transferred": "warn",
    "cancelled": "bad",
}
# How a certificate may stand now: words of the verdict's page, and those of the certificate's own page.
SAID_HERE: Final = frozenset("valid frozen changed revoked expired".split())
SAID_THERE: Final = frozenset("not_yet review_due scanned suspended renewed transferred cancelled".split())
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
    look: Look | None = None
    # The roots that are missing here, and those that the reader chose for this look alone.
    missing: tuple[Mapping[str, Any], ...] = ()
    chosen: tuple[Mapping[str, Any], ...] = ()
    # Of a photo, the codes on it and where each leads here; nothing of a photo is judged.
    photo: tuple[tuple[str, str | None], ...] | None = None
    # The seals of this site's own register, which have a page here.
    registered: frozenset[str] = frozenset()

    @classmethod
    def of_photo(cls, name: str, codes: Iterable[tuple[str, str | None]]) -> "Told":
        """Tell what is on a photo that was handed in where a document was asked for."""
        return cls(name, state="unknown", photo=tuple(codes))

    @classmethod
    def of_look(cls, look: Look, heading: str, chosen: tuple[Mapping[str, Any], ...]) -> "Told":
        """Tell what came of a look by a chosen root: never in the colour of what this site vouches for."""
        state = STATE_OF[look.report["verdict"]]
        return cls(
            look.report["document"]["name"], heading, "warn" if state == "ok" else state, look=look, chosen=chosen
        )

    @property
    def report(self) -> Mapping[str, Any]:
        """Give the report, or nothing."""
        found = self.kept or self.look
        return {} if found is None else found.report

    @property
    def pictures(self) -> Pictures:
        """Give what the document looks like, right after verifying."""
        found = self.kept or self.look
        return NO_PICTURES if found is None else found.pictures

    @property
    def is_test(self) -> bool:
        """Tell whether a test seal is in it, which is said before anything else."""
        return any(each["code"] == "TEST_SEAL" for each in self.report.get("warnings", ()))


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


def refused(name: str, refusal: DomainError) -> Told:
    """Tell why one document was not verified."""
    return Told(name, problem=problems.problem(refusal, problems.language(), _request_id()))


def told(kept: KeptReport) -> Told:
    """Tell a kept report as the page shows it, and which roots it lacks."""
    report = kept.report
    return Told(
        report["document"]["name"],
        heading(report),
        STATE_OF[report["verdict"]],
        kept,
        missing=_missing(kept),
        registered=_registered(report),
    )


def _registered(report: Mapping[str, Any]) -> frozenset[str]:
    """Find which of the seals stand in this site's register."""
    named = {str(each["seal"]["id"]) for each in report["signatures"] if each["seal"] is not None}
    if not named:
        return frozenset()
    with parts(Database).reading() as session:
        return frozenset(session.scalars(select(Seal.id).where(Seal.id.in_(sorted(named)))))


def _missing(kept: KeptReport) -> tuple[Mapping[str, Any], ...]:
    """Find which authorities' roots are missing, where nothing else is."""
    if not missing_roots.is_missing(kept.report):
        return ()
    at = clock.now()
    with parts(Database).reading() as session:
        found = missing_roots.of_evidence(verifications.evidence(session, kept.id, at))
    shown = shown_roots((each.certificate for each in found), at)
    return tuple({**one, "is_root": top.is_root, "lacks": top.missing} for one, top in zip(shown, found, strict=True))


def shown_roots(certificates: Iterable[Certificate], at: datetime) -> tuple[Mapping[str, Any], ...]:
    """Give what a person compares before trusting a certificate."""
    column = problems.language() == "en"
    return tuple(
        {
            "certificate": each,
            "sm3": described.fingerprints["sm3"],
            "sha256": described.fingerprints["sha256"],
            "fingerprint": each.sm3.hex(),
            "key": described.key,
            "warnings": [WORDS[one][column] for one in described.warnings],
        }
        for each in certificates
        for described in (trust_bundle.described(each, at),)
    )


def page_of(template: str, **facts: Any) -> Response:
    """Render a page of verification with what all of them need."""
    limit = parts(Verifying).document_bytes
    return layout.page(
        template,
        limit=limit,
        most_files=MOST_FILES,
        whole=WHOLE_TIMES * limit,
        mib=MIB,
        state_of=STATE_OF,
        said_here=SAID_HERE,
        said_there=SAID_THERE,
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


def private(response: Response) -> Response:
    """Keep an answer out of every cache and index."""
    response.headers.update(PRIVATE)
    return response


def _request_id() -> str:
    return str(g.get("request_id", ""))
