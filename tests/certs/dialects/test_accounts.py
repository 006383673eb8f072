"""Accounts that cannot be kept, settings that cannot be, states as data, and purposes that never become statutory."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.settings import UnusableSetting
from certs.dialects import accounts, purposes, wiring
from certs.dialects.accounts import NewAccount
from certs.dialects.dialect import Cause
from certs.dialects.errors import DialectAccountKnown, NoSuchDialectAccount, UnusableDialectAccount
from certs.dialects.states import states
from certs.dialects.wiring import CertificateDialectSettings
from certs.life import Standing
from exchange.dialects.dialect import Given
from exchange.partners.errors import DialectPurposeRefused
from exchange.partners.wiring import DialectSettings
from tests.certs.dialects.dialect_house import DEFAULTS, ITEM, MATTER, SYSTEM, DialectHouse
from tests.keys.parties.builders import MAKER


def test_accounts_are_kept_or_refused_with_a_pointer(partner: DialectHouse, at: datetime):
    keys = partner.house.office.parts.keys
    good = NewAccount("fujian", "演示账号", SYSTEM, DEFAULTS)
    for wrong, pointer in (
        (replace(good, dialect="x-road"), "#/dialect"),
        (replace(good, name=""), "#/name"),
        (replace(good, encryption_key=b"\x04" + b"\x01" * 64), "#/encryption_key"),
        (replace(good, defaults=replace(DEFAULTS, ground="statutory")), "#/defaults/ground"),
        (replace(good, defaults=replace(DEFAULTS, region="99")), "#/defaults/handling_region"),
    ):
        with partner.database.transaction() as session, pytest.raises(UnusableDialectAccount) as refused:
            accounts.add(session, keys, wrong, MAKER, at)
        assert refused.value.pointer == pointer
    with partner.database.transaction() as session:
        row, secret = accounts.add(session, keys, good, MAKER, at)
        assert secret not in row.secret_hash
        with pytest.raises(DialectAccountKnown):
            accounts.add(session, keys, good, MAKER, at)
        accounts.close(session, "fujian", "演示账号", MAKER, at)
        with pytest.raises(NoSuchDialectAccount):
            accounts.account_of(session, "fujian", "演示账号")
        assert len(accounts.accounts(session)) == 5


@pytest.mark.parametrize(
    "told",
    [
        {"shandong": "CertShare"},
        {"shandong": "/api/v1"},
        {"shandong": "/dialects/fujian"},
        {"fujian": "/dialects/x-road/r1"},
        {"encryption_key": "04ff"},
        {"session_minutes": 0},
    ],
)
def test_settings_that_cannot_be_are_refused(told: dict[str, Any]):
    read: Any = {
        CertificateDialectSettings: CertificateDialectSettings(**told),
        DialectSettings: DialectSettings(),
    }
    with pytest.raises(UnusableSetting):
        wiring.built(read, "https://yinxin.example")


def test_a_deployed_prefix_is_taken_and_an_empty_one_is_not_served():
    told = CertificateDialectSettings(shandong="/main/CertShare", fujian="")
    read: Any = {CertificateDialectSettings: told, DialectSettings: DialectSettings()}
    made = wiring.built(read, "https://yinxin.example")
    assert made.links("shandong") == "https://yinxin.example/main/CertShare"


@settings(deadline=None)
@given(st.sampled_from(["", "statutory", "holder", "agreement"]), st.booleans(), st.sampled_from(["", ITEM, "食品"]))
def test_only_a_use_that_names_its_matter_and_tells_all_counts_as_statutory(ground: str, whole: bool, item: str):
    cause = Cause(Given(item_code=item, item_name="演示", ground=ground, basis="1", reason="演示"), whole=whole)
    try:
        made = purposes.purpose(cause, DEFAULTS)
    except DialectPurposeRefused:
        return
    assert made.ground != "statutory" or (whole and item == ITEM)
    assert made.item_code in {ITEM, MATTER}
    if not whole:
        assert made.reason.endswith(purposes.NOT_WHOLE)


def test_states_of_partners_go_both_ways_and_nothing_unknown_is_valid():
    for partner, told in states().items():
        assert told.source, partner
        assert told.confidence
        for standing, code in told.written.items():
            back = told.standing(code)
            assert (back is Standing.VALID) == (standing is Standing.VALID)
        never = {Standing.TO_BE_SIGNED, Standing.DISCARDED, Standing.STAGED}
        assert {each for each in Standing if told.code(each) is None} == never
        assert told.standing("77") is None
    construction = states()["construction"]
    assert (construction.standing(" 02 "), construction.code(Standing.REVOKED)) == (Standing.SUSPENDED, "03")
    assert construction.operations["02"] == "延续"
    assert construction.names_superseded == {"02", "08", "09"}
    assert states()["shandong"].standing("-4") is Standing.EXPIRED
