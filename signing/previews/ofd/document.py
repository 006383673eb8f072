"""The document that is shown: its pages in order, their boxes, templates and resources.

With several documents in one package the first body's is shown, as in readers of the field, and that there are more
is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from signing.errors import UnreadableDocument
from signing.formats.ofd.container import Entry
from signing.formats.ofd.locations import all_found, folder_of
from signing.formats.ofd.markup import Element, Malformed, Reader, local, named, text
from signing.formats.ofd.package import Package
from signing.formats.ofd.tree import Page
from signing.previews.errors import NoPreview, NoSuchPage
from signing.previews.geometry import Box, box, number
from signing.previews.ofd.resources import Resources

FORMAT: Final = "ofd"
A4: Final[Box] = (0.0, 0.0, 210.0, 297.0)
# A sheet of a tenth of a millimetre is none; one of ten metres is a roll of a plotter.
SMALLEST_SIDE: Final = 0.1
LARGEST_SIDE: Final = 10_000.0


@dataclass(frozen=True)
class ShownDocument:
    """The first document of a package, parsed."""

    package: Package
    reader: Reader
    entry: Entry
    root: Element
    pages: tuple[Page, ...]

    @cached_property
    def resources(self) -> Resources:
        """Give the resources of the whole document."""
        files = (each for name in ("PublicRes", "DocumentRes") for each in self._followed(self.root, name, self.entry))
        return Resources(self.package.container).with_files(self.reader, files)

    @cached_property
    def templates(self) -> dict[str, tuple[Entry, str]]:
        """Give the templates by ID: their content and their own place in the order."""
        found: dict[str, tuple[Entry, str]] = {}
        for element in named(self.root, "TemplatePage"):
            location = (element.get("BaseLoc") or "").strip()
            if entry := self._located(location, self.entry.name):
                found.setdefault((element.get("ID") or "").strip(), (entry, (element.get("ZOrder") or "").strip()))
        return found

    @cached_property
    def default_colour_space(self) -> str | None:
        """Give the ID of the colour space for colours that name none."""
        element = next(named(self.root, "DefaultCS"), None)
        return (element.text or "").strip() if element is not None else None

    def page(self, number_of: int) -> Page:
        """Give a page, counted from 1. Raises `NoSuchPage`."""
        if not 1 <= number_of <= len(self.pages):
            raise NoSuchPage(number_of, len(self.pages))
        return self.pages[number_of - 1]

    def parsed(self, entry: Entry | None) -> Element | None:
        """Parse a part, or give None where it is missing or broken. Raises `NoPreview` where all are too much."""
        if entry is None:
            return None
        try:
            return self.reader.parse(entry.content)
        except Malformed:
            return None
        except UnreadableDocument as error:
            raise NoPreview(FORMAT, error.reason) from error

    def box(self, page: Element | None) -> Box:
        """Give the sheet of a page: its own area, else the document's, else A4."""
        for root, name in ((page, "Area"), (self.root, "PageArea")):
            area = next(named(root, name), None) if root is not None else None
            sheet = next(named(area, "PhysicalBox"), None) if area is not None else None
            found = box(sheet.text) if sheet is not None else None
            if found and all(SMALLEST_SIDE <= each <= LARGEST_SIDE for each in found[2:]):
                return found
        return A4

    def page_resources(self, page: Element, entry: Entry) -> Resources:
        """Give the resources that a page can use."""
        files = list(self._followed(page, "PageRes", entry))
        return self.resources.with_files(self.reader, iter(files)) if files else self.resources

    def annotations(self, page: Page) -> Iterator[Element]:
        """Go through the annotations of a page, in order."""
        for listing in self._followed(self.root, "Annotations", self.entry):
            if (root := self.parsed(listing)) is None:
                continue
            for element in named(root, "Page"):
                if (element.get("PageID") or "").strip() != page.id:
                    continue
                for entry in self._followed(element, "FileLoc", listing):
                    if (inside := self.parsed(entry)) is not None:
                        yield from named(inside, "Annot")

    def _followed(self, element: Element, name: str, mentioned_in: Entry) -> Iterator[Entry]:
        for each in named(element, name):
            try:
                location = text(each)
            except Malformed:
                continue
            if entry := self._located(location, mentioned_in.name):
                yield entry

    def _located(self, location: str, mentioned_in: str) -> Entry | None:
        answers = all_found(self.package.container, location, mentioned_in, folder_of(self.entry.name))
        return answers[0].entry if answers else None


def shown_document(package: Package) -> ShownDocument:
    """Parse the document that a reader opens first. Raises `NoPreview`."""
    entry = next((body.document for body in package.bodies if body.document is not None), None)
    if entry is None:
        raise NoPreview(FORMAT, "no-document")
    reader = Reader()
    try:
        root = reader.parse(entry.content)
    except Malformed as reason:
        raise NoPreview(FORMAT, reason.reason) from None
    except UnreadableDocument as error:
        raise NoPreview(FORMAT, error.reason) from error
    if local(root) != "Document":
        raise NoPreview(FORMAT, "no-document")
    pages = tuple(each for each in package.tree.pages if each.document == entry.name)
    return ShownDocument(package, reader, entry, root, pages)


def attribute_number(element: Element, name: str, default: float) -> float:
    """Read an attribute that is a number."""
    found = number(element.get(name))
    return default if found is None else found
