"""Finished files over HTTP: a form with the file and what is told of it, on the address where data are issued too."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.db import Database
from certs.faces.typefaces import typeface
from certs.routes import API_BLUEPRINTS
from tests import rooms
from tests.certs.deposits import files
from tests.certs.deposits.files import LICENCE, depositor, finished
from tests.certs.office import STRANGER, Office, office
from tests.certs.papers import HYGIENE, firm
from tests.rooms import Door
from tests.signing.offices import WINDOW

ISSUER = replace(WINDOW, scopes=frozenset({"cert:issue"}))
READER = replace(WINDOW, id="reader", scopes=frozenset({"cert:read"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> Office:
    return office(database, tmp_path, at, typeface())


@pytest.fixture
def door(house: Office, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: house.at)
    taker, sealer = depositor(house), house.issuer().sealer
    people = (ISSUER, READER, replace(STRANGER, id="stranger"))
    parts = house.parts, taker.signing, taker.verifying, sealer.authority
    return rooms.door(house.database, API_BLUEPRINTS, people, *parts)


def send(door: Door, document: bytes, who: str = "gm", metadata: Any = None) -> Any:
    told = json.dumps(metadata or {"type": LICENCE.code})
    form = {"file": (io.BytesIO(document), "演示.ofd"), "metadata": told}
    return door.call(who, "POST", "/certificates", data=form, content_type="multipart/form-data")


def test_a_file_goes_in_and_comes_back(door: Door, house: Office):
    """By the same address that gives every certificate's file."""
    document = finished(house)
    answer = send(door, document)
    assert answer.status_code == 201, answer.json
    assert (answer.json["holding"], answer.json["status"]) == ("collected", "valid")
    assert answer.json["holders"][0]["code"] == firm(1)
    back = door.call("gm", "GET", f"/certificates/{answer.json['identifier']}/files/ofd")
    assert back.data == document


def test_an_organ_that_brings_anothers_file_sees_what_it_brought(door: Door, house: Office):
    """A bureau collects for the whole province; the seal says whose the certificate is."""
    answer = send(door, finished(house), "stranger")
    assert (answer.status_code, answer.json["issuer"]) == (201, WINDOW.organisation)
    place = f"/certificates/{answer.json['identifier']}"
    assert door.call("stranger", "GET", place).json["number"] == firm(1)
    assert door.call("gm", "GET", place).status_code == 200


def test_the_same_file_twice_is_answered_alike(door: Door, house: Office):
    """Whoever was cut off sends it again, also under another name."""
    document = finished(house)
    first, second = (send(door, document) for _ in range(2))
    assert first.json == second.json


@pytest.mark.parametrize(
    ("metadata", "status", "code"),
    [
        ({"type": "11100000YNX090019T999"}, 404, "no-such-certificate-type"),
        ({"type": HYGIENE.code}, 409, "deposit-type-not-collected"),
        ({"type": LICENCE.code, "colour": "red"}, 422, "invalid-input"),
        ({"number": "1"}, 422, "invalid-input"),
        ({"type": LICENCE.code, "number": firm(9)}, 422, "deposit-metadata-differs"),
        ([1], 422, "invalid-input"),
    ],
    ids=range(6),
)
def test_bad_metadata_are_refused(door: Door, house: Office, metadata: Any, status: int, code: str):
    """With a code, and without a word of the person's."""
    answer = send(door, finished(house), metadata=metadata)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert firm(9) not in json.dumps(answer.json)


def test_a_forged_file_is_answered_with_the_reason(door: Door, house: Office):
    """And kept out."""
    forged = files.edited(finished(house), files.PAGE, lambda page: page.replace("演示".encode(), "真实".encode(), 1))
    answer = send(door, forged)
    assert (answer.status_code, answer.json["code"], answer.json["check"]) == (
        422,
        "deposit-forged",
        "REF_DIGEST_MISMATCH",
    )


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"file": (io.BytesIO(b"x"), "x")},
        {"metadata": "{}"},
        {"file": (io.BytesIO(b"x"), "x"), "metadata": "{"},
        {"file": (io.BytesIO(b""), "x"), "metadata": json.dumps({"type": LICENCE.code})},
        {"other": (io.BytesIO(b"x"), "x"), "metadata": "{}"},
    ],
    ids=range(6),
)
def test_a_broken_form_is_refused(door: Door, form: dict[str, Any]):
    """Whatever is missing."""
    copied = {
        name: (io.BytesIO(part[0].getvalue()), part[1]) if isinstance(part, tuple) else part
        for name, part in form.items()
    }
    answer = door.call("gm", "POST", "/certificates", data=copied, content_type="multipart/form-data")
    assert 400 <= answer.status_code < 500
    assert answer.json["code"]


@pytest.mark.parametrize("who", [None, "reader"])
def test_who_may_not_issue_brings_no_file(door: Door, house: Office, who: str):
    """The same guard for data and for files."""
    assert send(door, b"x", who).status_code in {401, 403}
