"""A document about to be signed: room is made, what the key signs is computed, and the signature is put in its place.

Pure: no key, no register. Two ways of signing, told by what stands in the document afterwards: a sealed value (SES: the
seal itself travels with the document; the way of OFD) and a signed message (CMS under GB/T 35275, or plain CMS for keys
that are not SM2; the way of PDF, and of OFD's pure digital signature).
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keys import algorithms
from keys.algorithms import asymmetric, international
from keys.algorithms.algorithm import KeyKind, SignatureAlgorithm
from keys.algorithms.sm2 import SM2_SM3
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.cms import numbers, writing
from signing import seals
from signing.errors import CannotSign
from signing.formats.format import Appearance, Format, Prepared, Wanted
from signing.levels import Level
from signing.long_term_errors import LevelNotPossible
from signing.report import Place
from signing.seals.seal import SM2_WITH_SM3, ValueDraft

# What goes into a PDF beside the seal's own certificate: a token with its chain has some 6 KB.
ROOM_FOR_TIME_STAMP: Final = 12 * 1024
PNG: Final = "image/png"
# EN 319 142-1 6.3: how a signature of a level is declared.
PADES: Final = "ETSI.CAdES.detached"
# What a key of each kind signs with here.
ALGORITHM_OF: Final = {
    KeyKind.SM2: SM2_SM3,
    KeyKind.P256: international.ECDSA_SHA256,
    KeyKind.P384: international.ECDSA_SHA384,
    KeyKind.RSA: international.RSA_SHA256,
    KeyKind.ED25519: international.ED25519,
}


class Way(enum.StrEnum):
    """How a document is signed."""

    SEALED_VALUE = "sealed-value"
    MESSAGE = "message"


@dataclass(frozen=True)
class Impression:
    """The seal as it is used: itself, its picture with its size, and the certificate of the key that signs."""

    seal: bytes = field(repr=False)
    picture: bytes = field(repr=False)
    width_mm: float
    height_mm: float
    certificate: Certificate


@dataclass(frozen=True)
class Manner:
    """Where and how it is signed; without a way: a sealed value in OFD, a message in PDF."""

    places: tuple[Place, ...] = ()
    clips: tuple[tuple[float, float, float, float] | None, ...] = ()
    way: Way | None = None
    stamped: bool = False
    lock: bool = False
    certify: bool = False
    base: str | None = None
    field_name: str | None = None
    # How long it is to convince (a message in PDF alone); it tells by itself whether a time stamp is wanted.
    level: Level | None = None

    @property
    def wants_stamp(self) -> bool:
        """Tell whether a time stamp over the signature is wanted."""
        return self.stamped or (self.level is not None and self.level.is_stamped)


# Where nothing else is asked for: no picture, no time stamp, later signatures welcome.
USUAL: Final = Manner()


@dataclass(frozen=True)
class Draft:
    """A document with room for its signature: what is to be signed, by which algorithm, and how it is finished.

    `finish` takes the signature and, if one was asked for, the time stamp over it.
    """

    to_sign: bytes = field(repr=False)
    algorithm: SignatureAlgorithm
    finish: Callable[[bytes, bytes | None], bytes] = field(repr=False)

    @property
    def sm3(self) -> str:
        """Give the digest by which the signature is traced to its use."""
        return SM3.of(self.to_sign).hex()


def draft(document: bytes, form: Format, impression: Impression, manner: Manner, at: datetime) -> Draft:
    """Make room in a document and tell what is to be signed.

    A sealed value is of the standard of its seal. Raises `UnreadableDocument`, `CannotSign`,
    `UnusableSealDraft`, `LevelNotPossible`.
    """
    way = manner.way or (Way.SEALED_VALUE if form.name == "ofd" else Way.MESSAGE)
    algorithm = ALGORITHM_OF[asymmetric.public_key(impression.certificate.spki).kind]
    if manner.level is not None and (form.name, way) != ("pdf", Way.MESSAGE):
        raise LevelNotPossible(manner.level.value, "not-a-message-in-pdf")
    if way is Way.SEALED_VALUE:
        return _sealed(document, form, impression, manner, algorithm, at)
    return _message(document, form, impression, manner, algorithm, at)


def _sealed(
    document: bytes,
    form: Format,
    impression: Impression,
    manner: Manner,
    algorithm: SignatureAlgorithm,
    at: datetime,
) -> Draft:
    standard = seals.WRITABLE.get(seals.read_seal(impression.seal).version)
    if standard is None:
        raise CannotSign(form.name, "seal-standard-is-only-read")
    room = len(impression.seal) + 2 * len(impression.certificate.der) + 2048
    wanted = _wanted("seal", impression, manner, room, at)
    prepared = form.prepare(document, wanted)
    digest = _digest(prepared, SM3.name)
    value = ValueDraft(impression.seal, at, digest, prepared.name_for_value, impression.certificate.der, SM2_WITH_SM3)
    unsigned = standard.prepare_value(value)

    def finish(signature: bytes, token: bytes | None) -> bytes:
        sealed = unsigned.finish(signature)
        return prepared.embed(sealed if token is None else standard.stamped(sealed, token))

    return Draft(unsigned.message, algorithm, finish)


def _message(
    document: bytes,
    form: Format,
    impression: Impression,
    manner: Manner,
    algorithm: SignatureAlgorithm,
    at: datetime,
) -> Draft:
    family = numbers.GBT35275 if KeyKind.SM2 in algorithm.kinds and form.name == "ofd" else numbers.CMS
    template = writing.template(impression.certificate, algorithm, family=family)
    wanted = _wanted("signature", impression, manner, template.reserve(), at)
    prepared = form.prepare(document, wanted)
    # EN 319 142-1 6.3: in PAdES the time stands in the dictionary (/M), and no signingTime beside it.
    told = at if manner.level is None else None
    message = template.prepare(_digest(prepared, template.digest.name), told)

    def finish(signature: bytes, token: bytes | None) -> bytes:
        beside = () if token is None else (writing.timestamp_attribute(token),)
        return prepared.embed(message.embed(signature, beside))

    return Draft(message.to_sign, algorithm, finish)


def _wanted(kind: str, impression: Impression, manner: Manner, room: int, at: datetime) -> Wanted:
    shown = Appearance(impression.picture, PNG, manner.places, manner.clips) if manner.places else None
    return Wanted(
        kind,
        appearance=shown,
        seal=impression.seal if kind == "seal" else None,
        reserve=room + (ROOM_FOR_TIME_STAMP if manner.wants_stamp else 0),
        lock=manner.lock,
        certify=manner.certify,
        base=manner.base,
        claimed_time=at.isoformat(timespec="seconds"),
        field_name=manner.field_name,
        sub_filter=None if manner.level is None else PADES,
    )


def _digest(prepared: Prepared, name: str) -> bytes:
    running = algorithms.digest(name).start()
    for part in prepared.message:
        running.update(bytes(part))
    return running.finish()
