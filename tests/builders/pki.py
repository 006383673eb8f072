"""A PKI for tests with good defaults: a test names only what is peculiar, and may spoil any part on its way to the DER.

Everything is written by hand here, from `keys.algorithms.der` up, so that what no honest authority would sign can be
signed too. `root()` gives an authority; `authority.issues(…)` another identity under it; lists and OCSP answers are the
authority's too. A part given as bytes is taken as DER, as it is.
"""

import functools
import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from keys import extensions as ext
from keys import ocsp, revocation_lists
from keys.algorithms import asymmetric, der, international, sm2
from keys.algorithms.algorithm import DEFAULT_DISTID, KeyKind, PrivateKey, SignatureAlgorithm
from keys.certificates import NATIONAL, Certificate
from keys.extensions import Usage
from keys.ocsp import CertId, OcspAnswer
from keys.revocation_lists import Reason, RevocationList

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)

SIGNING = (Usage.DIGITAL_SIGNATURE, Usage.NON_REPUDIATION)
CERTIFYING = (Usage.CERT_SIGN, Usage.CRL_SIGN)
ALGORITHMS: Mapping[KeyKind, SignatureAlgorithm] = {
    KeyKind.SM2: sm2.SM2_SM3,
    KeyKind.P256: international.ECDSA_SHA256,
    KeyKind.P384: international.ECDSA_SHA384,
    KeyKind.RSA: international.RSA_SHA256,
    KeyKind.ED25519: international.ED25519,
}
KINDS = tuple(ALGORITHMS)
VERSION_2 = der.integer(1)

_serials = itertools.count(1000)
Made = Callable[[bytes], bytes]


@functools.lru_cache(maxsize=256)
def key(kind: KeyKind, whose: str) -> PrivateKey:
    """Give a key; the same one for the same owner, since making RSA keys takes long."""
    return international.generated(kind, 2048) if kind is KeyKind.RSA else asymmetric.generated(kind)


def tag(number: int, *parts: bytes) -> bytes:
    return der.element(number, *parts)


def name(text: str | bytes, organisation: str = "演示单位", encoding: int = 0x0C) -> bytes:
    """Write C, O and CN."""
    if isinstance(text, bytes):
        return text
    parts = [("2.5.4.6", 0x13, "CN"), ("2.5.4.10", 0x0C, organisation), ("2.5.4.3", encoding, text)]
    return der.sequence(*(rdn(oid, form, value.encode()) for oid, form, value in parts))


def rdn(oid: str, form: int, value: bytes) -> bytes:
    return tag(0x31, der.sequence(der.oid(oid), tag(form, value)))


def time(at: datetime | bytes) -> bytes:
    if isinstance(at, bytes):
        return at
    if at.year < 2050:
        return tag(0x17, at.strftime("%y%m%d%H%M%SZ").encode())
    return generalized(at)


def generalized(at: datetime | bytes) -> bytes:
    return at if isinstance(at, bytes) else tag(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())


def named_bits(bits: Sequence[int]) -> bytes:
    last = max(bits)
    data = bytearray(last // 8 + 1)
    for bit in bits:
        data[bit // 8] |= 0x80 >> bit % 8
    return tag(0x03, bytes((7 - last % 8,)), bytes(data))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), *((tag(0x01, b"\xff"),) if critical else ()), der.octets(value))


def uri(text: str) -> bytes:
    return tag(0x86, text.encode("ascii"))


def point(*names: bytes, reasons: Sequence[int] | None = None, issuer: bytes | None = None) -> bytes:
    """Write a DistributionPoint."""
    parts = [tag(0xA0, tag(0xA0, *names))] if names else []
    if reasons is not None:
        parts.append(tag(0x81, named_bits(reasons)[2:]))
    if issuer is not None:
        parts.append(tag(0xA2, tag(0xA4, issuer)))
    return der.sequence(*parts)


