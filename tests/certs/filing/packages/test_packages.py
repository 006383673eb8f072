"""一件事: several matters at once: one receipt, one set of papers, one supplement, one delivery."""

from pathlib import Path
from typing import Any

import pytest

from base.callers import Caller
from base.db import Database
from certs.filing.cases.models import Case, CaseMaterial
from certs.filing.cases.told import MaterialIn
from certs.filing.matter import Material, Necessity
from certs.filing.packages import packages
from certs.filing.packages.errors import CircularPackage, NoSuchPackageKind, UnusableChoice, UnusablePackageKind
from certs.filing.packages.package import Member, chosen, items_of
from certs.routes.packages import package_routes
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import (
    AUDITOR,
    CLERK,
    HALL,
    ITEM,
    MATTERS,
    OTHER_ITEM,
    STRANGER,
    SYSTEM_OPERATOR,
    THIRD_ITEM,
    WINDOW,
    House,
    intake,
    material,
)
from tests.keys.parties.builders import CITY, PROVINCE

# The city leads; the province has one of the matters.
PROVINCIAL = Caller("person", "provincial", "演示省级审批人员", PROVINCE, frozenset({"operator"}))
RESTAURANT = [{"code": ITEM, "required": True}, {"code": OTHER_ITEM}, {"code": THIRD_ITEM}]
CHOICE = "restaurant"


def of_matter(code: str, *keys: str) -> Any:
    papers = tuple(Material(key, key, Necessity.REQUIRED, "演示依据") for key in keys)
    return of.matter(code, materials=papers)


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    for code, keys in ((ITEM, ("layout", "identity")), (OTHER_ITEM, ("identity",)), (THIRD_ITEM, ("fire",))):
        monkeypatch.setitem(MATTERS, code, of_matter(code, *keys))
    monkeypatch.setattr(of, "PEOPLE", (*of.PEOPLE, PROVINCIAL))
    opened = of.opened(database, tmp_path, at, monkeypatch, (package_routes,))
    opened.good(CLERK, "PUT", f"/case-package-kinds/{CHOICE}", name="演示开办餐饮店", members=RESTAURANT)
    return opened


def body(key: str = "pack-1", **peculiar: Any) -> dict[str, Any]:
    told = intake(
        key, kind=CHOICE, materials=[material(each, each) for each in ("layout", "identity", "fire", "extra")]
    )
    told.pop("matter")
    return {**told, **peculiar}


def filed(house: House, **peculiar: Any) -> dict[str, Any]:
    return house.good(WINDOW, "POST", "/case-packages", **body(**peculiar))


def case_of(package: dict[str, Any], item: str) -> str:
    return next(str(each["number"]) for each in package["cases"] if each["item_code"] == item)


def test_one_receipt_makes_a_case_for_each_matter_with_its_own_papers(house: House):
    """The identity paper is handed in once and serves two cases; what no matter names goes to all."""
    package = filed(house)
    assert package["number"] == "P32050020261121000001"
    assert [each["item_code"] for each in package["cases"]] == [ITEM, OTHER_ITEM, THIRD_ITEM]
    assert [each["organ"] for each in package["cases"]] == [CITY, CITY, PROVINCE]
    assert (package["state"], package["done"], package["lead"]) == ("open", 0, CITY)
    assert package["due_at"] is not None
    with house.database.reading() as session:
        papers = {
            code: sorted(each.key for each in session.query(CaseMaterial).filter_by(case=case_of(package, code)))
            for code in (ITEM, OTHER_ITEM, THIRD_ITEM)
        }
    assert papers == {
        ITEM: ["extra", "identity", "layout"],
        OTHER_ITEM: ["extra", "identity"],
        THIRD_ITEM: ["extra", "fire"],
    }


