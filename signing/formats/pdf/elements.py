"""What a PDF tells of itself by name, at one of its revisions: page-piece dictionaries and the document's information.

This house keeps the elements of GB/T 36903 in `PieceInfo` of the catalog (ISO 32000-1 14.5); others write keys of
their own into the information dictionary (14.3.3). XMP is not looked at: no partner is known to write them there. Which
revision is asked for matters: metadata may be changed behind a signature without spoiling it, so that what a signature
covers is what stood there when it was made.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyhanko.pdf_utils import generic

from signing.formats.elements import NAMING, naming
from signing.formats.pdf.fields import resolved

# One producer has one entry; what has more was made to be looked through.
MOST_PRODUCERS: Final = 16


def elements(revision: Any) -> Mapping[str, str]:
    """Give what a revision says of the certificate that the document is; nothing where it cannot be read."""
    try:
        return naming([*_pieces(revision.root), *_pairs(_information(revision))])
    except Exception:  # noqa: BLE001 - whatever is wrong with what a document tells, its signatures are not worse for it
        return {}


def _information(revision: Any) -> Any:
    """Give the information dictionary of that revision: followed from the trailer, it would be the last one's."""
    trailer = revision.trailer_view
    raw = trailer.raw_get("/Info") if "/Info" in trailer else None
    return revision.get_object(raw.reference) if isinstance(raw, generic.IndirectObject) else raw


def _pieces(root: Any) -> Iterator[tuple[str, str]]:
    pieces = resolved(root, "/PieceInfo")
    if not isinstance(pieces, generic.DictionaryObject):
        return
    for producer in list(pieces)[:MOST_PRODUCERS]:
        piece = resolved(pieces, producer)
        if isinstance(piece, generic.DictionaryObject):
            yield from _pairs(resolved(piece, "/Private"))


def _pairs(dictionary: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(dictionary, generic.DictionaryObject):
        return
    for name in NAMING:
        value = resolved(dictionary, f"/{name}")
        if isinstance(value, generic.TextStringObject):
            yield name, str(value)
