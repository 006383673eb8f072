"""A box for secrets with one key in memory: SM4-GCM, the nonce in front, bound to what the secret belongs to."""

import secrets

from sqlalchemy.orm import Session

from keys.algorithms import sm4


class Box:
    """Seals and opens as the port asks, and counts the openings."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(sm4.KEY)
        self.opened = 0

    def seal(self, _session: Session, plain: bytes, bound: bytes, /) -> bytes:
        nonce = secrets.token_bytes(sm4.NONCE)
        return nonce + sm4.gcm_seal(self._key, nonce, plain, bound)

    def open(self, _session: Session, sealed: bytes, bound: bytes, /) -> bytes:
        self.opened += 1
        return sm4.gcm_open(self._key, sealed[: sm4.NONCE], sealed[sm4.NONCE :], bound)
