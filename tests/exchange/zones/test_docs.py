"""The documented walk through zones and profiles, carried out command by command as it stands, in both languages."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from base.db import Database
from exchange.profiles.answers import OWN
from exchange.zones.coverage import Cover
from exchange.zones.life import Standing, State
from tests.exchange.walks import DOCS, Walk, commands
from tests.exchange.zones import house as built

WHO = {
    "LEAD": built.LEAD,
    "REVIEWER": built.REVIEWER,
    "REQUESTER": built.REQUESTER,
    "CHECKER": built.CHECKER,
    "HEALTH": built.HEALTH_PROVIDER,
    "MARKET": built.MARKET_PROVIDER,
    "SYSTEM": built.SYSTEM,
}


def test_the_documented_walk_works_as_it_stands(
    database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("base.clock.now", lambda: at)
    house = built.opened(database, tmp_path, at)
    known = {"Y": "", "FIRST": house.codes["licences"], "SECOND": house.codes["firms"], "SUBJECT": built.FIRM}
    known |= {"FROM": at.isoformat(), "UNTIL": (at + timedelta(days=300)).isoformat()}
    walk = Walk(house.door, {name: each.id for name, each in WHO.items()}, known)
    called = []
    for command in commands("zones.md"):
        told = walk.do(command).get_json()
        if "counts" in told and told["counts"].get("pending") == 2:
            walk.known |= {"ONE": told["items"][0]["request"]}
        called += [[each["outcome"] for each in told["members"]]] if "members" in told else []
    assert called == [["found", "denied"], ["found", "denied"]]
    assert len(commands("zones.md")) == 13


def test_both_languages_document_the_same_walk():
    assert commands("zones.md") == commands("zh/zones.md")


@pytest.mark.parametrize("page", ["zones.md", "zh/zones.md"])
def test_every_word_of_an_answer_is_documented(page: str):
    text = (DOCS / page).read_text(encoding="utf-8")
    for word in (*State, *Standing, *Cover, *OWN):
        assert f"`{word}`" in text, word
