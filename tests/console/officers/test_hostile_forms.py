"""The officers' forms sent spoilt, and their pages walked by an officer of another organ."""

import pytest

from tests.certs.papers import HYGIENE
from tests.console import crawling
from tests.console.officers.house import OFFICER, STRANGER, Desk

# Which types there are is public; what an organ may not issue it is refused when it asks.
COMMON = ("officer_types.one", "officer_types.face", "officer_issuing.draft", "officer_issuing.issue")
STARTS = ("/console/issue", "/console/certificates", "/console/deposits", "/console/old-stock", "/console/seals")


@pytest.fixture
def starts(house: Desk) -> list[str]:
    made = house.office.issue()
    return [f"/console/certificates/{made}", f"/console/issue/{HYGIENE.code}", *STARTS]


def test_no_form_breaks_whatever_stands_in_a_field(house: Desk, starts: list[str]):
    found = crawling.walk(house.app, OFFICER, *starts)
    assert found.forms
    assert crawling.faults(house.app, OFFICER, found) == []


def test_a_stranger_is_let_in_nowhere_and_told_nothing(house: Desk, starts: list[str]):
    found = crawling.walk(house.app, OFFICER, *starts)
    assert len(found.pages) > 5
    assert crawling.let_in(house.app, STRANGER, found, COMMON) == []
