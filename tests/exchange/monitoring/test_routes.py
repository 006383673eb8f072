"""Tickets over HTTP: seen by their owner and auditors, counted by sort, dealt with step by step."""

from typing import Any

import pytest

from base import clock
from base.paging import Pager
from exchange.monitoring import steps
from exchange.monitoring.life import Severity
from exchange.monitoring.wiring import Monitoring
from exchange.routes.monitoring import monitored
from tests import rooms
from tests.exchange.monitoring import watch_house
from tests.exchange.monitoring.watch_house import DATA, HEALTH, Watch, sighting
from tests.rooms import Door

ALL = "/monitoring/tickets"


@pytest.fixture
def door(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Open the door of a province with tickets of a department, of the platform's operators, and of any operator."""
    monkeypatch.setattr(clock, "now", lambda: watch.at)
    watch.take_in(
        sighting("渠道一"), sighting("渠道二", severity=Severity.CRITICAL, organisation=DATA, role="operator")
    )
    watch.monitoring = watch_house.built((watch_house.TOLD,))
    watch.take_in(sighting("渠道三", organisation="", role="operator"))
    return rooms.door(watch.database, (monitored,), watch_house.PEOPLE, watch.monitoring, Pager("s" * 32))


def given(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


def seen(door: Door, who: str, query: str = "") -> list[str]:
    return [each["subject"] for each in given(door.call(who, "GET", f"{ALL}{query}"))["items"]]


def test_each_sees_their_organisations_tickets_and_auditors_all(door: Door):
    assert seen(door, "provider") == seen(door, "requester") == seen(door, "steward") == ["渠道一"]
    assert seen(door, "operator") == ["渠道二", "渠道三"]
    assert seen(door, "other-operator") == seen(door, "stranger") == ["渠道三"]
    assert seen(door, "auditor") == ["渠道一", "渠道二", "渠道三"]
    given(door.call(None, "GET", ALL), 401)


def test_another_organisations_ticket_is_not_there(door: Door, watch: Watch):
    one = f"{ALL}/{watch.number(1)}"
    assert given(door.call("stranger", "GET", one), 404)["code"] == "no-such-ticket"
    given(door.call("stranger", "POST", f"{one}/acknowledgements"), 404)
    given(door.call("auditor", "POST", f"{one}/acknowledgements"), 403)
    assert given(door.call("requester", "POST", f"{one}/acknowledgements"), 403)["code"] == "ticket-not-yours"
    given(door.call("provider", "GET", f"{ALL}/0"), 404)


def test_an_authority_sees_what_was_escalated_to_it_and_closes_nothing(door: Door, watch: Watch):
    before = seen(door, "authority")
    watch.later(days=9)
    with watch.database.transaction() as session:
        steps.escalate_due(session, watch.monitoring, watch.at)
    assert (before, seen(door, "authority")) == (["渠道二"], ["渠道一", "渠道二"])
    one = f"{ALL}/{watch.number(1)}"
    assert given(door.call("authority", "GET", one))["is_overdue"]
    given(door.call("authority", "POST", f"{one}/acknowledgements"), 403)


def test_tickets_are_filtered_counted_by_sort_and_paged(door: Door, watch: Watch):
    assert seen(door, "auditor", "?severity=critical") == ["渠道二"]
    assert seen(door, "auditor", f"?organisation={HEALTH}&state=open&monitor=told&role=provider") == ["渠道一"]
    assert seen(door, "auditor", "?overdue=true") == []
    first = given(door.call("auditor", "GET", f"{ALL}?limit=2&severity=warning"))
    assert first["facets"] == {
        "state": {"open": 2},
        "monitor": {"told": 2},
        "severity": {"critical": 1, "warning": 2},
        "role": {"operator": 1, "provider": 1},
    }
    page = given(door.call("auditor", "GET", f"{ALL}?limit=2"))
    rest = given(door.call("auditor", "GET", f"{ALL}?limit=2&cursor={page['next_cursor']}"))
    assert [each["subject"] for each in page["items"] + rest["items"]] == ["渠道一", "渠道二", "渠道三"]
    watch.later(days=9)
    assert seen(door, "provider", "?overdue=true") == ["渠道一"]


def test_a_ticket_is_taken_dealt_with_and_closed_with_feedback(door: Door, watch: Watch):
    one = f"{ALL}/{watch.number(1)}"
    assert given(door.call("provider", "POST", f"{one}/acknowledgements"))["state"] == "acknowledged"
    assert given(door.call("steward", "POST", f"{one}/handlings", json={"done": "重启前置机"}))["state"] == "handled"
    closed = given(door.call("provider", "POST", f"{one}/closings", json={"feedback": "连续两次探测正常"}))
    assert (closed["state"], closed["feedback"], closed["title_en"]) == ("closed", "连续两次探测正常", "Told")
    assert [(each["step"], each["words"]) for each in closed["steps"]] == [
        ("acknowledge", ""),
        ("handle", "重启前置机"),
        ("close", "连续两次探测正常"),
    ]
    again = given(door.call("provider", "POST", f"{one}/closings", json={"feedback": "再关一次"}), 409)
    assert again["code"] == "ticket-step-not-allowed"


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("closings", {}),
        ("closings", {"feedback": ""}),
        ("closings", {"feedback": " \n\t"}),
        ("closings", {"feedback": "好" * 2001}),
        ("closings", {"feedback": 1}),
        ("closings", {"feedback": "好", "state": "closed"}),
        ("handlings", {"done": "   "}),
        ("handlings", {"feedback": "好"}),
    ],
)
def test_what_says_nothing_closes_nothing(door: Door, watch: Watch, step: str, body: dict[str, Any]):
    one = f"{ALL}/{watch.number(1)}"
    for taken, told in (("acknowledgements", None), ("handlings", {"done": "已看"}))[: 2 if step == "closings" else 1]:
        given(door.call("provider", "POST", f"{one}/{taken}", **({"json": told} if told else {})))
    given(door.call("provider", "POST", f"{one}/{step}", json=body), 422)
    assert given(door.call("provider", "GET", one))["feedback"] is None


@pytest.mark.parametrize(
    "query", ["?state=gone", "?severity=x", "?limit=0", "?overdue=maybe", "?cursor=forged", "?x=1"]
)
def test_a_question_that_means_nothing_is_refused(door: Door, query: str):
    assert door.call("auditor", "GET", f"{ALL}{query}").status_code in {400, 422}


def test_a_ticket_of_a_monitor_that_is_gone_is_still_shown(door: Door, watch: Watch):
    gone = watch_house.built(())
    door.app.extensions["yinxin"][Monitoring] = gone
    shown = given(door.call("provider", "GET", f"{ALL}/{watch.number(1)}"))
    assert (shown["title_zh"], shown["said_zh"]) == ("told", "对象 渠道一。")
