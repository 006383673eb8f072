"""The documented walk through sharing, carried out command by command as it stands, in both languages."""

from datetime import timedelta

import pytest

from base.db import Database
from exchange.agreements.contracts import Reason
from exchange.door.masking import RULES
from tests.exchange import sharing_house as house
from tests.exchange.sharing_house import (
    AUTHORITY,
    CHECKER,
    LICENCE,
    PROVIDER,
    REQUESTER,
    SECOND_AUTHORITY,
    SYSTEM,
)
from tests.exchange.test_sharing_routes import BLUEPRINTS, CSV, NOW
from tests.exchange.walks import DOCS, Walk, commands
from tests.rooms import door

WHO = {
    "REQUESTER": REQUESTER,
    "CHECKER": CHECKER,
    "PROVIDER": PROVIDER,
    "AUTHORITY": AUTHORITY,
    "SECOND": SECOND_AUTHORITY,
    "SYSTEM": SYSTEM,
}


@pytest.mark.parametrize("page", ["sharing.md", "zh/sharing.md"])
def test_the_documented_walk_works_as_it_stands(database: Database, page: str):
    house.opened(database, NOW)
    with database.transaction() as session:
        code = house.directory(session, NOW).code
    site = door(database, BLUEPRINTS, WHO.values())
    known = {"Y": "", "CODE": code, "FROM": (NOW - timedelta(hours=1)).isoformat()}
    known |= {"UNTIL": (NOW + timedelta(days=300)).isoformat(), "LATER": (NOW + timedelta(days=600)).isoformat()}
    rows = {"use-list.csv": CSV.format(matter=LICENCE, resource=code).encode()}
    walk = Walk(site, {name: each.id for name, each in WHO.items()}, known, rows)
    seen = commands(page)
    for command in seen:
        body = walk.do(command).get_json()
        walk.known |= {"GRANT": body["grant"]} if body.get("grant") else {}
        walk.known |= {"LIST": body["id"]} if "effective_from" in body else {}
        walk.known |= {"ID": body["id"]} if "scene" in body else {}
    assert len(seen) == 18


def test_both_languages_document_the_same_walk():
    assert commands("sharing.md") == commands("zh/sharing.md")


def test_every_reason_and_mask_is_documented_in_both_languages():
    for page in ("sharing.md", "zh/sharing.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        for word in (*Reason, *RULES):
            assert f"`{word}`" in text, (page, word)
