"""Making a seal: what will be signed goes on record, the maker signs it, and what was made is read back and verified.

Two acts, each in a transaction of its own, with the signature between them: `draw` puts the draft on record, `make`
signs exactly that draft and keeps the seal. If the service stops in between, the draft is there, no seal is, and `make`
can be done again: the draft on record is what gets signed. Making needs the register, the maker's key and nothing else,
so it can run on a machine of its own, apart from sealing and verifying.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.algorithms import asymmetric, pem
from keys.algorithms.sm2 import SM2_SM3
from keys.certificates import Certificate
from keys.errors import MalformedPem
from keys.extensions import Usage
from keys.signers.signer import Signer, signed
from keys.trust_errors import MalformedCertificate
from signing import kinds, register, seals
from signing.acting import ROOM
from signing.errors import MalformedSeal, SealStepNotAllowed, UnfitSeal, UnfitSealCertificate, UnusableSealPeriod
from signing.life import Step
from signing.models import Seal, SealEdition
from signing.register import THING
from signing.seals.seal import Picture, SealDraft, Unsigned, Version

VENDOR: Final = "YINXIN"
PNG: Final = "image/png"
_SIGNS: Final = frozenset({Usage.DIGITAL_SIGNATURE, Usage.NON_REPUDIATION})


@dataclass(frozen=True)
class Maker:
    """The seal maker (制章人): its key and its certificate; seals are written by `standard`."""

    signer: Signer
    certificate: Certificate
    standard: Version = Version.GBT38540_2020


@dataclass(frozen=True)
class KnownMaker:
    """A maker whose key is elsewhere: its certificate, and by which standard it makes seals."""

    certificate: Certificate
    standard: Version = Version.GBT38540_2020


@dataclass(frozen=True)
class Material:
    """What signs with the seal: a key in custody, by its id, and the certificate of it."""

    key_id: str
    certificate: Certificate


def certificate_of(text: bytes) -> Certificate:
    """Read the one certificate of a PEM text, as settings and callers give it. Raises `UnfitSealCertificate`."""
    try:
        label, data = pem.only(text)
        if label != "CERTIFICATE":
            raise UnfitSealCertificate("other-label")
        return Certificate.of(data)
    except (MalformedPem, MalformedCertificate) as error:
        raise UnfitSealCertificate(error.reason) from error


def draw(
    session: Session, seal: Seal, material: Material, maker: Maker | KnownMaker, by: Caller, at: datetime
) -> SealEdition:
    """Put on record what the maker is about to sign.

    Raises `SealStepNotAllowed`, `SamePerson`, `PersonNeeded`, `UnfitSealCertificate`, `UnusableSealPeriod`,
    `UnusableSealDraft`.
    """
    edition = register.standing(session, seal, Step.MAKE)
    register.require_may(session, seal, edition, Step.MAKE, by)
    _require_fit(seal, edition, material, at)
    edition.key_id, edition.certificate, edition.drawn_at = material.key_id, material.certificate.der, at
    edition.draft = _unsigned(seal, edition, maker).message
    edition.version += 1
    ROOM.record(session, by, at, "seal.drawn", Thing(THING, seal.id), edition=edition.number)
    session.flush()
    return edition


def make(session: Session, seal: Seal, maker: Maker, by: Caller, at: datetime) -> SealEdition:
    """Sign the draft on record, verify what was made, and keep it.

    Raises `SealStepNotAllowed` when nothing was drawn, `UnfitSeal`, and what `register.advance` and the key raise.
    """
    edition = register.standing(session, seal, Step.MAKE)
    if edition.draft is None:
        raise SealStepNotAllowed(Step.MAKE.value, "not-drawn")
    unsigned = _unsigned(seal, edition, maker)
    if unsigned.message != edition.draft:
        raise UnfitSeal("draft-differs")
    made = unsigned.finish(signed(maker.signer, SM2_SM3, unsigned.message))
    require_same(made, edition, maker)
    edition.content = made
    return register.advance(session, seal, edition, Step.MAKE, "", by, at)


def take_in(session: Session, seal: Seal, made: bytes, maker: KnownMaker, by: Caller, at: datetime) -> SealEdition:
    """Keep a seal that its maker made elsewhere, if it is the drawn one, signed by the maker that this site knows.

    Raises `SealStepNotAllowed` when nothing was drawn, `UnfitSeal`, and what `register.advance` raises.
    """
    edition = register.standing(session, seal, Step.MAKE)
    if edition.draft is None:
        raise SealStepNotAllowed(Step.MAKE.value, "not-drawn")
    require_same(made, edition, maker)
    if seals.read_seal(made).maker.signed_bytes != edition.draft:
        raise UnfitSeal("draft-differs")
    edition.content = made
    return register.advance(session, seal, edition, Step.MAKE, "", by, at)


def require_same(made: bytes, edition: SealEdition, maker: Maker | KnownMaker) -> None:
    """See, reading the seal as a stranger would, that it is the one agreed on and that its maker signed it.

    Raises `UnfitSeal`.
    """
    try:
        found = seals.read_seal(made)
    except MalformedSeal as error:
        raise UnfitSeal(error.reason) from error
    key = asymmetric.public_key(maker.certificate.spki)
    checks: dict[str, Callable[[], bool]] = {
        "other-number": lambda: found.id == edition.seal,
        "other-picture": lambda: found.picture.data == edition.picture,
        "other-period": lambda: (found.valid_from, found.valid_until) == (edition.valid_from, edition.valid_until),
        "other-certificate": lambda: found.signer_certificates == (edition.certificate,),
        "other-maker": lambda: found.maker.certificate_der == maker.certificate.der,
        "signature-wrong": lambda: SM2_SM3.verify(key, found.maker.value, found.maker.signed_bytes),
    }
    for reason, right in checks.items():
        if not right():
            raise UnfitSeal(reason)


def _require_fit(seal: Seal, edition: SealEdition, material: Material, at: datetime) -> None:
    said = material.certificate.extensions
    if said.key_usage is None or not said.key_usage & _SIGNS or material.certificate.is_authority:
        raise UnfitSealCertificate("does-not-sign")
    if not material.certificate.holds_at(at):
        raise UnfitSealCertificate("not-valid-now")
    if edition.valid_until > material.certificate.not_after:
        raise UnusableSealPeriod("longer-than-certificate")
    if kinds.kind(seal.kind).owner == "person" and seal.person is None:
        raise UnfitSealCertificate("no-person")


def seal_draft(seal: Seal, edition: SealEdition) -> SealDraft:
    """Say what a drawn seal is to say: from the record alone. Raises `SealStepNotAllowed` when nothing was drawn."""
    if edition.certificate is None or edition.drawn_at is None:
        raise SealStepNotAllowed(Step.MAKE.value, "not-drawn")
    return SealDraft(
        VENDOR,
        seal.id,
        kinds.kind(seal.kind).type,
        seal.name,
        edition.drawn_at,
        edition.valid_from,
        edition.valid_until,
        (edition.certificate,),
        Picture(PNG, edition.picture, edition.width_mm, edition.height_mm),
    )


def _unsigned(seal: Seal, edition: SealEdition, maker: Maker | KnownMaker) -> Unsigned:
    """Write the seal but for the signature; from the record it comes out the same each time."""
    return seals.WRITABLE[maker.standard].prepare_seal(seal_draft(seal, edition), maker.certificate.der)
