"""A document, a `Trust`, a policy and a moment in; a `Report` out. Nothing is read, fetched or remembered beside them.

 1. By content, which format is it? None: unreadable.
 2. The format finds the signatures, or the document is unreadable; none of them: unsigned.
 3. Time stamps of the document itself are judged first, the last one first: each proves when all before it were there.
 4. Every signature is judged (`signing.judging`), up to a limit; those over it are told as not judged.
 5. A signature that rests on another (`Relative`, GM/T 0099) is no better than that one.
 6. The document is as good as its worst signature; what each carries for later is told (`signing.levels`). What one of
    them states of a certificate is told where that one is valid, in the name of its signer, as is of which certificate
    the document says to be (`signing.stated`).

Whatever the bytes, the answer is a report. What is the caller's: limits of time and memory (a process of its own for
bytes from outside), the present status of the e-certificate, and to keep what it has to keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.budget import BUDGET, Budget
from keys.certificates import Certificate
from keys.trust import Trust
from signing import check_codes, levels, stated, verdicts
from signing.errors import UnreadableDocument
from signing.formats import VERIFIED
from signing.formats.format import Format, FoundDocument, FoundSignature, Told
from signing.judging import UNFORESEEN, Judged, judge, reported
from signing.policy import Policy
from signing.report import (
    CertificateStatus,
    Check,
    DocumentFacts,
    Outcome,
    Report,
    SignatureReport,
    Verdict,
    failed,
    passed,
    warned,
)
from signing.seal_standing import NO_WORDS, SealWords
from signing.standing import Searches
from signing.summaries import common_name

# A joint document of a dozen organs has a dozen seals, each on every page perhaps; a hundred are an attack or a fault.
SIGNATURES_LIMIT: Final = 100


@dataclass(frozen=True)
class Examination:
    """A report and what it rests on, for whoever keeps evidence."""

    report: Report
    judged: tuple[Judged, ...] = ()
    policy: Policy | None = None
    words: SealWords = field(default_factory=dict)

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Give every certificate that came with the document."""
        return tuple(dict.fromkeys(each for one in self.judged for each in one.certificates))

    @property
    def tokens(self) -> tuple[bytes, ...]:
        """Give every time stamp that came with the document."""
        return tuple(dict.fromkeys(each for one in self.judged for each in one.tokens))


def verify(
    document: bytes,
    name: str,
    trust: Trust,
    policy: Policy,
    at: datetime,
    formats: Mapping[str, Format] = VERIFIED,
    words: SealWords = NO_WORDS,
) -> Report:
    """Verify a document; never raises, whatever the bytes are."""
    return examine(document, name, trust, policy, at, formats, words=words).report


