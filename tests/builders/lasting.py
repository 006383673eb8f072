"""Signatures of PDFs for the long term: who takes part, for any kind of key, and a document brought to a level."""

import functools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from keys.algorithms.algorithm import KeyKind
from keys.authority import time_stamp_writing
from keys.authority.time_stamp_writing import TokenDraft
from keys.authority.wiring import POLICY
from keys.certificates import Certificate
from keys.timestamp_values import Imprint
from keys.trust import Anchor, Trust
from signing import drafts, long_term
from signing.drafts import Impression, Manner, Way
from signing.formats.pdf.document import Pdf
from signing.levels import Level
from signing.policy import DEFAULT
from signing.report import Place
from signing.sample_documents import pdf as draft_pdf
from signing.stamping import stamping_for
from tests.builders import pdf, pki, seals
from tests.builders.pki import AT, YEAR, Identity

PLACES = (Place(1, 120, 200, 40, 40),)
DRAFT = draft_pdf()


@dataclass
class People:
    """A root, an authority, a signer whose certificate runs out first, a stamper, and a clock of their own."""

    root: Identity
    authority: Identity
    signer: Identity
    stamper: Identity
    responder: Identity
    now: datetime = AT
    asked: list[str] = field(default_factory=list)

    def trust(self, **more: Any) -> Trust:
        """Trust the root and know nothing else."""
        return Trust(self.now, (Anchor(self.root.certificate),), **more)

    def known(self, **more: Any) -> Trust:
        """Trust the root and know the authority, as whoever signs does."""
        return Trust(self.now, (Anchor(self.root.certificate),), (self.authority.certificate,), **more)

    def stamp(self, stamped: bytes, digest: Any = None) -> bytes:
        """Give a token of this moment."""
        algorithm = pki.ALGORITHMS[self.stamper.key.kind]
        imprint = Imprint.of(digest or seals.SM3, stamped)
        serial = 7 + len(self.asked)
        told = (
            imprint,
            POLICY,
            serial,
            self.now,
            timedelta(seconds=1),
            None,
            self.stamper.certificate,
            algorithm,
            True,
        )
        draft = TokenDraft(*told)
        return time_stamp_writing.token(draft, algorithm.sign(self.stamper.key, draft.attributes))

    def ask(self, certificate: Certificate, issuer: Certificate) -> bytes | None:
        """Answer about those below the authority; the authority itself is asked of the root."""
        self.asked.append(certificate.label)
        told: dict[str, Any] = {
            "this_update": self.now,
            "produced_at": self.now,
            "next_update": self.now + timedelta(hours=1),
        }
        if issuer == self.authority.certificate:
            return self.responder.answer_der(certificate, issuer=self.authority, **told)
        return self.root.answer_der(certificate, **told) if issuer == self.root.certificate else None


def people(kind: KeyKind = KeyKind.SM2, **peculiar: Any) -> People:
    """Make the usual five; certificates name where their revocation is told."""
    told = {"ocsp_urls": ("http://ocsp.example/",)}
    root = pki.root("演示长期根 CA", kind, not_after=AT + 30 * YEAR)
    authority = root.authority("演示长期签发 CA", not_after=AT + 20 * YEAR, **told)
    return People(
        root,
        authority,
        authority.issues("演示长期签章人", not_after=AT + YEAR, **told),
        seals.stamping(authority, **({"not_after": AT + 5 * YEAR} | told | peculiar)),
        authority.responder(not_after=AT + YEAR),
    )


@functools.cache
def usual(kind: KeyKind = KeyKind.SM2) -> People:
    """Give the same five every time; nobody moves their clock."""
    return people(kind)


def signed(who: People, level: Level | None, document: bytes = DRAFT, **peculiar: Any) -> bytes:
    """Sign a document as an order of a level does, up to what happens inside of the signature."""
    manner = Manner(PLACES, way=Way.MESSAGE, level=level, **peculiar)
    impression = Impression(b"", pdf.picture(), 40, 40, who.signer.certificate)
    draft = drafts.draft(document, Pdf(), impression, manner, who.now)
    signature = draft.algorithm.sign(who.signer.key, draft.to_sign)
    stamp = stamping_for(who, draft.algorithm.digest)
    return draft.finish(signature, stamp(signature) if manner.wants_stamp else None)


def lasting(who: People, level: Level, document: bytes | None = None, **peculiar: Any) -> bytes:
    """Sign a document and bring it to a level."""
    document = signed(who, level, **peculiar) if document is None else document
    stamp = stamping_for(who, long_term.digest_of(document))
    return long_term.extended(document, level, stamp, who.known(), DEFAULT, who.now, who.ask).document


def store_of(document: bytes) -> tuple[int, int, int]:
    """Count the certificates, lists and answers that a document keeps."""
    found = Pdf().read(document).signatures[0]
    return len(found.certificates), len(found.lists), len(found.answers)
