"""Use lists: read from tables with every fault, published by two people, in force from moment to moment."""

from datetime import datetime, timedelta

import pytest

from base.db import Database
from exchange.agreements import contracts, use_list_tables, use_lists
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.contracts import Call
from exchange.agreements.errors import (
    NoSuchUseList,
    NotYourUseList,
    OwnShareRequest,
    UnusableEffectiveDate,
    UseListStepNotAllowed,
)
from exchange.agreements.matters import by_code, matters, source
from exchange.agreements.models import UseList
from exchange.agreements.purposes import Stage
from exchange.agreements.use_list_tables import UseRow
from keys.parties.errors import UnreadableTable
from tests.exchange import contract_house
from tests.exchange import sharing_house as house
from tests.exchange.sharing_house import AUTHORITY, CITY_AUTHORITY, LICENCE, POLICE, PROVIDER, SECOND_AUTHORITY

DAY = timedelta(days=1)
HEADING = "事项编码,事项名称,材料名称,资源代码,数据项,实施主体,环节,依据\n"
ROW = f"{LICENCE},公共场所卫生许可,卫生许可证,30701509/1,许可证编号|单位名称,{POLICE},收件、审批,条例\n"


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.code) for each in use_list_tables.read(text.encode()).faults]


def test_a_table_is_read_with_chinese_or_english_headings():
    read = use_list_tables.read((HEADING + ROW).encode())
    assert read.faults == ()
    stages = (Stage.INTAKE, Stage.REVIEW)
    expected = UseRow(
        LICENCE,
        "公共场所卫生许可",
        "卫生许可证",
        "30701509/1",
        ("许可证编号", "单位名称"),
        (POLICE,),
        stages,
        "条例",
    )
    assert read.rows == (expected,)
    english = f"item_code,material,resource,fields\n{LICENCE},licence,type-1,number\n"
    assert use_list_tables.read(english.encode("gb18030")).rows[0].fields == ("number",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEADING, (1, "", "no-rows")),
        ("事项编码,材料名称\n1,2\n", (1, "resource", "column-missing")),
        (HEADING + ROW.replace(LICENCE, "12"), (2, "item_code", "not-a-matter-code")),
        (HEADING + ROW.replace("卫生许可证", ""), (2, "material", "empty")),
        (HEADING + ROW.replace("30701509/1", "9" * 65), (2, "resource", "too-long")),
        (HEADING + ROW.replace("许可证编号|单位名称", "|"), (2, "fields", "empty")),
        (HEADING + ROW.replace(POLICE, "1234"), (2, "organs", "not-a-credit-code")),
        (HEADING + ROW.replace(LICENCE, f"{house.HEALTH}2{LICENCE}"), (2, "organs", "not-the-matters-own")),
        (HEADING + ROW.replace("审批", "想看"), (2, "stages", "unknown-stage")),
        (HEADING + ROW.replace("审批", "agreement"), (2, "stages", "unknown-stage")),
        (HEADING + ROW.replace("条例", "长" * 501), (2, "basis", "too-long")),
        (HEADING + ROW + ROW, (3, "material", "twice")),
    ],
)
def test_every_fault_of_a_table_is_told_with_its_row(text: str, fault: tuple[int, str, str]):
    assert fault in faults(text)


def test_good_rows_are_read_beside_bad_ones_and_all_faults_are_told():
    read = use_list_tables.read((HEADING + ROW + ROW.replace(LICENCE, "1") + ROW.replace("卫生许可证", "")).encode())
    assert len(read.rows) == 1
    assert [each.row for each in read.faults] == [3, 4]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x00", b"PK\x03\x04broken", b'a,"b\n'])
def test_what_is_no_table_is_refused(content: bytes):
    with pytest.raises(UnreadableTable):
        use_list_tables.read(content)


# --- in the house ---------------------------------------------------------------------------------------------------


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    house.opened(database, at)
    return database


def rows(*fields: str) -> tuple[UseRow, ...]:
    return (UseRow(LICENCE, "", "卫生许可证", "30701509/1", fields or ("许可证编号",), (), (), ""),)