def examine(
    document: bytes,
    name: str,
    trust: Trust,
    policy: Policy,
    at: datetime,
    formats: Mapping[str, Format] = VERIFIED,
    budget: Budget = BUDGET,
    words: SealWords = NO_WORDS,
) -> Examination:
    """Verify a document and give what the report rests on; never raises, whatever the bytes are.

    `words` is what registers say of seals, by their codes; a seal of which there is none is judged without.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    facts = DocumentFacts(name, None, len(document), SM3.of(document).hex(), SHA256.of(document).hex())
    empty = Report(
        Verdict.UNREADABLE,
        None,
        facts,
        policy.name,
        policy.version,
        at,
        len(trust.anchors),
        trust.digest.hex(),
        (),
        (),
    )
    # 1. which format
    chosen = next((each for each in formats.values() if _recognises(each, document)), None)
    if chosen is None:
        return Examination(replace(empty, warnings=(warned("FORMAT_UNKNOWN"),)))
    known = replace(empty, document=replace(facts, format=chosen.name))
    # 2. the signatures
    found = _read(chosen, document)
    if isinstance(found, Check):
        return Examination(replace(known, sub_indication="FORMAT_FAILURE", warnings=(found,)))
    if not found.signatures:
        warnings = (*found.warnings, warned("NOT_SIGNED"))
        return Examination(replace(known, verdict=Verdict.UNSIGNED, warnings=_once(warnings)))
    # 3., 4. each of them
    judged = _all(found.signatures, trust, policy, at, budget, words)
    # 5. those that rest on others
    reports = _with_bases(found.signatures, tuple(each.report for each in judged))
    reports = levels.told(found.signatures, judged, reports)
    # 6. the worst
    verdict = verdicts.worst(each.verdict for each in reports)
    report = replace(
        known,
        verdict=verdict,
        sub_indication=_worst_sub_indication(reports, verdict),
        signatures=reports,
        warnings=_once((*found.warnings, *stated.warnings(found, reports), *_of_signatures(judged))),
        certificate=_told(found.told, reports) or stated.stated(found.signatures, reports),
    )
    return Examination(report, judged, policy, words)


def _recognises(chosen: Format, document: bytes) -> bool:
    try:
        return chosen.recognises(document)
    except UNFORESEEN:
        return False


def _read(chosen: Format, document: bytes) -> FoundDocument | Check:
    try:
        return chosen.read(document)
    except UnreadableDocument as error:
        return _unreadable(error)
    except UNFORESEEN as error:
        return warned("DOCUMENT_UNREADABLE", reason=f"unforeseen-{type(error).__name__}", format=chosen.name)


def _unreadable(error: UnreadableDocument) -> Check:
    """Say why: a format names its reasons by codes of its own where it has words for them."""
    known = check_codes.codes().get(error.reason)
    if known is None:
        return warned("DOCUMENT_UNREADABLE", error.subject, reason=error.reason, format=error.format)
    return Check(error.reason, Outcome.FAILED if Outcome.FAILED in known.words else Outcome.WARNING, error.subject)


def _all(
    signatures: tuple[FoundSignature, ...],
    trust: Trust,
    policy: Policy,
    at: datetime,
    budget: Budget,
    words: SealWords,
) -> tuple[Judged, ...]:
    """Carry out steps 3 and 4."""
    searches = Searches(trust, budget)
    found: dict[int, Judged] = {}
    proven: datetime | None = None
    for place in range(len(signatures) - 1, -1, -1):
        each = signatures[place]
        if place >= SIGNATURES_LIMIT:
            found[place] = _not_judged(each, len(signatures))
            continue
        found[place] = judge(each, policy, at, searches, proven, words)
        if found[place].proves is not None:
            proven = found[place].proves
    return tuple(found[place] for place in range(len(signatures)))


def _not_judged(found: FoundSignature, count: int) -> Judged:
    check = failed("TOO_MANY_SIGNATURES", count=count, limit=SIGNATURES_LIMIT)
    return Judged(reported(found, "unknown", found.declared_kind or "signature", (*found.checks, check)))


def _with_bases(
    signatures: tuple[FoundSignature, ...], reports: tuple[SignatureReport, ...]
) -> tuple[SignatureReport, ...]:
    """Carry out step 5: a base is looked up by its id; one that leads back to where it came from is no base."""
    by_id = {each.id: place for place, each in reversed(list(enumerate(signatures)))}
    settled: dict[int, SignatureReport] = {}

    def settle(place: int, waiting: frozenset[int]) -> SignatureReport:
        if place not in settled:
            base = signatures[place].base
            settled[place] = (
                reports[place] if base is None else _rechecked(reports[place], check(place, base, waiting | {place}))
            )
        return settled[place]

    def check(place: int, base: str, waiting: frozenset[int]) -> Check:
        other = by_id.get(base)
        if other is None or other in waiting or other == place:
            return failed("BASE_SIGNATURE_MISSING", base=base)
        below = settle(other, waiting)
        if below.verdict is Verdict.VALID:
            return passed("BASE_SIGNATURE_INVALID", base=base)
        return failed("BASE_SIGNATURE_INVALID", base=base, verdict=below.verdict.value)

    return tuple(settle(place, frozenset()) for place in range(len(signatures)))


def _told(told: Told | None, reports: tuple[SignatureReport, ...]) -> CertificateStatus | None:
    """Tell how a certificate stood, by the word of a valid signature and in its signer's name."""
    by = None if told is None else next((each for each in reports if each.id == told.by), None)
    if told is None or by is None or by.verdict is not Verdict.VALID or by.signer is None:
        return None
    return replace(told.certificate, source=f"{told.by}: {common_name(by.signer.subject)}")


def _rechecked(report: SignatureReport, check: Check) -> SignatureReport:
    judgement = verdicts.judged(report.kind, (*report.checks, check))
    return replace(
        report,
        verdict=judgement.verdict,
        sub_indication=judgement.sub_indication,
        intact=judgement.intact,
        cryptographically_valid=judgement.cryptographically_valid,
        trusted=judgement.trusted,
        checks=judgement.checks,
    )


def _worst_sub_indication(reports: tuple[SignatureReport, ...], verdict: Verdict) -> str | None:
    said = [each.sub_indication for each in reports if each.verdict is verdict and each.sub_indication is not None]
    return min(said, key=verdicts.rank, default=None)


def _of_signatures(judged: tuple[Judged, ...]) -> list[Check]:
    """Give what a reader of the whole document has to know besides the verdict."""
    warnings = [warned("TEST_SEAL")] if any(each.is_test for each in judged) else []
    codes = {check.code for each in judged for check in each.report.checks if check.outcome is Outcome.NOT_CHECKED}
    return [*warnings, *([warned("REVOCATION_NO_SOURCE")] if "REVOCATION_NO_SOURCE" in codes else [])]


def _once(warnings: tuple[Check, ...]) -> tuple[Check, ...]:
    found: list[Check] = []
    for each in warnings:
        if each not in found:
            found.append(each)
    return tuple(found)
