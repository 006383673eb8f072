"""Zones are declared, judged, reviewed, published in versions; providers object, leave; a zone is asked for once."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.db import Database
from base.models import Event
from base.notices.models import StoredNotice
from exchange.agreements import sharing
from exchange.agreements.errors import ReasonNeeded
from exchange.agreements.life import RequestStep
from exchange.agreements.models import ShareRequest
from exchange.demands import negative
from exchange.demands.demand import Target
from exchange.demands.negative import NewEntry
from exchange.errors import OwnWork
from exchange.life import State as DirectoryState
from exchange.zones import declaring, reading, requesting, watching
from exchange.zones.coverage import Cover, coverage
from exchange.zones.errors import (
    NoSuchZone,
    NoSuchZoneMember,
    NothingToAskFor,
    NotYourZone,
    UnusableZone,
    ZoneForbidden,
    ZoneStepNotAllowed,
    ZoneTaken,
)
from exchange.zones.life import Standing, State, Step
from exchange.zones.models import ZoneMember
from exchange.zones.zone import Content, Member
from tests.exchange import sharing_house
from tests.exchange.departments import item
from tests.exchange.zones import house as built
from tests.exchange.zones.house import (
    CODE,
    CREDIT,
    HEALTH_PROVIDER,
    LEAD,
    MARKET_PROVIDER,
    OUTSIDER,
    REQUESTER,
    REVIEWER,
    House,
)


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> House:
    return built.opened(database, tmp_path, at)


def begun(session: Any, house: House, **peculiar: Any) -> Any:
    return declaring.declare(session, CODE, built.zone_content(house, **peculiar), LEAD, house.at)


def reviewed(session: Any, house: House, **peculiar: Any) -> Any:
    row = begun(session, house, **peculiar)
    declaring.take(session, row, Step.SUBMIT, "", LEAD, house.at)
    return row


def test_a_zone_is_published_by_another_person_after_review_and_its_providers_are_told(house: House):
    with house.database.transaction() as session:
        row = reviewed(session, house)
        assert built.tasks_of(session, "zone-version") == [(LEAD.organisation, "authority", "zone-review")]
        with pytest.raises(OwnWork):
            declaring.take(session, row, Step.PUBLISH, "", LEAD, house.at)
        declaring.take(session, row, Step.PUBLISH, "", REVIEWER, house.at)
        assert built.tasks_of(session, "zone-version") == []
        assert row.published == 1
        told = {each.kind for each in session.scalars(select(StoredNotice))}
    with house.database.reading() as session:
        names = [each.name for each in session.scalars(select(Event)) if each.name.startswith("zone.")]
    assert "zone-moved" in told
    assert names == ["zone.declare", "zone.submit", "zone.publish"]


def test_a_new_version_takes_the_place_of_the_published_one_which_serves_until_then(house: House):
    built.declared(house)
    with house.database.transaction() as session:
        row = built.zone(session)
        declaring.write(session, row, built.zone_content(house, name="另一名称"), LEAD, house.at)
        declaring.take(session, row, Step.SUBMIT, "", LEAD, house.at)
        assert (row.published, row.name) == (1, "餐饮开办")
        declaring.take(session, row, Step.PUBLISH, "", REVIEWER, house.at)
        assert (row.published, row.name) == (2, "另一名称")
        assert [each.state for each in reading.versions(session, row)] == [State.PUBLISHED, State.SUPERSEDED]


def test_a_draft_is_written_anew_and_what_is_reviewed_is_not(house: House):
    with house.database.transaction() as session:
        row = begun(session, house)
        only = (
            Member(house.codes["licences"], ("区划",), {"credit_code": CREDIT}),
            *built.zone_content(house).members[1:],
        )
        declaring.write(session, row, built.zone_content(house, members=only), LEAD, house.at)
        assert next(iter(reading.members(session, CODE, 1))).fields == ["区划"]
        declaring.take(session, row, Step.SUBMIT, "", LEAD, house.at)
        with pytest.raises(ZoneStepNotAllowed):
            declaring.write(session, row, built.zone_content(house), LEAD, house.at)
        with pytest.raises(ReasonNeeded):
            declaring.take(session, row, Step.RETURN, " ", REVIEWER, house.at)
        declaring.take(session, row, Step.RETURN, "缺少目录", REVIEWER, house.at)
        declaring.take(session, row, Step.DISCARD, "", LEAD, house.at)
        assert declaring.write(session, row, built.zone_content(house), LEAD, house.at).number == 2


def test_a_provider_objects_and_the_zone_is_published_only_with_a_reason(house: House):
    with house.database.transaction() as session:
        row = reviewed(session, house)
        with pytest.raises(ReasonNeeded):
            declaring.object_to(session, row, house.codes["licences"], "  ", HEALTH_PROVIDER, house.at)
        with pytest.raises(NoSuchZoneMember):
            declaring.object_to(session, row, house.codes["licences"], "不妥", MARKET_PROVIDER, house.at)
        declaring.object_to(session, row, house.codes["licences"], "不妥", HEALTH_PROVIDER, house.at)
        with pytest.raises(ZoneStepNotAllowed):
            declaring.object_to(session, row, house.codes["licences"], "不妥", HEALTH_PROVIDER, house.at)
        with pytest.raises(ReasonNeeded):
            declaring.take(session, row, Step.PUBLISH, "", REVIEWER, house.at)
        declaring.take(session, row, Step.PUBLISH, "确有需要，授权仍由提供部门决定", REVIEWER, house.at)
        assert [each.standing for each in reading.members(session, CODE, 1)] == [Standing.OBJECTED, Standing.INCLUDED]


def test_nobody_takes_somebody_else_s_step(house: House):
    with house.database.transaction() as session:
        with pytest.raises(NotYourZone):
            declaring.declare(session, CODE, built.zone_content(house), REQUESTER, house.at)
        row = reviewed(session, house)
        with pytest.raises(ZoneTaken):
            begun(session, house)
        for by in (OUTSIDER, HEALTH_PROVIDER, REQUESTER):
            with pytest.raises(NotYourZone):
                declaring.take(session, row, Step.PUBLISH, "x", by, house.at)
        with pytest.raises(NotYourZone):
            declaring.object_to(session, row, house.codes["licences"], "x", REQUESTER, house.at)
        with pytest.raises(ZoneStepNotAllowed):
            declaring.depart(session, row, house.codes["licences"], "x", HEALTH_PROVIDER, house.at)


# --- what a zone may not take in ----------------------------------------------------------------------------------


def member(house: House, **peculiar: Any) -> Member:
    told = {"directory": house.codes["licences"], "fields": ("单位名称",), "keys": {"credit_code": CREDIT}, **peculiar}
    return Member(**told)


def refused(house: House, *members: Member) -> list[dict[str, str]]:
    """Give every place of a refusal that is the caller's to mend."""
    with house.database.transaction() as session:
        with pytest.raises(UnusableZone) as raised:
            begun(session, house, members=members)
        found: list[dict[str, str]] = raised.value.members["errors"]
    return found


