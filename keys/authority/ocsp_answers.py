"""OCSP answers as they are written (RFC 6960 4.2): the signed part, the whole, and the refusals that nobody signs."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys.algorithms import der
from keys.algorithms.algorithm import SignatureAlgorithm
from keys.authority.list_writing import reason
from keys.authority.writing import ENUMERATED, extension, generalized, responder_key
from keys.ocsp import BASIC, NONCE, CertId
from keys.revocation_lists import Entry, Reason

ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"


class Refusal(enum.IntEnum):
    """Why a responder gives no answer (RFC 6960 4.2.1)."""

    MALFORMED = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6


@dataclass(frozen=True)
class Said:
    """What is said of one certificate: revoked, good, or not known here."""

    certificate: CertId
    known: bool
    revoked: Entry | None = None


@dataclass(frozen=True)
class AnswerDraft:
    """What an answer is to say; `since` is from when on revocations are told, past the certificate's end too."""

    said: tuple[Said, ...]
    at: datetime
    next_update: datetime
    since: datetime
    responder_spki: bytes
    nonce: bytes | None = None

    @property
    def tbs(self) -> bytes:
        """Write the ResponseData."""
        told = b""
        if self.nonce is not None:
            told = der.element(0xA1, der.sequence(extension(NONCE, der.octets(self.nonce))))
        return der.sequence(
            der.element(0xA2, der.octets(responder_key(self.responder_spki))),
            generalized(self.at),
            der.sequence(*(_single(each, self) for each in self.said)),
            told,
        )


def whole(tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes, responder: bytes) -> bytes:
    """Put an OCSPResponse together, with the responder's certificate."""
    basic = der.sequence(tbs, algorithm.identifier, der.bits(signature), der.element(0xA0, der.sequence(responder)))
    body = der.sequence(der.oid(BASIC), der.octets(basic))
    return der.sequence(der.element(ENUMERATED, b"\x00"), der.element(0xA0, body))


def refused(why: Refusal) -> bytes:
    """Write an OCSPResponse that answers nothing."""
    return der.sequence(der.element(ENUMERATED, bytes((why,))))


def _single(said: Said, draft: AnswerDraft) -> bytes:
    cutoff = extension(ARCHIVE_CUTOFF, generalized(draft.since))
    return der.sequence(
        said.certificate.der,
        _status(said),
        generalized(draft.at),
        der.element(0xA0, generalized(draft.next_update)),
        der.element(0xA1, der.sequence(cutoff)),
    )


def _status(said: Said) -> bytes:
    if said.revoked is not None:
        why = said.revoked.why
        told = b"" if why is Reason.UNSPECIFIED else der.element(0xA0, reason(why))
        return der.element(0xA1, generalized(said.revoked.when), told)
    return der.element(0x80 if said.known else 0x82)
