"""Taking a finished certificate in, as an act: what was verified is understood, checked and kept, or kept out.

1. The verdict is good enough for the type, and everything that counts is protected (`verdicts`).
2. The file and its sender agree on what it says (`metadata`); the seal is that of the organ which issued it.
3. The draft fits its type as every draft must.
4. It is kept byte for byte with its verdict, under its own identifier; nothing is sealed. A newer version of a
   certificate that the library holds ends the former one.

The same file again, and the same step of the same case, is the same certificate. Verifying is done before, outside of
any transaction (`edges`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.errors import DomainError
from base.identifiers import CertificateIdentifier, CreditCode, certificate_parts
from certs import checks, contents, issuing, library, types
from certs.acting import ROOM
from certs.deposits import metadata, verdicts
from certs.deposits.carriers import carried
from certs.deposits.errors import DepositIdentifierTaken, DepositSealedByAnother, DepositTypeNotCollected
from certs.deposits.metadata import Sent, Understood
from certs.deposits.models import Deposit
from certs.errors import CertificateNumberTaken, ChangedSince, FaultyCertificate
from certs.issuing import Case
from certs.library import Entry
from certs.life import State, Step
from certs.models import Certificate, CertificateFile, CertificateNumber
from certs.types.certificate_type import ANY_ISSUER, CertificateType, Holding
from certs.wiring import Certs
from keys.certificates import Certificate as SignerCertificate
from signing.models import Seal, SealEdition
from signing.report import Verdict

# So many characters of the file's digest make the serial of a certificate that bears no identifier: 64 bits.
SERIAL_DIGITS: Final = 16


@dataclass(frozen=True)
class Examined:
    """A finished file with what signing's verification said of it, and what its sender told."""

    document: bytes = field(repr=False)
    sm3: str
    report: Mapping[str, Any] = field(repr=False)
    sent: Sent
    case: Case | None = None


def deposit(session: Session, parts: Certs, examined: Examined, by: Caller, at: datetime) -> str:
    """Take a finished certificate in; give its identifier.

    Raises the refusals of `certs.deposits.errors`, `NoSuchCertificateType`, `FaultyCertificate`, `CaseStepTaken`,
    `CertificateNumberTaken`, `ChangedSince`.
    """
    type_ = collected_type(parts, examined.sent.type)
    if (again := _again(session, examined, by, at)) is not None:
        return again
    found = carried(examined.document)
    verdicts.require_fit(examined.report, type_, found.part)
    sealings = list(verdicts.sealings(examined.report))
    sealer = next(filter(None, (_owner(session, each) for each in sealings)), "")
    known = metadata.understood(examined.sent, found.elements, type_, sealer)
    _require_sealer(session, known, sealings, type_, sealer)
    if faults := checks.check(known.draft, type_, at):
        raise FaultyCertificate(type_.code, len(faults), faults[0].pointer, faults[0].code)
    row = _enter(session, parts, examined, known, type_, by, at)
    _keep(session, parts, row, examined, known, by, at)
    if examined.case is not None:
        issuing.settle_step(session, examined.case, row.identifier, by)
    return row.identifier


def collected_type(parts: Certs, code: str) -> CertificateType:
    """Give a type whose finished files the library takes. Raises `NoSuchCertificateType`, `DepositTypeNotCollected`."""
    type_ = types.type_of(parts.types, code)
    if type_.holding is not Holding.COLLECTED:
        raise DepositTypeNotCollected(type_.code, type_.holding.value)
    return type_


def refuse(session: Session, examined: Examined, refusal: DomainError, by: Caller, at: datetime) -> None:
    """Put on record that a file was kept out, and why; nothing of the file is kept but its digest."""
    told = {"code": refusal.code, "type": examined.sent.type, "verdict": examined.report.get("verdict", "")}
    ROOM.record(session, by, at, "certificate.deposit-refused", Thing("document", examined.sm3), **told)


def deposit_of(session: Session, identifier: str) -> Deposit | None:
    """Give how a certificate came in, if it came as a finished file."""
    return session.scalars(select(Deposit).where(Deposit.identifier == identifier)).one_or_none()


def _again(session: Session, examined: Examined, by: Caller, at: datetime) -> str | None:
    """Find what the same step made, or the same file; a step that names another file is taken."""
    made = issuing.claim_step(session, examined.case, examined.sm3, by, at) if examined.case is not None else None
    if made is not None:
        return made
    kept = session.get(Deposit, examined.sm3)
    if kept is not None and examined.case is not None:
        issuing.settle_step(session, examined.case, kept.identifier, by)
    return kept.identifier if kept is not None else None


