"""Demands: whose turn it is at each step, who is refused and why, and how one comes to its end."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.models import AuditEntry
from base.notices.models import StoredNotice
from exchange import directories
from exchange.agreements.errors import ReasonNeeded
from exchange.demands import asking, covering, negative, steps
from exchange.demands.demand import GAP, Lack, Target
from exchange.demands.errors import (
    DemandForbidden,
    DemandNotMet,
    DemandStepNotAllowed,
    NoSuchNegative,
    NotYourDemand,
    NotYourNegative,
    UnusableDemand,
)
from exchange.demands.life import Ground, Step
from exchange.demands.models import Demand, DemandAsker, NegativeEntry
from exchange.demands.negative import NewEntry
from exchange.demands.steps import Said
from keys.parties.errors import NoSuchOrganisation
from tests.exchange import sharing_house
from tests.exchange.demands import house
from tests.exchange.demands.house import (
    DATA,
    HEALTH,
    MARKET,
    MARKET_PROVIDER,
    MARKET_REQUESTER,
    POLICE,
    WINDOW_REQUESTER,
    begun,
    owners,
)
from tests.exchange.departments import item, published
from tests.exchange.sharing_house import AUTHORITY, CITY_AUTHORITY, PROVIDER, REQUESTER, STRANGER

NAME = "消毒产品卫生安全评价信息"
ITEMS = [item("产品名称", 100), item("责任单位", 100)]


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    house.opened(database, at)
    return database


def take(session: Session, row: Demand, step: Step, by: Caller, at: datetime, **said: object) -> str:
    told = Said(**{"reason": "演示理由", **said})  # type: ignore[arg-type]
    return steps.take(session, row, step, told, by, at).state


def publish(session: Session, at: datetime, **peculiar: object) -> str:
    told = {"name": NAME, "items": ITEMS, "update_cycle": "day", **peculiar}
    return published(session, at, **told)[0].code


def test_a_demand_is_promised_and_satisfied_by_the_directory_that_is_published(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, at)
        assert owners(session, row) == [(HEALTH, "provider", "demand-answer")]
        assert take(session, row, Step.PROMISE, PROVIDER, at) == "promised"
        assert owners(session, row) == [(HEALTH, "provider", "supply")]
        number, code = row.id, publish(session, at)
    with province.transaction() as session:
        assert covering.carry(session, at) == 1
        assert covering.carry(session, at) == 0
        row = steps.demand_of(session, number)
        assert (row.state, row.directory, owners(session, row), row.open_as) == ("satisfied", code, [], None)
        assert [each.step for each in steps.history(session, row)] == ["begin", "promise", "cover"]
        told = session.scalars(select(StoredNotice).where(StoredNotice.kind == "demand-moved")).all()
        assert len(told) == 2
    with province.reading() as session:
        query = select(AuditEntry.act).where(AuditEntry.thing_kind == "demand", AuditEntry.thing_id == number)
        assert set(session.scalars(query)) == {"demand.begun", "demand.promise", "demand.cover"}


@pytest.mark.parametrize("lacking", [{"items": ITEMS[:1]}, {"update_cycle": "month"}, {"name": "另一信息"}])
def test_a_directory_that_lacks_something_satisfies_nothing(
    province: Database, at: datetime, lacking: dict[str, object]
):
    with province.transaction() as session:
        number = begun(session, at).id
        publish(session, at, **lacking)
    with province.transaction() as session:
        assert covering.carry(session, at) == 0
        assert steps.demand_of(session, number).state == "answering"


def test_a_demand_that_a_directory_meets_is_the_askers_to_look_at(province: Database, at: datetime):
    with province.transaction() as session:
        code = publish(session, at)
        row = begun(session, at)
        assert (row.state, row.directory) == ("matched", code)
        assert owners(session, row) == [(POLICE, "requester", "demand-match")]
        with pytest.raises(ReasonNeeded):
            take(session, row, Step.REJECT, REQUESTER, at, reason=" ")
        assert take(session, row, Step.REJECT, REQUESTER, at) == "answering"
        assert (row.directory, row.rejected) == (None, [code])
        number = row.id
    with province.transaction() as session:
        assert covering.carry(session, at) == 0
        row = steps.demand_of(session, number)
        assert row.state == "answering"
        assert take(session, row, Step.SATISFY, PROVIDER, at, directory=code) == "satisfied"


def test_who_is_content_with_the_directory_accepts_it(province: Database, at: datetime):
    with province.transaction() as session:
        publish(session, at)
        row = begun(session, at)
        assert take(session, row, Step.ACCEPT, REQUESTER, at) == "satisfied"
        assert owners(session, row) == []


def test_a_demand_of_no_provider_is_assigned_handed_back_and_closed(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, at, provider="")
        assert owners(session, row) == [(DATA, "authority", "demand-assignment")]
        with pytest.raises(NoSuchOrganisation):
            take(session, row, Step.ASSIGN, AUTHORITY, at, provider="11320000MB9999999X")
        with pytest.raises(UnusableDemand):
            take(session, row, Step.ASSIGN, AUTHORITY, at, provider=POLICE)
        assert take(session, row, Step.ASSIGN, AUTHORITY, at, provider=HEALTH) == "answering"
        assert take(session, row, Step.HAND_BACK, PROVIDER, at) == "assigning"
        assert (row.provider, owners(session, row)) == (None, [(DATA, "authority", "demand-assignment")])
        assert take(session, row, Step.CLOSE, AUTHORITY, at) == "closed"


def test_a_refusal_names_its_ground_and_its_rule_and_may_be_disputed(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, at)
        for said in ({"ground": Ground.NO_BASIS}, {"rule": "演示办法第三条"}, {"ground": Ground.NO_BASIS, "rule": " "}):
            with pytest.raises(UnusableDemand):
                take(session, row, Step.REFUSE, PROVIDER, at, **said)
        said = {"ground": Ground.NO_BASIS, "rule": "演示办法第三条"}
        assert take(session, row, Step.REFUSE, PROVIDER, at, **said) == "refused"
        assert (row.ground, row.rule, owners(session, row)) == ("no-basis", "演示办法第三条", [])
        assert take(session, row, Step.DISPUTE, REQUESTER, at) == "ruling"
        assert owners(session, row) == [(DATA, "authority", "sharing-ruling")]
        assert take(session, row, Step.OBLIGE, AUTHORITY, at) == "promised"
        assert (row.ground, row.rule) == (None, "")


def test_a_ruling_that_upholds_a_refusal_is_the_end(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, at)
        take(session, row, Step.REFUSE, PROVIDER, at, ground=Ground.NOT_HELD, rule="三定方案（演示）")
        take(session, row, Step.DISPUTE, REQUESTER, at)
        assert take(session, row, Step.UPHOLD, AUTHORITY, at) == "closed"
        for step in Step:
            with pytest.raises((DemandStepNotAllowed, NotYourDemand)):
                take(session, row, step, REQUESTER, at)


@pytest.mark.parametrize(
    ("step", "who"),
    [
        (Step.PROMISE, REQUESTER),
        (Step.PROMISE, MARKET_PROVIDER),
        (Step.REFUSE, AUTHORITY),
        (Step.SATISFY, STRANGER),
        (Step.COVER, AUTHORITY),
        (Step.WITHDRAW, PROVIDER),
        (Step.SUPERSEDE, REQUESTER),
    ],
)
def test_a_step_is_only_its_own_sides(province: Database, at: datetime, step: Step, who: Caller):
    with province.transaction() as session:
        row = begun(session, at)
        with pytest.raises(NotYourDemand):
            take(session, row, step, who, at)
        assert row.version == 1


def test_a_dispute_between_levels_goes_to_the_authority_over_both(province: Database, at: datetime):
    with province.transaction() as session:
        row = begun(session, at, provider=MARKET)
        take(session, row, Step.REFUSE, MARKET_PROVIDER, at, ground=Ground.EXCESSIVE, rule="最小必要")
        take(session, row, Step.DISPUTE, REQUESTER, at)
        assert owners(session, row) == [(DATA, "authority", "sharing-ruling")]
        with pytest.raises(NotYourDemand):
            take(session, row, Step.UPHOLD, CITY_AUTHORITY, at)


def test_what_is_demanded_twice_is_one_demand_with_several_askers(province: Database, at: datetime):
    with province.transaction() as session:
        first = begun(session, at)
        again = begun(session, at, by=MARKET_REQUESTER, items=("责任单位",), update_cycle="month")
        assert again.id == first.id
        assert begun(session, at).version == again.version
        assert sorted(each.organisation for each in steps.askers(session, first)) == sorted((POLICE, MARKET))
        assert len(session.scalars(select(Demand)).all()) == 1


def test_a_wider_demand_takes_the_place_of_one_that_nobody_provides_yet(province: Database, at: datetime):
    with province.transaction() as session:
        narrow = begun(session, at)
        wide = begun(session, at, by=MARKET_REQUESTER, items=("产品名称", "责任单位", "评价日期"))
        assert (narrow.state, narrow.superseded_by, owners(session, narrow)) == ("superseded", wide.id, [])
        assert {each.organisation for each in steps.askers(session, wide)} == {POLICE, MARKET}


def test_one_that_is_promised_stays_beside_the_wider_one(province: Database, at: datetime):
    with province.transaction() as session:
        narrow = begun(session, at)
        take(session, narrow, Step.PROMISE, PROVIDER, at)
        wide = begun(session, at, by=MARKET_REQUESTER, items=("产品名称", "责任单位", "评价日期"))
        assert (narrow.state, wide.state) == ("promised", "answering")


def test_the_authority_joins_two_names_of_one_thing(province: Database, at: datetime):
    with province.transaction() as session:
        one, other = begun(session, at), begun(session, at, by=MARKET_REQUESTER, name="消毒产品安全评价报告")
        with pytest.raises(UnusableDemand):
            asking.merge(session, one, one.id, "同一", AUTHORITY, at)
        with pytest.raises(NotYourDemand):
            asking.merge(session, one, other.id, "同一", CITY_AUTHORITY, at)
        assert asking.merge(session, one, other.id, "同一", AUTHORITY, at).superseded_by == other.id
        assert {each.organisation for each in steps.askers(session, other)} == {POLICE, MARKET}
        take(session, other, Step.PROMISE, PROVIDER, at)
        third = begun(session, at, by=WINDOW_REQUESTER, name="第三个名称")
        with pytest.raises(UnusableDemand):
            asking.merge(session, other, third.id, "同一", AUTHORITY, at)


def test_the_last_who_leaves_withdraws_it_and_the_turn_of_who_leaves_first_passes_on(province: Database, at: datetime):
    with province.transaction() as session:
        publish(session, at)
        row = begun(session, at)
        begun(session, at, by=MARKET_REQUESTER)
        with pytest.raises(NotYourDemand):
            asking.leave(session, row, "", WINDOW_REQUESTER, at)
        asking.leave(session, row, "不再需要", REQUESTER, at)
        assert (row.state, row.asker, owners(session, row)) == (
            "matched",
            MARKET,
            [(MARKET, "requester", "demand-match")],
        )
        with pytest.raises(NotYourDemand):
            take(session, row, Step.ACCEPT, REQUESTER, at)
        asking.leave(session, row, "不再需要", MARKET_REQUESTER, at)
        assert (row.state, owners(session, row)) == ("withdrawn", [])
        with pytest.raises((DemandStepNotAllowed, NotYourDemand)):
            asking.leave(session, row, "", MARKET_REQUESTER, at)
        # Who asks again after the end begins anew.
        assert begun(session, at).id != row.id


def test_what_the_negative_list_forbids_is_refused_with_its_rule(province: Database, at: datetime):
    with province.transaction() as session:
        with pytest.raises(DemandForbidden) as refused:
            begun(session, at, name="涉及国家秘密的登记信息")
        assert (refused.value.rule, refused.value.told) == ("state-secret", "涉及国家秘密的登记信息")
        entry = negative.enter(
            session, NewEntry(Target.ITEM, "责任单位", "演示条例第九条", "涉及第三方", HEALTH), AUTHORITY, at
        )
        with pytest.raises(DemandForbidden) as refused:
            begun(session, at)
        assert refused.value.members["errors"] == [{"pointer": "#/items/1", "detail": f"{entry.id} · 演示条例第九条"}]
        assert session.scalars(select(Demand)).all() == []
        negative.end(session, entry.id, "规则修订", AUTHORITY, at)
        with pytest.raises(NoSuchNegative):
            negative.end(session, entry.id, "再次", AUTHORITY, at)
        assert begun(session, at).state == "answering"


def test_what_a_directory_withholds_is_forbidden_by_its_own_ground(province: Database, at: datetime):
    with province.transaction() as session:
        whole = sharing_house.directory(session, at, "3", name="传染病个案信息")
        with pytest.raises(DemandForbidden) as refused:
            begun(session, at, name="传染病个案", items=("许可证编号",))
        assert (refused.value.rule, refused.value.basis) == (f"directory:{whole.code}", "演示依据")
        part = [item("产品名称", 50), {**item("配方", 50), "share_type": "3", "not_share_reason": "商业秘密（演示）"}]
        publish(session, at, items=part)
        with pytest.raises(DemandForbidden) as refused:
            begun(session, at, items=("产品名称", "配方"))
        assert (refused.value.told, refused.value.basis) == ("配方", "商业秘密（演示）")


def test_a_demand_is_assigned_to_nobody_of_whom_it_may_not_be_asked(province: Database, at: datetime):
    with province.transaction() as session:
        whole = sharing_house.directory(session, at, "3", name="传染病个案信息")
        row = begun(session, at, name="传染病个案", items=("许可证编号",), provider="")
        with pytest.raises(DemandForbidden) as refused:
            take(session, row, Step.ASSIGN, AUTHORITY, at, provider=HEALTH)
        assert refused.value.rule == f"directory:{whole.code}"
        assert (row.state, row.provider) == ("assigning", None)
        assert take(session, row, Step.ASSIGN, AUTHORITY, at, provider=MARKET) == "answering"


def test_the_negative_list_is_kept_by_the_authority_over_whom_it_is_about(province: Database, at: datetime):
    with province.transaction() as session:
        own = NewEntry(Target.ITEM, "负责人", "依据", "理由", HEALTH)
        for who in (CITY_AUTHORITY, PROVIDER, REQUESTER):
            with pytest.raises(NotYourNegative):
                negative.enter(session, own, who, at)
        with pytest.raises(NotYourNegative):
            negative.enter(session, NewEntry(Target.ITEM, "负责人", "依据", "理由"), CITY_AUTHORITY, at)
        with pytest.raises(NotYourNegative):
            negative.end(session, "state-secret", "理由", CITY_AUTHORITY, at)
        negative.enter(session, NewEntry(Target.ITEM, "负责人", "依据", "理由", MARKET), CITY_AUTHORITY, at)
        assert negative.seed(session, AUTHORITY, at) == []
        seen = session.scalars(negative.listed(HEALTH)).all()
        assert {each.provider for each in seen} == {None}
        assert len(session.scalars(select(NegativeEntry)).all()) == len(seen) + 1


@pytest.mark.parametrize(
    "peculiar", [{"provider": POLICE}, {"items": ("产品名称", "产品 名称")}], ids=["own-data", "item-twice"]
)
def test_a_demand_that_makes_no_sense_is_refused(province: Database, at: datetime, peculiar: dict[str, object]):
    with province.transaction() as session, pytest.raises(UnusableDemand):
        begun(session, at, **peculiar)


@pytest.mark.parametrize(
    ("peculiar", "lacking"),
    [
        ({"items": ITEMS[:1]}, "items"),
        ({"update_cycle": "year"}, "update-cycle"),
        ({"share_mode": ["batch"]}, "delivery"),
    ],
)
def test_a_provider_names_only_a_directory_that_meets_it(
    province: Database, at: datetime, peculiar: dict[str, object], lacking: str
):
    with province.transaction() as session:
        code = publish(session, at, **peculiar)
        row = begun(session, at)
        for named, why in ((code, lacking), ("307/1", "no-directory-of-yours")):
            with pytest.raises(DemandNotMet) as refused:
                take(session, row, Step.SATISFY, PROVIDER, at, directory=named)
            assert refused.value.lacking == why


def test_a_lack_becomes_a_demand_once_and_grows(province: Database, at: datetime):
    def lack(*references: str, weight: int = 10, **peculiar: object) -> Lack:
        return Lack(POLICE, house.new(**peculiar), GAP, references, weight)

    with province.transaction() as session:
        row = asking.born(session, lack("000123#卫生评价"), at)
        assert row is not None
        version = row.version
        assert asking.born(session, lack("000123#卫生评价"), at) is row
        assert row.version == version
        asking.born(session, lack("000124#卫生评价", weight=12), at)
        asker = session.get_one(DemandAsker, (row.id, POLICE))
        assert (asker.references, asker.weight, asker.origin) == (["000123#卫生评价", "000124#卫生评价"], 12, "gap")
        assert asking.born(session, lack("x", name="国家秘密目录"), at) is None
        publish(session, at, name="另外的信息", items=[item("甲", 5)])
        assert asking.born(session, lack("x", name="另外的信息", items=("甲",)), at) is None
        assert directories.search_within(session, "另外的信息", 5)


def test_a_name_whose_letters_fold_to_many_is_a_name(province: Database, at: datetime):
    with province.transaction() as session:
        long = "\ufdfa" * 200
        first = begun(session, at, name=long)
        assert begun(session, at, by=MARKET_REQUESTER, name=long).id == first.id
        assert begun(session, at, name=f"{long[:-1]}\u8868").id != first.id
