"""Faces as they are laid out: nothing stands on anything else, and labels keep away from what they label."""

from itertools import combinations

import pytest

from certs.faces.layout import LABEL_GAP, LayoutFault, Shown, Values, lay
from certs.faces.page import Cells, Page, Picture, Text
from certs.faces.template import VALUES, Element, SealPlace, Template, templates
from certs.faces.typefaces import typeface
from tests.certs.papers import picture

# The seals of this house are so wide, in millimetres.
SEAL = 40
LONG_LABEL = "主要负责人或者受其委托的安全生产管理人员姓名"
LONG_TEXT = "演示市演示区滨河路与人民中路交叉口东北角云水之间商务综合楼"
NAMED = {
    **dict.fromkeys(VALUES, "演示"),
    "holder": "演示市云水之间连锁酒店管理有限公司",
    "holder_code": "320999197402040521",
    "valid": "2026年11月21日至2032年11月20日",
    "issued_on": "2026年11月21日",
    "issuer": "演示国家市场监督管理主管部门",
    "identifier": "1.2.156.3005.2.11100000YNX0900516001.11320900YNX800025J.320902202600000012.001.X",
    "link": "https://yinxin.example/v/0123456789abcdef012345",
}
LABELS = {
    "few and short": (("住址", LONG_TEXT),),
    "long": ((LONG_LABEL, LONG_TEXT), ("出生日期", "2024年10月21日")),
    "many": tuple((f"演示字段{number}", "演示内容") for number in range(9)),
}


def laid(name: str, fields: tuple[tuple[str, str], ...]) -> Page:
    """Lay a template out with these fields."""
    shown = tuple(Shown(f"KZ_{place}", label, text) for place, (label, text) in enumerate(fields))
    page = lay(templates()[name], Values(NAMED, shown, {"photo": picture()}), typeface())
    assert isinstance(page, Page), page
    return page


def boxes(page: Page) -> list[tuple[str, float, float, float, float]]:
    """Give what is drawn, but for grounds and lines, as boxes with ink."""
    found = []
    for mark in page.marks:
        match mark:
            case Text():
                # Ink of a Chinese character stands within the Em square; Latin letters reach below the baseline.
                found.append(
                    (
                        mark.text,
                        mark.x,
                        mark.y - 0.85 * mark.size,
                        mark.x + sum(mark.advances),
                        mark.y + 0.1 * mark.size,
                    )
                )
            case Picture():
                found.append(("picture", mark.x, mark.y, mark.x + mark.width, mark.y + mark.height))
            case Cells():
                found.append(("code", mark.x, mark.y, mark.x + mark.side, mark.y + mark.side))
            case _:
                pass
    return found


@pytest.mark.parametrize("fields", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("name", sorted(templates()))
def test_nothing_stands_on_anything_else(name: str, fields: tuple[tuple[str, str], ...]) -> None:
    """Text, photograph and code keep apart, and all are on the page."""
    page = laid(name, fields)
    for one, other in combinations(boxes(page), 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, (one, other)
    for _, left, top, right, bottom in boxes(page):
        assert 0 < left < right < page.width
        assert 0 < top < bottom < page.height


@pytest.mark.parametrize("name", sorted(templates()))
def test_the_seal_has_its_place_on_the_page_and_covers_neither_code_nor_photograph(name: str) -> None:
    """It stands on the organ's name and the date, as seals do."""
    place, page = templates()[name].seal, laid(name, LABELS["few and short"])
    left, top, right, bottom = place.x - SEAL / 2, place.y - SEAL / 2, place.x + SEAL / 2, place.y + SEAL / 2
    assert 0 < left < right < page.width
    assert 0 < top < bottom < page.height
    for what, x1, y1, x2, y2 in boxes(page):
        covered = not (x2 <= left or right <= x1 or y2 <= top or bottom <= y1)
        assert covered == (what in {NAMED["issuer"], NAMED["issued_on"]}), what


def column(*fields: tuple[str, str]) -> dict[str, Text]:
    """Set some fields alone into a column, and give their lines by what they say."""
    element = Element("fields", 10, 10, 100, 60, size=4, smallest=3, leading=1.5, label_width=40)
    template = Template("", 120, 80, SealPlace(0, 0), (element,))
    page = lay(template, Values({}, tuple(Shown("KZ", *each) for each in fields)), typeface())
    assert isinstance(page, Page)
    return {mark.text: mark for mark in page.marks if isinstance(mark, Text)}


def test_the_column_of_labels_is_as_wide_as_the_widest_needs() -> None:
    """Short labels leave the room to the values, and long ones no more than the template says."""
    assert column(("住址", "演示"))["演示"].x == pytest.approx(10 + (3 + LABEL_GAP) * 4)
    assert column(("住址", "演示甲"), ("出生日期", "演示乙"))["演示甲"].x == pytest.approx(10 + (5 + LABEL_GAP) * 4)
    assert column((LONG_LABEL, "演示"))["演示"].x == 50


def test_a_label_that_is_broken_keeps_away_from_its_value() -> None:
    """The known fault of narrow cards."""
    lines = column((LONG_LABEL, "演示"))
    for text, mark in lines.items():
        assert text == "演示" or mark.x + sum(mark.advances) <= 50 - LABEL_GAP * 4 / 2 + 0.01


def test_few_fields_stand_farther_apart_and_many_do_not() -> None:
    """A face of three fields is not empty below them."""
    few = column(("甲", "演示一"), ("乙", "演示二"))
    many = column(*((str(number), f"演示{number}") for number in range(10)))
    assert few["演示二"].y - few["演示一"].y > 4 * 1.5 + 2
    assert many["演示2"].y - many["演示1"].y == pytest.approx(4 * 1.5)


def test_fields_that_fit_at_no_size_are_refused() -> None:
    """Nothing is cut off."""
    element = Element("fields", 0, 0, 30, 10, size=4, smallest=3, leading=1.5, label_width=10)
    values = Values({}, (Shown("KZ", "住址", "演示" * 100),))
    found = lay(Template("", 30, 10, SealPlace(0, 0), (element,)), values, typeface())
    assert found == (LayoutFault("does-not-fit", "fields"),)
