"""Every draft is read as a stranger would read it, and held to its template and its issuer, before a key touches it.

`faults` names the rules that a draft breaks, in a fixed order; none means that it may be signed. The draft is put
together with a signature of zeros and goes through the house's own strict reader, so that what is issued can always be
read. The rules are RFC 5280's for authorities, GM/T 0015's for usages, and the template's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from base.errors import DomainError
from base.identifiers import IdNumber
from keys import extensions as ext
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PublicKey, SignatureAlgorithm
from keys.authority.drafts import assembled
from keys.authority.errors import UnfitDraft, UnfitSubject
from keys.authority.subjects import Subject
from keys.authority.templates import KINDS, Template
from keys.authority.writing import SIGNATURES, key_id
from keys.certificates import Certificate
from keys.errors import UnusableKey
from keys.names import GeneralKind
from keys.trust_errors import MalformedCertificate

# Below this a serial number could be foretold (CA/Browser Forum BR 7.1); ours have 126 bits.
SERIAL_BITS_LEAST: Final = 64
_NO_SIGNATURE: Final = bytes(64)
_ID_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_ALTERNATIVE: Final = {
    GeneralKind.MAIL: re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,253}"),
    GeneralKind.DNS: re.compile(
        r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
    ),
    GeneralKind.URI: re.compile(r"[a-z][a-z0-9+.-]*:[!-~]{1,500}"),
}
_ALWAYS: Final = frozenset({ext.BASIC_CONSTRAINTS, ext.KEY_USAGE, ext.SUBJECT_KEY_ID, ext.AUTHORITY_KEY_ID})
_NUMBERS_BY_NATURE: Final = frozenset({"organisation_identifier", "serial_number"})


@dataclass(frozen=True)
class _Read:
    """A draft as it was read, with what it is held to."""

    certificate: Certificate
    template: Template
    issuer: Certificate | None
    algorithm: SignatureAlgorithm
    key: PublicKey


def require(tbs: bytes, algorithm: SignatureAlgorithm, template: Template, issuer: Certificate | None) -> Certificate:
    """Insist that a draft may be signed, and give it as it reads. Raises `UnfitDraft` with the rules that it breaks."""
    broken = faults(tbs, algorithm, template, issuer)
    if broken:
        raise UnfitDraft(template.name, ", ".join(broken))
    return Certificate.of(assembled(tbs, algorithm, _NO_SIGNATURE))


def faults(
    tbs: bytes, algorithm: SignatureAlgorithm, template: Template, issuer: Certificate | None
) -> tuple[str, ...]:
    """Name the rules that a draft breaks; without an issuer it signs itself."""
    try:
        certificate = Certificate.of(assembled(tbs, algorithm, _NO_SIGNATURE))
    except MalformedCertificate as error:
        return (f"unreadable:{error.reason}",)
    try:
        key = asymmetric.public_key(certificate.spki)
    except UnusableKey as error:
        return (f"key-unusable:{error.reason}",)
    read = _Read(certificate, template, issuer, algorithm, key)
    return tuple(fault for rule in _RULES for fault in rule(read))


def _serial(read: _Read) -> Iterator[str]:
    if read.certificate.serial.bit_length() <= SERIAL_BITS_LEAST:
        yield "serial-foretellable"


def _names(read: _Read) -> Iterator[str]:
    subject, issuer = read.certificate.subject, read.issuer
    expected = subject if issuer is None else issuer.subject
    if read.certificate.issuer.der != expected.der:
        yield "issuer-name-differs"
    if issuer is not None and subject == issuer.subject:
        yield "named-like-its-issuer"
    if subject.mixes_scripts:
        yield "name-mixes-scripts"
    try:
        told = Subject.of(subject)
    except UnfitSubject as error:
        yield f"subject:{error.attribute}:{error.reason}"
        return
    if told.der != subject.der:
        yield "subject-spelt-otherwise"
    for missing in sorted(read.template.needs - told.told):
        yield f"subject-lacks:{missing}"
    for attribute in sorted(told.told - _NUMBERS_BY_NATURE):
        if _holds_id_number(getattr(told, attribute)):
            yield "identity-number-in-name"


def _holds_id_number(text: str) -> bool:
    """Tell whether a text holds a citizen's identity number, which everyone would read (GB 11643-1999)."""
    for found in _ID_NUMBER.findall(text):
        try:
            IdNumber(found.upper())
        except DomainError:
            continue
        return True
    return False


