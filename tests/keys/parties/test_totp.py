"""Codes: the standard's own examples, the window, and that a name for an app reads back."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.parties import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_of_rfc_6238_come_out(seconds: int, code: str):
    """Appendix B, SHA-1; the app shows the last six of its eight digits."""
    assert totp.code_at(SECRET, seconds // 30) == code[-6:]


@pytest.mark.parametrize(("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_one_step_to_either_side(off: int, good: bool, at: datetime):
    step = totp.step_at(at)
    found = totp.matching_step(SECRET, totp.code_at(SECRET, step + off), at)
    assert found == (step + off if good else None)


@pytest.mark.parametrize(
    "code", [None, "", "0", "12345", "1234567", "abcdef", "１２３４５６", "\ud800", " 12345", "-12345"]
)
def test_what_is_no_code_matches_nothing(code, at: datetime):
    assert totp.matching_step(SECRET, code, at) is None


def test_nobodys_secret_matches_no_code(at: datetime):
    code = totp.code_at(totp.NOBODYS, totp.step_at(at))
    assert totp.matching_step(None, code, at) is None


@given(st.binary(min_size=20, max_size=20), st.integers(60, 2**33))
def test_a_code_is_six_digits_and_fits_its_own_moment(secret: bytes, seconds: int):
    at = datetime.fromtimestamp(seconds, UTC)
    code = totp.code_at(secret, totp.step_at(at))
    assert len(code) == 6
    assert code.isdigit()
    assert totp.matching_step(secret, code, at) in (totp.step_at(at), totp.step_at(at) + 1)
    assert totp.matching_step(secret, code, at + timedelta(seconds=30)) is not None


def test_an_app_reads_the_same_secret_from_the_address():
    secret = totp.new_secret()
    address = urlsplit(totp.address(secret, "anna@x", "印信 Yinxin"))
    told = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/印信 Yinxin:anna@x"
    assert base64.b32decode(told["secret"][0] + "=" * (-len(told["secret"][0]) % 8)) == secret
    assert (told["digits"], told["period"], told["algorithm"]) == (["6"], ["30"], ["SHA1"])
    assert len(secret) == 20
