"""A certificate's face: its data and its type's template in, an unsealed OFD or PDF out, or every fault that stops it.

What is drawn is decided here alone; where the seal goes is told to whoever seals. The same certificate gives the same
bytes. Nothing of it is kept or signed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from certs.drafts import Draft
from certs.faces import ofd, pdf
from certs.faces.layout import LayoutFault, Shown, Values, lay
from certs.faces.page import Page, Text
from certs.faces.template import SealPlace, templates
from certs.faces.told import Told
from certs.faces.typefaces import Typeface
from certs.holder_codes import holder_codes
from certs.types.certificate_type import NO_LAST_DAY, CertificateType, Field, FieldKind

WRITERS: Final = {"ofd": ofd.write, "pdf": pdf.write}
DEMONSTRATION: Final = "演示数据，不具有任何效力  Invented for demonstration, without legal force"
ORIGINAL: Final = "（正本）"
COPY: Final = "（副本）"


@dataclass(frozen=True)
class Issue:
    """A certificate that is about to be made: what was asked for, and what was decided about it."""

    draft: Draft = field(repr=False)
    type: CertificateType
    identifier: str
    number: str
    issuer_code: str
    issuer: str
    valid_until: date
    link: str
    at: datetime
    # Sites for practice mark everything they make.
    is_demonstration: bool = False
    # Old stock carries its original date and says what it is (存量转换).
    remark: str = ""


@dataclass(frozen=True)
class Face:
    """A face that was drawn: the document, and where its issuing organ's seal belongs, in millimetres."""

    document: bytes = field(repr=False)
    format: str
    seal: SealPlace


def draw(issue: Issue, form: str, typeface: Typeface) -> Face | tuple[LayoutFault, ...]:
    """Draw a face as `ofd` or `pdf`; with any fault there is none."""
    template = templates()[issue.type.face]
    page = lay(template, _values(issue), typeface)
    if not isinstance(page, Page):
        return page
    cut = typeface.cut(character for mark in page.marks if isinstance(mark, Text) for character in mark.text)
    return Face(WRITERS[form](page, cut, _told(issue)), form, template.seal)


def elements(issue: Issue) -> Mapping[str, str]:
    """Give the elements of GB/T 36903 with their values, and the type's own fields beside them."""
    holders = issue.draft.holders
    told = {
        "ZZBS": issue.identifier,
        "ZZMC": issue.type.name,
        "ZZLXDM": issue.type.code,
        "ZZBH": issue.number,
        "ZZBFJG": issue.issuer,
        "ZZBFJGDM": issue.issuer_code,
        "ZZBFRQ": issue.draft.issued_on.isoformat(),
        "ZZYXQQSRQ": issue.draft.valid_from.isoformat(),
        "ZZYXQJZRQ": issue.valid_until.isoformat(),
        "CZZT": "、".join(each.name for each in holders),
        "CZZTDM": "、".join(each.code for each in holders),
        "CZZTDMLX": "、".join(holder_codes()[each.type].zh for each in holders),
        "CZZTDMLXDM": "、".join(each.type for each in holders),
    }
    own = {each.ofd_name: _said(each, issue.draft.data.get(each.name)) for each in _written(issue)}
    return {**told, **{name: value for name, value in own.items() if value}}


def _values(issue: Issue) -> Values:
    draft = issue.draft
    named = {
        "name": issue.type.name,
        "name_en": issue.type.name_en,
        "number": issue.number,
        "holder": "、".join(each.name for each in draft.holders),
        "holder_code": "、".join(each.code for each in draft.holders),
        "issuer": issue.issuer,
        "issued_on": _day(draft.issued_on),
        "valid_from": _day(draft.valid_from),
        "valid_until": _day(issue.valid_until),
        "valid": _period(draft.valid_from, issue.valid_until),
        "copy": ORIGINAL if issue.type.copies else "",
        "identifier": issue.identifier,
        "link": issue.link,
        "remark": issue.remark,
        "demonstration": DEMONSTRATION if issue.is_demonstration else "",
    }
    shown = tuple(Shown(each.ofd_name, each.zh, _said(each, draft.data.get(each.name))) for each in _written(issue))
    pictures = {
        each.name: str(draft.data[each.name])
        for each in issue.type.fields
        if each.kind is FieldKind.PICTURE and draft.data.get(each.name)
    }
    return Values(named, tuple(each for each in shown if each.text), pictures)


def _written(issue: Issue) -> tuple[Field, ...]:
    return tuple(each for each in issue.type.fields if each.kind is not FieldKind.PICTURE)


def _told(issue: Issue) -> Told:
    document_id = "".join(each for each in issue.identifier.lower() if each in "0123456789abcdef")[-32:]
    return Told(issue.type.name, document_id.rjust(32, "0"), issue.at, elements(issue))


def _said(field_: Field, value: Any) -> str:
    """Say a value as faces do: words for codes, days in Chinese, units behind numbers."""
    if value is None or value == "":
        return ""
    match field_.kind:
        case FieldKind.CHOICE:
            return field_.choices.get(str(value), str(value))
        case FieldKind.DATE:
            return _day(date.fromisoformat(str(value)))
        case FieldKind.FLAG:
            return "是" if value else "否"
        case _:
            return f"{value}{field_.unit}"


def _period(first: date, last: date) -> str:
    return f"{_day(first)}起长期有效" if last == NO_LAST_DAY else f"{_day(first)}至{_day(last)}"


def _day(day: date) -> str:
    return "长期" if day == NO_LAST_DAY else f"{day.year}年{day.month}月{day.day}日"
