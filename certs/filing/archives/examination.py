"""The check of the four properties (四性检测): bytes, trust, policy and a moment in; a report out. Pure.

1. Safety (安全): the package opens within the limits of the gate, every name is one that an archive may have, and
   nothing in it acts by itself.
2. Integrity (完整): the one form; the manifest's entries and the package's are the same, byte for byte, none missing,
   none extra; the steps of the case follow one another; the ledger's head is rightly signed and each entry proven.
3. Authenticity (真实): the manifest's signature, the time stamp over it, and the seals of all that organs sealed.
4. Usability (可用): every file opens in its format. What the applicant handed in and does not open is a finding, since
   it lies in the file as it came; what the house wrote must open.

All four are told, whatever the first says, as far as they can be. An archive is valid where all passed, invalid where
one failed, and else not decided; never raises, whatever the bytes are. Whose signature it is, is told and not judged:
anybody whom the trust lets sign documents can make archives, and who it should be is for the reader to see.
"""

import enum
import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any, Final

from base import ledger
from base.canonical import Json
from base.clock import rfc3339
from base.errors import DomainError
from certs.filing.archives import contents
from certs.filing.archives.document import MANIFEST_SIGNED, SEALED, STAMPED, Opened, form_of
from certs.filing.archives.manifest import Manifest
from certs.filing.archives.package import (
    AHEAD,
    CHECKPOINT,
    MIMETYPE,
    NAME,
    SIGNATURE,
    TIME_STAMP,
    Package,
    is_plain,
    opened,
    recognises,
)
from keys.algorithms.sm3 import SM3
from keys.checkpoints import head as heads
from keys.checkpoints.head import Head, NoteKey
from keys.trust import Trust
from signing.errors import UnreadableDocument
from signing.formats.evidence.members import canonical_object
from signing.formats.ofd.errors import shown
from signing.judging import UNFORESEEN
from signing.policy import Policy
from signing.report import Outcome, Report, SignatureReport, Verdict
from signing.summaries import common_name
from signing.verification import examine

STEPS: Final = "case/steps.json"
# What applicants handed in, and what organs replied: theirs, as it came.
HANDED_IN: Final = ("materials", "undertakings")
# A path has a hash for each level of the ledger's tree.
LONGEST_PATH: Final = 63
_PROOF: Final = frozenset({"kind", "index", "size", "root", "entry", "path"})
# Told one by one up to so many; a package of ten thousand faults needs no more to be refused.
MOST_TOLD: Final = 100
_WORST_FIRST: Final = (Outcome.FAILED, Outcome.NOT_CHECKED, Outcome.WARNING, Outcome.PASSED)


class Property(enum.StrEnum):
    """The four, in the order in which they are told."""

    AUTHENTICITY = "authenticity"
    INTEGRITY = "integrity"
    USABILITY = "usability"
    SAFETY = "safety"


