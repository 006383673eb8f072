"""A witness in memory that speaks C2SP tlog-witness with SM2: behind the port of the way out, or behind a real socket.

It keeps the newest head of each log, checks proofs with the one-file checker, and cosigns. Told so, it is down, lies
about what it remembers, forgets, or signs wrongly. `given` counts every head that it was shown, in order.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from base import ledger_check
from base.fetch import ConnectFailed, Incoming, Outgoing
from base.fetch.urls import parse
from keys.algorithms import sm2
from keys.algorithms.sm3 import SM3
from keys.checkpoints.head import WITNESS_TAG, Head, NoteKey, SignatureLine, cosigned_text, read
from tests.simulators.http import Exchange

TIME = 1_795_000_000


@dataclass
class WitnessServer:
    """The server; what it says can be bent between calls."""

    name: str = "witness.example"
    down: bool = False
    tells: bool = True
    signs_wrongly: bool = False
    status: int = 0
    newest: dict[str, bytes] = field(default_factory=dict)
    given: list[Head] = field(default_factory=list)
    asked: int = 0
    private: sm2.PrivateKey = field(default_factory=sm2.PrivateKey.generated)

    @property
    def key(self) -> NoteKey:
        """Give the key of its cosignatures."""
        return NoteKey.of(self.name, self.private.public, WITNESS_TAG)

    def __call__(self, request: Outgoing) -> Incoming:
        """Be the way out."""
        self.asked += 1
        url = parse(request.url)
        assert any(each.covers(url) for each in request.allowed)
        if self.down:
            raise ConnectFailed(url.host, "refused")
        status, body = self.answer(request.method, request.url, request.body)
        return Incoming(status, {}, body, url)

    def serve(self, exchange: Exchange) -> None:
        """Answer over a real socket."""
        received = exchange.received
        exchange.answer(*self.answer(received.method, received.target, received.body))

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        if self.status:
            return self.status, b""
        if method == "GET":
            found = self._told(target)
            return (200, found) if found is not None and self.tells else (404, b"")
        assert target.endswith("/add-checkpoint")
        return self._add(body)

    def _told(self, target: str) -> bytes | None:
        return next(
            (note for log, note in self.newest.items() if f"/{SM3.of(log.encode()).hex()}/checkpoint" in target), None
        )

    def _add(self, body: bytes) -> tuple[int, bytes]:
        proof, _, note = body.partition(b"\n\n")
        first, *path = proof.decode().split("\n")
        head, _lines = read(note)
        old = int(first.removeprefix("old "))
        known = read(self.newest[head.origin])[0] if head.origin in self.newest else None
        size = known.size if known else 0
        if old != size:
            return 409, f"{size}\n".encode()
        if not self._continues(known, head, path):
            return 422, b""
        self.given.append(head)
        self.newest[head.origin] = note
        return 200, self._cosigned(head).text.encode()

    def _continues(self, known: Head | None, head: Head, path: list[str]) -> bool:
        shown: Mapping[str, object] = {
            "kind": "consistency",
            "old_size": known.size if known else 0,
            "old_root": (known.root if known else SM3.of()).hex(),
            "new_size": head.size,
            "new_root": head.root.hex(),
            "path": [base64.b64decode(each).hex() for each in path],
        }
        try:
            ledger_check.check(shown)
        except (ledger_check.Refuted, ledger_check.Unreadable):
            return False
        return True

    def _cosigned(self, head: Head) -> SignatureLine:
        value = sm2.sign(self.private, cosigned_text(head, TIME + self.signs_wrongly))
        return SignatureLine(self.name, self.key.hash, TIME.to_bytes(8) + value)
