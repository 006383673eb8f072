"""Logging in: who gets in, who does not, that nobody can tell why, and that no guess outruns the count."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import app
from base import clock
from base.callers import Caller
from base.db import Database, DatabaseSettings, connect
from base.models import AuditEntry
from keys.parties import accounts, attempts, entrance, login, organisations, people, sessions, totp
from keys.parties.attempts import Limits
from keys.parties.identity_provider import Arrival
from keys.parties.login_errors import (
    AnotherPersonNeeded,
    CodeRefused,
    IdentityRefused,
    IdentityUnknown,
    LoginRefused,
    NoSecondFactor,
    OwnReset,
    PresentPasswordWrong,
    TooManyAttempts,
    UnfitPassword,
)
from keys.parties.models import Credential, LoginCount, LoginSession, Person
from keys.parties.organisations import organisation_of
from keys.parties.passwords import Argon2id, Hasher
from keys.parties.sessions import Browser
from tests.builders.box import Box
from tests.keys.parties import login_site, races
from tests.keys.parties.builders import MAKER, PROVINCE
from tests.keys.parties.login_site import (
    BROWSER,
    OTHER_PASSWORD,
    PASSWORD,
    Clock,
    CountingHasher,
    LoginSite,
    Someone,
)
from tests.simulators.oidc_provider import CLIENT, ISSUER, SECRET, OidcProvider

SECOND = Caller("person", "second", "second", PROVINCE, frozenset({"secadmin"}))


@pytest.fixture
def site(database: Database, database_settings: DatabaseSettings, at: datetime, tmp_path, monkeypatch) -> LoginSite:
    read = login_site.read_settings(database_settings, str(tmp_path / "token.key"))
    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)
    login_site.populate(database, at)
    return login_site.build(read, database, login_site.parts(read), told)


def audited(site: LoginSite) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.leaf_index)))


def refused(site: LoginSite, someone: Someone, **told: Any) -> None:
    with pytest.raises(LoginRefused):
        site.enter(someone, **told)


# --- who gets in --------------------------------------------------------------------------------------------------


def test_password_and_code_together_open_a_session(site: LoginSite, at: datetime):
    anna = site.person("anna", "steward")
    opened = site.enter(anna)
    assert (opened.person, opened.level, opened.methods, opened.pending) == (anna.id, 4, ("pwd", "otp"), "")
    assert opened.ends_at == at + timedelta(hours=8)
    assert "session.opened" in audited(site)


def test_the_login_name_is_one_whatever_its_case(site: LoginSite):
    assert site.enter(site.person("anna"), login="ANNA").pending == ""


def test_a_password_typed_in_full_width_letters_is_the_same(site: LoginSite):
    anna = site.person("anna")
    full = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in PASSWORD)
    assert full != PASSWORD
    site.enter(anna, password=full)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": PASSWORD + "x"},
        {"password": ""},
        {"password": "x" * 100_000},
        {"password": "\ud800"},
        {"code": None},
        {"code": "000000"},
        {"code": ""},
        {"login": "nobody"},
        {"login": "anna "},
        {"login": "' or 1=1 --"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_whatever_is_wrong_the_answer_is_the_same(site: LoginSite, wrong: dict[str, Any]):
    anna = site.person("anna")
    with pytest.raises(LoginRefused) as told:
        site.enter(anna, **wrong)
    assert told.value.facts == {}
    assert audited(site)[-1] == "login.refused"


def test_a_suspended_person_does_not_get_in_and_is_not_told_why(site: LoginSite):
    anna = site.person("anna")
    site.change(anna, lambda session, row: people.suspend(session, row, "x", MAKER, site.clock.at))
    refused(site, anna)


def test_people_of_a_suspended_organisation_do_not_get_in(site: LoginSite):
    anna = site.person("anna")
    with site.database.transaction() as session:
        row = organisation_of(session, PROVINCE, locked=True)
        organisations.suspend(session, row, "x", MAKER, site.clock.at)
    refused(site, anna)


def test_an_account_without_a_password_lets_nobody_in(site: LoginSite):
    anna = site.person("anna")
    with site.database.transaction() as session:
        session.get_one(Credential, anna.id).password = None
    refused(site, anna)
    refused(site, anna, password="")


def test_whom_a_provider_vouches_for_gets_in_once_linked(site: LoginSite, database_settings, tmp_path):
    provider = OidcProvider(site.clock, "ES256")
    provider.person |= {"amr": ["mfa"]}
    told = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_algorithm": "ES256"}
    read = login_site.read_settings(database_settings, str(tmp_path / "token.key"), **told)
    parts = login_site.parts(read, provider)
    assert parts.provider is not None
    anna = site.person("anna")
    for linked in (False, True):
        flow, address = parts.provider.begin("/", site.clock.at)
        back = dict(parse_qsl(provider.browse(address)))
        arrival = Arrival(back["code"], back["state"], back["iss"], None)
        if not linked:
            with pytest.raises(IdentityUnknown):
                entrance.arrive(site.database, parts, flow, arrival, BROWSER, None, site.clock.at)
            site.change(
                anna, lambda session, row: accounts.link(session, row, ISSUER, "person-1", MAKER, site.clock.at)
            )
            continue
        opened = entrance.arrive(site.database, parts, flow, arrival, BROWSER, None, site.clock.at)
        assert (opened.person, opened.level, opened.methods) == (anna.id, 4, ("fed", "mfa"))
        with pytest.raises(IdentityRefused):
            entrance.arrive(site.database, parts, flow, arrival, BROWSER, None, site.clock.at)


# --- no oracle ----------------------------------------------------------------------------------------------------


def test_a_name_that_nobody_has_is_as_much_work_as_one_that_somebody_has(site: LoginSite):
    anna = site.person("anna")
    hasher = CountingHasher()
    site.login = replace(site.login, hasher=hasher)
    for told in ({"password": "x" * 12}, {"login": "nobody"}, {"login": "nobody", "password": "x" * 12}):
        refused(site, anna, **told)
    assert len(hasher.weighed) == 3
    assert [each is None for each in hasher.weighed] == [False, True, True]


def test_nobodys_hash_is_of_the_sites_own_making():
    """The hash that is weighed for an unknown name has the parameters of the known ones, so it takes as long."""
    hasher = Hasher(Argon2id(128, 2, 1))
    assert not hasher.outdated(hasher._nobodys)


def test_known_and_unknown_names_are_locked_alike(site: LoginSite):
    anna = site.person("anna")
    told: dict[str, list[str]] = {"anna": [], "nobody": []}
    for name, outcomes in told.items():
        for number in range(8):
            browser = Browser(f"192.0.2.{10 + number}")
            try:
                site.enter(anna, login=name, password="wrong password", browser=browser)
            except (LoginRefused, TooManyAttempts) as refusal:
                outcomes.append(f"{refusal.code} {refusal.facts and 'waits'}")
    assert told["anna"] == told["nobody"]
    assert [each.split()[0] for each in told["anna"]] == ["login-refused"] * 5 + ["too-many-login-attempts"] * 3


def test_a_code_beside_a_wrong_password_is_not_spent(site: LoginSite):
    anna = site.person("anna")
    code = anna.code(site.clock.at)
    with pytest.raises(LoginRefused):
        entrance.enter(site.database, site.login, "anna", "wrong password", code, BROWSER, None, site.clock.at)
    site.enter(anna, code=code)


# --- locks --------------------------------------------------------------------------------------------------------


def test_five_failures_lock_for_fifteen_minutes_even_for_the_right_password(site: LoginSite):
    anna = site.person("anna")
    for _ in range(5):
        refused(site, anna, password="wrong password")
    assert audited(site).count("person.locked") == 1
    with pytest.raises(TooManyAttempts) as told:
        site.enter(anna)
    assert 0 < told.value.retry_after <= 900
    site.clock.go_on(minutes=15)
    site.enter(anna)


def test_four_failures_and_a_success_start_afresh(site: LoginSite):
    anna = site.person("anna")
    for _ in range(3):
        for _ in range(4):
            refused(site, anna, password="wrong password", browser=Browser("192.0.2.7"))
        site.enter(anna, browser=Browser("192.0.2.8"))


def test_failures_long_ago_are_forgotten(site: LoginSite):
    anna = site.person("anna")
    for _ in range(4):
        refused(site, anna, password="wrong password")
    site.clock.go_on(minutes=15)
    refused(site, anna, password="wrong password")
    site.enter(anna)


def test_an_address_that_tries_many_names_is_stopped_and_a_login_between_does_not_help(site: LoginSite):
    anna = site.person("anna")
    for number in range(19):
        refused(site, anna, login=f"guess{number}", password="wrong password")
    site.enter(anna)
    refused(site, anna, login="guess19", password="wrong password")
    with pytest.raises(TooManyAttempts):
        site.enter(anna)
    site.enter(anna, browser=Browser("198.51.100.1"))


def test_addresses_of_one_subscriber_are_one(site: LoginSite):
    anna = site.person("anna")
    for number in range(20):
        refused(site, anna, login=f"g{number}", password="wrong password", browser=Browser(f"2001:db8::{number:x}"))
    with pytest.raises(TooManyAttempts):
        site.enter(anna, browser=Browser("2001:db8::ffff"))
    site.enter(anna, browser=Browser("2001:db8:0:1::1"))


def test_the_security_administrator_unlocks(site: LoginSite):
    anna = site.person("anna")
    for number in range(5):
        refused(site, anna, password="wrong password", browser=Browser(f"192.0.2.{number}"))
    site.change(anna, lambda session, row: accounts.unlock(session, row, SECOND, site.clock.at, reason="asked"))
    site.enter(anna)
    assert "person.unlocked" in audited(site)


def test_guesses_that_are_sent_at_once_are_counted_before_any_is_weighed(site: LoginSite):
    """Ten begin before the first is weighed: five of them may go on, as if they had come one after the other."""
    site.person("anna")
    begun = 0
    for number in range(10):
        with site.database.transaction() as session:
            try:
                login.begin(session, site.login, "anna", Browser(f"192.0.2.{number}"), site.clock.at)
                begun += 1
            except TooManyAttempts:
                pass
    assert begun == 5


@given(st.lists(st.booleans(), max_size=30))
def test_no_run_of_outcomes_lets_six_failures_through_in_a_row(outcomes: list[bool]):
    """The law of the count, on a table in memory: after five failures without a success the sixth is refused."""
    database = connect(DatabaseSettings(url="sqlite://"), app.LAST_ACTS)
    Person.metadata.create_all(database.engine, [Person.metadata.tables[LoginCount.__tablename__]])
    limits, at, run = Limits(5, 0, timedelta(minutes=15)), login_at(), 0
    with database.engine.connect().execution_options() as connection:
        from sqlalchemy.orm import Session

        session = Session(connection)
        for good in outcomes:
            try:
                attempts.count(session, "anna", "192.0.2.1", limits, at)
            except TooManyAttempts:
                assert run == 5
                continue
            assert run < 5
            run = 0 if good else run + 1
            if good:
                attempts.forgive(session, "anna", "192.0.2.1", limits)
    database.close()


def login_at() -> datetime:
    from tests.conftest import AT

    return AT


# --- codes --------------------------------------------------------------------------------------------------------


def test_a_code_counts_once(site: LoginSite):
    anna = site.person("anna")
    code = anna.code(site.clock.at)
    site.enter(anna, code=code)
    refused(site, anna, code=code)


def test_no_earlier_code_follows_a_later_one(site: LoginSite):
    anna = site.person("anna")
    earlier = totp.code_at(anna.secret, totp.step_at(site.clock.at))
    later = totp.code_at(anna.secret, totp.step_at(site.clock.at) + 1)
    entrance.enter(site.database, site.login, "anna", PASSWORD, later, BROWSER, None, site.clock.at)
    with pytest.raises(LoginRefused):
        entrance.enter(site.database, site.login, "anna", PASSWORD, earlier, BROWSER, None, site.clock.at)


def test_no_secret_stands_in_the_database_as_it_is(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    with site.database.reading() as session:
        held = session.get_one(Credential, anna.id)
        row = session.scalars(select(LoginSession)).one()
        whole = repr({**vars(held), **vars(row)}).encode() + (held.totp or b"")
    for secret in (PASSWORD.encode(), anna.secret, totp.written(anna.secret).encode(), opened.cookie.encode()):
        assert secret not in whole
    for told in (opened, site.login):
        assert opened.cookie not in repr(told)


def test_a_sealed_secret_of_another_account_does_not_open(site: LoginSite):
    """Somebody who can write rows moves their own second factor to another's account."""
    anna, bert = site.person("anna"), site.person("bert")
    with site.database.transaction() as session:
        session.get_one(Credential, anna.id).totp = session.get_one(Credential, bert.id).totp
    with pytest.raises(Exception, match="altered"):
        site.enter(anna, code=bert.code(site.clock.at))


