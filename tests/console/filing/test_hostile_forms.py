"""The filing desk's forms sent spoilt, and its pages walked by somebody of another organisation."""

from flask import Flask

from tests.console import crawling
from tests.console.filing.test_filing_desk import (
    BRIGADE_CLERK,
    CLERK,
    ELSEWHERE,
    LEAD_CLERK,
    ORGAN,
    address,
    app,
    case_page_of,
    filed_package,
    house,
    received,
)
from tests.journeys.filing_house import FIRE, FilingHouse

__all__ = ["app", "house"]
# What this house has the parts for.
HERE = (
    *("/console/filing", "/console/cases", "/console/packages", "/console/package-kinds", "/console/undertakings"),
    "/console/missing-reports",
)
# What a matter asks for, and what a package is made of, is published; any window plans, looks up and files by it.
COMMON = (
    *("filing_desk.plan", "filing_desk.look_up", "filing_desk.notice", "filing_desk.receive", "filing_desk.report"),
    *("filing_packages.choose", "filing_packages.file", "filing_codes.redeem"),
)


def started(app: Flask, house: FilingHouse) -> list[str]:
    case = received(app, house).answer.location.split("?")[0]
    package = filed_package(app, house)
    of_package = case_page_of(app, house, package, FIRE)
    return [case, of_package, f"/console/packages/{package}", address(house), "/console/filing", "/console/packages"]


def test_no_form_breaks_whatever_stands_in_a_field(app: Flask, house: FilingHouse):
    starts = started(app, house)
    broken = []
    for who in (CLERK, ORGAN, LEAD_CLERK, BRIGADE_CLERK):
        found = crawling.walk(app, who, *starts, within=HERE)
        assert found.forms
        broken += crawling.faults(app, who, found)
    assert broken == []


def test_a_stranger_is_let_in_nowhere_and_told_nothing(app: Flask, house: FilingHouse):
    found = crawling.walk(app, CLERK, *started(app, house), "/console/cases")
    assert len(found.pages) > 5
    assert crawling.let_in(app, ELSEWHERE, found, COMMON) == []
