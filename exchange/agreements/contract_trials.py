"""Trials of a contract: calls generated from its clauses, each with the answer that the clauses promise.

Whoever gives or gets a grant can read from them what it allows and where it ends, and whoever changes any clause makes
at least one of them fail: what is let through must come back exactly as granted, and each other value that the site
knows (`Site`) must be refused for its own reason. The answers are read off the clauses one by one, never asked of
`contracts.judge`, so that a fault there shows too. Not tried, because no call can show them: the text of the purpose,
the version, the salt.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from base.identifiers import LEVEL_ENDS, NATION, PROVINCES
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.contracts import Allowed, Call, Contract, Reason, Refusal, Used, reach, reaches
from exchange.agreements.purposes import (
    BASES_OF,
    BASIC,
    IMPLEMENTED,
    Basis,
    BasisKind,
    Ground,
    Operator,
    OperatorKind,
    Purpose,
    Stage,
    covers,
)

_INSTANT: Final = timedelta(microseconds=1)
# More than any quota says, so that a quota where there was none shows.
_MUCH: Final = 10**12
# Well-formed codes that were never given out (演示), so that there is always someone else.
STRANGERS: Final = ("11320000YNX990017H", "11320000YNX990025C")
ELSEWHERE: Final = "演示-其他"


@dataclass(frozen=True)
class Site:
    """What else the site knows, each of which a contract may not let through unless it says so."""

    fields: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """A call, and what must come of it: a reason of refusal, or none and the fields in their order."""

    name: str
    call: Call
    reason: Reason | None
    fields: tuple[str, ...] = ()


EMPTY_SITE: Final = Site()


def negative_tests(contract: Contract, site: Site = EMPTY_SITE) -> tuple[tuple[str, Call, Reason], ...]:
    """Give the calls that the contract must refuse, each with the reason."""
    return tuple((each.name, each.call, each.reason) for each in trials(contract, site) if each.reason is not None)


def trials(contract: Contract, site: Site = EMPTY_SITE) -> tuple[Trial, ...]:
    """Give every trial of a contract that is active; one that is not refuses its own first trial."""
    first = permitted(contract)
    found = [Trial("everything that is granted", first, None, contract.fields)]
    for make in (_fields, _matters, _enumerations, _callers, _places, _times, _amounts, _bases):
        found.extend(make(contract, first, site))
    return tuple(found)


def holds(trial: Trial, promised: Contract, answer: Allowed | Refusal) -> bool:
    """Tell whether an answer is what the promised contract's trial says, to the last mask and quota."""
    if isinstance(answer, Refusal):
        return answer.reason is trial.reason
    masks = {name: rule for name, rule in promised.masks.items() if name in trial.fields}
    told = (answer.fields, dict(answer.masks), answer.conditions, answer.quota, answer.encrypted)
    return trial.reason is None and told == (
        trial.fields,
        masks,
        promised.conditions,
        promised.quota,
        promised.encrypted,
    )


def permitted(contract: Contract) -> Call:
    """Make a call that an active contract lets through."""
    stage, ground = min(contract.stages), min(contract.grounds)
    region = contract.regions[0] if contract.regions else f"{min(PROVINCES)}0000"
    purpose = Purpose(
        item_code=_asked(contract, contract.matters[0]),
        item_name="演示事项",
        stage=stage,
        basis=_basis(contract, stage),
        ground=ground,
        grant_code=None,
        operator=Operator(OperatorKind.SYSTEM, "演示", "演示"),
        handling_region=region,
        reason="演示",
    )
    system = min(contract.systems) if contract.systems else ELSEWHERE
    return Call(
        contract.grantee,
        system,
        contract.kind,
        contract.directory,
        purpose,
        contract.begins,
        mode=min(contract.modes),
        mandate=contract.mandate,
    )


def _fields(contract: Contract, first: Call, site: Site) -> Iterator[Trial]:
    for name in contract.fields:
        yield Trial(f"the field {name} alone", replace(first, fields=(name,)), None, (name,))
    for name in _others((*site.fields, ELSEWHERE), contract.fields):
        yield Trial(f"the field {name}", replace(first, fields=(contract.fields[0], name)), Reason.FIELDS)


