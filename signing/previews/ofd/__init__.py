"""OFD → SVG and PNG: opened once, drawn page by page (GB/T 33190-2016)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from signing.errors import UnreadableDocument
from signing.formats.ofd.description import Stamp
from signing.formats.ofd.reading import Listing, listed
from signing.formats.ofd.tree import Page
from signing.previews.errors import NoPreview
from signing.previews.ofd.document import FORMAT, ShownDocument, shown_document
from signing.previews.ofd.page import sheet
from signing.previews.ofd.seals import SealOnPage
from signing.previews.preview import Box, Preview, Stamped, Wanted
from signing.previews.sheets import preview_of


@dataclass(frozen=True)
class OfdPages:
    """An opened OFD."""

    document: ShownDocument
    listing: Listing

    @property
    def count(self) -> int:
        """Tell how many pages there are."""
        return len(self.document.pages)

    def draw(self, number: int, wanted: Wanted) -> Preview:
        """Draw a page. Raises `NoSuchPage`, `NoPreview`."""
        page = self.document.page(number)
        laid = sheet(self.document, page, self._stamped(page, wanted.signatures), wanted.fonts, wanted.limits)
        return preview_of(laid, number, self.count, FORMAT, wanted, boxes_of(number, wanted.signatures))

    def _stamped(self, page: Page, signatures: Sequence[Stamped]) -> tuple[SealOnPage, ...]:
        """Join the signatures of the report, which are in the order of the list, with their stamps on this page."""
        first = next((each for each in self.document.pages if each.id and each.id == page.id), None)
        if first is not page:
            return ()
        return tuple(
            SealOnPage(told.id, _on(page, line.description.stamps), told.picture)
            for line, told in zip(self.listing.lines, signatures, strict=False)
            if line.description is not None and self._is_ours(line.body)
        )

    def _is_ours(self, body: int) -> bool:
        own = self.listing.package.bodies[body - 1].document
        return own is None or own.name == self.document.entry.name


class OfdRenderer:
    """The renderer as `signing.previews` lists it."""

    @property
    def format(self) -> str:
        """Give the name of the format."""
        return FORMAT

    def opened(self, document: bytes) -> OfdPages:
        """Open a document. Raises `NoPreview`, whatever the bytes are."""
        try:
            listing = listed(document)
        except UnreadableDocument as error:
            raise NoPreview(FORMAT, error.reason) from error
        return OfdPages(shown_document(listing.package), listing)


def boxes_of(number: int, signatures: Sequence[Stamped]) -> tuple[Box, ...]:
    """Give the places on a page; reports count them from the corner of the sheet, as pictures do."""
    return tuple(Box(each.id, place) for each in signatures for place in each.places if place.page == number)


def _on(page: Page, stamps: Sequence[Stamp]) -> tuple[Stamp, ...]:
    return tuple(each for each in stamps if each.page_id == page.id)


OFD: Final = OfdRenderer()
