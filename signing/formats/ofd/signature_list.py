"""Signatures.xml: which signatures a document says it has (GB/T 33190-2016 18.1, GM/T 0099-2020 for `Relative`).

Nothing protects this list unless a signature covers it, so numbers in it are never believed: what is highest is
computed again, and a `MaxSignId` above that hints at a signature that was taken away.
"""

import re
from dataclasses import dataclass
from typing import Final

from signing.formats.ofd.container import Container, Entry
from signing.formats.ofd.errors import unreadable
from signing.formats.ofd.limits import MAX_SIGNATURES
from signing.formats.ofd.locations import Found, found
from signing.formats.ofd.markup import (
    NAMESPACE,
    NAMESPACES,
    Element,
    Malformed,
    Reader,
    child,
    children,
    local,
    namespace,
    text,
)

DIGITS: Final = re.compile(r"[0-9]{1,9}")
USUAL_ID: Final = re.compile(r"s[0-9]{3,}")
DEFAULT_TYPE: Final = "Seal"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    id: str
    type: str
    location: str
    base: str | None
    description: Found | None


@dataclass(frozen=True)
class SignatureList:
    """The list as it stands."""

    entry: Entry
    signatures: tuple[Listed, ...]
    declared_highest: int | None
    deviations: tuple[str, ...]


def signature_list(container: Container, reader: Reader, entry: Entry) -> SignatureList:
    """Read the list. Raises `Malformed`; `UnreadableDocument` where it is longer than anybody may check."""
    root = reader.parse(entry.content)
    if local(root) != "Signatures" or namespace(root) not in NAMESPACES:
        raise Malformed("root")
    elements = children(root, "Signature")
    if len(elements) > MAX_SIGNATURES:
        raise unreadable("PACKAGE_TOO_LARGE", entry.name)
    highest = child(root, "MaxSignId")
    deviations = ["NAMESPACE_FORM"] if namespace(root) != NAMESPACE else []
    if highest is not None and elements and list(root).index(highest) > list(root).index(elements[0]):
        deviations.append("LIST_ORDER")
    signatures = tuple(_listed(container, entry, each) for each in elements)
    if any(not USUAL_ID.fullmatch(each.id) for each in signatures):
        deviations.append("SIGNATURE_ID_FORM")
    declared = number_of(text(highest)) if highest is not None else None
    return SignatureList(entry, signatures, declared, tuple(deviations))


def number_of(identifier: str) -> int | None:
    """Give the number in an ID, whatever stands around it."""
    digits = DIGITS.search(identifier)
    return int(digits[0]) if digits else None


def _listed(container: Container, entry: Entry, element: Element) -> Listed:
    location = (element.get("BaseLoc") or "").strip()
    at = found(container, location, entry.name) if location else None
    base = (element.get("Relative") or "").strip() or None
    return Listed((element.get("ID") or "").strip(), (element.get("Type") or DEFAULT_TYPE).strip(), location, base, at)
