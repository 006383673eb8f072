"""The holder's forms sent spoilt, and their pages walked by another holder."""

from tests.console import crawling
from tests.console.test_holder_pages import Home, home

__all__ = ["home"]
STARTS = ("/my", "/my/code", "/my/uses", "/my/objections", "/my/consents")


def test_no_form_breaks_whatever_stands_in_a_field(home: Home):
    home.house.copy(home.identifier)
    found = crawling.walk(home.app, home.citizen, *STARTS)
    assert found.forms
    assert crawling.faults(home.app, home.citizen, found) == []


def test_another_holder_is_let_in_nowhere_and_told_nothing(home: Home):
    home.house.copy(home.identifier)
    found = crawling.walk(home.app, home.citizen, *STARTS)
    assert len(found.pages) > len(STARTS)
    assert crawling.let_in(home.app, home.other, found) == []