@pytest.mark.parametrize(
    ("peculiar", "pointer", "code"),
    [
        ({"directory": "30701500003000000000000000/999999"}, "#/members/1/directory", "not-published"),
        ({"fields": ("单位名称", "电话")}, "#/members/1/fields/1", "unknown-item"),
        ({"fields": ("单位名称", "单位名称")}, "#/members/1/fields/1", "twice"),
        ({"keys": {"credit_code": "注册号"}}, "#/members/1/keys/credit_code", "unknown-item"),
        ({"keys": {"place": "区划"}}, "#/members/1/keys", "no-key"),
        ({"keys": {"telephone": "区划", "credit_code": CREDIT}}, "#/members/1/keys/telephone", "unknown-key"),
    ],
)
def test_every_place_that_is_wrong_is_named(house: House, peculiar: dict[str, Any], pointer: str, code: str):
    firms = Member(house.codes["firms"], ("住所",), {"credit_code": CREDIT})
    found = refused(house, firms, member(house, **peculiar))
    assert {"pointer": pointer, "detail": code} in found


def test_a_directory_twice_or_withdrawn_is_refused(house: House):
    assert refused(house, member(house), member(house)) == [{"pointer": "#/members/1/directory", "detail": "twice"}]
    built.turned(house, "firms", DirectoryState.WITHDRAWN)
    firms = Member(house.codes["firms"], ("住所",), {"credit_code": CREDIT})
    assert refused(house, member(house), firms) == [{"pointer": "#/members/1/directory", "detail": "not-published"}]


def test_a_directory_that_was_withdrawn_during_the_review_is_not_published(house: House):
    with house.database.transaction() as session:
        row = reviewed(session, house)
    built.withdrawn(house, "firms")
    with house.database.transaction() as session:
        row = built.zone(session)
        with pytest.raises(UnusableZone):
            declaring.take(session, row, Step.PUBLISH, "", REVIEWER, house.at)


def test_an_item_that_is_never_shared_is_refused_naming_the_directory_s_own_rule(house: House):
    secret = {**item("处罚内情", 100), "share_type": "3", "not_share_reason": "办案秘密（演示）"}
    with house.database.transaction() as session:
        items = [item(CREDIT, 18), item("案号", 50), secret]
        code = built.published(session, house.at, "health", name="行政处罚内部信息", items=items).code
        with pytest.raises(ZoneForbidden) as raised:
            begun(session, house, members=(member(house), Member(code, ("处罚内情",), {"credit_code": CREDIT})))
    assert raised.value.facts == {"told": "处罚内情", "rule": f"directory:{code}", "basis": "办案秘密（演示）"}
    assert raised.value.members["errors"][0]["pointer"] == "#/members/1/fields/0"


