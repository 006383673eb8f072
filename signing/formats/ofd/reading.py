"""The signatures of an OFD: every one is found by itself, with what it protects and where it shows.

The steps, for each line of each list (GB/T 33190-2016 clause 18, GM/T 0099-2020 7.2):

1. The line has an ID of its own and leads to a description that no other line leads to.
2. The description can be read in one way only.
3. The signature value is there.
4. Every referenced file has its digest.
5. What the package holds beyond that is told as coverage.
6. Stamps are placed; the seal's own file, where there is one, is handed on.

Whether the value is a signature of the description, by whom and under which seal is judged elsewhere, as is whether
a base signature is there and good. A failure in one line never stops the next; a list that is missing or cannot be
read stands as one broken signature.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from signing.formats.format import FoundDocument, FoundSignature
from signing.formats.ofd.container import Entry
from signing.formats.ofd.coverage import Machinery, coverage
from signing.formats.ofd.description import Description, description
from signing.formats.ofd.elements import carried
from signing.formats.ofd.elements import covered as covered_elements
from signing.formats.ofd.errors import shown, unreadable
from signing.formats.ofd.integrity import integrity
from signing.formats.ofd.limits import MAX_SIGNATURES
from signing.formats.ofd.locations import Found, found
from signing.formats.ofd.markup import Malformed
from signing.formats.ofd.package import Body, Package, package
from signing.formats.ofd.places import corners, shown_places
from signing.formats.ofd.references import protected
from signing.formats.ofd.signature_list import Listed, SignatureList, number_of, signature_list
from signing.report import Check, Coverage, CoverageKind, Place, failed, warned

# The names that files of signatures have in the field; a file so named that no list leads to was left behind.
SIGNATURE_FILES: Final = ("signature.xml", "signedvalue.dat", "signvalue.dat")
DESCRIPTION_ELEMENT: Final = b"SignedInfo"


@dataclass(frozen=True)
class Line:
    """One line of a list with everything that could be found for it."""

    body: int
    place: int
    listed: Listed
    description: Description | None
    value: Found | None
    seal: Found | None
    fault: Check | None


@dataclass(frozen=True)
class Listing:
    """All lines of all lists, and what there is to say of the lists themselves."""

    package: Package
    lines: tuple[Line, ...]
    lists: tuple[SignatureList, ...]
    checks: tuple[Check, ...]


def read(data: bytes) -> FoundDocument:
    """Find the signatures. Raises `UnreadableDocument`, whatever the bytes are."""
    listing = listed(data)
    machinery = machinery_of(listing)
    signatures = [_found(listing, machinery, line) for line in listing.lines]
    signatures.extend(_unlisted(listing, number, fault) for number, fault in enumerate(listing.checks, 1))
    elements = carried(listing.package) if signatures else {}
    return FoundDocument(tuple(signatures), tuple(_warnings(listing, machinery)), elements=elements)


def listed(data: bytes) -> Listing:
    """Open the document and read its lists and descriptions. Raises `UnreadableDocument`."""
    document = package(data)
    lists: list[SignatureList] = []
    lines: list[Line] = []
    checks: list[Check] = []
    for body in document.bodies:
        try:
            if (found_list := _list_of(document, body)) is None:
                continue
        except Malformed as reason:
            checks.append(_list_fault(body, reason))
            continue
        lists.append(found_list)
        if len(lines) + len(found_list.signatures) > MAX_SIGNATURES:
            raise unreadable("PACKAGE_TOO_LARGE", found_list.entry.name)
        begins = len(lines)
        lines.extend(_line(document, body, each, begins + at) for at, each in enumerate(found_list.signatures))
    return Listing(document, tuple(lines), tuple(lists), tuple(checks))


def machinery_of(listing: Listing) -> Machinery:
    """Tell which entries belong to which signature."""
    owners: dict[str, int] = {}
    for line in listing.lines:
        for part in (line.listed.description, line.value, line.seal):
            if part is not None:
                owners.setdefault(part.entry.name, line.place)
    return Machinery(owners, frozenset(each.entry.name for each in listing.lists))


def _list_of(document: Package, body: Body) -> SignatureList | None:
    if body.list_location is None:
        return None
    if body.list is None:
        raise Malformed("missing")
    return signature_list(document.container, document.reader, body.list.entry)


def _list_fault(body: Body, reason: Malformed) -> Check:
    if body.list is None:
        return failed("LIST_MISSING", shown(body.list_location or ""))
    return failed("LIST_MALFORMED", f"/{body.list.entry.name}", reason=reason.reason)


def _line(document: Package, body: Body, line: Listed, place: int) -> Line:
    """Read one description; a fault stays with its line (steps 2 and 3)."""
    told = None
    value = seal = None
    fault = None
    if line.description is None:
        fault = failed("DESCRIPTION_MISSING", shown(line.location))
    else:
        name = line.description.entry.name
        try:
            told = description(document.reader.parse(line.description.entry.content))
            value = found(document.container, told.value_location, name)
            seal = found(document.container, told.seal_location, name) if told.seal_location else None
        except Malformed as reason:
            told = None
            fault = failed("DESCRIPTION_MALFORMED", f"/{name}", reason=reason.reason)
    return Line(body.number, place, line, told, value, seal, fault)


def _found(listing: Listing, machinery: Machinery, line: Line) -> FoundSignature:
    """Put together what is known of one signature."""
    checks = list(_repeated(listing, line))
    entry = line.listed.description.entry if line.listed.description is not None else None
    covered: frozenset[str] = frozenset()
    places: list[Place] = []
    told = line.description
    if line.fault is not None:
        checks.append(line.fault)
    if told is not None and entry is not None:
        value_entry = line.value.entry if line.value is not None else None
        kept = protected(listing.package.container, entry, value_entry, told.check_method, told.references)
        covered = kept.covered
        checks.extend(kept.checks)
        pages = [each for each in listing.package.tree.pages if each.document in _documents(listing, line)]
        moved = corners(listing.package.container, told.stamps, pages)
        places, unplaced = shown_places(told.stamps, pages, entry.name, moved)
        checks.extend((*_of_value(line, told), *unplaced, *_deviations(line, told, entry)))
    return FoundSignature(
        id=_id(listing, line),
        declared_kind={"seal": "seal", "sign": "signature"}.get(line.listed.type.lower(), line.listed.type or None),
        value=line.value.entry.content if line.value is not None else None,
        message=(memoryview(entry.content),) if entry is not None else (memoryview(b""),),
        name_for_value=f"/{entry.name}" if entry is not None else "",
        checks=tuple(checks),
        coverage=_coverage(listing, machinery, line, covered, entry),
        places=tuple(places),
        declared_method=told.method if told is not None else None,
        claimed_time=told.time if told is not None else None,
        base=_base(listing, line),
        seal_file=line.seal.entry.content if line.seal is not None else None,
        elements=covered_elements(listing.package, covered) if covered else {},
    )


def _unlisted(listing: Listing, number: int, fault: Check) -> FoundSignature:
    """Stand for the signatures of a list that cannot be read: that a document had some must not be forgotten."""
    everything = tuple(sorted(f"/{name}" for name in listing.package.tree.shown))
    nothing = (memoryview(b""),)
    return FoundSignature(f"?{number}", None, None, nothing, "", (fault,), Coverage(CoverageKind.PARTIAL, everything))


def _coverage(
    listing: Listing, machinery: Machinery, line: Line, covered: frozenset[str], entry: Entry | None
) -> Coverage:
    if entry is None:
        return Coverage(CoverageKind.PARTIAL, tuple(sorted(f"/{name}" for name in listing.package.tree.shown)))
    value = line.value.entry.name if line.value is not None else None
    return coverage(listing.package, machinery, covered, line.place, entry.name, value)


def _id(listing: Listing, line: Line) -> str:
    """Give the ID for the report; lists of several documents count by themselves."""
    own = shown(line.listed.id) or f"#{line.place + 1}"
    return own if len(listing.lists) == 1 else f"{line.body}/{own}"


def _base(listing: Listing, line: Line) -> str | None:
    if line.listed.base is None:
        return None
    return shown(line.listed.base) if len(listing.lists) == 1 else f"{line.body}/{shown(line.listed.base)}"


def _documents(listing: Listing, line: Line) -> set[str]:
    """Name the documents whose pages a signature's stamps can mean: those of its own body."""
    body = listing.package.bodies[line.body - 1]
    own = {body.document.name} if body.document is not None else set()
    return own or set(listing.package.tree.documents)


