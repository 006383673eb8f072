"""The table of the dialects of certificates: name → how partners' requests are read and how they are answered.

All of them lead to the same verbs and the same gate as the API's: a dialect changes how a call is written, never what
it may have.
"""

from collections.abc import Mapping
from typing import Final

from base.tables import laid_out
from certs.dialects.dialect import Dialect
from certs.dialects.fujian import FUJIAN
from certs.dialects.national_library import NATIONAL_LIBRARY
from certs.dialects.shandong import SHANDONG

__all__ = ["DIALECTS", "Dialect"]

DIALECTS: Final[Mapping[str, Dialect]] = laid_out(SHANDONG, NATIONAL_LIBRARY, FUJIAN)
