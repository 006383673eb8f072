"""Kept words on others' seals, shown to those who look after synchronisation: state, source, when, and until when."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from base import clock
from base.db import Database
from base.paging import Pager
from catalog_sync.outside_seals import keeping
from catalog_sync.outside_seals.word import Said, State
from catalog_sync.routes import API_BLUEPRINTS
from tests import rooms
from tests.catalog_sync.test_sync_routes import PEOPLE, given
from tests.rooms import Door

SOURCE = "national-seals"
KEPT = timedelta(hours=24)
REVOKED, ABSENT, WANTED, OLD = "33010000000001", "33010000000002", "33010000000003", "33010000000004"


@pytest.fixture
def door(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Open the door of a site that asked about seals today, about one yesterday, and met one just now."""
    monkeypatch.setattr(clock, "now", lambda: at)
    ended = Said(REVOKED, State.REVOKED, at - KEPT, "演示外省章", "11330000YNX", reason="演示", successor=OLD)
    with database.transaction() as session:
        keeping.keep(session, SOURCE, [ended, Said(ABSENT, State.ABSENT)], KEPT, at, is_direct=True)
        keeping.keep(session, SOURCE, [Said(OLD, State.ACTIVE)], KEPT, at - KEPT, is_direct=True)
        keeping.want(session, SOURCE, [WANTED], at)
    return rooms.door(database, API_BLUEPRINTS, PEOPLE, Pager("s" * 32))


def listed(door: Door, query: str, who: str = "operator", status: int = 200) -> Any:
    return given(door.call(who, "GET", f"/sync/outside-seals?{query}"), status)


def test_a_seal_is_shown_with_its_state_its_source_and_how_long_that_is_relied_on(door: Door, at: datetime):
    (shown,) = listed(door, f"code={REVOKED}")["items"]
    assert (shown["state"], shown["source"], shown["successor"]) == ("revoked", SOURCE, OLD)
    moments = {name: datetime.fromisoformat(shown[name]) for name in ("since", "as_of", "expires_at")}
    assert moments == {"since": at - KEPT, "as_of": at, "expires_at": at + KEPT}
    assert (shown["counts"], shown["wanted_at"]) == (True, None)


def test_what_is_too_old_or_was_never_said_does_not_count(door: Door):
    counts = {each["code"]: each["counts"] for each in listed(door, "")["items"]}
    assert counts == {REVOKED: True, ABSENT: True, WANTED: False, OLD: False}
    (met,) = listed(door, "state=wanted")["items"]
    assert (met["code"], met["as_of"], met["expires_at"]) == (WANTED, None, None)
    assert met["wanted_at"] is not None


def test_seals_are_listed_page_by_page_and_by_source(door: Door):
    first = listed(door, f"source={SOURCE}&limit=3")
    rest = listed(door, f"source={SOURCE}&limit=3&cursor={first['next_cursor']}")
    assert [each["code"] for each in first["items"] + rest["items"]] == [REVOKED, ABSENT, WANTED, OLD]
    assert rest["next_cursor"] is None
    assert listed(door, "source=nobody")["items"] == []


def test_only_those_who_look_after_synchronisation_read_it(door: Door):
    for who in ("operator", "other", "auditor", "sync"):
        assert listed(door, f"code={OLD}", who)["items"]
    listed(door, "", "clerk", 403)


def test_what_cannot_be_asked_is_refused(door: Door):
    for query in ("state=gone", "code=", "limit=0", "cursor=forged", f"code={'3' * 65}"):
        assert door.call("operator", "GET", f"/sync/outside-seals?{query}").status_code in {400, 422}, query
