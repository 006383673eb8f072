"""A grant as an executable contract, and the judgement of one call under it. Everything here is a value.

What is judged, in this order; the first clause that is broken is the reason that is told:

1. whose contract it is: organisation, directory, and the grant that the purpose names, if it names one;
2. whether it stands: active, begun, not ended;
3. who calls: kind of caller, its mandate, the system;
4. how and for what: mode, ground, stage, matter, agreement;
5. for whom: the implementing organ and the receiving region;
6. how much: fields, rows, and what was used up already;
7. what the caller's kind may at all, whatever the contract says.

The steps of the gateway that are the caller's: counting what was used (`Call.used`), applying `Allowed.conditions` and
`Allowed.masks` to the rows, encrypting where `Allowed.encrypted`, and seeing the holder's consent where
`Allowed.consent`. Whether a purpose is well-formed is decided before, in `exchange.agreements.purposes`.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from base.identifiers import LEVEL_ENDS, NATION
from exchange.agreements.caller_kinds import CallerKind, Mode, kinds
from exchange.agreements.purposes import Ground, Purpose, Stage, covers, implementing_organ

# The tests a condition on rows may ask, as sources understand them.
ROW_TESTS: Final = frozenset({"equal", "in", "at_least", "at_most"})
# The grounds on which the holder has to have agreed; a statutory use needs the published list, nothing else.
GROUNDS_OF_CONSENT: Final = frozenset({Ground.HOLDER, Ground.AGREEMENT})
NO_MASKS: Final[Mapping[str, str]] = MappingProxyType({})
SHOWN_VALUES: Final = 20


class Standing(enum.StrEnum):
    """Where a grant stands; withdrawn is what its directory was."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    GIVEN_BACK = "given-back"
    WITHDRAWN = "withdrawn"


class Reason(enum.StrEnum):
    """Why a call is refused: the clause that it breaks, from the farthest miss to the nearest."""

    NO_GRANT = "no-grant"
    OTHER_GRANT = "other-grant"
    REVOKED = "revoked"
    GIVEN_BACK = "given-back"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    CALLER_KIND = "caller-kind"
    MANDATE = "mandate"
    SYSTEM = "system"
    MODE = "mode"
    GROUND = "ground"
    STAGE = "stage"
    MATTER = "matter"
    AGREEMENT = "agreement"
    ORGAN = "organ"
    REGION = "region"
    FIELDS = "fields"
    ROWS = "rows"
    QUOTA_TOTAL = "quota-total"
    QUOTA_DAY = "quota-day"
    QUOTA_MINUTE = "quota-minute"
    KIND_MAY_NOT = "kind-may-not"


_PLACE: Final = {reason: place for place, reason in enumerate(Reason)}
_REASON_OF: Final = {
    Standing.SUSPENDED: Reason.SUSPENDED,
    Standing.REVOKED: Reason.REVOKED,
    Standing.GIVEN_BACK: Reason.GIVEN_BACK,
    Standing.WITHDRAWN: Reason.WITHDRAWN,
}


@dataclass(frozen=True)
class Quota:
    """How much may be used: calls a minute, calls a day, rows of one call, calls in all; none means no bound here."""

    per_minute: int | None = None
    per_day: int | None = None
    rows_per_call: int | None = None
    in_total: int | None = None


NO_QUOTA: Final = Quota()


@dataclass(frozen=True)
class Used:
    """What was used up of a quota before this call."""

    this_minute: int = 0
    today: int = 0
    in_total: int = 0


NOTHING_USED: Final = Used()


@dataclass(frozen=True)
class RowCondition:
    """Which rows are granted (数据范围): an item, a test that sources know, and its values."""

    item: str
    test: str
    values: tuple[str | int, ...]


