"""Reads what is on offer for a matter: grants and use lists, how sources are, and whether their data are up to date.

What an office may have is judged by the same verbs that judge its calls (`exchange.agreements.grants`), so that a plan
promises nothing that a look-up is then refused. A case goes through several stages, and a use may rest on the office's
duty or on the holder's word: the purposes are tried in that order, and the first that is granted counts. Nothing is
asked of any source here, and nothing about a holder is known.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from base import calendar
from base.callers import Caller
from certs.filing import duties
from certs.filing.matter import Matter, Means, Mode
from certs.filing.plans.offers import HandedIn, Offer, Offers, Standing, Target, target_of
from certs.queries import fields as certificate_fields
from certs.queries import permission as permissions
from certs.queries.permission import Permission
from certs.queries.wiring import Queries
from certs.types.certificate_type import CertificateType, Holding
from exchange import quality
from exchange.agreements import grants
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.contracts import Allowed, Call, Refusal
from exchange.agreements.errors import NotGranted
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.errors import NoSuchDirectory, NoSuchTerm
from exchange.models import Directory, DirectoryVersion
from exchange.mounting import serving
from exchange.mounting.health import Health
from exchange.mounting.models import SERVING, Mount

# A paper is needed when the case is taken in, at the latest when it is decided; duty comes before the holder's word.
TRIED: Final = tuple(
    (stage, ground)
    for ground in (Ground.STATUTORY, Ground.HOLDER)
    for stage in (Stage.INTAKE, Stage.ACCEPTANCE, Stage.REVIEW)
)
_STANDING: Final = {Health.DOWN: Standing.DOWN, Health.DEGRADED: Standing.UNSTEADY}
_MODES: Final = {
    Holding.ISSUED: frozenset(Mode),
    Holding.COLLECTED: frozenset(Mode),
    Holding.DIRECTORY_ONLY: frozenset({Mode.DATA, Mode.CHECK}),
    Holding.CHECK_ONLY: frozenset({Mode.CHECK}),
}
# Directories give rows: no file, and no answer of yes and no but by the asker's own comparing.
_ROWS: Final = frozenset({Mode.DATA, Mode.CHECK})
NONE_HANDED_IN: Final[Mapping[str, HandedIn]] = MappingProxyType({})
ASSISTANCE_DUTY: Final = "assistance-reply"


def offers(
    session: Session,
    parts: Queries,
    matter: Matter,
    region: str,
    by: Caller,
    at: datetime,
    handed_in: Mapping[str, HandedIn] = NONE_HANDED_IN,
) -> Offers:
    """Read everything that is on offer to an office for a matter whose papers are taken in in a region."""
    targets = {target_of(one) for each in matter.materials for one in each.replacements}
    told = {
        **_of_types(session, parts, _named(targets, Means.CERTIFICATE), (matter, region), by, at),
        **_of_directories(session, _named(targets, Means.SHARED), (matter, region), by, at),
        **_of_organs(session, _named(targets, Means.ASSISTANCE)),
    }
    return Offers(region, told, handed_in, calendar.calendar(session))


def purpose_of(matter: Matter, region: str, stage: Stage, ground: Ground, by: Caller, reason: str) -> Purpose:
    """Say what a use for a matter is for, before there is a case."""
    basis = None if stage is Stage.GUIDANCE else Basis(BasisKind.INTAKE, "plan")
    name = by.name or by.id
    operator = Operator(OperatorKind.SYSTEM, name, name)
    return Purpose(matter.item_code, matter.name, stage, basis, ground, None, operator, region, reason)


def _named(targets: Iterable[Target], means: Means) -> list[str]:
    return sorted(target for kind, target in targets if kind is means)


# --- certificate types --------------------------------------------------------------------------------------------


def _of_types(
    session: Session, parts: Queries, codes: Sequence[str], use: tuple[Matter, str], by: Caller, at: datetime
) -> dict[Target, Offer]:
    known = [parts.certs.types[each] for each in codes if each in parts.certs.types]
    answers: dict[str, Permission | NotGranted] = {}
    for stage, ground in TRIED:
        asked = [each for each in known if not isinstance(answers.get(each.code), Permission)]
        purpose = purpose_of(*use, stage, ground, by, "plan")
        for code, answer in permissions.permitted_each(session, asked, by, purpose, at).items():
            answers[code] = answer if isinstance(answer, Permission) else answers.get(code, answer)
    return {
        (Means.CERTIFICATE, each.code): _of_type(each, answers[each.code], elsewhere=bool(parts.others))
        for each in known
    }


def _of_type(type_: CertificateType, answer: Permission | NotGranted, *, elsewhere: bool) -> Offer:
    is_kept = type_.holding in {Holding.ISSUED, Holding.COLLECTED}
    standing = Standing.OPEN if is_kept or elsewhere else Standing.UNSERVED
    offer = Offer(standing, modes=_MODES[type_.holding])
    if isinstance(answer, NotGranted):
        return replace(offer, granted=False, reason=answer.reason, fields=frozenset())
    spellings = certificate_fields.names_of(type_)
    fields = frozenset(spelling for spelling, name in spellings.items() if name in answer.fields)
    contract = answer.allowed.contract
    return replace(offer, fields=fields, consent=answer.needs_consent, grant=contract.id, ends=contract.ends)


# --- directories --------------------------------------------------------------------------------------------------


def _of_directories(
    session: Session, codes: Sequence[str], use: tuple[Matter, str], by: Caller, at: datetime
) -> dict[Target, Offer]:
    found = {code: standing for code in codes if (standing := _served(session, code)) is not None}
    answers: dict[str, Allowed | Refusal] = {}
    for stage, ground in TRIED:
        asked = [each for each in found if not isinstance(answers.get(each), Allowed)]
        if not asked:
            break
        purpose = purpose_of(*use, stage, ground, by, "plan")
        system = by.id if by.kind == "system" else ""
        call = Call(by.organisation, system, CallerKind.DEPARTMENT, "", purpose, at)
        for code, answer in grants.judged_each(session, call, asked).items():
            answers[code] = answer if isinstance(answer, Allowed) else answers.get(code, answer)
    late = _late(session, found, at)
    return {(Means.SHARED, code): _of_directory(found[code], answers[code], late.get(code)) for code in found}


def _of_directory(offer: Offer, answer: Allowed | Refusal, late: tuple[datetime, bool] | None) -> Offer:
    if late is not None:
        is_stale = late[1] and offer.standing in {Standing.OPEN, Standing.UNSTEADY}
        offer = replace(offer, as_of=late[0], standing=Standing.STALE if is_stale else offer.standing)
    if isinstance(answer, Refusal):
        return replace(offer, granted=False, reason=answer.reason.value, fields=frozenset())
    contract = answer.contract
    return replace(
        offer, fields=frozenset(contract.fields), consent=answer.consent, grant=contract.id, ends=contract.ends
    )


def _served(session: Session, code: str) -> Offer | None:
    """Tell how a directory serves; nothing where there is none."""
    try:
        served = serving.served(session, code)
    except NoSuchDirectory:
        return None
    if not served.mounts:
        return Offer(Standing.UNSERVED, modes=_ROWS)
    health = served.mounts[0].health
    return Offer(_STANDING.get(Health(health), Standing.OPEN), modes=_ROWS, health=health)


def _late(session: Session, codes: Collection[str], at: datetime) -> dict[str, tuple[datetime, bool]]:
    """Tell of each directory when its data were last brought up to date, and whether that is past twice its cycle."""
    if not codes:
        return {}
    updated = select(Mount.directory, func.max(Mount.data_updated_at)).group_by(Mount.directory)
    updated = updated.where(Mount.directory.in_(codes), Mount.state == SERVING, Mount.data_updated_at.is_not(None))
    last_of: dict[str, datetime] = {code: last for code, last in session.execute(updated) if last is not None}
    published = and_(DirectoryVersion.directory == Directory.code, DirectoryVersion.number == Directory.published)
    contents = select(Directory.code, DirectoryVersion.content).join(DirectoryVersion, published)
    told = {}
    for code, content in session.execute(contents.where(Directory.code.in_(list(last_of)))):
        fresh = quality.fresh(content, last_of[code], at)
        told[code] = last_of[code], fresh is not None and fresh.good == 0
    return told


# --- organs -------------------------------------------------------------------------------------------------------


def _of_organs(session: Session, names: Sequence[str]) -> dict[Target, Offer]:
    """An organ that is named can be asked, by letter if need be; how long it has is a duty with its basis."""
    if not names:
        return {}
    days = None
    with suppress(NoSuchTerm):
        days = duties.days_of(session, ASSISTANCE_DUTY)
    return {(Means.ASSISTANCE, each): Offer(Standing.OPEN, working_days=days) for each in names}