def _owner(session: Session, sealing: verdicts.Sealing) -> str:
    """Tell whose a seal is: by its number in the register, else by the subject; nothing where neither says it."""
    seal = session.get(Seal, sealing.seal) if sealing.seal else None
    return seal.owner if seal is not None and is_of(session, seal.owner, sealing) else sealing.code


def is_of(session: Session, organ: str, sealing: verdicts.Sealing) -> bool:
    """Tell whether an organ signed: the certificate is one on file for a seal of it, or is in its name."""
    query = select(SealEdition.certificate).join(Seal, SealEdition.seal == Seal.id).where(Seal.owner == organ)
    on_file = (SignerCertificate.of(each) for each in session.scalars(query) if each is not None)
    signed = (sealing.serial, sealing.authority)
    return sealing.code == organ or any((each.serial_text, each.issuer.text) == signed for each in on_file)


def _require_sealer(
    session: Session, known: Understood, sealings: list[verdicts.Sealing], type_: CertificateType, sealer: str
) -> None:
    """Let only the issuing organ's seal pass, and only organs that issue the type. Raises `DepositSealedByAnother`."""
    may = type_.issuers == ANY_ISSUER or known.issuer in type_.issuers
    if not known.issuer or not may or not any(is_of(session, known.issuer, each) for each in sealings):
        raise DepositSealedByAnother(known.issuer, sealer)


def _enter(
    session: Session,
    parts: Certs,
    examined: Examined,
    known: Understood,
    type_: CertificateType,
    by: Caller,
    at: datetime,
) -> Certificate:
    """Enter the certificate, as the next version where the library holds an earlier one of the same serial."""
    serial = "D" + examined.sm3[:SERIAL_DIGITS].upper()
    issuer = CreditCode(known.issuer)
    identifier = known.identifier or CertificateIdentifier.written(type_.code, issuer, serial, "001").text
    if session.get(Certificate, identifier) is not None:
        raise DepositIdentifierTaken(identifier)
    former = _former(session, parts, type_, str(known.draft.number), identifier)
    draft = replace(known.draft, region=known.draft.region or issuer.region)
    is_proven = examined.report["verdict"] == Verdict.VALID
    entry = Entry(
        identifier,
        type_,
        issuer.text,
        str(draft.number),
        draft,
        draft.valid_until or type_.validity.last_day(draft.valid_from) or draft.valid_from,
        State.VALID,
        Step.DEPOSIT,
        origin=library.DEPOSITED,
        grade=library.SEALED if is_proven else library.UNPROVEN,
        supersedes=former.identifier if former is not None else None,
        facts={"sm3": examined.sm3, "verdict": examined.report["verdict"]},
    )
    row = library.enter(session, parts.keys, entry, by, at)
    if former is not None:
        former.superseded_by = identifier
        library.advance(session, former, Step.CHANGE, "", by, at, superseded_by=identifier)
    return row


def _former(session: Session, parts: Certs, type_: CertificateType, number: str, identifier: str) -> Certificate | None:
    """Find the version before this one. Raises `CertificateNumberTaken`, `ChangedSince`."""
    hashed = contents.number_hash(session, parts.keys, type_.code, number)
    taken = session.get(CertificateNumber, (type_.code, hashed), with_for_update=True)
    if taken is None:
        return None
    held, told = certificate_parts(taken.latest), certificate_parts(identifier)
    if held is None or told is None or (held.issuer, held.serial) != (told.issuer, told.serial):
        raise CertificateNumberTaken(type_.code)
    if told.version <= held.version:
        raise ChangedSince(taken.latest)
    return library.certificate_of(session, taken.latest, locked=True)


def _keep(
    session: Session, parts: Certs, row: Certificate, examined: Examined, known: Understood, by: Caller, at: datetime
) -> None:
    """Keep the file byte for byte, and what its verification said."""
    report, identifier = examined.report, row.identifier
    form = report["document"]["format"]
    session.add(
        CertificateFile(
            identifier=identifier,
            format=form,
            sm3=examined.sm3,
            size=len(examined.document),
            content=contents.sealed_file(session, parts.keys, identifier, form, examined.document),
            verdict=report["verdict"],
            seal_use=None,
            kept_at=at,
        )
    )
    session.add(
        Deposit(
            sm3=examined.sm3,
            identifier=identifier,
            organisation=by.organisation,
            by=actor(by),
            sealer=known.issuer,
            verdict=report["verdict"],
            sub_indication=report["sub_indication"],
            policy=report["policy"]["name"],
            trust=report["trust"]["digest"],
            remarks=list(known.remarks),
            at=at,
        )
    )
    session.flush()
