"""Generated policies, and the checker: a profile holds what direct calls give, no more and no less.

The checker knows nothing of how a profile is put together. It makes the direct calls itself, by the same caller for the
same purpose at the same moment, and compares: every value of the profile stands in the answer of a direct call to that
directory, under its name, as it is shown there; every value of such an answer stands in the profile; what a direct call
refuses has no value at all, and the same words of refusal.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete

from exchange.agreements.contracts import Quota, RowCondition
from exchange.agreements.life import GrantState
from exchange.agreements.models import Grant
from exchange.agreements.purposes import Ground, Stage
from exchange.door.masking import RULES
from exchange.door.models import QuotaCount
from exchange.life import State
from tests.exchange import gateway_house
from tests.exchange.zones import house as built
from tests.exchange.zones.house import CREDIT, FIRM, OTHER, OTHER_FIRM, SYSTEM, TABLES, House

TABLES_OF_FIRMS: Final = ("licences", "firms")
MATTERS: Final = ("000123010000", "000123020000")
# Calls under one policy.
CALLS: Final = 5
REGIONS: Final = ("320900", "320902", "320500", "330100")
STAGES: Final = (Stage.GUIDANCE, Stage.ACCEPTANCE, Stage.REVIEW)
SUBJECTS: Final = (FIRM, FIRM, OTHER_FIRM, OTHER_FIRM, built.credit_code(77))
GRANTEES: Final = (*[SYSTEM] * 5, OTHER)
CALLERS: Final = (*[SYSTEM] * 7, OTHER)
WITHDRAWN, FITTING = 0.1, 0.8
STATES: Final = (*[GrantState.ACTIVE] * 16, GrantState.SUSPENDED, GrantState.REVOKED)


@dataclass(frozen=True)
class Policy:
    """Who holds what, and which directory is withdrawn."""

    grants: tuple[tuple[str, dict[str, Any]], ...]
    withdrawn: str | None = None


@dataclass(frozen=True)
class Case:
    """A policy and a call: who asks about whom, for what."""

    policy: Policy
    who: str
    body: Mapping[str, Any]


def drawn_policy(drawn: random.Random, house: House) -> Policy:
    """Draw a policy over the directories of firms."""
    grants = tuple(
        (name, _grant(drawn, house, name)) for name in TABLES_OF_FIRMS for _ in range(drawn.choice((0, 1, 2, 3, 3)))
    )
    return Policy(grants, drawn.choice(TABLES_OF_FIRMS) if drawn.random() < WITHDRAWN else None)


def drawn_case(drawn: random.Random, policy: Policy) -> Case:
    """Draw a call; most are made for what some grant is for, since anything else is only refused."""
    fitting = drawn.choice([told for _, told in policy.grants]) if policy.grants and drawn.random() < FITTING else None
    purpose = gateway_house.purpose(
        item_code=drawn.choice(fitting["matters"] if fitting else MATTERS),
        stage=drawn.choice(sorted(fitting["stages"]) if fitting else STAGES).value,
        ground=drawn.choice(("statutory", "statutory", "statutory", "holder")),
        handling_region=drawn.choice((fitting and fitting["regions"]) or REGIONS),
    )
    body = {"purpose": purpose, "subject": {"credit_code": drawn.choice(SUBJECTS)}}
    return Case(policy, drawn.choice(CALLERS).id, body)


def _grant(drawn: random.Random, house: House, name: str) -> dict[str, Any]:
    items = TABLES[name][2]
    fields = tuple(each for each in items if each == CREDIT or drawn.random() < 0.75)
    if drawn.random() < 0.05:
        fields = items[1:]  # granted without the item that it is asked by
    rows = (RowCondition("单位名称", "in", tuple(drawn.sample(("演示饭店", "演示浴室", "演示书店"), 2))),)
    return {
        "grantee": drawn.choice(GRANTEES).organisation,
        "fields": fields,
        "matters": tuple(drawn.sample(MATTERS, drawn.randint(1, 2))),
        "stages": frozenset(drawn.sample(STAGES, drawn.randint(2, 3))),
        "grounds": frozenset({Ground.STATUTORY, Ground.HOLDER} if drawn.random() < 0.5 else {Ground.STATUTORY}),
        "regions": tuple(drawn.sample(REGIONS, drawn.randint(0, 2))),
        "masks": {each: drawn.choice(sorted(RULES)) for each in fields if drawn.random() < 0.3},
        "conditions": rows if drawn.random() < 0.3 else (),
        "quota": Quota(per_day=drawn.choice((1, 2, 4))) if drawn.random() < 0.2 else Quota(),
        "begins": house.at + timedelta(days=drawn.choice((*[-9] * 15, 1))),
        "ends": house.at + timedelta(days=drawn.choice((*[30] * 15, -1))),
        "state": drawn.choice(STATES),
    }


def put(house: House, policy: Policy) -> None:
    """Have the policy in force, and no other, with no quota taken."""
    with house.database.transaction() as session:
        session.execute(delete(QuotaCount))
        if house.policy is policy:
            return
        session.execute(delete(Grant))
        for number, (name, told) in enumerate(policy.grants):
            clauses = {each: value for each, value in told.items() if each != "state"}
            code = built.granted(session, house, name, number, **clauses)
            session.get_one(Grant, code).state = told["state"].value
    for name in TABLES_OF_FIRMS:
        built.turned(house, name, State.WITHDRAWN if name == policy.withdrawn else State.PUBLISHED)
    house.policy = policy


def check(house: House, case: Case, zone: str | None = None, found: Counter[str] | None = None) -> list[str]:
    """Make the profile and the direct calls; tell everything in which they differ, and count what there was."""
    put(house, case.policy)
    body = {**case.body, **({"zones": [zone]} if zone else {"directories": [house.codes[n] for n in TABLES_OF_FIRMS]})}
    profile = house.profile(case.who, **body)
    if profile.status_code != 200:
        return [f"the profile answered {profile.status_code}"]
    with house.database.transaction() as session:
        session.execute(delete(QuotaCount))
    told = profile.get_json()
    if found is not None:
        found.update(each["outcome"] for each in told["members"])
        found["values"] += sum(len(each["values"]) for each in told["fields"])
    wrong: list[str] = []
    for name in TABLES_OF_FIRMS:
        wrong += _differs(house, case, name, told, zone)
    return [*wrong, *_strangers(told)]


def _differs(house: House, case: Case, name: str, told: Any, zone: str | None) -> Iterator[str]:
    """Compare one directory: its outcome, and its values under `fields` with those of the direct call."""
    member = house.member(told, name)
    wanted = tuple(TABLES[name][2]) if zone else ()
    if zone and name == case.policy.withdrawn:
        if member["answer"] is not None or _shown(told, house.codes[name]):
            yield f"{name}: something of a withdrawn directory"
        return
    conditions = [{"item": CREDIT, "values": [case.body["subject"]["credit_code"]]}]
    direct = house.direct(name, case.who, purpose=case.body["purpose"], conditions=conditions)
    shown = _shown(told, house.codes[name])
    if direct.status_code != 200:
        if member["answer"] is not None or shown:
            yield f"{name}: a direct call is refused ({direct.get_json()['code']}), and the profile shows something"
        elif member["problem"]["code"] != direct.get_json()["code"]:
            yield f"{name}: refused with other words"
        elif member["problem"].get("reason") != direct.get_json().get("reason") and not zone:
            yield f"{name}: refused for another reason"
        return
    answer = direct.get_json()
    if member["outcome"] != answer["outcome"]:
        yield f"{name}: {member['outcome']} where a direct call is {answer['outcome']}"
    given = {(field, _text(value)) for row in answer["rows"] for field, value in row.items()}
    given = {(field, value) for field, value in given if not wanted or field in wanted}
    if shown != given:
        yield f"{name}: shows {sorted(shown - given)} beyond and lacks {sorted(given - shown)}"
    if {
        (field, _text(value)) for row in (member["answer"] or {}).get("rows", ()) for field, value in row.items()
    } != shown:
        yield f"{name}: the fields are not those of the answer"


def _shown(told: Any, directory: str) -> set[tuple[str, str]]:
    return {
        (field["name"], _text(value["value"]))
        for field in told["fields"]
        for value in field["values"]
        for source in value["sources"]
        if source["directory"] == directory
    }


def _strangers(told: Any) -> Iterator[str]:
    """Find values whose source is no directory that was asked, or no use that is on record with its answer."""
    asked = {each["directory"]: each["usage_id"] for each in told["members"]}
    for field in told["fields"]:
        for value in field["values"]:
            if not value["sources"]:
                yield f"{field['name']}: a value of no source"
            for source in value["sources"]:
                if asked.get(source["directory"]) != source["usage_id"] or source["usage_id"] is None:
                    yield f"{field['name']}: a value of a use that is not there"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
