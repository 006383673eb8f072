"""A package of impressions: an archive with one list and the pictures that it names, read and judged row by row.

The list is `impressions.json` (form `yinxin-impressions/1`) or `impressions.csv` (UTF-8, the same members as headings).
The archive goes through the same gate as documents do, and every picture is decoded and written anew. A row that is
wrong is told with the member and a code; the others stand. Whether an organisation exists, and whether a filing number
is known already, is not asked here.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from base import strict_json
from base.errors import DomainError
from base.identifiers import read_credit_code
from keys.algorithms.sm3 import SM3
from signing import kinds, pictures
from signing.errors import NoSuchSealKind, UnreadableDocument, UnusableSealPicture
from signing.formats.ofd import gate
from signing.formats.ofd.container import Container
from signing.impressions.errors import UnreadableImpressions

FORM: Final = "yinxin-impressions/1"
JSON_LIST: Final = "impressions.json"
CSV_LIST: Final = "impressions.csv"
# A month of a city of five million has some thousand new seals; the gate lets through two thousand entries.
MOST_ROWS: Final = 1000
# A thousand scans of 20 kB; what is larger was not scanned for this.
LARGEST_PACKAGE: Final = 32 * 1024 * 1024
LARGEST_LIST: Final = 2 * 1024 * 1024
MEMBERS: Final = ("filing", "organisation", "kind", "name", "width_mm", "height_mm", "picture")
# Police number seals with the region's six digits and seven that count up (13 in all); others add letters and dashes.
FILING: Final = re.compile(r"[0-9A-Za-z-]{4,40}")
NAME_LENGTH: Final = 200
# What is wrong with a row, in both languages.
FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("缺少该项", "The member is missing."),
    "unknown-member": ("不认识的项", "The member is not known."),
    "filing-number": (
        "备案号应为 4 至 40 位字母、数字或连字符",
        "A filing number has 4 to 40 letters, digits or dashes.",
    ),
    "credit-code": ("统一社会信用代码不正确", "The unified social credit code is not right."),
    "kind": ("没有这种印章", "There is no such kind of seal."),
    "name": ("名称为空、过长或含有控制字符", "The name is empty, too long, or holds control characters."),
    "size": ("尺寸不是该类印章的毫米尺寸", "The size in millimetres is not one of this kind of seal."),
    "no-picture": ("包内没有这张图片", "The package has no such picture."),
    "picture": ("图片不可用作印模", "The picture cannot be an impression."),
    "twice": ("包内已有同一备案号", "The package has this filing number already."),
    "known-otherwise": (
        "该备案号已登记了不同的印模",
        "A different impression is known under this filing number.",
    ),
}


@dataclass(frozen=True)
class Impression:
    """An impression as it was handed over, its picture cleaned."""

    row: int
    filing: str
    organisation: str
    kind: str
    name: str
    width_mm: int
    height_mm: int
    picture: bytes = field(repr=False)
    sm3: str
    original_sm3: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row: the member, a code of `FAULTS`, and what the decoder of pictures said."""

    row: int
    member: str
    code: str
    reason: str = ""


@dataclass(frozen=True)
class Package:
    """What a package holds: what is good, and what is wrong with the other rows."""

    impressions: tuple[Impression, ...]
    faults: tuple[Fault, ...]


class _Wrong(Exception):
    """A row is wrong in one member."""

    def __init__(self, member: str, code: str, reason: str = "") -> None:
        super().__init__(member, code)
        self.member, self.code, self.reason = member, code, reason


def read(data: bytes) -> Package:
    """Read a package. Raises `UnreadableImpressions`, whatever the bytes are."""
    if len(data) > LARGEST_PACKAGE:
        raise UnreadableImpressions("too-large", "")
    try:
        archive = gate.opened(data)
    except UnreadableDocument as error:
        raise UnreadableImpressions(error.reason, error.subject) from error
    good: list[Impression] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, told in enumerate(_listed(archive), 1):
        try:
            good.append(_impression(number, told, archive, seen))
        except _Wrong as wrong:
            faults.append(Fault(number, wrong.member, wrong.code, wrong.reason))
    return Package(tuple(good), tuple(faults))


def _listed(archive: Container) -> list[Mapping[str, Any]]:
    found = archive.entries.get(JSON_LIST) or archive.entries.get(CSV_LIST)
    if found is None:
        raise UnreadableImpressions("no-list", f"{JSON_LIST} | {CSV_LIST}")
    if found.size > LARGEST_LIST:
        raise UnreadableImpressions("too-large", found.name)
    rows = list(_json(found.content) if found.name == JSON_LIST else _csv(found.content))
    if not rows or len(rows) > MOST_ROWS:
        raise UnreadableImpressions("no-rows" if not rows else "too-many-rows", found.name)
    return rows


def _json(content: bytes) -> Iterable[Mapping[str, Any]]:
    try:
        told = strict_json.parse(content)
    except DomainError as error:
        raise UnreadableImpressions("no-json", JSON_LIST) from error
    rows = told.get("impressions") if isinstance(told, dict) and told.get("form") == FORM else None
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise UnreadableImpressions("other-form", JSON_LIST)
    return rows


def _csv(content: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        for row in reader:
            if None in row or None in row.values():
                raise UnreadableImpressions("uneven-rows", CSV_LIST)
            yield {name: text.strip() for name, text in row.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableImpressions("no-csv", CSV_LIST) from error


def _impression(number: int, told: Mapping[str, Any], archive: Container, seen: set[str]) -> Impression:
    """Judge one row, member by member, and remember its number. Raises `_Wrong` with the first that is not right."""
    for strange in sorted(set(told) - set(MEMBERS)):
        raise _Wrong(strange[:100], "unknown-member")
    for member in MEMBERS:
        if told.get(member) in (None, ""):
            raise _Wrong(member, "missing")
    filing, organisation, name = str(told["filing"]), str(told["organisation"]), str(told["name"])
    if not FILING.fullmatch(filing):
        raise _Wrong("filing", "filing-number")
    if read_credit_code(organisation).faults:
        raise _Wrong("organisation", "credit-code")
    if len(name) > NAME_LENGTH or not name.isprintable() or not name.strip():
        raise _Wrong("name", "name")
    width, height = _size(told)
    original = _file(archive, told["picture"])
    try:
        picture = pictures.cleaned(original).png
    except UnusableSealPicture as error:
        raise _Wrong("picture", "picture", error.reason) from error
    if filing in seen:
        raise _Wrong("filing", "twice")
    seen.add(filing)
    digests = (SM3.of(picture).hex(), SM3.of(original).hex())
    return Impression(number, filing, organisation, str(told["kind"]), name, width, height, picture, *digests)


def _size(told: Mapping[str, Any]) -> tuple[int, int]:
    try:
        kind = kinds.kind(str(told["kind"]))
    except NoSuchSealKind as error:
        raise _Wrong("kind", "kind") from error
    found = []
    for member in ("width_mm", "height_mm"):
        text = str(told[member])
        if not re.fullmatch(r"[0-9]{1,3}", text) or not kind.fits(int(text)):
            raise _Wrong(member, "size")
        found.append(int(text))
    return found[0], found[1]


def _file(archive: Container, name: Any) -> bytes:
    entry = archive.entries.get(str(name))
    if entry is None:
        raise _Wrong("picture", "no-picture")
    if entry.size > pictures.LARGEST_FILE:
        raise _Wrong("picture", "picture", "too-large")
    return entry.content
