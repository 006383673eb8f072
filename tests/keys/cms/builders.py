"""SignedData written by hand, so that what no honest product would write can be written too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from keys import algorithms
from keys.algorithms import der
from keys.algorithms.algorithm import KeyKind, SignatureAlgorithm
from keys.cms import numbers, writing
from keys.cms.numbers import GBT35275, Family
from tests.builders import pki
from tests.builders.pki import AT, Identity

MESSAGE = "签名文件 Signature.xml".encode()


def tag(number: int, *parts: bytes) -> bytes:
    return der.element(number, *parts)


@dataclass(frozen=True)
class Draft:
    """What is asked of a message; None leaves a part out."""

    signer: Identity
    message: bytes = MESSAGE
    family: Family = GBT35275
    kind: str | None = None
    inner: str | None = None
    content: bytes | None = None
    digest: str = "sm3"
    digest_identifier: bytes | None = None
    announced: Sequence[bytes] | None = None
    algorithm: bytes | None = None
    by: SignatureAlgorithm | None = None
    attributes: Sequence[bytes] | None = ()
    more: Sequence[bytes] = ()
    content_type: str | None = None
    message_digest: bytes | None = None
    at: datetime | None = AT
    order: Callable[[list[bytes]], list[bytes]] = sorted
    signed_tag: int = 0x31
    version: int = 1
    signer_version: int = 1
    who: bytes | None = None
    certificates: Sequence[bytes] | None = None
    lists: Sequence[bytes] = ()
    unsigned: Sequence[bytes] = ()
    spoil: Callable[[bytes], bytes] = field(default=lambda signature: signature)
    signers: int = 1


def own_digest(draft: Draft) -> bytes:
    return draft.digest_identifier or der.sequence(der.oid(algorithms.digest(draft.digest).oids[0]))


def attributes_of(draft: Draft) -> list[bytes]:
    """Give the signed attributes: those that are asked for, else the usual ones and more."""
    if draft.attributes:
        return [*draft.attributes]
    digest = draft.message_digest or algorithms.digest(draft.digest).of(draft.message)
    usual = [
        writing.attribute(numbers.CONTENT_TYPE, der.oid(draft.content_type or draft.family.data)),
        writing.attribute(numbers.MESSAGE_DIGEST, der.octets(digest)),
    ]
    if draft.at is not None:
        usual.append(writing.attribute(numbers.SIGNING_TIME, writing.written_time(draft.at)))
    return draft.order([*usual, *draft.more])


def signer_info(draft: Draft) -> bytes:
    algorithm = draft.by or pki.ALGORITHMS[draft.signer.key.kind]
    certificate = draft.signer.certificate
    attributes = None if draft.attributes is None else b"".join(attributes_of(draft))
    signed = draft.message if attributes is None else tag(draft.signed_tag, attributes)
    national = draft.signer.key.kind is KeyKind.SM2
    named = draft.algorithm or (der.sequence(der.oid("1.2.156.10197.1.301.1")) if national else algorithm.identifier)
    return der.sequence(
        der.integer(draft.signer_version),
        draft.who or der.sequence(certificate.issuer.der, der.integer(certificate.serial)),
        own_digest(draft),
        b"" if attributes is None else tag(0xA0, attributes),
        named,
        der.octets(draft.spoil(algorithm.sign(draft.signer.key, signed))),
        tag(0xA1, *draft.unsigned) if draft.unsigned else b"",
    )


def written(draft: Draft) -> bytes:
    """Write and sign a message."""
    inside = b"" if draft.content is None else tag(0xA0, der.octets(draft.content))
    certificates = [draft.signer.der] if draft.certificates is None else draft.certificates
    announced = [own_digest(draft)] if draft.announced is None else draft.announced
    body = der.sequence(
        der.integer(draft.version),
        tag(0x31, *announced),
        der.sequence(der.oid(draft.inner or draft.family.data), inside),
        tag(0xA0, *certificates) if certificates else b"",
        tag(0xA1, *draft.lists) if draft.lists else b"",
        tag(0x31, *(signer_info(draft) for _ in range(draft.signers))),
    )
    return der.sequence(der.oid(draft.kind or draft.family.signed_data), tag(0xA0, body))
