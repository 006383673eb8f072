"""The kinds of certificate that are issued, as data: what each is for, how long it may last, whom it must name.

A template is the whole of what may differ between two certificates of one authority; a request chooses a template and
never an extension. Usages follow GM/T 0015 (keyUsage always, and critical), RFC 9336 (documents), RFC 6960 4.2.2.2
(OCSP) and RFC 3161 2.3 (time stamps).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from base.tables import laid_out
from keys.algorithms.algorithm import KeyKind
from keys.authority.errors import UnknownTemplate
from keys.extensions import Usage
from keys.names import GeneralKind
from keys.purposes import CLIENT, DOCUMENT_SIGNING, MAIL, OCSP_SIGNING, TIME_STAMPING

YEAR: Final = timedelta(days=365)
KINDS: Final = frozenset({KeyKind.SM2, KeyKind.P256, KeyKind.P384, KeyKind.RSA})


@dataclass(frozen=True)
class Template:
    """A kind of certificate.

    `in_custody` says that its key is the house's own, `two_persons` that one proposes it and another confirms.
    """

    name: str
    zh: str
    en: str
    usages: frozenset[Usage]
    usual: timedelta
    longest: timedelta
    extended: tuple[str, ...] = ()
    extended_critical: bool = False
    authority: bool = False
    path_length: int | None = None
    self_signed: bool = False
    needs: frozenset[str] = frozenset({"common_name", "country", "organisation"})
    alternative: frozenset[int] = frozenset()
    no_check: bool = False
    two_persons: bool = False
    in_custody: bool = False


_CERTIFYING: Final = frozenset({Usage.CERT_SIGN, Usage.CRL_SIGN})
_SIGNING: Final = frozenset({Usage.DIGITAL_SIGNATURE, Usage.NON_REPUDIATION})
_PROVING: Final = frozenset({Usage.DIGITAL_SIGNATURE})

ROOT: Final = Template(
    "root",
    "根证书机构",
    "Root authority",
    _CERTIFYING,
    usual=20 * YEAR,
    longest=30 * YEAR,
    authority=True,
    self_signed=True,
    two_persons=True,
    in_custody=True,
)
ISSUING: Final = Template(
    "issuing",
    "签发证书机构",
    "Issuing authority",
    _CERTIFYING,
    usual=10 * YEAR,
    longest=20 * YEAR,
    authority=True,
    path_length=0,
    two_persons=True,
    in_custody=True,
)
SEAL_MAKER: Final = Template(
    "seal-maker",
    "制章人",
    "Seal maker",
    _SIGNING,
    usual=3 * YEAR,
    longest=5 * YEAR,
    extended=(DOCUMENT_SIGNING,),
    two_persons=True,
)
SEAL_SIGNER: Final = Template(
    "seal-signer",
    "签章人",
    "Seal signer",
    _SIGNING,
    usual=2 * YEAR,
    longest=5 * YEAR,
    extended=(DOCUMENT_SIGNING,),
)
SYSTEM: Final = Template(
    "system",
    "业务系统",
    "Business system",
    _PROVING,
    usual=1 * YEAR,
    longest=2 * YEAR,
    extended=(CLIENT,),
    alternative=frozenset({GeneralKind.DNS, GeneralKind.URI}),
)
PERSON: Final = Template(
    "person",
    "个人",
    "Person",
    _SIGNING,
    usual=1 * YEAR,
    longest=3 * YEAR,
    extended=(CLIENT, MAIL, DOCUMENT_SIGNING),
    needs=frozenset({"common_name", "country"}),
    alternative=frozenset({GeneralKind.MAIL}),
)
OCSP_RESPONDER: Final = Template(
    "ocsp-responder",
    "OCSP 应答服务",
    "OCSP responder",
    _PROVING,
    usual=1 * YEAR,
    longest=1 * YEAR,
    extended=(OCSP_SIGNING,),
    no_check=True,
    in_custody=True,
)
TIME_STAMP_AUTHORITY: Final = Template(
    "time-stamp-authority",
    "时间戳服务",
    "Time-stamping authority",
    _SIGNING,
    usual=5 * YEAR,
    longest=10 * YEAR,
    extended=(TIME_STAMPING,),
    extended_critical=True,
    in_custody=True,
)

TEMPLATES: Final = laid_out(
    ROOT, ISSUING, SEAL_MAKER, SEAL_SIGNER, SYSTEM, PERSON, OCSP_RESPONDER, TIME_STAMP_AUTHORITY
)


def template(name: str) -> Template:
    """Find a template by name. Raises `UnknownTemplate`."""
    found = TEMPLATES.get(name)
    if found is None:
        raise UnknownTemplate(name)
    return found


def for_orders(name: str) -> Template:
    """Find a template to order under; authorities are opened instead. Raises `UnknownTemplate`."""
    found = template(name)
    if found.authority:
        raise UnknownTemplate(name)
    return found
