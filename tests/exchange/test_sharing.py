"""Requests for data: who may do what, what decides itself, and when an answer is due."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import audit, calendar, workdays
from base.callers import Caller
from base.db import Database
from base.notices.models import StoredNotice
from exchange import directories, substitutions, tasks, terms
from exchange.agreements import clauses, sharing
from exchange.agreements.contracts import Quota, RowCondition
from exchange.agreements.errors import (
    AlreadyExtended,
    NoSuchShareRequest,
    NotShareable,
    NotYourShareRequest,
    OwnShareRequest,
    ReasonNeeded,
    ShareRequestStepNotAllowed,
    UnusableClauses,
    WiderThanAsked,
)
from exchange.agreements.life import MOVES, RequestState, RequestStep
from exchange.agreements.models import Grant, GrantVersion, ShareRequest
from exchange.agreements.purposes import Ground
from exchange.agreements.sharing import NewRequest
from exchange.models import Task
from keys.parties import people
from tests.exchange import sharing_house as house
from tests.exchange.departments import MAKER, person
from tests.exchange.sharing_house import (
    AUTHORITY,
    CHECKER,
    CITY_AUTHORITY,
    PROVIDER,
    REQUESTER,
    SECOND_REQUESTER,
    STRANGER,
    SYSTEM,
    asked,
    begun,
    forwarded,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    house.opened(database, at)
    return database


def take(session: Session, row: ShareRequest, step: RequestStep, by: Caller, at: datetime, reason: str = "理由") -> str:
    return sharing.take(session, row, step, reason, by, at).state


def test_a_conditional_request_is_checked_decided_and_becomes_a_grant(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, house.directory(session, at), at)
        assert take(session, row, RequestStep.SUBMIT, REQUESTER, at) == "checking"
        assert take(session, row, RequestStep.FORWARD, CHECKER, at) == "deciding"
        assert take(session, row, RequestStep.APPROVE, PROVIDER, at) == "granted"
        grant = session.get_one(Grant, row.grant)
        assert (grant.grantee, grant.provider, grant.number, grant.state) == (house.POLICE, house.HEALTH, 1, "active")
        assert clauses.read(grant.clauses) == asked(at)
        assert [each.step for each in sharing.steps(session, row)] == ["submit", "forward", "approve"]


def test_what_is_shared_unconditionally_is_granted_at_once_and_the_provider_is_told(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at, "1"), at)
        assert (row.state, row.share_type) == ("granted", "1")
        assert row.grant is not None
    with province.reading() as session:
        told = session.scalars(select(StoredNotice.kind)).all()
        assert "share-granted" in told


def test_one_conditional_item_makes_the_whole_request_conditional(province: Database, at: datetime):
    with province.transaction() as session:
        items = [*house.ITEMS]
        of = house.directory(session, at, "1", items=items)
        version = directories.version_of(session, of, 1)
        told = [{**each, "share_type": "2" if each["name"] == "单位名称" else "1"} for each in version.content["items"]]
        version.content = {**version.content, "items": told}
        assert forwarded(session, of, at).state == "deciding"
        assert forwarded(session, of, at, fields=("许可证编号",)).state == "granted"


def test_what_is_never_shared_is_refused_unless_the_authority_rules(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at, "3"), at)
        assert row.state == "refused"
        assert sharing.steps(session, row)[-1].reason == sharing.NEVER_SHARED
        assert take(session, row, RequestStep.OBJECT, REQUESTER, at) == "ruling"
        assert take(session, row, RequestStep.GRANT, AUTHORITY, at) == "granted"


def test_a_refusal_upheld_is_the_end(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        take(session, row, RequestStep.REFUSE, PROVIDER, at)
        take(session, row, RequestStep.OBJECT, REQUESTER, at)
        assert take(session, row, RequestStep.UPHOLD, AUTHORITY, at) == "closed"
        for step in RequestStep:
            with pytest.raises(ShareRequestStepNotAllowed):
                take(session, row, step, REQUESTER, at)


def test_nobody_checks_their_own_request(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, house.directory(session, at), at, by=SECOND_REQUESTER)
        take(session, row, RequestStep.SUBMIT, SECOND_REQUESTER, at)
        with pytest.raises(OwnShareRequest):
            take(session, row, RequestStep.FORWARD, SECOND_REQUESTER, at)
        assert take(session, row, RequestStep.FORWARD, CHECKER, at) == "deciding"


def test_nor_does_a_substitute_of_the_writer(province: Database, at: datetime):
    with province.transaction() as session:
        row = people.add(session, people.NewPerson("absent", "演示", house.POLICE), MAKER, at)
        people.assign_roles(session, row, ("requester", "reviewer"), MAKER, at)
        absent = person(row.id, "police", "requester", "reviewer")
        helper = people.add(session, people.NewPerson("helper", "演示", house.POLICE), MAKER, at)
        request = begun(session, house.directory(session, at), at, by=absent)
        take(session, request, RequestStep.SUBMIT, absent, at)
        substitutions.appoint(session, absent.id, helper.id, at, at + 9 * HOUR, absent, at)
        with pytest.raises(OwnShareRequest):
            take(session, request, RequestStep.FORWARD, person(helper.id, "police"), at)


@pytest.mark.parametrize(
    ("step", "who"),
    [
        (RequestStep.APPROVE, REQUESTER),
        (RequestStep.APPROVE, STRANGER),
        (RequestStep.REFUSE, AUTHORITY),
        (RequestStep.OFFER, STRANGER),
        (RequestStep.EXTEND, CHECKER),
        (RequestStep.WITHDRAW, PROVIDER),
    ],
)
def test_a_step_is_only_its_own_sides(province: Database, at: datetime, step: RequestStep, who: Caller):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        with pytest.raises(NotYourShareRequest):
            take(session, row, step, who, at)


def test_an_authority_of_another_level_does_not_rule(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at, "3"), at)
        take(session, row, RequestStep.OBJECT, REQUESTER, at)
        with pytest.raises(NotYourShareRequest):
            take(session, row, RequestStep.GRANT, CITY_AUTHORITY, at)


def test_a_system_with_the_scope_writes_for_its_department_and_never_decides(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, house.directory(session, at), at, by=SYSTEM)
        assert take(session, row, RequestStep.SUBMIT, SYSTEM, at) == "checking"
        with pytest.raises(NotYourShareRequest):
            take(session, row, RequestStep.FORWARD, SYSTEM, at)


def test_reasons_are_not_optional_where_they_are_owed(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        for step in (RequestStep.REFUSE, RequestStep.EXTEND, RequestStep.OFFER):
            with pytest.raises(ReasonNeeded):
                take(session, row, step, PROVIDER, at, reason=" ")
        assert {step for step, move in MOVES.items() if move.needs_reason} >= {RequestStep.REFUSE, RequestStep.OBJECT}


def test_a_narrower_offer_binds_only_when_it_is_accepted(province: Database, at: datetime):
    narrower = asked(
        at,
        fields=("许可证编号",),
        masks={"许可证编号": "last4"},
        conditions=(RowCondition("单位名称", "equal", ("演示",)),),
        quota=Quota(per_day=10),
        encrypted=True,
    )
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        sharing.take(session, row, RequestStep.OFFER, "最小必要", PROVIDER, at, narrower)
        assert (row.state, row.grant) == ("offered", None)
        assert take(session, row, RequestStep.DECLINE, REQUESTER, at) == "deciding"
        sharing.take(session, row, RequestStep.OFFER, "最小必要", PROVIDER, at, narrower)
        assert take(session, row, RequestStep.ACCEPT, REQUESTER, at) == "granted"
        assert clauses.read(session.get_one(Grant, row.grant).clauses) == narrower


@pytest.mark.parametrize(
    ("clause", "wider"),
    [
        ("fields", ("许可证编号", "法定代表人")),
        ("matters", (house.LICENCE, "000123014000")),
        ("quota", Quota(per_day=11)),
        ("regions", ("320000",)),
        ("systems", frozenset()),
    ],
)
def test_an_offer_gives_no_more_than_was_asked(province: Database, at: datetime, clause: str, wider: object):
    bounds = {"quota": Quota(per_day=10), "regions": ("320900",), "systems": frozenset({SYSTEM.id})}
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at, **bounds)
        offered = asked(at, **{**bounds, clause: wider})
        with pytest.raises(WiderThanAsked) as raised:
            sharing.take(session, row, RequestStep.OFFER, "理由", PROVIDER, at, offered)
        assert raised.value.clause.startswith(clause)
        with pytest.raises(WiderThanAsked):
            sharing.take(session, row, RequestStep.OFFER, "理由", PROVIDER, at, None)


@pytest.mark.parametrize(
    ("peculiar", "pointer", "code"),
    [
        ({"fields": ("不存在",)}, "#/fields/0", "unknown-item"),
        ({"fields": ("许可证编号", "许可证编号")}, "#/fields/1", "twice"),
        ({"matters": ("12",)}, "#/matters/0", "not-a-matter-code"),
        ({"matters": ("999999999999",)}, "#/matters/0", "unknown-matter"),
        ({"systems": frozenset({"nobody"})}, "#/systems", "unknown-system"),
        ({"regions": ("990000",)}, "#/regions/0", "not-a-region"),
        ({"organs": frozenset({"1"})}, "#/organs", "not-a-credit-code"),
        ({"masks": {"许可证编号": "blur"}}, "#/masks", "unknown-rule"),
        ({"masks": {"法定代表人": "hide"}}, "#/masks", "not-a-granted-field"),
        ({"conditions": (RowCondition("不存在", "equal", ("1",)),)}, "#/conditions/0/item", "unknown-item"),
        ({"conditions": (RowCondition("单位名称", "like", ("1",)),)}, "#/conditions/0/test", "unknown-test"),
        ({"conditions": (RowCondition("单位名称", "equal", ()),)}, "#/conditions/0/values", "number-of-values"),
        ({"quota": Quota(rows_per_call=100_000)}, "#/quota/rows_per_call", "too-large"),
        ({"grounds": frozenset({Ground.AGREEMENT})}, "#/grounds", "not-for-this-kind"),
    ],
)
def test_clauses_that_cannot_be_granted_are_told_with_their_place(
    province: Database, at: datetime, peculiar: dict, pointer: str, code: str
):
    with province.transaction() as session:
        row = begun(session, house.directory(session, at), at, **peculiar)
        with pytest.raises(UnusableClauses) as raised:
            take(session, row, RequestStep.SUBMIT, REQUESTER, at)
        assert {"pointer": pointer, "detail": code} in raised.value.members["errors"]
        assert row.state == "draft"


def test_an_end_before_the_beginning_or_after_many_years_cannot_be_granted(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        for ends, code in ((at, "before-it-begins"), (at + 9 * house.YEAR, "too-long")):
            row = begun(session, of, at, ends=ends)
            with pytest.raises(UnusableClauses) as raised:
                take(session, row, RequestStep.SUBMIT, REQUESTER, at)
            assert raised.value.first_code == code


def test_only_published_directories_of_others_can_be_asked_for(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        own = person("own", "health", "requester")
        with pytest.raises(NotShareable):
            begun(session, of, at, by=own)
        of.state = "withdrawn"
        with pytest.raises(NotShareable):
            begun(session, of, at)
        with pytest.raises(NoSuchShareRequest):
            sharing.request_of(session, "nothing")


def test_a_draft_is_changed_by_its_department_and_only_while_it_is_one(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        row = begun(session, of, at)
        new = NewRequest(of.code, "新依据", "新场景", asked(at, fields=("单位名称",)))
        assert sharing.write(session, row, new, SECOND_REQUESTER, at).scene == "新场景"
        with pytest.raises(NotYourShareRequest):
            sharing.write(session, row, new, PROVIDER, at)
        take(session, row, RequestStep.SUBMIT, REQUESTER, at)
        with pytest.raises(ShareRequestStepNotAllowed):
            sharing.write(session, row, new, REQUESTER, at)


def test_both_sides_and_the_authority_talk_and_strangers_do_not(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        for who in (REQUESTER, PROVIDER, AUTHORITY):
            sharing.say(session, row, "能否缩小到窗口环节？", who, at)
        with pytest.raises(NotYourShareRequest):
            sharing.say(session, row, "？", STRANGER, at)
        assert [each.organisation for each in sharing.messages(session, row)][:2] == [house.POLICE, house.HEALTH]
        take(session, row, RequestStep.WITHDRAW, REQUESTER, at)
        with pytest.raises(ShareRequestStepNotAllowed):
            sharing.say(session, row, "？", REQUESTER, at)


def test_every_step_is_on_record(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        take(session, row, RequestStep.APPROVE, PROVIDER, at)
        known = row.id
    with province.reading() as session:
        found = audit.search(session, audit.Search(thing_kind="share-request", thing_id=known))
        acts = [each.entry.act for each in reversed(found)]
        assert acts == [f"share-request.{each}" for each in ("begun", "submit", "forward", "approve")]


# --- terms ---------------------------------------------------------------------------------------------------------


def test_the_terms_are_rows_with_their_basis(province: Database):
    with province.reading() as session:
        for duty, days in (
            ("own-check", 2),
            ("request-unconditional", 1),
            ("request-conditional", 10),
            ("request-extension", 10),
            ("supply", 20),
            ("sharing-ruling", 10),
            ("offer-answer", 5),
            ("request-reconsideration", 5),
        ):
            row = terms.term_of(session, duty)
            assert row.days == days
            assert row.basis


def test_each_step_begins_and_ends_the_term_of_whose_it_is(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, house.directory(session, at), at)
        seen = []
        for step, who in (
            (RequestStep.SUBMIT, REQUESTER),
            (RequestStep.FORWARD, CHECKER),
            (RequestStep.REFUSE, PROVIDER),
            (RequestStep.OBJECT, REQUESTER),
            (RequestStep.UPHOLD, AUTHORITY),
        ):
            take(session, row, step, who, at)
            session.flush()
            query = select(Task).where(Task.thing_id == row.id, Task.done_at.is_(None))
            seen.append([(task.duty, task.organisation, task.role) for task in session.scalars(query)])
    data = AUTHORITY.organisation
    assert seen == [
        [("own-check", house.POLICE, "reviewer")],
        [("request-conditional", house.HEALTH, "provider")],
        [],
        [("sharing-ruling", data, "authority")],
        [],
    ]


def test_a_term_is_extended_once_with_reasons_and_its_reminders_follow(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        before = row.due_at
        assert take(session, row, RequestStep.EXTEND, PROVIDER, at) == "deciding"
        assert before is not None
        assert row.due_at is not None
        task = session.scalars(select(Task).where(Task.thing_id == row.id, Task.done_at.is_(None))).one()
        assert (task.days, task.due_at, task.reminded) == (20, row.due_at, 0)
        assert row.due_at > before + timedelta(days=13)
        with pytest.raises(AlreadyExtended):
            take(session, row, RequestStep.EXTEND, PROVIDER, at)


def test_a_term_that_was_missed_is_not_extended(province: Database, at: datetime):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        assert row.due_at is not None
        with pytest.raises(ShareRequestStepNotAllowed):
            take(session, row, RequestStep.EXTEND, PROVIDER, row.due_at)


def test_reminders_come_at_half_four_fifths_and_the_last_day_and_then_the_authority_hears(
    province: Database, at: datetime
):
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        due = row.due_at
        assert due is not None
    said = []
    moment = at
    while moment < due + timedelta(days=2):
        with province.transaction() as session:
            tasks.remind(session, moment)
        moment += timedelta(hours=6)
    with province.reading() as session:
        query = select(StoredNotice.kind).where(StoredNotice.kind.startswith("task-")).order_by(StoredNotice.id)
        said = list(session.scalars(query))
        assert session.scalars(select(Task.escalated_to).where(Task.thing_id == row.id, Task.done_at.is_(None))).one()
    assert list(dict.fromkeys(said)) == ["task-half", "task-most", "task-due", "task-overdue"]


@pytest.mark.parametrize(
    ("began", "days", "last"),
    [
        # 2026: New Year 1–3 January off, 4 January worked; Spring Festival 15–23 February off, 14 and 28 worked;
        # Qingming 4–6 April; Labour Day 1–5 May off, 9 May worked; Dragon Boat 19–21 June; Mid-Autumn 25–27 September;
        # National Day 1–7 October off, 20 September and 10 October worked.
        ("2026-11-20", 10, "2026-12-04"),
        ("2026-11-21", 1, "2026-11-23"),
        ("2025-12-31", 1, "2026-01-04"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-02-13", 10, "2026-03-05"),
        ("2026-04-03", 2, "2026-04-08"),
        ("2026-04-30", 2, "2026-05-07"),
        ("2026-04-30", 4, "2026-05-09"),
        ("2026-06-18", 1, "2026-06-22"),
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-18", 10, "2026-10-09"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-09-11", 20, "2026-10-15"),
    ],
)
def test_an_answer_is_due_when_the_working_days_are_over(province: Database, began: str, days: int, last: str):
    with province.reading() as session:
        start = datetime.fromisoformat(f"{began}T10:00:00+08:00")
        due = workdays.deadline(calendar.calendar(session), start, days)
    assert due.last_day.isoformat() == last


def test_a_request_is_due_on_the_day_that_the_table_says(province: Database):
    """Ten working days from 18 September 2026, over a worked Sunday, Mid-Autumn and National Day, end on 9 October."""
    at = datetime.fromisoformat("2026-09-18T10:00:00+08:00")
    with province.transaction() as session:
        row = forwarded(session, house.directory(session, at), at)
        assert row.due_at is not None
        assert (workdays.local_day(row.due_at) - workdays.ONE_DAY).isoformat() == "2026-10-09"


def test_two_clerks_who_decide_at_once_decide_once(province: Database, at: datetime):
    with province.transaction() as session:
        known = forwarded(session, house.directory(session, at), at).id
    with province.transaction() as session:
        take(session, sharing.request_of(session, known, locked=True), RequestStep.APPROVE, PROVIDER, at)
    with province.transaction() as session, pytest.raises(ShareRequestStepNotAllowed):
        take(session, sharing.request_of(session, known, locked=True), RequestStep.APPROVE, PROVIDER, at)
    with province.reading() as session:
        assert session.execute(select(func.count()).select_from(GrantVersion)).scalar_one() == 1
        assert session.get_one(ShareRequest, known).state == RequestState.GRANTED
