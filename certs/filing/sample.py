"""The cases of the sandbox: one in every state, packages (一件事), and what stands in for papers, by everybody's verbs.

Everything is invented and marked 演示. What is there, and what a visitor may go on with, stands under `filing` in
`sandbox.json`; each organ that a visitor may act for has a system of its own.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar, clock, workdays
from base.callers import Caller
from base.program import Running, Sandbox
from base.workdays import CalendarYearUnknown, local_day
from certs import sample_library, sample_organs, sample_scenes
from certs.filing import sample_elsewhere
from certs.filing.cases import cases, evaluations, receiving
from certs.filing.cases.certificates import Follower
from certs.filing.cases.evaluations import Rated
from certs.filing.cases.models import Case
from certs.filing.cases.told import SYSTEM, Concerned, MaterialIn, Operator, Party, Received, Told
from certs.filing.cases.wiring import Cases
from certs.filing.matters.models import MatterItem
from certs.filing.packages import packages
from certs.filing.packages.models import Package
from certs.filing.packages.package import Member
from certs.filing.packages.packages import Filed, Laid
from certs.filing.sample_stories import HYGIENE, STORIES, WATER, Story
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.undertakings import LaterPaper, Letter, Promise
from certs.sample_magic import ID_NUMBER
from certs.wiring import Certs
from keys.authority.wiring import Authority
from keys.parties import systems
from keys.parties.organisations import organisation_of
from keys.parties.sample import MAKER
from keys.parties.systems import NewSystem
from signing.edges import Sealer
from signing.wiring import Signing

SCOPE: Final = "case:write"
# Whose systems a visitor may act with, beside the window's own.
SYSTEMS: Final = {"approval": sample_scenes.BUREAU_SYSTEM, "city-market": "yanshi-market"} | {
    each: f"yanshi-{each}" for each in ("fire", "city-management", sample_elsewhere.WINDOW)
}
# The longest term that any of these cases begins, and how far back they lie where it would reach into a year whose
# holidays nobody knows yet: in December the sandbox's cases are those of November.
LONGEST_DAYS: Final = 25
BACK: Final = timedelta(days=45)
RESTAURANT, NEWBORN = "restaurant-opening", "newborn"
FOOD = "食品经营许可（餐饮服务）"
FIRE = "公众聚集场所投入使用、营业前消防安全检查"
_PROMISE_DAYS: Final = 20


@dataclass(frozen=True)
class Desk:
    """Where the sandbox's cases are made: the transaction, the parts, the items by name, and when."""

    session: Session = field(repr=False)
    parts: Cases
    certs: Certs = field(repr=False)
    items: Mapping[str, str] = field(repr=False)
    at: datetime

    def item(self, name: str) -> str:
        """Give the item's 33 characters."""
        return self.items[name]


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the cases, the packages and the systems, and tell the visitor."""
    parts, certs = running.parts[Cases], running.parts[Certs]
    with running.database.transaction() as session:
        at = moment(session, clock.now())
        desk = Desk(session, parts, certs, _items(session), at)
        clients = [_client(session, short, system, at) for short, system in SYSTEMS.items()]
        told = {each.name: _begun(desk, place, each) for place, each in enumerate(STORIES, start=1)}
        kinds = [_laid(desk, each) for each in listed()]
        restaurant, newborn = _restaurant(desk), _newborn(desk)
        letter = _letter(desk, told["accepted"])
    _certified(running, parts, certs, told, at)
    usages = {sample_elsewhere.STORY: sample_elsewhere.used(running, told[sample_elsewhere.STORY], at)}
    with running.database.transaction() as session:
        desk = replace(desk, session=session)
        for each in STORIES:
            _ended(desk, each, told[each.name], usages.get(each.name, ""))
    sandbox.told["filing"] = {
        "cases": told,
        "clients": clients,
        "package_kinds": kinds,
        "elsewhere": _elsewhere(clients, told, usages),
        "packages": {RESTAURANT: restaurant["package"], NEWBORN: newborn},
        "undertakings": {"letter": letter, "promise": restaurant["promise"], "later": restaurant["later"]},
    }


def listed() -> list[dict[str, Any]]:
    """Read the packages."""
    told = tomllib.loads(resources.files("certs.filing").joinpath("sample_packages.toml").read_text("utf-8"))
    return list(told["package"])


def moment(session: Session, at: datetime) -> datetime:
    """Give the moment of the sandbox's cases: now, or the last at which their terms can be counted."""
    days = calendar.calendar(session)
    for _ in range(LONGEST_DAYS):
        try:
            workdays.deadline(days, at, LONGEST_DAYS)
        except CalendarYearUnknown:
            at -= BACK
        else:
            break
    return at


def _items(session: Session) -> dict[str, str]:
    """Find the items by name; where two organs carry a matter out, the first."""
    rows = session.execute(select(MatterItem.name, MatterItem.item_code).order_by(MatterItem.item_code.desc()))
    return dict(list(rows))