def test_a_paper_is_known_by_its_name_since_matters_number_theirs_alike():
    """Both call their first paper m01; the licence that both ask for is handed in once, and each has it as its own."""
    first = of.matter(
        ITEM, materials=tuple(Material(f"m{key}", name, Necessity.REQUIRED, "") for key, name in enumerate("甲乙"))
    )
    second = of.matter(
        OTHER_ITEM,
        materials=tuple(Material(f"m{key}", name, Necessity.REQUIRED, "") for key, name in enumerate("乙丙")),
    )
    papers = tuple(MaterialIn(key, name) for key, name in (("m0", "甲"), ("m1", "乙"), ("c", "丙"), ("m9", "其他")))

    def given(matter: Any) -> list[tuple[str, str]]:
        return [(each.key, each.name) for each in packages._papers_for(matter, (first, second), papers)]

    assert given(first) == [("m0", "甲"), ("m1", "乙"), ("m9", "其他")]
    assert given(second) == [("m0", "乙"), ("m1", "丙"), ("m9", "其他")]


def test_the_same_package_is_filed_once(house: House):
    assert filed(house)["number"] == filed(house)["number"]
    differs = house.call(WINDOW, "POST", "/case-packages", **body(address="演示路 2 号"))
    assert (differs.status_code, differs.json["code"]) == (409, "case-step-differs")
    with house.database.reading() as session:
        assert session.query(Case).count() == 3


def test_a_part_of_it_can_be_chosen_but_not_without_what_is_required(house: House):
    package = filed(house, chosen=[THIRD_ITEM, ITEM])
    assert [each["item_code"] for each in package["cases"]] == [ITEM, THIRD_ITEM]
    without = house.call(WINDOW, "POST", "/case-packages", **body("pack-2", chosen=[OTHER_ITEM]))
    assert (without.status_code, without.json["code"], without.json["reason"]) == (
        422,
        "unusable-package-choice",
        "required",
    )


def test_all_that_is_missing_is_asked_for_in_one_notice_and_handed_in_once(house: House):
    """Two organs note what is missing, the third case goes on; one notice, one supplement."""
    package = filed(house)
    path, first, third = f"/case-packages/{package['number']}", case_of(package, ITEM), case_of(package, THIRD_ITEM)
    alone = house.step(first, "ask-supplement", words={"reason": "缺图纸"})
    assert (alone.status_code, alone.json["code"]) == (409, "part-of-package")
    nothing = house.call(CLERK, "POST", f"{path}/notices")
    assert (nothing.status_code, nothing.json["reason"]) == (409, "nothing-noted")
    house.good(CLERK, "POST", f"{path}/notes", case=first, missing="平面图未盖章")
    house.good(PROVINCIAL, "POST", f"{path}/notes", case=third, missing="消防承诺未签名")
    wrong = house.call(PROVINCIAL, "POST", f"{path}/notes", case=first, missing="演示")
    assert (wrong.status_code, wrong.json["code"]) == (403, "package-step-not-yours")
    assert house.call(PROVINCIAL, "POST", f"{path}/notices").status_code == 403
    house.stands(case_of(package, OTHER_ITEM), "accept")
    asked = house.good(CLERK, "POST", f"{path}/notices", days=6)
    assert asked["state"] == "supplementing"
    assert [each["state"] for each in asked["cases"]] == ["supplementing", "accepted", "supplementing"]
    assert len({each["due_at"] for each in asked["cases"] if each["state"] == "supplementing"}) == 1
    assert set(asked["missing"].values()) == {"平面图未盖章", "消防承诺未签名"}
    again = house.call(CLERK, "POST", f"{path}/notices")
    assert (again.status_code, again.json["reason"]) == (409, "asked-already")
    papers = [material("layout", "平面图"), material("fire", "消防承诺")]
    back = house.good(WINDOW, "POST", f"{path}/supplements", materials=papers)
    assert [each["state"] for each in back["cases"]] == ["received", "accepted", "received"]
    twice = house.call(WINDOW, "POST", f"{path}/supplements", materials=papers)
    assert (twice.status_code, twice.json["reason"]) == (409, "nothing-asked")


def decide(house: House, package: dict[str, Any], *items: str) -> None:
    for item in items:
        who = PROVINCIAL if item == THIRD_ITEM else CLERK
        house.stands(case_of(package, item), "accept", who)
        house.stands(case_of(package, item), "grant", who)


