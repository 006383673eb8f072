"""Which seal an act takes, and whether a system may issue for another organ than its own (审批局、代办平台).

The type says which kind of seal goes with which act; the issuing organ's active seals of that kind fit, and the caller
may name one of them. Whoever issues for another organ needs that organ's written leave to use such a seal for this
type, act and region: it is asked for before anything is put on record. Whether the day's ceiling leaves room is asked
when the seal is used (`signing.authorisations`), and so is the leave once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from certs.choosing_errors import NotAuthorisedByIssuer, SealDoesNotFit
from certs.errors import NoSealForAct
from certs.life import Step
from certs.types.certificate_type import CertificateType
from signing import authorisations
from signing.authorisations import Use
from signing.life import State
from signing.models import Seal, SealEdition

# What an act is called in a leave to use a seal.
ACTS: Final[Mapping[Step, str]] = {Step.DRAFT: "issue", Step.CHANGE: "change", Step.RENEW: "renew"}


@dataclass(frozen=True)
class Choice:
    """What a seal is needed for: whose, on which type, for which act, where; and the one that was named, if any."""

    issuer: str
    type: CertificateType
    act: Step
    region: str
    seal: str | None = None

    @property
    def use(self) -> Use:
        """Give it as a use of a seal."""
        return Use(self.type.code, ACTS[self.act], self.region, "", "")

    @property
    def kind(self) -> str:
        """Give the kind of seal that the type names for the act."""
        return self.type.seals.get(ACTS[self.act], self.type.seals["issue"])


@dataclass(frozen=True)
class SealForAct:
    """A seal that the act takes, and its size in millimetres."""

    id: str
    width: float
    height: float


def require(session: Session, choice: Choice, by: Caller, at: datetime) -> None:
    """Look before anything is on record whether this caller may issue with such a seal.

    An organ of its own may begin before its seal is there: the draft then waits to be signed. Raises `SealDoesNotFit`,
    `NotAuthorisedByIssuer`.
    """
    fitting = _fitting(session, choice)
    if choice.issuer != by.organisation and _first_covered(session, fitting, choice, by, at) is None:
        raise NotAuthorisedByIssuer(choice.issuer, choice.type.code, ACTS[choice.act])
    _require_named(choice, fitting)


def seal_for(session: Session, choice: Choice, by: Caller, at: datetime) -> SealForAct:
    """Find the active seal for an act: the one that was named, else the first that this caller may use.

    Where the caller may use none of them, the first is given and using it is refused with the reason. Raises
    `SealDoesNotFit`, `NoSealForAct`.
    """
    fitting = _fitting(session, choice)
    _require_named(choice, fitting)
    if choice.seal is not None:
        return next(each for each in fitting if each.id == choice.seal)
    if not fitting:
        raise NoSealForAct(choice.type.code, ACTS[choice.act], choice.kind)
    return _first_covered(session, fitting, choice, by, at) or fitting[0]


def _require_named(choice: Choice, fitting: list[SealForAct]) -> None:
    if choice.seal is not None and choice.seal not in {each.id for each in fitting}:
        raise SealDoesNotFit(choice.seal, choice.type.code, ACTS[choice.act], choice.kind)


def _fitting(session: Session, choice: Choice) -> list[SealForAct]:
    query = (
        select(Seal.id, SealEdition.width_mm, SealEdition.height_mm)
        .join(SealEdition, SealEdition.seal == Seal.id)
        .where(Seal.owner == choice.issuer, Seal.kind == choice.kind, SealEdition.state == State.ACTIVE.value)
        .order_by(Seal.created_at, Seal.id)
    )
    return [SealForAct(*each) for each in session.execute(query)]


def _first_covered(
    session: Session, fitting: list[SealForAct], choice: Choice, by: Caller, at: datetime
) -> SealForAct | None:
    covered = (each for each in fitting if authorisations.is_covered(session, each.id, choice.use, by, at))
    return next(covered, None)
