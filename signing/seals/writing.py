"""What the standards of seals that are written here write alike, in DER."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from keys.algorithms import der
from keys.algorithms.sm3 import SM3
from keys.times import GENERALIZED_TIME, UTC_TIME
from signing.seals.errors import UnusableSealDraft
from signing.seals.reading import (
    BOOLEAN,
    EXTENSIONS_LIMIT,
    IA5,
    MILLIMETRES,
    PICTURE_LIMIT,
    PRINTABLE,
    PROPERTY_LIMIT,
    SIGNERS_LIMIT,
    SMALL,
    TAGGED,
    TEXT_LIMIT,
    UTF8,
)
from signing.seals.seal import Extension, Picture, SealDraft

# The types that readers of the field know by these spellings.
TYPES: Final = {
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/jpeg": "JPG",
    "image/bmp": "BMP",
    "image/svg+xml": "SVG",
    "application/ofd": "OFD",
}
# GM/T 0031 writes dates with two digits of the year, which end in 2049.
LAST_UTC_YEAR: Final = 2049
FIRST_UTC_YEAR: Final = 1950
DIGEST_NAME: Final = "SM3"


def text(tag: int, value: str, name: str, limit: int = TEXT_LIMIT) -> bytes:
    """Write a text. Raises `UnusableSealDraft`."""
    try:
        content = value.encode("utf-8" if tag == UTF8 else "ascii")
    except UnicodeEncodeError as error:
        raise UnusableSealDraft(name, "not-ascii" if tag != UTF8 else "not-text") from error
    if not value.strip() or len(content) > limit:
        raise UnusableSealDraft(name, "empty-or-too-long")
    if not value.isprintable():
        raise UnusableSealDraft(name, "not-printable")
    return der.element(tag, content)


def utc_time(at: datetime, name: str) -> bytes:
    """Write a UTCTime. Raises `UnusableSealDraft`."""
    at = _in_utc(at, name)
    if not FIRST_UTC_YEAR <= at.year <= LAST_UTC_YEAR:
        raise UnusableSealDraft(name, "year-out-of-range")
    return der.element(UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())


def generalized_time(at: datetime, name: str) -> bytes:
    """Write a GeneralizedTime to the second. Raises `UnusableSealDraft`."""
    at = _in_utc(at, name)
    return der.element(GENERALIZED_TIME, f"{at.year:04}{at:%m%d%H%M%S}Z".encode())


def header(version: int, draft: SealDraft) -> bytes:
    """Write SES_Header. Raises `UnusableSealDraft`."""
    return der.sequence(text(IA5, "ES", "header"), der.integer(version), text(IA5, draft.vendor, "vendor"))


def kind(draft: SealDraft) -> bytes:
    """Write the type of a seal. Raises `UnusableSealDraft`."""
    if draft.type not in SMALL:
        raise UnusableSealDraft("type", "out-of-range")
    return der.integer(draft.type)


def require_period(draft: SealDraft) -> None:
    """Insist on a period that has a length and begins when the seal is there. Raises `UnusableSealDraft`."""
    if not draft.valid_from < draft.valid_until:
        raise UnusableSealDraft("valid_until", "not-after-valid-from")


def signers(draft: SealDraft) -> bytes:
    """Write the list of those who may use the seal, as certificates or by their digests. Raises `UnusableSealDraft`."""
    if not 1 <= len(draft.signer_certificates) <= SIGNERS_LIMIT:
        raise UnusableSealDraft("signer_certificates", "none-or-too-many")
    if draft.by_digest:
        name = text(PRINTABLE, DIGEST_NAME, "signer_certificates")
        return der.sequence(*(der.sequence(name, der.octets(SM3.of(each))) for each in draft.signer_certificates))
    return der.sequence(*(der.octets(each) for each in draft.signer_certificates))


def picture(shown: Picture) -> bytes:
    """Write SES_ESPictrueInfo. Raises `UnusableSealDraft`."""
    if shown.media_type not in TYPES:
        raise UnusableSealDraft("picture", "unknown-type")
    if not 1 <= len(shown.data) <= PICTURE_LIMIT:
        raise UnusableSealDraft("picture", "too-large-or-empty")
    if shown.width_mm not in MILLIMETRES or shown.height_mm not in MILLIMETRES:
        raise UnusableSealDraft("picture", "size-out-of-range")
    return der.sequence(
        text(IA5, TYPES[shown.media_type], "picture"),
        der.octets(shown.data),
        der.integer(shown.width_mm),
        der.integer(shown.height_mm),
    )


def extensions(found: Sequence[Extension], *, tagged: bool) -> bytes:
    """Write ExtensionDatas, or nothing where there are none. Raises `UnusableSealDraft`."""
    if not found:
        return b""
    if len(found) > EXTENSIONS_LIMIT:
        raise UnusableSealDraft("extensions", "too-many")
    true = der.element(BOOLEAN, b"\xff")
    written = der.sequence(
        *(der.sequence(der.oid(each.oid), true if each.critical else b"", der.octets(each.value)) for each in found)
    )
    return der.element(TAGGED, written) if tagged else written


def property_info(value: str) -> bytes:
    """Write what is sealed, by name. Raises `UnusableSealDraft`."""
    return text(IA5, value, "property_info", PROPERTY_LIMIT)


def _in_utc(at: datetime, name: str) -> datetime:
    if at.tzinfo is None:
        raise UnusableSealDraft(name, "without-time-zone")
    return at.astimezone(UTC)
