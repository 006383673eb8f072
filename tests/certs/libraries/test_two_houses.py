"""Two Yinxins talk: a token for a key in custody, a signed question, an answer that says whose certificate it is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from base.fetch import Incoming, Outgoing
from base.models import AuditEntry
from certs.libraries import jobs, tokens
from certs.libraries.models import LibraryAnswer, LibraryEvidence
from certs.libraries.peer import PATH, Peer
from certs.life import State
from certs.queries.wiring import Queries
from exchange.agreements.models import Grant
from tests.certs.libraries import two_houses
from tests.certs.libraries.two_houses import NAME, Asked, Asking
from tests.certs.papers import HYGIENE
from tests.certs.queries import house as windows

Houses = tuple[Asking, Asked]
AS_BUILT = pytest.StashKey[tuple[Queries, Queries]]()


@pytest.fixture(scope="module")
def opened_houses(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Houses]:
    template = request.getfixturevalue("_sqlite_template")
    with two_houses.opened(tmp_path_factory.mktemp("houses"), template) as found:
        yield found


@pytest.fixture
def houses(opened_houses: Houses, request: pytest.FixtureRequest) -> Houses:
    """Give the two houses as they began, and the token that they had agreed on ended."""
    asking, asked = opened_houses
    parts = request.session.stash.setdefault(AS_BUILT, (asking.parts, asked.parts))
    two_houses.begin_anew(asking, asked, parts)
    assert asking.peer.tokens is not None
    asking.with_peer(tokens=replace(asking.peer.tokens))
    return asking, asked


def test_what_the_other_house_has_is_found_live(houses: Houses):
    """The other house gives the address alone; whose it is its confirmation says."""
    asking, asked = houses
    identifier = asked.keep(1)
    told = asking.held_by(1)
    (certificate,) = told["certificates"]
    assert (told["outcome"], told["origin"], certificate["identifier"]) == ("found", NAME, identifier)
    assert certificate["data"] == {"address": "演示", "holder_name": windows.holder(1)["name"]}
    assert asked.gate.paths == [tokens.PATH, PATH]
    (use,) = asked.uses()
    assert (use.caller, use.outcome, use.fields) == (f"system:{two_houses.CLIENT}", "found", ["address"])


def test_the_other_house_can_prove_what_it_was_asked(houses: Houses):
    asking, asked = houses
    asking.held_by(1)
    with asked.database.reading() as session:
        acts = list(session.scalars(select(AuditEntry.act)))
    assert "request.signed" in acts


def test_a_number_and_an_identifier_are_found_as_well(houses: Houses):
    asking, asked = houses
    identifier = asked.keep(2)
    by_number = asking.ask(certificate_type=HYGIENE.code, number="邻演（2）")
    by_identifier = asking.ask(identifier=identifier)
    assert [each["outcome"] for each in (by_number, by_identifier)] == ["found", "found"]
    assert asking.ask(certificate_type=HYGIENE.code, number="邻演（3）")["outcome"] == "not_found"


def test_a_name_that_is_not_the_holders_finds_nothing(houses: Houses):
    asking, asked = houses
    asked.keep(1)
    assert asking.held_by(1, name="演示别人有限公司")["outcome"] == "not_found"


def test_a_revoked_certificate_is_told_as_revoked_and_without_data(houses: Houses):
    asking, asked = houses
    asked.keep(1, State.REVOKED)
    told = asking.held_by(1)
    (certificate,) = told["certificates"]
    assert (told["reason"]["code"], certificate["status"], certificate["data"]) == ("not-in-force", "revoked", {})


def test_a_grant_that_is_revoked_there_refuses_here(houses: Houses):
    """What was answered before is good for a minute, and not for longer."""
    asking, asked = houses
    asked.keep(1)
    assert asking.held_by(1)["outcome"] == "found"
    asked.revoke()
    assert asking.held_by(1)["outcome"] == "found"
    assert len(asked.uses()) == 1
    asking.later(61)
    told = asking.held_by(1)
    assert (told["outcome"], told["reason"]["code"], told["certificates"]) == ("source_down", "source-refuses", [])


def test_a_house_that_is_gone_is_told_as_down(houses: Houses):
    asking, _ = houses
    asking.with_peer(address="http://127.0.0.1:9")
    told = asking.held_by(1)
    assert (told["outcome"], told["reason"]["code"]) == ("source_down", "source-silent")


def test_a_slow_house_is_pending_and_then_found_by_the_job(houses: Houses):
    asking, asked = houses
    asked.keep(1)
    asked.keep(2)
    assert asking.held_by(2)["outcome"] == "found"
    asked.gate.opened.clear()
    asking.with_peer(seconds=0.5)
    assert asking.held_by(1)["reason"]["code"] == "answered-later"
    asked.gate.opened.set()
    assert jobs.fetch_due(asking.database, asking.parts) == 1
    told = asking.held_by(1)
    assert (told["outcome"], told["origin"]) == ("found", NAME)


def test_an_answer_about_somebody_else_is_not_believed_and_kept_as_evidence(houses: Houses):
    """The other house mixes up two holders: what it confirms is not who was asked for."""
    asking, asked = houses
    asked.keep(1)
    asked.gate.changed = confirming("0" * 64)
    told = asking.held_by(1)
    assert (told["outcome"], told["reason"]["code"], told["certificates"]) == ("source_down", "wrong-holder", [])
    with asking.database.reading() as session:
        row = session.scalars(select(LibraryEvidence)).one()
    assert (row.usage, row.library, row.reason) == (told["usage_id"], NAME, "wrong-holder")


def test_an_answer_that_does_not_say_whose_it_is_is_not_believed(houses: Houses):
    asking, asked = houses
    asked.keep(1)
    asked.gate.changed = confirming(None)
    assert asking.held_by(1)["reason"]["code"] == "source-differs"


def test_a_confirmation_of_another_answer_does_not_fit(houses: Houses):
    asking, asked = houses
    asked.keep(1)
    seen: list[str] = []

    def replayed(body: bytes) -> bytes:
        told = json.loads(body)
        seen.extend(each["confirmation"] for each in told.get("certificates", ()))
        return confirming(seen[0])(body) if seen else body

    asked.gate.changed = replayed
    assert asking.held_by(1)["outcome"] == "found"
    other = asking.ask(holder=windows.holder(1), certificate_type=HYGIENE.code, purpose=windows.purpose(reason="另一"))
    assert other["reason"]["code"] == "wrong-holder"
    assert len(set(seen)) == 2


def test_one_token_serves_many_questions_and_is_fetched_anew_when_it_is_ended(houses: Houses):
    asking, asked = houses
    for number in range(3):
        asking.held_by(number + 1)
    assert asked.gate.paths.count(tokens.PATH) == 1
    asked.end_tokens()
    assert asking.held_by(9)["outcome"] == "not_found"
    assert asked.gate.paths.count(tokens.PATH) == 2


def test_a_key_that_the_other_house_does_not_know_is_refused(houses: Houses):
    asking, _ = houses
    assert asking.peer.tokens is not None
    asking.with_peer(tokens=replace(asking.peer.tokens, client="nobody"))
    told = asking.held_by(1)
    assert (told["outcome"], told["reason"]["code"]) == ("source_down", "source-refuses")


def test_a_question_of_another_house_is_not_carried_on(houses: Houses):
    """Two houses that name each other must not ask in a circle."""
    asking, asked = houses

    def never(request: Outgoing) -> Incoming:
        raise AssertionError(request.method)

    onward = Peer("national", "national", "https://other.example", asked.parts.certs.keys, never)
    asked.app.extensions["yinxin"][Queries] = replace(asked.parts, others=(onward,))
    assert asking.held_by(5)["outcome"] == "not_found"


def test_an_answer_is_kept_for_the_same_purpose_and_grant_alone(houses: Houses):
    asking, asked = houses
    asked.keep(1)
    purposes = (windows.purpose(), windows.purpose(), windows.purpose(basis={"kind": "case", "number": "另案"}))
    for purpose in purposes:
        told = asking.ask(holder=windows.holder(1), certificate_type=HYGIENE.code, purpose=purpose)
        assert told["outcome"] == "found"
    assert asked.gate.paths.count(PATH) == 2
    with asking.database.reading() as session:
        rows = list(session.scalars(select(LibraryAnswer)))
    assert all(row.answer is not None and "演示".encode() not in row.answer for row in rows)


def test_that_there_is_none_is_kept_for_less_time(houses: Houses):
    asking, asked = houses
    assert asking.held_by(1)["outcome"] == "not_found"
    asked.keep(1)
    assert asking.held_by(1)["outcome"] == "not_found"
    asking.later(21)
    assert asking.held_by(1)["outcome"] == "found"


def test_a_masked_holder_is_confirmed_all_the_same(houses: Houses):
    asking, asked = houses
    asked.keep(1)
    with asked.database.transaction() as session:
        clauses = session.scalars(select(Grant.clauses)).one()
        told = {**clauses, "fields": ["持证主体", "address"], "masks": {"持证主体": "name"}}
        session.execute(update(Grant).values(clauses=told))
    (certificate,) = asking.held_by(1)["certificates"]
    assert certificate["data"]["holder_name"] == windows.holder(1)["name"]


def confirming(value: str | None) -> Any:
    """Change what an answer's certificates confirm."""

    def changed(body: bytes) -> bytes:
        told = json.loads(body)
        for each in told.get("certificates", ()):
            each.pop("confirmation")
            if value is not None:
                each["confirmation"] = value
        return json.dumps(told).encode()

    return changed