@dataclass(frozen=True)
class Race:
    """What two processes are told: the same person, password and code."""

    settings: DatabaseSettings
    login: str
    codes: tuple[str, ...]
    sealed_with: bytes
    token_key: str
    at: datetime
    both_succeed: bool = False


def run(race: Race, number: int, ready: Any, told: Any) -> None:
    database = connect(race.settings, app.LAST_ACTS)
    box = Box()
    box._key = race.sealed_with
    parts = login_site.parts(login_site.read_settings(race.settings, race.token_key), box=box)
    ready.wait()
    outcomes = []
    for each in race.codes:
        browser = Browser(f"192.0.2.{number}")
        try:
            entrance.enter(database, parts, race.login, PASSWORD, each, browser, None, race.at)
            outcomes.append(1)
        except (LoginRefused, TooManyAttempts):
            outcomes.append(0)
    database.close()
    told.put(outcomes)


def box_key(site: LoginSite) -> bytes:
    assert isinstance(site.login.box, Box)
    return site.login.box._key


def test_of_two_processes_with_the_same_code_exactly_one_gets_in(site: LoginSite, database_settings, tmp_path):
    anna = site.person("anna")
    step = totp.step_at(site.clock.at)
    codes = tuple(totp.code_at(anna.secret, step + off) for off in (-1, 0, 1))
    race = Race(
        database_settings,
        "anna",
        codes,
        box_key(site),
        str(tmp_path / "token.key"),
        site.clock.at,
    )
    one, other = races.of_two(run, race)
    together = [mine + yours for mine, yours in zip(one, other, strict=True)]
    assert max(together) == 1
    assert sum(together) >= 1
    with site.database.reading() as session:
        assert len(session.scalars(select(LoginSession)).all()) == sum(together)


