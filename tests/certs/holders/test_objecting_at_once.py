"""Two who act at one moment, and a death before the end: one objection, one entry of the ledger, one clear answer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from base import audit
from base.audit import Search
from certs import library
from certs.holders import objections, using
from certs.holders.models import HolderObjection
from exchange.models import Task
from tests.certs.holders.conftest import ISSUER, View
from tests.certs.holders.test_objections import KEPT, answered, begun, own

OBJECTION = {"field": "address", "text": "演示：不符"}
# Longer than any of it takes.
PATIENCE = 60


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do things at one moment; give what each answered."""
    ready, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def do(place: int, act: Callable[[], Any]) -> None:
        ready.wait(PATIENCE)
        answers[place] = act()

    threads = [threading.Thread(target=do, args=each) for each in enumerate(acts)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    return answers


def on_record(view: View, act: str) -> int:
    with view.house.office.database.reading() as session:
        return len(audit.search(session, Search(act=f"holder-objection.{act}")))


def counts(view: View) -> tuple[int, int, int]:
    """Count objections, duties, and what the ledger says of beginnings."""
    with view.house.office.database.reading() as session:
        there = session.scalar(select(func.count()).select_from(HolderObjection)) or 0
        duties = session.scalar(select(func.count()).select_from(Task)) or 0
    return there, duties, on_record(view, "begun")


def test_a_holder_who_presses_twice_at_one_moment_objects_once(view: View):
    path = f"/my/certificates/{view.house.office.issue()}/objections"
    answers = at_once(*[lambda: view.post(path, OBJECTION)] * 3)
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    (made,) = [each.json["id"] for each in answers if each.status_code == 201]
    refused = [each.json for each in answers if each.status_code == 409]
    assert {(each["code"], each["objection"]) for each in refused} == {("holder-objection-open", made)}
    assert counts(view) == (1, 1, 1)


def test_of_a_holder_who_takes_it_back_and_a_department_that_answers_at_one_moment_one_is_first(view: View):
    told = begun(view)
    taken, given = at_once(
        lambda: view.post(f"/my/objections/{told['id']}/withdrawal", None), lambda: answered(view, told, KEPT, ISSUER)
    )
    first, second = (taken, given) if taken.status_code == 200 else (given, taken)
    assert (first.status_code in {200, 201}, second.status_code) == (True, 409)
    assert second.json["code"] == "holder-objection-answered"
    assert on_record(view, "withdrawn") + on_record(view, "kept") == 1
    assert own(view, told)["state"] == ("withdrawn" if first is taken else "telling")
    assert [each["step"] for each in own(view, told)["steps"]] == ["begun", "withdrawn" if first is taken else "kept"]


def test_two_of_a_department_who_answer_at_one_moment_answer_once(view: View):
    told = begun(view)
    answers = at_once(*[lambda: answered(view, told, KEPT, ISSUER)] * 2)
    assert sorted(each.status_code for each in answers) == [201, 409]
    assert on_record(view, "kept") == 1


class Died(Exception):
    """The process died before the act was committed."""


def dies(view: View, identifier: str) -> None:
    """Object, and die before the commit."""
    office = view.house.office
    with office.database.transaction() as session:
        row = library.certificate_of(session, identifier)
        (holder,) = using.holders_of(session, row)
        told = objections.begin_on(session, office.parts, row, holder, "address", "演示", view.citizen, office.at)
        assert session.get(HolderObjection, told.id) is not None
        raise Died


def test_a_death_between_the_act_and_its_commit_leaves_nothing_and_the_next_try_begins_it(view: View):
    identifier = view.house.office.issue()
    with pytest.raises(Died):
        dies(view, identifier)
    assert counts(view) == (0, 0, 0)
    path = f"/my/certificates/{identifier}/objections"
    made = view.post(path, OBJECTION)
    assert (made.status_code, counts(view)) == (201, (1, 1, 1))
    # Its answer was lost on the way: asked again, the holder is told which it is.
    again = view.post(path, OBJECTION)
    assert (again.status_code, again.json["objection"], counts(view)) == (409, made.json["id"], (1, 1, 1))
