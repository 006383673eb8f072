"""A verification report of a finished file: is it good enough to be taken in, and who sealed it.

1. Unreadable and unsigned files say so.
2. What is visible, or carries the metadata, and is not protected makes a file *half covered*, whatever else is right:
   the verdict of such a file is `indeterminate`, and this is the more telling reason.
3. `invalid` is forged. `indeterminate` is not decided, and taken in only where the type says so.

Nothing is verified here; the report is signing's own (`signing.verification`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from certs.deposits.errors import (
    DepositForged,
    DepositHalfCovered,
    DepositUndecided,
    DepositUnreadable,
    DepositUnsigned,
)
from certs.types.certificate_type import CertificateType
from signing.check_codes import codes
from signing.report import Verdict

COVERAGE: Final = "COVERAGE_PARTIAL"
# 统一社会信用代码 in a certificate's subject, as `keys.names` writes it: what is inside a value is escaped.
IN_SUBJECT: Final = re.compile(
    r"(?:\A|, |\+)(?:organizationIdentifier|serialNumber|OU)=(?:[A-Z]{0,8}[:\-])?([0-9A-HJ-NPQRTUWXY]{18})(?=\Z|, |\+)"
)


@dataclass(frozen=True)
class Sealing:
    """A seal or signature of a file, as far as it tells whose it is."""

    seal: str
    serial: str
    authority: str
    # The credit code in the signer's subject, where there is one.
    code: str


def require_fit(report: Mapping[str, Any], type_: CertificateType, carrier: str) -> None:
    """Let a file pass that may be taken in; `carrier` is the part that its metadata stand in.

    Raises `DepositUnreadable`, `DepositUnsigned`, `DepositHalfCovered`, `DepositForged`, `DepositUndecided`.
    """
    verdict = Verdict(report["verdict"])
    if verdict is Verdict.UNREADABLE:
        raise DepositUnreadable(next((each["code"] for each in report["warnings"]), ""))
    if verdict is Verdict.UNSIGNED:
        raise DepositUnsigned
    if verdict is Verdict.INVALID:
        raise DepositForged(report["sub_indication"] or "", _failed(report, Verdict.INVALID))
    uncovered = _uncovered(report, carrier)
    if uncovered:
        raise DepositHalfCovered(len(uncovered), uncovered[0])
    if verdict is Verdict.INDETERMINATE and not type_.takes_undecided:
        raise DepositUndecided(report["sub_indication"] or "", _failed(report, Verdict.INDETERMINATE))


def sealings(report: Mapping[str, Any]) -> Iterator[Sealing]:
    """Go through the seals and signatures of a file."""
    for each in report["signatures"]:
        signer, seal = each["signer"] or {}, each["seal"] or {}
        found = IN_SUBJECT.search(signer.get("subject", ""))
        yield Sealing(seal.get("id", ""), signer.get("serial", ""), signer.get("issuer", ""), found[1] if found else "")


def _uncovered(report: Mapping[str, Any], carrier: str) -> list[str]:
    """Tell what counts and no seal protects: the visible where the report says so, and the part with the metadata."""
    signatures = report["signatures"]
    for each in signatures:
        if any(check["code"] == COVERAGE and check["outcome"] == "failed" for check in each["checks"]):
            return list(each["coverage"]["uncovered"]) or [COVERAGE]
    if carrier and all(carrier in each["coverage"]["uncovered"] for each in signatures):
        return [carrier]
    return []


def _failed(report: Mapping[str, Any], verdict: Verdict) -> str:
    """Name the check that made the verdict: the first whose failure means what the report says in sum."""
    checks = [check for each in report["signatures"] if each["verdict"] == verdict for check in each["checks"]]
    wrong = [each["code"] for each in checks if each["outcome"] in {"failed", "not_checked"}]
    meant = (each for each in wrong if report["sub_indication"] in _meanings(each))
    return next(meant, wrong[0] if wrong else "")


def _meanings(code: str) -> tuple[str | None, ...]:
    known = codes()[code]
    return known.sub_indication, known.unchecked
