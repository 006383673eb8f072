"""The documented walk through demands, carried out command by command as it stands, in both languages."""

import pytest

from base.db import Database
from exchange.demands import life as demand_life
from exchange.objections import life as objection_life
from exchange.routes.demands import demands
from tests.exchange.demands import house
from tests.exchange.demands.house import HEALTH
from tests.exchange.demands.test_routes import NOW
from tests.exchange.sharing_house import AUTHORITY, PROVIDER, REQUESTER
from tests.exchange.walks import DOCS, Walk, commands
from tests.rooms import door

WHO = {"REQUESTER": REQUESTER, "PROVIDER": PROVIDER, "AUTHORITY": AUTHORITY}


def test_the_documented_walk_works_as_it_stands(database: Database):
    house.opened(database, NOW)
    site = door(database, (demands,), WHO.values())
    walk = Walk(site, {name: each.id for name, each in WHO.items()}, {"Y": "", "HEALTH": HEALTH})
    seen = commands("demands.md")
    for command in seen:
        body = walk.do(command).get_json()
        walk.known |= {"ID": body["id"]} if "askers" in body else {}
    assert len(seen) == 13


def test_both_languages_document_the_same_walk():
    assert commands("demands.md") == commands("zh/demands.md")


@pytest.mark.parametrize("page", ["demands.md", "zh/demands.md"])
def test_every_state_is_documented(page: str):
    text = (DOCS / page).read_text(encoding="utf-8")
    for word in (*demand_life.State, *objection_life.State):
        assert f"`{word}`" in text, word
