"""What is asked for, offered, and finally granted: the clauses of a contract before it has a grantee.

Decided here: which clauses can become a grant (every fault at once), whether an offer gives no more than was asked, how
clauses are written down, and how clauses and parties become a `Contract`. Not decided here: who may ask or offer.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from base.canonical import Json
from base.identifiers import read_credit_code, read_region_code
from exchange.agreements.caller_kinds import CallerKind, KindOfCaller, Mode, Need
from exchange.agreements.contracts import (
    NO_MASKS,
    NO_QUOTA,
    ROW_TESTS,
    Contract,
    Quota,
    RowCondition,
    Standing,
    reaches,
)
from exchange.agreements.purposes import BASIC, Ground, Stage, covers, implementing_organ, is_matter_code
from exchange.door.masking import RULES

# A grant for longer outlives the officials who gave it; it can be renewed as often as it is still needed.
LONGEST: Final = timedelta(days=5 * 366)
MOST_MATTERS: Final = 200
MOST_NAMED: Final = 200
MOST_CONDITIONS: Final = 20
MOST_VALUES: Final = 100
# What a source gives at once; more is a batch of its own.
MOST_ROWS: Final = 1000


@dataclass(frozen=True)
class Clauses:
    """What a contract says, but for whose it is. Empty systems, organs or regions mean any."""

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
    agreement: str | None = None
    purpose: str = ""


@dataclass(frozen=True)
class Setting:
    """What clauses are checked against: the items that the directory has by name, the grantee, the known matters."""

    items: Mapping[str, Mapping[str, Any]]
    kind: KindOfCaller
    mandate: str | None
    systems: Container[str]
    matters: Container[str]


@dataclass(frozen=True)
class ClauseFault:
    """Something wrong in a clause: a JSON pointer and a stable code."""

    pointer: str
    code: str


@dataclass(frozen=True)
class Parties:
    """Whose contract it is, and how it stands."""

    id: str
    directory: str
    grantee: str
    kind: CallerKind
    mandate: str | None = None
    standing: Standing = Standing.ACTIVE
    version: int = 1
    salt: bytes = field(default=b"", repr=False)


def contract(clauses: Clauses, parties: Parties) -> Contract:
    """Make the executable contract."""
    return Contract(**vars(parties), **vars(clauses))


def faults(clauses: Clauses, setting: Setting) -> list[ClauseFault]:
    """Tell every fault; none means that the clauses can be granted."""
    found: list[ClauseFault] = []
    for check in (_fields, _matters, _kind, _places, _time, _masks, _conditions, _quota):
        found.extend(ClauseFault(pointer, code) for pointer, code in check(clauses, setting))
    return found


def share_type(directory_type: str, clauses: Clauses, items: Mapping[str, Mapping[str, Any]]) -> str:
    """Give the strictest sharing type among the directory and the items asked for."""
    return max([directory_type, *(str(items.get(name, {}).get("share_type", "")) for name in clauses.fields)])


def widened(asked: Clauses, offered: Clauses) -> str | None:
    """Name the first clause in which an offer gives more than was asked, if there is one."""
    return next((name for name, wider in _widenings(asked, offered) if wider), None)


def document(clauses: Clauses) -> dict[str, Json]:
    """Write clauses down as JSON, the same for the same clauses."""
    return {
        "fields": list(clauses.fields),
        "matters": list(clauses.matters),
        "stages": _sorted(clauses.stages),
        "grounds": _sorted(clauses.grounds),
        "modes": _sorted(clauses.modes),
        "begins": clauses.begins.isoformat(),
        "ends": clauses.ends.isoformat(),
        "systems": _sorted(clauses.systems),
        "organs": _sorted(clauses.organs),
        "regions": list(clauses.regions),
        "masks": dict(sorted(clauses.masks.items())),
        "conditions": [
            {"item": each.item, "test": each.test, "values": list(each.values)} for each in clauses.conditions
        ],
        "quota": dict(vars(clauses.quota)),
        "encrypted": clauses.encrypted,
        "agreement": clauses.agreement,
        "purpose": clauses.purpose,
    }


def read(told: Mapping[str, Any]) -> Clauses:
    """Read clauses as `document` wrote them."""
    return Clauses(
        tuple(told["fields"]),
        tuple(told["matters"]),
        frozenset(map(Stage, told["stages"])),
        frozenset(map(Ground, told["grounds"])),
        frozenset(map(Mode, told["modes"])),
        datetime.fromisoformat(told["begins"]),
        datetime.fromisoformat(told["ends"]),
        frozenset(told["systems"]),
        frozenset(told["organs"]),
        tuple(told["regions"]),
        told["masks"],
        tuple(RowCondition(each["item"], each["test"], tuple(each["values"])) for each in told["conditions"]),
        Quota(**told["quota"]),
        told["encrypted"],
        told["agreement"],
        told["purpose"],
    )


def _sorted(values: Iterable[str]) -> list[Json]:
    return [str(each) for each in sorted(values)]


def _fields(clauses: Clauses, setting: Setting) -> Iterator[tuple[str, str]]:
    if not clauses.fields:
        yield "#/fields", "empty"
    for place, name in enumerate(clauses.fields):
        if name not in setting.items:
            yield f"#/fields/{place}", "unknown-item"
        if name in clauses.fields[:place]:
            yield f"#/fields/{place}", "twice"


def _matters(clauses: Clauses, setting: Setting) -> Iterator[tuple[str, str]]:
    if not clauses.matters:
        yield "#/matters", "empty"
    if len(clauses.matters) > MOST_MATTERS:
        yield "#/matters", "too-many"
    organs = _organs(clauses, setting)
    for place, code in enumerate(clauses.matters[:MOST_MATTERS]):
        organ = implementing_organ(code) if is_matter_code(code) else None
        if not is_matter_code(code):
            yield f"#/matters/{place}", "not-a-matter-code"
        elif code[-BASIC:] not in setting.matters and code[19 : 19 + BASIC] not in setting.matters:
            yield f"#/matters/{place}", "unknown-matter"
        elif organ is not None and organs and organ not in organs:
            yield f"#/matters/{place}", "organ-not-named"


def _organs(clauses: Clauses, setting: Setting) -> frozenset[str]:
    """Give the implementing organs that the contract will let through; none means any."""
    return clauses.organs or frozenset({setting.mandate} if setting.mandate else ())


def _kind(clauses: Clauses, setting: Setting) -> Iterator[tuple[str, str]]:
    for name, told, most in (
        ("stages", clauses.stages, setting.kind.stages),
        ("grounds", clauses.grounds, setting.kind.grounds),
        ("modes", clauses.modes, setting.kind.modes),
    ):
        if not told:
            yield f"#/{name}", "empty"
        elif not told <= most:
            yield f"#/{name}", "not-for-this-kind"
    if Need.MANDATE in setting.kind.needs and setting.mandate is None:
        yield "#", "mandate-needed"
    if Need.AGREEMENT in setting.kind.needs and not clauses.agreement:
        yield "#/agreement", "needed"
    if any(system not in setting.systems for system in clauses.systems):
        yield "#/systems", "unknown-system"


def _places(clauses: Clauses, setting: Setting) -> Iterator[tuple[str, str]]:
    for place, region in enumerate(clauses.regions[:MOST_NAMED]):
        if not read_region_code(region).exact:
            yield f"#/regions/{place}", "not-a-region"
    if any(not read_credit_code(organ).exact for organ in clauses.organs):
        yield "#/organs", "not-a-credit-code"
    if setting.mandate is not None and clauses.organs - {setting.mandate}:
        yield "#/organs", "beyond-the-mandate"
    for name, told in (("regions", clauses.regions), ("organs", clauses.organs), ("systems", clauses.systems)):
        if len(told) > MOST_NAMED:
            yield f"#/{name}", "too-many"


def _time(clauses: Clauses, _setting: Setting) -> Iterator[tuple[str, str]]:
    if clauses.ends <= clauses.begins:
        yield "#/ends", "before-it-begins"
    elif clauses.ends - clauses.begins > LONGEST:
        yield "#/ends", "too-long"


def _masks(clauses: Clauses, _setting: Setting) -> Iterator[tuple[str, str]]:
    for name, rule in clauses.masks.items():
        if name not in clauses.fields:
            yield "#/masks", "not-a-granted-field"
        if rule not in RULES:
            yield "#/masks", "unknown-rule"


def _conditions(clauses: Clauses, setting: Setting) -> Iterator[tuple[str, str]]:
    if len(clauses.conditions) > MOST_CONDITIONS:
        yield "#/conditions", "too-many"
    for place, each in enumerate(clauses.conditions[:MOST_CONDITIONS]):
        if each.item not in setting.items:
            yield f"#/conditions/{place}/item", "unknown-item"
        if each.test not in ROW_TESTS:
            yield f"#/conditions/{place}/test", "unknown-test"
        if not 1 <= len(each.values) <= (MOST_VALUES if each.test == "in" else 1):
            yield f"#/conditions/{place}/values", "number-of-values"


def _quota(clauses: Clauses, _setting: Setting) -> Iterator[tuple[str, str]]:
    for name, bound in vars(clauses.quota).items():
        if bound is not None and bound < 1:
            yield f"#/quota/{name}", "too-small"
    if (clauses.quota.rows_per_call or 1) > MOST_ROWS:
        yield "#/quota/rows_per_call", "too-large"


def _widenings(asked: Clauses, offered: Clauses) -> Iterator[tuple[str, bool]]:
    for name in ("fields", "stages", "grounds", "modes"):
        yield name, not set(getattr(offered, name)) <= set(getattr(asked, name))
    yield "matters", not all(any(covers(ours, theirs) for ours in asked.matters) for theirs in offered.matters)
    for name in ("systems", "organs"):
        yield name, not _within(getattr(offered, name), getattr(asked, name))
    yield "regions", bool(asked.regions) and not _regions_within(offered.regions, asked.regions)
    yield "begins", offered.begins < asked.begins
    yield "ends", offered.ends > asked.ends
    yield "masks", any(offered.masks.get(name) != rule for name, rule in asked.masks.items() if name in offered.fields)
    yield "conditions", not set(asked.conditions) <= set(offered.conditions)
    for name, bound in vars(asked.quota).items():
        told = getattr(offered.quota, name)
        yield f"quota/{name}", bound is not None and (told is None or told > bound)
    yield "encrypted", asked.encrypted and not offered.encrypted
    yield "agreement", asked.agreement is not None and offered.agreement != asked.agreement


def _within(offered: frozenset[str], asked: frozenset[str]) -> bool:
    """Tell whether named ones lie in those asked for, where none named means any."""
    return not asked or (bool(offered) and offered <= asked)


def _regions_within(offered: Iterable[str], asked: Iterable[str]) -> bool:
    told = list(offered)
    return bool(told) and all(any(reaches(rule, region) for rule in asked) for region in told)
