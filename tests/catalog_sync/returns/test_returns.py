"""Returns: what came down stands in our table, whole or not at all, once, and only what is of our region."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.db import Database
from base.models import AuditEntry
from catalog_sync.arrivals.models import Arrival
from catalog_sync.models import PAUSED as CHANNEL_PAUSED
from catalog_sync.models import Channel, Evidence
from catalog_sync.returns import applying, declaring
from catalog_sync.returns.errors import NoSuchReturn, ReturnKnown, ReturnStepNotAllowed, UnusableReturn
from catalog_sync.returns.landing import ReturnTable
from exchange.feeds.errors import PushDestinationFailed, UnusablePush
from exchange.feeds.pushes.destinations.table import TableDestination
from exchange.life import State
from exchange.models import Directory
from tests import postgres
from tests.catalog_sync.house import BY
from tests.catalog_sync.returns import return_house
from tests.catalog_sync.returns.return_house import COLUMNS, ELSEWHERE, KEY, NAME, PLACE, STAFF, House, firm, line
from tests.catalog_sync.targets.file_house import OURS


class Killed(BaseException):
    """What `kill -9` does: nothing after it happens."""


@pytest.fixture
def house(request: pytest.FixtureRequest, database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    """Bring rows to a database of the same kind as the house's own."""
    with ExitStack() as stack:
        address = ""
        if not database.is_sqlite:
            url = stack.enter_context(postgres.own(request.getfixturevalue("postgres_server"), "returns"))
            address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        made = return_house.opened(database, tmp_path, at, address, most_gone_percent=50, most_rejected_percent=60)
        yield made
        made.close()


def counts(load: Any) -> tuple[int, ...]:
    return load.rows, load.rejects, load.inserted, load.updated, load.deleted, load.unchanged


def test_what_came_down_stands_in_the_table_and_rejects_are_told_by_row_and_reason(house: House):
    returned = house.declare()
    bad = firm(3, staff="many")
    rows = (firm(1), firm(2), bad, firm(4, ELSEWHERE), firm(5, None), firm(6, name="长" * 31), firm(7))
    house.arrive(*map(line, rows))
    done = house.bring(returned)
    assert (done.applied, done.rows, done.rejects, done.failure) == (1, 7, 4, "")
    assert house.stands() == [("C00001", "演示企业1"), ("C00002", "演示企业2"), ("C00007", "演示企业7")]
    assert house.rejects() == [
        (3, STAFF, "wrong-type"),
        (4, PLACE, "other-region"),
        (5, PLACE, "no-region"),
        (6, NAME, "too-long"),
    ]
    (load,) = house.loads()
    assert (load.state, counts(load)) == ("applied", (7, 4, 3, 0, 0, 0))


def test_an_arrival_is_brought_in_once(house: House):
    returned = house.declare()
    house.arrive(line(firm(1)))
    assert house.bring(returned).applied == 1
    assert house.bring(returned).applied == 0
    assert len(house.loads()) == 1


def test_changes_insert_update_and_delete_and_the_last_of_a_key_counts(house: House):
    returned = house.declare()
    house.arrive(*(line(firm(number)) for number in range(1, 6)))
    house.bring(returned)
    house.arrive(
        line(firm(1, name="改了一次"), "update"),
        line(firm(1, name="改了两次"), "update"),
        line({"uscc": "C00002"}, "delete"),
        line(firm(6)),
        line({"uscc": "C00006"}, "delete"),
        line({"uscc": "C00003"}, "delete"),
        line(firm(3, name="又来了")),
    )
    house.bring(returned)
    assert house.stands() == [
        ("C00001", "改了两次"),
        ("C00003", "又来了"),
        ("C00004", "演示企业4"),
        ("C00005", "演示企业5"),
    ]
    load = house.loads()[-1]
    assert (load.overtaken, counts(load)) == (3, (7, 0, 0, 2, 1, 0))


def test_a_row_that_left_our_region_is_taken_out_and_a_bad_value_leaves_what_stood(house: House):
    returned = house.declare()
    house.arrive(*(line(firm(number)) for number in range(1, 5)))
    house.bring(returned)
    house.arrive(line(firm(1, ELSEWHERE), "update"), line(firm(2, None), "update"), line(firm(3, staff="x"), "update"))
    house.bring(returned)
    (load,) = [each for each in house.loads() if each.state == "held"]
    house.decide(load.id, applies=True)
    house.bring(returned)
    assert house.keys() == ["C00003", "C00004"]


def test_a_whole_arrival_replaces_and_spares_what_it_could_not_say(house: House):
    returned = house.declare(mode="whole")
    house.arrive(*(line(firm(number)) for number in range(1, 6)))
    house.bring(returned)
    house.arrive(line(firm(1)), line(firm(2, name="改名")), line(firm(3, staff="x")), line(firm(6)))
    house.bring(returned)
    assert house.keys() == ["C00001", "C00002", "C00003", "C00006"]
    assert counts(house.loads()[-1]) == (4, 1, 1, 1, 2, 1)


