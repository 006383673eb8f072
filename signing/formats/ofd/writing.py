"""A new signature in an OFD: everything but the value (GB/T 33190-2016 clause 18, GM/T 0099-2020 7.2).

1. The document must be one that can be signed: one document, all its parts there, every earlier signature intact, and
   none of them a lock. What cannot be followed or was changed is refused, since the result would not verify.
2. The first signature names the list in OFD.xml; that edit comes before the digests. Later ones leave OFD.xml alone.
3. Seal.esl and Signature.xml go into a folder of their own; IDs go on from the highest in use.
4. References cover every file of the package but the signature's own two. To go on signing later the list of
   signatures stays out; a lock takes it in.
5. The value goes in as it is and needs no room made before. Entries that did not change are copied as packed.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from keys.algorithms.sm3 import SM3
from signing.errors import ValueDoesNotFit
from signing.formats.format import Appearance, Message, Wanted
from signing.formats.ofd.container import Container
from signing.formats.ofd.description import Box
from signing.formats.ofd.editing import XML, line_of, new_list, with_line, with_list
from signing.formats.ofd.errors import cannot_sign
from signing.formats.ofd.limits import MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_MILLIMETRES, MAX_STAMPS, MAX_TOTAL_BYTES, MIB
from signing.formats.ofd.locations import folder_of, found
from signing.formats.ofd.markup import NAMESPACE
from signing.formats.ofd.places import page_boxes
from signing.formats.ofd.reading import Line, Listing, highest_id, listed
from signing.formats.ofd.references import protected
from signing.formats.ofd.zip_writing import Archive
from signing.report import Outcome, Place

PROVIDER: Final = '<ofd:Provider ProviderName="yinxin" Version="1.0" Company="yinxin"/>'
# SM2 with SM3, GM/T 0006-2012; the value itself says the same again.
METHOD: Final = "1.2.156.10197.1.501"
TYPES: Final = {"seal": "Seal", "signature": "Sign"}
# A value holds a seal with its picture, certificates and a time stamp; the largest seen has 90 KiB.
MAX_VALUE_BYTES: Final = 4 * MIB
# Strips of a picture are rounded to a tenth of a micrometre; a clip may reach over the edge by a little more.
ROUNDING: Final = 0.001
# What this writer adds to a package: the list, the description, the seal, the value.
NEW_ENTRIES: Final = 4


@dataclass(frozen=True)
class PreparedOfd:
    """A document that waits for its signature value."""

    name_for_value: str
    _description: bytes = field(repr=False)
    _value_name: str
    _archive: Archive = field(repr=False)

    @property
    def message(self) -> Message:
        """Give the bytes that are to be signed: Signature.xml as it stands in the package."""
        return (memoryview(self._description),)

    def embed(self, value: bytes) -> bytes:
        """Put the signature value in and give the finished document. Raises `ValueDoesNotFit`."""
        if not 0 < len(value) <= MAX_VALUE_BYTES:
            raise ValueDoesNotFit(len(value), MAX_VALUE_BYTES)
        return self._archive.finished_with(self._value_name, value)


def prepare(data: bytes, wanted: Wanted) -> PreparedOfd:
    """Make room for a signature. Raises `UnreadableDocument`, `CannotSign`."""
    listing = listed(data)
    _require_wanted(listing, wanted)
    _require_signable(listing)
    container = listing.package.container
    lists = listing.lists
    list_name = lists[0].entry.name if lists else _new_list_name(listing)
    folder = _new_folder(container, folder_of(list_name))
    highest = _highest(listing)
    stamps = list(_stamps(listing, wanted.appearance, highest + 1))
    last_id = _id(highest + 1 + len(stamps))
    line = line_of(_id(highest + 1), TYPES[wanted.kind], f"/{folder}Signature.xml", wanted.base)
    files = {list_name: with_line(lists[0].entry.content, line, last_id) if lists else new_list(line, last_id)}
    if not lists:
        entry_point = listing.package.entry_point
        files[entry_point.name] = with_list(entry_point.content, f"/{list_name}")
    if wanted.seal is not None:
        files[f"{folder}Seal.esl"] = wanted.seal
    _require_room(container, files)
    left_out = set() if wanted.lock or wanted.certify else {list_name}
    text = _description(folder, wanted, list(_digests(container, files, left_out)), stamps)
    files[f"{folder}Signature.xml"] = text
    return PreparedOfd(f"/{folder}Signature.xml", text, f"{folder}SignedValue.dat", _archive(container, files))


def _require_wanted(listing: Listing, wanted: Wanted) -> None:
    """Refuse what an OFD cannot have."""
    if wanted.kind not in TYPES:
        raise cannot_sign("unknown-kind")
    if (wanted.kind == "seal") != (wanted.seal is not None):
        raise cannot_sign("seal-missing" if wanted.kind == "seal" else "seal-without-need")
    if wanted.appearance is not None and wanted.kind != "seal":
        raise cannot_sign("picture-without-seal")
    if wanted.base is not None and wanted.base not in [line.listed.id for line in listing.lines]:
        raise cannot_sign("base-signature-missing")


def _require_signable(listing: Listing) -> None:
    """Refuse a document whose signature would not verify afterwards, or would spoil an earlier one (step 1)."""
    document = listing.package
    if document.is_encrypted:
        raise cannot_sign("encrypted")
    if len(document.bodies) != 1 or not document.tree.documents:
        raise cannot_sign("several-documents" if len(document.bodies) > 1 else "incomplete")
    if document.tree.unresolved:
        raise cannot_sign("incomplete")
    if document.container.prefix:
        raise cannot_sign("bytes-before-the-archive")
    if listing.checks or _repeats(listing.lines):
        raise cannot_sign("broken-signature-list")
    for line in listing.lines:
        _require_open(listing, line)


def _repeats(lines: Sequence[Line]) -> bool:
    """Tell whether two lines share an ID, a description or a value."""
    parts = (
        [line.listed.id for line in lines],
        [line.listed.description.entry.name for line in lines if line.listed.description is not None],
        [line.value.entry.name for line in lines if line.value is not None],
    )
    return any(len(set(each)) != len(each) for each in parts)


def _require_open(listing: Listing, line: Line) -> None:
    """Refuse where an earlier signature is broken or a lock."""
    told, at = line.description, line.listed.description
    if told is None or at is None or line.value is None:
        raise cannot_sign("broken-signature")
    container = listing.package.container
    kept = protected(container, at.entry, line.value.entry, told.check_method, told.references)
    if any(each.outcome is Outcome.FAILED for each in kept.checks):
        raise cannot_sign("broken-signature")
    names = {each.entry.name for each in listing.lists}
    for reference in told.references:
        target = found(container, reference.location, at.entry.name)
        if target is not None and target.entry.name in names:
            raise cannot_sign("locked")


def _new_list_name(listing: Listing) -> str:
    """Choose where the list of signatures goes: into a folder of its own beside the document."""
    document = listing.package.bodies[0].document
    folder = folder_of(document.name) if document is not None else ""
    name = f"{folder}Signs/Signatures.xml"
    if listing.package.bodies[0].list_location is not None or listing.package.container.find(name) is not None:
        raise cannot_sign("broken-signature-list")
    return name


def _new_folder(container: Container, folder: str) -> str:
    """Choose a folder that no entry uses, in whatever case."""
    used = {name.lower() for name in (*container.entries, *container.folders)}
    number = 0
    while any(name.startswith(f"{folder}Sign_{number}/".lower()) for name in used):
        number += 1
    return f"{folder}Sign_{number}/"


def _highest(listing: Listing) -> int:
    """Give the highest number in use, by the signatures and stamps themselves and by what the list declares."""
    if not listing.lists:
        return 0
    return max(highest_id(listing, 0), min(listing.lists[0].declared_highest or 0, 999_999))


def _id(number: int) -> str:
    return f"s{number:03d}"


def _stamps(listing: Listing, appearance: Appearance | None, first_id: int) -> Iterator[str]:
    """Write a StampAnnot for every place."""
    if appearance is None:
        return
    if len(appearance.places) > MAX_STAMPS or len(appearance.clips) not in {0, len(appearance.places)}:
        raise cannot_sign("places")
    document = listing.package
    boxes = {each.page.number: each for each in page_boxes(document.container, document.reader, document.tree)}
    clips: Sequence[Box | None] = appearance.clips or [None] * len(appearance.places)
    for number, (place, clip) in enumerate(zip(appearance.places, clips, strict=True), first_id + 1):
        page = boxes.get(place.page)
        if page is None or not page.page.id:
            raise cannot_sign("page-missing")
        _require_on_page(place, clip, page.box)
        left, top, _, _ = page.box
        boundary = _box(place.x_mm + left, place.y_mm + top, place.width_mm, place.height_mm)
        shown = f' Clip="{_box(*clip)}"' if clip is not None else ""
        yield f'<ofd:StampAnnot ID="{_id(number)}" PageRef="{escape(page.page.id)}" Boundary="{boundary}"{shown}/>'


def _require_on_page(place: Place, clip: Box | None, page: Box) -> None:
    """Refuse a place of which nothing would show; nothing infinite passes a comparison."""
    x, y, width, height = place.x_mm, place.y_mm, place.width_mm, place.height_mm
    left, top, wide, high = clip if clip is not None else (0.0, 0.0, width, height)
    is_sized = 0 < width < MAX_MILLIMETRES and 0 < height < MAX_MILLIMETRES and wide > 0 and high > 0
    is_inside = min(left, top) >= 0 and left + wide <= width + ROUNDING and top + high <= height + ROUNDING
    on_page = x + left < page[2] and x + left + wide > 0 and y + top < page[3] and y + top + high > 0
    if not (is_sized and is_inside and on_page):
        raise cannot_sign("place-outside-page")


def _box(*numbers: float) -> str:
    """Write millimetres as short as they can be said."""
    return " ".join(f"{each + 0.0:.4f}".rstrip("0").rstrip(".") for each in numbers)


def _require_room(container: Container, files: dict[str, bytes]) -> None:
    """Refuse what our own gate would not open again."""
    total = sum(each.size for each in container.entries.values()) + sum(map(len, files.values()))
    count = len(container.entries) + len(container.folders) + NEW_ENTRIES
    largest = max(map(len, files.values()))
    if count > MAX_ENTRIES or total + 2 * MAX_VALUE_BYTES > MAX_TOTAL_BYTES or largest > MAX_ENTRY_BYTES:
        raise cannot_sign("too-large")


def _digests(container: Container, files: dict[str, bytes], left_out: set[str]) -> Iterator[tuple[str, bytes]]:
    """Give the digest of every file as it will stand in the package (step 4)."""
    for name, entry in container.entries.items():
        if name not in left_out:
            yield name, SM3.of(files[name]) if name in files else container.digest(entry, SM3)
    for name, content in files.items():
        if name not in left_out and name not in container.entries:
            yield name, SM3.of(content)


def _description(folder: str, wanted: Wanted, digests: list[tuple[str, bytes]], stamps: list[str]) -> bytes:
    """Write Signature.xml in the schema's order."""
    references = "".join(
        f'<ofd:Reference FileRef="/{escape(name)}"><ofd:CheckValue>{base64.b64encode(digest).decode()}</ofd:CheckValue>'
        "</ofd:Reference>"
        for name, digest in digests
    )
    time = (
        f"<ofd:SignatureDateTime>{escape(wanted.claimed_time)}</ofd:SignatureDateTime>" if wanted.claimed_time else ""
    )
    seal = (
        f"<ofd:Seal><ofd:BaseLoc>/{escape(folder)}Seal.esl</ofd:BaseLoc></ofd:Seal>" if wanted.seal is not None else ""
    )
    return (
        f'{XML}<ofd:Signature xmlns:ofd="{NAMESPACE}"><ofd:SignedInfo>{PROVIDER}'
        f"<ofd:SignatureMethod>{METHOD}</ofd:SignatureMethod>{time}"
        f'<ofd:References CheckMethod="SM3">{references}</ofd:References>{"".join(stamps)}{seal}</ofd:SignedInfo>'
        f"<ofd:SignedValue>/{escape(folder)}SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    ).encode()


def _archive(container: Container, files: dict[str, bytes]) -> Archive:
    """Lay out everything but the value: entries as they were, changed ones in their old place, new ones behind."""
    archive = Archive()
    for name, entry in container.entries.items():
        if name in files:
            archive.write(name, files[name])
        else:
            archive.copy(entry)
    for name in container.folders:
        archive.folder(name)
    for name, content in files.items():
        if name not in container.entries:
            archive.write(name, content, pack=not name.endswith(".esl"))
    return archive