@dataclass(frozen=True)
class Contract:
    """A grant, clause by clause. Empty systems, organs or regions mean any; empty fields or matters mean none.

    A 12-digit matter takes in its 31 and 33 characters. `salt` is for masks that hash, and is told to nobody.
    """

    id: str
    directory: str
    grantee: str
    kind: CallerKind
    fields: tuple[str, ...]
    matters: tuple[str, ...]
    stages: frozenset[Stage]
    grounds: frozenset[Ground]
    modes: frozenset[Mode]
    begins: datetime
    ends: datetime
    systems: frozenset[str] = frozenset()
    organs: frozenset[str] = frozenset()
    regions: tuple[str, ...] = ()
    masks: Mapping[str, str] = field(default_factory=lambda: NO_MASKS, hash=False)
    conditions: tuple[RowCondition, ...] = ()
    quota: Quota = NO_QUOTA
    encrypted: bool = False
    mandate: str | None = None
    agreement: str | None = None
    standing: Standing = Standing.ACTIVE
    version: int = 1
    purpose: str = ""
    salt: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Call:
    """One call as it is judged: who, of which kind and under whose mandate now, for what, which fields, how many rows.

    No fields mean all that are granted.
    """

    organisation: str
    system: str
    kind: CallerKind
    directory: str
    purpose: Purpose
    at: datetime
    fields: tuple[str, ...] = ()
    mode: Mode = Mode.QUERY
    rows: int = 1
    mandate: str | None = None
    used: Used = NOTHING_USED


@dataclass(frozen=True)
class Allowed:
    """The call is granted: by which contract, which fields in this order, and what must be done to the rows."""

    contract: Contract
    fields: tuple[str, ...]
    masks: Mapping[str, str] = field(hash=False)
    conditions: tuple[RowCondition, ...]
    quota: Quota
    encrypted: bool
    consent: bool


@dataclass(frozen=True)
class Refusal:
    """The call is not granted: the first clause it breaks, what was asked and granted there, and how many it breaks."""

    reason: Reason
    contract: str | None = None
    asked: str = ""
    granted: str = ""
    broken: int = len(Reason)

    @property
    def distance(self) -> tuple[int, int]:
        """Tell how near it was: fewer broken clauses first, then the clause that is judged later."""
        return self.broken, -_PLACE[self.reason]


@dataclass(frozen=True)
class _Broken:
    """A clause that a call breaks."""

    reason: Reason
    asked: str = ""
    granted: str = ""


def judge(contract: Contract, call: Call) -> Allowed | Refusal:
    """Judge one call under one contract."""
    if (contract.grantee, contract.directory) != (call.organisation, call.directory):
        return Refusal(Reason.NO_GRANT)
    if call.purpose.grant_code not in {None, contract.id}:
        return Refusal(Reason.OTHER_GRANT, contract.id, call.purpose.grant_code or "", contract.id)
    broken = list(_broken(contract, call))
    if broken:
        return Refusal(broken[0].reason, contract.id, broken[0].asked, broken[0].granted, len(broken))
    shown = tuple(dict.fromkeys(call.fields)) or contract.fields
    return Allowed(
        contract,
        shown,
        {name: rule for name, rule in contract.masks.items() if name in shown},
        contract.conditions,
        contract.quota,
        contract.encrypted,
        call.purpose.ground in GROUNDS_OF_CONSENT,
    )


def best(contracts: Iterable[Contract], call: Call) -> Allowed | Refusal:
    """Give the first contract's answer that allows the call, or else the refusal that came nearest."""
    nearest = Refusal(Reason.NO_GRANT)
    for contract in contracts:
        answer = judge(contract, call)
        if isinstance(answer, Allowed):
            return answer
        nearest = min(nearest, answer, key=lambda each: each.distance)
    return nearest


def reaches(rule: str, region: str) -> bool:
    """Tell whether a region lies in the one that a rule names, whatever the lengths of the two codes."""
    return region.ljust(12, "0").startswith(reach(rule))


def reach(rule: str) -> str:
    """Give the digits with which every region in this one begins."""
    if rule.startswith(NATION):
        return ""
    held = rule.rstrip("0")
    return next((rule.ljust(12, "0")[:end] for end in sorted(LEVEL_ENDS.values()) if end >= len(held)), rule)


def _broken(contract: Contract, call: Call) -> Iterator[_Broken]:
    for clauses in (_standing, _caller, _use, _place, _extent, _may):
        yield from clauses(contract, call)


