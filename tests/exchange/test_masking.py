"""Masks: what of a value is seen, and that a rule never shows more than it promises."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from exchange.door.masking import HIDDEN, RULES, masked, shown

SALT = b"a grant's own"
ID_NUMBER = "320102199001010018"


@pytest.mark.parametrize(
    ("rule", "value", "seen"),
    [
        ("keep", "原样", "原样"),
        ("keep", 12, 12),
        ("hide", "任何", HIDDEN),
        ("name", "张三", "张*"),
        ("name", "欧阳小明", "欧***"),
        ("name", "张", HIDDEN),
        ("name", "", HIDDEN),
        ("name", " 张三 ", "张*"),
        ("id_number", ID_NUMBER, "3201**********0018"),
        ("id_number", "91320000123456789X", "9132**********789X"),
        ("id_number", "320102900101001", "3201*******1001"),
        ("id_number", "123456789012", HIDDEN),
        ("id_number", 320102199001010018, "3201**********0018"),
        ("phone", "13800001234", "138****1234"),
        ("phone", "02588886666", "025****6666"),
        ("phone", "8888666", HIDDEN),
        ("last4", "6222000011112222", "************2222"),
        ("last4", "12345678", "****5678"),
        ("last4", "1234567", HIDDEN),
        ("address", "演示省演示市演示区某路1号", "演示省演示市***"),
        ("address", "某路1号", HIDDEN),
        ("year_only", "2026-11-21", "2026"),
        ("year_only", "20261121", "2026"),
        ("year_only", "2026年11月", "2026"),
        ("year_only", "2026", "2026"),
        ("year_only", "202611", HIDDEN),
        ("year_only", "二〇二六年", HIDDEN),
        ("year_only", "２０２６-01", HIDDEN),
        ("year_only", date(1990, 1, 1), "1990"),
        ("year_only", datetime(1990, 1, 1, tzinfo=UTC), "1990"),
        ("year_only", time(10), HIDDEN),
        ("last4", Decimal("12345678.90"), "*******8.90"),
        ("name", b"bytes", HIDDEN),
        ("name", True, HIDDEN),
        ("last4", ["1234567890"], HIDDEN),
        ("hash", {"a": 1}, HIDDEN),
        ("nobody-knows", "秘密", HIDDEN),
    ],
)
def test_a_rule_shows_what_it_says(rule: str, value: Any, seen: Any):
    assert shown(value, rule, SALT) == seen


def test_nothing_stays_nothing():
    assert {shown(None, rule, SALT) for rule in RULES} == {None}


def test_a_hash_is_the_same_within_a_grant_and_another_in_the_next():
    assert shown(ID_NUMBER, "hash", SALT) == shown(ID_NUMBER, "hash", SALT)
    assert shown(ID_NUMBER, "hash", SALT) != shown(ID_NUMBER, "hash", b"another's")
    assert len(shown(ID_NUMBER, "hash", SALT)) == 64


def test_without_a_salt_nothing_is_hashed_since_it_would_be_guessed():
    assert shown(ID_NUMBER, "hash") == HIDDEN


def test_a_row_is_masked_field_by_field_and_keeps_its_order():
    row = {"姓名": "张三", "证号": ID_NUMBER, "面积": Decimal("12.50"), "备注": None}
    told = masked(row, {"姓名": "name", "证号": "id_number", "备注": "hide", "别的": "hide"}, SALT)
    assert told == {"姓名": "张*", "证号": "3201**********0018", "面积": Decimal("12.50"), "备注": None}
    assert list(told) == list(row)
    assert row["姓名"] == "张三"


@pytest.mark.parametrize("rule", [name for name in RULES if name != "keep"])
def test_no_rule_ever_shows_a_text_whole(rule: str):
    drawn = Random(7)  # noqa: S311 - a seed, so that every run tries the same
    for _ in range(500):
        text = "".join(drawn.choice("0123456789张三李四AX 年-") for _ in range(drawn.randint(1, 40))).strip()
        if len(text) > 4 or rule != "year_only":
            assert shown(text, rule, SALT) != text or not text, (rule, text)


def test_the_rules_have_words_in_both_languages():
    assert all(rule.zh and rule.en for rule in RULES.values())
