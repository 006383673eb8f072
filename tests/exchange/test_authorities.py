"""Who has authority where two offices of one level hold the role: the one that the organisation stands under."""

from datetime import datetime

import pytest

from base.db import Database
from base.identifiers import CreditCode, RegionCode
from exchange import authorities
from exchange.objections import judging
from keys.parties import organisations, people
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests.exchange import departments
from tests.exchange.departments import MAKER

# Its code is greater than any department's, and it stands under nobody.
GOVERNMENT = "11320000YNX0909913"


@pytest.fixture
def ruling(database: Database, at: datetime) -> Database:
    """Let the provincial government's office rule on disputes, beside the authority of the province."""
    departments.opened(database, at)
    with database.transaction() as session:
        new = NewOrganisation(CreditCode(GOVERNMENT), "演示省人民政府办公厅", RegionCode("320000"), "province", None)
        organisations.add(session, new, MAKER, at)
        row = people.add(session, NewPerson("ruling", "演示裁定人员", GOVERNMENT), MAKER, at)
        people.assign_roles(session, row, ("authority",), MAKER, at)
    return database


def test_a_department_is_looked_after_by_the_authority_that_it_stands_under(ruling: Database):
    with ruling.reading() as session:
        for each in ("health", "police", "data"):
            assert authorities.authority_over(session, code_of(each)) == code_of("data")
        assert authorities.authority_above(session, code_of("city-data")) == code_of("data")
        assert authorities.authority_over(session, GOVERNMENT) == GOVERNMENT


def test_whoever_is_no_party_may_rule_and_a_party_never(ruling: Database):
    data = code_of("data")
    with ruling.reading() as session:
        assert judging.may_rule(session, GOVERNMENT, GOVERNMENT, {data})
        assert not judging.may_rule(session, GOVERNMENT, data, {data})
