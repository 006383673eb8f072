"""What evidence can be told: with which keys the library states things and signs credentials."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy.orm import Session

from base.settings import Settings, setting
from certs.evidence.errors import NoEvidenceKey
from keys.algorithms.algorithm import KeyKind, PublicKey
from keys.certificates import Certificate
from keys.custody import custody
from keys.custody.custody import Custody
from keys.signers.signer import Signer

SignerFor = Callable[[Session, str], Signer]
CertificateFor = Callable[[Session, str], Certificate | None]
PublicKeys = Callable[[Session, str], tuple[PublicKey, ...]]


@dataclass(frozen=True)
class EvidenceSettings:
    """What evidence can be told."""

    SECTION: ClassVar[str] = "evidence"
    key: str = setting(
        "", "Id of the library's SM2 key in custody, with its certificate registered; empty: no evidence packs."
    )
    credential_key: str = setting("", "Id of the P-256 key in custody that signs SD-JWT credentials; empty: none.")


@dataclass(frozen=True)
class Evidencing:
    """What evidence is made with; keys stay where custody has them."""

    settings: EvidenceSettings
    # Who issues credentials: the address of this site.
    issuer: str
    signer_for: SignerFor = field(repr=False)
    certificate_for: CertificateFor = field(repr=False)
    public_keys: PublicKeys = field(repr=False)

    def library(self, session: Session) -> tuple[Signer, Certificate]:
        """Give the library's key and its certificate. Raises `NoEvidenceKey`, and what custody refuses."""
        key_id = self.settings.key
        if not key_id:
            raise NoEvidenceKey("evidence.key")
        signer, certificate = self.signer_for(session, key_id), self.certificate_for(session, key_id)
        if signer.public.kind is not KeyKind.SM2:
            raise NoEvidenceKey("not-sm2")
        if certificate is None or certificate.spki != signer.public.spki:
            raise NoEvidenceKey("no-certificate")
        return signer, certificate

    def credential_signer(self, session: Session) -> Signer:
        """Give the key of credentials. Raises `NoEvidenceKey`, and what custody refuses."""
        key_id = self.settings.credential_key
        if not key_id:
            raise NoEvidenceKey("evidence.credential_key")
        signer = self.signer_for(session, key_id)
        if signer.public.kind is not KeyKind.P256:
            raise NoEvidenceKey("not-p-256")
        return signer

    def credential_keys(self, session: Session) -> tuple[PublicKey, ...]:
        """Give the keys under which credentials verify, retired ones too."""
        return self.public_keys(session, self.settings.credential_key) if self.settings.credential_key else ()


def built(read: Settings, kept: Custody, issuer: str) -> Evidencing:
    """Build the part; no key is opened yet."""

    def certificate_for(session: Session, key_id: str) -> Certificate | None:
        found = custody.newest(session, key_id).certificate
        return None if found is None else Certificate.of(found)

    def public_keys(session: Session, key_id: str) -> tuple[PublicKey, ...]:
        return tuple(kept.public_keys(session, key_id).values())

    return Evidencing(read[EvidenceSettings], issuer, kept.signer_for, certificate_for, public_keys)
