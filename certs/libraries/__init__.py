"""The libraries of certificates, and the kinds of those that a site's settings name.

This house's own (`own`) is asked first, always. The others are peers that speak as this house does, asked in the order
in which the settings name them; the kind says where their certificates come from.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Kind → whether its name goes on with a region.
LIBRARIES: Final[Mapping[str, bool]] = MappingProxyType({"department": False, "national": False, "province": True})
