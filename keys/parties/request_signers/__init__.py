"""The table of partners' signing schemes: name → how a call is signed and judged.

A dialect picks its row by name. What a row leaves open (one's own keys, the store of what was used before) is told in
`request_signer`.
"""

from collections.abc import Mapping
from typing import Final

from base.tables import laid_out
from keys.parties.request_signers import national_gateway, tif
from keys.parties.request_signers.request_signer import Proven, RequestSigner, Shared

__all__ = ["REQUEST_SIGNERS", "Proven", "RequestSigner", "Shared"]


REQUEST_SIGNERS: Final[Mapping[str, RequestSigner]] = laid_out(
    national_gateway.NATIONAL_GATEWAY,
    national_gateway.NATIONAL_GATEWAY_NEWER,
    national_gateway.NATIONAL_GATEWAY_LEGACY,
    tif.TIF,
    tif.TIF_SM3,
)
