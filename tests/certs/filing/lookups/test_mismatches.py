"""Hints of what does not fit together; and of what does, though it is written otherwise."""

from datetime import date, timedelta
from typing import Any

import pytest

from certs.filing.lookups.mismatches import SOON, Found, mismatches

TODAY = date(2026, 11, 20)


def found(material: str = "演示材料", holder: int = 0, **fields: Any) -> Found:
    """Find something of the first firm."""
    return Found(material, holder, "演示企业（1）有限公司", fields)


def kinds(*told: Found) -> list[str]:
    """Give the kinds of hints."""
    return [each.kind for each in mismatches(told, TODAY)]


@pytest.mark.parametrize(
    "name", ["演示企业(1)有限公司", "演示企业 （1） 有限公司", "另一企业、演示企业（1）有限公司", "演***", ""]
)
def test_a_name_that_is_the_same_or_cannot_be_compared_is_no_hint(name: str) -> None:
    assert kinds(found(holder_name=name)) == []


def test_another_name_is_hinted_at_without_repeating_it() -> None:
    (hint,) = mismatches([found(企业名称="另一企业有限公司")], TODAY)
    assert (hint.kind, hint.materials) == ("name", ("演示材料",))
    assert "另一企业" not in hint.said.zh + hint.said.en


def test_addresses_are_held_against_each_other_for_each_person_alone() -> None:
    one, other = found("甲", address="演示路1号"), found("乙", 住所="演示路2号")
    assert kinds(one, other) == ["address"]
    assert kinds(one, found("乙", 住所="演示路 1号")) == []
    assert kinds(one, found("乙", 1, 住所="演示路2号")) == []


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (TODAY - timedelta(days=1), ["expired"]),
        (TODAY, ["expiry"]),
        (TODAY + SOON - timedelta(days=1), ["expiry"]),
        (TODAY + SOON, []),
    ],
)
def test_what_has_run_out_or_soon_will_is_told(last: date, told: list[str]) -> None:
    assert kinds(found(valid_until=last.isoformat())) == told


@pytest.mark.parametrize("value", ["长期", "2026年", None, 20261120])
def test_a_last_day_that_is_no_date_is_no_hint(value: Any) -> None:
    assert kinds(found(valid_until=value)) == []