def test_two_logins_at_once_with_two_codes_are_two_sessions(site: LoginSite):
    anna = site.person("anna")
    first, second = site.enter(anna), site.enter(anna)
    assert first.id != second.id
    assert first.cookie != second.cookie
    with site.database.reading() as session:
        assert len(sessions.of_person(session, anna.id, site.login.rules.lifetimes, site.clock.at)) == 2


# --- passwords ----------------------------------------------------------------------------------------------------


def test_a_login_raises_a_hash_to_todays_parameters(site: LoginSite):
    anna = site.person("anna")
    site.login = replace(site.login, hasher=Hasher(Argon2id(128, 2, 1)))
    site.enter(anna)
    with site.database.reading() as session:
        kept = session.get_one(Credential, anna.id).password
    assert kept is not None
    assert "m=128,t=2" in kept
    site.enter(anna)


def test_a_refused_login_raises_no_hash(site: LoginSite):
    anna = site.person("anna")
    site.login = replace(site.login, hasher=Hasher(Argon2id(128, 2, 1)))
    refused(site, anna, code="000000")
    with site.database.reading() as session:
        assert "m=64" in str(session.get_one(Credential, anna.id).password)


def test_a_one_time_password_lets_in_only_to_be_changed(site: LoginSite):
    anna = site.person("anna", "steward", once=True)
    opened = site.enter(anna)
    assert opened.pending == "password"
    caller = caller_of(site, opened)
    assert caller.roles == frozenset()
    changed = change(site, caller, opened, PASSWORD, OTHER_PASSWORD)
    assert changed.pending == ""
    assert caller_of(site, changed).roles == {"steward"}
    refused(site, anna)
    assert site.enter(replace(anna, password=OTHER_PASSWORD)).pending == ""