@dataclass(frozen=True)
class Draft:
    """What is asked of a certificate; None leaves a part out."""

    subject: str | bytes = "演示印章"
    kind: KeyKind = KeyKind.SM2
    whose: str | None = None
    authority: bool = False
    path_length: int | None = None
    usages: Sequence[Usage] | None = SIGNING
    extended: Sequence[str] | None = None
    extended_critical: bool = False
    basic: bool = True
    crl_points: Sequence[bytes] = ()
    ocsp_urls: Sequence[str] = ()
    ocsp_no_check: bool = False
    policies: Sequence[str] = ()
    alternative_names: Sequence[bytes] = ()
    more: Sequence[bytes] = ()
    not_before: datetime | bytes = AT - YEAR
    not_after: datetime | bytes = AT + YEAR
    serial: int | bytes | None = None
    version: bytes | None = tag(0xA0, der.integer(2))
    spki: bytes | None = None
    issuer: bytes | None = None
    signer: PrivateKey | None = None
    algorithm: SignatureAlgorithm | None = None
    inner_identifier: bytes | None = None
    outer_identifier: bytes | None = None
    distid: bytes = DEFAULT_DISTID
    key_ids: bool = True
    spoil: Made = field(default=lambda signature: signature)
    spoil_tbs: Made = field(default=lambda tbs: tbs)


def authority_draft(subject: str | bytes, **peculiar: Any) -> Draft:
    """Ask for an authority's certificate."""
    return replace(Draft(subject, authority=True, usages=CERTIFYING), **peculiar)


def key_id(spki: bytes) -> bytes:
    return hashlib.sha1(spki).digest()  # noqa: S324 - a name for a key, RFC 5280 4.2.1.2


def written(draft: Draft, issuer: "Identity | None") -> bytes:
    """Write and sign a certificate; without an issuer it signs itself."""
    own = key(draft.kind, draft.whose or str(draft.subject))
    signer = draft.signer or (issuer.key if issuer else own)
    algorithm = draft.algorithm or ALGORITHMS[signer.kind]
    inner = draft.inner_identifier or algorithm.identifier
    spki = draft.spki or own.public.spki
    serial = next(_serials) if draft.serial is None else draft.serial
    subject = name(draft.subject)
    tbs = der.sequence(
        draft.version or b"",
        serial if isinstance(serial, bytes) else der.integer(serial),
        inner,
        draft.issuer or (issuer.subject if issuer else subject),
        der.sequence(time(draft.not_before), time(draft.not_after)),
        subject,
        spki,
        _extensions(draft, spki, issuer.spki if issuer else spki),
    )
    tbs = draft.spoil_tbs(tbs)
    signature = draft.spoil(algorithm.sign(signer, tbs, distid=draft.distid))
    return der.sequence(tbs, draft.outer_identifier or inner, der.bits(signature))


def _extensions(draft: Draft, spki: bytes, issuer_spki: bytes) -> bytes:
    found = []
    if draft.basic:
        length = b"" if draft.path_length is None else der.integer(draft.path_length)
        value = der.sequence(tag(0x01, b"\xff") if draft.authority else b"", length)
        found.append(extension(ext.BASIC_CONSTRAINTS, value, critical=True))
    if draft.usages is not None:
        bits = [list(Usage).index(each) for each in draft.usages]
        found.append(extension(ext.KEY_USAGE, named_bits(bits), critical=True))
    if draft.extended is not None:
        value = der.sequence(*(der.oid(each) for each in draft.extended))
        found.append(extension(ext.EXTENDED_KEY_USAGE, value, critical=draft.extended_critical))
    if draft.key_ids:
        found.append(extension(ext.SUBJECT_KEY_ID, der.octets(key_id(spki))))
        found.append(extension(ext.AUTHORITY_KEY_ID, der.sequence(tag(0x80, key_id(issuer_spki)))))
    if draft.crl_points:
        found.append(extension(ext.CRL_POINTS, der.sequence(*draft.crl_points)))
    if draft.ocsp_urls:
        places = (der.sequence(der.oid(ext.OCSP_ACCESS), uri(each)) for each in draft.ocsp_urls)
        found.append(extension(ext.AUTHORITY_ACCESS, der.sequence(*places)))
    if draft.ocsp_no_check:
        found.append(extension(ext.OCSP_NO_CHECK, der.null()))
    if draft.policies:
        value = der.sequence(*(der.sequence(der.oid(each)) for each in draft.policies))
        found.append(extension(ext.POLICIES, value))
    if draft.alternative_names:
        found.append(extension(ext.ALTERNATIVE_NAME, der.sequence(*draft.alternative_names)))
    found.extend(draft.more)
    return tag(0xA3, der.sequence(*found)) if found else b""


