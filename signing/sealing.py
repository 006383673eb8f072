"""Sealing, as an act: what is about to be signed goes on record, is signed, verified as a stranger would, and answered.

1. `checked`, outside of any transaction: the document can be read and is not wrongly signed already.
2. `begin`, in a transaction: the seal lives and its owner allows this use; the document takes a signature; the
   intention is on record with the digest of what the key will sign.
3. `carry_out`, outside of any transaction: the key signs, a time stamp is asked for if one is wanted, the signature is
   put in, and the document is verified by the code that serves the public. Anything but *valid* is thrown away.
4. `settle` or `give_up`, in a transaction: what came of it. Only then is the document handed out.

The transactions are opened by `signing.edges`. If the service dies between 2 and 4, the use stays *intended*: a
signature that may exist somewhere is traced to it by the digest, and `abandoned` tells the operator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.signers.signer import Signer, signed
from keys.trust import Trust
from signing import authorisations, drafts
from signing.authorisations import Use
from signing.drafts import USUAL, Draft, Impression, Manner
from signing.errors import CannotSign, DraftNotSound, NotValidAfterSigning, SealNotUsable, UnreadableDocument
from signing.formats import FORMATS
from signing.formats.format import Format
from signing.long_term import Ask, Lasting, extended, nobody
from signing.long_term_errors import LevelNotPossible
from signing.models import INTENDED, Seal, SealEdition, SealUse
from signing.policy import DEFAULT, Policy
from signing.report import Place, Report, Verdict
from signing.stamping import Stamper, stamping_for
from signing.verification import verify

# A use takes seconds; one that stands open for an hour was cut off.
ABANDONED_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Order:
    """A document that is to be sealed: what for, and how."""

    document: bytes = field(repr=False)
    name: str
    document_type: str
    act: str
    region: str
    reason: str
    manner: Manner = USUAL


@dataclass(frozen=True)
class Checked:
    """An order whose document was found fit to be sealed; only `checked` makes one."""

    order: Order
    form: Format


@dataclass(frozen=True)
class Begun:
    """A use that is on record, ready to be signed."""

    use: str
    key_id: str
    draft: Draft
    order: Order


@dataclass(frozen=True)
class Sealed:
    """A sealed document and the report of its verification."""

    use: str
    document: bytes = field(repr=False)
    sm3: str
    signed_sm3: str
    report: Report


def format_of(document: bytes, formats: Mapping[str, Format] = FORMATS) -> Format:
    """Tell the format of a document. Raises `UnreadableDocument`."""
    found = next((each for each in formats.values() if each.recognises(document)), None)
    if found is None:
        raise UnreadableDocument("pdf | ofd", "not-recognised", "")
    return found


def checked(order: Order, trust: Trust, at: datetime) -> Checked:
    """Refuse to put a seal on what is already wrong: nobody can tell afterwards who spoilt it.

    Raises `UnreadableDocument`, `DraftNotSound`.
    """
    form = format_of(order.document)
    report = verify(order.document, order.name, trust, DEFAULT, at)
    if report.verdict in {Verdict.UNREADABLE, Verdict.INVALID}:
        raise DraftNotSound(report.verdict.value, report.sub_indication or "", _first_failure(report))
    return Checked(order, form)


def begin(session: Session, seal: Seal, fit: Checked, by: Caller, at: datetime) -> Begun:
    """Put the use on record and prepare what is to be signed.

    Raises `SealNotUsable`, `UseNotAuthorised`, `CeilingReached`, `UnreadableDocument`, `CannotSign`.
    """
    order = fit.order
    use, edition = authorisations.begin(session, seal, _use(order), by, at)
    if edition.key_id is None:
        raise SealNotUsable(seal.id, "no-key")
    impression = _impression(seal, edition, at)
    manner = replace(order.manner, places=_sized(order.manner.places, impression))
    draft = drafts.draft(order.document, fit.form, impression, manner, at)
    use.signed_sm3 = draft.sm3
    session.flush()
    return Begun(use.id, edition.key_id, draft, order)


def carry_out(
    begun: Begun,
    signer: Signer,
    stamper: Stamper | None,
    trust: Trust,
    now: Callable[[], datetime],
    policy: Policy = DEFAULT,
    ask: Ask = nobody,
) -> Sealed:
    """Sign what was begun and verify it, as of a moment that no time stamp in it lies behind.

    Where the document is to last, `ask` gives the evidence that goes into it. Raises `FaultySignature`,
    `SigningUnavailable`, `ValueDoesNotFit`, `NotValidAfterSigning`, `LevelNotPossible`, `LongTermEvidenceMissing`, and
    what the stamper raises.
    """
    manner, algorithm = begun.order.manner, begun.draft.algorithm
    signature = signed(signer, algorithm, begun.draft.to_sign)
    stamp = None if stamper is None else stamping_for(stamper, algorithm.digest)
    token = stamp(signature) if stamp is not None and manner.wants_stamp else None
    made = Lasting(begun.draft.finish(signature, token), now())
    if manner.level is not None:
        made = extended(made.document, manner.level, stamp, trust, policy, made.at, ask)
    document = made.document
    report = verify(document, begun.order.name, trust, policy, max(made.at, now()))
    if report.verdict is not Verdict.VALID:
        raise NotValidAfterSigning(report.verdict.value, report.sub_indication or "", _first_failure(report))
    if manner.level is not None and manner.level.value not in {each.level for each in report.signatures}:
        raise LevelNotPossible(manner.level.value, "not-reached")
    return Sealed(begun.use, document, SM3.of(document).hex(), begun.draft.sm3, report)


def settle(session: Session, sealed: Sealed, by: Caller, at: datetime) -> None:
    """Note what was signed; only afterwards is the document handed out."""
    use = session.get_one(SealUse, sealed.use)
    authorisations.end(session, use, sealed.signed_sm3, sealed.sm3, by, at)


def give_up(session: Session, use: str, why: str, by: Caller, at: datetime) -> None:
    """Note that nothing was handed out, unless somebody has noted an end already."""
    row = session.get_one(SealUse, use)
    if row.state == INTENDED:
        authorisations.give_up(session, row, why, by, at)


def abandoned(session: Session, at: datetime) -> list[SealUse]:
    """List uses that were begun and never ended: the service died, or still works on them."""
    query = select(SealUse).where(SealUse.state == INTENDED, SealUse.at < at - ABANDONED_AFTER)
    return list(session.scalars(query.order_by(SealUse.at)))


def _use(order: Order) -> Use:
    digest = SM3.of(order.document).hex()
    return Use(order.document_type, order.act, order.region, order.reason, digest)


def _impression(seal: Seal, edition: SealEdition, at: datetime) -> Impression:
    if edition.content is None or edition.certificate is None:
        raise SealNotUsable(seal.id, "not-made")
    certificate = Certificate.of(edition.certificate)
    if not certificate.holds_at(at):
        raise SealNotUsable(seal.id, "certificate-expired")
    return Impression(edition.content, edition.picture, edition.width_mm, edition.height_mm, certificate)


def _sized(places: tuple[Place, ...], impression: Impression) -> tuple[Place, ...]:
    """Give places that name no size the size of the seal: a seal is never shown larger or smaller than it is."""
    for place in places:
        if (place.width_mm, place.height_mm) not in {(0, 0), (impression.width_mm, impression.height_mm)}:
            raise CannotSign("", "other-size-than-the-seal")
    return tuple(
        replace(place, width_mm=float(impression.width_mm), height_mm=float(impression.height_mm)) for place in places
    )


def _first_failure(report: Report) -> str:
    return next((check.code for one in report.signatures for check in one.checks if check.outcome == "failed"), "")
