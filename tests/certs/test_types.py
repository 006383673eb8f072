"""Certificate types: data in files, each fault told at once, and the arithmetic of their lives."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.identifiers import read_credit_code
from certs import types
from certs.errors import FaultyCertificateTypes, NoSuchCertificateType
from certs.holder_codes import holder_codes
from certs.types import reading
from certs.types.certificate_type import NO_LAST_DAY, CertificateType, Holding, Lasting, Level, Validity
from tests.certs.papers import AT, HYGIENE, KNOWN, MARRIAGE, TYPES, firm, person

SOUND = """
code = "11100000YNX090019T901"
name = "演示证"
name_en = "Demonstration"
defined_by = {code = "11100000YNX090019T", name = "演示国家机关"}
holding = "issued"
face = "licence"
holders = {types = ["001"]}
number = {rule = "演{serial:04d}", accepts = '演[0-9]{4}'}
validity = {lasting = "years", years = 4}
seals = {issue = "business"}
fields = []
"""
FILE = "11100000YNX090019T901.toml"


def _faults(text: str, file: str = FILE) -> list[tuple[str, str]]:
    return [(each.place, each.code) for each in reading.read([(file, text.encode())], KNOWN)[1]]


def test_the_shipped_types_are_the_ones_that_scenes_need() -> None:
    """At least thirteen are issued here and at least seven come from elsewhere."""
    holdings = [each.holding for each in TYPES.values()]
    assert len([each for each in holdings if each is Holding.ISSUED]) >= 13
    assert len([each for each in holdings if each is not Holding.ISSUED]) >= 7
    assert {Holding.COLLECTED, Holding.DIRECTORY_ONLY, Holding.CHECK_ONLY} <= set(holdings)
    assert len({each.name for each in TYPES.values()}) == len(TYPES)


def test_no_type_that_a_province_only_collects_can_be_issued_here() -> None:
    """Identity cards, household registers and licences to drive are made by their own systems."""
    for name in ("居民身份证", "居民户口簿", "机动车驾驶证", "结婚证", "营业执照"):
        found = next(each for each in TYPES.values() if each.name == name)
        assert not found.may_be_issued_by(firm())


def test_every_type_is_defined_by_an_invented_body_with_right_check_characters() -> None:
    """The first eighteen characters of a type's code are its defining body's."""
    for code, each in TYPES.items():
        assert code == each.code
        assert code.startswith(each.defined_by.code)
        assert read_credit_code(each.defined_by.code).exact
        assert each.defined_by.name.startswith("演示")


def test_identity_papers_are_of_the_high_level() -> None:
    """They tell most of a person, and ask for consent whatever the ground."""
    high = {each.name for each in TYPES.values() if each.level is Level.HIGH}
    assert high == {"居民身份证", "居民户口簿"}


def test_a_sound_file_has_no_fault() -> None:
    """The measure for the cases below."""
    assert _faults(SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('name = "演示证"\n', "", ("name", "missing")),
        ('name = "演示证"', "name = 7", ("name", "wrong-type")),
        ("fields = []", "fields = []\ncolour = 'red'", ("colour", "unknown")),
        ('code = "11100000YNX090019T901"', 'code = "11100000YNX090019T9"', ("code", "shape")),
        ('code = "11100000YNX090019T901"', 'code = "11100000YNX090018T901"', ("code", "check-digits")),
        ('{code = "11100000YNX090019T",', '{code = "11100000YNX090018T",', ("defined_by/code", "check-digits")),
        (
            'defined_by = {code = "11100000YNX090019T", name = "演示国家机关"}',
            "defined_by = 1",
            ("defined_by", "wrong-type"),
        ),
        ('"issued"', '"owned"', ("holding", "not-one-of")),
        ('holding = "issued"', 'holding = "issued"\nlevel = "secret"', ("level", "not-one-of")),
        ('face = "licence"', 'face = "poster"', ("face", "no-such-template")),
        ('face = "licence"', 'face = "licence"\ncopies = -1', ("copies", "out-of-range")),
        ('face = "licence"', 'face = "licence"\nissuers = ["1"]', ("issuers/0", "check-digits")),
        ('{types = ["001"]}', '{types = ["777"]}', ("holders/types/0", "not-in-dictionary")),
        ('{types = ["001"]}', "{types = []}", ("holders/types", "missing")),
        ('{types = ["001"]}', '{types = ["001"], least = 2}', ("holders/most", "out-of-range")),
        ('{types = ["001"]}', "7", ("holders", "wrong-type")),
        ("演{serial:04d}", "演0001", ("number/rule", "unknown-place")),
        ("演{serial:04d}", "演{serial.__class__}", ("number/rule", "unknown-place")),
        ("演{serial:04d}", "示{serial:04d}", ("number/accepts", "refuses-its-own-rule")),
        ("演[0-9]{4}", "演[0-9", ("number", "unreadable")),
        ('rule = "演{serial:04d}", ', "", ("number/rule", "missing")),
        ('"years", years = 4', '"years"', ("validity/years", "out-of-range")),
        ('"years", years = 4', '"long-term", years = 4', ("validity/years", "out-of-range")),
        ('"years", years = 4', '"for ever"', ("validity/lasting", "not-one-of")),
        ("years = 4", "years = 4, review_months = -1", ("validity/review_months", "out-of-range")),
        ('{issue = "business"}', '{issue = "wax"}', ("seals/issue", "no-such-seal-kind")),
        ('{issue = "business"}', '{issue = "business", burn = "name"}', ("seals/burn", "unknown-act")),
        ('{issue = "business"}', "{}", ("seals/issue", "missing")),
        ("fields = []", "fields = [1]", ("fields/0", "wrong-type")),
        ("fields = []", "fields = 1", ("fields", "wrong-type")),
    ],
)
def test_a_fault_is_told_with_its_place(old: str, new: str, fault: tuple[str, str]) -> None:
    """One thing wrong, one fault, at its place."""
    assert old in SOUND
    assert fault in _faults(SOUND.replace(old, new))


FIELD = '{name = "a", zh = "甲", en = "A", kind = "text", sensitivity = 1}'


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (FIELD.replace('"a"', '"Upper"'), ("fields/0/name", "shape")),
        (FIELD.replace('"text"', '"blob"'), ("fields/0/kind", "not-one-of")),
        (FIELD.replace("sensitivity = 1", "sensitivity = 5"), ("fields/0/sensitivity", "out-of-range")),
        (FIELD.replace('"text"', '"choice"'), ("fields/0/choices", "missing")),
        (FIELD.replace("}", ", choices = {a = 'b'}}"), ("fields/0/choices", "not-for-this-kind")),
        (FIELD.replace("}", ", longest = 0}"), ("fields/0/longest", "out-of-range")),
        (FIELD.replace('zh = "甲", ', ""), ("fields/0/zh", "missing")),
        (FIELD.replace('"甲"', "1"), ("fields/0/zh", "wrong-type")),
        (f"{FIELD}, {FIELD}", ("fields/1/name", "twice")),
    ],
)
def test_a_fault_in_a_field_is_told_with_its_place(fields: str, fault: tuple[str, str]) -> None:
    """Fields are checked one by one."""
    assert fault in _faults(SOUND.replace("fields = []", f"fields = [{fields}]"))


def test_all_faults_of_all_files_are_told_at_once() -> None:
    """Whoever writes types mends them in one go."""
    twice = (FILE, SOUND.encode()), (FILE, SOUND.encode())
    broken = ("b.toml", b"\xff\xfe"), ("c.toml", b"= 1")
    found, faults = reading.read([*twice, *broken], KNOWN)
    assert [(each.file, each.code) for each in faults] == [
        (FILE, "twice"),
        ("b.toml", "not-toml"),
        ("c.toml", "not-toml"),
    ]
    assert list(found) == ["11100000YNX090019T901"]


def test_a_file_is_named_by_its_code() -> None:
    """So that a type is found where a stranger looks for it."""
    assert _faults(SOUND, "other.toml") == [("code", "file-named-otherwise")]


def test_a_site_adds_its_own_types_and_a_faulty_one_stops_the_start(tmp_path: Path) -> None:
    """One file is enough; nothing else is touched."""
    (tmp_path / FILE).write_text(SOUND, encoding="utf-8")
    assert types.type_of(types.types(KNOWN, tmp_path), "11100000YNX090019T901").name == "演示证"
    (tmp_path / FILE).write_text(SOUND.replace("issued", "owned"), encoding="utf-8")
    with pytest.raises(FaultyCertificateTypes) as refused:
        types.types(KNOWN, tmp_path)
    assert refused.value.faults == len(types.faults(KNOWN, tmp_path)) >= 1
    assert "holding" in refused.value.first


def test_an_unknown_type_is_refused_by_its_code() -> None:
    """The code is told back; it is nobody's secret."""
    with pytest.raises(NoSuchCertificateType) as refused:
        types.type_of(TYPES, "11100000YNX090019T999")
    assert refused.value.type.endswith("999")


