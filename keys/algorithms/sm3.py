"""SM3 (GB/T 32905-2016) and HMAC-SM3 (GM/T 0042-2015), computed by `cryptography`."""

from typing import Final

from cryptography.hazmat.primitives import hashes

from keys.algorithms.algorithm import Digest, Mac
from keys.algorithms.macs import hmac_over

SM3: Final[Digest] = Digest("sm3", ("1.2.156.10197.1.401", "1.2.156.10197.1.401.1"), 32, hashes.SM3())
HMAC_SM3: Final[Mac] = hmac_over(SM3, "1.2.156.10197.1.401.2")
