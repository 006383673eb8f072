"""The steps in which a pack comes about: asked and judged, gathered, stated, signed, stamped, judged again, recorded.

1. In a reading transaction: who asks, the certificate and its file, what is trusted, the library's key.
2. Outside of any: the file is verified; whoever can be asked about its certificates is asked. The ledger's head is
   signed if the certificate's entry is newer than the last one.
3. In a transaction: the statement's SM3 goes on record, before the key signs it.
4. Outside of any: the key signs, the time stamp is made, the pack is judged as a stranger judges it. What does not
   come out as it must is thrown away.
5. In a transaction: the use, where it is one, with its quota and consent, and the pack's SM3. Then it is handed out.

If the service dies between 3 and 5, the ledger says what was about to be signed; no use is recorded, and nobody has it.
Not a verb: it is handed the database and opens the transactions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import Database
from certs import library
from certs.acting import ROOM, on_record
from certs.errors import NoSuchCertificateFile
from certs.evidence import asking, ledger_entries, material
from certs.evidence.asking import Asked, Leave, Refused
from certs.evidence.errors import EvidenceDenied, EvidenceNotSound
from certs.evidence.ledger_entries import Proven
from certs.evidence.material import Ask, Material
from certs.evidence.wiring import Evidencing
from certs.holders import using
from certs.holders.using import Ended
from certs.library import Document
from certs.wiring import Certs
from exchange.door import usages
from exchange.door.outcomes import Outcome
from exchange.door.wiring import Gateway
from keys import chain
from keys.algorithms.sm2 import SM2_SM3, PublicKey
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.checkpoints.wiring import Checkpoints
from keys.purposes import DOCUMENT
from keys.signers.signer import Signer, signed
from keys.trust import Trust
from keys.trust_errors import PathFailure
from signing.formats.evidence import members
from signing.formats.evidence.document import STAMPED, STATED
from signing.formats.evidence.statement import Stated, StatedFile, Statement
from signing.policy import DEFAULT
from signing.report import Report, Verdict
from signing.stamping import Stamper
from signing.summaries import common_name
from signing.verification import examine, verify
from signing.wiring import TrustAt

THING: Final = "evidence"
# Where a file is kept in both, the pack has the OFD, which is what the country's libraries hold.
FORMS_IN_ORDER: Final = ("ofd", "pdf")
NEVER_HANDED_OUT: Final = frozenset({Verdict.INVALID, Verdict.UNREADABLE})


@dataclass(frozen=True)
class Pack:
    """A pack that was made, and the record of its use where it was one."""

    id: str
    content: bytes = field(repr=False)
    sm3: str
    usage: str
    report: Report


@dataclass(frozen=True)
class _Begun:
    """What was read before anything was made."""

    leave: Leave
    document: Document
    trust: Trust
    signer: Signer
    certificate: Certificate


@dataclass(frozen=True)
class EvidenceMaker:
    """Makes evidence packs one by one, for somebody."""

    database: Database = field(repr=False)
    parts: Certs = field(repr=False)
    evidencing: Evidencing
    gateway: Gateway = field(repr=False)
    checkpoints: Checkpoints = field(repr=False)
    trust_at: TrustAt = field(repr=False)
    stamper: Stamper = field(repr=False)
    ask: Ask = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def pack(self, asked: Asked) -> Pack:
        """Make a pack.

        Raises what `asking.leave` and `ledger_entries.proven` raise, `EvidenceDenied`, `NoEvidenceKey`,
        `NoSuchCertificateFile`, `EvidenceNotSound`, and what the keys, the stamper and recording a use refuse.
        """
        at = self.now()
        self.gateway.open(self.database)
        begun, usage = self._begun(asked, at), usages.new_id(at)  # 1
        report = examine(begun.document.content, asked.identifier, begun.trust, DEFAULT, at)
        proven = ledger_entries.proven(self.database, self.checkpoints, asked.identifier, at)  # 2
        gathered = material.gathered(report, _path(begun, at), begun.trust, self.ask)
        stated, files = _stated(begun, usage, report.report, proven, gathered, at)
        thing = Thing(THING, stated.id)
        told: dict[str, Json] = {
            "identifier": begun.leave.known.row.identifier,
            "statement_sm3": SM3.of(stated.written).hex(),
            "asked_as": begun.leave.asked_as,
        }
        with on_record(self.database, thing, self.by, self.now(), self.now, **told):  # 3
            made = self._signed(begun, stated, files)  # 4
            judged = _judged(made, begun.trust, max(at, self.now()))
            pack = Pack(stated.id, made, SM3.of(made).hex(), stated.usage_id, judged)
            with self.database.transaction() as session:  # 5
                self._record(session, begun.leave, pack)
        return pack

    def _begun(self, asked: Asked, at: datetime) -> _Begun:
        with self.database.reading() as session:
            leave = asking.leave(session, self.parts, asked, self.by, at)
            if isinstance(leave, Leave):
                signer, certificate = self.evidencing.library(session)
                document = _document(session, self.parts, leave, asked)
                return _Begun(leave, document, self.trust_at(session, at), signer, certificate)
        raise denied(self.database, self.gateway, leave, at)

    def _signed(self, begun: _Begun, stated: Statement, files: dict[str, bytes]) -> bytes:
        content = stated.written
        signature = signed(begun.signer, SM2_SM3, content)
        token = self.stamper.stamp(content + signature)
        around = {members.STATEMENT: content, members.SIGNATURE: signature, members.TIME_STAMP: token}
        return members.written({**files, **around})

    def _record(self, session: Session, leave: Leave, pack: Pack) -> None:
        at, identifier = self.now(), leave.known.row.identifier
        record_use(session, self.gateway, leave, pack.usage, {"sm3": pack.sm3, "identifier": identifier}, at)
        facts: dict[str, Json] = {"identifier": identifier, "sm3": pack.sm3, "usage_id": pack.usage}
        ROOM.changed(session, self.by, at, "evidence.made", Thing(THING, pack.id), 1, **facts)


def denied(database: Database, gateway: Gateway, refused: Refused, at: datetime) -> EvidenceDenied:
    """Put on record that something was asked for and not given, and make the refusal."""
    usage, use = usages.new_id(at), refused.use
    ended = Ended(usage, refused.outcome, refused.reason, refused.row)
    with database.transaction() as session:
        using.record(session, gateway, use.permission, use.question, ended, at)
    return EvidenceDenied(refused.reason, usage)


def record_use(
    session: Session, gateway: Gateway, leave: Leave, usage: str, told: dict[str, Json], at: datetime
) -> None:
    """Record a use under a purpose; holders and issuers use their own. Raises what recording raises."""
    if leave.use is None:
        return
    use, row = leave.use, leave.known.row
    ended = Ended(usage, Outcome.FOUND, "found", row, leave.fields, canonical(told), use.consent)
    using.record(session, gateway, use.permission, use.question, ended, at)


def _document(session: Session, parts: Certs, leave: Leave, asked: Asked) -> Document:
    found = {each.format: each for each in library.documents(session, parts.keys, leave.known.row)}
    form = asked.form or next((each for each in FORMS_IN_ORDER if each in found), FORMS_IN_ORDER[0])
    if form not in found:
        raise NoSuchCertificateFile(asked.identifier, form)
    return found[form]


def _path(begun: _Begun, at: datetime) -> chain.VerifiedPath:
    """Find the library's own path: a statement that nobody can believe is not made. Raises `EvidenceNotSound`."""
    try:
        return chain.path(begun.certificate, begun.trust, DOCUMENT, at)
    except PathFailure as failure:
        raise EvidenceNotSound(Verdict.INDETERMINATE.value, failure.code) from failure


