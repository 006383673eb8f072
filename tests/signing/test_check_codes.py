"""Every code that is told has its words, and no words lack a code; broken tables are refused with every fault."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from keys.cms.numbers import Deviation as CmsDeviation
from signing import check_codes, standing
from signing.check_codes import FaultyCheckCodes, Words
from signing.report import Indication, Outcome, failed, passed, warned
from signing.seals.seal import Deviation

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "signing").rglob("*.py"))
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
MAKERS = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "warned": Outcome.WARNING,
    "not_checked": Outcome.NOT_CHECKED,
}
GOOD = """
[SOME_CODE]
block = "CV"
indication = "TOTAL_FAILED"
sub_indication = "HASH_FAILURE"
spoils = "intact"
clause = "GB/T 38540-2020 7.3"
passed = {zh = "好", en = "good"}
failed = {zh = "坏：{reason}", en = "bad: {reason}"}
fix = {zh = "修", en = "mend"}
"""


def literals() -> set[str]:
    """Every text in the source of signing that looks like a code."""
    found: set[str] = set()
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def calls() -> list[tuple[str, Outcome, str]]:
    """Every check that is made with its code written out, with how it ends and where."""
    found = []
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS):
                continue
            code = node.args[0] if node.args else None
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                found.append((code.value, MAKERS[node.func.id], f"{file.relative_to(ROOT)}:{node.lineno}"))
    return found


@pytest.mark.parametrize(("code", "outcome", "place"), calls(), ids=[f"{each[2]}-{each[0]}" for each in calls()])
def test_a_check_that_is_made_has_words_for_how_it_ends(code: str, outcome: Outcome, place: str):
    assert code in check_codes.codes(), place
    assert outcome in check_codes.codes()[code].words, place


def test_no_words_stand_without_a_code():
    assert set(check_codes.codes()) - literals() == set()


@pytest.mark.parametrize("role", [standing.SIGNER, standing.MAKER], ids=["signer", "maker"])
def test_every_code_of_a_role_has_words_for_how_it_ends(role: standing.Role):
    known = check_codes.codes()
    for name, code in vars(role).items():
        outcome = Outcome.NOT_CHECKED if name == "revocation_unknown" else Outcome.FAILED
        assert outcome in known[code].words, code
    assert Outcome.NOT_CHECKED in known[role.untrusted].words
    for name in (role.untrusted, role.expired_at, role.revoked_before):
        assert Outcome.PASSED in known[name].words


@pytest.mark.parametrize("code", sorted(check_codes.codes()))
def test_words_are_sentences_in_both_languages(code: str):
    known = check_codes.codes()[code]
    for words in (*known.words.values(), known.fix):
        assert re.search("[\u4e00-\u9fff]", words.zh), code
        assert words.zh.endswith(("。", "！", "？")), code
        assert words.en.endswith((".", "!", "?")), code
        assert not re.search("[\u4e00-\u9fff]", words.en), code


def test_words_are_told_with_their_facts():
    told = check_codes.told(failed("COVERAGE_PARTIAL", count=2, example="/Doc_0/Document.xml"))
    assert "2" in told.zh
    assert "/Doc_0/Document.xml" in told.en


def test_a_slug_is_told_in_the_readers_language():
    told = check_codes.told(warned("TIMESTAMP_INVALID", reason="another-imprint"))
    assert "针对的是别的数据" in told.zh
    assert "it is over something else" in told.en
    assert "another-slug" in check_codes.told(warned("TIMESTAMP_INVALID", reason="another-slug")).zh


def test_a_name_that_looks_like_a_slug_is_a_name():
    assert "stale" in check_codes.told(warned("NAME_MIXES_SCRIPTS", name="stale")).zh
    assert "“valid”" in check_codes.told(warned("SEALED_NAME_MISMATCH", said="valid", expected="x")).zh


@pytest.mark.parametrize("slug", sorted(check_codes.fact_values()))
def test_a_slug_has_words_in_both_languages(slug: str):
    words = check_codes.fact_values()[slug]
    assert re.search("[\u4e00-\u9fff]", words.zh)
    assert not re.search("[\u4e00-\u9fff]", words.en)
    assert "{" not in words.zh + words.en


@pytest.mark.parametrize("deviation", [each.value for each in (*Deviation, *CmsDeviation)])
def test_every_deviation_has_words(deviation: str):
    assert deviation in check_codes.fact_values()


def test_a_fact_that_is_not_there_is_a_dash():
    assert "—" in check_codes.told(failed("COVERAGE_PARTIAL")).en


def test_facts_are_never_templates():
    """A name out of a certificate may look like a template; it is shown as it is."""
    hostile = "{0.__class__.__mro__} {count}"
    told = check_codes.told(warned("NAME_MIXES_SCRIPTS", name=hostile))
    assert hostile in told.zh
    assert hostile in told.en


def test_a_code_without_words_for_an_outcome_is_a_fault_of_the_code():
    with pytest.raises(KeyError):
        check_codes.told(passed("NOT_SIGNED"))


def test_a_good_table_is_read():
    code = check_codes.load({"a.toml": GOOD})["SOME_CODE"]
    assert (code.indication, code.sub_indication, code.spoils) == (Indication.TOTAL_FAILED, "HASH_FAILURE", "intact")
    assert code.words[Outcome.FAILED].told({"reason": "r"}) == Words("坏：r", "bad: r")
    assert code.unchecked is None


def changed(**lines: Any) -> str:
    """Change lines of the good table, by their key; None takes one out."""
    kept = [each for each in GOOD.strip().splitlines() if each.split(" = ")[0] not in lines]
    return "\n".join([*kept, *(f"{key} = {value}" for key, value in lines.items() if value is not None)])


FAULTS: list[tuple[str, str, str]] = [
    ("no-toml", "[SOME", "not TOML"),
    ("lower-case", GOOD.replace("SOME_CODE", "some_code"), "capital"),
    ("block", changed(block='"XX"'), "block"),
    ("no-block", changed(block=None), "block"),
    ("spoils", changed(spoils='"everything"'), "spoils"),
    ("clause", changed(clause='" "'), "clause"),
    ("no-clause", changed(clause=None), "clause"),
    ("indication", changed(indication='"TOTAL_PASSED"'), "indication"),
    ("no-indication", changed(indication=None), "indication"),
    ("sub-indication", changed(sub_indication='"TRY_LATER"'), "sub_indication"),
    ("never-fails", changed(failed=None), "never fails"),
    ("unchecked", changed(unchecked='"HASH_FAILURE"', not_checked='{zh = "一", en = "a"}'), "unchecked"),
    ("unchecked-alone", changed(unchecked='"TRY_LATER"'), "not_checked"),
    ("unknown-key", changed(severity='"high"'), "severity"),
    ("one-language", changed(passed='{zh = "好"}'), "zh and en"),
    ("empty", changed(passed='{zh = "好", en = " "}'), "empty"),
    ("number", changed(passed='{zh = "好", en = 1}'), "empty"),
    ("braces", changed(passed='{zh = "好", en = "good {"}'), "braces"),
    ("reaching-in", changed(failed='{zh = "{reason.__class__}", en = "{reason.__class__}"}'), "braces"),
    ("formatting", changed(failed='{zh = "{reason!r}", en = "{reason!r}"}'), "braces"),
    ("other-facts", changed(failed='{zh = "{reason}", en = "{cause}"}'), "other facts"),
    ("no-fix", changed(fix=None), "fix"),
    ("no-words", changed(passed=None, failed=None, indication=None, sub_indication=None), "no outcome"),
    ("no-table", "SOME_CODE = 1", "no table"),
]


@pytest.mark.parametrize(("text", "told"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS])
def test_a_broken_table_is_refused_with_its_fault(text: str, told: str):
    with pytest.raises(FaultyCheckCodes) as refusal:
        check_codes.load({"a.toml": text})
    assert any(told in fault and fault.startswith("a.toml") for fault in refusal.value.faults), refusal.value.faults


def test_every_fault_is_told_at_once():
    with pytest.raises(FaultyCheckCodes) as refusal:
        check_codes.load({"a.toml": GOOD, "b.toml": GOOD, "c.toml": changed(block='"XX"', clause=None), "d.toml": "["})
    assert len(refusal.value.faults) == 4 + 1
    assert "b.toml [SOME_CODE]: stands in another place too" in refusal.value.faults
