"""What of a certificate is given: nothing beyond the names that were granted, whatever they are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.drafts import Content, Holder
from certs.queries import fields as certificate_fields
from certs.queries.fields import COMMON, Dates
from exchange.agreements.contracts import RowCondition
from exchange.door.masking import HIDDEN
from tests.certs.papers import HYGIENE, MARRIAGE, TODAY, draft, firm

DATES = Dates("issuer", "320900", TODAY, TODAY, TODAY)
CONTENT = Content("演1", (Holder(firm(1), "001", "演示企业"),), draft(HYGIENE).data)
NAMES = sorted({*certificate_fields.names_of(HYGIENE).values(), "colour"})
names = st.sets(st.sampled_from(NAMES))


@settings(max_examples=200, deadline=None)
@given(names, names)
def test_no_field_is_given_beyond_those_that_are_named_nor_unmasked(granted: set[str], hid: set[str]):
    told = certificate_fields.given(sorted(granted), dict.fromkeys(hid, "hide"), b"", CONTENT, DATES)
    assert set(told.data) <= granted
    assert bool(told.number) == ("number" in granted)
    assert all(told.data[name] == HIDDEN for name in hid & set(told.data))
    assert told.number == ("" if "number" not in granted else HIDDEN if "number" in hid else "演1")


def test_a_field_is_known_by_its_own_name_by_its_chinese_name_and_by_the_standards():
    told = certificate_fields.names_of(HYGIENE)
    assert (told["经营地址"], told["address"], told["ZZBH"], told["持证主体"]) == (
        "address",
        "address",
        "number",
        "holder_name",
    )
    assert set(COMMON) <= set(told.values())
    assert "colour" not in told


def test_several_holders_are_told_in_one():
    content = Content("J1", draft(MARRIAGE).holders, {})
    assert certificate_fields.values(content, DATES)["holder_name"].count("、") == 1


def test_granted_rows_bound_what_is_seen():
    def within(test: str, *values: str | int, **told: object) -> bool:
        return certificate_fields.within([RowCondition("region", test, values)], told)

    assert within("equal", "320900", region="320900")
    assert not within("equal", "320900", region="320901")
    assert within("in", "1", "2", region="2")
    assert not within("equal", "320900")
    assert within("at_least", 9, region=10)
    assert not within("at_most", 9, region=10)
    assert within("at_most", "2026-01-01", region="2025-12-31")
