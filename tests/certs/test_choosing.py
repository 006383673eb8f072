"""The seal that an act takes, and issuing for another organ: only with its written leave, and said before anything."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from base import clock
from base.callers import Caller
from base.db import Database
from certs import library
from certs.choosing_errors import NotAuthorisedByIssuer, SealDoesNotFit
from certs.faces.typefaces import typeface
from certs.issuing import Asked
from certs.life import Step
from certs.models import Certificate
from certs.routes.certificates import certificates
from keys.parties import systems
from keys.parties.systems import NewSystem
from signing import authorisations, making, register
from signing.life import Step as SealStep
from signing.models import ANY, Seal, SealAuthorisation, SealUse
from tests import rooms
from tests.certs.office import Office, office
from tests.certs.papers import HYGIENE, TYPES
from tests.certs.test_certificate_routes import body, tag
from tests.keys.parties.builders import CITY, PROVINCE
from tests.keys.parties.builders import MAKER as ADMINISTRATOR
from tests.signing import offices
from tests.signing.offices import HEAD, SECOND_HEAD, WINDOW

AGENT = Caller("system", "agent", "agent", PROVINCE, scopes=frozenset({"cert:issue", "seal:use"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> Office:
    made = office(database, tmp_path, at, typeface())
    with database.transaction() as session:
        systems.add(session, NewSystem("agent", "演示审批平台", PROVINCE), ADMINISTRATOR, at)
    return made


def allow(house: Office, **peculiar: object) -> None:
    """Let the owner of the seal allow the agent, in writing and by two people."""
    with house.database.transaction() as session:
        told = {"system": "agent", "document_type": HYGIENE.code, "act": "issue", "region": "320900", **peculiar}
        leave = offices.leave(house.at, **told)
        row = authorisations.propose(session, register.seal_of(session, house.seal), leave, HEAD, house.at)
        authorisations.confirm(session, row, SECOND_HEAD, house.at)


def count(house: Office, table: type) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def for_the_city(house: Office, **peculiar: object) -> Asked:
    return replace(house.asked(), issuer=CITY, **peculiar)  # type: ignore[arg-type]


def test_a_system_issues_for_another_organ_by_its_written_leave(house: Office):
    """The certificate is the city's, under the city's seal; the record says which system of whom did it."""
    allow(house)
    identifier = house.issuer(AGENT).issue(for_the_city(house))
    with house.database.reading() as session:
        row = library.certificate_of(session, identifier)
        use = session.scalars(select(SealUse)).one()
        assert (row.issuer, row.state, library.entered_by(session, row)) == (CITY, "valid", PROVINCE)
    assert (use.seal, use.by, use.organisation) == (house.seal, "system:agent", PROVINCE)


@pytest.mark.parametrize(
    "peculiar",
    [None, {"document_type": "other"}, {"act": "change"}, {"region": "320100"}],
    ids=["no leave", "other type", "other act", "other region"],
)
def test_without_a_leave_that_covers_it_nothing_is_put_on_record(house: Office, peculiar: dict[str, str] | None):
    """Refused before a number is spent."""
    if peculiar is not None:
        allow(house, **peculiar)
    with pytest.raises(NotAuthorisedByIssuer) as refused:
        house.issuer(AGENT).issue(for_the_city(house))
    assert refused.value.facts == {"issuer": CITY, "type": HYGIENE.code, "act": "issue"}
    assert (count(house, Certificate), count(house, SealUse)) == (0, 0)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_leave_counts_in_its_time_only(house: Office, days: int):
    """Neither before nor after."""
    allow(house)
    house.at += timedelta(days=days)
    with pytest.raises(NotAuthorisedByIssuer):
        house.issuer(AGENT).issue(for_the_city(house))


def test_a_leave_that_nobody_confirmed_or_that_was_withdrawn_counts_for_nothing(house: Office):
    """Two people of the owner say yes, one says no."""
    with house.database.transaction() as session:
        seal = register.seal_of(session, house.seal)
        leave = offices.leave(house.at, system="agent", document_type=ANY, act=ANY)
        authorisations.propose(session, seal, leave, HEAD, house.at)
    with pytest.raises(NotAuthorisedByIssuer):
        house.issuer(AGENT).issue(for_the_city(house))
    allow(house)
    with house.database.transaction() as session:
        for row in session.scalars(select(SealAuthorisation).where(SealAuthorisation.system == "agent")):
            authorisations.withdraw(session, row, HEAD, house.at)
    with pytest.raises(NotAuthorisedByIssuer):
        house.issuer(AGENT).issue(for_the_city(house))


def test_a_person_of_another_organ_issues_for_nobody_else(house: Office):
    """Leaves are for systems."""
    allow(house)
    person = replace(AGENT, kind="person", roles=frozenset({"issuer"}))
    with pytest.raises(NotAuthorisedByIssuer):
        house.issuer(person).issue(for_the_city(house))


def test_what_was_issued_for_an_organ_is_changed_for_it_only_by_a_leave_for_changes(house: Office):
    """A leave names its act."""
    allow(house)
    first = house.issuer(AGENT).issue(for_the_city(house))
    asked = for_the_city(house, supersedes=first, act=Step.CHANGE)
    with pytest.raises(NotAuthorisedByIssuer):
        house.issuer(AGENT).issue(asked)
    allow(house, act="change")
    second = house.issuer(AGENT).issue(asked)
    with house.database.reading() as session:
        assert library.certificate_of(session, second).supersedes == first


def second_seal(house: Office, **peculiar: object) -> str:
    """Give the city another active seal that the window may use."""
    with house.database.transaction() as session:
        walk = offices.Walk(session, house.at)
        seal = register.apply(session, offices.application(house.at, **peculiar), offices.CLERK, house.at)
        steps: tuple[tuple[SealStep, Caller], ...] = (
            (SealStep.AGREE, HEAD),
            (SealStep.MAKE, offices.MAKER),
            (SealStep.FILE, offices.MAKER),
            (SealStep.ACTIVATE, offices.CUSTODIAN),
        )
        for step, by in steps:
            walk.take(seal, step, by)
        offices.authorised(session, seal, house.at, document_type=ANY, act=ANY, ceiling=1000)
        assert making is not None
        return str(seal.id)


def used(house: Office) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(SealUse.seal).order_by(SealUse.at, SealUse.id)))


def test_the_caller_names_a_seal_that_fits(house: Office):
    """Of two business seals the second; also for one that was left to be signed."""
    other = second_seal(house, name="演示市数据局行政审批专用章（二）")
    house.issuer().issue(replace(house.asked(), seal=other))
    assert used(house) == [other]
    waiting = house.begin(replace(house.asked(), seal=other))
    house.issuer().retry(waiting)
    assert used(house) == [other, other]


def test_a_seal_that_does_not_fit_is_refused_before_anything_is_on_record(house: Office):
    """Of another kind, of nobody, or not active."""
    internal = second_seal(house, kind="name", name="演示市数据局")
    suspended = second_seal(house, name="演示市数据局行政审批专用章（二）")
    with house.database.transaction() as session:
        register.take(session, register.seal_of(session, suspended), SealStep.SUSPEND, "演示", HEAD, house.at)
    for each in (internal, suspended, "32090099999999"):
        with pytest.raises(SealDoesNotFit) as refused:
            house.issuer().issue(replace(house.asked(), seal=each))
        assert refused.value.facts == {"seal": each, "type": HYGIENE.code, "act": "issue", "seal_kind": "business"}
    assert count(house, Certificate) == 0


def test_each_act_takes_the_kind_of_seal_that_the_type_names_for_it(house: Office):
    """A change under the organ's own name, an issue under the business seal."""
    own_name = second_seal(house, kind="name", name="演示市数据局")
    peculiar = replace(HYGIENE, seals={**HYGIENE.seals, "change": "name"})
    house.parts = replace(house.parts, types={**TYPES, HYGIENE.code: peculiar})
    first = house.issue()
    house.at += timedelta(minutes=1)
    house.issue(supersedes=first, act=Step.CHANGE)
    assert used(house) == [house.seal, own_name]


