"""The data that comes with the house: the 17 matters whose materials are known, and the sandbox's other 85."""

import itertools
from collections import Counter
from typing import Any

import pytest

from base import calendar
from base.db import Database
from base.identifiers import CreditCode, RegionCode, read_credit_code
from certs import sample_organs
from certs.filing.matter import Confidence, Matter, Necessity
from certs.filing.matters import annex, keeping, material_rows, matters, sample, sample_content, situations
from certs.filing.matters.annex import Listed
from certs.filing.matters.errors import AmbiguousMatter
from certs.filing.matters.sample_content import Invented, Organ
from exchange import terms
from exchange.agreements import matters as code_list
from exchange.agreements import use_lists
from exchange.agreements.models import UseList
from exchange.sample import by_department, make_department
from keys.parties import organisations, people
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.sample import MAKER, ORGANISATIONS, code_of
from tests.certs.filing.matters import builders
from tests.certs.papers import TYPES

LISTED = annex.listed()


def invented() -> list[Invented]:
    """Give the sandbox's matters, carried out by its organs."""
    organs = {each.short: Organ(code_of(each.short), each.name, each.region) for each in ORGANISATIONS}
    for short, code in sample_organs.CODES.items():
        organs[short] = Organ(code, sample_organs.NAMES[short], sample_organs.REGIONS[short])
    return list(sample_content.invented(organs, {each.name: each.code for each in TYPES.values()}))


def test_the_144_rows_of_the_17_matters_are_there_as_they_were_written():
    rows = annex.rows()
    assert (len(rows), len(LISTED), sum(len(each.materials) for each in LISTED.values())) == (144, 17, 144)
    assert Counter(each.necessity for each in rows) == {
        Necessity.REQUIRED: 85,
        Necessity.CONDITIONAL: 51,
        Necessity.LOCAL: 4,
        Necessity.NOT_ALLOWED: 4,
    }
    assert {each.confidence for each in rows} == {Confidence.KNOWN, Confidence.ASSUMED}


@pytest.mark.parametrize("listed", LISTED.values(), ids=lambda each: each.code)
def test_every_material_of_a_matter_is_asked_for_in_some_situation_that_fits(listed: Listed):
    """No condition names an answer that there is not, and no two conditions rule each other out."""
    told = _matter(listed)
    assert not list(keeping.faults(told))
    seen: set[str] = set()
    for situation in _situations(told):
        seen |= {each.key for each in situations.asked(told, situation)}
    assert seen == {each.key for each in told.materials}


def test_promises_and_later_days_follow_the_notes():
    """Nothing that may not be asked for is promised, and nothing is later without saying why."""
    marked = [each for listed in LISTED.values() for each in listed.materials if each.may_be_promised]
    later = [each for listed in LISTED.values() for each in listed.materials if each.later_working_days]
    assert {each.name for each in later} == {
        "长期居住认定材料（居住证）",
        "保证食品安全的规章制度目录清单",
        "消防安全制度、灭火和应急疏散预案",
        "场所平面布置图、消防设施平面图",
    }
    assert all(each.note and each.necessity is not Necessity.NOT_ALLOWED for each in (*marked, *later))
    assert "公共场所卫生检测或者评价报告" in {each.name for each in marked}


def test_a_situation_of_a_known_matter_reads_as_the_table_does():
    told = _matter(LISTED["特种设备使用登记"])
    firm = situations.asked(told, {"kind": "set", "owner": "firm", "new": "yes", "equipment": "boiler"})
    assert {each.name for each in firm} == {
        "特种设备使用登记表（一式两份）",
        "含统一社会信用代码的证明",
        "产品合格证（含产品数据表）",
        "特种设备监督检验证明/首次检验报告",
        "锅炉能效证明文件",
    }
    assert [each.name for each in situations.asked(told, {"kind": "transfer"})] == ["原使用登记证、注销证明"]