@pytest.mark.parametrize(
    ("first", "years", "last"),
    [
        (date(2026, 3, 1), 4, date(2030, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 28)),
        (date(2024, 2, 29), 1, date(2025, 2, 28)),
        (date(2026, 1, 1), 1, date(2026, 12, 31)),
        (date(2026, 12, 31), 1, date(2027, 12, 30)),
    ],
)
def test_so_many_years_end_on_the_day_before_their_anniversary(first: date, years: int, last: date) -> None:
    """A year that has no such day ends with the month."""
    assert Validity(Lasting.YEARS, years).last_day(first) == last


def test_long_term_has_no_last_day_and_some_say_it_themselves() -> None:
    """Both are no number of years, and not the same."""
    assert Validity(Lasting.LONG_TERM).last_day(date(2026, 1, 1)) == NO_LAST_DAY
    assert Validity(Lasting.AS_TOLD).last_day(date(2026, 1, 1)) is None


def test_a_review_is_due_so_many_months_after_the_last() -> None:
    """Licences live by being looked at again."""
    assert HYGIENE.validity.review_due(date(2026, 3, 1)) == date(2028, 2, 29)
    assert MARRIAGE.validity.review_due(date(2026, 3, 1)) is None


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)), st.integers(1, 99))
def test_a_period_is_as_long_as_it_says(first: date, years: int) -> None:
    """The day after the last is the same day of the month, or the first of the next."""
    last = Validity(Lasting.YEARS, years).last_day(first)
    assert last is not None
    after = date.fromordinal(last.toordinal() + 1)
    assert (after.year, after.month, after.day) in {
        (first.year + years, first.month, first.day),
        (first.year + years, first.month % 12 + 1, 1),
    }


