"""The finished files of the sandbox's library: invented organs outside of it, their seals, and what they sealed.

Each organ that defines a collected type has its own key and seal, certified by a test authority of their own, which the
sandbox trusts as it trusts its own and which keeps no list of revocations. What they seal is sealed outside of the
house, without its register: that is the point of a finished file. Keys and files lie in the sandbox's folder.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from base.identifiers import CertificateIdentifier, CreditCode
from certs import issuing
from certs.deposits.metadata import Sent
from certs.rendering import Issue
from certs.sample_library import Entry
from certs.types.certificate_type import Body
from certs.wiring import Certs
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey
from keys.algorithms.sm2 import SM2_SM3
from keys.algorithms.sm3 import SM3
from keys.authority import drafts as certificate_drafts
from keys.authority.drafts import SERIAL_OCTETS
from keys.authority.subjects import Subject
from keys.authority.templates import ROOT, SEAL_MAKER, SEAL_SIGNER, Template
from keys.certificates import Certificate
from keys.signers import secret_files
from signing import drafts, kinds, seals
from signing.drafts import Impression, Manner
from signing.formats import FORMATS
from signing.report import Place
from signing.sample import MILLIMETRES, picture
from signing.seals.seal import Picture, SealDraft, Version

YEAR: Final = timedelta(days=365)
# The organs were there before the oldest of their certificates.
SINCE: Final = timedelta(days=4)
PROVINCE: Final = "演示国家"
KIND: Final = "business"
FOLDER: Final = "collected"
ROOT_FILE: Final = "root.cer"
FORM: Final = "ofd"
# Where the codes on their faces lead: nowhere (RFC 2606 2).
LINKS: Final = "https://yanshi.invalid/v/"


@dataclass(frozen=True)
class Organ:
    """An organ outside of the house, with what it seals with."""

    code: str
    name: str
    key: PrivateKey
    certificate: Certificate
    seal: bytes
    picture: bytes


def found(folder: Path, bodies: Iterable[Body], at: datetime) -> Certificate:
    """Give every organ its key, certificate and seal, in the folder; give the root of their authority."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    root_key, maker_key = asymmetric.generated(KeyKind.SM2), asymmetric.generated(KeyKind.SM2)
    top = Subject("演示部门证照根证书机构", PROVINCE)
    root = _certified(top, root_key, ROOT, top, root_key, at)
    maker = _certified(Subject("演示部门制章单位", PROVINCE), maker_key, SEAL_MAKER, top, root_key, at)
    for body in bodies:
        key = asymmetric.generated(KeyKind.SM2)
        subject = Subject(f"{body.name}证照专用章", body.name, organisation_identifier=body.code)
        certificate = _certified(subject, key, SEAL_SIGNER, top, root_key, at)
        secret_files.replace(place / f"{body.code}.key", asymmetric.private_key_pem(key, None))
        (place / f"{body.code}.cer").write_bytes(certificate.der)
        (place / f"{body.code}.esl").write_bytes(_seal(body, certificate, maker, maker_key, at))
    (place / ROOT_FILE).write_bytes(root.der)
    return root


def finished(folder: Path, entry: Entry, parts: Certs, at: datetime) -> tuple[bytes, Sent]:
    """Give the finished file of an entry and what its sender tells; made once, and the same file ever after."""
    organ = _organ(folder, entry.type.defined_by)
    draft = entry.draft
    sent = Sent(entry.type.code, holders=draft.holders, region=draft.region)
    file = folder / FOLDER / f"{entry.number:05d}.{FORM}"
    if not file.exists():
        part = file.with_suffix(".part")
        part.write_bytes(_sealed(_issue(entry, organ, parts, at), organ, parts, at))
        part.rename(file)
    return file.read_bytes(), sent


def _issue(entry: Entry, organ: Organ, parts: Certs, at: datetime) -> Issue:
    """Describe it as the organ's own system does, which has a face for the type that this library does not know."""
    draft, type_ = entry.draft, replace(entry.type, face=entry.face)
    until = draft.valid_until or type_.validity.last_day(draft.valid_from) or draft.valid_from
    identifier = CertificateIdentifier.written(type_.code, CreditCode(organ.code), f"{entry.number:08d}", "001")
    number, link = draft.number or "", LINKS + SM3.of(identifier.text.encode()).hex()[:22]
    marked = parts.settings.demonstration
    return Issue(
        draft, type_, identifier.text, number, organ.code, organ.name, until, link, at, is_demonstration=marked
    )


def _sealed(issue: Issue, organ: Organ, parts: Certs, at: datetime) -> bytes:
    face = issuing.drawn(issue, parts, FORM)
    half = MILLIMETRES / 2
    place = Place(1, face.seal.x - half, face.seal.y - half, MILLIMETRES, MILLIMETRES)
    impression = Impression(organ.seal, organ.picture, MILLIMETRES, MILLIMETRES, organ.certificate)
    drafted = drafts.draft(face.document, FORMATS[FORM], impression, Manner((place,), lock=True), at)
    return drafted.finish(SM2_SM3.sign(organ.key, drafted.to_sign), None)


def _organ(folder: Path, body: Body) -> Organ:
    place = folder / FOLDER
    key = asymmetric.private_key_of_pem((place / f"{body.code}.key").read_bytes())
    certificate = Certificate.of((place / f"{body.code}.cer").read_bytes())
    seal = (place / f"{body.code}.esl").read_bytes()
    return Organ(body.code, body.name, key, certificate, seal, seals.read_seal(seal).picture.data)


def _certified(
    subject: Subject, key: PrivateKey, template: Template, issuer: Subject, issuer_key: PrivateKey, at: datetime
) -> Certificate:
    life = template.longest
    draft = certificate_drafts.Draft(
        template,
        certificate_drafts.serial_of(SM3.of(key.public.spki)[:SERIAL_OCTETS]),
        issuer.der,
        subject.der,
        at - SINCE,
        at - SINCE + life,
        key.public.spki,
        issuer_key.public.spki,
        SM2_SM3,
    )
    tbs = draft.tbs
    return Certificate.of(certificate_drafts.assembled(tbs, SM2_SM3, SM2_SM3.sign(issuer_key, tbs)))


def _seal(body: Body, certificate: Certificate, maker: Certificate, maker_key: PrivateKey, at: datetime) -> bytes:
    name = f"{body.name}证照专用章"
    shown = Picture("image/png", picture(name), MILLIMETRES, MILLIMETRES)
    began = at - SINCE
    told = SealDraft(
        "YANSHI",
        f"{body.code}-01",
        kinds.kind(KIND).type,
        name,
        began,
        began,
        began + 3 * YEAR,
        (certificate.der,),
        shown,
    )
    unsigned = seals.WRITABLE[Version.GBT38540_2020].prepare_seal(told, maker.der)
    return unsigned.finish(SM2_SM3.sign(maker_key, unsigned.message))
