"""A neighbour province that is slow, wrong or down: each as itself, and nothing is believed that was not asked."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from base.db import Database
from base.fetch import Incoming, Outgoing, TimedOut, Url
from base.settings import UnusableSetting
from certs import contents
from certs.holders.models import HolderUse
from certs.libraries import jobs, wiring
from certs.libraries.late import KEEPING, PAUSE
from certs.libraries.models import LibraryEvidence
from certs.libraries.peer import Peer
from certs.libraries.signing_requests import signed_headers
from certs.libraries.tokens import Tokens
from certs.libraries.unanswered import Unanswered
from certs.simulator.neighbour import Neighbour, Scene
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.custody.errors import NoSuchCustodyKey
from keys.parties import request_signing
from keys.parties.request_signing import Message
from keys.signers.errors import DeviceDown
from keys.signers.software import SoftwareSigner
from tests.certs.papers import HYGIENE, firm
from tests.certs.queries import house as of
from tests.certs.queries.house import House

NAME = "province:310000"


class NoDevice:
    """A signer whose device is not there when it is to sign."""

    public = asymmetric.generated(KeyKind.SM2).public

    def sign(self, *_: Any) -> bytes:
        raise DeviceDown("sdf", "no-answer")


class Late(Exception):
    """The neighbour waits longer than the deadline."""


def through(application: Any) -> Callable[[Outgoing], Incoming]:
    """Reach an application without a network; who waits in it has timed out."""

    def fetch(request: Outgoing) -> Incoming:
        headers = [each for each in request.headers if each[0] != "host"]
        try:
            answer = Client(application).open(
                "/api/v1/certificate-queries", method="POST", data=request.body, headers=headers
            )
        except Late as late:
            raise TimedOut("neighbour.example", "read") from late
        url = Url("https", "neighbour.example", 443, "/")
        return Incoming(answer.status_code, {}, answer.get_data(), url)

    return fetch


def waits(_seconds: float) -> None:
    raise Late


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch)


def beside(house: House, scene: Scene, **peculiar: Any) -> House:
    """Put a neighbour beside the house."""
    neighbour = Neighbour({}, scene, waits)
    told = {"fetch": through(neighbour), "address": "https://neighbour.example", **peculiar}
    peer = Peer(NAME, NAME, keys=house.parts.certs.keys, **told)
    parts = replace(house.parts, others=(peer,))
    house.door.app.extensions["yinxin"][type(parts)] = parts
    house.parts = parts
    return house


@pytest.mark.parametrize(
    ("scene", "outcome", "reason"),
    [
        (Scene.NOT_FOUND, "not_found", "no-such-certificate"),
        (Scene.NOT_COVERED, "not_found", "no-such-certificate"),
        (Scene.DOWN, "source_down", "source-silent"),
        (Scene.PENDING, "pending", "answered-later"),
        (Scene.SLOW, "pending", "answered-later"),
        (Scene.WRONG_HOLDER, "source_down", "wrong-holder"),
        (Scene.ANOTHER_TYPE, "source_down", "source-differs"),
        (Scene.HOSTILE, "source_down", "source-differs"),
        (Scene.UNNAMED, "source_down", "source-differs"),
    ],
)
def test_each_is_told_as_itself(house: House, scene: Scene, outcome: str, reason: str):
    told = beside(house, scene).held_by(1)
    assert (told["outcome"], told["reason"]["code"], told["certificates"]) == (outcome, reason, [])
    own, other = told["asked"]
    assert (own["library"], own["outcome"], other["library"]) == ("own", "not_found", NAME)


def test_what_another_province_has_is_given_within_the_grant_and_no_further(house: House):
    told = beside(house, Scene.FOUND).held_by(1)
    (certificate,) = told["certificates"]
    assert (told["outcome"], told["origin"]) == ("found", NAME)
    assert set(certificate["data"]) == {"address", "holder_name"}
    assert told["asked"][1] == {"library": NAME, "outcome": "found", "reason": "found"}


def test_a_status_that_changed_there_is_told_without_data(house: House):
    told = beside(house, Scene.REVOKED).held_by(1)
    (certificate,) = told["certificates"]
    assert (told["reason"]["code"], certificate["status"], certificate["data"]) == ("not-in-force", "revoked", {})


def test_what_is_here_is_not_asked_for_elsewhere(house: House):
    beside(house, Scene.DOWN)
    house.keep(1)
    told = house.held_by(1)
    assert [each["library"] for each in told["asked"]] == ["own"]


def test_a_late_answer_is_fetched_meanwhile_and_found_then(house: House):
    """The clerk is told to ask again; whoever asks for another matter or somebody else does not get it."""
    beside(house, Scene.SLOW)
    assert house.held_by(1)["outcome"] == "pending"
    assert house.held_by(1)["outcome"] == "pending"
    assert jobs.fetch_due(house.database, house.parts) == 1
    told = house.held_by(1)
    assert (told["outcome"], told["origin"]) == ("found", NAME)
    assert house.held_by(2)["outcome"] == "pending"


def test_an_answer_that_never_comes_is_given_up(house: House):
    beside(house, Scene.PENDING)
    house.held_by(1)
    for _ in range(5):
        jobs.fetch_due(house.database, house.parts)
        house.at += PAUSE
    assert house.held_by(1)["outcome"] == "source_down"


def test_what_is_not_believed_is_kept_as_evidence(house: House):
    told = beside(house, Scene.WRONG_HOLDER).held_by(1)
    with house.database.reading() as session:
        row = session.scalars(select(LibraryEvidence)).one()
    assert (row.usage, row.library, row.reason) == (told["usage_id"], NAME, "wrong-holder")
    assert "演示别人".encode() not in row.answer


@pytest.mark.parametrize("late", [False, True])
def test_a_key_of_ours_that_cannot_be_used_stops_no_look_up(house: House, late: bool):
    """It is not in custody, or its device does not answer when it is to sign."""

    def signer_for(_session: Any, key_id: str) -> Any:
        if late:
            return NoDevice()
        raise NoSuchCustodyKey(key_id)

    told = beside(house, Scene.FOUND, key="library", signer_for=signer_for).held_by(1)
    assert (told["outcome"], told["reason"]["code"]) == ("source_down", "source-silent")


def test_a_library_that_does_not_have_the_type_is_not_asked(house: House):
    def never(_: Outgoing) -> Incoming:
        raise AssertionError

    told = beside(house, Scene.DOWN, types=frozenset({"other"}), fetch=never).held_by(1)
    assert told["asked"][1] == {"library": NAME, "outcome": "not_covered", "reason": "not-covered"}
    assert told["outcome"] == "not_found"


def test_a_question_is_signed_with_this_houses_key(at: Any):
    key = asymmetric.generated(KeyKind.SM2)
    message = Message.of_url("POST", "https://neighbour.example/api/v1/certificate-queries", {}, b'{"a":1}')
    headers = signed_headers(message, SoftwareSigner(key), "k1", at)
    sent = replace(message, headers={**message.headers, **headers})
    judged = request_signing.judge(sent, lambda kid: key.public if kid == "k1" else None, at)
    assert judged.input.keyid == "k1"


@pytest.mark.parametrize(
    "text", ["city https://a.example", "province https://a.example", "department", "national https://a.example 99"]
)
def test_a_library_that_cannot_be_is_refused_at_the_start(text: str):
    told = wiring.LibrarySettings(peers=(text,))
    with pytest.raises(UnusableSetting):
        wiring.peers({wiring.LibrarySettings: told}, None, None, None)  # type: ignore[arg-type]


def test_a_day_that_another_library_does_not_tell_is_not_told_here(house: House):
    """It says when the certificate was issued, and not until when it is valid: that is not for ever."""
    house.list_use(HYGIENE, ("issued_on", "valid_until", "issuer"), of.OTHER_MATTER)
    body = {"holder": of.holder(1), "certificate_type": HYGIENE.code}
    told = beside(house, Scene.FOUND).told(**body, purpose=of.purpose(item_code=of.OTHER_MATTER))
    assert told["certificates"][0]["data"] == {"issued_on": "2024-05-01"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"access_token": "t", "expires_in": "600"}',
        b'{"access_token": "t", "expires_in": 0}',
        b'{"access_token": "", "expires_in": 600}',
        b'{"access_token": "a\\r\\nx-evil: 1", "expires_in": 600}',
    ],
)
def test_what_is_no_token_is_not_sent_on(body: bytes):
    def fetch(request: Outgoing) -> Incoming:
        assert request.method == "POST"
        return Incoming(200, {}, body, Url("https", "a.example", 443, "/"))

    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    with pytest.raises(Unanswered) as raised:
        Tokens("https://a.example", "client", fetch).bearer(signer, 3.0)
    assert raised.value.answer.reason == "source-differs"


@pytest.mark.parametrize(
    "told",
    [
        {"clients": (f"{NAME} client",)},
        {"clients": ("national client",), "key": "k"},
        {"clients": (f"{NAME} one two",), "key": "k"},
        {"clients": (f"{NAME} one", f"{NAME} two"), "key": "k"},
        {"keeps": (f"{NAME} 60 601",)},
        {"keeps": (f"{NAME} 60 -1",)},
        {"peers": ("national https://a.example", "national https://b.example")},
    ],
)
def test_what_cannot_be_said_of_a_library_is_refused_at_the_start(told: dict[str, Any]):
    read: Any = {wiring.LibrarySettings: wiring.LibrarySettings(**{"peers": (f"{NAME} https://a.example",), **told})}
    with pytest.raises(UnusableSetting):
        wiring.peers(read, None, None, None)  # type: ignore[arg-type]


def test_as_whom_and_how_long_is_read_for_each_library():
    peers, keeps = (f"{NAME} https://a.example", "national https://b.example"), ("national 5 0",)
    told = wiring.LibrarySettings(peers=peers, key="k", clients=(f"{NAME} us",), keeps=keeps)
    read: Any = {wiring.LibrarySettings: told}
    province, national = wiring.peers(read, None, None, None)  # type: ignore[arg-type]
    assert province.tokens is not None
    assert (province.tokens.client, national.tokens, province.keeping) == ("us", None, KEEPING)
    assert (national.keeping.found.seconds, national.keeping.missing.seconds) == (5, 0)


def test_a_library_is_read_from_one_line():
    told = wiring.LibrarySettings(peers=("province:310000 https://a.example 2.5 x,y",))
    (peer,) = wiring.peers({wiring.LibrarySettings: told}, None, None, None)  # type: ignore[arg-type]
    assert (peer.name, peer.origin, peer.seconds, peer.types) == (NAME, NAME, 2.5, frozenset({"x", "y"}))


@pytest.mark.parametrize("code", [firm(3), "3209**********1234"])
def test_whom_another_library_names_finds_the_use_in_their_list(house: House, code: str):
    """Asked by number, nobody is named; a code that is masked there names nobody either."""
    told = {
        "identifier": f"1.2.156.3005.2.{HYGIENE.code}.11310000YNX000001A.00000001.001.X",
        "type": HYGIENE.code,
        "number": "邻省演示0001",
        "holding": "collected",
        "status": "valid",
        "data": {"holder_code": code, "holder_name": "演示企业3有限公司", "address": "邻省演示地址"},
        "superseded_by": None,
    }

    def neighbour(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"outcome": "found", "certificates": [told]}).encode()]

    keys = house.parts.certs.keys
    peer = Peer(NAME, NAME, keys=keys, fetch=through(neighbour), address="https://neighbour.example")  # type: ignore[arg-type]
    parts = replace(house.parts, others=(peer,))
    house.door.app.extensions["yinxin"][type(parts)] = parts
    body = {"certificate_type": HYGIENE.code, "number": "邻省演示0001", "purpose": of.purpose()}
    asked = house.door.call("gm", "POST", "/certificate-queries", json=body).json
    assert (asked["outcome"], asked["origin"]) == ("found", NAME)
    with house.database.reading() as session:
        rows = list(session.scalars(select(HolderUse)))
        hashed = contents.holder_hash(session, keys, "001", firm(3))
    expected = [(hashed, asked["usage_id"], told["identifier"])] if code == firm(3) else []
    assert [(each.holder_hash, each.usage, each.identifier) for each in rows] == expected