def test_a_one_time_password_is_good_for_three_days(site: LoginSite):
    anna = site.person("anna", once=True)
    site.clock.go_on(hours=72)
    refused(site, anna)


def test_an_old_password_must_be_changed(site: LoginSite):
    anna = site.person("anna")
    site.clock.go_on(days=180)
    assert site.enter(anna).pending == "password"


def test_without_a_second_factor_one_must_be_set_up_first(site: LoginSite):
    anna = site.person("anna", "steward", coded=False)
    opened = site.enter(anna)
    assert (opened.pending, opened.level, opened.methods) == ("second-factor", 3, ("pwd",))
    caller = caller_of(site, opened)
    with site.database.transaction() as session:
        secret = accounts.offer_second_factor(session, site.login, session.get_one(Person, anna.id), site.clock.at)
    with pytest.raises(CodeRefused):
        entrance.confirm_second_factor(site.database, site.login, caller, opened.cookie, "000000", site.clock.at)
    import base64

    key = base64.b32decode(secret.text + "=" * (-len(secret.text) % 8))
    code = totp.code_at(key, totp.step_at(site.clock.at))
    raised = entrance.confirm_second_factor(site.database, site.login, caller, opened.cookie, code, site.clock.at)
    assert (raised.pending, raised.level, raised.methods) == ("", 4, ("pwd", "otp"))
    with pytest.raises(NoSecondFactor):
        entrance.confirm_second_factor(site.database, site.login, caller, raised.cookie, code, site.clock.at)
    refused(site, replace(anna, secret=key), code=code)


