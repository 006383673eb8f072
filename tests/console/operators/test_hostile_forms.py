"""The operators' forms sent spoilt, by each who sits at them."""

from flask import Flask

from tests.console import crawling
from tests.console.operators.test_operator_pages import BOARD, DEAD, OPERATOR, SECADMIN, SYSADMIN, app, house

__all__ = ["app", "house"]
STARTS = (BOARD, DEAD, "/console/sync/comparisons", "/console/jobs", "/console/systems", "/console/subscriptions")
# What this house has the parts for.
HERE = ("/console/sync", "/console/jobs", "/console/systems", "/console/subscriptions", "/console/diagnostics")


def test_no_form_breaks_whatever_stands_in_a_field(app: Flask):
    broken = []
    for who in (OPERATOR, SYSADMIN, SECADMIN):
        found = crawling.walk(app, who, *STARTS, within=HERE)
        assert found.forms
        broken += crawling.faults(app, who, found)
    assert broken == []
