"""What the certificates' room refuses. An answer such as *not found* or *denied* is an outcome, not an error."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchCertificateType(DomainError):
    """There is no certificate type with this code."""

    type: str
    code: ClassVar[str] = "no-such-certificate-type"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class FaultyCertificateTypes(DomainError):
    """The files of certificate types have faults, and no site starts with a faulty one."""

    faults: int
    first: str
    code: ClassVar[str] = "faulty-certificate-types"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class FaultyCertificate(DomainError):
    """The data of a certificate do not fit its type."""

    type: str
    faults: int
    first: str
    first_code: str
    code: ClassVar[str] = "faulty-certificate-data"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class FaceTypefaceMissing(DomainError):
    """This machine has no typeface that can draw a certificate."""

    code: ClassVar[str] = "face-typeface-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class FaceNotDrawn(DomainError):
    """The face cannot show all that the certificate says, so it is not made."""

    type: str
    faults: int
    first: str
    first_code: str
    code: ClassVar[str] = "face-not-drawn"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CertificateStepNotAllowed(DomainError):
    """A certificate does not stand where this step begins."""

    state: str
    step: str
    code: ClassVar[str] = "certificate-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchCertificate(DomainError):
    """There is no such certificate, or it is not for whoever asks."""

    identifier: str
    code: ClassVar[str] = "no-such-certificate"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchCertificateFile(DomainError):
    """The certificate has no file of this format."""

    identifier: str
    format: str
    code: ClassVar[str] = "no-such-certificate-file"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class CertificateNumberTaken(DomainError):
    """The number belongs to another certificate of the type."""

    type: str
    code: ClassVar[str] = "certificate-number-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotTheIssuer(DomainError):
    """The organisation may not do this to certificates of this type or issuer."""

    type: str
    step: str
    code: ClassVar[str] = "not-the-issuer"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class CaseStepTaken(DomainError):
    """The step of this case has made another certificate already."""

    case_number: str
    step: str
    code: ClassVar[str] = "case-step-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSealForAct(DomainError):
    """The issuing organ has no active seal of the kind that this act takes."""

    type: str
    act: str
    seal_kind: str
    code: ClassVar[str] = "no-seal-for-act"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ChangedSince(DomainError):
    """A newer version of the certificate exists."""

    identifier: str
    code: ClassVar[str] = "certificate-changed-since"
    kind: ClassVar[Kind] = Kind.CONFLICT
