"""Filing a seal: by hand or by the office's system, whose yes, no, not yet and silence are four different things."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as some

from base.db import Database
from base.fetch import FetchSettings, GuardedFetch
from base.settings import read
from signing import filings, register, wiring
from signing.errors import SealStepNotAllowed
from signing.filings import edges, http, keeping
from signing.filings.by_hand import ByHand
from signing.filings.errors import FilingAnswerUnreadable, FilingByHand, FilingNotByHand, FilingUnderWay
from signing.filings.filing import Filed, Pending, Place, Refused, Registrar
from signing.filings.http import HttpRegistrar
from signing.filings.models import SealFiling
from signing.life import Step
from signing.wiring import SigningSettings, UnusableSigningSetting
from tests.keys.parties.builders import CITY
from tests.signing import offices
from tests.signing.offices import CUSTODIAN, HEAD, MAKER, Walk
from tests.simulators.filing_office import PENDING, REFUSED, FilingOffice, files, sends
from tests.simulators.http import HttpSimulator

LOOPBACK = FetchSettings(
    intranet_networks=("127.0.0.0/8",), connect_seconds=1.0, read_seconds=1.0, total_seconds=2.0, tries=1
)


@pytest.fixture
def office() -> Iterator[tuple[FilingOffice, HttpRegistrar]]:
    found, fetch = FilingOffice(), GuardedFetch(LOOPBACK)
    with HttpSimulator().on("/file", found) as server:
        yield found, HttpRegistrar(fetch, server.url("/file"), intranet=True)
        fetch.close()


@pytest.fixture
def made(database: Database, at: datetime) -> str:
    offices.opened(database, at)
    with database.transaction() as session:
        return Walk(session, at).to(Step.MAKE).id


def file(database: Database, registrar: Registrar, seal: str, at: datetime, number: str | None = None) -> SealFiling:
    edges.file(database, registrar, seal, number, MAKER, lambda: at)
    return row(database, seal)


def row(database: Database, seal: str) -> SealFiling:
    with database.reading() as session:
        (found,) = keeping.filings(session, register.seal_of(session, seal))
        return found


def again(database: Database, registrar: Registrar, at: datetime) -> int:
    with database.reading() as session:
        waiting = keeping.due(session, at)
    for seal, edition in waiting:
        edges.go_on(database, registrar, seal, edition, lambda: at)
    return len(waiting)


def state(database: Database, seal: str) -> tuple[str, str | None]:
    with database.reading() as session:
        edition = register.editions(session, seal)[-1]
        return edition.state, edition.filing


def test_a_number_is_typed_where_nobody_can_be_asked(database: Database, made: str, at: datetime):
    with pytest.raises(FilingByHand):
        file(database, ByHand(), made, at)
    found = file(database, ByHand(), made, at, "演示备1")
    assert (found.registrar, found.state, found.number, found.answered_at) == ("by_hand", "filed", "演示备1", at)
    assert state(database, made) == ("filed", "演示备1")


def test_the_office_files_at_once_and_is_told_what_it_needs(database: Database, made: str, at: datetime, office: Any):
    told, registrar = office
    with pytest.raises(FilingNotByHand):
        file(database, registrar, made, at, "演示备1")
    found = file(database, registrar, made, at)
    assert (found.state, found.number) == ("filed", f"演示备{made}")
    assert state(database, made) == ("filed", f"演示备{made}")
    (asked,) = told.asked
    assert (asked["seal"], asked["owner"], asked["edition"]) == (made, CITY, 1)
    assert len(asked["seal_sm3"]) == len(asked["picture_sm3"]) == 64
    assert "content" not in asked


def test_an_office_that_takes_its_time_is_asked_again_with_the_same_key(
    database: Database, made: str, at: datetime, office: Any
):
    told, registrar = office
    told.answer = PENDING
    found = file(database, registrar, made, at)
    assert (found.state, found.receipt) == ("pending", "r-1")
    assert state(database, made) == ("made", None)
    with pytest.raises(FilingUnderWay):
        file(database, registrar, made, at)
    assert again(database, registrar, at + timedelta(minutes=4)) == 0
    told.answer = files
    later = at + timedelta(minutes=5)
    assert again(database, registrar, later) == 1
    assert state(database, made) == ("filed", f"演示备{made}")
    assert list(told.keys.values()) == [2]
    with database.reading() as session:
        step = register.steps(session, made)[-1]
    assert (step.step, step.by, step.at) == ("file", "person:maker", later)


def test_a_refusal_is_kept_in_the_offices_words_and_can_be_asked_anew(
    database: Database, made: str, at: datetime, office: Any
):
    told, registrar = office
    told.answer = REFUSED
    found = file(database, registrar, made, at)
    assert (found.state, found.code, found.words) == ("refused", "B07", "名称与登记不符")
    assert state(database, made) == ("made", None)
    assert again(database, registrar, at + timedelta(days=1)) == 0
    told.answer = files
    assert file(database, registrar, made, at).state == "filed"
    assert len(told.keys) == 2


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (500, b"", None),
        (503, b"", None),
        (200, b"<html>", "filing-answer-unreadable"),
        (200, b"[]", "filing-answer-unreadable"),
        (200, b'{"state": "perhaps"}', "filing-answer-unreadable"),
        (200, b'{"state": "filed"}', "filing-answer-unreadable"),
        (200, b'{"state": "filed", "number": 7}', "filing-answer-unreadable"),
        (200, b'{"state": "filed", "number": "' + b"1" * 41 + b'"}', "filing-answer-unreadable"),
        (200, b" " * 20_000, None),
    ],
)
def test_an_office_that_is_not_understood_has_not_answered(
    database: Database, made: str, at: datetime, office: Any, status: int, body: bytes, code: str | None
):
    told, registrar = office
    told.answer = sends(status, body)
    found = file(database, registrar, made, at)
    assert (found.state, found.number) == ("asked", None)
    assert found.code is not None
    assert code in (None, found.code)
    assert state(database, made) == ("made", None)
    told.answer = files
    assert again(database, registrar, at + timedelta(minutes=10)) == 1
    assert state(database, made)[0] == "filed"


def test_an_office_that_is_down_is_asked_again_ever_more_rarely(database: Database, made: str, at: datetime):
    down = HttpRegistrar(GuardedFetch(LOOPBACK), "http://127.0.0.1:9/file", intranet=True)
    first = file(database, down, made, at)
    assert (first.state, first.tries) == ("asked", 1)
    assert first.next_at == at + keeping.FIRST_PAUSE
    moment = at
    for _ in range(8):
        found = row(database, made)
        assert found.next_at is not None
        moment = found.next_at
        again(database, down, moment)
    assert row(database, made).next_at == moment + keeping.LONGEST_PAUSE


def test_a_seal_that_was_cancelled_meanwhile_is_not_asked_about(
    database: Database, made: str, at: datetime, office: Any
):
    told, registrar = office
    told.answer = PENDING
    file(database, registrar, made, at)
    with database.transaction() as session:
        register.take(session, register.seal_of(session, made), Step.CANCEL, "撤并", HEAD, at)
    assert again(database, registrar, at + timedelta(days=1)) == 0
    with pytest.raises(SealStepNotAllowed):
        edges.go_on(database, registrar, made, 1, lambda: at)


def test_a_seal_that_is_not_made_is_not_filed(database: Database, at: datetime, office: Any):
    offices.opened(database, at)
    with database.transaction() as session:
        seal = Walk(session, at).to(Step.AGREE).id
    with pytest.raises(SealStepNotAllowed):
        file(database, office[1], seal, at)
    assert office[0].asked == []


def test_a_filed_seal_is_activated_as_ever(database: Database, made: str, at: datetime, office: Any):
    file(database, office[1], made, at)
    with database.transaction() as session:
        seal = register.seal_of(session, made)
        register.activate(session, seal, "", CUSTODIAN, at)
        assert register.status_at(session, seal, at).usable


@examples(max_examples=200, deadline=None)
@given(some.binary(max_size=200))
def test_any_bytes_are_an_answer_or_none(body: bytes):
    with contextlib.suppress(FilingAnswerUnreadable):
        assert isinstance(http.read(body), Filed | Pending | Refused)


def told(**settings: str) -> wiring.Signing:
    environment = {f"YINXIN_SIGNING_{name.upper()}": value for name, value in settings.items()}
    found = read((SigningSettings,), environment=environment)
    return wiring.built(found, lambda *_: None, lambda *_: None, GuardedFetch(LOOPBACK))  # type: ignore[arg-type]


def test_the_settings_name_the_way():
    assert told().registrar == ByHand()
    assert isinstance(told(filing="http", filing_url="http://127.0.0.1/x").registrar, HttpRegistrar)
    for wrong in ({"filing": "pigeon"}, {"filing": "http"}):
        with pytest.raises(UnusableSigningSetting):
            told(**wrong)


def test_every_way_of_the_table_makes_a_registrar_with_a_name():
    for name, way in filings.WAYS.items():
        found = way.registrar(Place("http://127.0.0.1/file", intranet=True), GuardedFetch(LOOPBACK))
        assert found.name.startswith(name)
