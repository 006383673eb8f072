"""Document formats: the table by name. A format is told by content; the order of the rows is the order of asking.

`FORMATS` are what can be sealed, shown and verified; `VERIFIED` has evidence packs too, which are verified alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from signing.formats.evidence.document import Evidence
from signing.formats.format import Format
from signing.formats.ofd import OFD
from signing.formats.pdf.document import Pdf


def table(*formats: Format) -> Mapping[str, Format]:
    """Lay formats out by name. Raises `ValueError` for a name that stands twice."""
    laid = {each.name: each for each in formats}
    if len(laid) != len(formats):
        raise ValueError("a document format stands twice")
    return MappingProxyType(laid)


FORMATS: Final = table(OFD, Pdf())
VERIFIED: Final = table(Evidence(FORMATS), *FORMATS.values())