def test_results_are_handed_over_together(house: House):
    package = filed(house)
    path = f"/case-packages/{package['number']}/deliveries"
    decide(house, package, ITEM, OTHER_ITEM)
    early = house.call(WINDOW, "POST", path, delivery_type="window")
    assert (early.status_code, early.json["reason"]) == (409, "undecided")
    alone = house.step(case_of(package, ITEM), "deliver", WINDOW, facts={"delivery_type": "window"})
    assert alone.json["code"] == "part-of-package"
    decide(house, package, THIRD_ITEM)
    done = house.good(WINDOW, "POST", path, delivery_type="courier", delivery_number="演示单号")
    assert (done["state"], done["done"]) == ("closed", 3)
    assert done["delivered_at"] is not None


def test_what_is_decided_can_be_handed_over_earlier_in_part(house: House):
    package = filed(house)
    path = f"/case-packages/{package['number']}/deliveries"
    decide(house, package, ITEM)
    part = house.good(WINDOW, "POST", path, delivery_type="window", in_part=True)
    assert (part["done"], part["delivered_at"]) == (1, None)
    nothing = house.call(WINDOW, "POST", path, delivery_type="window", in_part=True)
    assert (nothing.status_code, nothing.json["reason"]) == (409, "nothing-to-deliver")


def test_nobody_else_sees_a_package(house: House):
    package = filed(house, chosen=[ITEM])
    path = f"/case-packages/{package['number']}"
    assert house.call(STRANGER, "GET", path).json["code"] == "no-such-package"
    assert house.good(AUDITOR, "GET", path)["missing"] == {}
    assert house.good(STRANGER, "GET", "/case-packages")["items"] == []
    listed = house.good(HALL, "GET", "/case-packages")["items"]
    assert [each["number"] for each in listed] == [package["number"]]
    told = {"delivery_type": "window", "operator": SYSTEM_OPERATOR}
    assert house.call(STRANGER, "POST", f"{path}/deliveries", **told).status_code == 404


def test_a_package_of_packages_is_laid_down_and_a_circle_is_refused(house: House):
    house.good(
        CLERK, "PUT", "/case-package-kinds/street", name="演示商业街", members=[{"code": CHOICE, "required": True}]
    )
    kinds = {each["code"]: each for each in house.good(WINDOW, "GET", "/case-package-kinds")["items"]}
    assert [each["code"] for each in kinds["street"]["items"]] == [ITEM, OTHER_ITEM, THIRD_ITEM]
    assert [each["required"] for each in kinds["street"]["items"]] == [True, False, False]
    circle = house.call(
        CLERK, "PUT", f"/case-package-kinds/{CHOICE}", name="演示", members=[*RESTAURANT, {"code": "street"}]
    )
    assert (circle.status_code, circle.json["code"]) == (409, "circular-package")
    assert circle.json["path"] == f"{CHOICE} → street → {CHOICE}"
    other = house.call(PROVINCIAL, "PUT", f"/case-package-kinds/{CHOICE}", name="演示", members=RESTAURANT)
    assert (other.status_code, other.json["code"]) == (403, "package-kind-not-yours")


def test_a_kind_that_contains_itself_at_once_is_circular():
    with pytest.raises(CircularPackage):
        items_of("a", {"a": (Member("a"),)})


def test_a_kind_is_neither_empty_nor_endless_nor_unknown():
    item = "1" * 33
    with pytest.raises(NoSuchPackageKind):
        items_of("a", {"a": (Member("b"),)})
    with pytest.raises(UnusablePackageKind):
        items_of("a", {"a": ()})
    deep = {str(each): (Member(str(each + 1)),) for each in range(9)} | {"9": (Member(item),)}
    with pytest.raises(UnusablePackageKind):
        items_of("0", deep)
    many = tuple(Member(f"{each:033d}") for each in range(51))
    with pytest.raises(UnusablePackageKind):
        items_of("a", {"a": many})


def test_an_item_that_is_met_twice_stands_once_and_is_required_where_any_way_to_it_is():
    item = "1" * 33
    kinds = {"a": (Member("b"), Member(item, required=True)), "b": (Member(item),)}
    assert items_of("a", kinds) == (Member(item, required=True),)


@pytest.mark.parametrize(("choice", "reason"), [(["2" * 33], "not-in-package"), (["1" * 33, "1" * 33], "twice")])
def test_a_choice_is_of_the_package_and_names_each_once(choice: list[str], reason: str):
    with pytest.raises(UnusableChoice) as refused:
        chosen((Member("1" * 33),), choice)
    assert refused.value.reason == reason
