"""The document security store: certificates, lists and answers that came with the document (EN 319 142-1 5.4.2).

Anyone may add to it, so junk in it is left out with a warning and never fails a signature; what is not junk proves
itself, being signed. Read here as DER and no further.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.formats.pdf.byte_ranges import object_end
from signing.formats.pdf.fields import resolved
from signing.formats.pdf.limits import Limits
from signing.formats.pdf.structure import Reader

__all__ = ["KINDS", "Material", "completed_in", "read_store"]

# The key in the store, the key in an entry of /VRI, and what the streams are.
KINDS: Final = (
    ("/Certs", "/Cert", DecodePurpose.CERTIFICATE),
    ("/CRLs", "/CRL", DecodePurpose.CRL),
    ("/OCSPs", "/OCSP", DecodePurpose.OCSP_RESPONSE),
)
_SEQUENCE: Final = 0x30


@dataclass(frozen=True)
class Material:
    """What the store holds, in DER, each once, and how many pieces were left out."""

    certificates: tuple[bytes, ...] = field(repr=False, default=())
    lists: tuple[bytes, ...] = field(repr=False, default=())
    answers: tuple[bytes, ...] = field(repr=False, default=())
    left_out: int = 0


def read_store(handler: PdfHandler, limits: Limits) -> Material:
    """Read the store of the last revision, also what only an entry of /VRI names; never raises for what is in it."""
    found: list[tuple[bytes, ...]] = []
    left_out = 0
    room = limits.store_bytes
    try:
        store = resolved(handler.root, "/DSS")
        if store is None:
            return Material()
        sources = list(_sources(store, limits))
    except Exception:  # noqa: BLE001 - junk anywhere in the store is left out, not an error
        return Material(left_out=1)
    for key, short_key, purpose in KINDS:
        pieces: dict[bytes, None] = {}
        for number, (source, own) in enumerate(sources):
            for stream in _streams(source, key if own else short_key):
                der = _der(stream, purpose) if number <= limits.store_items else None
                if der is None or len(pieces) >= limits.store_items or room < len(der):
                    left_out += 1
                elif der not in pieces:
                    room -= len(der)
                    pieces[der] = None
        found.append(tuple(pieces))
    return Material(found[0], found[1], found[2], left_out)


def completed_in(reader: Reader, limits: Limits) -> int | None:
    """Tell in which revision (from 0) the last piece of the store came or was changed; None without a piece.

    A piece that cannot be found counts as changed in the last revision: no time stamp then covers the store.
    """
    found = [-1]
    try:
        store = resolved(reader.root, "/DSS")
        if store is None:
            return None
        for source, own in _sources(store, limits):
            for key, short_key, _ in KINDS:
                array: Any = resolved(source, key if own else short_key) or ()
                pieces = (array.raw_get(place) for place in range(min(len(array), limits.store_items)))
                found += [int(reader.xrefs.get_last_change(each.reference)) for each in pieces]
    except Exception:  # noqa: BLE001 - junk in the store, as above
        return reader.last_revision
    return max(found) if len(found) > 1 else None


def _sources(store: Any, limits: Limits) -> Iterator[tuple[Any, bool]]:
    """Give the dictionaries that name streams: the store (own) and its entries for single signatures."""
    if not isinstance(store, generic.DictionaryObject):
        raise TypeError("the store is no dictionary")
    yield store, True
    entries = resolved(store, "/VRI")
    if isinstance(entries, generic.DictionaryObject):
        for key in list(entries)[: limits.signatures]:
            found = resolved(entries, key)
            if isinstance(found, generic.DictionaryObject):
                yield found, False


def _streams(source: Any, key: str) -> Iterator[Any]:
    """Give the streams of an array, None for each thing that is none."""
    try:
        array = resolved(source, key)
    except Exception:  # noqa: BLE001 - as above
        yield None
        return
    if array is None:
        return
    if not isinstance(array, generic.ArrayObject):
        yield None
        return
    for position in range(len(array)):
        try:
            found = array.raw_get(position).get_object()
        except Exception:  # noqa: BLE001 - as above
            found = None
        yield found if isinstance(found, generic.StreamObject) else None


def _der(stream: Any, purpose: DecodePurpose) -> bytes | None:
    if stream is None:
        return None
    try:
        data = bytes(stream.read_data(purpose))
    except Exception:  # noqa: BLE001 - as above
        return None
    return data if data[:1] == bytes((_SEQUENCE,)) and object_end(data) == len(data) else None
