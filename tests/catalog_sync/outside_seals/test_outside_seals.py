"""How others' seals stand: asked by code, read as a list, kept with time and expiry; hostile answers change nothing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from base.db import Database
from base.fetch import Fetch, Incoming, Outgoing
from base.fetch.urls import parse
from catalog_sync.channels import channel_of
from catalog_sync.models import Evidence
from catalog_sync.outside_seals import keeping
from catalog_sync.outside_seals.asking import SealSystem
from catalog_sync.outside_seals.models import OutsideSeal
from catalog_sync.outside_seals.pulling import Pulled, Pulling
from catalog_sync.outside_seals.wiring import OutsideSeals
from catalog_sync.outside_seals.word import Said, State, takes_the_place
from catalog_sync.simulator.platform import Platform
from catalog_sync.simulator.wire import Request
from catalog_sync.wiring import Sync, SyncSettings
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from signing.seal_standing import NO_WORDS, SealState, SealWords, Unknown
from tests.catalog_sync.simulator.twin import URL
from tests.catalog_sync.targets import signed_house
from tests.catalog_sync.targets.signed_house import SEALS, Bench
from tests.signing import offices

HOURS = timedelta(hours=24)
CODE, OTHER = "33010000000001", "33010000000002"


@dataclass
class Site:
    """A site that verifies, and the system that it asks."""

    database: Database
    bench: Bench
    sync: Sync
    at: datetime
    fetch: Fetch | None = None

    @property
    def system(self) -> SealSystem:
        line = signed_house.line(SEALS, URL, self.fetch or self.bench.twin)
        return SealSystem(signed_house.DIALECTS[SEALS](), line)

    def words(self, *codes: str, waits: bool = False, may_ask: bool = True) -> SealWords:
        outside = OutsideSeals(self.system, self.system if waits else None, HOURS)
        return outside.words(self.database, codes, self.at, may_ask=may_ask)

    def pull(self) -> Pulled:
        return Pulling(self.database, self.sync, self.system, HOURS, lambda: self.at).run()

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)
        self.bench.at = self.at

    def say(self, code: str, state: str, since: str = "2026-11-01 09:00:00", **peculiar: Any) -> None:
        """Have the system say something about another site's seal."""
        told = {"sealCode": code, "sealName": "演示外省章", "sealStatus": state, "statusTime": since, **peculiar}
        answer = self.bench.platform(Request("POST", "/simulator/seals", {}, body=json.dumps(told).encode()))
        assert answer.status == 200

    def asked(self) -> list[str]:
        return [each.url.removeprefix(URL) for each in self.bench.twin.sent]

    def row(self, code: str = CODE) -> OutsideSeal:
        with self.database.reading() as session:
            return session.get_one(OutsideSeal, (SEALS, code))


@pytest.fixture
def site(database: Database, tmp_path: Path, at: datetime) -> Iterator[Site]:
    with signed_house.bench(tmp_path / "platform") as bench:
        bench.at = at
        sync = Sync(SyncSettings(), {}, {}, DataKeys(FileKek(tmp_path / "kek")), {})
        yield Site(database, bench, sync, at)


@pytest.fixture
def once(site: Site) -> Site:
    """Give the site; these stories are told on one of the two databases."""
    if not site.database.is_sqlite:
        pytest.skip("the database is not what is tested")
    return site


# --- asked by code ---------------------------------------------------------------------------------------------------


def test_a_seal_that_somebody_met_is_unknown_then_asked_for_and_known(site: Site):
    site.say(CODE, "5", successorCode=OTHER, statusReason="演示：单位撤销")
    met = site.words(CODE)[CODE]
    assert (met.state, met.why_unknown, site.asked()) == (SealState.UNKNOWN, Unknown.NOT_KEPT, [])
    site.bench.platform.offices.door(SEALS)
    site.pull()
    word = site.words(CODE)[CODE]
    assert (word.state, word.source, word.as_of) == (SealState.REVOKED, SEALS, site.at)
    assert word.since == datetime.fromisoformat("2026-11-01T09:00:00+08:00")
    assert word.expires_at == site.at + HOURS
    row = site.row()
    assert (row.name, row.successor, row.reason, row.wanted_at) == ("演示外省章", OTHER, "演示：单位撤销", None)


def test_a_word_whose_time_is_over_is_told_as_it_was_and_asked_for_again(site: Site):
    site.say(CODE, "1")
    site.words(CODE)
    site.pull()
    site.later(hours=24)
    stale = site.words(CODE)[CODE]
    assert (stale.state, stale.is_stale(site.at)) == (SealState.ACTIVE, True)
    assert site.row().wanted_at == site.at
    before = len(site.asked())
    site.pull()
    assert "/seal/status/query" in site.asked()[before:]
    fresh = site.words(CODE)[CODE]
    assert (fresh.is_stale(site.at), fresh.as_of) == (False, site.at)


def test_a_reader_never_waits_for_the_network_unless_the_site_lets_them(once: Site):
    once.say(CODE, "2")
    assert once.words(CODE)[CODE].state is SealState.UNKNOWN
    assert once.asked() == []
    assert once.words(CODE, waits=True)[CODE].state is SealState.SUSPENDED
    assert once.asked() == ["/seal/status/query"]
    once.words(CODE, waits=True)
    assert once.asked() == ["/seal/status/query"]


