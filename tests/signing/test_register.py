"""The life of a seal: nobody brings one into being alone, and its state can be asked of any day."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base import audit
from base.acting import actor
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from signing import life, making, register
from signing.errors import (
    NotTheOwners,
    PersonNeeded,
    RenewalUnderWay,
    SamePerson,
    SealStepNotAllowed,
    UnusableSealPeriod,
    UnusableSealSize,
)
from signing.life import State, Step
from signing.models import Seal, SealEdition
from signing.register import Renewal
from tests.keys.parties.builders import PROVINCE
from tests.signing import offices
from tests.signing.offices import (
    CLERK,
    CUSTODIAN,
    HEAD,
    MAKER,
    SECOND_HEAD,
    WATCHER,
    WINDOW,
    YEAR,
    Walk,
    active_seal,
    application,
    person,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def office(database: Database, at: datetime) -> Database:
    offices.opened(database, at)
    return database


def state(session: Session, seal: Seal) -> str:
    return register.editions(session, seal.id)[-1].state


def test_a_seal_becomes_active_by_four_different_people(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        assert state(session, seal) == State.ACTIVE
        assert len(set(offices.doers(session, seal).values())) == 3 + 1


def test_its_number_is_the_region_and_a_count(office: Database, at: datetime):
    with office.transaction() as session:
        numbers = [register.apply(session, application(at), CLERK, at).id for _ in range(3)]
    assert numbers == ["32090000000001", "32090000000002", "32090000000003"]


@pytest.mark.parametrize(
    ("reached", "step", "by"),
    [
        (Step.APPLY, Step.AGREE, CLERK),
        (Step.APPLY, Step.REFUSE, CLERK),
        (Step.AGREE, Step.MAKE, CLERK),
        (Step.AGREE, Step.MAKE, HEAD),
        (Step.FILE, Step.ACTIVATE, CLERK),
        (Step.FILE, Step.ACTIVATE, HEAD),
    ],
)
def test_nobody_does_two_steps_that_must_be_apart(
    office: Database, at: datetime, reached: Step, step: Step, by: Caller
):
    with office.transaction() as session:
        seal = Walk(session, at).to(reached)
        with pytest.raises(SamePerson):
            Walk(session, at).take(seal, step, by)


def test_the_maker_may_not_activate_what_it_made(office: Database, at: datetime):
    maker_inside = person("inside", "seal_maker")
    with office.transaction() as session:
        seal = Walk(session, at).to(Step.AGREE)
        for step in (Step.MAKE, Step.FILE):
            Walk(session, at).take(seal, step, maker_inside)
        with pytest.raises(SamePerson):
            register.activate(session, seal, "", maker_inside, at)


def test_who_suspended_a_seal_does_not_resume_it(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        register.take(session, seal, Step.SUSPEND, "遗失", HEAD, at)
        with pytest.raises(SamePerson):
            register.take(session, seal, Step.RESUME, "找到", HEAD, at)
        register.take(session, seal, Step.RESUME, "找到", SECOND_HEAD, at)
        assert state(session, seal) == State.ACTIVE


@pytest.mark.parametrize("step", [Step.AGREE, Step.ACTIVATE, Step.CANCEL, Step.RESUME])
def test_strangers_take_no_step_of_the_owner(office: Database, at: datetime, step: Step):
    before = {Step.AGREE: Step.APPLY, Step.ACTIVATE: Step.FILE}.get(step, Step.ACTIVATE)
    stranger = person("stranger", "seal_owner", PROVINCE)
    with office.transaction() as session:
        seal = Walk(session, at).to(before)
        if step is Step.RESUME:
            register.take(session, seal, Step.SUSPEND, "", HEAD, at)
        with pytest.raises(NotTheOwners):
            Walk(session, at).take(seal, step, stranger)


def test_nobody_applies_for_another_organisation(office: Database, at: datetime):
    with office.transaction() as session, pytest.raises(NotTheOwners):
        register.apply(session, application(at, owner=PROVINCE), CLERK, at)


def test_a_system_takes_no_step(office: Database, at: datetime):
    with office.transaction() as session:
        with pytest.raises(PersonNeeded):
            register.apply(session, application(at), WINDOW, at)
        seal = Walk(session, at).to(Step.APPLY)
        with pytest.raises(PersonNeeded):
            register.take(session, seal, Step.AGREE, "", WINDOW, at)


def test_the_office_that_watches_may_suspend_and_revoke(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        register.take(session, seal, Step.SUSPEND, "核查", WATCHER, at)
        register.take(session, seal, Step.REVOKE, "核查属实", WATCHER, at)
        assert state(session, seal) == State.REVOKED


@pytest.mark.parametrize("ended", [Step.CANCEL, Step.REVOKE])
@pytest.mark.parametrize("step", [Step.RESUME, Step.ACTIVATE, Step.SUSPEND, Step.AGREE])
def test_an_ended_seal_stays_ended(office: Database, at: datetime, ended: Step, step: Step):
    with office.transaction() as session:
        seal = active_seal(session, at)
        register.take(session, seal, ended, "", HEAD, at)
        with pytest.raises(SealStepNotAllowed):
            Walk(session, at).take(seal, step, CUSTODIAN if step is Step.ACTIVATE else SECOND_HEAD)


def test_a_renewal_supersedes_only_when_it_is_activated(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        register.renew(session, seal, Renewal(at, at + 4 * YEAR, "到期换章"), CLERK, at)
        assert [each.state for each in register.editions(session, seal.id)] == ["active", "applied"]
        for step, by in ((Step.AGREE, HEAD), (Step.MAKE, MAKER), (Step.FILE, MAKER), (Step.ACTIVATE, CUSTODIAN)):
            Walk(session, at).take(seal, step, by)
        assert [each.state for each in register.editions(session, seal.id)] == ["superseded", "active"]


@pytest.mark.parametrize("step", [Step.CANCEL, Step.REVOKE])
def test_an_ended_seal_does_not_come_back_by_its_renewal(office: Database, at: datetime, step: Step):
    with office.transaction() as session:
        walk = Walk(session, at)
        seal = walk.to(Step.ACTIVATE)
        register.renew(session, seal, Renewal(at, at + 4 * YEAR, "演示换发"), CLERK, at)
        for each, by in ((Step.AGREE, HEAD), (Step.MAKE, MAKER), (Step.FILE, MAKER)):
            walk.take(seal, each, by)
        register.take(session, seal, step, "演示", HEAD, at)
        with pytest.raises(SealStepNotAllowed) as refused:
            register.activate(session, seal, "", CUSTODIAN, at)
        assert refused.value.state == "ended"
        assert register.living(session, seal) is None


def test_only_one_renewal_is_on_its_way(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        register.renew(session, seal, Renewal(at, at + YEAR, ""), CLERK, at)
        with pytest.raises(RenewalUnderWay):
            register.renew(session, seal, Renewal(at, at + YEAR, ""), CLERK, at)


def test_the_database_itself_keeps_two_editions_from_living(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        second = register.renew(session, seal, Renewal(at, at + YEAR, ""), CLERK, at)
        second.state = State.ACTIVE.value
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_after_a_merger_the_register_names_the_successor(office: Database, at: datetime):
    with office.transaction() as session:
        old, new = active_seal(session, at), active_seal(session, at)
        register.succeed(session, old, new, "机构合并", HEAD, at)
        assert (old.successor, state(session, old), state(session, new)) == (new.id, "cancelled", "active")


def test_no_seal_succeeds_itself_and_none_that_is_not_in_use(office: Database, at: datetime):
    with office.transaction() as session:
        old, new = active_seal(session, at), Walk(session, at).to(Step.APPLY)
        for heir in (old, new):
            with pytest.raises(SealStepNotAllowed):
                register.succeed(session, old, heir, "", HEAD, at)


def test_the_state_of_any_day_can_be_asked(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        register.take(session, seal, Step.SUSPEND, "遗失", HEAD, at + 2 * HOUR)
        register.take(session, seal, Step.REVOKE, "遗失", HEAD, at + 4 * HOUR)
        told = [register.status_at(session, seal, at + each * HOUR).state for each in (-1, 1, 3, 5)]
    assert told == [None, State.ACTIVE, State.SUSPENDED, State.REVOKED]


def test_a_seal_past_its_period_is_not_usable(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        assert register.status_at(session, seal, at + YEAR).usable
        assert not register.status_at(session, seal, at + 3 * YEAR + HOUR).usable


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"valid_until": 0}, UnusableSealPeriod),
        ({"valid_until": -1}, UnusableSealPeriod),
        ({"valid_until": 11 * 366}, UnusableSealPeriod),
        ({"width_mm": 5}, UnusableSealSize),
        ({"height_mm": 500}, UnusableSealSize),
    ],
)
def test_what_cannot_be_a_seal_is_refused(
    office: Database, at: datetime, said: dict[str, int], refused: type[Exception]
):
    told: dict[str, object] = dict(said)
    if "valid_until" in said:
        told["valid_until"] = at + timedelta(days=said["valid_until"])
    with office.transaction() as session, pytest.raises(refused):
        register.apply(session, application(at, **told), CLERK, at)


def test_every_step_is_on_the_ledger(office: Database, at: datetime):
    with office.transaction() as session:
        seal = active_seal(session, at)
        number = seal.id
    with office.reading() as session:
        found = audit.search(session, audit.Search(thing_kind="seal", thing_id=number))
        acts = [each.entry.act for each in found]
    assert sorted(acts) == ["seal.activate", "seal.agree", "seal.apply", "seal.drawn", "seal.file", "seal.make"]


EVERYONE = (CLERK, HEAD, SECOND_HEAD, CUSTODIAN, MAKER, WATCHER)


def wandering(session: Session, seal: Seal, chosen: random.Random, at: datetime) -> None:
    """Let anyone try anything; what is refused is refused."""
    step, by = chosen.choice(list(life.MOVES)), chosen.choice(EVERYONE)
    attempts: dict[Step, Callable[[], object]] = {
        Step.MAKE: lambda: made(session, seal, by, at),
        Step.FILE: lambda: register.file(session, seal, "演示备", by, at),
        Step.ACTIVATE: lambda: register.activate(session, seal, "", by, at),
    }
    try:
        attempts.get(step, lambda: register.take(session, seal, step, "", by, at))()
    except DomainError:
        return


def made(session: Session, seal: Seal, by: Caller, at: datetime) -> None:
    making.draw(session, seal, offices.material(seal.id), offices.sealing_maker(), by, at)
    making.make(session, seal, offices.sealing_maker(), by, at)


@pytest.mark.parametrize("seed", range(4))
def test_on_no_random_walk_is_a_seal_active_through_fewer_than_three_people(office: Database, at: datetime, seed: int):
    chosen = random.Random(seed)  # noqa: S311 - a walk, not a secret
    with office.transaction() as session:
        for _ in range(6):
            seal = register.apply(session, application(at), CLERK, at)
            for _ in range(40):
                wandering(session, seal, chosen, at)
                require_lawful(session, seal)


def require_lawful(session: Session, seal: Seal) -> None:
    edition: SealEdition = register.editions(session, seal.id)[-1]
    if State(edition.state) in {State.ACTIVE, State.SUSPENDED}:
        done = offices.doers(session, seal)
        assert len({done[Step.APPLY], done[Step.AGREE], done[Step.ACTIVATE]}) == 3
        assert done[Step.MAKE] not in {done[Step.APPLY], done[Step.AGREE], done[Step.ACTIVATE]}
        assert done[Step.AGREE] in {actor(HEAD), actor(SECOND_HEAD)} | {actor(each) for each in EVERYONE}
