"""Impressions are kept as they came, belong to one organisation, and become one seal at a time."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from base import audit
from base.callers import Caller
from base.db import Database
from signing import making, register, seals
from signing.errors import NotTheOwners, SamePerson
from signing.impressions import keeping, packages
from signing.impressions.errors import ImpressionInUse, ImpressionWithdrawn, NoSuchImpression
from signing.impressions.keeping import FilingNumber, Import
from signing.life import Step
from signing.models import Seal
from signing.register import Renewal
from tests.keys.parties.builders import CITY, PROVINCE
from tests.signing import offices
from tests.signing.impressions.handing_over import FILING, KEEPER, OTHER_PICTURE, SOURCE, package, row
from tests.signing.offices import CLERK, CUSTODIAN, HEAD, MAKER, YEAR, Walk, person


@pytest.fixture
def office(database: Database, at: datetime) -> Database:
    offices.opened(database, at)
    return database


def taken_in(database: Database, at: datetime, data: bytes | None = None) -> Import:
    with database.transaction() as session:
        return keeping.take_in(session, packages.read(data or package()), SOURCE, KEEPER, at)


def asked(at: datetime, filing: str = FILING, owner: str = CITY) -> FilingNumber:
    return FilingNumber(owner, filing, at, at + YEAR, "演示在线申请")


def applied(session: Session, at: datetime, by: Caller = CLERK, filing: str = FILING) -> Seal:
    found = keeping.application(session, asked(at, filing, by.organisation), by)
    return register.apply(session, found, by, at)


def test_what_is_new_is_kept_and_what_is_known_is_left(office: Database, at: datetime):
    assert taken_in(office, at) == Import(1, 0, ())
    assert taken_in(office, at + timedelta(days=1)) == Import(0, 1, ())
    with office.reading() as session:
        kept = keeping.impression_of(session, FILING)
        assert (kept.organisation, kept.source, kept.imported_at) == (CITY, SOURCE, at)
        assert len(kept.sm3) == len(kept.original_sm3) == 64
        acts = [each.act for each in audit.entries(session)] if hasattr(audit, "entries") else None
    assert acts is None or acts.count("seal-impressions.imported") == 2


@pytest.mark.parametrize("change", [{"name": "演示改名章"}, {"organisation": PROVINCE}, {"width_mm": 42}])
def test_an_impression_is_never_replaced(office: Database, at: datetime, change: dict[str, object]):
    taken_in(office, at)
    found = taken_in(office, at, package(row(**change)))
    assert [(each.member, each.code) for each in found.faults] == [("filing", "known-otherwise")]


def test_another_picture_under_a_known_number_is_refused(office: Database, at: datetime):
    taken_in(office, at)
    found = taken_in(office, at, package(pictures={"a.png": OTHER_PICTURE}))
    assert [each.code for each in found.faults] == ["known-otherwise"]


def test_an_enterprise_gets_its_own_seal_from_its_filing_number(office: Database, at: datetime):
    """Its clerk names the number, its head agrees, the maker makes, its custodian activates."""
    taken_in(office, at)
    with office.transaction() as session:
        seal = applied(session, at)
        walk = Walk(session, at)
        for step, by in ((Step.AGREE, HEAD), (Step.MAKE, MAKER), (Step.FILE, MAKER), (Step.ACTIVATE, CUSTODIAN)):
            walk.take(seal, step, by)
        (edition,) = register.editions(session, seal.id)
        kept = keeping.impression_of(session, FILING)
        assert edition.content is not None
        assert seals.read_seal(edition.content).picture.data == kept.picture == edition.picture
        assert (seal.name, edition.state, edition.impression) == (kept.name, "active", FILING)


def test_the_one_who_applied_neither_agrees_nor_activates(office: Database, at: datetime):
    taken_in(office, at)
    alone = person("clerk", "seal_owner")
    with office.transaction() as session:
        seal = applied(session, at)
        with pytest.raises(SamePerson):
            register.take(session, seal, Step.AGREE, "", alone, at)


def test_a_wrong_number_and_another_firms_number_are_answered_alike(office: Database, at: datetime):
    taken_in(office, at, package(row(), row(filing="theirs-1", organisation=PROVINCE)))
    for filing in ("no-such-1", "theirs-1"):
        with office.transaction() as session, pytest.raises(NoSuchImpression) as refused:
            applied(session, at, filing=filing)
        assert refused.value.facts == {"filing": filing}


def test_nobody_applies_for_another_organisation(office: Database, at: datetime):
    taken_in(office, at)
    stranger = person("stranger", "seal_applicant", PROVINCE)
    with office.transaction() as session, pytest.raises(NotTheOwners):
        keeping.application(session, asked(at), stranger)


def test_a_used_number_names_the_seal_to_its_owner(office: Database, at: datetime):
    taken_in(office, at)
    with office.transaction() as session:
        seal = applied(session, at).id
    with office.transaction() as session, pytest.raises(ImpressionInUse) as refused:
        applied(session, at)
    assert refused.value.seal == seal


@pytest.mark.parametrize(("step", "by"), [(Step.REFUSE, HEAD), (Step.WITHDRAW, CLERK)])
def test_an_application_that_came_to_nothing_frees_the_impression(
    office: Database, at: datetime, step: Step, by: Caller
):
    taken_in(office, at)
    with office.transaction() as session:
        register.take(session, applied(session, at), step, "", by, at)
        assert keeping.used_for(session, FILING) is None
        applied(session, at)


def test_a_renewed_seal_keeps_its_impression_unless_it_gets_another_picture(office: Database, at: datetime):
    taken_in(office, at)
    with office.transaction() as session:
        seal = applied(session, at)
        walk = Walk(session, at)
        for step, by in ((Step.AGREE, HEAD), (Step.MAKE, MAKER), (Step.FILE, MAKER), (Step.ACTIVATE, CUSTODIAN)):
            walk.take(seal, step, by)
        renewed = register.renew(session, seal, Renewal(at, at + YEAR, "演示续期"), CLERK, at)
        assert renewed.impression == FILING
        register.take(session, seal, Step.WITHDRAW, "", CLERK, at)
        other = Renewal(at, at + YEAR, "演示换章", picture=OTHER_PICTURE)
        assert register.renew(session, seal, other, CLERK, at).impression is None


def test_nothing_is_made_from_a_withdrawn_impression(office: Database, at: datetime):
    taken_in(office, at)
    with office.transaction() as session:
        kept = keeping.impression_of(session, FILING)
        keeping.withdraw(session, kept, "实物章已缴销", KEEPER, at)
        keeping.withdraw(session, kept, "再次", KEEPER, at + YEAR)
        assert (kept.withdrawn_at, kept.withdrawn_because) == (at, "实物章已缴销")
    with office.transaction() as session, pytest.raises(ImpressionWithdrawn):
        applied(session, at)


def test_the_maker_makes_what_was_filed_and_nothing_else(office: Database, at: datetime):
    taken_in(office, at)
    with office.transaction() as session:
        seal = applied(session, at)
        register.take(session, seal, Step.AGREE, "", HEAD, at)
        edition = making.draw(session, seal, offices.material(seal.id), offices.sealing_maker(), MAKER, at)
        assert edition.draft is not None
        assert keeping.impression_of(session, FILING).picture in edition.draft