def _repeated(listing: Listing, line: Line) -> Iterator[Check]:
    """Require an ID and files that no line before has (step 1)."""
    before = listing.lines[: line.place]
    if any(each.listed.id == line.listed.id and each.body == line.body for each in before):
        yield failed("SIGNATURE_ID_REPEATED", shown(line.listed.id))
    for mine, theirs in (
        (line.listed.description, [each.listed.description for each in before]),
        (line.value, [each.value for each in before]),
    ):
        if mine is not None and any(each is not None and each.entry.name == mine.entry.name for each in theirs):
            yield failed("SIGNATURE_LISTED_TWICE", f"/{mine.entry.name}")


def _of_value(line: Line, told: Description) -> Iterator[Check]:
    if line.value is None:
        yield failed("VALUE_MISSING", shown(told.value_location))
    if told.seal_location and line.seal is None:
        yield warned("SEAL_FILE_MISSING", shown(told.seal_location))


def _deviations(line: Line, told: Description, entry: Entry) -> Iterator[Check]:
    """Name what is accepted though it is not as the standard has it."""
    for code in told.deviations:
        yield warned(code, f"/{entry.name}")
    parts = (line.listed.description, line.value, line.seal)
    for code in sorted({part.deviation for part in parts if part is not None and part.deviation}):
        yield warned(code, f"/{entry.name}")