def _stated(
    begun: _Begun, usage: str, report: Report, proven: Proven, gathered: Material, at: datetime
) -> tuple[Statement, dict[str, bytes]]:
    known, document, key = begun.leave.known, begun.document, begun.signer.public
    if not isinstance(key, PublicKey):
        raise EvidenceNotSound(Verdict.INDETERMINATE.value, "not-sm2")
    files = {
        members.MIMETYPE: members.MEDIA_TYPE.encode(),
        f"{members.FILE_STEM}{document.format}": document.content,
        **gathered.members,
        **proven.members,
    }
    row = known.row
    seals = tuple(each.seal.id for each in report.signatures if each.seal is not None)
    statement = Statement(
        new_id(),
        Stated(row.identifier, row.type, row.version, known.standing.value, at, row.superseded_by),
        StatedFile(document.format, len(document.content), SM3.of(document.content).hex(), seals),
        proven.stated,
        common_name(begun.certificate.subject.text),
        key.point.hex(),
        begun.leave.asked_as,
        usage if begun.leave.use is not None else "",
        members.digests_of(files, files),
    )
    return statement, files


def _judged(made: bytes, trust: Trust, at: datetime) -> Report:
    """Judge the pack as a stranger does. Raises `EvidenceNotSound`."""
    report = verify(made, members.NAME, trust, DEFAULT, at)
    own = {each.id: each.verdict for each in report.signatures}
    if report.verdict in NEVER_HANDED_OUT or {own.get(STATED), own.get(STAMPED)} != {Verdict.VALID}:
        raise EvidenceNotSound(report.verdict.value, report.sub_indication or "")
    return report
