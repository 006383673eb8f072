"""The code list of matters equals the published annex, row for row: 100 names under 93 basic codes.

The annex itself is not kept here; its digest is: SHA-256 over its rows in their order, each written as 基本编码,
事项名称, 行使层级, 业务系统, 责任部门 with tabs between and a line feed behind. What is changed, left out or moved
changes it.
"""

import hashlib
import re
from collections import Counter

from exchange.agreements.matters import Matter, by_code, matters, source

ANNEX = "7948f708b45a3661e3911914fc9148a6eb4c5a7b0529b8f40dfd76fea4e13e33"
# The codes that stand for several matters, and for how many.
SHARED = {"000118008000": 3, "000118021000": 3, "000118017000": 4}


def line(of: Matter) -> str:
    return "\t".join((of.code, of.name, "|".join(of.levels), of.system, of.department)) + "\n"


def test_the_list_is_the_annex_row_for_row():
    assert hashlib.sha256("".join(map(line, matters())).encode()).hexdigest() == ANNEX
    assert source() == "苏协调办〔2023〕6号 附件"


def test_a_hundred_names_stand_under_ninety_three_codes():
    assert (len(matters()), len({each.name for each in matters()}), len(by_code())) == (100, 100, 93)
    counted = Counter(each.code for each in matters())
    assert {code: number for code, number in counted.items() if number > 1} == SHARED
    assert {code: len(found) for code, found in by_code().items()} == dict(counted)


def test_every_code_has_twelve_digits_and_every_level_is_one_of_five():
    assert all(re.fullmatch("[0-9]{12}", each.code) for each in matters())
    assert {level for each in matters() for level in each.levels} == {"国家级", "省级", "市级", "县级", "乡镇级"}
