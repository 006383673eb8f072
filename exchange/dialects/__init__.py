"""The table of wire dialects: name → how partners' requests are read and how they are answered.

All of them lead to the same gate (`exchange.door.gateway`): a dialect changes how a call is written, never what it may
have.
"""

from collections.abc import Mapping
from typing import Final

from base.tables import laid_out
from exchange.dialects.dialect import Dialect
from exchange.dialects.national_gateway import NATIONAL_GATEWAY
from exchange.dialects.x_road import X_ROAD

__all__ = ["DIALECTS", "Dialect"]

DIALECTS: Final[Mapping[str, Dialect]] = laid_out(NATIONAL_GATEWAY, X_ROAD)