def caller_of(site: LoginSite, opened: sessions.Opened) -> Caller:
    with site.database.reading() as session:
        row = sessions.found(session, opened.cookie, site.login.rules.lifetimes, site.clock.at)
        assert row is not None
        caller = sessions.proven(session, row)
    assert caller is not None
    return caller


def change(site: LoginSite, caller: Caller, opened: sessions.Opened, present: str, new: str) -> sessions.Opened:
    return entrance.change_password(
        site.database, site.login, caller, opened.cookie, present, new, BROWSER, site.clock.at
    )


def test_a_new_password_ends_the_other_sessions_and_renames_this_one(site: LoginSite):
    anna = site.person("anna")
    other, opened = site.enter(anna), site.enter(anna)
    changed = change(site, caller_of(site, opened), opened, PASSWORD, OTHER_PASSWORD)
    assert changed.id == opened.id
    assert changed.cookie != opened.cookie
    assert [alive(site, each) for each in (other, opened, changed)] == [False, False, True]


def test_the_present_password_is_asked_for_and_guesses_at_it_are_counted(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    caller = caller_of(site, opened)
    for _ in range(5):
        with pytest.raises(PresentPasswordWrong):
            change(site, caller, opened, "wrong password", OTHER_PASSWORD)
    with pytest.raises(TooManyAttempts):
        change(site, caller, opened, PASSWORD, OTHER_PASSWORD)


@pytest.mark.parametrize("new", ["short", PASSWORD, "anna anna anna!", "yinxin@12345"])
def test_an_unfit_new_password_changes_nothing(site: LoginSite, new: str):
    anna = site.person("anna")
    opened = site.enter(anna)
    with pytest.raises(UnfitPassword):
        change(site, caller_of(site, opened), opened, PASSWORD, new)
    assert alive(site, opened)
    site.enter(anna)


def alive(site: LoginSite, opened: sessions.Opened) -> bool:
    with site.database.reading() as session:
        return sessions.found(session, opened.cookie, site.login.rules.lifetimes, site.clock.at) is not None


# --- recovery -----------------------------------------------------------------------------------------------------


def reset_password(site: LoginSite, someone: Someone, by: Caller) -> str:
    password, kept = accounts.one_time_password(site.login)
    site.change(
        someone,
        lambda session, row: accounts.reset_password(session, row, kept, by, site.clock.at, reason="lost"),
    )
    return password


def reset_second_factor(site: LoginSite, someone: Someone, by: Caller) -> None:
    site.change(
        someone, lambda session, row: accounts.reset_second_factor(session, row, by, site.clock.at, reason="lost")
    )


def test_a_reset_gives_a_one_time_password_and_ends_sessions_and_locks(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    for number in range(5):
        refused(site, anna, password="wrong password", browser=Browser(f"192.0.2.{number + 20}"))
    given = reset_password(site, anna, SECOND)
    assert not alive(site, opened)
    refused(site, anna)
    assert site.enter(replace(anna, password=given)).pending == "password"


def test_nobody_resets_both_halves_of_an_account(site: LoginSite):
    """Whoever holds the one-time password must not be the one who takes the second factor away, in either order."""
    anna, bert = site.person("anna"), site.person("bert")
    reset_password(site, anna, SECOND)
    with pytest.raises(AnotherPersonNeeded):
        reset_second_factor(site, anna, SECOND)
    reset_second_factor(site, anna, MAKER)
    reset_second_factor(site, bert, SECOND)
    with pytest.raises(AnotherPersonNeeded):
        reset_password(site, bert, SECOND)
    reset_password(site, bert, MAKER)


def test_once_the_owner_has_replaced_one_half_the_other_may_be_reset(site: LoginSite):
    anna = site.person("anna")
    given = reset_password(site, anna, SECOND)
    opened = site.enter(replace(anna, password=given))
    change(site, caller_of(site, opened), opened, given, OTHER_PASSWORD)
    reset_second_factor(site, anna, SECOND)


def test_nobody_resets_their_own_account(site: LoginSite):
    anna = site.person("anna", "secadmin")
    own = Caller("person", anna.id, "anna", PROVINCE, frozenset({"secadmin"}))
    with pytest.raises(OwnReset):
        reset_password(site, anna, own)
    with pytest.raises(OwnReset):
        reset_second_factor(site, anna, own)


def test_a_reset_between_weighing_and_finishing_wins(site: LoginSite):
    """The old password was right when it was weighed, but by the end of the login it is nobody's any more."""
    anna = site.person("anna")
    with site.database.transaction() as session:
        attempt = login.begin(session, site.login, "anna", BROWSER, site.clock.at)
    weighed = login.weigh(site.login, attempt, PASSWORD)
    assert weighed.fits
    reset_password(site, anna, SECOND)
    with site.database.transaction() as session:
        code = anna.code(site.clock.at)
        assert login.finish(session, site.login, attempt, weighed, code, site.clock.at) is None


def test_no_secret_is_written_to_the_record(site: LoginSite):
    anna = site.person("anna")
    opened = site.enter(anna)
    given = reset_password(site, anna, SECOND)
    with site.database.reading() as session:
        whole = b"".join(session.scalars(select(AuditEntry.content)))
    for secret in (PASSWORD, given, opened.cookie, opened.csrf_token, totp.written(anna.secret)):
        assert secret.encode() not in whole