def test_where_a_row_has_no_name_nothing_is_called_gone(house: House):
    returned = house.declare(mode="whole")
    house.arrive(*(line(firm(number)) for number in range(1, 4)))
    house.bring(returned)
    house.arrive(line(firm(1)), line({**firm(2), "uscc": ""}))
    house.bring(returned)
    assert house.keys() == ["C00001", "C00002", "C00003"]


def test_too_much_that_would_go_is_held_and_a_person_applies_or_drops_it(house: House):
    returned = house.declare(mode="whole")
    house.arrive(*(line(firm(number)) for number in range(1, 6)))
    house.bring(returned)
    house.arrive(line(firm(1)))
    house.arrive(*(line(firm(number)) for number in range(1, 4)))
    assert (house.bring(returned).held, house.bring(returned).applied) == (1, 0)
    held = house.loads()[-1]
    assert (held.state, held.reason, held.goes, held.stood) == ("held", "many-gone", 4, 5)
    assert len(house.keys()) == 5
    house.decide(held.id, applies=False)
    assert house.bring(returned).applied == 1
    assert house.keys() == ["C00001", "C00002", "C00003"]
    with pytest.raises(ReturnStepNotAllowed):
        house.decide(held.id, applies=True)
    house.arrive(line(firm(1)))
    house.bring(returned)
    house.decide(house.loads()[-1].id, applies=True)
    assert house.bring(returned).applied == 1
    assert house.keys() == ["C00001"]


def test_too_many_rejects_are_held(house: House):
    returned = house.declare()
    house.arrive(*(line(firm(number, staff="x")) for number in range(1, 6)))
    assert house.bring(returned).held == 1
    assert house.loads()[-1].reason == "many-rejects"


EDGES = ("_next", "_keep", "_weigh", "_apply", "begun", "staged", "finished")


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_whoever_is_killed_goes_on_and_nothing_is_lost_or_doubled(
    house: House, monkeypatch: pytest.MonkeyPatch, edge: str, moment: str
):
    returned = house.declare()
    house.arrive(*(line(firm(number)) for number in range(1, 6)))
    house.bring(returned)
    house.arrive(
        line(firm(1, name="改名"), "update"), line({"uscc": "C00002"}, "delete"), *map(line, (firm(6), firm(7)))
    )
    at_place: Any = TableDestination if edge in {"begun", "staged", "finished"} else applying
    real = getattr(at_place, edge)
    calls: list[int] = []

    def dies(*args: Any, **told: Any) -> Any:
        calls.append(1)
        last = len(calls) == (2 if edge in {"staged", "_keep"} else 1)
        if last and moment == "before":
            raise Killed
        given = real(*args, **told)
        if last:
            raise Killed
        return given

    with monkeypatch.context() as bent:
        bent.setattr(at_place, edge, dies)
        with pytest.raises(Killed):
            house.bring(returned)
    house.again().bring(returned)
    assert house.stands() == [
        ("C00001", "改名"),
        *((f"C{number:05d}", f"演示企业{number}") for number in (3, 4, 5, 6, 7)),
    ]
    load = house.loads()[-1]
    assert (load.state, counts(load)) == ("applied", (4, 0, 2, 1, 1, 0))
    assert len(house.loads()) == 2


def test_of_two_processes_at_once_one_stages_a_piece(house: House, monkeypatch: pytest.MonkeyPatch):
    returned = house.declare()
    house.arrive(*(line(firm(number)) for number in range(1, 8)))
    real, other = TableDestination.staged, house.again()
    ran: list[int] = []

    def between(place: ReturnTable, *args: Any) -> Any:
        if not ran:
            ran.append(1)
            other.bring(returned)
        return real(place, *args)

    monkeypatch.setattr(TableDestination, "staged", between)
    assert house.bring(returned).failure in {"moved-on", "sqlite-error", "sqlstate-42P01"}
    monkeypatch.undo()
    assert house.bring(returned).applied == 0
    assert len(house.keys()) == 7
    assert [each.state for each in house.loads()] == ["applied"]


def test_a_forged_file_is_evidence_pauses_the_channel_and_changes_nothing(house: House):
    returned = house.declare()
    house.arrive(line(firm(1)))
    house.bring(returned)
    assert house.arrive(line(firm(2)), key=OURS).refused == 1
    assert house.bring(returned).applied == 0
    assert house.keys() == ["C00001"]
    with house.database.reading() as session:
        assert session.get_one(Channel, house.files.target.name).state == CHANNEL_PAUSED
        assert len(session.scalars(select(Evidence)).all()) == 1
        assert [each.state for each in session.scalars(select(Arrival).order_by(Arrival.id))] == ["staged", "refused"]


def test_a_place_that_is_not_there_is_tried_again_and_told(house: House):
    returned = house.declare()
    house.arrive(line(firm(1)))
    named = house.folder / return_house.OWNER / "destinations" / "returns"
    address = named.read_text()
    named.unlink()
    assert house.bring(returned).failure == "no-such-destination"
    assert (house.returned(returned).state, house.returned(returned).reason) == ("active", "no-such-destination")
    named.write_text(address)
    named.chmod(0o600)
    assert house.bring(returned).applied == 1
    assert house.returned(returned).reason == ""


