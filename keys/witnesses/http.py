"""A witness at an address, spoken to as C2SP tlog-witness has it: POST …/add-checkpoint with a proof and the note.

The answers: 200 with its signature lines, 409 with the size that it remembers, anything else is a refusal. Beyond that
protocol it may tell its newest head at …/SM3-OF-ORIGIN/checkpoint; a witness that answers 404 there cannot be asked.
"""

import base64
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from base.fetch import Destination, Fetch, Incoming, Outgoing
from keys.algorithms.sm3 import SM3
from keys.checkpoints.errors import CheckpointUnreadable, CosignatureWrong, WitnessKnowsOther, WitnessRefused
from keys.checkpoints.head import NOTE_LIMIT, NoteKey, SignedHead, signature_lines, verify_cosignature
from keys.witnesses.witness import WitnessSetting

# A witness that is slow holds up nobody but its own queue, and asking it what it remembers even less.
SHOW_SECONDS: Final = 10.0
ASK_SECONDS: Final = 2.0
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True)
class HttpWitness:
    """Somebody else's server that remembers."""

    name: str
    url: str
    fetch: Fetch
    key: NoteKey | None = None
    intranet: bool = False
    tells_all: bool = False

    def remembers(self, origin: str) -> bytes | None:
        """Give the newest note, or none where the witness does not tell.

        Raises what the way out raises, and `WitnessRefused`.
        """
        place = f"{self.url}/{SM3.of(origin.encode()).hex()}/checkpoint"
        answer = self.fetch(Outgoing("GET", place, self._allowed(), max_bytes=NOTE_LIMIT, total_seconds=ASK_SECONDS))
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        self._require(answer, HTTPStatus.OK)
        return answer.body

    def show(self, shown: SignedHead, old: int, path: tuple[bytes, ...]) -> str:
        """Send the head and give the witness's own signature lines.

        Raises what the way out raises, `WitnessKnowsOther`, `WitnessRefused`, `CosignatureWrong`.
        """
        proof = "".join(f"{base64.b64encode(each).decode('ascii')}\n" for each in path)
        body = f"old {old}\n{proof}\n".encode() + shown.note
        headers = (("Content-Type", "text/plain"), ("Idempotency-Key", SM3.of(shown.note).hex()))
        answer = self.fetch(
            Outgoing(
                "POST",
                f"{self.url}/add-checkpoint",
                self._allowed(),
                headers,
                body,
                idempotent=True,
                max_bytes=NOTE_LIMIT,
                total_seconds=SHOW_SECONDS,
            )
        )
        size = _SIZE.fullmatch(answer.body) if answer.status == HTTPStatus.CONFLICT else None
        if size is not None:
            raise WitnessKnowsOther(self.name, int(size[1]))
        self._require(answer, HTTPStatus.OK)
        return self._receipt(shown, answer.body)

    def _receipt(self, shown: SignedHead, body: bytes) -> str:
        try:
            told = body.decode("utf-8")
            lines = signature_lines(told)
        except (UnicodeDecodeError, CheckpointUnreadable) as error:
            raise CosignatureWrong(self.name) from error
        if self.key is not None:
            verify_cosignature(shown.head, lines, self.key)
        return told

    def _allowed(self) -> tuple[Destination, ...]:
        return (Destination.of(self.url, intranet=self.intranet),)

    def _require(self, answer: Incoming, status: HTTPStatus) -> None:
        if answer.status != status:
            raise WitnessRefused(self.name, str(answer.status))


def opened(setting: WitnessSetting, fetch: Fetch) -> HttpWitness:
    """Open the address that the settings name; nobody is called yet."""
    return HttpWitness(setting.name, setting.url.rstrip("/"), fetch, setting.key, setting.intranet)
