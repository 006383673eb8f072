"""Retries: only where twice does no more than once, after what the service asks, and never for ever."""

import datetime as dt
from typing import Any

import pytest
from yinxin_client import (
    Conflict,
    Ground,
    Operator,
    Patience,
    Problem,
    Purpose,
    SealOrder,
    Stage,
    TooMany,
    Unavailable,
    Unreachable,
)
from yinxin_client.errors import problem
from yinxin_client.retries import pause

from tests.clients.service import bent, json_answers, refuses
from tests.simulators.http import Exchange, in_turn

PAGE: dict[str, Any] = {"items": [], "next_cursor": None}
USAGES, DATA, SIGNATURES = "/api/v1/usages", "/api/v1/data/d/1", "/api/v1/signatures"
DOWN = refuses(503, "source-down", {"Retry-After": "3"}, retryable=True)
PURPOSE = Purpose(
    "000123010000", "演示事项", Stage.ACCEPTANCE, Ground.STATUTORY, Operator("person", "甲", "窗口"), "320900", "核验"
)
ORDER = SealOrder("32000000000001", "licence", "issue", "320000", "演示")
REPORT: dict[str, Any] = {
    "verdict": "valid",
    "indication": "TOTAL_PASSED",
    "sub_indication": None,
    "summary": {"zh": "有效", "en": "valid"},
    "verified_at": "2026-11-21T10:00:00+08:00",
    "certificate": None,
    "signatures": [],
    "warnings": [],
}
SEALED = {"use": "u1", "document": "AA==", "sm3": "00", "report": REPORT}


def resets(exchange: Exchange) -> None:
    exchange.reset()


def test_reading_is_tried_again_after_what_the_service_asks():
    with bent() as service:
        service.on(USAGES, in_turn(DOWN, DOWN, json_answers(PAGE)))
        assert list(service.client.usages()) == []
        assert service.clock.slept == [3.0, 3.0]


def test_a_service_that_stays_down_is_told_in_the_end():
    with bent(patience=Patience(tries=3)) as service:
        service.on(USAGES, DOWN)
        with pytest.raises(Unavailable) as raised:
            list(service.client.usages())
        assert raised.value.code == "source-down"
        assert service.calls(USAGES) == 3


def test_a_refusal_that_is_not_retryable_is_final():
    with bent() as service:
        service.on(USAGES, refuses(503, "old-schema"))
        with pytest.raises(Unavailable):
            list(service.client.usages())
        assert service.calls(USAGES) == 1


def test_a_question_about_somebody_is_asked_once():
    with bent() as service:
        service.on(DATA, DOWN)
        with pytest.raises(Unavailable):
            service.client.data("d/1", PURPOSE)
        service.on(DATA, resets)
        with pytest.raises(Unreachable) as raised:
            service.client.data("d/1", PURPOSE)
        assert raised.value.was_sent
        assert service.calls(DATA) == 2


def test_making_something_is_tried_again_under_one_key():
    with bent() as service:
        service.on(
            SIGNATURES, in_turn(resets, refuses(409, "idempotency-key-running", retryable=True), json_answers(SEALED))
        )
        assert service.client.seal(b"%PDF", ORDER).use == "u1"
        keys = [each.headers["idempotency-key"] for each in service.server.received if each.target == SIGNATURES]
        assert len(keys) == 3
        assert len(set(keys)) == 1


def test_a_key_of_one_s_own_is_used():
    with bent() as service:
        service.on(SIGNATURES, json_answers(SEALED))
        service.client.seal(b"%PDF", ORDER, idempotency_key="case-7")
        assert service.server.received[-1].headers["idempotency-key"] == "case-7"


def test_verifying_is_tried_again():
    with bent(None) as service:
        service.on("/api/v1/verifications", in_turn(resets, json_answers(REPORT)))
        assert service.client.verify(b"%PDF").verdict == "valid"


def test_a_service_that_is_not_there_is_tried_again_whatever_the_call():
    with bent(None) as service:
        service.server.__exit__()
        with pytest.raises(Unreachable) as raised:
            service.client.data("d/1", PURPOSE)
        assert not raised.value.was_sent
        assert len(service.clock.slept) == 3


def test_more_patience_than_there_is_is_not_had():
    with bent() as service:
        service.on(USAGES, refuses(429, "quota-exceeded", {"Retry-After": "86400"}, retryable=True))
        with pytest.raises(TooMany) as raised:
            list(service.client.usages())
        assert raised.value.retry_after == 86400
        assert service.clock.slept == []


def test_a_date_in_retry_after_is_understood():
    with bent() as service:
        until = dt.datetime.fromtimestamp(service.clock.now + 7, dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        service.on(USAGES, in_turn(refuses(503, headers={"Retry-After": until}, retryable=True), json_answers(PAGE)))
        list(service.client.usages())
        assert service.clock.slept == [7.0]


@pytest.mark.parametrize("odd", ["", "soon", "-1", "1e9", "٣"])
def test_an_odd_retry_after_says_nothing(odd: str):
    with bent() as service:
        headers = {"Retry-After": odd} if odd.isascii() else {}
        service.on(USAGES, in_turn(refuses(503, headers=headers, retryable=True), json_answers(PAGE)))
        list(service.client.usages())
        assert service.clock.slept == [0.5]


def test_waits_grow_and_end():
    patience = Patience(tries=9, first_wait=1, longest_wait=10)
    down = Unreachable("", was_sent=False)
    waits = [pause(down, patience, tried, 1.0, repeatable=False) for tried in range(1, 10)]
    assert waits == [1, 2, 4, 8, 10, 10, 10, 10, None]
    assert pause(down, patience, 1, 0.0, repeatable=False) == 0.5


def test_a_gateway_s_own_page_is_a_problem_too():
    passing = problem(502, None)
    assert isinstance(passing, Unavailable)
    assert (passing.code, passing.retryable) == ("http-502", True)
    assert not problem(500, None).retryable
    assert type(problem(418, None)).__name__ == "BadRequest"
    assert isinstance(problem(412, {"code": "precondition-failed"}), Conflict)
    assert isinstance(problem(302, None), Problem)
