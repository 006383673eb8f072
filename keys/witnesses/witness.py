"""The form of a witness: someone outside this house's database who remembers tree heads and shows them again.

A witness is shown each head with a proof that it continues what the witness remembers. It answers with a receipt in
words of its own (for the log), and later tells the newest head that it keeps, with this house's signature on it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from base.fetch import Fetch
from keys.checkpoints.head import NoteKey, SignedHead


class Witness(Protocol):
    """Someone who remembers."""

    @property
    def name(self) -> str:
        """Name the witness, as settings and logs do."""

    @property
    def tells_all(self) -> bool:
        """Tell whether remembering nothing means that nothing was shown, rather than that it cannot be asked."""

    def remembers(self, origin: str) -> bytes | None:
        """Give the note of the newest head of a log that the witness keeps. Raises what stands in its way."""

    def show(self, shown: SignedHead, old: int, path: tuple[bytes, ...]) -> str:
        """Show a head, with the proof that it continues the remembered one of the old size; give the receipt.

        Showing the same head again changes nothing. Raises `WitnessKnowsOther`, `CosignatureWrong`, and what stands in
        its way.
        """


@dataclass(frozen=True)
class WitnessSetting:
    """A witness as the settings name it; its key is that of its cosignatures, where it makes any."""

    name: str
    url: str
    key: NoteKey | None = None
    intranet: bool = False


Opener = Callable[[WitnessSetting, Fetch], Witness]
