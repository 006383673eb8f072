"""The elements of GB/T 36903 by which a document says which certificate it is, and how formats keep them.

A format tells which of them stand inside what each signature covers, and which the document carries as it stands. What
they are worth is decided where the signatures are judged (`signing.stated`).
"""

from collections.abc import Iterable, Mapping
from typing import Final

IDENTIFIER: Final = "ZZBS"
TYPE: Final = "ZZLXDM"
NUMBER: Final = "ZZBH"
# The number of a copy (加注件) in the library that made it; GB/T 36903 leaves names that begin so to whoever writes.
COPY: Final = "KZ_JZJBH"
NAMING: Final = (IDENTIFIER, TYPE, NUMBER, COPY)
# Identifiers have at most 128 characters (GB/T 36904), numbers of certificates far fewer.
LONGEST: Final = 128


def naming(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Keep the elements that name a certificate; told twice, the first counts, as it does for who looks a name up."""
    found: dict[str, str] = {}
    for name, value in pairs:
        text = value.strip()
        if name in NAMING and text and len(text) <= LONGEST and text.isprintable():
            found.setdefault(name, text)
    return found


def names_one(elements: Mapping[str, str]) -> bool:
    """Tell whether elements name a certificate: by its identifier, or by type and number."""
    return IDENTIFIER in elements or (TYPE in elements and NUMBER in elements)
