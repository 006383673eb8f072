"""The steps in which the archive of a closed case comes about: gathered, proven, signed, stamped, checked, kept.

1. The look-ups of the case get their sealed receipts, where they have none yet; one that cannot is listed as left out.
2. In a reading transaction: the case is closed and its organ asks; everything is gathered. What is the same as in the
   last version makes no other: that one is given.
3. Outside of any: a head of the ledger is signed if the last one is older than the case's entries.
4. In a reading transaction: every entry is proven under that head.
5. In a transaction: the manifest's SM3 goes on record, before the key signs it.
6. Outside of any: the platform's key signs the manifest (GB/T 35275), a time stamp goes over both, and the package is
   checked as a stranger checks it. One that does not pass is thrown away.
7. In a transaction: the package is kept. Of two who make the same version at once, one is kept and both are given it.

If the service dies before 7, nothing is there but what the ledger says of the intention; the next run begins anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.clock import rfc3339
from base.db import Database
from base.errors import DomainError
from certs.acting import on_record
from certs.evidence import ledger_entries, material
from certs.evidence.ledger_entries import Proven
from certs.evidence.material import Ask
from certs.evidence.wiring import Evidencing
from certs.filing.archives import archives, examination, gathering, package, retentions
from certs.filing.archives.document import SEALED
from certs.filing.archives.errors import ArchiveNotSound, ArchiveNotYours, CaseNotClosed
from certs.filing.archives.examination import FourProperties, Property
from certs.filing.archives.gathering import Gathered
from certs.filing.archives.manifest import ArchivedCase, Entry, Kept, Ledger, Manifest
from certs.filing.archives.models import Archive
from certs.filing.cases.models import Case
from certs.filing.cases.reading import case_of
from certs.filing.cases.wiring import Cases
from certs.filing.lookups.models import FilingLookup
from certs.filing.sheets import making as documents
from certs.filing.sheets.edges import SheetSealer
from certs.wiring import Certs
from keys import chain
from keys.algorithms.sm2 import SM2_SM3
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.checkpoints import heads, signing
from keys.checkpoints.errors import CheckpointAtWork
from keys.checkpoints.wiring import Checkpoints
from keys.cms import writing
from keys.parties.organisations import organisation_of
from keys.purposes import DOCUMENT
from keys.signers.signer import Signer, signed
from keys.trust import Trust
from keys.trust_errors import PathFailure
from signing.policy import DEFAULT
from signing.report import Outcome
from signing.stamping import Stamper
from signing.summaries import common_name
from signing.verification import Examination, examine
from signing.wiring import TrustAt

log = structlog.get_logger(__name__)

RECEIPTS_IN: Final = "ofd"
# A head that somebody else signs at the same moment is there by the second try.
TRIES: Final = 4
# What an archive must pass to be kept; a file of the applicant's that does not open is told and kept as it came.
REQUIRED: Final = (Property.AUTHENTICITY, Property.INTEGRITY, Property.SAFETY, Property.USABILITY)


@dataclass(frozen=True)
class _Begun:
    row: Case
    organ_name: str
    gathered: Gathered
    kept: Kept
    version: int
    trust: Trust
    signer: Signer
    certificate: Certificate


@dataclass(frozen=True)
class ArchiveMaker:
    """Makes the archives of closed cases one by one, for their organs."""

    database: Database = field(repr=False)
    cases: Cases = field(repr=False)
    certs: Certs = field(repr=False)
    evidencing: Evidencing
    checkpoints: Checkpoints = field(repr=False)
    trust_at: TrustAt = field(repr=False)
    stamper: Stamper = field(repr=False)
    ask: Ask = field(repr=False)
    sheets: SheetSealer = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def make(self, number: str, copies: Sequence[bytes] = ()) -> tuple[Archive, bool]:
        """Make the archive of a case, or give the one that has the same in it; tell whether it is new.

        Raises `NoSuchCase`, `ArchiveNotYours`, `CaseNotClosed`, `NoRetention`, `ArchiveTooLarge`, `NotACopyOfTheCase`,
        `NoEvidenceKey`, `ArchiveNotSound`, and what the keys, the ledger and the stamper refuse.
        """
        with self.database.reading() as session:
            self._require(session, number)
        unsealed = self._receipts(number)  # 1
        at = self.now()
        with self.database.reading() as session:  # 2
            begun = self._begun(session, number, copies, unsealed, at)
            if isinstance(begun, Archive):
                return begun, False
        proofs = self._proven(begun.gathered, at)  # 3, 4
        manifest, files = self._stated(begun, proofs, at)
        thing = Thing(archives.THING, manifest.id)
        facts = {"case": manifest.case.number, "manifest_sm3": SM3.of(manifest.written).hex()}
        with on_record(self.database, thing, self.by, self.now(), self.now, **facts):  # 5
            made = self._signed(begun, manifest, files)  # 6
            report = _checked(made, manifest, begun.trust, max(at, self.now()))
            with self.database.transaction() as session:  # 7
                row = archives.keep(
                    session, self.certs.keys, manifest, begun.gathered, made, report, self.by, self.now()
                )
        if row is not None:
            return row, True
        with self.database.reading() as session:
            known = archives.newest(session, number)
        if known is None:
            raise ArchiveNotSound(Property.INTEGRITY.value, "not-kept")
        return known, False

    def _require(self, session: Session, number: str) -> Case:
        row = case_of(session, number, self.by)
        if self.by.organisation != row.organ:
            raise ArchiveNotYours(number)
        if row.closed_at is None:
            raise CaseNotClosed(number, row.state)
        return row

    def _receipts(self, number: str) -> dict[str, str]:
        """Have the look-ups' receipts sealed; tell which could not be, and why."""
        refused: dict[str, str] = {}
        with self.database.reading() as session:
            looked = [each.id for each in gathering.lookups_of(session, session.get_one(Case, number))]
        for each in looked:
            try:
                with self.database.transaction() as session:
                    row = session.get_one(FilingLookup, each)
                    sheet = documents.kept_receipt(session, self.certs, row, self.by, self.now()).id
                self.sheets.file(sheet, RECEIPTS_IN)
            except DomainError as refusal:
                log.warning("archive_receipt_unsealed", case=number, lookup=each, code=refusal.code)
                refused[each] = refusal.code
        return refused

    def _begun(
        self, session: Session, number: str, copies: Sequence[bytes], unsealed: Mapping[str, str], at: datetime
    ) -> _Begun | Archive:
        row = self._require(session, number)
        gathered = gathering.gathered(session, self.cases, row, copies, unsealed)
        last = archives.newest(session, number)
        if last is not None and last.fingerprint == gathered.fingerprint:
            return last
        found = retentions.retention_of(session, row.item_code)
        signer, certificate = self.evidencing.library(session)
        return _Begun(
            row,
            organisation_of(session, row.organ).name,
            gathered,
            Kept(found.kept.value, found.basis, found.confidence),
            1 if last is None else last.version + 1,
            self.trust_at(session, at),
            signer,
            certificate,
        )

    def _proven(self, gathered: Gathered, at: datetime) -> tuple[Proven, ...]:
        highest = max(each.index for each in gathered.recorded)
        for left in reversed(range(TRIES)):
            with self.database.reading() as session:
                present = ledger_entries.present_head(session)
            if present is not None and present.signed.head.size > highest:
                break
            try:
                signing.sign(self.database, self.checkpoints, at)
            except CheckpointAtWork:  # somebody signs in this moment; what they began is finished by the next try
                if not left:
                    raise
        with self.database.reading() as session:
            head = heads.present(session)
            return tuple(ledger_entries.under(session, head, each) for each in gathered.recorded)

    def _stated(self, begun: _Begun, proofs: Sequence[Proven], at: datetime) -> tuple[Manifest, dict[str, bytes]]:
        """Put together what goes in, and the manifest that names it."""
        beside = {package.CHECKPOINT: proofs[0].checkpoint}
        beside |= {f"ledger/{each.stated.index:012}.json": each.proof for each in proofs}
        beside |= self._material(begun, at)
        more = tuple(
            Entry(name, len(content), SM3.of(content).hex(), _kind(name), "proof") for name, content in beside.items()
        )
        head = proofs[0].stated
        manifest = Manifest(
            new_id(),
            begun.version,
            at,
            common_name(begun.certificate.subject.text),
            _case(begun),
            begun.kept,
            Ledger(head.origin, head.key, head.size, head.root),
            tuple(sorted((*begun.gathered.entries, *more), key=lambda each: each.name)),
            begun.gathered.left_out,
        )
        return manifest, {**begun.gathered.files, **beside}

    def _material(self, begun: _Begun, at: datetime) -> dict[str, bytes]:
        """Gather the chains and the word on revocation of all who sealed something that goes in."""
        found = [
            examine(content, name, begun.trust, DEFAULT, at)
            for name, content in begun.gathered.files.items()
            if name.partition("/")[0] in SEALED and not name.endswith(".json")
        ]
        try:
            path = chain.path(begun.certificate, begun.trust, DOCUMENT, at)
        except PathFailure as failure:
            raise ArchiveNotSound(Property.AUTHENTICITY.value, failure.code) from failure
        first = found[0] if found else examine(b"", "", begun.trust, DEFAULT, at)
        whole = Examination(first.report, tuple(one for each in found for one in each.judged), DEFAULT)
        gathered = material.gathered(whole, path, begun.trust, self.ask).members
        return {name.replace("library/", "signers/"): content for name, content in gathered.items()}

    def _signed(self, begun: _Begun, manifest: Manifest, files: Mapping[str, bytes]) -> bytes:
        content = manifest.written
        template = writing.template(begun.certificate, SM2_SM3)
        prepared = template.prepare(template.digest.of(content), self.now())
        value = prepared.embed(signed(begun.signer, SM2_SM3, prepared.to_sign))
        token = self.stamper.stamp(content + value)
        ahead = {package.MANIFEST: content, package.SIGNATURE: value, package.TIME_STAMP: token}
        return package.written({**files, **ahead})


