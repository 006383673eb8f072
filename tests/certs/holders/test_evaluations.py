"""What is said of a use (好差评): by its holder or at the window, once; a bad one is a duty until it is answered."""

import pytest
from sqlalchemy import select

from base import web
from base.callers import ANONYMOUS, Caller
from certs.holders import uses
from certs.holders.models import HolderEvaluation, HolderUse, UseEvaluationAnswer
from certs.routes.figures import figure_routes
from exchange.models import Task
from tests.certs.holders.conftest import CITY, REQUESTER, View

CLERK = Caller("person", "window-clerk", "window-clerk", CITY, frozenset({"window"}))
OTHER = Caller("person", "other-clerk", "other-clerk", "11320000YNX00001XQ", frozenset({"window", "requester"}))


@pytest.fixture
def seen(view: View) -> View:
    view.door.people = {**view.door.people, CLERK.id: CLERK, OTHER.id: OTHER}
    known = view.door.people
    view.door.also_serves([(figure_routes, "/api/v1")])
    web.furnish(view.door.app, web.AuthenticatorPart(lambda told: known.get(told.session_cookie or "", ANONYMOUS)))
    return view


def tasks(view: View) -> list[Task]:
    with view.house.office.database.reading() as session:
        return list(session.scalars(select(Task).where(Task.duty == "evaluation-answer")))


def test_the_window_keeps_what_the_holder_says_and_nobody_says_it_again(seen: View):
    usage = seen.used()
    path = f"/usages/{usage}/evaluations"
    assert seen.post(path, {"level": 5}, OTHER).json["code"] == "no-such-usage"
    assert seen.post(path, {"level": 5}).status_code == 403
    assert seen.post(path, {"level": 0}, CLERK).status_code == 422
    assert seen.post(path, {"level": 4, "text": "演示"}, CLERK).status_code == 204
    assert seen.post(path, {"level": 1}, CLERK).json["code"] == "use-already-evaluated"
    assert seen.post(f"/my/uses/{usage}/evaluations", {"level": 1}).json["code"] == "use-already-evaluated"
    assert tasks(seen) == []
    (mine,) = seen.get("/my/uses").json["items"]
    assert (mine["evaluation"], mine["evaluation_answer"]) == (4, None)


@pytest.mark.parametrize("is_holder", [True, False], ids=["holder", "window"])
def test_a_bad_one_is_a_duty_with_a_term_until_it_is_answered(seen: View, is_holder: bool):
    usage = seen.used()
    said = {"level": 2, "text": "等了很久"}
    told = seen.post(f"/my/uses/{usage}/evaluations", said) if is_holder else None
    told = told or seen.post(f"/usages/{usage}/evaluations", said, CLERK)
    assert told.status_code == 204
    (task,) = tasks(seen)
    assert (task.organisation, task.role, task.thing_id, task.days) == (CITY, "requester", usage, 5)
    path, answer = f"/usages/{usage}/evaluation-answers", {"text": "已增设窗口（演示）"}
    assert seen.post(path, answer, OTHER).json["code"] == "no-bad-evaluation"
    assert seen.post(path, {"text": ""}, REQUESTER).status_code == 422
    assert seen.post(path, answer, REQUESTER).status_code == 204
    assert seen.post(path, answer, REQUESTER).json["code"] == "no-bad-evaluation"
    assert [each.done_at for each in tasks(seen)] == [seen.house.office.at]
    (mine,) = seen.get("/my/uses").json["items"]
    assert (mine["evaluation"], mine["evaluation_answer"]) == (2, answer["text"])
    with seen.house.office.database.reading() as session:
        kept = session.scalars(select(UseEvaluationAnswer)).one()
    assert answer["text"].encode() not in kept.text


def test_a_good_one_waits_for_no_answer(seen: View):
    usage = seen.used()
    assert seen.post(f"/my/uses/{usage}/evaluations", {"level": 3}).status_code == 204
    refused = seen.post(f"/usages/{usage}/evaluation-answers", {"text": "x"}, REQUESTER)
    assert (refused.status_code, refused.json["code"]) == (404, "no-bad-evaluation")


def test_at_a_use_of_several_holders_the_window_speaks_for_nobody_in_particular(seen: View):
    usage = seen.used()
    with seen.house.office.database.transaction() as session:
        known = uses.shown(session, [seen_hash(seen, usage)], seen.house.office.at).uses[0]
        told = uses.Seen("copy", known.type, CITY, known.item_code, "演示", known.stage, known.ground, (), "found")
        uses.note(session, usage, ["another"], told, seen.house.office.at)
    assert seen.post(f"/usages/{usage}/evaluations", {"level": 5}, CLERK).status_code == 204
    assert seen.post(f"/usages/{usage}/evaluations", {"level": 5}, CLERK).status_code == 409
    assert seen.post(f"/my/uses/{usage}/evaluations", {"level": 4}).status_code == 204
    with seen.house.office.database.reading() as session:
        levels = {each.holder_hash != "": each.level for each in session.scalars(select(HolderEvaluation))}
    assert levels == {False: 5, True: 4}


def seen_hash(view: View, usage: str) -> str:
    with view.house.office.database.reading() as session:
        return str(session.scalars(select(HolderUse.holder_hash).where(HolderUse.usage == usage)).first())
