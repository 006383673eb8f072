"""What changed between two versions: word by word, and nothing is lost on the way."""

from hypothesis import given
from hypothesis import strategies as st

from exchange import differences
from exchange.differences import GONE, NEW, SAME, Piece
from tests.exchange.departments import content


def test_nothing_differs_between_equals():
    assert differences.between(content(), content()).is_empty


def test_a_changed_word_is_marked_among_those_that_stayed():
    found = differences.between(content(name="食品经营许可证信息"), content(name="食品生产许可证信息"))
    assert [each.field for each in found.fields] == ["name"]
    assert found.fields[0].pieces == (
        Piece(SAME, "食品"),
        Piece(GONE, "经营"),
        Piece(NEW, "生产"),
        Piece(SAME, "许可证信息"),
    )


def test_items_are_found_again_by_name_wherever_they_stand():
    first, second = content()["items"]
    new = {**second, "sensitivity": "3"}
    third = {**first, "name": "有效期止"}
    found = differences.between(content(items=[first, second]), content(items=[third, new]))
    assert {(each.name, each.kind) for each in found.items} == {
        ("有效期止", "new"),
        ("单位名称", "changed"),
        ("许可证编号", "gone"),
    }


@given(old=st.text(max_size=60), new=st.text(max_size=60))
def test_the_pieces_spell_both_texts(old: str, new: str):
    pieces = differences.pieces(old, new)
    assert "".join(each.text for each in pieces if each.kind != NEW) == old
    assert "".join(each.text for each in pieces if each.kind != GONE) == new