def test_a_reader_who_waits_for_nothing_is_told_that_there_was_no_answer(once: Site):
    once.bench.platform.offices.door(SEALS)
    once.bench.platform.switch("timeout-before:100%")
    word = once.words(CODE, waits=True)[CODE]
    assert (word.state, word.why_unknown) == (SealState.UNKNOWN, Unknown.NO_ANSWER)
    assert once.row().wanted_at == once.at


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("strange", ["' or 1=1", "", "1" * 65, "印章", "1\0"])
def test_of_what_is_no_code_nothing_is_known_and_nobody_is_asked(site: Site, strange: str, *, waits: bool):
    site.bench.platform.offices.door(SEALS)
    word = site.words(strange, waits=waits)[strange]
    assert (word.state, word.why_unknown) == (SealState.UNKNOWN, Unknown.NOT_KEPT)
    site.pull()
    assert "/seal/status/query" not in site.asked()


def test_what_one_question_cannot_hold_is_asked_for_later(once: Site):
    once.bench.platform.offices.door(SEALS)
    codes = [f"{number:014}" for number in range(60)]
    words = once.words(*codes, waits=True)
    assert once.asked() == ["/seal/status/query"]
    reasons = [words[code].why_unknown for code in codes]
    assert reasons == [Unknown.NOT_THERE] * 50 + [Unknown.NOT_KEPT] * 10
    assert [once.row(code).wanted_at for code in codes[50:]] == [once.at] * 10


def test_a_look_for_which_nobody_may_be_asked_notes_nothing(site: Site):
    site.say(CODE, "5")
    assert site.words(CODE, may_ask=False)[CODE].why_unknown is Unknown.NOT_KEPT
    site.pull()
    assert "/seal/status/query" not in site.asked()


def test_a_seal_that_is_not_there_or_not_yet_is_unknown_for_an_hour(once: Site):
    once.say(OTHER, "0")
    once.words(CODE, OTHER)
    once.pull()
    found = once.words(CODE, OTHER)
    assert (found[CODE].why_unknown, found[OTHER].why_unknown) == (Unknown.NOT_THERE, Unknown.NOT_REGISTERED_YET)
    assert once.row().expires_at == once.at + timedelta(hours=1)
    once.later(hours=1)
    once.say(CODE, "1")
    once.words(CODE)
    once.pull()
    assert once.words(CODE)[CODE].state is SealState.ACTIVE


def test_our_own_seals_are_asked_of_nobody(site: Site):
    offices.opened(site.database, site.at)
    with site.database.transaction() as session:
        own = offices.active_seal(session, site.at).id
    assert site.words(own) == {}
    assert site.pull().asked == 0


def test_without_a_system_nothing_is_said(once: Site):
    assert OutsideSeals().words(once.database, [CODE], once.at) is NO_WORDS


def test_only_so_many_seals_wait_to_be_asked_for(once: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "MOST_WANTED", 3)
    once.words(*(f"{number:014}" for number in range(5)))
    with once.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutsideSeal)) == 3
    assert once.pull().asked == 3


# --- the list of changes ---------------------------------------------------------------------------------------------


def test_the_list_is_read_on_from_its_mark_and_the_last_word_counts(site: Site):
    for state, since in (("1", "2026-01-01 09:00:00"), ("2", "2026-05-01 09:00:00"), ("5", "2026-06-01 09:00:00")):
        site.say(CODE, state, since)
    site.say(OTHER, "1")
    assert site.pull().taken == 4
    assert site.words(CODE)[CODE].state is SealState.REVOKED
    pages = len(site.asked())
    assert site.pull().taken == 0
    assert len(site.asked()) == pages + 1
    site.say(OTHER, "4", "2026-11-20 09:00:00")
    assert site.pull().taken == 1
    assert site.words(OTHER)[OTHER].state is SealState.CANCELLED


JUNE = datetime.fromisoformat("2026-06-01T09:00:00+08:00")


@pytest.mark.parametrize(
    ("kept", "said", "is_direct", "takes"),
    [
        ((State.REVOKED, JUNE), (State.ACTIVE, JUNE - HOURS), False, False),
        ((State.REVOKED, JUNE), (State.ACTIVE, JUNE), False, False),
        ((State.REVOKED, None), (State.ACTIVE, JUNE), False, False),
        ((State.REVOKED, JUNE), (State.ACTIVE, None), False, False),
        ((State.REVOKED, JUNE), (State.ACTIVE, JUNE + HOURS), False, True),
        ((State.REVOKED, JUNE), (State.ACTIVE, JUNE - HOURS), True, True),
        ((State.ACTIVE, JUNE), (State.REVOKED, JUNE), False, True),
        ((State.ACTIVE, JUNE), (State.ACTIVE, JUNE), False, False),
        ((State.ACTIVE, JUNE), (State.SUSPENDED, JUNE - HOURS), False, False),
        ((State.WANTED, None), (State.ACTIVE, JUNE), False, True),
        ((State.ABSENT, None), (State.WAITING, None), False, True),
    ],
)
def test_an_old_word_of_the_list_brings_back_nothing(kept: Any, said: Any, *, is_direct: bool, takes: bool):
    assert takes_the_place(Said(CODE, *kept), Said(CODE, *said), is_direct=is_direct) is takes
    assert takes_the_place(None, Said(CODE, *said), is_direct=is_direct)


