"""The package as a document: OFD.xml, its bodies, and the tree below them (GB/T 33190-2016 7.3, 7.4)."""

from dataclasses import dataclass
from typing import Final

from signing.formats.ofd.container import Container, Entry
from signing.formats.ofd.errors import unreadable
from signing.formats.ofd.gate import opened
from signing.formats.ofd.limits import MAX_DOCUMENTS
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
    named,
    namespace,
    only,
    text,
)
from signing.formats.ofd.tree import Tree, Walk, may_be_a_document

ENTRY_POINT: Final = "OFD.xml"
ENCRYPTIONS: Final = "Encryptions.xml"
MALFORMED: Final = "DOCUMENT_MALFORMED"


@dataclass(frozen=True, slots=True)
class Body:
    """One DocBody: its document, and the list of its signatures if it names one."""

    number: int
    document: Entry | None
    # The location as it is written; None where the body names no list.
    list_location: str | None
    list: Found | None


@dataclass(frozen=True)
class Package:
    """An opened document, before any signature is looked at."""

    container: Container
    reader: Reader
    entry_point: Entry
    bodies: tuple[Body, ...]
    tree: Tree
    is_encrypted: bool

    def decides_what_shows(self) -> bool:
        """Tell whether another OFD.xml could make the same files show something else.

        With one document in the package it could not: all that it can do is to name that document. With several
        documents, versions, or another file that could serve as a document, it decides, and counts as visible.
        """
        if len(self.bodies) > 1 or len(self.tree.documents) != 1:
            return True
        known = {*self.tree.documents, self.entry_point.name}
        return any(may_be_a_document(each) for name, each in self.container.entries.items() if name not in known)


def package(data: bytes) -> Package:
    """Open a document. Raises `UnreadableDocument`, whatever the bytes are."""
    container = opened(data)
    entry_point = container.find(ENTRY_POINT)
    is_encrypted = container.find(ENCRYPTIONS) is not None
    if entry_point is None:
        raise unreadable("DOCUMENT_ENCRYPTED" if is_encrypted else "ENTRY_POINT_MISSING")
    reader = Reader()
    try:
        root = reader.parse(entry_point.content)
        return _walked(container, reader, entry_point, root, is_encrypted=is_encrypted)
    except Malformed as reason:
        raise unreadable("DOCUMENT_ENCRYPTED" if is_encrypted else MALFORMED, reason.reason) from None


def _walked(container: Container, reader: Reader, entry: Entry, root: Element, *, is_encrypted: bool) -> Package:
    """Read the bodies and walk through what they name. Raises `Malformed`."""
    if local(root) != "OFD" or namespace(root) not in NAMESPACES:
        raise Malformed("root")
    elements = children(root, "DocBody")
    if not elements or len(elements) > MAX_DOCUMENTS:
        raise Malformed("no-DocBody" if not elements else "too-many-DocBody")
    walk = Walk(container, reader)
    bodies = tuple(_body(walk, number, element, entry) for number, element in enumerate(elements, 1))
    for version in named(root, "Version"):
        for each in walk.follow(version.get("BaseLoc", "").strip(), entry.name):
            walk.version(each)
    for cover in named(root, "Cover"):
        walk.follow_text(cover, entry.name)
    if namespace(root) != NAMESPACE:
        walk.deviations.setdefault("NAMESPACE_FORM", entry.name)
    if entry.name != ENTRY_POINT:
        walk.deviations.setdefault("LOCATION_CASE", entry.name)
    return Package(container, reader, entry, bodies, walk.finished(), is_encrypted)


def _body(walk: Walk, number: int, element: Element, entry: Entry) -> Body:
    documents = walk.follow(text(only(element, "DocRoot")), entry.name)
    for document in documents:
        walk.document(document)
    named_list = child(element, "Signatures")
    location = text(named_list) if named_list is not None else None
    at = found(walk.container, location, entry.name) if location else None
    return Body(number, documents[0] if documents else None, location, at)
