"""A package of impressions: good rows stand, wrong ones are told, and no bytes are more than a refusal."""

import contextlib
import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as some

from keys.algorithms.sm3 import SM3
from signing import pictures
from signing.impressions import packages
from signing.impressions.errors import UnreadableImpressions
from signing.impressions.packages import CSV_LIST, FAULTS, JSON_LIST
from tests.signing.impressions import handing_over
from tests.signing.impressions.handing_over import FILING, archive, as_json, csv_package, package, row
from tests.signing.offices import PICTURE


@pytest.mark.parametrize("data", [package(), csv_package()], ids=["json", "csv"])
def test_an_impression_is_read_with_its_picture_and_digests(data: bytes):
    found = packages.read(data)
    (one,) = found.impressions
    assert found.faults == ()
    assert (one.filing, one.kind, one.width_mm, one.height_mm) == (FILING, "business", 40, 40)
    assert (one.sm3, one.original_sm3) == (SM3.of(one.picture).hex(), SM3.of(PICTURE).hex())


def test_a_kept_picture_goes_into_a_seal_as_it_is():
    """The register cleans every picture; one that was cleaned already comes out the same, so its digest stays true."""
    (one,) = packages.read(package()).impressions
    assert pictures.cleaned(one.picture).png == one.picture


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"filing": ""}, "filing", "missing"),
    ({"filing": "12 34"}, "filing", "filing-number"),
    ({"filing": "1" * 41}, "filing", "filing-number"),
    ({"organisation": "11320900YNX000116X"}, "organisation", "credit-code"),
    ({"organisation": "x"}, "organisation", "credit-code"),
    ({"kind": "star"}, "kind", "kind"),
    ({"name": "\u202e"}, "name", "name"),
    ({"name": "章" * 201}, "name", "name"),
    ({"width_mm": 400}, "width_mm", "size"),
    ({"width_mm": 4}, "width_mm", "size"),
    ({"height_mm": "40.5"}, "height_mm", "size"),
    ({"height_mm": "-40"}, "height_mm", "size"),
    ({"height_mm": [40]}, "height_mm", "size"),
    ({"picture": None}, "picture", "missing"),
    ({"picture": "../a.png"}, "picture", "no-picture"),
    ({"picture": "b.png"}, "picture", "picture"),
    ({"surprise": 1}, "surprise", "unknown-member"),
]


@pytest.mark.parametrize(("change", "member", "code"), WRONG)
def test_a_wrong_row_is_told_and_the_others_stand(change: dict[str, Any], member: str, code: str):
    found = packages.read(package(row(**change), row(filing="good-1"), pictures={"a.png": PICTURE, "b.png": b"<svg/>"}))
    assert [each.filing for each in found.impressions] == ["good-1"]
    assert [(each.row, each.member, each.code) for each in found.faults] == [(1, member, code)]
    assert code in FAULTS


def test_a_filing_number_stands_once_in_a_package():
    found = packages.read(package(row(), row(name="演示另一章")))
    assert len(found.impressions) == 1
    assert [(each.row, each.code) for each in found.faults] == [(2, "twice")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", None),
        (b"not an archive", None),
        (package()[:-30], None),
        (archive({"a.png": PICTURE}), "no-list"),
        (archive({JSON_LIST: b"{"}), "no-json"),
        (archive({JSON_LIST: b'{"form": "x", "form": "y"}'}), "no-json"),
        (archive({JSON_LIST: b"[]"}), "other-form"),
        (archive({JSON_LIST: as_json([row()], form="yinxin-impressions/2")}), "other-form"),
        (archive({JSON_LIST: as_json([1])}), "other-form"),
        (archive({JSON_LIST: as_json([])}), "no-rows"),
        (archive({JSON_LIST: as_json([{}] * (packages.MOST_ROWS + 1))}), "too-many-rows"),
        (archive({CSV_LIST: b"\xff\xfe\x00"}), "no-csv"),
        (archive({CSV_LIST: b"filing,name\n1\n"}), "uneven-rows"),
        (archive({CSV_LIST: b"filing,name\n1,2,3\n"}), "uneven-rows"),
        (archive({CSV_LIST: b'filing\n"open'}), "no-csv"),
    ],
)
def test_what_is_no_package_is_refused(data: bytes, reason: str | None):
    with pytest.raises(UnreadableImpressions) as refused:
        packages.read(data)
    assert reason is None or refused.value.reason == reason


def test_a_package_beyond_the_limit_is_not_even_opened(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packages, "LARGEST_PACKAGE", 100)
    with pytest.raises(UnreadableImpressions) as refused:
        packages.read(package())
    assert refused.value.reason == "too-large"


def test_a_bomb_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(JSON_LIST, b" " * 100_000_000)
    with pytest.raises(UnreadableImpressions):
        packages.read(out.getvalue())


def test_a_nul_in_a_member_is_no_json_of_one_meaning():
    with pytest.raises(UnreadableImpressions):
        packages.read(package(row(name="演示\x00章"), pictures={"a.png": PICTURE}))


TEXT = some.text(some.characters(exclude_characters="\x00", codec="utf-8"))


@examples(max_examples=60, deadline=None)
@given(some.recursive(some.none() | some.booleans() | some.integers() | TEXT, some.lists, max_leaves=5))
def test_whatever_stands_in_a_member_is_judged(value: Any):
    for member in packages.MEMBERS:
        told = json.loads(json.dumps(row(**{member: value})))
        found = packages.read(package(told, pictures={"a.png": PICTURE}))
        assert len(found.impressions) + len(found.faults) == 1


@examples(max_examples=150, deadline=None)
@given(some.integers(0, len(package()) - 1), some.integers(1, 255))
def test_a_changed_byte_is_a_refusal_or_a_row(place: int, change: int):
    data = bytearray(handing_over.package())
    data[place] ^= change
    with contextlib.suppress(UnreadableImpressions):
        found = packages.read(bytes(data))
        assert len(found.impressions) + len(found.faults) == 1