def test_what_stands_on_the_negative_list_is_refused_naming_the_entry(house: House):
    with house.database.transaction() as session:
        new = NewEntry(Target.ITEM, "法定代表人", "演示依据", "涉及隐私", built.HEALTH)
        entry = negative.enter(session, new, REVIEWER, house.at).id
        with pytest.raises(ZoneForbidden) as raised:
            begun(session, house)
    assert (raised.value.told, raised.value.rule, raised.value.basis) == ("法定代表人", entry, "演示依据")


def test_an_entry_made_after_publication_breaks_the_place_and_is_told(house: House):
    built.declared(house)
    with house.database.transaction() as session:
        new = NewEntry(Target.ITEM, "法定代表人", "演示依据", "涉及隐私", built.HEALTH)
        negative.enter(session, new, REVIEWER, house.at)
        assert watching.watch(session, house.at) == 1
        row = session.get_one(ZoneMember, (CODE, 1, house.codes["licences"]))
        assert (row.standing, row.reason) == (Standing.BROKEN, "negative-list")


def test_what_is_not_published_is_seen_by_those_who_prepare_it(house: House):
    with house.database.transaction() as session:
        begun(session, house)
        for by in (LEAD, REVIEWER, HEALTH_PROVIDER, built.AUDITOR):
            assert reading.zone_of(session, CODE, by).code == CODE
        for by in (REQUESTER, OUTSIDER):
            with pytest.raises(NoSuchZone):
                reading.zone_of(session, CODE, by)


# --- asked for once -----------------------------------------------------------------------------------------------


def asked(session: Any, house: House, by: Any = REQUESTER, **peculiar: Any) -> list[ShareRequest]:
    told = sharing_house.asked(house.at, **peculiar)
    return requesting.ask(session, built.zone(session), "演示依据", "开办餐饮", told, by, house.at)


def covers(session: Any, house: House) -> list[Cover]:
    return [each.cover for each in coverage(session, built.zone(session), built.POLICE, house.at)]


def test_asking_once_makes_a_request_for_each_directory_and_each_provider_decides(house: House):
    built.declared(house)
    with house.database.transaction() as session:
        first, second = asked(session, house)
        assert [first.asked["fields"], second.asked["fields"]] == [
            list(built.TABLES[name][2]) for name in ("licences", "firms")
        ]
        assert covers(session, house) == [Cover.PENDING, Cover.PENDING]
        with pytest.raises(NothingToAskFor):
            asked(session, house)
        for row in (first, second):
            sharing.take(session, row, RequestStep.FORWARD, "", built.CHECKER, house.at)
        sharing.take(session, first, RequestStep.APPROVE, "", HEALTH_PROVIDER, house.at)
        sharing.take(session, second, RequestStep.REFUSE, "无依据", MARKET_PROVIDER, house.at)
        assert covers(session, house) == [Cover.GRANTED, Cover.REFUSED]
        with pytest.raises(NothingToAskFor):
            asked(session, house)
        declaring.depart(session, built.zone(session), house.codes["licences"], "调整", HEALTH_PROVIDER, house.at)
        assert covers(session, house) == [Cover.LEFT, Cover.REFUSED]


def test_a_grant_that_lacks_items_of_the_zone_says_which_and_the_rest_is_asked_for(house: House):
    built.declared(house)
    house.grant("licences", fields=(CREDIT, "单位名称"))
    house.grant("firms")
    with house.database.transaction() as session:
        licences, firms = coverage(session, built.zone(session), built.POLICE, house.at)
        assert (licences.cover, licences.missing, firms.missing) == (Cover.GRANTED, ("法定代表人", "区划"), ())
        (row,) = asked(session, house)
        assert row.directory == house.codes["licences"]
        with pytest.raises(NothingToAskFor):
            asked(session, house)


def test_of_two_requests_one_is_made_or_none_of_it(house: House):
    """A clause that one directory does not bear refuses the whole, so that nobody wonders what was asked for."""
    built.declared(house)
    with pytest.raises(Exception, match="unusable-clauses"), house.database.transaction() as session:
        asked(session, house, matters=("000123999999",))
    with house.database.reading() as session:
        assert session.scalars(select(ShareRequest)).all() == []


def test_one_s_own_directory_is_not_asked_for(house: House):
    built.declared(house)
    with house.database.transaction() as session:
        items = coverage(session, built.zone(session), built.HEALTH, house.at)
        assert [each.cover for each in items] == [Cover.OWN, Cover.NONE]


def test_a_content_has_one_digest_however_its_keys_are_ordered():
    one = Content("n", "p", (), (Member("d", ("a",), {"credit_code": "x", "place": "y"}),))
    other = Content("n", "p", (), (Member("d", ("a",), {"place": "y", "credit_code": "x"}),))
    assert declaring._digest(one) == declaring._digest(other)