def _client(session: Session, short: str, system: str, at: datetime) -> dict[str, str]:
    """Let an organ's system work on cases; the approval bureau has one that issues."""
    organ = sample_organs.code(short)
    if short == sample_scenes.BUREAU:
        row = systems.system_of(session, system)
        systems.grant_scopes(session, row, {*row.scopes.split(), SCOPE}, MAKER, at)
        return {"id": row.id, "organisation": organ}
    name = f"{organisation_of(session, organ).name}业务系统"
    row = systems.add(session, NewSystem(system, name, organ), MAKER, at)
    scopes = sample_elsewhere.SCOPES if short == sample_elsewhere.WINDOW else frozenset({SCOPE})
    systems.grant_scopes(session, row, scopes, MAKER, at)
    return {"id": row.id, "secret": systems.give_secret(session, row, MAKER, at), "organisation": organ, "name": name}


# --- cases --------------------------------------------------------------------------------------------------------


def _begun(desk: Desk, place: int, story: Story) -> str:
    """Receive a case and take its steps, up to the one for which its certificate must be there."""
    by = _window(story.receiving)
    number = receiving.receive(desk.session, desk.parts, _receipt(desk, place, story), by, desk.at).case.number
    for step, each in enumerate(_before_certificate(story), start=1):
        _take(desk, number, story, step, each)
    return number


def _before_certificate(story: Story) -> tuple[Any, ...]:
    certified = next((place for place, each in enumerate(story.steps, start=1) if each.certifies), None)
    return story.steps[:certified]


def _elsewhere(
    clients: list[dict[str, str]], cases_told: Mapping[str, str], usages: Mapping[str, str]
) -> dict[str, Any]:
    """Tell what was received in another county: by whose system it can be read, which case, and the use in it."""
    organ = sample_organs.code(sample_elsewhere.WINDOW)
    client = next(each for each in clients if each["organisation"] == organ)
    story = sample_elsewhere.STORY
    return {"client": client, "case": cases_told[story], "usage": usages[story]}


def _ended(desk: Desk, story: Story, number: str, usage: str) -> None:
    """Take the steps that come after the certificate, and say how content the applicant is, with which use."""
    done = len(_before_certificate(story))
    for step, each in enumerate(story.steps[done:], start=done + 1):
        _take(desk, number, story, step, each)
    row = desk.session.get_one(Case, number)
    for place, satisfaction in enumerate(story.rated, start=1):
        by = _window(story.receiving)
        given = Rated(f"rated-{place}", satisfaction, text="演示评价", usage=usage)
        kept = evaluations.evaluate(desk.session, desk.parts, row, given, by, desk.at)
        if satisfaction <= evaluations.BAD:
            said = {"answer": "演示答复：已联系申请人", "rectified": "演示整改"}
            evaluations.answer(desk.session, desk.parts, row, kept.number, said, _organ(row.organ), desk.at)


def _take(desk: Desk, number: str, story: Story, place: int, step: Any) -> None:
    row = desk.session.get_one(Case, number)
    by = _window(story.receiving) if step.is_of_window else _organ(row.organ)
    operator = Operator(by.kind, by.name, organisation_of(desk.session, by.organisation or row.organ).name)
    told = Told(
        f"step-{place}",
        step.act,
        operator,
        days=step.days,
        facts=step.facts,
        words=step.words,
        certificate=_certificate(desk, story) if step.certifies else None,
    )
    cases.take(desk.session, desk.parts, number, told, by, desk.at)


def _receipt(desk: Desk, place: int, story: Story) -> Received:
    region = organisation_of(desk.session, sample_organs.code(story.receiving)).region
    firm = Party(
        sample_library.firm_name(place), "organisation", sample_library.CREDIT_CODE, sample_library.firm(place)
    )
    return Received(
        key=f"sandbox-{story.name}",
        matter=desk.item(story.matter),
        receiving_region=region,
        receiving_window="演示 3 号窗口",
        project_name=f"演示{story.matter}",
        applicant=firm,
        operator=Operator("person", "演示窗口人员", "演示政务服务中心"),
        address="演示市演示区演示路1号",
    )


def _certificate(desk: Desk, story: Story) -> dict[str, Any]:
    """Say what the hygiene permit of a granted case says; the applicant holds it."""
    day = local_day(desk.at)
    entries = sample_library.entries(desk.certs.types, day)
    entry = next(each for each in entries if each.type.name == f"{story.matter}证")
    return {
        "type": entry.type.code,
        "data": dict(entry.draft.data),
        "issued_on": day.isoformat(),
        "valid_from": day.isoformat(),
        "valid_until": None,
        "number": None,
        "holders": [],
    }


def _certified(running: Running, parts: Cases, certs: Certs, told: Mapping[str, str], at: datetime) -> None:
    """Issue the certificates of the granted cases under the bureau's own seal."""

    def sealer(by: Caller) -> Sealer:
        return Sealer(running.database, running.parts[Signing], running.parts[Authority], by, lambda: at)

    follower = Follower(running.database, parts, certs, sealer, lambda: at)
    for each in STORIES:
        if any(step.certifies for step in each.steps):
            follower.issue(told[each.name])