def test_a_table_that_is_somebody_elses_is_never_touched(house: House):
    house.ask('CREATE TABLE enterprises ("x" integer)')
    returned = house.declare()
    house.arrive(line(firm(1)))
    assert house.bring(returned).failure == "push-target-foreign"
    assert (house.returned(returned).state, house.returned(returned).reason) == ("paused", "push-target-foreign")
    assert house.ask("SELECT * FROM enterprises") == []


def test_another_shape_stops_changes_until_somebody_says(house: House, monkeypatch: pytest.MonkeyPatch):
    returned = house.declare()
    house.arrive(line(firm(1)))
    house.bring(returned)
    house.ask(f'ALTER TABLE enterprises RENAME COLUMN "{STAFF}" TO "别的"')
    house.arrive(line(firm(2)))
    house.bring(returned)
    assert house.returned(returned).state == "paused"
    assert house.keys() == ["C00001"]


def test_a_directory_that_was_withdrawn_pauses_what_fills_it(house: House):
    returned = house.declare()
    house.arrive(line(firm(1)))
    with house.database.transaction() as session:
        session.get_one(Directory, house.code).state = State.WITHDRAWN.value
    assert house.bring(returned).applied == 0
    assert house.returned(returned).state == "paused"


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"target": "nobody"}, "#/target"),
        ({"key_item": "没有"}, "#/key_item"),
        ({"region_item": None}, "#/region_item"),
        ({"region_item": STAFF}, "#/region_item"),
        ({"columns": {**COLUMNS, "没有": "x"}}, "#/columns/没有"),
        ({"columns": {**COLUMNS, STAFF: "uscc"}}, "#/columns"),
    ],
)
def test_a_return_that_cannot_be_is_not_declared(house: House, told: dict[str, Any], pointer: str):
    with pytest.raises(UnusableReturn) as refusal:
        house.declare(**told)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize("table", ["sqlite_master", "yx_x", "pg_class", "a" * 64, "", None, 'x"; DROP TABLE y; --\0'])
def test_a_place_of_another_name_is_refused(house: House, table: Any):
    with pytest.raises(UnusablePush):
        house.declare(destination={"database": "returns", "table": table})


def test_a_table_fills_a_directory_once_and_two_returns_share_no_place(house: House):
    first = house.declare()
    with pytest.raises(ReturnKnown):
        house.declare(destination={"database": "returns", "table": "elsewhere"})
    with pytest.raises(ReturnKnown):
        house.declare(table="dn_other")
    with house.database.transaction() as session:
        declaring.end(session, declaring.return_of(session, first, locked=True), "换一个", BY, house.at)
    house.declare(destination={"database": "returns", "table": "elsewhere"})


def test_a_paused_return_brings_nothing_and_goes_on_where_it_was(house: House):
    returned = house.declare()
    with house.database.transaction() as session:
        declaring.pause(session, declaring.return_of(session, returned, locked=True), "核对", BY, house.at)
    house.arrive(line(firm(1)))
    assert house.bring(returned).applied == 0
    with house.database.transaction() as session:
        row = declaring.return_of(session, returned, locked=True)
        declaring.resume(session, row, BY, house.at)
        with pytest.raises(ReturnStepNotAllowed):
            declaring.resume(session, row, BY, house.at)
    assert house.bring(returned).applied == 1


def test_every_step_is_on_record_and_no_value_is(house: House):
    returned = house.declare()
    house.arrive(line(firm(1)), line(firm(2, staff="x")))
    house.bring(returned)
    with house.database.reading() as session:
        entries = [each for each in session.scalars(select(AuditEntry)) if each.act.startswith("sync.return")]
    assert [each.act for each in entries] == ["sync.return-declared", "sync.return-begun", "sync.return-applied"]
    assert all("演示企业1".encode() not in each.content for each in entries)


def test_what_is_not_there_is_said_so(house: House):
    with pytest.raises(NoSuchReturn):
        house.returned("nothing")
    with pytest.raises(NoSuchReturn):
        house.decide("nothing", applies=True)


def test_a_refused_piece_is_found_row_by_row(house: House):
    """A key that two rows spell differently is one key to the table: the second is a reject, the others go on."""
    returned = house.declare(key_item=STAFF, columns={**COLUMNS})
    house.arrive(line(firm(1, staff="7")), line(firm(2, staff="8")), line(firm(3, staff="07")))
    house.bring(returned)
    assert [reason for _, _, reason in house.rejects()] == ["duplicate-key"]
    assert len(house.keys()) == 2


def test_the_destinations_own_failure_is_not_blamed_on_rows(house: House, monkeypatch: pytest.MonkeyPatch):
    returned = house.declare()
    house.arrive(line(firm(1)))

    def down(*_told: Any) -> Any:
        raise PushDestinationFailed("sqlstate-08006")

    with monkeypatch.context() as bent:
        bent.setattr(TableDestination, "staged", down)
        assert house.bring(returned).failure == "sqlstate-08006"
    assert house.bring(returned).applied == 1
    assert house.rejects() == []
    assert KEY