NAMES: Final[Mapping[Property, tuple[str, str]]] = {
    Property.AUTHENTICITY: ("真实性", "authenticity"),
    Property.INTEGRITY: ("完整性", "integrity"),
    Property.USABILITY: ("可用性", "usability"),
    Property.SAFETY: ("安全性", "safety"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: the code of its words, how it ended, at what, with which facts."""

    code: str
    outcome: Outcome
    subject: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, str]:
        """Give its words in both languages."""
        told = _words()[self.code]
        return {language: told[language].format_map(self.facts) for language in ("zh", "en")}


@dataclass(frozen=True)
class FourProperties:
    """The report."""

    verdict: Verdict
    name: str
    bytes: int
    sm3: str
    verified_at: datetime
    manifest: Manifest | None
    findings: Mapping[Property, tuple[Finding, ...]]
    signatures: tuple[SignatureReport, ...] = ()

    def outcome(self, of: Property) -> Outcome:
        """Tell how a property ended: the worst of what was found."""
        found = {each.outcome for each in self.findings.get(of, ())}
        if not found:
            return Outcome.NOT_CHECKED
        return next(each for each in _WORST_FIRST if each in found)

    @property
    def count(self) -> int:
        """Count what is not as it should be, however little it matters."""
        return sum(each.outcome is not Outcome.PASSED for found in self.findings.values() for each in found)


def examined(data: bytes, name: str, trust: Trust, policy: Policy, at: datetime) -> FourProperties:
    """Check an archive; never raises, whatever the bytes are."""
    base = (name, len(data), SM3.of(data).hex(), at)
    try:
        package = opened(data)
    except UnreadableDocument as refusal:
        return _unreadable(base, refusal.reason, refusal.subject)
    except UNFORESEEN as fault:
        return _unreadable(base, f"unforeseen-{type(fault).__name__}", "")
    if not recognises(data) and MIMETYPE not in package.files and package.manifest is None:
        return _unreadable(base, "not-an-archive", "")
    found = examine(data, name, trust, policy, at, {NAME: Opened(package)})
    findings = {
        Property.AUTHENTICITY: _bounded(_authenticity(package, found.report)),
        Property.INTEGRITY: _bounded(_integrity(package)),
        Property.USABILITY: _bounded(_usability(package)),
        Property.SAFETY: _bounded(_safety(package)),
    }
    told = FourProperties(Verdict.VALID, *base, package.manifest, findings, found.report.signatures)
    return FourProperties(_verdict(told, package), *base, package.manifest, findings, found.report.signatures)


def dump(told: FourProperties) -> dict[str, Json]:
    """Write a report as JSON."""
    case = None if told.manifest is None else dict(vars(told.manifest.case))
    kept = None if told.manifest is None else dict(vars(told.manifest.kept))
    made: dict[str, Json] | None = (
        None if told.manifest is None else {"id": told.manifest.id, "version": told.manifest.version}
    )
    return {
        "verdict": told.verdict.value,
        "document": {"name": told.name, "format": NAME, "bytes": told.bytes, "sm3": told.sm3},
        "verified_at": rfc3339(told.verified_at),
        "archive": made and {**made, "made_at": rfc3339(told.manifest.made_at) if told.manifest else ""},
        "case": case,
        "retention": kept,
        "properties": {
            each.value: {
                "outcome": told.outcome(each).value,
                "checks": [
                    {"code": one.code, "outcome": one.outcome.value, "subject": one.subject, "detail": dict(one.words)}
                    for one in told.findings.get(each, ())
                ],
            }
            for each in Property
        },
        "signatures": [
            {
                "id": each.id,
                "verdict": each.verdict.value,
                "signer": None if each.signer is None else each.signer.subject,
                "sub_indication": each.sub_indication,
                "proven": rfc3339(each.signed_at.proven) if each.signed_at.proven else None,
            }
            for each in told.signatures
        ],
        "left_out": [] if told.manifest is None else [dict(vars(each)) for each in told.manifest.left_out],
    }


def _verdict(told: FourProperties, package: Package) -> Verdict:
    outcomes = {told.outcome(each) for each in Property}
    if SIGNATURE not in package.files and told.outcome(Property.INTEGRITY) is not Outcome.FAILED:
        return Verdict.UNSIGNED
    if Outcome.FAILED in outcomes:
        return Verdict.INVALID
    return Verdict.INDETERMINATE if Outcome.NOT_CHECKED in outcomes else Verdict.VALID


def _unreadable(base: tuple[str, int, str, datetime], reason: str, subject: str) -> FourProperties:
    finding = Finding("ARCHIVE_UNREADABLE", Outcome.FAILED, shown(subject), {"reason": shown(reason)})
    return FourProperties(Verdict.UNREADABLE, *base, None, {Property.SAFETY: (finding,)})


# --- safety -------------------------------------------------------------------------------------------------------


def _safety(package: Package) -> Iterator[Finding]:
    yield Finding("ARCHIVE_LIMITS", Outcome.PASSED)
    odd = [name for name in package.files if not is_plain(name)]
    for name in odd:
        yield Finding("ARCHIVE_NAME", Outcome.FAILED, shown(name))
    if not odd:
        yield Finding("ARCHIVE_NAMES", Outcome.PASSED, facts={"count": len(package.files)})
    acting = False
    for name, content in package.files.items():
        if what := contents.activity(content):
            acting = True
            yield Finding("ARCHIVE_ACTIVE", Outcome.FAILED, shown(name), {"what": shown(what)})
    if not acting:
        yield Finding("ARCHIVE_PASSIVE", Outcome.PASSED, facts={"count": len(package.files)})


# --- integrity ----------------------------------------------------------------------------------------------------


def _integrity(package: Package) -> Iterator[Finding]:
    code, outcome = ("ARCHIVE_FORM", Outcome.PASSED) if package.is_the_form else ("ARCHIVE_FORM_OTHER", Outcome.FAILED)
    yield Finding(code, outcome)
    manifest = package.manifest
    if manifest is None:
        yield Finding("ARCHIVE_MANIFEST_FAULTY", Outcome.FAILED)
        return
    yield Finding("ARCHIVE_MANIFEST", Outcome.PASSED, facts={"count": len(manifest.entries)})
    wrong = [*_entries(package, manifest)]
    yield from wrong
    if not wrong:
        yield Finding("ARCHIVE_ENTRIES", Outcome.PASSED, facts={"count": len(manifest.entries)})
    yield _steps(package, manifest)
    yield from _ledger(package, manifest)


def _entries(package: Package, manifest: Manifest) -> Iterator[Finding]:
    named = manifest.by_name
    if len(named) != len(manifest.entries):
        yield Finding("ARCHIVE_MANIFEST_FAULTY", Outcome.FAILED)
    for name, entry in named.items():
        content = package.files.get(name)
        if content is None:
            yield Finding("ARCHIVE_MISSING", Outcome.FAILED, shown(name))
        elif (len(content), SM3.of(content).hex()) != (entry.bytes, entry.sm3):
            yield Finding("ARCHIVE_ALTERED", Outcome.FAILED, shown(name))
    for name in package.files:
        if name not in named and name not in AHEAD:
            yield Finding("ARCHIVE_EXTRA", Outcome.FAILED, shown(name))


def _steps(package: Package, manifest: Manifest) -> Finding:
    told: Any = canonical_object(package.files.get(STEPS, b"")) or {}
    steps = told.get("items")
    numbers = [each.get("sequence") for each in steps if isinstance(each, dict)] if isinstance(steps, list) else []
    if numbers != list(range(1, manifest.case.steps + 1)):
        return Finding("ARCHIVE_STEPS_BROKEN", Outcome.FAILED, STEPS)
    return Finding("ARCHIVE_STEPS", Outcome.PASSED, STEPS, {"count": len(numbers)})


def _ledger(package: Package, manifest: Manifest) -> Iterator[Finding]:
    head = _head(package, manifest)
    if head is None:
        yield Finding("ARCHIVE_LEDGER_HEAD_WRONG", Outcome.FAILED, CHECKPOINT)
        return
    yield Finding("ARCHIVE_LEDGER_HEAD", Outcome.PASSED, CHECKPOINT)
    proofs = [name for name in package.files if name.startswith("ledger/") and name.endswith(".json")]
    wrong = [name for name in proofs if not _is_proven(package.files[name], head)]
    for name in wrong:
        yield Finding("ARCHIVE_LEDGER_PROOF_WRONG", Outcome.FAILED, shown(name))
    if not wrong:
        yield Finding("ARCHIVE_LEDGER_PROOFS", Outcome.PASSED, facts={"count": len(proofs)})


def _head(package: Package, manifest: Manifest) -> Head | None:
    told = manifest.ledger
    try:
        key = NoteKey.of_text(told.key)
        head = heads.verified(package.files.get(CHECKPOINT, b""), told.origin, (key,)).head
    except DomainError:
        return None
    return head if (head.size, head.root.hex()) == (told.size, told.root) else None


def _is_proven(content: bytes, head: Head) -> bool:
    told: Any = canonical_object(content)
    if told is None or told.keys() != _PROOF or (told["size"], told["root"]) != (head.size, head.root.hex()):
        return False
    try:
        entry = told["entry"].encode()
        path = tuple(bytes.fromhex(each) for each in told["path"])
        if len(path) > LONGEST_PATH or type(told["index"]) is not int:
            return False
        return ledger.proves_inclusion(ledger.leaf_hash(entry), told["index"], head.size, path, head.root)
    except (AttributeError, TypeError, ValueError):
        return False


# --- authenticity -------------------------------------------------------------------------------------------------


def _authenticity(package: Package, report: Report) -> Iterator[Finding]:
    by_id = {each.id: each for each in report.signatures}
    if MANIFEST_SIGNED not in by_id:
        yield Finding("ARCHIVE_UNSIGNED", Outcome.FAILED)
    if TIME_STAMP not in package.files or STAMPED not in by_id:
        yield Finding("ARCHIVE_NO_TIME_STAMP", Outcome.WARNING)
    for each in report.signatures:
        yield _signature(each)
    for name in package.files:
        if form_of(name) is not None and not any(each.startswith(f"{name}#") for each in by_id):
            yield Finding("ARCHIVE_SEAL_MISSING", Outcome.FAILED, shown(name))


def _signature(each: SignatureReport) -> Finding:
    who = "" if each.signer is None else common_name(each.signer.subject)
    why = each.sub_indication or each.verdict.value
    if each.verdict is Verdict.VALID:
        return Finding("ARCHIVE_SIGNATURE", Outcome.PASSED, shown(each.id), {"who": shown(who)})
    if each.verdict is Verdict.INVALID:
        return Finding("ARCHIVE_SIGNATURE_INVALID", Outcome.FAILED, shown(each.id), {"why": why})
    return Finding("ARCHIVE_SIGNATURE_UNDECIDED", Outcome.NOT_CHECKED, shown(each.id), {"why": why})


# --- usability ----------------------------------------------------------------------------------------------------


def _usability(package: Package) -> Iterator[Finding]:
    named = {} if package.manifest is None else package.manifest.by_name
    wrong: list[Finding] = []
    count = 0
    for name, content in package.files.items():
        if name in AHEAD:
            continue
        count += 1
        entry = named.get(name)
        kind = entry.media_type if entry is not None else contents.media_type(content)
        wrong.extend(_opening(name, content, kind, "" if entry is None else entry.title))
    yield from wrong
    if not wrong:
        yield Finding("ARCHIVE_OPENS", Outcome.PASSED, facts={"count": count})


def _opening(name: str, content: bytes, kind: str, title: str) -> Iterator[Finding]:
    is_theirs = name.partition("/")[0] in HANDED_IN
    opens = contents.opens(content, kind)
    if opens is None and name.partition("/")[0] in (*SEALED, *HANDED_IN):
        yield Finding("ARCHIVE_KIND_UNKNOWN", Outcome.WARNING, shown(name))
    elif opens is False:
        outcome = Outcome.WARNING if is_theirs else Outcome.FAILED
        yield Finding("ARCHIVE_DOES_NOT_OPEN", outcome, shown(name), {"kind": shown(kind)})
    elif is_theirs and _is_misnamed(title, kind):
        yield Finding("ARCHIVE_KIND_DIFFERS", Outcome.WARNING, shown(name), {"title": shown(title), "kind": kind})


def _is_misnamed(title: str, kind: str) -> bool:
    ending = title.rpartition(".")[2].lower()
    expected = {"pdf": contents.PDF, "ofd": contents.OFD, "png": contents.PNG, "jpg": contents.JPEG}.get(ending)
    return expected is not None and expected != kind


def _bounded(found: Iterator[Finding]) -> tuple[Finding, ...]:
    """Keep so many, the worst first where there are more; so none that counts is lost."""
    kept = list(found)
    if len(kept) > MOST_TOLD:
        kept.sort(key=lambda each: _WORST_FIRST.index(each.outcome))
    return tuple(kept[:MOST_TOLD])


@functools.cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("certs.filing.archives").joinpath("checks.toml").read_text("utf-8")
    return tomllib.loads(text)


def codes() -> Sequence[str]:
    """Give every code that a check can have."""
    return tuple(_words())
