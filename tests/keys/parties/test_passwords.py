"""Passwords: how they are kept, when they are hashed anew, which are refused."""

import hmac
import threading
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import settings
from keys.parties import login_wiring, password_rules, passwords
from keys.parties.login_errors import LoginBusy, UnfitPassword, UnusableLoginSetting
from keys.parties.login_wiring import LoginSettings
from keys.parties.password_rules import REFUSED, require_fit
from keys.parties.passwords import Argon2id, Hasher, Pbkdf2Sm3
from tests.keys.parties.login_site import nobody_answers

ARGON = Argon2id(64, 1, 1)
SM3 = Pbkdf2Sm3(10)


@pytest.mark.parametrize("method", [ARGON, SM3], ids=["argon2id", "pbkdf2-sm3"])
def test_only_the_same_password_fits(method):
    kept = method.hashed("ein langer Satz")
    assert kept.startswith(method.prefix)
    assert method.fits(kept, "ein langer Satz")
    assert not method.fits(kept, "ein langer Satz.")
    assert method.hashed("ein langer Satz") != kept


@pytest.mark.parametrize("method", [ARGON, SM3], ids=["argon2id", "pbkdf2-sm3"])
@pytest.mark.parametrize("at", [0, 1, 12, 20, 30, -1])
def test_a_damaged_hash_fits_nothing(method, at: int):
    kept = method.hashed("ein langer Satz")
    assert not method.fits(kept[:at] + "~" + kept[at:][1:], "ein langer Satz")
    assert not method.fits(kept[:-3], "ein langer Satz")


def test_pbkdf2_with_sm3_is_what_its_standard_computes():
    kept = "$pbkdf2-sm3$i=2$c2FsdHNhbHRzYWx0c2FsdA$" + passwords._b64(_by_hand(b"password", b"saltsaltsaltsalt", 2))
    assert Pbkdf2Sm3(2).fits(kept, "password")
    assert not Pbkdf2Sm3(2).outdated(kept)


def _by_hand(password: bytes, salt: bytes, rounds: int) -> bytes:
    """RFC 8018 5.2 with one block, which 32 bytes of SM3 are."""
    last = hmac.digest(password, salt + (1).to_bytes(4, "big"), "sm3")
    whole = int.from_bytes(last, "big")
    for _ in range(rounds - 1):
        last = hmac.digest(password, last, "sm3")
        whole ^= int.from_bytes(last, "big")
    return whole.to_bytes(32, "big")


def test_a_site_may_change_over_and_old_hashes_still_fit():
    before, after = Hasher(ARGON, (SM3,)), Hasher(SM3, (ARGON,))
    kept = before.hashed("ein langer Satz")
    assert not before.outdated(kept)
    assert after.fits(kept, "ein langer Satz")
    assert after.outdated(kept)
    assert Hasher(Argon2id(128, 1, 1)).outdated(kept)
    assert Hasher(Argon2id(64, 2, 1)).outdated(kept)


@pytest.mark.parametrize("kept", [None, "", "x", "$unknown$", "$argon2id$", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$eA"])
def test_what_is_no_hash_fits_nothing(kept):
    assert not Hasher(ARGON, (SM3,)).fits(kept, "")


def test_as_many_as_are_allowed_are_checked_at_once(monkeypatch):
    monkeypatch.setattr(passwords, "LONGEST_WAIT_SECONDS", 0.01)
    inside, leave = threading.Event(), threading.Event()

    class Slow:
        prefix = "$slow$"

        def hashed(self, password: str) -> str:
            return "$slow$"

        def fits(self, kept: str, password: str) -> bool:
            inside.set()
            return leave.wait(30)

        def outdated(self, kept: str) -> bool:
            return False

    hasher = Hasher(Slow(), at_once=1)
    other = threading.Thread(target=hasher.fits, args=("$slow$", "x"))
    other.start()
    assert inside.wait(30)
    with pytest.raises(LoginBusy):
        hasher.fits("$slow$", "x")
    leave.set()
    other.join(30)
    assert hasher.fits("$slow$", "x")


def test_the_defaults_are_at_least_what_is_recommended():
    read = settings.read((LoginSettings,), environment={})[LoginSettings]
    kept = login_wiring._hasher(read).hashed("x")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password_hash", "md5"),
        ("argon2_memory_kib", "1024"),
        ("argon2_passes", "0"),
        ("pbkdf2_rounds", "1000"),
        ("hashing_at_once", "0"),
        ("failures_per_account", "0"),
        ("idle_minutes", "600"),
        ("session_hours", "48"),
        ("local_level", "6"),
        ("second_factor_level", "2"),
        ("one_time_hours", "10000"),
    ],
)
def test_a_setting_that_would_weaken_the_login_is_refused(name: str, value: str):
    read = settings.read((LoginSettings,), environment={f"YINXIN_LOGIN_{name.upper()}": value})
    with pytest.raises(UnusableLoginSetting, match=name):
        login_wiring.built(read, None, nobody_answers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too-short"),
        ("eleven char", "too-short"),
        ("x" * 129, "too-long"),
        ("ﷺ" * 128, "too-long"),
        ("aaaaaaaaaaaa", "pattern"),
        ("ababababababab", "pattern"),
        ("abcdefabcdef", "pattern"),
        ("abcdefghijkl", "well-known"),
        ("ＡＢＣＤＥＦＧＨＩＪＫＬ", "well-known"),
        ("Password1234", "well-known"),
        ("Yinxin@12345", "well-known"),
        ("sechs mal anna.x", "holds-the-login"),
        ("SECHS MAL ANNA.X", "holds-the-login"),
        ("ein langer\x00Satz", "unseen-signs"),
        ("ein langer\u200bSatz", "unseen-signs"),
        ("\ud800" * 12, "too-long"),
    ],
)
def test_a_poor_password_is_refused_with_its_reason(password: str, reason: str):
    with pytest.raises(UnfitPassword) as refused:
        require_fit(password, "anna.x")
    assert refused.value.reason == reason


def test_every_refused_password_is_long_enough_to_be_refused_for_itself():
    assert len(REFUSED) > 100
    for each in REFUSED:
        assert each == each.casefold()
    assert sum(len(each) >= password_rules.SHORTEST for each in REFUSED) > 100


@given(st.text(min_size=12, max_size=40))
def test_a_password_has_one_form_however_it_was_typed(password: str):
    try:
        fit = require_fit(password, "nobody-at-all")
    except UnfitPassword:
        return
    assert unicodedata.normalize("NFKC", fit) == fit
    assert require_fit(fit, "nobody-at-all") == fit


def test_full_width_letters_are_the_same_password():
    assert require_fit("ｅｉｎ ｌａｎｇｅｒ Ｓａｔｚ", "x") == "ein langer Satz"


def test_one_time_passwords_are_fit_and_different():
    made = {password_rules.one_time_password() for _ in range(200)}
    assert len(made) == 200
    for each in made:
        assert require_fit(each, "system") == each