def _window(short: str) -> Caller:
    return Caller("person", f"sandbox-{short}", "演示窗口人员", sample_organs.code(short), frozenset({"window"}))


def _organ(code: str) -> Caller:
    """Give whoever acts for an organ: its system where it has one, else somebody of its own."""
    known = {sample_organs.code(short): system for short, system in SYSTEMS.items()}
    if code in known:
        return Caller(SYSTEM, known[code], "演示秒批系统", code, scopes=frozenset({SCOPE}))
    return Caller("person", "sandbox-operator", "演示审批人员", code, frozenset({"operator"}))


# --- packages and what stands in for papers -----------------------------------------------------------------------


def _laid(desk: Desk, told: Mapping[str, Any]) -> str:
    members = [Member(desk.item(name), required=True) for name in told["required"]]
    members += [Member(desk.item(name)) for name in told["optional"]]
    laid = Laid(told["code"], told["name"], tuple(members))
    return packages.lay_down(desk.session, laid, _organ(sample_organs.code(told["lead"])), desk.at).code


def _restaurant(desk: Desk) -> dict[str, str]:
    """File a restaurant: three organs side by side, a promise, a paper that comes later, one notice."""
    story = Story(RESTAURANT, FOOD)
    papers = tuple(
        MaterialIn(f"paper-{place}", name) for place, name in enumerate(("食品经营许可申请书", "经营布局图"))
    )
    receipt = replace(_receipt(desk, 40, story), materials=papers, project_name="演示开办餐饮店")
    window = _window(story.receiving)
    row = packages.file(desk.session, desk.parts, Filed(RESTAURANT, (), receipt), window, desk.at)
    food, fire, sign = _of_package(desk, row, FOOD), _of_package(desk, row, FIRE), ""
    sign = next(each.number for each in packages.cases_of(desk.session, row) if each.number not in {food, fire})
    accept = next(each for each in STORIES if each.name == "accepted").steps[0]
    for number in (fire, sign):
        _take(desk, number, story, 1, accept)
    organ = _organ(sample_organs.code("fire"))
    text = "演示：本店承诺消防验收已合格。"
    key, later_key = (
        _material(desk, FIRE, "消防验收/备案结果"),
        _material(desk, FIRE, "消防安全制度、灭火和应急疏散预案"),
    )
    promised = Promise(key, "消防验收/备案结果", text, "signature", "演示签名1", days=_PROMISE_DAYS)
    promise = undertakings.promise(desk.session, desk.parts, fire, promised, organ, desk.at)
    paper = LaterPaper(later_key, "消防安全制度、灭火和应急疏散预案", "演示：现场核查时补交")
    later = undertakings.let_come_later(desk.session, desk.parts, fire, paper, organ, desk.at)
    lead = _organ(row.lead)
    packages.note_missing(desk.session, desk.parts, row, food, "演示：缺操作流程文件", lead, desk.at)
    operator = Operator("person", "演示审批人员", organisation_of(desk.session, row.lead).name)
    packages.ask_supplement(desk.session, desk.parts, row, 10, operator, lead, desk.at)
    return {"package": row.number, "promise": promise.id, "later": later.id}


def _newborn(desk: Desk) -> str:
    """File a birth: the mother applies, the father is told of, and the child has no number yet."""
    mother, father = sample_library.people()[60:62]
    story = Story(NEWBORN, HYGIENE, receiving="county-window")
    kind = ID_NUMBER
    receipt = replace(
        _receipt(desk, 41, story),
        applicant=Party(mother.name, "person", kind, mother.code),
        project_name="演示新生儿出生",
        parties=(Concerned("spouse", father.name, kind, father.code), Concerned("newborn", "演示婴", "999")),
    )
    filed = Filed(NEWBORN, (), receipt)
    return packages.file(desk.session, desk.parts, filed, _window(story.receiving), desk.at).number


def _letter(desk: Desk, case: str) -> str:
    """Have the organ of a case ask another about a paper."""
    row = desk.session.get_one(Case, case)
    to = sample_organs.code("agriculture")
    told = Letter(_material(desk, WATER, ""), "演示：取水口用地情况", to, "演示：取水口是否占用农田？", days=5)
    return undertakings.ask(desk.session, desk.parts, case, told, _organ(row.organ), desk.at).id


def _of_package(desk: Desk, row: Package, name: str) -> str:
    item = desk.item(name)
    return next(each.number for each in packages.cases_of(desk.session, row) if each.item_code == item)


def _material(desk: Desk, matter: str, name: str) -> str:
    """Give the key of a material of a matter; of an unnamed one the first."""
    found = desk.parts.matter_of(desk.session, desk.item(matter), desk.at, "").materials
    return next(each.key for each in found if name in {each.name, ""})
