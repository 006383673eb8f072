"""Document formats: the table by name. A format is told by content; the order of the rows is the order of asking.

`FORMATS` are what can be sealed, shown and verified; `VERIFIED` has evidence packs too, which are verified alone.
"""

from collections.abc import Mapping
from typing import Final

from base.tables import laid_out
from signing.formats.evidence.document import Evidence
from signing.formats.format import Format
from signing.formats.ofd import OFD
from signing.formats.pdf.document import Pdf

FORMATS: Final[Mapping[str, Format]] = laid_out(OFD, Pdf())
VERIFIED: Final[Mapping[str, Format]] = laid_out(Evidence(FORMATS), *FORMATS.values())
