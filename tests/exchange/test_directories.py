"""The life of a directory: written, checked, reviewed, published, revised, withdrawn; by whom, and on record."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base import audit, search
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from exchange import comments, directories, elevations, life, tasks
from exchange.directories import NewDirectory
from exchange.errors import (
    DirectoryCodeTaken,
    DirectoryStepNotAllowed,
    FaultyDirectory,
    NoAuthority,
    NoSuchComment,
    NoSuchDirectory,
    NoSuchField,
    NothingChanged,
    NotYourDirectory,
    OpenComments,
    OwnWork,
    VersionUnderWay,
)
from exchange.life import State, Step
from exchange.models import DIRECTORY_SEARCH, Directory, DirectoryVersion, Task
from exchange.resource_codes import InvalidResourceCode
from keys.parties import people
from keys.parties.sample import code_of
from tests.exchange import departments
from tests.exchange.departments import (
    AUTHORITY,
    CITY_AUTHORITY,
    COUNTY_AUTHORITY,
    COUNTY_REVIEWER,
    COUNTY_STEWARD,
    MAKER,
    REVIEWER,
    SECOND_STEWARD,
    STEWARD,
    STRANGER,
    content,
    drafted,
    person,
    published,
    walked,
)


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    departments.opened(database, at)
    return database


def test_a_directory_is_published_by_three_people(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = published(session, at)
        assert (row.state, version.state, row.published) == ("published", "published", 1)
        assert len({each.by for each in directories.steps(session, row)}) == 3


def test_its_code_is_of_the_department_class_and_counts_up(province: Database, at: datetime):
    with province.transaction() as session:
        codes = [drafted(session, at)[0].code for _ in range(2)]
    assert [code.partition("/")[2] for code in codes] == ["000001", "000002"]


def test_a_code_that_was_given_elsewhere_is_kept_and_given_once(province: Database, at: datetime):
    new = NewDirectory(content(), code="30701505003030050000000003/000012")
    with province.transaction() as session:
        assert directories.add(session, new, STEWARD, at).code == new.code
        with pytest.raises(DirectoryCodeTaken):
            directories.add(session, new, STEWARD, at)
        with pytest.raises(InvalidResourceCode):
            directories.add(session, NewDirectory(content(), code="no"), STEWARD, at)


def test_a_draft_may_say_little_but_nothing_strange(province: Database, at: datetime):
    with province.transaction() as session:
        directories.add(session, NewDirectory({"name": "半成品"}), STEWARD, at)
        for told in ({"surprise": 1}, {"name": 7}, {"department": code_of("police")}):
            with pytest.raises(FaultyDirectory):
                directories.add(session, NewDirectory(told), STEWARD, at)


def test_an_incomplete_draft_is_not_handed_in(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at, summary=None)
        with pytest.raises(FaultyDirectory) as refused:
            directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
    assert (refused.value.first, refused.value.first_code) == ("#/summary", "missing")


@pytest.mark.parametrize(
    ("reached", "step", "by"),
    [
        (None, Step.SUBMIT, STRANGER),
        (None, Step.SUBMIT, REVIEWER),
        (None, Step.DISCARD, STRANGER),
        (Step.SUBMIT, Step.FORWARD, STRANGER),
        (Step.SUBMIT, Step.FORWARD, STEWARD),
        (Step.SUBMIT, Step.FORWARD, AUTHORITY),
        (Step.FORWARD, Step.PUBLISH, REVIEWER),
        (Step.FORWARD, Step.PUBLISH, CITY_AUTHORITY),
        (Step.FORWARD, Step.RETURN, REVIEWER),
        (Step.PUBLISH, Step.ASK_TO_WITHDRAW, STRANGER),
    ],
)
def test_a_step_belongs_to_those_whose_it_is(
    province: Database, at: datetime, reached: Step | None, step: Step, by: Caller
):
    with province.transaction() as session:
        row, version = drafted(session, at)
        if reached is not None:
            walked(session, row, version, reached, at)
        with pytest.raises(NotYourDirectory):
            directories.take(session, row, version, step, "", by, at)


def test_nobody_checks_what_they_wrote(province: Database, at: datetime):
    both = person("both", "health", "steward", "reviewer")
    with province.transaction() as session:
        row, version = drafted(session, at, by=both)
        directories.take(session, row, version, Step.SUBMIT, "", both, at)
        with pytest.raises(OwnWork):
            directories.take(session, row, version, Step.FORWARD, "", both, at)
        directories.take(session, row, version, Step.FORWARD, "", REVIEWER, at)


def test_a_business_system_writes_for_its_organisation_and_decides_nothing(province: Database, at: datetime):
    system = Caller("system", "s", "s", code_of("health"), scopes=frozenset({"directory:write"}))
    with province.transaction() as session:
        row, version = drafted(session, at, by=system)
        directories.take(session, row, version, Step.SUBMIT, "", system, at)
        with pytest.raises(NotYourDirectory):
            directories.take(session, row, version, Step.FORWARD, "", system, at)


def test_what_was_returned_is_written_again(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at)
        walked(session, row, version, Step.FORWARD, at)
        directories.take(session, row, version, Step.RETURN, "摘要太短", AUTHORITY, at)
        directories.write(session, row, version, content(summary="更长的摘要"), STEWARD, at)
        walked(session, row, version, Step.PUBLISH, at)
        assert version.content["summary"] == "更长的摘要"


def test_a_published_version_is_never_written_over(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = published(session, at)
        with pytest.raises(DirectoryStepNotAllowed):
            directories.write(session, row, version, content(), STEWARD, at)


def test_a_revision_takes_the_place_of_what_was_published(province: Database, at: datetime):
    with province.transaction() as session:
        row, first = published(session, at)
        second = directories.revise(session, row, "增加字段", STEWARD, at)
        with pytest.raises(NothingChanged):
            directories.take(session, row, second, Step.SUBMIT, "", STEWARD, at)
        directories.write(session, row, second, content(summary="新的摘要"), SECOND_STEWARD, at)
        walked(session, row, second, Step.PUBLISH, at)
        assert (first.state, second.state, row.published) == ("superseded", "published", 2)
        assert first.content["summary"] != second.content["summary"]


def test_one_version_is_under_way_at_a_time(province: Database, at: datetime):
    with province.transaction() as session:
        row, _ = published(session, at)
        directories.revise(session, row, "一", STEWARD, at)
        with pytest.raises(VersionUnderWay):
            directories.revise(session, row, "二", SECOND_STEWARD, at)


def test_the_database_itself_keeps_two_from_being_published(province: Database, at: datetime):
    with province.transaction() as session:
        row, _ = published(session, at)
        second = directories.revise(session, row, "一", STEWARD, at)
        second.state = State.PUBLISHED.value
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_an_earlier_version_can_be_restored(province: Database, at: datetime):
    with province.transaction() as session:
        row, first = published(session, at)
        second = directories.revise(session, row, "改", STEWARD, at)
        directories.write(session, row, second, content(summary="改坏了"), STEWARD, at)
        walked(session, row, second, Step.PUBLISH, at)
        third = directories.restore(session, row, 1, "恢复", STEWARD, at)
        assert third.content_sm3 == first.content_sm3
        walked(session, row, third, Step.PUBLISH, at)
        assert row.published == 3


def test_a_withdrawn_directory_is_found_no_more_and_can_come_back(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = published(session, at)
        directories.take(session, row, version, Step.ASK_TO_WITHDRAW, "职责划转", STEWARD, at)
        directories.take(session, row, version, Step.WITHDRAW, "", AUTHORITY, at)
        assert row.state == "withdrawn"
        assert directories.search_within(session, "卫生许可", 10) == []
        again = directories.restore(session, row, 1, "职责收回", STEWARD, at)
        walked(session, row, again, Step.PUBLISH, at)
        assert directories.search_within(session, "卫生许可", 10) == [row.code]


def test_what_should_be_kept_stays_published(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = published(session, at)
        directories.take(session, row, version, Step.ASK_TO_WITHDRAW, "", STEWARD, at)
        directories.take(session, row, version, Step.KEEP, "仍有部门在用", AUTHORITY, at)
        assert (row.state, version.state) == ("published", "published")


@pytest.mark.parametrize("text", ["许可", "卫生许可证", "ggcswsxkz", "公共场所", "30701500"])
def test_words_initials_and_codes_find_it(province: Database, at: datetime, text: str):
    with province.transaction() as session:
        row, _ = published(session, at)
        assert directories.search_within(session, text, 10) == [row.code]


def test_a_draft_is_found_by_nobody(province: Database, at: datetime):
    with province.transaction() as session:
        drafted(session, at)
        assert session.execute(select(DIRECTORY_SEARCH)).all() == []
        assert search.best(session, DIRECTORY_SEARCH, "许可", 10) == []


def test_open_remarks_keep_a_draft_from_being_handed_in(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at)
        remark = comments.comment(session, row, version, "#/items/0/type", "应为日期型", REVIEWER, at)
        with pytest.raises(OpenComments):
            directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
        comments.resolve(session, row, remark.id, STEWARD, at)
        directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
        with pytest.raises(NoSuchComment):
            comments.resolve(session, row, remark.id, STEWARD, at)


@pytest.mark.parametrize("pointer", ["#/surprise", "#/items/9/name", "#/items/0/surprise", "name", "#/items/x/name"])
def test_a_remark_points_at_a_field(province: Database, at: datetime, pointer: str):
    with province.transaction() as session:
        row, version = drafted(session, at)
        with pytest.raises(NoSuchField):
            comments.comment(session, row, version, pointer, "?", REVIEWER, at)


def test_strangers_remark_on_nothing(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at)
        with pytest.raises(NotYourDirectory):
            comments.comment(session, row, version, "#/name", "?", STRANGER, at)


COUNTY = (COUNTY_STEWARD, COUNTY_REVIEWER, COUNTY_AUTHORITY)


def test_what_a_county_publishes_goes_up_level_by_level(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at, by=COUNTY_STEWARD)
        walked(session, row, version, Step.PUBLISH, at, COUNTY)
        assert [(each.level, each.state) for each in elevations.elevations(session, row)] == [("city", "waiting")]
        decide(session, row, version, "city", CITY_AUTHORITY, at)
        decide(session, row, version, "province", AUTHORITY, at)
        assert [each.state for each in elevations.elevations(session, row)] == ["accepted", "accepted"]


def decide(
    session: Session,
    row: Directory,
    version: DirectoryVersion,
    level: str,
    by: Caller,
    at: datetime,
    *,
    yes: bool = True,
) -> None:
    elevations.decide(session, row, version, level, accepted=yes, reason="", by=by, at=at)


def test_a_level_decides_once_and_only_its_own(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at, by=COUNTY_STEWARD)
        walked(session, row, version, Step.PUBLISH, at, COUNTY)
        for by in (COUNTY_AUTHORITY, AUTHORITY, person("x", "city-data", "steward")):
            with pytest.raises(NotYourDirectory):
                decide(session, row, version, "city", by, at)
        decide(session, row, version, "city", CITY_AUTHORITY, at, yes=False)
        for level in ("city", "province"):
            with pytest.raises(DirectoryStepNotAllowed):
                decide(session, row, version, level, CITY_AUTHORITY, at)


def test_without_an_authority_nothing_is_forwarded(province: Database, at: datetime):
    with province.transaction() as session:
        for short in departments.AUTHORITIES:
            person_row = people.person_by_login(session, f"{short}-head")
            assert person_row is not None
            people.assign_roles(session, person_row, (), MAKER, at)
        row, version = drafted(session, at)
        directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
        with pytest.raises(NoAuthority):
            directories.take(session, row, version, Step.FORWARD, "", REVIEWER, at)


def test_every_step_is_on_the_ledger(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = published(session, at)
        directories.take(session, row, version, Step.ASK_TO_WITHDRAW, "", STEWARD, at)
        directories.take(session, row, version, Step.WITHDRAW, "", AUTHORITY, at)
        code = row.code
    with province.reading() as session:
        found = audit.search(session, audit.Search(thing_kind="directory", thing_id=code))
    steps = ("begun", "submit", "forward", "publish", "ask-to-withdraw", "withdraw")
    assert sorted(each.entry.act for each in found) == sorted(f"directory.{step}" for step in steps)


def test_an_unknown_directory_is_refused(province: Database):
    with province.reading() as session, pytest.raises(NoSuchDirectory):
        directories.directory_of(session, "307015/1")


EVERYONE = (STEWARD, SECOND_STEWARD, REVIEWER, AUTHORITY, STRANGER, CITY_AUTHORITY)


@pytest.mark.parametrize("seed", range(3))
def test_on_no_random_walk_is_anything_published_unreviewed(province: Database, at: datetime, seed: int):
    chosen = random.Random(seed)  # noqa: S311 - a walk, not a secret
    with province.transaction() as session:
        row, version = drafted(session, at)
        for _ in range(80):
            step, by = chosen.choice(list(life.MOVES)), chosen.choice(EVERYONE)
            try:
                if step is Step.SUPERSEDE:
                    directories.revise(session, row, "改", by, at)
                else:
                    directories.take(session, row, version, step, "", by, at)
            except DomainError:
                continue
            require_lawful(session, row)
            version = directories.versions(session, row)[0]


def require_lawful(session: Session, row: Directory) -> None:
    steps = directories.steps(session, row)
    for each in steps:
        if each.step == Step.PUBLISH:
            before = [step.step for step in steps if step.number == each.number and step.id < each.id]
            assert before[-2:] == [Step.SUBMIT, Step.FORWARD]
    open_tasks = session.scalars(select(Task).where(Task.done_at.is_(None))).all()
    waiting = [
        each for each in directories.versions(session, row) if each.state in {"checking", "reviewing", "withdrawing"}
    ]
    assert len(open_tasks) == len(waiting)


def test_two_at_once_do_not_get_one_code(province: Database, at: datetime):
    def write(_: int) -> str:
        with province.transaction() as session:
            return drafted(session, at)[0].code

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(write, range(8)))) == 8


def test_whose_turn_it_is_sees_it_among_their_tasks(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at)
        for step, by, following in (
            (Step.SUBMIT, STEWARD, REVIEWER),
            (Step.FORWARD, REVIEWER, AUTHORITY),
        ):
            directories.take(session, row, version, step, "", by, at)
            assert [each.title for each in tasks.mine(session, following, at)] == [row.name]
            assert tasks.mine(session, by, at) == []