@dataclass(frozen=True)
class Identity:
    """A key with its certificate, and all that an authority signs with it."""

    der: bytes
    key: PrivateKey
    subject: bytes
    issuer: "Identity | None" = None

    @functools.cached_property
    def certificate(self) -> Certificate:
        """Read the certificate; raises what the house raises when it was made badly."""
        return Certificate.of(self.der)

    @property
    def spki(self) -> bytes:
        """Give the key as the certificate has it, whatever its profile."""
        return Certificate.of(self.der, NATIONAL).spki

    def issues(self, subject: str | bytes = "演示印章", **peculiar: Any) -> "Identity":
        """Issue a certificate to someone who signs."""
        return self._issued(replace(Draft(subject, self.key.kind), **peculiar))

    def authority(self, subject: str | bytes = "演示中间 CA", **peculiar: Any) -> "Identity":
        """Issue a certificate to an authority below."""
        return self._issued(replace(authority_draft(subject, kind=self.key.kind), **peculiar))

    def responder(self, **peculiar: Any) -> "Identity":
        """Issue a certificate to an OCSP responder."""
        draft = Draft(
            "演示 OCSP",
            self.key.kind,
            usages=(Usage.DIGITAL_SIGNATURE,),
            extended=("1.3.6.1.5.5.7.3.9",),
            ocsp_no_check=True,
        )
        return self._issued(replace(draft, **peculiar))

    def _issued(self, draft: Draft) -> "Identity":
        own = key(draft.kind, draft.whose or str(draft.subject))
        return Identity(written(draft, self), own, name(draft.subject), self)

    def revocations(self, revoked: Mapping[int, Any] | None = None, **peculiar: Any) -> RevocationList:
        """Publish a list, read by the house."""
        return RevocationList.of(self.revocation_der(revoked, **peculiar))

    def revocation_der(
        self,
        revoked: Mapping[int, Any] | None = None,
        *,
        this_update: datetime | bytes = AT - DAY,
        next_update: datetime | bytes | None = AT + DAY,
        number: int | None = 7,
        issuer: bytes | None = None,
        more: Sequence[bytes] = (),
        entries: Sequence[bytes] = (),
        signer: PrivateKey | None = None,
        spoil: Made = lambda signature: signature,
        version: bytes = VERSION_2,
        key_id_of: bytes | None = None,
        distid: bytes = DEFAULT_DISTID,
    ) -> bytes:
        """Write and sign a list; `revoked` gives for each serial number (when, why, invalid since)."""
        signer = signer or self.key
        algorithm = ALGORITHMS[signer.kind]
        listed = [*(entry(serial, *_facts(said)) for serial, said in (revoked or {}).items()), *entries]
        said = [extension(ext.AUTHORITY_KEY_ID, der.sequence(tag(0x80, key_id_of or key_id(self.certificate.spki))))]
        if number is not None:
            said.append(extension(revocation_lists.CRL_NUMBER, der.integer(number)))
        tbs = der.sequence(
            version,
            algorithm.identifier,
            issuer or self.subject,
            time(this_update),
            b"" if next_update is None else time(next_update),
            der.sequence(*listed) if listed else b"",
            tag(0xA0, der.sequence(*said, *more)),
        )
        signature = spoil(algorithm.sign(signer, tbs, distid=distid))
        return der.sequence(tbs, algorithm.identifier, der.bits(signature))

    def answer(self, about: Certificate, **peculiar: Any) -> OcspAnswer:
        """Answer a question, read by the house."""
        return OcspAnswer.of(self.answer_der(about, **peculiar))

    def answer_der(
        self,
        about: Certificate,
        *,
        issuer: "Identity | None" = None,
        revoked: tuple[datetime, Reason] | None = None,
        unknown: bool = False,
        hash_name: str = "sha-1",
        cert_id: bytes | None = None,
        this_update: datetime | bytes = AT - timedelta(minutes=10),
        next_update: datetime | bytes | None = AT + timedelta(hours=1),
        produced_at: datetime | bytes = AT - timedelta(minutes=10),
        nonce: bytes | None = None,
        by_name: bool = False,
        responder: bytes | None = None,
        certificates: Sequence[bytes] | None = None,
        status: int = 0,
        more: Sequence[bytes] = (),
        single_more: Sequence[bytes] = (),
        signer: PrivateKey | None = None,
        spoil: Made = lambda signature: signature,
        kind: str = ocsp.BASIC,
    ) -> bytes:
        """Write and sign an OCSP response; self is who signs, `issuer` who issued the certificate asked about."""
        if status:
            return der.sequence(tag(0x0A, bytes((status,))))
        signer = signer or self.key
        algorithm = ALGORITHMS[signer.kind]
        who = issuer or self
        said = tag(0x80)
        if revoked is not None:
            reason = list(Reason).index(revoked[1])
            reason += reason > 6
            said = tag(0xA1, generalized(revoked[0]), tag(0xA0, tag(0x0A, bytes((reason,)))))
        if unknown:
            said = tag(0x82)
        single = der.sequence(
            cert_id or CertId.of(about, who.certificate, hash_name).der,
            said,
            generalized(this_update),
            b"" if next_update is None else tag(0xA0, generalized(next_update)),
            tag(0xA1, der.sequence(*single_more)) if single_more else b"",
        )
        told = [*more]
        if nonce is not None:
            told.append(extension(ocsp.NONCE, der.octets(nonce)))
        key_hash = hashlib.sha1(ocsp.key_bits(self.certificate)).digest()  # noqa: S324 - RFC 6960 4.2.1
        by = tag(0xA1, self.subject) if by_name else tag(0xA2, der.octets(key_hash))
        tbs = der.sequence(
            responder or by,
            generalized(produced_at),
            der.sequence(single),
            tag(0xA1, der.sequence(*told)) if told else b"",
        )
        with_it = ((self.der,) if issuer else ()) if certificates is None else certificates
        basic = der.sequence(
            tbs,
            algorithm.identifier,
            der.bits(spoil(algorithm.sign(signer, tbs))),
            tag(0xA0, der.sequence(*with_it)) if with_it else b"",
        )
        return der.sequence(tag(0x0A, b"\x00"), tag(0xA0, der.sequence(der.oid(kind), der.octets(basic))))