def test_a_type_with_named_issuers_is_issued_by_these_alone() -> None:
    """Elsewhere the seal decides who may."""
    found, _ = reading.read(
        [(FILE, SOUND.replace("fields = []", f'issuers = ["{firm(3)}"]\nfields = []').encode())], KNOWN
    )
    one = found["11100000YNX090019T901"]
    assert one.may_be_issued_by(firm(3))
    assert not one.may_be_issued_by(firm(4))
    assert HYGIENE.may_be_issued_by(firm(4))


def test_numbers_are_written_by_the_type_s_rule() -> None:
    """And accepted by its own pattern."""
    number = HYGIENE.numbering.number(2026, 12, "320900")
    assert number == "演卫公证字〔2026〕第320900000012号"
    assert HYGIENE.numbering.accepts.fullmatch(number)


def test_holder_codes_are_judged_by_their_kind() -> None:
    """Check characters where there are any, shape elsewhere."""
    codes = holder_codes()
    assert codes["001"].fault(firm(), AT) == ""
    assert codes["001"].fault(firm()[:-1] + "0", AT) == "check-digits"
    assert codes["111"].fault(person(), AT) == ""
    assert codes["111"].fault(person(born="20270101"), AT) == "check-digits"
    assert codes["414"].fault("E12345678", AT) == ""
    assert codes["414"].fault("E1\n", AT) == "shape"
    assert codes["111"].is_person
    assert not codes["099"].is_person


@pytest.mark.parametrize("type_", [each for each in TYPES.values() if each.is_issued_here], ids=lambda each: each.code)
def test_no_two_numbers_are_the_same_whatever_the_region_and_the_year(type_: CertificateType) -> None:
    """What a number does not show, it is not counted by."""
    last: dict[tuple[str, int], int] = {}
    numbers = []
    for year in (2026, 2027):
        for region in ("320900", "320500"):
            for _ in range(3):
                counter = type_.numbering.counted_by(year, region)
                last[counter] = last.get(counter, 0) + 1
                numbers.append(type_.numbering.number(year, last[counter], region))
    assert len(set(numbers)) == len(numbers)
