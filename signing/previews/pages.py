"""The pages of a verified document: what the report speaks of, as pictures, with a box for every place of a signature.

Both come from the same bytes: the caller hands the very document that the report is of. A seal is drawn with the
picture inside the signed seal, and only where the signature value itself is right; else its place stays empty and that
is told. The verdict's colours are the caller's to put around the boxes.
"""

import struct
from dataclasses import dataclass, replace
from typing import Final

from signing.judging import UNFORESEEN
from signing.previews import PREVIEWS
from signing.previews.errors import NoPreview, NoSuchPage
from signing.previews.preview import NotDrawn, Pages, Preview, SealPicture, Stamped, Wanted
from signing.report import Report, SignatureReport

# What a library may raise over bytes that nobody foresaw; then that page is not drawn, and said.
FOREIGN: Final = (*UNFORESEEN, ArithmeticError, OSError, struct.error)


@dataclass(frozen=True)
class Previews:
    """The first pages of a document, how many it has, and what there is to tell of the whole."""

    pages: tuple[Preview, ...]
    count: int
    not_drawn: tuple[NotDrawn, ...] = ()


def pages(document: bytes, report: Report, wanted: Wanted) -> Previews:
    """Draw the first pages; never raises, whatever the bytes are: what cannot be drawn is told."""
    try:
        opened = opened_for(document, report)
    except NoPreview as error:
        return Previews((), 0, (NotDrawn("NO_PREVIEW", error.reason),))
    drawn: list[Preview] = []
    told: list[NotDrawn] = []
    ready = replace(wanted, signatures=stamped(report))
    for number in range(1, min(opened.count, wanted.limits.pages) + 1):
        try:
            drawn.append(_drawn(opened, number, ready, report))
        except (NoPreview, NoSuchPage) as error:
            told.append(NotDrawn("PAGE_NOT_DRAWN", f"{number}: {error.code}"))
    if opened.count > wanted.limits.pages:
        told.append(NotDrawn("MORE_PAGES", count=opened.count - wanted.limits.pages))
    return Previews(tuple(drawn), opened.count, tuple(told))


def page(document: bytes, report: Report, number: int, wanted: Wanted) -> Preview:
    """Draw one page, counted from 1. Raises `NoPreview`, `NoSuchPage`."""
    return _drawn(opened_for(document, report), number, replace(wanted, signatures=stamped(report)), report)


def opened_for(document: bytes, report: Report) -> Pages:
    """Open the document of a report. Raises `NoPreview`."""
    name = report.document.format or ""
    if name not in PREVIEWS:
        raise NoPreview(name, "format")
    try:
        return PREVIEWS[name].opened(document)
    except (NoPreview, NoSuchPage):
        raise
    except FOREIGN as error:
        raise NoPreview(name, f"unforeseen-{type(error).__name__}") from error


def _drawn(opened: Pages, number: int, wanted: Wanted, report: Report) -> Preview:
    """Draw a page; what nobody foresaw of foreign bytes is a refusal as well. Raises `NoPreview`, `NoSuchPage`."""
    try:
        return opened.draw(number, wanted)
    except (NoPreview, NoSuchPage):
        raise
    except FOREIGN as error:
        raise NoPreview(report.document.format or "", f"unforeseen-{type(error).__name__}") from error


def stamped(report: Report) -> tuple[Stamped, ...]:
    """Give the signatures of a report as they are to be shown."""
    return tuple(Stamped(each.id, each.places, _picture(each)) for each in report.signatures)


def _picture(signature: SignatureReport) -> SealPicture | None:
    seal = signature.seal
    if seal is None or not seal.picture or signature.cryptographically_valid is not True:
        return None
    return SealPicture(seal.picture_media_type, seal.picture)