def test_without_a_name_the_first_seal_that_may_be_used_is_taken(house: Office):
    """The older seal's leave has ended; the act does not fail for that."""
    other = second_seal(house, name="演示市数据局行政审批专用章（二）")
    with house.database.transaction() as session:
        for row in session.scalars(select(SealAuthorisation).where(SealAuthorisation.seal == house.seal)):
            authorisations.withdraw(session, row, HEAD, house.at)
        assert session.get(Seal, other) is not None
    house.issue()
    assert used(house) == [other]


def test_over_http_an_agent_issues_reads_and_changes_for_the_organ(house: Office, monkeypatch: pytest.MonkeyPatch):
    """It sees what it issued; the organ sees it too; a stranger sees that there is nothing."""
    monkeypatch.setattr(clock, "now", lambda: house.at)
    sealer = house.issuer().sealer
    window = replace(WINDOW, scopes=AGENT.scopes)
    door = rooms.door(house.database, (certificates,), (AGENT, window), house.parts, sealer.signing, sealer.authority)
    told: Callable[..., object] = lambda **more: body(house, issuer=CITY, **more)  # noqa: E731
    refused = door.call("agent", "POST", "/certificates", json=told())
    assert (refused.status_code, refused.json["code"]) == (403, "not-authorised-by-issuer")
    allow(house, act=ANY)
    answer = door.call("agent", "POST", "/certificates", json=told())
    assert (answer.status_code, answer.json["issuer"]) == (201, CITY)
    place = f"/certificates/{answer.json['identifier']}"
    assert {door.call(who, "GET", place).json["number"] for who in ("agent", "gm")} == {answer.json["number"]}
    draft = {name: value for name, value in body(house).items() if name != "type"}
    wrong = {**draft, "seal": "32090099999999"}
    headers = {"If-Match": tag(answer.json)}
    other = door.call("agent", "POST", f"{place}/changes", json=wrong, headers=headers)
    assert (other.status_code, other.json["code"]) == (409, "seal-does-not-fit")
    changed = door.call("agent", "POST", f"{place}/changes", json=draft, headers=headers)
    assert (changed.status_code, changed.json["supersedes"]) == (201, answer.json["identifier"])
