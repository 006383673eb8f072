"""Signature.xml: what one signature says that it protects, and how it shows (GB/T 33190-2016 18.2, GM/T 0099-2020 B.2).

The element order is read as it comes and told where it is not the schema's. There must be exactly one of each element
that says what is signed, at any depth and in any namespace, so that no second reading exists (signature wrapping).
"""

import base64
import binascii
import math
import re
from dataclasses import dataclass, field
from typing import Final

from signing.formats.ofd.limits import MAX_ENTRIES, MAX_MILLIMETRES, MAX_STAMPS
from signing.formats.ofd.markup import (
    NAMESPACE,
    NAMESPACES,
    Element,
    Malformed,
    child,
    children,
    local,
    named,
    namespace,
    only,
    text,
)

# The schema's order of SignedInfo's parts.
ORDER: Final = ("Provider", "SignatureMethod", "SignatureDateTime", "Parameters", "References", "StampAnnot", "Seal")
UNIQUE: Final = ("SignedInfo", "SignedValue", "References")
NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")
# The schema's default, which no signature can rest on today.
DEFAULT_METHOD: Final = "MD5"
TIME_SHOWN: Final = 64

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Reference:
    """A protected file and the digest it must have; None where the digest is no Base64."""

    location: str
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a signature shows: the page's object ID, the whole picture's box, and the part of it that shows."""

    id: str
    page_id: str
    boundary: Box | None
    clip: Box | None
    has_clip: bool


@dataclass(frozen=True)
class Description:
    """A Signature.xml as it stands."""

    method: str | None
    time: str | None
    check_method: str
    references: tuple[Reference, ...] = field(repr=False)
    stamps: tuple[Stamp, ...]
    seal_location: str | None
    value_location: str
    deviations: tuple[str, ...]


def description(root: Element) -> Description:
    """Read the parsed description. Raises `Malformed`."""
    if local(root) != "Signature" or namespace(root) not in NAMESPACES:
        raise Malformed("root")
    for name in UNIQUE:
        if sum(1 for _ in named(root, name)) > 1:
            raise Malformed(f"several-{name}")
    info = only(root, "SignedInfo")
    references = only(info, "References")
    seal = child(info, "Seal")
    base = child(seal, "BaseLoc") if seal is not None else None
    stamps = children(info, "StampAnnot")
    if len(stamps) > MAX_STAMPS:
        raise Malformed("several-StampAnnot")
    return Description(
        _text_of(info, "SignatureMethod"),
        _text_of(info, "SignatureDateTime"),
        (references.get("CheckMethod") or DEFAULT_METHOD).strip(),
        tuple(_references(references)),
        tuple(_stamp(each) for each in stamps),
        text(base) if base is not None else None,
        text(only(root, "SignedValue")),
        tuple(_deviations(root, info)),
    )


def box(value: str | None) -> Box | None:
    """Read "x y width height" in millimetres, or None where it is nothing of the kind."""
    parts = (value or "").split()
    if len(parts) != 4 or not all(NUMBER.fullmatch(each) for each in parts):  # noqa: PLR2004 - ST_Box has four
        return None
    x, y, width, height = map(float, parts)
    if (
        width <= 0
        or height <= 0
        or any(not math.isfinite(each) or abs(each) > MAX_MILLIMETRES for each in (x, y, width, height))
    ):
        return None
    return x, y, width, height


def _references(element: Element) -> list[Reference]:
    found = children(element, "Reference")
    if not found:
        raise Malformed("no-Reference")
    if len(found) > 2 * MAX_ENTRIES:
        raise Malformed("several-Reference")
    return [Reference((each.get("FileRef") or "").strip(), _digest(only(each, "CheckValue"))) for each in found]


def _digest(element: Element) -> bytes | None:
    try:
        return base64.b64decode("".join(text(element).split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _stamp(element: Element) -> Stamp:
    clip = element.get("Clip")
    page = (element.get("PageRef") or "").strip()
    return Stamp((element.get("ID") or "").strip(), page, box(element.get("Boundary")), box(clip), clip is not None)


def _text_of(info: Element, name: str) -> str | None:
    found = child(info, name)
    return text(found)[:TIME_SHOWN] or None if found is not None else None


def _deviations(root: Element, info: Element) -> list[str]:
    """Name what is not as the schema has it, by check code."""
    told = ["NAMESPACE_FORM"] if namespace(root) != NAMESPACE else []
    places = [ORDER.index(name) for each in info if (name := local(each)) in ORDER]
    outer = [local(each) for each in root if local(each) in UNIQUE]
    if places != sorted(places) or outer != ["SignedInfo", "SignedValue"]:
        told.append("ELEMENT_ORDER")
    provider = child(info, "Provider")
    if provider is None or provider.get("ProviderName") is None:
        told.append("PROVIDER_FORM")
    return told