def _warnings(listing: Listing, machinery: Machinery) -> Iterator[Check]:
    """Tell what concerns the document as a whole."""
    document = listing.package
    for code, subject in (*document.container.deviations, *document.tree.deviations):
        yield warned(code, shown(subject))
    for mentioned_in, location in document.tree.unresolved[:1]:
        yield warned(
            "LOCATION_LEADS_NOWHERE", shown(location), place=shown(mentioned_in), count=len(document.tree.unresolved)
        )
    if document.is_encrypted:
        yield warned("DOCUMENT_ENCRYPTED", "/Encryptions.xml")
    if len(document.bodies) > 1:
        yield warned("SEVERAL_DOCUMENTS", count=len(document.bodies))
    for each in listing.lists:
        for code in each.deviations:
            yield warned(code, f"/{each.entry.name}")
    yield from _stripped(listing, machinery)
    if (entries := integrity(document.container, document.reader)) is not None:
        yield from entries.checks()


def _stripped(listing: Listing, machinery: Machinery) -> Iterator[Check]:
    """Suspect that a signature was taken away: a number that nothing has, or files that no list leads to."""
    for number, each in enumerate(listing.lists):
        highest = highest_id(listing, number)
        if each.declared_highest is not None and each.declared_highest > highest:
            yield warned(
                "LIST_STRIPPED_SUSPECTED", f"/{each.entry.name}", declared=each.declared_highest, highest=highest
            )
    orphans = sorted(_orphans(listing, machinery))
    if orphans:
        yield warned("SIGNATURE_ORPHANED", f"/{orphans[0]}", count=len(orphans))


def highest_id(listing: Listing, number: int) -> int:
    """Compute the highest ID that the signatures and stamps of one list use."""
    own = listing.lists[number].signatures
    lines = [line for line in listing.lines if any(line.listed is each for each in own)]
    used = [line.listed.id for line in lines]
    used.extend(stamp.id for line in lines if line.description is not None for stamp in line.description.stamps)
    return max((found_number for each in used if (found_number := number_of(each)) is not None), default=0)


def _orphans(listing: Listing, machinery: Machinery) -> Iterator[str]:
    tree = listing.package.tree
    for name, entry in listing.package.container.entries.items():
        if name in machinery.owners or name in machinery.lists or name in tree.shown:
            continue
        last = name.rpartition("/")[2].lower()
        if last in SIGNATURE_FILES or (last.endswith(".xml") and DESCRIPTION_ELEMENT in entry.content):
            yield name
