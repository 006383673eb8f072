"""Sessions: how long they live, who ends them, whose they are; and what an act may ask of one."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import clock
from base.callers import ANONYMOUS, Caller, Credentials, FirstStepNeeded, Proof, require
from base.db import Database, DatabaseSettings
from keys.parties import attempts, entrance, levels, organisations, people, sessions
from keys.parties.levels import require_fresh, require_level
from keys.parties.login_errors import (
    CodeRefused,
    CsrfTokenWrong,
    FreshProofNeeded,
    LevelTooLow,
    NoSuchSession,
    SessionEnded,
    TooManyAttempts,
    UnusableLoginSetting,
)
from keys.parties.models import LoginCount, LoginSession
from keys.parties.organisations import organisation_of
from keys.parties.session_authenticator import SessionAuthenticator
from keys.parties.sessions import MOST_PER_PERSON, Browser, Opened
from tests.keys.parties import login_site
from tests.keys.parties.builders import MAKER, PROVINCE
from tests.keys.parties.login_site import BROWSER, Clock, LoginSite


@pytest.fixture
def site(database: Database, database_settings: DatabaseSettings, at: datetime, tmp_path, monkeypatch) -> LoginSite:
    read = login_site.read_settings(database_settings, str(tmp_path / "token.key"))
    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)
    login_site.populate(database, at)
    return login_site.build(read, database, login_site.parts(read), told)


def credentials(cookie: str | None, csrf: str | None = None, *, unsafe: bool = False) -> Credentials:
    return Credentials(None, cookie, csrf, unsafe)


def ask(site: LoginSite, told: Credentials) -> Caller:
    return SessionAuthenticator(site.login, site.database, site.clock)(told)


def alive(site: LoginSite, opened: Opened) -> bool:
    try:
        return ask(site, credentials(opened.cookie)).kind == "person"
    except SessionEnded:
        return False


def test_a_session_speaks_for_its_person_with_todays_roles(site: LoginSite):
    anna = site.person("anna", "steward")
    opened = site.enter(anna)
    caller = ask(site, credentials(opened.cookie))
    assert (caller.kind, caller.id) == ("person", anna.id)
    assert caller.roles == {"steward"}
    assert caller.proof is not None
    assert (caller.proof.session, caller.proof.level) == (opened.id, 4)


def test_no_cookie_is_nobody(site: LoginSite):
    assert ask(site, credentials(None)) == ANONYMOUS


@pytest.mark.parametrize(
    "cookie", ["", "x", "A" * 43, "A" * 44, "A" * 4096, "é" * 43, "../../etc/passwd", "' or 1=1 --", "\ud800" * 43]
)
def test_a_cookie_that_was_never_given_is_refused(site: LoginSite, cookie: str):
    site.enter(site.person("anna"))
    with pytest.raises(SessionEnded):
        ask(site, credentials(cookie))


@pytest.mark.parametrize(("minutes", "lives"), [(29, True), (30, False), (31, False)])
def test_half_an_hour_of_silence_ends_a_session(site: LoginSite, minutes: int, lives: bool):
    anna = site.person("anna")
    opened = entrance.enter(
        site.database, site.login, "anna", anna.password, site.code(anna), BROWSER, None, site.clock.at
    )
    site.clock.go_on(minutes=minutes)
    assert alive(site, opened) is lives


def test_a_session_that_is_used_lives_for_eight_hours_and_no_longer(site: LoginSite):
    opened = site.enter(site.person("anna"))
    for _ in range(31):
        site.clock.go_on(minutes=15)
        assert alive(site, opened)
    site.clock.at = opened.ends_at - timedelta(seconds=1)
    assert alive(site, opened)
    site.clock.at = opened.ends_at
    assert not alive(site, opened)


def test_being_seen_is_written_once_a_minute(site: LoginSite):
    opened = site.enter(site.person("anna"))
    seen = []
    for _ in range(7):
        site.clock.go_on(seconds=20)
        assert alive(site, opened)
        with site.database.reading() as session:
            row = sessions.found(session, opened.cookie, site.login.rules.lifetimes, site.clock.at)
        assert row is not None
        seen.append(row.seen_at)
    assert len(set(seen)) == 3


@pytest.mark.parametrize("token", [None, "", "x", "0" * 64, "é" * 64, "\ud800"])
def test_a_change_without_the_sessions_token_is_refused(site: LoginSite, token: str | None):
    opened = site.enter(site.person("anna"))
    with pytest.raises(CsrfTokenWrong):
        ask(site, credentials(opened.cookie, token, unsafe=True))
    assert ask(site, credentials(opened.cookie, token)).kind == "person"
    assert ask(site, credentials(opened.cookie, opened.csrf_token, unsafe=True)).kind == "person"


def test_the_token_of_another_session_is_no_good(site: LoginSite):
    anna = site.person("anna")
    one, other = site.enter(anna), site.enter(anna)
    with pytest.raises(CsrfTokenWrong):
        ask(site, credentials(one.cookie, other.csrf_token, unsafe=True))


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_tokens_are_of_one_session_alone_and_do_not_tell_its_id(one: bytes, other: bytes):
    import base64

    first, second = (base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in (one, other))
    assert (sessions.csrf_token(first) == sessions.csrf_token(second)) == (first == second)
    assert first not in sessions.csrf_token(first)


def test_a_suspended_persons_session_ends_at_once_and_stays_ended(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    site.change(anna, lambda session, row: people.suspend(session, row, "x", MAKER, site.clock.at))
    assert not alive(site, opened)
    site.change(anna, lambda session, row: people.resume(session, row, "x", MAKER, site.clock.at))
    assert not alive(site, opened)


def test_a_suspended_organisations_sessions_are_refused(site: LoginSite):
    opened = site.enter(site.person("anna"))
    with site.database.transaction() as session:
        organisations.suspend(session, organisation_of(session, PROVINCE, locked=True), "x", MAKER, site.clock.at)
    assert not alive(site, opened)


def test_other_roles_end_the_sessions_and_the_same_roles_do_not(site: LoginSite):
    anna = site.person("anna", "steward")
    opened = site.enter(anna)
    site.change(anna, lambda session, row: people.assign_roles(session, row, {"steward"}, MAKER, site.clock.at))
    assert alive(site, opened)
    site.change(anna, lambda session, row: people.assign_roles(session, row, {"reviewer"}, MAKER, site.clock.at))
    assert not alive(site, opened)


def test_of_ten_sessions_the_one_unused_for_longest_makes_room(site: LoginSite):
    anna = site.person("anna")
    opened = []
    for number in range(MOST_PER_PERSON + 1):
        opened.append(site.enter(anna, browser=Browser(f"192.0.2.{number}")))
        site.clock.go_on(seconds=60)
    assert [alive(site, each) for each in opened] == [False] + [True] * MOST_PER_PERSON


def test_a_person_ends_own_sessions_only(site: LoginSite):
    anna, bert = site.enter(site.person("anna")), site.enter(site.person("bert"))
    caller = ask(site, credentials(anna.cookie))
    with pytest.raises(NoSuchSession), site.database.transaction() as session:
        sessions.end(session, bert.id, caller, site.clock.at)
    assert alive(site, bert)
    with site.database.transaction() as session:
        sessions.end(session, bert.id, caller, site.clock.at, of_others=True)
    assert not alive(site, bert)


def test_a_login_ends_the_session_that_the_browser_had(site: LoginSite):
    anna = site.person("anna")
    before = site.enter(anna)
    after = site.enter(anna, former=before.cookie)
    assert (alive(site, before), alive(site, after)) == (False, True)
    assert before.id != after.id


def test_an_id_known_before_the_login_opens_nothing_after_it(site: LoginSite):
    """Session fixation: an attacker plants an id of their own choice; the login never takes it up."""
    planted = secrets.token_urlsafe(32)
    opened = site.enter(site.person("anna"), former=planted)
    assert opened.cookie != planted
    with pytest.raises(SessionEnded):
        ask(site, credentials(planted))


def test_what_names_the_browser_is_cut_and_cleaned(site: LoginSite):
    anna = site.person("anna")
    site.enter(anna, browser=Browser("2001:db8::1%" + "x" * 100, "Mozilla\r\n\x00\u202e" + "y" * 500))
    with site.database.reading() as session:
        (shown,) = sessions.of_person(session, anna.id, site.login.rules.lifetimes, site.clock.at)
    assert shown.agent == "Mozilla" + "y" * 193
    assert len(shown.address) == 64


def test_sessions_and_counts_are_forgotten_when_their_time_is_over(site: LoginSite):
    site.enter(site.person("anna"))
    later = site.clock.go_on(days=3)
    with site.database.transaction() as session:
        sessions.forget(session, later)
        attempts.forget(session, later)
        assert session.query(LoginSession).count() == 0
        assert session.query(LoginCount).count() == 0


# --- second factors and levels ------------------------------------------------------------------------------------


def prove(site: LoginSite, opened: Opened, code: str) -> Opened:
    caller = ask(site, credentials(opened.cookie))
    return entrance.prove_second_factor(site.database, site.login, caller, opened.cookie, code, BROWSER, site.clock.at)


def test_a_second_factor_proved_again_makes_the_session_fresh_under_a_new_id(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    site.clock.go_on(minutes=10)
    with pytest.raises(FreshProofNeeded):
        require_fresh(ask(site, credentials(opened.cookie)), site.clock.at)
    raised = prove(site, opened, anna.code(site.clock.at))
    assert raised.id == opened.id
    assert raised.ends_at == opened.ends_at
    assert not alive(site, opened)
    require_fresh(ask(site, credentials(raised.cookie)), site.clock.at)


def test_of_two_proofs_at_once_one_keeps_the_session(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    caller = ask(site, credentials(opened.cookie))
    first = prove(site, opened, anna.code(site.clock.at))
    site.clock.go_on(seconds=30)
    with pytest.raises(SessionEnded):
        entrance.prove_second_factor(
            site.database, site.login, caller, opened.cookie, anna.code(site.clock.at), BROWSER, site.clock.at
        )
    assert alive(site, first)


def test_guesses_at_a_code_are_counted(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            prove(site, opened, "000000")
    with pytest.raises(TooManyAttempts):
        prove(site, opened, anna.code(site.clock.at))
    assert alive(site, opened)


def person(**proof) -> Caller:
    return Caller("person", "p", roles=frozenset({"steward"}), proof=Proof("s", **proof))


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(-6, False), (-5, True), (0, True), (299, True), (300, False), (3600, False)]
)
def test_a_proof_is_fresh_for_five_minutes(at: datetime, seconds: int, fresh: bool):
    caller = person(level=4, second_factor_at=at)
    if fresh:
        require_fresh(caller, at + timedelta(seconds=seconds))
    else:
        with pytest.raises(FreshProofNeeded):
            require_fresh(caller, at + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "caller",
    [ANONYMOUS, Caller("system", "s"), Caller("person", "os:root"), person(level=5)],
    ids=["nobody", "system", "without-session", "without-second-factor"],
)
def test_who_proved_no_second_factor_is_never_fresh(at: datetime, caller: Caller):
    with pytest.raises(FreshProofNeeded):
        require_fresh(caller, at)


@given(st.integers(1, 5), st.integers(1, 5))
def test_a_level_suffices_for_itself_and_all_below(held: int, needed: int):
    if held >= needed:
        require_level(person(level=held), needed)
        return
    with pytest.raises(LevelTooLow) as refused:
        require_level(person(level=held), needed)
    assert (refused.value.level, refused.value.needed) == (held, needed)


@pytest.mark.parametrize("caller", [ANONYMOUS, Caller("system", "s"), Caller("person", "os:root")])
def test_who_is_no_person_with_a_session_has_no_level(caller: Caller):
    with pytest.raises(LevelTooLow):
        require_level(caller, 1)


@pytest.mark.parametrize("pending", ["password", "second-factor"])
def test_nothing_else_is_allowed_while_a_step_is_due(pending):
    with pytest.raises(FirstStepNeeded, match=pending):
        require(person(level=4, pending=pending), roles=frozenset({"steward"}))
    require(replace(person(level=4)), roles=frozenset({"steward"}))


def test_the_words_of_a_provider_are_read_into_levels():
    assert levels.read_map(("L=4=4", "五级=5")) == {"L=4": 4, "五级": 5}


@pytest.mark.parametrize("told", [("x",), ("x=6",), ("x=0",), ("=3",), ("x=3", "x=4"), ("x= 3",), ("x=三",)])
def test_words_that_mean_no_level_are_refused(told: tuple[str, ...]):
    with pytest.raises(UnusableLoginSetting):
        levels.read_map(told)
