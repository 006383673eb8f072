"""Every page that people look at has a picture in the documentation, in both languages, or a reason not to."""

import re
from pathlib import Path

from tests.journeys.route_roles import TABLE
from tools.page_pictures import PICTURES, UNPICTURED, pattern
from tools.screenshots import PICTURES as FOLDER

# What is no page: called by systems, under an address of its own.
CALLED = ("/api/", "/dialects/")
MOST_BYTES_OF_ALL = 15 * 1024 * 1024


def pages() -> set[str]:
    """Give the rules of all addresses that are opened, not called."""
    found = re.findall(r"^GET (\S.*?) \S+: ", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    return {each for each in found if not each.startswith(CALLED)}


def test_every_page_has_a_picture_or_a_reason():
    shown = {each.of for each in PICTURES}
    assert pages() - shown - UNPICTURED.keys() == set()
    assert (shown | UNPICTURED.keys()) - pages() == set()
    assert shown & UNPICTURED.keys() == set()


def test_a_picture_has_a_name_of_its_own():
    assert len({each.name for each in PICTURES}) == len(PICTURES)


def test_a_page_of_one_thing_is_found_by_links():
    """Where a rule names something, a picture of it begins elsewhere and follows, or is told the thing."""
    for each in PICTURES:
        there = pattern(each.of).match(each.begins) is not None
        assert each.panel or there or each.steps[-1:] == (each.of,), each.name
        assert each.panel or "<" not in each.begins, each.name


def test_an_address_is_known_by_its_rule():
    rule = pattern("/console/certificates/<string:identifier>/<any(change, renewal):kind>")
    assert rule.match("/console/certificates/1.2.156/change?lang=en")
    assert not rule.match("/console/certificates/1.2.156/steps")
    assert not rule.match("/console/certificates/1.2.156/change/more")
    assert pattern("/console/directories/<path:code>").match("/console/directories/307/000001")
    assert not pattern("/console/tickets/<int:number>").match("/console/tickets/new")


def test_the_pictures_of_the_documentation_are_small_together():
    kept: list[Path] = [each for each in FOLDER.iterdir() if each.is_file()]
    assert kept
    assert sum(each.stat().st_size for each in kept) < MOST_BYTES_OF_ALL