def _validity(read: _Read) -> Iterator[str]:
    certificate, issuer = read.certificate, read.issuer
    if certificate.not_after - certificate.not_before > read.template.longest:
        yield "lasts-too-long"
    if certificate.not_after == certificate.not_before:
        yield "lasts-no-time"
    if issuer is not None and certificate.not_before < issuer.not_before:
        yield "begins-before-its-issuer"
    if issuer is not None and certificate.not_after > issuer.not_after:
        yield "outlasts-its-issuer"


def _key(read: _Read) -> Iterator[str]:
    if read.key.kind not in KINDS:
        yield "key-kind"
        return
    if read.certificate.spki != read.key.spki:
        yield "key-spelt-otherwise"
    if read.issuer is None:
        signer = read.key.kind
    else:
        signer = asymmetric.public_key(read.issuer.spki).kind
        if read.issuer.spki == read.certificate.spki:
            yield "key-of-its-issuer"
        if (signer is KeyKind.SM2) != (read.key.kind is KeyKind.SM2):
            yield "key-of-the-other-family"
    if SIGNATURES.get(signer) != read.algorithm:
        yield "signature-algorithm"


def _key_ids(read: _Read) -> Iterator[str]:
    said = read.certificate.extensions
    above = read.certificate if read.issuer is None else read.issuer
    if said.subject_key_id != key_id(read.certificate.spki):
        yield "subject-key-identifier"
    named = said.authority_key_id
    if named is None or named.key_id != above.extensions.subject_key_id or named.serial is not None:
        yield "authority-key-identifier"


def _usages(read: _Read) -> Iterator[str]:
    said, template = read.certificate.extensions, read.template
    basic = said.basic
    if basic is None or (basic.authority, basic.path_length) != (template.authority, template.path_length):
        yield "basic-constraints"
    if said.key_usage != template.usages:
        yield "key-usage"
    if (said.extended_usage or ()) != template.extended:
        yield "extended-key-usage"
    for oid, critical in (
        (ext.BASIC_CONSTRAINTS, True),
        (ext.KEY_USAGE, True),
        (ext.EXTENDED_KEY_USAGE, template.extended_critical),
    ):
        if (oid in said.critical) != critical:
            yield f"criticality:{oid}"
    if said.ocsp_no_check != template.no_check:
        yield "ocsp-no-check"


def _places(read: _Read) -> Iterator[str]:
    said = read.certificate.extensions
    asked = read.issuer is not None and not read.template.no_check
    if bool(said.crl_points and all(point.urls for point in said.crl_points)) != asked:
        yield "revocation-list-place"
    if bool(said.ocsp_urls) != asked:
        yield "responder-place"
    if bool(said.issuer_urls) != (read.issuer is not None):
        yield "issuer-place"


def _alternative(read: _Read) -> Iterator[str]:
    for name in read.certificate.extensions.alternative_names:
        if name.tag not in read.template.alternative:
            yield "alternative-name-not-allowed"
        elif not _ALTERNATIVE[name.tag].fullmatch(name.text):
            yield "alternative-name-malformed"


def _nothing_else(read: _Read) -> Iterator[str]:
    allowed = set(_ALWAYS)
    if read.template.extended:
        allowed.add(ext.EXTENDED_KEY_USAGE)
    if read.template.alternative:
        allowed.add(ext.ALTERNATIVE_NAME)
    if read.template.no_check:
        allowed.add(ext.OCSP_NO_CHECK)
    if read.issuer is not None:
        allowed |= {ext.AUTHORITY_ACCESS} if read.template.no_check else {ext.AUTHORITY_ACCESS, ext.CRL_POINTS}
    for oid in sorted(read.certificate.extensions.present - allowed):
        yield f"extension-not-asked:{oid}"


def _issuer(read: _Read) -> Iterator[str]:
    if (read.issuer is None) != read.template.self_signed:
        yield "self-signed"
    if read.issuer is None:
        return
    basic = read.issuer.extensions.basic
    if basic is None or not basic.authority:
        yield "issuer-no-authority"
    elif read.template.authority and basic.path_length == 0:
        yield "issuer-path-length"


_RULES: Final[tuple[Callable[[_Read], Iterator[str]], ...]] = (
    _serial,
    _names,
    _validity,
    _key,
    _key_ids,
    _usages,
    _places,
    _alternative,
    _nothing_else,
    _issuer,
)