def _matters(contract: Contract, first: Call, site: Site) -> Iterator[Trial]:
    for matter in contract.matters:
        longer = _with_organ(contract, matter)
        for code in (_asked(contract, matter), longer, longer[:IMPLEMENTED] + "01"):
            if len(code) >= len(matter) and covers(matter, code):
                yield Trial(f"the matter {code}", _purposed(first, item_code=code), None, contract.fields)
        for code in (matter[19:IMPLEMENTED], matter[:IMPLEMENTED], matter[:IMPLEMENTED] + "99"):
            if len(matter) > BASIC and code and not _granted(contract, code):
                yield Trial(f"the matter {code}", _purposed(first, item_code=code), Reason.MATTER)
    for matter in site.matters:
        code = _asked(contract, matter)
        if not _granted(contract, code):
            yield Trial(f"the matter {matter}", _purposed(first, item_code=code), Reason.MATTER)


def _enumerations(contract: Contract, first: Call, _site: Site) -> Iterator[Trial]:
    for stage in Stage:
        call = _purposed(first, stage=stage, basis=_basis(contract, stage))
        yield _one_of(f"the stage {stage}", call, contract, stage in contract.stages, Reason.STAGE)
    for ground in Ground:
        call = _purposed(first, ground=ground)
        yield _one_of(f"the ground {ground}", call, contract, ground in contract.grounds, Reason.GROUND)
    for mode in Mode:
        call = replace(first, mode=mode)
        yield _one_of(f"the mode {mode}", call, contract, mode in contract.modes, Reason.MODE)
    for kind in CallerKind:
        call = replace(first, kind=kind)
        yield _one_of(f"a caller that is {kind}", call, contract, kind is contract.kind, Reason.CALLER_KIND)


def _callers(contract: Contract, first: Call, site: Site) -> Iterator[Trial]:
    for other in _others((*site.organisations, *STRANGERS), (contract.grantee,)):
        yield Trial(f"the organisation {other}", replace(first, organisation=other), Reason.NO_GRANT)
    for other in _others((*site.directories, ELSEWHERE), (contract.directory,)):
        yield Trial(f"the directory {other}", replace(first, directory=other), Reason.NO_GRANT)
    for system in dict.fromkeys((*sorted(contract.systems), *site.systems, ELSEWHERE, "")):
        fits = not contract.systems or system in contract.systems
        yield _one_of(f"the system {system}", replace(first, system=system), contract, fits, Reason.SYSTEM)
    if contract.mandate is not None:
        named = _purposed(first, item_code=_with_organ(contract, first.purpose.item_code))
        yield Trial("no mandate", replace(named, mandate=None), Reason.MANDATE)
        for other in _others((*site.organisations, *STRANGERS), (contract.mandate,)):
            yield Trial(f"the mandate of {other}", replace(named, mandate=other), Reason.MANDATE)


def _places(contract: Contract, first: Call, site: Site) -> Iterator[Trial]:
    matter = next((code for code in contract.matters if len(code) == BASIC), None)
    organs = _organs(contract)
    if matter is not None:
        for organ in dict.fromkeys((*sorted(organs), *site.organisations, *STRANGERS)):
            call = _purposed(first, item_code=f"{organ}3{matter}")
            yield _one_of(f"the organ {organ}", call, contract, not organs or organ in organs, Reason.ORGAN)
    for region in dict.fromkeys(_regions(contract, site)):
        fits = not contract.regions or any(reaches(rule, region) for rule in contract.regions)
        call = _purposed(first, handling_region=region)
        yield _one_of(f"the region {region}", call, contract, fits, Reason.REGION)


def _times(contract: Contract, first: Call, _site: Site) -> Iterator[Trial]:
    for name, at, reason in (
        ("the moment it begins", contract.begins, None),
        ("just before it begins", contract.begins - _INSTANT, Reason.NOT_YET),
        ("its last moment", contract.ends - _INSTANT, None),
        ("the moment it ends", contract.ends, Reason.EXPIRED),
    ):
        yield _one_of(name, replace(first, at=at), contract, reason is None, reason)


