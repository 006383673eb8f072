"""Makes a signed PDF last: evidence kept in the document (B-LT), and a time stamp over it all (B-LTA).

1. The document is verified; whatever its signatures rest on is known from that: every certificate between a signer or
   a time-stamp authority and its anchor.
2. For each of them evidence is needed that was made after the signature was proven to be there: an answer that the
   caller's `ask` gives, else a list or answer of what is trusted. Older evidence would say *good* now and nothing
   later (EN 319 102-1 5.2.5: what was known before the signing does not speak for it).
3. Certificates, lists and answers go into the document security store (EN 319 142-1 5.4.2). No /VRI: the standard
   advises against it, and our reader and others find what they need by name.
4. For B-LTA a document time stamp follows (5.4.3).

Pure but for what the caller hands in: `ask` may reach a responder, `stamp` an authority. Nothing here is a verdict; the
caller verifies what comes out like every other document, at `Lasting.at` or later.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from base.errors import DomainError
from keys import algorithms
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.chain import Demand
from keys.cms.signed_data import SignedData
from keys.errors import VerifyingUnavailable
from keys.ocsp import OcspAnswer
from keys.revocation import Evidence, Good, status
from keys.trust import Trust
from keys.trust_errors import BudgetExhausted, MalformedOcspAnswer, OcspRefused
from signing.formats.format import Wanted, joined
from signing.formats.pdf.document import Pdf
from signing.judging import Judged
from signing.levels import Level
from signing.long_term_errors import LevelNotPossible, LongTermEvidenceMissing
from signing.policy import Policy
from signing.replay import needed
from signing.verification import Examination, examine

# A token with its chain has some 6 KB.
ROOM_FOR_TIME_STAMP: Final = 12 * 1024
# There is evidence, and it was made before the signature was there.
OLDER: Final = "older-than-the-signature"
# Gives an OCSPResponse about a certificate by its issuer, or None where nobody can be asked.
Ask = Callable[[Certificate, Certificate], bytes | None]
# Gives a time-stamp token over the bytes.
Stamp = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Lasting:
    """A document made to last, and the moment from which all that it keeps is known."""

    document: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Material:
    """What goes into the store, in DER."""

    certificates: tuple[bytes, ...] = field(repr=False)
    lists: tuple[bytes, ...] = field(repr=False)
    answers: tuple[bytes, ...] = field(repr=False)


def nobody(certificate: Certificate, issuer: Certificate) -> None:
    """Ask nobody: what is trusted has to have the evidence."""
    del certificate, issuer


def extended(
    document: bytes, level: Level, stamp: Stamp | None, trust: Trust, policy: Policy, at: datetime, ask: Ask = nobody
) -> Lasting:
    """Bring the newest signature of a signed PDF to a level; a document that has it already gets fresh evidence.

    Raises `LevelNotPossible`, `LongTermEvidenceMissing`, `CannotSign`, `ValueDoesNotFit`, and
    what `ask` and `stamp` raise.
    """
    form = Pdf()
    if not form.recognises(document):
        raise LevelNotPossible(level.value, "not-a-pdf")
    if level is Level.B_LTA and stamp is None:
        raise LevelNotPossible(level.value, "no-time-stamp-authority")
    if level.keeps_material:
        # Revocation is what is about to be asked for; a time stamp must not wait for it to be seen.
        unasked = replace(policy, revocation=Demand.NOTHING)
        found, at = _gathered(examine(document, "", trust, unasked, at), level, trust, policy, at, ask)
        document = form.with_validation_material(document, found.certificates, found.lists, found.answers)
    if level is Level.B_LTA and stamp is not None:
        wanted = Wanted("signature", reserve=ROOM_FOR_TIME_STAMP, document_timestamp=True)
        prepared = form.prepare(document, wanted)
        document = prepared.embed(stamp(joined(prepared.message)))
    return Lasting(document, at)


def digest_of(document: bytes) -> str:
    """Name the digest of the newest signature of a PDF, by which its time stamps go; SM3 where none can be told.

    Raises `UnreadableDocument`.
    """
    for found in reversed(Pdf().read(document).signatures):
        try:
            if found.value is not None and not found.is_document_timestamp:
                return algorithms.digest(SignedData.of(found.value).signers[0].digest).name
        except (DomainError, IndexError):
            continue
    return SM3.name


def _gathered(
    examination: Examination, level: Level, trust: Trust, policy: Policy, at: datetime, ask: Ask
) -> tuple[Material, datetime]:
    """Carry out step 2 for the newest signature, and for the older ones as far as it goes."""
    newest = _newest(examination, level)
    gathering = _Gathering(trust.with_material(examination.certificates), policy, at, ask)
    for judged in reversed(examination.judged):
        gathering.take(judged, required=judged is newest)
    kept = needed(trust, (*examination.certificates, *gathering.certificates), examination.tokens)
    certificates = (*gathering.certificates, *kept.intermediates)
    material = Material(
        tuple(dict.fromkeys(each.der for each in certificates)), tuple(gathering.lists), tuple(gathering.answers)
    )
    return material, gathering.at


def _newest(examination: Examination, level: Level) -> Judged:
    """Find the newest signature that has a level at all. Raises `LevelNotPossible`."""
    both = zip(examination.report.signatures, examination.judged, strict=True)
    having = [judged for report, judged in both if report.level is not None]
    if not having:
        raise LevelNotPossible(level.value, "no-message-signature")
    if having[-1].report.signed_at.proven is None:
        raise LevelNotPossible(level.value, "no-time-stamp")
    return having[-1]


class _Gathering:
    """Evidence under way: what was asked for already is not asked for again."""

    def __init__(self, trust: Trust, policy: Policy, at: datetime, ask: Ask) -> None:
        self.trust = trust
        self.skew: timedelta = policy.skew
        self.at = at
        self.ask = ask
        self.certificates: dict[Certificate, None] = {}
        self.lists: dict[bytes, None] = {}
        self.answers: dict[bytes, None] = {}
        self._asked: set[bytes] = set()

    def take(self, judged: Judged, *, required: bool) -> None:
        """Gather for one signature. Raises `LongTermEvidenceMissing` where it is required."""
        # A document's time stamp that nothing later proves counts from what it tells itself.
        proven = judged.report.signed_at.proven or judged.proves
        if proven is None:
            return
        for path in judged.paths:
            self.certificates.update(dict.fromkeys(path.certificates))
            for certificate, issuer in path.steps:
                self._about(certificate, issuer, proven - self.skew, required=required)

    def _about(self, certificate: Certificate, issuer: Certificate, since: datetime, *, required: bool) -> None:
        if certificate.sm3 not in self._asked:
            self._asked.add(certificate.sm3)
            self._answered(certificate, issuer)
        try:
            said = status(certificate, issuer, _since(self.trust, since), self.at)
            if isinstance(said, Good):
                self._keep(said.evidence)
            elif required:
                older = isinstance(status(certificate, issuer, self.trust, self.at), Good)
                raise LongTermEvidenceMissing(certificate.label, OLDER if older else said.why.value)
        except (BudgetExhausted, VerifyingUnavailable) as error:
            raise LongTermEvidenceMissing(certificate.label, error.code) from error

    def _answered(self, certificate: Certificate, issuer: Certificate) -> None:
        data = self.ask(certificate, issuer)
        if data is None:
            return
        try:
            answer = OcspAnswer.of(data)
        except (MalformedOcspAnswer, OcspRefused):
            return
        self.trust = self.trust.with_material(answers=(answer,))
        self.at = max(self.at, *(each.this_update for each in answer.singles))

    def _keep(self, evidence: Evidence) -> None:
        self.lists.update((each.der, None) for each in self.trust.lists if each.sm3 == evidence.sm3)
        self.answers.update((each.der, None) for each in self.trust.answers if each.sm3 == evidence.sm3)


def _since(trust: Trust, since: datetime) -> Trust:
    """Leave out evidence from before a moment."""
    return replace(
        trust,
        lists=tuple(each for each in trust.lists if each.this_update >= since),
        answers=tuple(each for each in trust.answers if all(one.this_update >= since for one in each.singles)),
    )
