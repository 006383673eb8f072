"""What the stories of verification share: a signature in a document, judged; and which checks ended how."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from keys.budget import BUDGET
from keys.trust import Trust
from signing.formats.format import FoundSignature
from signing.judging import judge
from signing.policy import DEFAULT, Policy
from signing.report import Outcome, SignatureReport, Verdict
from signing.standing import Searches
from tests.builders import seals
from tests.builders.pki import AT


def judged(
    found: FoundSignature | bytes | None, trust: Trust | None = None, policy: Policy = DEFAULT, at: datetime = AT
) -> SignatureReport:
    """Judge a signature where a document has it, with the usual root trusted."""
    if not isinstance(found, FoundSignature):
        found = seals.found(found)
    searches = Searches(seals.usual().trust() if trust is None else trust, BUDGET)
    return judge(found, policy, at, searches).report


def value(version: int = 4, seal: Mapping[str, Any] | None = None, **peculiar: Any) -> bytes:
    return seals.value(version, seal, **peculiar)


def ended(report: SignatureReport, outcome: Outcome) -> list[str]:
    """Give the codes of the checks that ended so, in order and once."""
    return list(dict.fromkeys(each.code for each in report.checks if each.outcome is outcome))


def failures(report: SignatureReport) -> list[str]:
    return ended(report, Outcome.FAILED)


def warnings(report: SignatureReport) -> list[str]:
    return ended(report, Outcome.WARNING)


def is_invalid(report: SignatureReport, sub_indication: str, codes: Iterable[str]) -> None:
    """Insist on a verdict, its sub-indication and exactly these failures."""
    assert (report.verdict, report.sub_indication, failures(report)) == (Verdict.INVALID, sub_indication, [*codes])


def is_indeterminate(report: SignatureReport, sub_indication: str, codes: Iterable[str]) -> None:
    told = (report.verdict, report.sub_indication, failures(report))
    assert told == (Verdict.INDETERMINATE, sub_indication, [*codes])


def is_valid(report: SignatureReport) -> None:
    assert (report.verdict, report.sub_indication, failures(report)) == (Verdict.VALID, None, [])
    assert (report.intact, report.cryptographically_valid, report.trusted) == (True, True, True)
