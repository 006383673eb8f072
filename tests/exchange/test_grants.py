"""Grants: the one question, asked anew for every call; their versions, their ends, and who may bring them about."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from base.callers import ANONYMOUS, Caller
from base.db import Database
from base.notices.models import StoredNotice
from exchange.agreements import callers, granting, grants, refusals, sharing, use_lists
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.callers import Registration
from exchange.agreements.contracts import Allowed, Quota, Reason
from exchange.agreements.errors import (
    GrantStepNotAllowed,
    NoSuchGrant,
    NotGranted,
    NotYourCaller,
    NotYourGrant,
    ReasonNeeded,
    UnusableCallerKind,
    UnusableClauses,
    WiderThanAsked,
)
from exchange.agreements.life import RequestStep
from exchange.agreements.models import Grant
from exchange.agreements.purposes import Basis, BasisKind, Ground, Purpose, Stage
from exchange.agreements.use_list_tables import UseRow
from exchange.models import Task
from exchange.mounting.models import SERVING, Mount
from tests.exchange import contract_house
from tests.exchange import sharing_house as house
from tests.exchange.departments import person
from tests.exchange.sharing_house import (
    AUTHORITY,
    CITY_AUTHORITY,
    HEALTH,
    LICENCE,
    POLICE,
    PROVIDER,
    REQUESTER,
    SECOND_AUTHORITY,
    STRANGER,
    SYSTEM,
    YEAR,
    asked,
)

DAY = timedelta(days=1)
BANK = "city-market"


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    house.opened(database, at)
    return database


def purpose(**peculiar: Any) -> Purpose:
    return contract_house.purpose(item_code=LICENCE, **peculiar) if "item_code" not in peculiar else (
        contract_house.purpose(**peculiar)
    )  # fmt: skip


def ask(
    session: Session, directory: str, at: datetime, by: Caller = SYSTEM, fields: tuple[str, ...] = (), **peculiar: Any
) -> Allowed:
    return grants.require(session, by, directory, purpose(**peculiar), fields, Mode.QUERY, at)


def reason_of(session: Session, directory: str, at: datetime, by: Caller = SYSTEM, **peculiar: Any) -> str:
    with pytest.raises(NotGranted) as raised:
        ask(session, directory, at, by, **peculiar)
    return raised.value.reason


def test_a_granted_call_gets_its_fields_and_its_masks(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at, masks={"单位名称": "name"}, encrypted=True)
        told = ask(session, grant.directory, at, fields=("单位名称",))
        assert (told.fields, told.masks, told.encrypted) == (("单位名称",), {"单位名称": "name"}, True)
        assert told.contract.salt == grant.salt
        assert ask(session, grant.directory, at, grant_code=grant.code).fields == ("许可证编号", "单位名称")


def test_a_revoked_grant_refuses_the_next_call(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        code, directory = grant.code, grant.directory
    with province.reading() as session:
        assert ask(session, directory, at).fields
    with province.transaction() as session:
        granting.revoke(session, granting.grant_of(session, code, locked=True), "不再需要", PROVIDER, at)
    with province.reading() as session:
        assert reason_of(session, directory, at) == Reason.REVOKED


def test_a_revocation_by_another_process_is_seen_in_a_session_that_asked_before(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        assert ask(session, grant.directory, at).fields
        session.connection().execute(update(Grant).values(state="revoked"))
        assert reason_of(session, grant.directory, at) == Reason.REVOKED


def test_each_end_of_a_grant_is_told_apart(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        directory = grant.directory
        granting.suspend(session, grant, "核查", PROVIDER, at)
        assert reason_of(session, directory, at) == Reason.SUSPENDED
        granting.resume(session, grant, "核查完毕", PROVIDER, at)
        assert ask(session, directory, at).fields
        assert reason_of(session, directory, at - DAY) == Reason.NOT_YET
        assert reason_of(session, directory, at + YEAR) == Reason.EXPIRED
        granting.give_back(session, grant, "业务停办", REQUESTER, at)
        assert reason_of(session, directory, at) == Reason.GIVEN_BACK


@pytest.mark.parametrize(
    ("peculiar", "reason"),
    [
        ({"item_code": "000123014000"}, Reason.MATTER),
        ({"ground": Ground.HOLDER}, Reason.GROUND),
        ({"stage": Stage.GUIDANCE}, Reason.STAGE),
        ({"handling_region": "330000"}, Reason.REGION),
        ({"item_code": f"{HEALTH}2{LICENCE}"}, Reason.ORGAN),
        ({"grant_code": "another"}, Reason.OTHER_GRANT),
        ({"fields": ("法定代表人",)}, Reason.FIELDS),
    ],
)
def test_a_call_beyond_a_clause_is_refused_for_it(province: Database, at: datetime, peculiar: Any, reason: Reason):
    with province.transaction() as session:
        of = house.directory(session, at)
        grant = house.granted(session, of, at, organs=frozenset({POLICE}), regions=("320900",))
        with pytest.raises(NotGranted) as raised:
            ask(session, grant.directory, at, **peculiar)
        assert raised.value.reason == reason
        assert raised.value.members["because"]["zh"] == refusals.words()[reason]["zh"]


def test_somebody_elses_grant_is_no_grant(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        for other in (STRANGER, PROVIDER, ANONYMOUS):
            assert reason_of(session, grant.directory, at, other) == Reason.NO_GRANT
        assert reason_of(session, "307015/nothing", at) == Reason.NO_GRANT


def test_a_person_of_the_grantee_may_ask_where_no_system_is_named(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        grant = house.granted(session, of, at)
        assert ask(session, grant.directory, at, REQUESTER).fields
        only = house.granted(session, house.directory(session, at), at, systems=frozenset({SYSTEM.id}))
        assert ask(session, only.directory, at, SYSTEM).fields
        assert reason_of(session, only.directory, at, REQUESTER) == Reason.SYSTEM


def test_a_withdrawn_directory_takes_its_grants_along(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        house.granted(session, of, at)
        of.state = "withdrawn"
        session.flush()
        assert reason_of(session, of.code, at) == Reason.WITHDRAWN


def test_more_rows_than_granted_are_refused(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        house.granted(session, of, at, quota=Quota(rows_per_call=10))
        assert grants.require(session, SYSTEM, of.code, purpose(), (), Mode.QUERY, at, rows=10).fields
        with pytest.raises(NotGranted):
            grants.require(session, SYSTEM, of.code, purpose(), (), Mode.QUERY, at, rows=11)


def test_a_granted_call_reads_the_database_once_by_an_index(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        house.granted(session, of, at)
    told: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        told.append((statement, parameters))

    with province.reading() as session:
        session.connection()
        event.listen(province.engine, "before_cursor_execute", note)
        try:
            assert ask(session, of.code, at).fields
        finally:
            event.remove(province.engine, "before_cursor_execute", note)
        assert len(told) == 1
        if province.is_sqlite:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {told[0][0]}", told[0][1]).all()
            assert any("ix_exchange_grants_grantee_directory" in row[3] for row in plan)
            assert not any(row[3].startswith("SCAN") for row in plan)


# --- the life of a grant -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "who"),
    [
        (granting.revoke, REQUESTER),
        (granting.revoke, STRANGER),
        (granting.revoke, CITY_AUTHORITY),
        (granting.suspend, SYSTEM),
        (granting.give_back, PROVIDER),
        (granting.give_back, STRANGER),
    ],
)
def test_only_its_own_sides_change_a_grant(province: Database, at: datetime, act: Any, who: Caller):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        with pytest.raises(NotYourGrant):
            act(session, grant, "理由", who, at)


def test_only_the_provider_narrows_and_renews(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        for who in (REQUESTER, SYSTEM, STRANGER, AUTHORITY):
            with pytest.raises(NotYourGrant):
                granting.renew(session, grant, at + 2 * YEAR, "理由", who, at)
            with pytest.raises(NotYourGrant):
                granting.narrow(session, grant, asked(at), "理由", who, at)


def test_a_step_needs_a_reason_and_a_grant_that_still_stands(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        with pytest.raises(ReasonNeeded):
            granting.revoke(session, grant, " ", PROVIDER, at)
        granting.revoke(session, grant, "理由", AUTHORITY, at)
        for act in (granting.revoke, granting.suspend, granting.resume):
            with pytest.raises(GrantStepNotAllowed):
                act(session, grant, "理由", PROVIDER, at)
        with pytest.raises(NoSuchGrant):
            granting.grant_of(session, "nothing")


def test_what_the_authority_suspended_only_the_authority_resumes(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        granting.suspend(session, grant, "违规使用", AUTHORITY, at)
        with pytest.raises(NotYourGrant):
            granting.resume(session, grant, "理由", PROVIDER, at)
        assert granting.resume(session, grant, "已整改", AUTHORITY, at).state == "active"


def test_a_narrowed_grant_counts_from_the_next_call_and_keeps_its_versions(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        granting.narrow(session, grant, asked(at, fields=("许可证编号",)), "最小必要", PROVIDER, at)
        assert reason_of(session, grant.directory, at, fields=("单位名称",)) == Reason.FIELDS
        assert [each.number for each in granting.versions(session, grant)] == [2, 1]
        with pytest.raises(WiderThanAsked):
            granting.narrow(session, grant, asked(at), "理由", PROVIDER, at)


def test_a_renewed_grant_goes_on_also_after_its_end(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        later = at + YEAR + DAY
        granting.keep(session, later)
        assert (grant.state, reason_of(session, grant.directory, later)) == ("expired", Reason.EXPIRED)
        for ends in (at, at + YEAR, at + 20 * YEAR):
            with pytest.raises(UnusableClauses):
                granting.renew(session, grant, ends, "理由", PROVIDER, later)
        granting.renew(session, grant, at + 2 * YEAR, "继续办理", PROVIDER, later)
        assert ask(session, grant.directory, later).fields
        assert [each.step for each in granting.steps(session, grant)] == ["make", "expire", "renew"]


def test_both_sides_are_warned_once_before_a_grant_ends(province: Database, at: datetime):
    with province.transaction() as session:
        house.granted(session, house.directory(session, at), at)
        assert granting.keep(session, at + YEAR - 31 * DAY) == 0
        assert granting.keep(session, at + YEAR - 29 * DAY) == 1
        assert granting.keep(session, at + YEAR - 28 * DAY) == 0
        assert session.scalars(select(StoredNotice).where(StoredNotice.kind == "grant-ending")).one().facts


def test_data_is_owed_in_twenty_working_days_until_a_source_serves(province: Database, at: datetime):
    with province.transaction() as session:
        grant = house.granted(session, house.directory(session, at), at)
        query = select(Task).where(Task.thing_id == grant.code, Task.done_at.is_(None))
        task = session.scalars(query).one()
        assert (task.duty, task.days, task.organisation, task.role) == ("supply", 20, HEALTH, "provider")
        assert granting.keep(session, at) == 0
        session.add(mount(grant.directory, at))
        session.flush()
        assert granting.keep(session, at) == 1
        assert session.scalars(query).one_or_none() is None
        again = house.granted(session, grant_directory(session, grant), at)
        assert session.scalars(select(Task).where(Task.thing_id == again.code)).one_or_none() is None


def grant_directory(session: Session, grant: Grant) -> Any:
    return session.get_one(house.Directory, grant.directory)


def mount(directory: str, at: datetime) -> Mount:
    return Mount(
        id="mount-1",
        directory=directory,
        owner=HEALTH,
        name="演示",
        kind="table",
        state=SERVING,
        serving={},
        proposed=None,
        proposed_by="person:1",
        proof="",
        confirmed_by=None,
        confirmed_at=None,
        health="good",
        health_since=None,
        next_probe_at=None,
        version=1,
        created_at=at,
        changed_at=at,
    )


# --- kinds of callers -----------------------------------------------------------------------------------------------


def registered(session: Session, at: datetime, kind: CallerKind, **told: Any) -> None:
    new = Registration(kind, told.get("mandate"), "委托书（演示）", told.get("until"))
    callers.register(session, house.code_of(BANK), new, AUTHORITY, at)


def agent_grant(session: Session, at: datetime) -> Grant:
    """Let a post counter take in cases for the police."""
    registered(session, at, CallerKind.AGENT, mandate=POLICE, until=at + 9 * DAY)
    writer, checker = person("post", BANK, "requester"), person("post-2", BANK, "reviewer")
    of = house.directory(session, at)
    row = house.begun(session, of, at, writer, stages=frozenset({Stage.INTAKE}), grounds=frozenset({Ground.STATUTORY}))
    sharing.take(session, row, RequestStep.SUBMIT, "", writer, at)
    sharing.take(session, row, RequestStep.FORWARD, "", checker, at)
    sharing.take(session, row, RequestStep.APPROVE, "", PROVIDER, at)
    return session.get_one(Grant, row.grant)


def test_an_agent_acts_only_under_a_mandate_that_is_in_force(province: Database, at: datetime):
    counter = person("post", BANK, "requester")
    with province.transaction() as session:
        grant = agent_grant(session, at)
        assert ask(session, grant.directory, at, counter, stage=Stage.INTAKE).contract.mandate == POLICE
        assert reason_of(session, grant.directory, at, counter, stage=Stage.REVIEW) == Reason.STAGE
        other_organ: dict[str, Any] = {"stage": Stage.INTAKE, "item_code": f"{HEALTH}2{LICENCE}"}
        assert reason_of(session, grant.directory, at, counter, **other_organ) == Reason.ORGAN
        assert reason_of(session, grant.directory, at + 9 * DAY, counter, stage=Stage.INTAKE) == Reason.MANDATE
        registered(session, at, CallerKind.DEPARTMENT)
        assert reason_of(session, grant.directory, at, counter, stage=Stage.INTAKE) == Reason.CALLER_KIND


def test_a_scene_outside_government_needs_its_agreement(province: Database, at: datetime):
    notary = person("notary", BANK, "requester")
    told = {"stages": frozenset({Stage.AGREEMENT}), "grounds": frozenset({Ground.AGREEMENT})}
    with province.transaction() as session:
        registered(session, at, CallerKind.OUTSIDE)
        of = house.directory(session, at)
        bare = house.begun(session, of, at, notary, **told)
        with pytest.raises(UnusableClauses) as raised:
            sharing.take(session, bare, RequestStep.SUBMIT, "", notary, at)
        assert raised.value.first == "#/agreement"
        row = house.begun(session, of, at, notary, agreement="协议-1", **told)
        sharing.take(session, row, RequestStep.SUBMIT, "", notary, at)
        sharing.take(session, row, RequestStep.FORWARD, "", person("n2", BANK, "reviewer"), at)
        sharing.take(session, row, RequestStep.APPROVE, "", PROVIDER, at)
        agreed: dict[str, Any] = {"stage": Stage.AGREEMENT, "ground": Ground.AGREEMENT}
        basis = Basis(BasisKind.AGREEMENT, "协议-1")
        assert ask(session, of.code, at, notary, basis=basis, **agreed).consent
        other = Basis(BasisKind.AGREEMENT, "协议-2")
        assert reason_of(session, of.code, at, notary, basis=other, **agreed) == Reason.AGREEMENT


@pytest.mark.parametrize(
    ("kind", "mandate", "reason"),
    [
        (CallerKind.AGENT, None, "mandate-needed"),
        (CallerKind.OUTSIDE, POLICE, "no-mandate-for-this-kind"),
        (CallerKind.AGENT, house.code_of(BANK), "own-mandate"),
    ],
)
def test_the_register_takes_only_what_a_kind_can_be(
    province: Database, at: datetime, kind: CallerKind, mandate: str | None, reason: str
):
    with province.transaction() as session:
        with pytest.raises(UnusableCallerKind) as raised:
            callers.register(session, house.code_of(BANK), Registration(kind, mandate, "文", None), AUTHORITY, at)
        assert raised.value.reason == reason


def test_the_register_is_kept_by_the_authority_of_the_region(province: Database, at: datetime):
    new = Registration(CallerKind.PLATFORM, None, "文", None)
    with province.transaction() as session:
        for by, of in ((CITY_AUTHORITY, POLICE), (PROVIDER, HEALTH)):
            with pytest.raises(NotYourCaller):
                callers.register(session, of, new, by, at)
        assert callers.register(session, house.code_of(BANK), new, CITY_AUTHORITY, at).version == 1


# --- the published use list -------------------------------------------------------------------------------------------


def listed(session: Session, at: datetime, *rows: UseRow) -> Any:
    made = use_lists.draft(session, "演示用证清单", "演示依据", rows, AUTHORITY, at)
    return use_lists.publish(session, made, at, SECOND_AUTHORITY, at)


def use(resource: str, **peculiar: Any) -> UseRow:
    told = {"item_code": LICENCE, "item_name": "公共场所卫生许可", "material": "卫生许可证", "fields": ("许可证编号",)}
    return UseRow(**{**told, "resource": resource, "organs": (), "stages": (), "basis": "", **peculiar})


def test_a_published_list_grants_a_statutory_use_without_a_request(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        assert reason_of(session, of.code, at) == Reason.NO_GRANT
        listed(session, at, use(of.code), use(of.code, material="副本", fields=("单位名称",)))
        assert ask(session, of.code, at).fields == ("许可证编号", "单位名称")
        assert reason_of(session, of.code, at, fields=("法定代表人",)) == Reason.FIELDS
        assert reason_of(session, of.code, at, ground=Ground.HOLDER) == Reason.NO_GRANT
        assert reason_of(session, of.code, at, item_code="000123014000") == Reason.NO_GRANT
        assert reason_of(session, of.code, at, handling_region="330000") == Reason.REGION


def test_a_certificate_type_is_a_resource_like_a_directory(province: Database, at: datetime):
    with province.transaction() as session:
        listed(session, at, use("11100000000013338W032"))
        told = ask(session, "11100000000013338W032", at, item_code=f"{POLICE}2{LICENCE}01")
        assert (told.fields, told.consent) == (("许可证编号",), False)


def test_a_list_serves_departments_and_mandated_agents_only(province: Database, at: datetime):
    other = person("other", BANK, "requester")
    with province.transaction() as session:
        of = house.directory(session, at)
        listed(session, at, use(of.code, organs=(POLICE,)))
        assert ask(session, of.code, at).fields
        assert reason_of(session, of.code, at, other) == Reason.ORGAN
        registered(session, at, CallerKind.PLATFORM)
        assert reason_of(session, of.code, at, other) == Reason.NO_GRANT
        registered(session, at, CallerKind.AGENT, mandate=POLICE, until=at + DAY)
        assert ask(session, of.code, at, other, stage=Stage.INTAKE).fields
        assert reason_of(session, of.code, at, other, stage=Stage.REVIEW) == Reason.KIND_MAY_NOT
        assert reason_of(session, of.code, at + DAY, other, stage=Stage.INTAKE) == Reason.NO_GRANT


def test_a_grant_that_was_named_is_not_replaced_by_a_list(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        listed(session, at, use(of.code))
        assert reason_of(session, of.code, at, grant_code="something") == Reason.NO_GRANT


def test_a_grant_that_ended_does_not_stand_in_a_lists_way(province: Database, at: datetime):
    with province.transaction() as session:
        of = house.directory(session, at)
        grant = house.granted(session, of, at)
        granting.revoke(session, grant, "理由", PROVIDER, at)
        listed(session, at, use(of.code))
        assert ask(session, of.code, at).contract.id.startswith("use-list:")
