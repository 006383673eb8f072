"""Using a seal: only under the owner's confirmed leave, within its bounds, and on record before it is signed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from base.callers import Caller
from base.db import Database
from signing import authorisations, register
from signing.errors import (
    CeilingReached,
    NotTheOwners,
    PersonNeeded,
    SamePerson,
    SealNotUsable,
    SealStepNotAllowed,
    UnusableAuthorisation,
    UseNotAuthorised,
)
from signing.life import Step
from signing.models import DONE, FAILED, INTENDED, SealUse
from tests.keys.parties.builders import PROVINCE
from tests.signing import offices
from tests.signing.offices import HEAD, SECOND_HEAD, WINDOW, YEAR, active_seal, authorised, leave, use

HOUR = timedelta(hours=1)


@pytest.fixture
def office(database: Database, at: datetime) -> Database:
    offices.opened(database, at)
    return database


@pytest.fixture
def seal(office: Database, at: datetime) -> str:
    with office.transaction() as session:
        return active_seal(session, at).id


def test_a_covered_use_is_on_record_before_it_is_signed(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        authorised(session, row, at)
        begun, edition = authorisations.begin(session, row, use(), WINDOW, at)
        assert (begun.state, edition.number) == (INTENDED, 1)


def test_a_use_ends_done_or_failed(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        authorised(session, row, at)
        first, _ = authorisations.begin(session, row, use(), WINDOW, at)
        second, _ = authorisations.begin(session, row, use(), WINDOW, at)
        authorisations.end(session, first, "1" * 64, "2" * 64, WINDOW, at)
        authorisations.give_up(session, second, "faulty-signature", WINDOW, at)
        assert (first.state, second.state) == (DONE, FAILED)


@pytest.mark.parametrize(
    ("said", "asked", "reason"),
    [
        ({"document_type": "other"}, {}, "other-type"),
        ({}, {"act": "revoke"}, "other-act"),
        ({}, {"region": "320100"}, "other-region"),
        ({}, {"region": "320000"}, "other-region"),
    ],
)
def test_a_use_outside_its_bounds_is_refused_with_the_reason(
    office: Database, seal: str, at: datetime, said: dict[str, object], asked: dict[str, str], reason: str
):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        authorised(session, row, at, **said)
        with pytest.raises(UseNotAuthorised) as refused:
            authorisations.begin(session, row, use(**asked), WINDOW, at)
    assert refused.value.reason == reason


@pytest.mark.parametrize("hours", [-1, 366 * 24])
def test_a_use_outside_the_period_is_refused(office: Database, seal: str, at: datetime, hours: int):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        authorised(session, row, at, valid_from=at, valid_until=at + YEAR)
        with pytest.raises((UseNotAuthorised, SealNotUsable)):
            authorisations.begin(session, row, use(), WINDOW, at + hours * HOUR)


def test_the_scope_alone_lets_nobody_use_a_seal(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        with pytest.raises(UseNotAuthorised) as refused:
            authorisations.begin(session, row, use(), WINDOW, at)
    assert refused.value.reason == "no-authorisation"


def test_a_leave_that_nobody_confirmed_does_not_count(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        authorisations.propose(session, row, leave(at), HEAD, at)
        with pytest.raises(UseNotAuthorised) as refused:
            authorisations.begin(session, row, use(), WINDOW, at)
    assert refused.value.reason == "not-confirmed"


def test_nobody_confirms_their_own_proposal(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        proposed = authorisations.propose(session, register.seal_of(session, seal), leave(at), HEAD, at)
        with pytest.raises(SamePerson):
            authorisations.confirm(session, proposed, HEAD, at)
        authorisations.confirm(session, proposed, SECOND_HEAD, at)
        with pytest.raises(SealStepNotAllowed):
            authorisations.confirm(session, proposed, SECOND_HEAD, at)


@pytest.mark.parametrize("by", [WINDOW, offices.person("stranger", "seal_owner", PROVINCE)])
def test_only_the_owners_people_allow_uses(office: Database, seal: str, at: datetime, by: Caller):
    with office.transaction() as session, pytest.raises((PersonNeeded, NotTheOwners)):
        authorisations.propose(session, register.seal_of(session, seal), leave(at), by, at)


def test_a_withdrawn_leave_stops_the_next_use(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        given = authorised(session, row, at)
        authorisations.begin(session, row, use(), WINDOW, at)
        authorisations.withdraw(session, given, HEAD, at)
        with pytest.raises(UseNotAuthorised):
            authorisations.begin(session, row, use(), WINDOW, at)


@pytest.mark.parametrize("step", [Step.SUSPEND, Step.CANCEL, Step.REVOKE])
def test_a_seal_that_does_not_live_is_not_used(office: Database, seal: str, at: datetime, step: Step):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        authorised(session, row, at)
        register.take(session, row, step, "", HEAD, at)
        with pytest.raises(SealNotUsable):
            authorisations.begin(session, row, use(), WINDOW, at)


def test_the_ceiling_holds_for_a_day_and_failed_uses_do_not_count(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        authorised(session, row, at, ceiling=2)
        failed, _ = authorisations.begin(session, row, use(), WINDOW, at)
        authorisations.give_up(session, failed, "unreadable", WINDOW, at)
        for _ in range(2):
            authorisations.begin(session, row, use(), WINDOW, at)
        with pytest.raises(CeilingReached):
            authorisations.begin(session, row, use(), WINDOW, at)
        authorisations.begin(session, row, use(), WINDOW, at + timedelta(days=1))


def test_a_use_that_two_leaves_cover_is_refused_only_when_both_are_full(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        row = register.seal_of(session, seal)
        for _ in range(2):
            authorised(session, row, at, ceiling=1)
        made = [authorisations.begin(session, row, use(), WINDOW, at)[0] for _ in range(2)]
        assert len({each.authorisation for each in made}) == 2
        with pytest.raises(CeilingReached):
            authorisations.begin(session, row, use(), WINDOW, at)


def test_two_uses_at_once_do_not_pass_one_ceiling(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        authorised(session, register.seal_of(session, seal), at, ceiling=3)

    def attempt(_: int) -> bool:
        try:
            with office.transaction() as session:
                authorisations.begin(session, register.seal_of(session, seal), use(), WINDOW, at)
        except CeilingReached:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(12))) == 3
    with office.reading() as session:
        assert session.query(SealUse).count() == 3


@pytest.mark.parametrize("said", [{"ceiling": 0}, {"ceiling": 2_000_000}, {"valid_until": None}])
def test_an_authorisation_that_cannot_be_kept_is_refused(
    office: Database, seal: str, at: datetime, said: dict[str, object]
):
    told = {name: at if value is None else value for name, value in said.items()}
    with office.transaction() as session, pytest.raises(UnusableAuthorisation):
        authorisations.propose(session, register.seal_of(session, seal), leave(at, **told), HEAD, at)