def call(at: datetime) -> Call:
    return Call(
        POLICE, "", CallerKind.DEPARTMENT, "30701509/1", contract_house.purpose(item_code=LICENCE), at
    )  # fmt: skip


def test_a_list_is_published_by_another_person_of_the_authority(province: Database, at: datetime):
    with province.transaction() as session:
        row = use_lists.draft(session, "清单", "依据", rows(), AUTHORITY, at)
        with pytest.raises(OwnShareRequest):
            use_lists.publish(session, row, at, AUTHORITY, at)
        for other in (CITY_AUTHORITY, PROVIDER):
            with pytest.raises(NotYourUseList):
                use_lists.publish(session, row, at, other, at)
            with pytest.raises(NotYourUseList):
                use_lists.discard(session, row, other, at)
        with pytest.raises(NotYourUseList):
            use_lists.draft(session, "清单", "依据", rows(), PROVIDER, at)
        assert use_lists.publish(session, row, at, SECOND_AUTHORITY, at).state == "published"
        with pytest.raises(UseListStepNotAllowed):
            use_lists.discard(session, row, AUTHORITY, at)


def published(session, at: datetime, since: datetime, *fields: str) -> UseList:
    row = use_lists.draft(session, "清单", "依据", rows(*fields), AUTHORITY, at)
    return use_lists.publish(session, row, since, SECOND_AUTHORITY, at)


def test_a_new_version_takes_over_at_its_moment(province: Database, at: datetime):
    with province.transaction() as session:
        first = published(session, at, at, "许可证编号")
        second = published(session, at, at + 30 * DAY, "单位名称")
        assert (first.number, second.number, first.effective_until) == (1, 2, at + 30 * DAY)
        for moment, fields in ((at, ("许可证编号",)), (at + 30 * DAY, ("单位名称",))):
            answer = contracts.best(use_lists.implied(session, call(moment)), call(moment))
            assert isinstance(answer, contracts.Allowed)
            assert answer.fields == fields
        assert use_lists.implied(session, call(at - DAY)) == []


@pytest.mark.parametrize(("days", "reason"), [(-1, "past"), (400, "too-far"), (29, "before-the-one-before")])
def test_a_moment_that_makes_no_sense_is_refused(province: Database, at: datetime, days: int, reason: str):
    with province.transaction() as session:
        published(session, at, at + 30 * DAY)
        with pytest.raises(UnusableEffectiveDate) as raised:
            published(session, at, at + days * DAY)
        assert raised.value.reason == reason


def test_an_ended_list_grants_nothing_from_the_next_call(province: Database, at: datetime):
    with province.transaction() as session:
        row = published(session, at, at)
        assert use_lists.implied(session, call(at + DAY))
        use_lists.end(session, row, "依据废止", AUTHORITY, at + DAY)
        assert use_lists.implied(session, call(at + DAY)) == []
        with pytest.raises(UseListStepNotAllowed):
            use_lists.end(session, row, "再次", AUTHORITY, at + DAY)


def test_a_draft_grants_nothing_and_can_be_discarded(province: Database, at: datetime):
    with province.transaction() as session:
        row = use_lists.draft(session, "清单", "依据", rows(), AUTHORITY, at)
        assert use_lists.implied(session, call(at)) == []
        assert use_lists.discard(session, row, AUTHORITY, at).state == "discarded"
        with pytest.raises(NoSuchUseList):
            use_lists.use_list_of(session, "nothing")


def test_a_published_list_makes_its_matters_known(province: Database, at: datetime):
    with province.transaction() as session:
        assert use_lists.listed_codes(session, [LICENCE]) == set()
        published(session, at, at)
        assert use_lists.listed_codes(session, [LICENCE, "000123014000"]) == {LICENCE}


def test_the_code_list_has_a_hundred_matters_under_ninety_three_codes():
    assert (len(matters()), len(by_code()), len({each.name for each in matters()})) == (100, 93, 100)
    assert max(len(each) for each in by_code().values()) > 1
    assert source().startswith("苏协调办〔2023〕6号")
