"""Tokens: had once for all threads, renewed before their end, replaced when ended, asked for by key or by secret."""

import threading
from typing import Any

import pytest
from yinxin_client import Client, ClientSecret, PlainHttpRefused, Settings, UnreadableAnswer
from yinxin_client.access import ASSERTION_SECONDS, ASSERTION_TYPE, Token, Tokens

from tests.clients.service import KEY, bent, by_key, claims_of, gives_tokens, json_answers, refuses
from tests.simulators.http import Exchange, in_turn

PAGE: dict[str, Any] = {"items": [], "next_cursor": None}
USAGES = "/api/v1/usages"


def test_one_token_serves_many_calls():
    with bent() as service:
        service.on(USAGES, json_answers(PAGE))
        for _ in range(3):
            assert list(service.client.usages()) == []
        assert service.calls("/oauth/token") == 1
        assert service.bearers(USAGES) == ["Bearer t1"] * 3


@pytest.mark.parametrize(("later", "asked"), [(539, 1), (541, 2)])
def test_a_token_is_renewed_a_minute_before_its_end(later: int, asked: int):
    with bent() as service:
        service.on(USAGES, json_answers(PAGE))
        list(service.client.usages())
        service.clock.now += later
        list(service.client.usages())
        assert service.calls("/oauth/token") == asked


def test_a_short_token_is_renewed_at_half_its_life():
    with bent() as service:
        service.on(USAGES, json_answers(PAGE))
        service.on("/oauth/token", gives_tokens(seconds=20))
        for step in (0, 9, 2):
            service.clock.now += step
            list(service.client.usages())
        assert service.bearers(USAGES) == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_token_that_was_ended_is_replaced_once_for_any_call():
    with bent() as service:
        service.on(USAGES, in_turn(refuses(401, "token-refused"), json_answers(PAGE)))
        list(service.client.usages())
        assert service.bearers(USAGES) == ["Bearer t1", "Bearer t2"]


def test_a_service_that_takes_no_token_is_not_asked_for_ever():
    with bent() as service:
        service.on(USAGES, refuses(401, "token-refused"))
        with pytest.raises(Exception, match="token-refused"):
            list(service.client.usages())
        assert service.calls(USAGES) == 2


def test_another_refusal_to_know_the_caller_costs_no_second_token():
    with bent() as service:
        service.on(USAGES, refuses(401, "request-not-signed"))
        with pytest.raises(Exception, match="request-not-signed"):
            list(service.client.usages())
        assert service.calls(USAGES) == service.calls("/oauth/token") == 1


def test_threads_wait_for_one_token():
    come = threading.Barrier(8)
    asked = []

    def ask() -> Token:
        asked.append(1)
        return Token("t", 600)

    tokens = Tokens(ask, lambda: 0.0)

    def use() -> None:
        come.wait()
        assert tokens.bearer() == "t"

    threads = [threading.Thread(target=use) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert asked == [1]


def test_a_token_that_came_meanwhile_is_not_dropped():
    given = iter(["t1", "t2", "t3"])
    tokens = Tokens(lambda: Token(next(given), 600), lambda: 0.0)
    old = tokens.bearer()
    tokens.forget(old)
    assert tokens.bearer() == "t2"
    tokens.forget(old)
    assert tokens.bearer() == "t2"


def test_a_key_proves_by_an_assertion_that_is_short_and_new_each_time():
    with bent(by_key(), scopes=("data:read",), issuer="https://yinxin.example/") as service:
        service.on(USAGES, json_answers(PAGE))
        service.on("/oauth/token", gives_tokens(seconds=1))
        for _ in range(2):
            list(service.client.usages())
            service.clock.now += 10
        forms = service.forms()
        read = [claims_of(form["client_assertion"]) for form in forms]
        assert {form["client_assertion_type"] for form in forms} == {ASSERTION_TYPE}
        assert {form["scope"] for form in forms} == {"data:read"}
        assert read[0][0] == {"alg": "ES256", "typ": "JWT", "kid": KEY.kid}
        claims = read[0][1]
        assert (claims["iss"], claims["sub"], claims["aud"]) == (
            "window",
            "window",
            "https://yinxin.example/oauth/token",
        )
        assert claims["exp"] - claims["iat"] == ASSERTION_SECONDS
        assert read[0][1]["jti"] != read[1][1]["jti"]


def test_a_secret_goes_in_the_body_and_shows_nowhere_else():
    with bent(ClientSecret("window", "s3cret")) as service:
        service.on(USAGES, json_answers(PAGE))
        list(service.client.usages())
        assert service.forms()[0]["client_secret"] == "s3cret"
    assert "s3cret" not in repr(ClientSecret("window", "s3cret"))
    assert "abc" not in repr(Token("abc", 600))


@pytest.mark.parametrize(
    "told", [{}, {"access_token": "t"}, {"access_token": 1, "expires_in": 6}, {"expires_in": True}]
)
def test_an_answer_without_a_token_is_unreadable(told: dict):
    with bent() as service:
        service.on("/oauth/token", json_answers(told))
        with pytest.raises(UnreadableAnswer):
            list(service.client.usages())


def test_a_token_never_travels_in_plain_sight_unless_that_is_said_aloud():
    with pytest.raises(PlainHttpRefused):
        Client("http://yinxin.example")
    Client("http://yinxin.example", settings=Settings(allow_plain_http=True)).close()
    Client("https://yinxin.example").close()


def test_a_redirect_is_not_followed():
    def elsewhere(exchange: Exchange) -> None:
        exchange.answer(302, headers={"Location": "https://elsewhere.example/"})

    with bent() as service:
        service.on(USAGES, elsewhere)
        with pytest.raises(Exception, match="http-302"):
            list(service.client.usages())
        assert service.calls(USAGES) == 1
