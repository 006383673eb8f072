"""What an OFD tells of itself by name: CustomDatas in OFD.xml (GB/T 33190-2016 7.4), CustomTags of a document (7.11).

CustomDatas say name and value. CustomTags say which objects of which pages show an element, so that the value is what
is drawn there; they are looked at where CustomDatas name no certificate. An element counts as covered where every part
that its reading rests on is: OFD.xml, or the document, the file of tags and the page. What cannot be read says nothing:
no signature is worse for it.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Final

from signing.formats.elements import NAMING, names_one, naming
from signing.formats.ofd.container import Entry
from signing.formats.ofd.locations import found
from signing.formats.ofd.markup import Element, Malformed, Reader, local, named
from signing.formats.ofd.package import Package

# What one large vendor writes, beside what the standard has.
SPELLINGS: Final = ("CustomData", "CuslomData")
# A certificate has one sheet or two; a book of pages is not read through for the name of a certificate.
MOST_PAGES: Final = 4
LARGEST_PAGE: Final = 2 * 1024 * 1024
MOST_TAG_FILES: Final = 8


def custom_datas(root: Element) -> Iterator[tuple[str, str]]:
    """Go through the names and values of an OFD.xml, in order."""
    for spelling in SPELLINGS:
        for each in named(root, spelling):
            name, value = (each.get("Name") or each.get("name") or "").strip(), (each.text or "").strip()
            if name and value:
                yield name, value


def carried(package: Package) -> Mapping[str, str]:
    """Give what the document says of the certificate that it is, wherever that stands."""
    return covered(package, frozenset(package.container.entries))


def covered(package: Package, parts: frozenset[str]) -> Mapping[str, str]:
    """Give what those parts of the document say of the certificate that it is."""
    said: Mapping[str, str] = {}
    with contextlib.suppress(Malformed):
        if package.entry_point.name in parts:
            said = naming(custom_datas(Reader().parse(package.entry_point.content)))
        if not names_one(said):
            said = {**naming(_tagged(package, parts)), **said}
    return said


def _tagged(package: Package, parts: frozenset[str]) -> Iterator[tuple[str, str]]:
    pages: dict[str, dict[str, str]] = {}
    for document, file in _tag_files(package, parts):
        for element in Reader().parse(file.content).iter("{*}*"):
            if local(element) in NAMING:
                references = [each for each in element.iter("{*}*") if local(each) == "ObjectRef"]
                shown = [_text(package, parts, pages, document, each) for each in references]
                if shown and all(shown):
                    yield local(element), "".join(shown)


def _tag_files(package: Package, parts: frozenset[str]) -> Iterator[tuple[str, Entry]]:
    """Find the files of tags, with the document that names them, where both and the list between are covered."""
    looked_at = 0
    for name in package.tree.documents:
        if name not in parts:
            continue
        for at in _named_files(package, parts, name, "CustomTags"):
            for file in _named_files(package, parts, at.name, "FileLoc"):
                if (looked_at := looked_at + 1) > MOST_TAG_FILES:
                    return
                yield name, file


def _named_files(package: Package, parts: frozenset[str], name: str, element: str) -> Iterator[Entry]:
    root = Reader().parse(package.container.entries[name].content)
    for each in named(root, element):
        location = (each.text or "").strip()
        at = found(package.container, location, name) if location else None
        if at is not None and at.entry.name in parts:
            yield at.entry


def _text(
    package: Package, parts: frozenset[str], pages: dict[str, dict[str, str]], document: str, reference: Element
) -> str:
    """Give the text of an object on a page; nothing where the page is not covered or too much to be read."""
    wanted = (reference.get("PageRef") or "").strip()
    page = next((each for each in package.tree.pages if each.document == document and each.id == wanted), None)
    if page is None or page.entry is None or page.entry.name not in parts or len(page.entry.content) > LARGEST_PAGE:
        return ""
    if page.entry.name not in pages:
        if len(pages) >= MOST_PAGES:
            return ""
        pages[page.entry.name] = _texts(page.entry)
    return pages[page.entry.name].get((reference.text or "").strip(), "")


def _texts(page: Entry) -> dict[str, str]:
    texts: dict[str, str] = {}
    for each in named(Reader().parse(page.content), "TextObject"):
        codes = (code.text or "" for code in named(each, "TextCode"))
        texts.setdefault((each.get("ID") or "").strip(), "".join(codes).strip())
    return texts
