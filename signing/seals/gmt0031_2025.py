"""GM/T 0031-2025: the structure of GB/T 38540-2020 with a time stamp on the seal; read and verified, not written.

The text of the standard was not at hand. What is read here follows what readers of the field do since 2026: version 5
in the header, the same signed parts as in 2020, and timeStamp [0] at the end of a seal. Nobody's seals hang on this
being written, so it is not.
"""

from dataclasses import dataclass
from typing import Final

from signing.seals import reading
from signing.seals.gbt38540_2020 import take_seal, take_value
from signing.seals.seal import Seal, SealedValue, Version

VERSION: Final = 5


@dataclass(frozen=True)
class Gmt0031Of2025:
    """The standard of 2025."""

    version: Version = Version.GMT0031_2025

    def read_seal(self, data: bytes) -> Seal:
        """Read a seal. Raises `MalformedSeal`."""
        return reading.read(data, lambda reader: take_seal(reader, self.version, VERSION, stamped=True))

    def read_value(self, data: bytes) -> SealedValue:
        """Read a sealed value. Raises `MalformedSeal`."""
        return reading.read(data, lambda reader: take_value(reader, self.version, VERSION, stamped=True))


STANDARD: Final = Gmt0031Of2025()