def _case(begun: _Begun) -> ArchivedCase:
    row = begun.row
    return ArchivedCase(
        row.number,
        row.item_code,
        row.item_name,
        row.organ,
        begun.organ_name,
        row.region,
        row.state,
        row.version,
        rfc3339(row.received_at),
        rfc3339(row.closed_at or row.received_at),
    )


def _kind(name: str) -> str:
    """Tell the kind of what proves something, by its name: the house wrote it itself."""
    ending = name.rpartition(".")[2]
    kinds = {"json": "application/json", "txt": "text/plain", "cer": "application/pkix-cert"}
    return kinds.get(ending, f"application/pkix-{ending}")


def _checked(made: bytes, manifest: Manifest, trust: Trust, at: datetime) -> FourProperties:
    """Check the package as a stranger does. Raises `ArchiveNotSound`."""
    report = examination.examined(made, manifest.id, trust, DEFAULT, at)
    for each in REQUIRED:
        if report.outcome(each) not in {Outcome.PASSED, Outcome.WARNING}:
            first = next(one for one in report.findings.get(each, ()) if one.outcome is report.outcome(each))
            raise ArchiveNotSound(each.value, f"{first.code} {first.subject}".strip())
    return report


def for_organ(maker: ArchiveMaker, organ: str) -> ArchiveMaker:
    """Give the same maker for another organ: the job makes the archives of all."""
    by = replace(maker.by, organisation=organ)
    return replace(maker, by=by, sheets=replace(maker.sheets, by=by))