def test_every_matter_has_a_well_formed_code_of_its_own():
    """The hundred, two known ones beside them, four that belong to a package; one is carried out by two organs."""
    made = invented()
    codes = [each.matter.item_code for each in made]
    assert (len(made), len(set(codes))) == (107, 107)
    beside = {each["name"] for each in sample_content.told()["beside"]}
    assert {each.matter.name for each in made} == {each.name for each in code_list.matters()} | set(LISTED) | beside
    assert len({each.matter.basic_code for each in made}) == 99
    for each in made:
        assert not list(keeping.faults(each.matter)), each.matter.name
        assert read_credit_code(each.matter.organ).exact
        assert each.matter.level in "2345"
        assert "演示" in each.matter.organ_name
        if each.matter.name not in LISTED:
            assert {every.confidence for every in each.matter.materials} == {Confidence.ASSUMED}


def test_a_row_whose_paper_is_asked_of_another_organ_says_so():
    told = {each.material: each.may_be_asked_of_the_provider for each in annex.rows()}
    assert {name for name, asked in told.items() if asked} == {
        "三级及以上信息系统安全等级保护备案证明",
        "原使用登记证、注销证明",
        "离婚证/离婚调解书、判决书",
        "原拖拉机驾驶证",
        "消防安全检查合格意见书",
    }


def test_the_basis_of_a_row_is_parted_from_its_note():
    told = {"material": "x", "necessity": "必要", "way": "提交", "resource": "（表单）"}
    row = material_rows.read(2, {**told, "basis": "清单外·见上文；《条例》第一条；可后补"})
    assert (row.basis, row.note, row.resources) == ("《条例》第一条", "清单外·见上文；可后补", ())


def test_the_sandbox_keeps_its_matters_and_publishes_what_stands_in(database: Database, at: Any):
    """Its organs, its directories and its types; twelve characters that name four give four candidates."""
    with database.transaction() as session:
        for each in ORGANISATIONS:
            parent = CreditCode(code_of(each.parent)) if each.parent else None
            new = NewOrganisation(
                CreditCode(code_of(each.short)), each.name, RegionCode(each.region), each.level, parent
            )
            organisations.add(session, new, MAKER, at)
        sample_organs.entered(session, at)
        for short in ("data", "city-data"):
            row = people.add(session, NewPerson(f"{short}-head", "演示局长", code_of(short)), MAKER, at)
            people.assign_roles(session, row, ("authority",), MAKER, at)
        calendar.seed(session)
        terms.seed(session, MAKER, at)
        for department, named in by_department():
            if department == "police":
                make_department(session, department, named, at)
    with database.transaction() as session:
        made = sample.keep_all(session, TYPES, at)
        sample.publish_all(session, TYPES, made, at)
    with database.reading() as session:
        shown = matters.matter_of(session, sample.SHOWN, at)
        assert shown.result_type == TYPES_BY_NAME["旅馆业特种行业许可证"]
        by_name = {each.name: each for each in shown.materials}
        assert by_name["营业执照"].replacements[0].target == TYPES_BY_NAME["营业执照"]
        assert not by_name["消防安全检查合格意见书"].replacements[0].is_mapped
        birth = matters.matter_of(session, "322023618000", at)
        (register,) = next(each for each in birth.materials if each.name == "户口簿").replacements
        assert register.is_mapped
        with pytest.raises(AmbiguousMatter) as refused:
            matters.matter_of(session, "000118017000", at)
        assert len(refused.value.candidates) == 4
        assert matters.matter_of(session, "000125045000", at, "320902").organ_name == "演示区行政审批局"
        assert matters.matter_of(session, "000125045000", at, "320903").organ_name == "演示市应急管理局"
        (published,) = session.query(UseList).all()
        assert (published.state, published.rows > 100) == (use_lists.PUBLISHED, True)
    with database.transaction() as session:
        again = sample.keep_all(session, TYPES, at)
        assert matters.matter_of(session, again[0].matter.item_code, at).version == 1


TYPES_BY_NAME = {each.name: each.code for each in TYPES.values()}


def _matter(listed: Listed) -> Matter:
    return builders.matter(questions=listed.questions, materials=listed.materials)


def _situations(told: Matter) -> Any:
    """Give every situation that fits: one answer to each question that is put."""
    for answers in itertools.product(*(each.answers for each in told.questions)):
        situation: dict[str, str] = {}
        for question, answer in zip(told.questions, answers, strict=True):
            if situations.hold(question.when, situation):
                situation[question.key] = answer
        yield situation