def entry(serial: int, when: datetime | bytes, why: Reason | None = None, since: datetime | None = None) -> bytes:
    """Write one entry of a list."""
    more = []
    if why is not None:
        code = list(Reason).index(why)
        more.append(extension(revocation_lists.REASON_CODE, tag(0x0A, bytes((code + (code > 6),)))))
    if since is not None:
        more.append(extension(revocation_lists.INVALIDITY_DATE, generalized(since)))
    return der.sequence(der.integer(serial), time(when), der.sequence(*more) if more else b"")


def scope(*parts: bytes) -> bytes:
    """Write an issuingDistributionPoint."""
    return extension(revocation_lists.ISSUING_POINT, der.sequence(*parts), critical=True)


def root(subject: str | bytes = "演示根 CA", kind: KeyKind = KeyKind.SM2, **peculiar: Any) -> Identity:
    """Make an authority that signs itself."""
    draft = replace(authority_draft(subject, kind=kind), **peculiar)
    return Identity(written(draft, None), key(draft.kind, draft.whose or str(draft.subject)), name(draft.subject))


@dataclass(frozen=True)
class Chain:
    """The usual three: a root, an authority below it, and a seal's signer."""

    root: Identity
    authority: Identity
    signer: Identity


def chain(kind: KeyKind = KeyKind.SM2, **peculiar: Any) -> Chain:
    """Make the usual three; what is peculiar is the signer's."""
    top = root(kind=kind)
    middle = top.authority(path_length=0)
    return Chain(top, middle, middle.issues(**peculiar))


def _facts(said: Any) -> tuple[Any, ...]:
    return said if isinstance(said, tuple) else (said,)