def _amounts(contract: Contract, first: Call, _site: Site) -> Iterator[Trial]:
    quota = contract.quota
    rows = quota.rows_per_call
    yield Trial("as many rows as it gives", replace(first, rows=rows or _MUCH), None, contract.fields)
    if rows is not None:
        yield Trial("one row more", replace(first, rows=rows + 1), Reason.ROWS)
    for member, bound, reason in (
        ("this_minute", quota.per_minute, Reason.QUOTA_MINUTE),
        ("today", quota.per_day, Reason.QUOTA_DAY),
        ("in_total", quota.in_total, Reason.QUOTA_TOTAL),
    ):
        last = Used(**{member: _MUCH if bound is None else bound - 1})
        yield Trial(f"the last call: {member}", replace(first, used=last), None, contract.fields)
        if bound is not None:
            yield Trial(f"one call more: {member}", replace(first, used=Used(**{member: bound})), reason)


def _bases(contract: Contract, first: Call, _site: Site) -> Iterator[Trial]:
    yield Trial("the grant by its code", _purposed(first, grant_code=contract.id), None, contract.fields)
    yield Trial("another grant's code", _purposed(first, grant_code=ELSEWHERE), Reason.OTHER_GRANT)
    other = Basis(BasisKind.AGREEMENT, ELSEWHERE)
    fits = contract.agreement is None
    yield _one_of("another number", _purposed(first, basis=other), contract, fits, Reason.AGREEMENT)


def _one_of(name: str, call: Call, contract: Contract, fits: bool, reason: Reason | None) -> Trial:  # noqa: FBT001 - told beside its reason
    return Trial(name, call, None, contract.fields) if fits else Trial(name, call, reason)


def _purposed(call: Call, **changed: Any) -> Call:
    return replace(call, purpose=replace(call.purpose, **changed))


def _basis(contract: Contract, stage: Stage) -> Basis:
    return Basis(min(BASES_OF[stage]), contract.agreement or "演示-0001")


def _organs(contract: Contract) -> frozenset[str]:
    return contract.organs or frozenset({contract.mandate} if contract.mandate else ())


def _own_organ(contract: Contract) -> str:
    """Give an implementing organ that the contract lets through; its grantee's own where it may be any."""
    organs = _organs(contract)
    usual = contract.mandate or contract.grantee
    return usual if not organs or usual in organs else min(organs)


def _asked(contract: Contract, matter: str) -> str:
    """Give a matter as it can be asked for: the 12 digits alone only where they name an organ that fits."""
    usual = contract.mandate or contract.grantee
    bare = len(matter) == BASIC and usual not in (_organs(contract) or {usual})
    return _with_organ(contract, matter) if bare else matter


def _with_organ(contract: Contract, matter: str) -> str:
    return f"{_own_organ(contract)}3{matter}" if len(matter) == BASIC else matter


def _granted(contract: Contract, code: str) -> bool:
    return any(covers(matter, code) for matter in contract.matters)


def _regions(contract: Contract, site: Site) -> Iterable[str]:
    """Give every rule's own region, what lies above and beside it, each province, the nation, and the site's."""
    for rule in contract.regions:
        yield rule
        held = reach(rule)
        for end in sorted(LEVEL_ENDS.values()):
            if end < len(held):
                yield held[:end].ljust(6, "0")
        if len(held) > min(LEVEL_ENDS.values()):
            last = (int(held[-2:]) + 1) % 100 or 1
            yield f"{held[:-2]}{last:02}".ljust(12 if len(held) > BASIC // 2 else 6, "0")
    yield from (f"{each}0000" for each in sorted(PROVINCES))
    yield NATION
    yield from site.regions


def _others(values: Iterable[str], own: Iterable[str]) -> list[str]:
    held = set(own)
    return [each for each in dict.fromkeys(values) if each not in held]
