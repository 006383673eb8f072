"""Resource codes: real shapes are read, made ones have their parts, everything else is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import resource_codes
from exchange.resource_codes import InvalidResourceCode, ResourceCode


@pytest.mark.parametrize(
    "text", ["30701505003030050000000003/000012", "307320090012345/000001", "101001/1", "307011024701/123"]
)
def test_codes_as_they_are_seen_are_read(text: str):
    assert ResourceCode.of(text).text == text


def test_what_is_made_here_is_of_the_department_class_and_area():
    code = resource_codes.numbered(resource_codes.department_class("320900", "01"), 7)
    assert code.text.startswith("3070150900")
    assert code.text.endswith("/000007")
    assert code.resource_class == "3"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no-sequence"),
        ("307015", "no-sequence"),
        ("907015/1", "class-part"),
        ("30701x/1", "class-part"),
        ("307015../1", "class-part"),
        ("307015/", "sequence"),
        ("307015/1/2", "sequence"),
        ("307015/../../etc", "sequence"),
        ("307015/" + "1" * 80, "too-long"),
        ("307015/１", "sequence"),
    ],
)
def test_other_texts_are_refused_by_name(text: str, reason: str):
    with pytest.raises(InvalidResourceCode) as refused:
        ResourceCode.of(text)
    assert refused.value.reason == reason


@given(st.text(max_size=70))
def test_a_code_that_is_read_is_written_as_it_stood(text: str):
    try:
        code = ResourceCode.of(text)
    except InvalidResourceCode:
        return
    assert code.text == text
