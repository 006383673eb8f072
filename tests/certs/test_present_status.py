"""How a certificate stands now, told beside a document: by the file itself, or by what a valid document states."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from certs.life import State
from certs.present_status import said
from tests.certs.papers import HYGIENE, MARRIAGE
from tests.certs.queries import house as of
from tests.certs.queries.house import House


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch)


def report(identifier: Any, verdict: str = "valid", **peculiar: Any) -> dict[str, Any]:
    """Write the report of a document that is no file of the library and states a certificate."""
    stated = {"identifier": identifier, "type": HYGIENE.code, "status": "valid", **peculiar}
    return {"document": {"sm3": "0" * 64}, "verdict": verdict, "certificate": stated}


def told(house: House, of_document: dict[str, Any]) -> Any:
    with house.database.reading() as session:
        return said(session, of_document, house.at).status


def test_a_proof_made_before_is_told_with_the_status_of_today(house: House):
    """The proof says valid, as it was then."""
    found = told(house, report(house.keep(1, state=State.REVOKED)))
    assert (found["status"], found["source"], found["type"]) == ("revoked", "library:statement", HYGIENE.code)


@pytest.mark.parametrize("verdict", ["invalid", "indeterminate", "unsigned", "unreadable"])
def test_what_a_document_that_is_not_valid_states_is_not_believed(house: House, verdict: str):
    """What it states stays what it states: not a word of the library is added."""
    stated = report(house.keep(1, state=State.REVOKED), verdict)
    assert told(house, stated) == stated["certificate"]


def test_an_identifier_of_another_type_or_of_nothing_is_not_told(house: House):
    of_another = report(house.keep(1), type=MARRIAGE.code)
    assert told(house, of_another) == of_another["certificate"]
    unknown = report("1.2.156.3005.2.none")
    assert told(house, unknown) == unknown["certificate"]
    for nothing in ("", None):
        assert told(house, report(nothing)) is None


def test_what_is_not_yet_in_the_library_is_not_told(house: House):
    staged = report(house.keep(1, state=State.STAGED), status="unknown")
    assert told(house, staged)["status"] == "unknown"


def test_a_document_that_states_nothing_is_unknown(house: House):
    assert told(house, {"document": {"sm3": "0" * 64}, "verdict": "valid", "certificate": None}) is None
