"""The one sentence that a clerk reads: which sentence a report gets, and what it names."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

from signing import check_codes, verdicts
from signing.check_codes import Words
from signing.report import Outcome, Report, SignatureReport, Verdict

# Names in certificates are long; a sentence shows the part that names the holder.
NAME_LIMIT: Final = 60
_UNTRUSTED: Final = "SIGNER_CERT_UNTRUSTED"


@functools.cache
def sentences() -> Mapping[str, Words]:
    """Give the sentences by name."""
    text = resources.files("signing").joinpath("summaries.toml").read_text(encoding="utf-8")
    return {name: Words(**words) for name, words in tomllib.loads(text).items()}


def summary(report: Report) -> Words:
    """Say in one sentence what came out."""
    if report.verdict is Verdict.UNSIGNED:
        return sentences()["unsigned"]
    if report.verdict is Verdict.UNREADABLE:
        return _filled("unreadable", detail=_first_words(report))
    if report.verdict is Verdict.VALID:
        return _valid(report)
    return _not_valid(report)


def common_name(subject: str) -> str:
    """Give the common name out of a written name, or the name as it stands."""
    named = [part.removeprefix("CN=") for part in subject.split(", ") if part.startswith("CN=")]
    return (named[-1] if named else subject)[:NAME_LIMIT]


def _valid(report: Report) -> Words:
    if any(each.code == "TEST_SEAL" for each in report.warnings):
        return sentences()["valid-test"]
    if len(report.signatures) > 1:
        return _filled("valid-many", count=len(report.signatures))
    only = report.signatures[0]
    kind = sentences()[f"kind-{only.kind}"]
    who = only.seal.name if only.seal is not None else common_name(only.signer.subject) if only.signer else "—"
    named = sentences()["valid-one"]
    return Words(
        named.told({"kind": kind.zh, "signer": who}).zh,
        named.told({"kind": kind.en, "signer": who}).en,
    )


def _not_valid(report: Report) -> Words:
    bad = [each for each in report.signatures if each.verdict is report.verdict]
    telling = min(bad, key=lambda each: verdicts.rank(each.sub_indication or ""))
    name = _of_trust(telling)
    if name is not None:
        return _filled(name, issuer=common_name(telling.signer.issuer) if telling.signer else "—")
    check = verdicts.decisive(telling.checks, telling.sub_indication)
    detail = check_codes.told(check) if check is not None else Words("—", "—")
    many = len(report.signatures) > 1
    sentence = sentences()[f"{report.verdict.value}-{'many' if many else 'one'}"]
    facts = {"count": len(report.signatures), "bad": len(bad)}
    return Words(
        sentence.told({**facts, "detail": detail.zh}).zh,
        sentence.told({**facts, "detail": detail.en}).en,
    )


def _of_trust(report: SignatureReport) -> str | None:
    """Name the sentence for what is whole and right and only not trusted: the newcomer's own file."""
    if report.sub_indication != "NO_CERTIFICATE_CHAIN_FOUND" or not (report.intact and report.cryptographically_valid):
        return None
    outcomes = {each.outcome for each in report.checks if each.code == _UNTRUSTED}
    if Outcome.NOT_CHECKED in outcomes:
        return "no-anchors"
    return "root-not-imported" if Outcome.FAILED in outcomes else None


def _first_words(report: Report) -> Words:
    return check_codes.told(report.warnings[0]) if report.warnings else Words("—", "—")


def _filled(name: str, detail: Words | None = None, **facts: str | int) -> Words:
    sentence = sentences()[name]
    if detail is None:
        return sentence.told(facts)
    return Words(sentence.told({**facts, "detail": detail.zh}).zh, sentence.told({**facts, "detail": detail.en}).en)
