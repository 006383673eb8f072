"""What counts once counts once: a thousand times, after a restart, and for two processes at the same moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import app
from base.callers import Caller
from base.db import Database, DatabaseSettings, connect
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import PrivateKey
from keys.parties import client_proof, jwk, request_signing, signed_requests, spending, wiring
from keys.parties.client_proof import Assertion
from keys.parties.errors import AssertionReplayed, RequestReplayed, RequestSignatureRefused
from keys.parties.request_signing import Message
from keys.parties.wiring import Parties
from tests.keys.parties import builders, races
from tests.keys.parties.builders import CITY, Site

TIMES = 1000
# Each raced by two processes; together with the rest well over a thousand second tries.
RACED = 250
BY = Caller("system", "gm", organisation=CITY)


def signed(key: PrivateKey, nonce: str, at: datetime) -> Message:
    message = Message("POST", "/api/v1/signatures", "", {"yinxin-basis": "2026-001"}, b"{}")
    added = request_signing.sign(message, key, jwk.thumbprint(key.public), nonce, at).headers
    return Message(message.method, message.path, message.query, {**message.headers, **added}, message.body)


def accepts_assertion(database: Database, parties: Parties, text: str, at: datetime) -> bool:
    try:
        with database.reading() as session:
            proven = client_proof.judged(session, parties, Assertion(text), at)
        with database.transaction() as session:
            client_proof.spend(session, proven)
    except AssertionReplayed:
        return False
    return True


def accepts_request(database: Database, message: Message, at: datetime) -> bool:
    try:
        with database.reading() as session:
            judged = signed_requests.judge(session, message, BY, at, basis_needed=True)
        with database.transaction() as session:
            signed_requests.accept(session, judged, BY, at)
    except RequestReplayed:
        return False
    return True


@pytest.fixture
def keys(database: Database, at: datetime) -> dict[str, PrivateKey]:
    return builders.populate(database, at)


def test_of_values_that_are_spent_together_each_counts_once(database: Database, at: datetime):
    def spent(*values: tuple[str, str]) -> list[bool]:
        with database.transaction() as session:
            return spending.spend_all(session, spending.REQUEST, values, at + timedelta(hours=1))

    assert spent(("b", "1"), ("a", "1"), ("b", "1"), ("b", "2")) == [True, True, False, True]
    assert spent(("b", "2"), ("c", "1"), ("a", "1")) == [False, True, False]
    assert spent() == []


def test_an_assertion_sent_a_thousand_times_is_accepted_once(read, database, keys, at: datetime):
    parties = wiring.built(read)
    text = builders.forged(keys["intl"], {"kid": jwk.thumbprint(keys["intl"].public)}, builders.claims_of("intl", at))
    assert sum(accepts_assertion(database, parties, text, at) for _ in range(TIMES)) == 1


def test_a_signed_request_sent_a_thousand_times_is_accepted_once(database, keys, at: datetime):
    message = signed(keys["gm"], "n" * 16, at)
    assert sum(accepts_request(database, message, at) for _ in range(TIMES)) == 1


def test_nothing_is_accepted_again_after_the_database_was_opened_anew(read, database_settings, at: datetime):
    first = connect(database_settings, app.LAST_ACTS)
    keys = builders.populate(first, at)
    parties = wiring.built(read)
    kid = jwk.thumbprint(keys["gm"].public)
    assertions = [builders.forged(keys["gm"], {"kid": kid}, builders.claims_of("gm", at)) for _ in range(20)]
    requests = [signed(keys["gm"], f"nonce-{number:012}", at) for number in range(20)]
    assert all(accepts_assertion(first, parties, text, at) for text in assertions)
    assert all(accepts_request(first, message, at) for message in requests)
    first.close()
    second = connect(database_settings, app.LAST_ACTS)
    assert not any(accepts_assertion(second, parties, text, at) for text in assertions)
    assert not any(accepts_request(second, message, at) for message in requests)
    second.close()


@dataclass(frozen=True)
class Race:
    """What one process of two is told."""

    settings: DatabaseSettings
    token_key: Path
    assertions: list[str]
    requests: list[Message]
    at: datetime


def run(race: Race, _number: int, ready: object, told: object) -> None:
    """Be one of the two processes: send everything, and tell what was accepted."""
    database = connect(race.settings, app.LAST_ACTS)
    parties = wiring.built(builders.read_settings(race.settings, token_key=str(race.token_key)))
    ready.wait()  # type: ignore[attr-defined]
    accepted = [
        [accepts_assertion(database, parties, text, race.at) for text in race.assertions],
        [accepts_request(database, message, race.at) for message in race.requests],
    ]
    database.close()
    told.put(accepted)  # type: ignore[attr-defined]


def test_of_two_processes_exactly_one_is_believed(database_settings, database, keys, at: datetime, tmp_path):
    kid = jwk.thumbprint(keys["gm"].public)
    race = Race(
        database_settings,
        tmp_path / "token.key",
        [builders.forged(keys["gm"], {"kid": kid}, builders.claims_of("gm", at)) for _ in range(RACED)],
        [signed(keys["gm"], f"nonce-{number:012}", at) for number in range(RACED)],
        at,
    )
    one, other = races.of_two(run, race)
    for ours, theirs in zip(one, other, strict=True):
        assert [mine + yours for mine, yours in zip(ours, theirs, strict=True)] == [1] * RACED


def test_a_nonce_is_remembered_for_as_long_as_its_request_could_be_believed(database, keys, at: datetime):
    """Made 300 s ahead of our clock, the request is believable for 600 s; the store is cleaned all the while."""
    made = at + timedelta(seconds=300)
    message = signed(keys["gm"], "n" * 16, made)
    assert accepts_request(database, message, at)
    for seconds in range(0, 601, 60):
        now = at + timedelta(seconds=seconds)
        with database.transaction() as session:
            spending.forget(session, now)
        assert not accepts_request(database, message, now)
    with pytest.raises(RequestSignatureRefused, match="created"):
        accepts_request(database, message, at + timedelta(seconds=601))


def test_an_assertion_is_remembered_for_as_long_as_it_could_be_believed(read, database, keys, at: datetime):
    parties = wiring.built(read)
    claims = {**builders.claims_of("gm", at), "exp": int(at.timestamp()) + 300}
    text = builders.forged(keys["gm"], {"kid": jwk.thumbprint(keys["gm"].public)}, claims)
    assert accepts_assertion(database, parties, text, at)
    for seconds in range(0, 360, 60):
        now = at + timedelta(seconds=seconds)
        with database.transaction() as session:
            spending.forget(session, now)
        assert not accepts_assertion(database, parties, text, now)
    with pytest.raises(Exception, match="expired"):
        accepts_assertion(database, parties, text, at + timedelta(seconds=361))


def test_the_same_nonce_of_another_system_is_another(database, keys, at: datetime):
    with database.transaction() as session:
        assert spending.spend(session, spending.REQUEST, "gm", "n" * 16, at)
        assert spending.spend(session, spending.REQUEST, "intl", "n" * 16, at)
        assert spending.spend(session, spending.ASSERTION, "gm", "n" * 16, at)
        assert not spending.spend(session, spending.REQUEST, "gm", "n" * 16, at)


def test_a_refused_act_does_not_give_the_assertion_back_twice(site: Site):
    """A scope that is not held refuses the request whole: the assertion may be sent again, and then counts once."""
    text = site.assertion("gm")
    assert site.ask("gm", text, scope="seal:use").status_code == 400
    assert site.ask("gm", text).status_code == 200
    assert site.ask("gm", text).status_code == 401


def test_token_keys_of_two_first_starts_are_one(tmp_path, read):
    first, second = wiring.built(read).token_key, wiring.built(read).token_key
    assert asymmetric.public_key_pem(first.private.public) == asymmetric.public_key_pem(second.private.public)
