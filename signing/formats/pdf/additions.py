"""What is added to a PDF around its signatures: fields that wait for one, and validation material.

Fields are made before the first signature, so that a certification may allow their signatures and nothing else. The
material (EN 319 142-1 5.4: the document security store) comes after a signature, and a document time stamp after it.
"""

# pyHanko is typed in part only.
# mypy: disallow-untyped-calls=False

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string

from signing.errors import CannotSign
from signing.formats.pdf.appearances import empty_form
from signing.formats.pdf.fields import resolved, signature_fields
from signing.formats.pdf.limits import Limits
from signing.formats.pdf.places import page_references, plane
from signing.formats.pdf.store import KINDS, read_store
from signing.formats.pdf.writing import add_field, field_names, fit_to_be_signed, revised, widget, writer_of
from signing.report import Place

__all__ = ["with_fields", "with_validation_material"]

_EMPTY_RECTANGLE: Final = (0.0, 0.0, 0.0, 0.0)


def with_fields(data: bytes, fields: Mapping[str, Place | None], limits: Limits | None = None) -> bytes:
    """Add empty signature fields, each at its place or nowhere; never to a document that is signed already.

    Raises `UnreadableDocument`, `CannotSign`.
    """
    limits = limits or Limits()
    with fit_to_be_signed(data, limits):
        writer = writer_of(data, limits)
        known = list(signature_fields(writer.prev, limits))
        if any(each.value is not None for each in known):
            raise CannotSign("pdf", "signed-already")
        if field_names(writer.prev) & set(fields) or any("." in name or not name for name in fields):
            raise CannotSign("pdf", "field-name")
        pages = list(page_references(writer.prev, limits))
        for name, place in fields.items():
            if not 1 <= (place.page if place else 1) <= len(pages):
                raise CannotSign("pdf", "place")
            page = pages[place.page - 1 if place else 0]
            box = plane(writer.get_object(page)).box(place) if place else _EMPTY_RECTANGLE
            form = empty_form(writer, box[2] - box[0], box[3] - box[1]) if place else None
            reference, dictionary = widget(writer, page, box, form)
            dictionary[pdf_name("/FT")] = pdf_name("/Sig")
            dictionary[pdf_name("/T")] = pdf_string(name)
            added = writer.add_object(dictionary)
            writer.register_annotation(reference, added)
            add_field(writer, added)
        return revised(writer).getvalue()


def with_validation_material(
    data: bytes,
    certificates: Sequence[bytes],
    lists: Sequence[bytes],
    answers: Sequence[bytes],
    limits: Limits | None = None,
) -> bytes:
    """Add certificates, revocation lists and OCSP answers in DER to the store; what is there already is kept.

    Raises `UnreadableDocument`, `CannotSign`.
    """
    limits = limits or Limits()
    with fit_to_be_signed(data, limits):
        writer = writer_of(data, limits)
        known = read_store(writer.prev, limits)
        there = (known.certificates, known.lists, known.answers)
        root = writer.root
        store = resolved(root, "/DSS")
        if not isinstance(store, generic.DictionaryObject):
            store = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
            root[pdf_name("/DSS")] = writer.add_object(store)
            writer.update_root()
        for (key, _, _), had, wanted in zip(KINDS, there, (certificates, lists, answers), strict=True):
            new = [each for each in dict.fromkeys(wanted) if each not in had]
            if new:
                _extend(writer, store, key, new)
        return revised(writer).getvalue()


def _extend(writer: Any, store: Any, key: str, new: Sequence[bytes]) -> None:
    array = resolved(store, key)
    if not isinstance(array, generic.ArrayObject):
        array = generic.ArrayObject()
        store[pdf_name(key)] = array
        writer.update_container(store)
    for each in new:
        stream = generic.StreamObject(stream_data=each)
        stream.compress()
        array.append(writer.add_object(stream))
    writer.update_container(array)
