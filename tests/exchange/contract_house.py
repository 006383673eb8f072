"""Invented contracts, calls and purposes: one plain of each, and any others from a seed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from exchange.agreements.caller_kinds import CallerKind, Mode, kinds
from exchange.agreements.clauses import Clauses
from exchange.agreements.contract_trials import Site
from exchange.agreements.contracts import Call, Contract, Quota, RowCondition, Used
from exchange.agreements.matters import by_code
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.door.masking import RULES
from keys.parties.sample import code_of

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW, MARKET, HEALTH, BANK = (code_of(each) for each in ("city-window", "city-market", "health", "police"))
ORGANISATIONS = (WINDOW, MARKET, HEALTH, BANK)
DIRECTORY, OTHER_DIRECTORY = "30701509003010000000000000/000001", "30701509003010000000000000/000002"
FIELDS = ("单位名称", "统一社会信用代码", "许可证编号", "许可项目", "有效期止", "法定代表人")
CODES = tuple(sorted(by_code()))[:6]
MATTERS = (*CODES, *(f"{MARKET}3{code}" for code in CODES[:3]), *(f"{HEALTH}2{code}01" for code in CODES[:2]))
REGIONS = ("100000", "320000", "320900", "320902", "320902100", "320903", "321000", "330000", "330100", "500000")
SYSTEMS = ("yanshi-window", "yanshi-province", "yanshi-bank")
SITE = Site(FIELDS, MATTERS, ORGANISATIONS, SYSTEMS, REGIONS, (DIRECTORY, OTHER_DIRECTORY))
LICENCE = "000123020000"


def purpose(**peculiar: Any) -> Purpose:
    told: dict[str, Any] = {
        "item_code": LICENCE,
        "item_name": "公共场所卫生许可",
        "stage": Stage.REVIEW,
        "basis": Basis(BasisKind.CASE, "320900202611210001"),
        "ground": Ground.STATUTORY,
        "grant_code": None,
        "operator": Operator(OperatorKind.PERSON, "演示办事员", "演示市政务服务中心"),
        "handling_region": "320900",
        "reason": "核验许可证",
    }
    return Purpose(**{**told, **peculiar})


def told(**peculiar: Any) -> dict[str, Any]:
    """Give a purpose as it stands in a body."""
    members: dict[str, Any] = {
        "item_code": LICENCE,
        "item_name": "公共场所卫生许可",
        "stage": "review",
        "basis": {"kind": "case", "number": "320900202611210001"},
        "ground": "statutory",
        "grant_code": None,
        "operator": {"kind": "person", "name": "演示办事员", "unit": "演示市政务服务中心"},
        "handling_region": "320900",
        "reason": "核验许可证",
    }
    return {**members, **peculiar}


def contract(**peculiar: Any) -> Contract:
    members: dict[str, Any] = {
        "id": "grant-1",
        "directory": DIRECTORY,
        "grantee": WINDOW,
        "kind": CallerKind.DEPARTMENT,
        "fields": FIELDS[:3],
        "matters": (LICENCE,),
        "stages": frozenset({Stage.INTAKE, Stage.REVIEW}),
        "grounds": frozenset({Ground.STATUTORY}),
        "modes": frozenset({Mode.QUERY}),
        "begins": AT - DAY,
        "ends": AT + DAY,
    }
    return Contract(**{**members, **peculiar})


def clauses(**peculiar: Any) -> Clauses:
    members: dict[str, Any] = {
        "fields": FIELDS[:3],
        "matters": (LICENCE,),
        "stages": frozenset({Stage.INTAKE, Stage.REVIEW}),
        "grounds": frozenset({Ground.STATUTORY}),
        "modes": frozenset({Mode.QUERY}),
        "begins": AT,
        "ends": AT + 365 * DAY,
        "purpose": "办理公共场所卫生许可",
    }
    return Clauses(**{**members, **peculiar})


def call(of: Purpose | None = None, **peculiar: Any) -> Call:
    members: dict[str, Any] = {
        "organisation": WINDOW,
        "system": "yanshi-window",
        "kind": CallerKind.DEPARTMENT,
        "directory": DIRECTORY,
        "purpose": of or purpose(),
        "at": AT,
    }
    return Call(**{**members, **peculiar})


# --- anything that can be: drawn from a seed, so that every run tries the same -----------------------------------


def some(drawn: Random, values: Iterable[Any], least: int = 1, most: int = 4) -> list[Any]:
    known = sorted(values)
    return drawn.sample(known, drawn.randint(min(least, len(known)), min(most, len(known))))


def bound(drawn: Random) -> int | None:
    return drawn.choice((None, drawn.randint(1, 50)))


def any_contract(drawn: Random) -> Contract:
    """Draw a contract that could be granted: within its kind, with matters that its organs can decide."""
    kind = drawn.choice(list(CallerKind))
    may = kinds()[kind]
    mandate = drawn.choice((MARKET, HEALTH)) if kind is CallerKind.AGENT else None
    organs = frozenset(some(drawn, (mandate,) if mandate else (WINDOW, MARKET, HEALTH), least=0))
    fitting = [code for code in MATTERS if len(code) == len(LICENCE) or code[:18] in (organs or {mandate or code[:18]})]
    fields = tuple(some(drawn, FIELDS))
    begins = AT - drawn.randint(-3, 3) * DAY
    return Contract(
        id="grant-1",
        directory=DIRECTORY,
        grantee=WINDOW,
        kind=kind,
        fields=fields,
        matters=tuple(some(drawn, fitting)),
        stages=frozenset(some(drawn, may.stages)),
        grounds=frozenset(some(drawn, may.grounds)),
        modes=frozenset(some(drawn, may.modes)),
        begins=begins,
        ends=begins + drawn.randint(1, 9) * DAY,
        systems=frozenset(some(drawn, SYSTEMS, least=0)),
        organs=organs,
        regions=tuple(some(drawn, REGIONS[1:], least=0)),
        masks={name: drawn.choice(sorted(RULES)) for name in some(drawn, fields, least=0, most=2)},
        conditions=tuple(RowCondition(drawn.choice(FIELDS), "equal", ("甲",)) for _ in range(drawn.randint(0, 2))),
        quota=Quota(*(bound(drawn) for _ in range(4))),
        encrypted=drawn.random() < 1 / 2,
        mandate=mandate,
        agreement="协议-1" if kind is CallerKind.OUTSIDE else None,
    )


def any_call(drawn: Random) -> Call:
    """Draw any call, granted or not."""
    asked = purpose(
        item_code=drawn.choice(MATTERS),
        stage=drawn.choice(list(Stage)),
        ground=drawn.choice(list(Ground)),
        basis=Basis(BasisKind.AGREEMENT, drawn.choice(("协议-1", "协议-2"))),
        grant_code=drawn.choice((None, None, None, "grant-1", "grant-2")),
        handling_region=drawn.choice(REGIONS),
    )
    return Call(
        drawn.choice((WINDOW, WINDOW, WINDOW, MARKET)),
        drawn.choice(SYSTEMS),
        drawn.choice(list(CallerKind)),
        drawn.choice((DIRECTORY, DIRECTORY, DIRECTORY, OTHER_DIRECTORY)),
        asked,
        AT + drawn.randint(-4, 9) * DAY,
        tuple(some(drawn, (*FIELDS, "隐藏项"), least=0, most=3)),
        drawn.choice(list(Mode)),
        drawn.randint(1, 60),
        drawn.choice((None, MARKET, HEALTH)),
        Used(drawn.randint(0, 60), drawn.randint(0, 60), drawn.randint(0, 60)),
    )


def fitted(told: Contract, asked: Call, spoilt: set[str]) -> Call:
    """Bring a call near a contract: every member but the spoilt ones is set to what is granted."""
    near = replace(
        asked,
        organisation=told.grantee,
        kind=told.kind,
        directory=told.directory,
        at=told.begins if "at" not in spoilt else asked.at,
        fields=tuple(name for name in asked.fields if name in told.fields) if "fields" not in spoilt else asked.fields,
        mode=min(told.modes) if "mode" not in spoilt else asked.mode,
        mandate=told.mandate if "mandate" not in spoilt else asked.mandate,
        rows=1 if "rows" not in spoilt else asked.rows,
        used=Used() if "used" not in spoilt else asked.used,
        system=min(told.systems, default=asked.system) if "system" not in spoilt else asked.system,
    )
    wanted: dict[str, Any] = {
        "item_code": told.matters[0],
        "stage": min(told.stages),
        "ground": min(told.grounds),
        "handling_region": told.regions[0] if told.regions else "320900",
        "basis": Basis(BasisKind.AGREEMENT, "协议-1"),
        "grant_code": None,
    }
    changed = {name: value for name, value in wanted.items() if name not in spoilt}
    return replace(near, purpose=replace(near.purpose, **changed))


SPOILS = (
    *("at", "fields", "mode", "mandate", "rows", "used", "system"),
    *("item_code", "stage", "ground", "handling_region", "basis", "grant_code"),
)
