"""The bus and what it stands on: walks over the tables, many tellers at once, webhooks, matters as they are kept."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.notices import Webhook, delivery_log
from certs.filing.cases import cases, reading, receiving
from certs.filing.cases.life import CLOSED, MOVES, Act
from certs.filing.cases.models import Case, CaseStep
from certs.filing.cases.told import PERSON, MaterialIn, Operator, Party, Received, Told
from certs.filing.matter import Elements
from certs.filing.matters import keeping, matters
from exchange.models import Task
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import CLERK, ITEM, MATTERS, WINDOW, House
from tests.certs.papers import firm
from tests.keys.parties.builders import CITY

WALKS, STEPS = 6, 12
OPERATOR = Operator(PERSON, "演示人员", "演示单位")
FACTS = {
    Act.PROCESS: {"process_name": "审查"},
    Act.BEGIN_SPECIAL: {"special_type": "1", "special_name": "听证"},
    Act.END_SPECIAL: {"result": "结束"},
    Act.DELIVER: {"delivery_type": "window"},
}
HOOK = Webhook("https://business.example/cases")


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch, webhooks={CITY: HOOK})


def receipt(key: str, matter: str = ITEM) -> Received:
    applicant = Party("演示企业1有限公司", "organisation", "001", firm(1))
    return Received(key, matter, "320500", "演示窗口", "演示项目", applicant, OPERATOR)


def told(act: Act, key: str) -> Told:
    papers = (MaterialIn("m", "演示材料"),) if act is Act.SUPPLEMENT else ()
    words = {"reason": "演示理由"}
    return Told(key, act, OPERATOR, days=2, facts=FACTS.get(act, {}), words=words, materials=papers)


def drawn(house: House, number: str, chance: random.Random) -> tuple[Act, Caller]:
    """Draw what somebody tries: mostly what may follow, sometimes anything."""
    with house.database.reading() as session:
        state = reading.life_of(session.get_one(Case, number)).state
    # What closes a case is tried less often, so that walks are long.
    going_on = [act for act, move in MOVES.items() if state in move.sources and move.target not in CLOSED]
    act = chance.choice(going_on if going_on and chance.random() < 0.8 else list(Act))
    return act, chance.choice((WINDOW, CLERK))


def test_tables_stand_as_their_steps_say_on_every_walk(house: House):
    """Seeded walks by both sides; whatever is refused changes nothing, and no open case is without owner and task."""
    chance = random.Random(7)  # noqa: S311 - a seed, so that every walk can be walked again
    at, numbers, taken = house.at - timedelta(days=300), [], 0
    for walk in range(WALKS):
        moment = at
        with house.database.transaction() as session:
            numbers.append(receiving.receive(session, house.parts, receipt(f"walk-{walk}"), WINDOW, moment).case.number)
        for place in range(STEPS):
            moment += timedelta(hours=chance.randrange(0, 24 * 9))
            act, by = drawn(house, numbers[-1], chance)
            try:
                with house.database.transaction() as session:
                    cases.take(session, house.parts, numbers[-1], told(act, f"{place}"), by, moment)
                    taken += 1
            except DomainError:
                continue
    assert taken > 2 * WALKS
    with house.database.reading() as session:
        for number in numbers:
            row = session.get_one(Case, number)
            life = reading.life_of(row)
            assert reading.replayed(session, row) == life
            assert row.version == session.query(CaseStep).filter_by(case=number).count()
            open_tasks = session.query(Task).filter(Task.thing_id == number, Task.done_at.is_(None)).all()
            if life.state in CLOSED:
                assert (row.owner, row.due_at, open_tasks) == (None, None, [])
            else:
                assert [(each.organisation, each.due_at) for each in open_tasks] == [(row.owner, row.due_at)]


def test_many_who_tell_the_same_at_once_make_one_case_and_one_step(house: House):
    def receive(_turn: int) -> tuple[str, bool]:
        with house.database.transaction() as session:
            taken = receiving.receive(session, house.parts, receipt("same"), WINDOW, house.at)
            return taken.case.number, taken.is_new

    def accept(_turn: int) -> bool:
        with house.database.transaction() as session:
            return cases.take(session, house.parts, number, told(Act.ACCEPT, "a"), CLERK, house.at).is_new

    with ThreadPoolExecutor(4) as together:
        received = list(together.map(receive, range(4)))
        number = received[0][0]
        accepted = list(together.map(accept, range(4)))
    assert {each for each, _ in received} == {number}
    assert sum(is_new for _, is_new in received) == sum(accepted) == 1


def test_an_organ_with_a_webhook_is_rung_up_and_told_nothing_personal(house: House):
    number = house.receive()["number"]
    with house.database.reading() as session:
        log = delivery_log(session)
        assert [(each.kind, each.channel, each.recipient) for each in log] == [("case-step", "webhook", HOOK.url)]
    house.stands(number, "accept")
    with house.database.reading() as session:
        assert len(delivery_log(session)) == 1, "the other side has no webhook"


def test_a_case_is_of_a_matter_as_the_organ_keeps_it(house: House):
    """Found by its 33 characters, with the days that the matter names."""
    elements = Elements(legal_working_days=10, promised_working_days=4)
    of_organ = Caller("person", "keeper", "keeper", CITY, frozenset({"authority", "operator"}))
    with house.database.transaction() as session:
        kept = replace(of.matter(), elements=elements, result_type=None)
        keeping.keep(session, kept, of_organ, house.at)
    parts = replace(house.parts, matter_of=matters.matter_of)
    with house.database.transaction() as session:
        row = receiving.receive(session, parts, receipt("kept"), WINDOW, house.at).case
        cases.take(session, parts, row.number, told(Act.ACCEPT, "a"), CLERK, house.at)
        assert (row.item_name, row.terms["promised"], row.terms["legal"]) == (MATTERS[ITEM].name, 4, 10)
        assert row.due_at is not None
        assert row.due_at.isoformat() == "2026-11-26T16:00:00+00:00"