def _standing(contract: Contract, call: Call) -> Iterator[_Broken]:
    if contract.standing is not Standing.ACTIVE:
        yield _Broken(_REASON_OF[contract.standing])
    if call.at < contract.begins:
        yield _Broken(Reason.NOT_YET, call.at.isoformat(), contract.begins.isoformat())
    if call.at >= contract.ends:
        yield _Broken(Reason.EXPIRED, call.at.isoformat(), contract.ends.isoformat())


def _caller(contract: Contract, call: Call) -> Iterator[_Broken]:
    if call.kind is not contract.kind:
        yield _Broken(Reason.CALLER_KIND, call.kind, contract.kind)
    if contract.mandate is not None and call.mandate != contract.mandate:
        yield _Broken(Reason.MANDATE, call.mandate or "", contract.mandate)
    if contract.systems and call.system not in contract.systems:
        yield _Broken(Reason.SYSTEM, call.system, _listed(contract.systems))


def _use(contract: Contract, call: Call) -> Iterator[_Broken]:
    purpose = call.purpose
    if call.mode not in contract.modes:
        yield _Broken(Reason.MODE, call.mode, _listed(contract.modes))
    if purpose.ground not in contract.grounds:
        yield _Broken(Reason.GROUND, purpose.ground, _listed(contract.grounds))
    if purpose.stage not in contract.stages:
        yield _Broken(Reason.STAGE, purpose.stage, _listed(contract.stages))
    if not any(covers(matter, purpose.item_code) for matter in contract.matters):
        yield _Broken(Reason.MATTER, purpose.item_code, _listed(contract.matters))
    number = purpose.basis.number if purpose.basis else ""
    if contract.agreement is not None and number != contract.agreement:
        yield _Broken(Reason.AGREEMENT, number, contract.agreement)


def _place(contract: Contract, call: Call) -> Iterator[_Broken]:
    organ = organ_of(call)
    organs = contract.organs or ({contract.mandate} if contract.mandate else set())
    if organs and organ not in organs:
        yield _Broken(Reason.ORGAN, organ, _listed(organs))
    region = call.purpose.handling_region
    if contract.regions and not any(reaches(rule, region) for rule in contract.regions):
        yield _Broken(Reason.REGION, region, _listed(contract.regions))


def organ_of(call: Call) -> str:
    """Tell whose matter it is: the code's organ, or else the department itself or the one an agent acts for."""
    return implementing_organ(call.purpose.item_code) or call.mandate or call.organisation


def _extent(contract: Contract, call: Call) -> Iterator[_Broken]:
    beyond = [name for name in call.fields if name not in contract.fields]
    if beyond or not contract.fields:
        yield _Broken(Reason.FIELDS, _listed(beyond), _listed(contract.fields))
    quota, used = contract.quota, call.used
    for reason, asked, bound in (
        (Reason.ROWS, call.rows, quota.rows_per_call),
        (Reason.QUOTA_TOTAL, used.in_total + 1, quota.in_total),
        (Reason.QUOTA_DAY, used.today + 1, quota.per_day),
        (Reason.QUOTA_MINUTE, used.this_minute + 1, quota.per_minute),
    ):
        if bound is not None and asked > bound:
            yield _Broken(reason, str(asked), str(bound))


def _may(contract: Contract, call: Call) -> Iterator[_Broken]:
    """Ask again what the kind may, so that a row that says more gives no more."""
    may, purpose = kinds()[contract.kind], call.purpose
    for asked, most in ((purpose.ground, may.grounds), (purpose.stage, may.stages), (call.mode, may.modes)):
        if asked not in most:
            yield _Broken(Reason.KIND_MAY_NOT, asked, _listed(most))


def _listed(values: Iterable[str]) -> str:
    """Name values in one line, so many that a reader still reads them."""
    told = sorted(map(str, values))
    more = ["…"] if len(told) > SHOWN_VALUES else []
    return ", ".join([*told[:SHOWN_VALUES], *more])
