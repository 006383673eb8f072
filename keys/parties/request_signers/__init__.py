"""The table of partners' signing schemes: name → how a call is signed and judged.

A dialect picks its row by name. What a row leaves open (one's own keys, the store of what was used before) is told in
`request_signer`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keys.parties.request_signers import national_gateway, tif
from keys.parties.request_signers.request_signer import Proven, RequestSigner, Shared

__all__ = ["REQUEST_SIGNERS", "Proven", "RequestSigner", "Shared"]


def table(*rows: RequestSigner) -> Mapping[str, RequestSigner]:
    """Lay the rows out by name. Raises `ValueError` for a name that is used twice."""
    laid: dict[str, RequestSigner] = {}
    for row in rows:
        if row.name in laid:
            message = f"two request signers are named {row.name}"
            raise ValueError(message)
        laid[row.name] = row
    return MappingProxyType(laid)


REQUEST_SIGNERS: Final[Mapping[str, RequestSigner]] = table(
    national_gateway.NATIONAL_GATEWAY,
    national_gateway.NATIONAL_GATEWAY_NEWER,
    national_gateway.NATIONAL_GATEWAY_LEGACY,
    tif.TIF,
    tif.TIF_SM3,
)