# --- faults and hostile answers --------------------------------------------------------------------------------------


def answering(data: Any) -> Fetch:
    def answer(request: Outgoing) -> Incoming:
        body = json.dumps({"code": "0", "message": "成功", "data": data}).encode()
        return Incoming(200, {"content-type": "application/json"}, body, parse(request.url))

    return answer


GOOD: Mapping[str, Any] = {"sealCode": CODE, "exists": "1", "sealStatus": "1", "statusTime": "2026-11-01 09:00:00"}


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"list": "all"},
        {"list": []},
        {"list": [{**GOOD, "sealCode": OTHER}]},
        {"list": [GOOD, GOOD]},
        {"list": [{**GOOD, "sealCode": None}]},
        {"list": [{**GOOD, "sealCode": "1" * 65}]},
        {"list": [{**GOOD, "sealStatus": "7"}]},
        {"list": [{**GOOD, "sealStatus": None}]},
        {"list": [{**GOOD, "sealStatus": ["1"]}]},
        {"list": [{**GOOD, "statusTime": "yesterday"}]},
        {"list": [{**GOOD, "statusTime": 5}]},
        {"list": [{**GOOD, "statusTime": "0001-01-01 00:00:00"}]},
        {"list": [{**GOOD, "sealName": "印" * 201}]},
        {"list": [{**GOOD, "exists": True}]},
        {"list": [GOOD] * 2000},
    ],
)
def test_an_answer_that_cannot_be_believed_pauses_the_channel_and_changes_nothing(once: Site, data: Any):
    once.words(CODE)
    once.fetch = answering({"mark": "1", **data} if data else data)
    with once.database.transaction() as session:
        keeping.move(session, SEALS, "1", once.at)
    done = Pulling(once.database, once.sync, once.system, HOURS, lambda: once.at)
    assert not done._question(Pulled())
    with once.database.reading() as session:
        channel = channel_of(session, SEALS)
        assert (channel.state, session.scalar(select(func.count()).select_from(Evidence))) == ("paused", 1)
    assert once.words(CODE)[CODE].state is SealState.UNKNOWN
    once.fetch = None
    assert once.pull() == Pulled()


@pytest.mark.parametrize("data", [{"list": []}, {"list": [], "mark": ""}, {"list": [GOOD], "mark": 5}, {"mark": "1"}])
def test_a_list_without_its_mark_is_not_believed(once: Site, data: Any):
    once.fetch = answering(data)
    assert once.pull().taken == 0
    with once.database.reading() as session:
        assert channel_of(session, SEALS).state == "paused"
        assert keeping.mark(session, SEALS) == ""


@pytest.mark.parametrize(("fault", "state"), [("500-before", "running"), ("401", "running"), ("half", "running")])
def test_a_system_that_does_not_answer_is_asked_later(once: Site, fault: str, state: str):
    once.say(CODE, "5")
    once.words(CODE)
    once.bench.platform.switch(f"{fault}:100%")
    assert once.pull() == Pulled()
    with once.database.reading() as session:
        channel = channel_of(session, SEALS)
        assert (channel.state, channel.failures > 0) == (state, True)
    once.bench.platform.switch("")
    once.later(minutes=10)
    once.pull()
    assert once.words(CODE)[CODE].state is SealState.REVOKED


def test_a_refused_question_is_no_answer(once: Site):
    answer = Incoming(
        200, {"content-type": "application/json"}, b'{"code": "-35", "message": "", "data": ""}', parse(URL)
    )
    once.fetch = lambda _request: answer
    assert once.pull() == Pulled()


def test_both_are_asked_over_a_real_connection(tmp_path: Path, at: datetime):
    with signed_house.served(tmp_path / "platform") as (platform, url, fetch):
        system = SealSystem(signed_house.DIALECTS[SEALS](), signed_house.line(SEALS, url, fetch, near=True))
        _laid(platform)
        now = datetime.now(at.tzinfo)
        assert [each.state for each in system.asked([CODE, OTHER], now)] == [State.REVOKED, State.ABSENT]
        said, mark = system.changes("", now)
        assert ([each.code for each in said], mark) == ([CODE], "1")


def _laid(platform: Platform) -> None:
    platform.offices.say({"sealCode": CODE, "sealStatus": "5", "statusTime": "2026-11-01 09:00:00"})


def test_what_we_told_of_our_own_seal_is_what_another_site_is_told(once: Site):
    once.bench.tell(SEALS, signed_house.unit())
    ours = signed_house.seal()
    once.bench.tell(SEALS, ours)
    once.bench.tell(SEALS, replace(signed_house.seal(3, "revoked"), subject=ours.subject))
    assert once.words(ours.subject.id, waits=True)[ours.subject.id].state is SealState.REVOKED
