"""What a copy looks like: the certificate's face with only what this use may see, a watermark, and what it is good for.

Pure. The face is laid out anew from the values that are given, so nothing of the issuer's file or its seal is in it;
which file it is a copy of is told by that file's SM3. The watermark lies under the text, light enough to read across
and dense enough that no part of the face is without it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from base.canonical import Json
from base.workdays import SHANGHAI
from certs.drafts import Draft
from certs.faces.layout import LayoutFault, Measure, Shown, Values, lay
from certs.faces.page import Frame, Mark, Page, Text
from certs.faces.template import Element, SealPlace, Template, templates
from certs.faces.told import Told
from certs.faces.typefaces import Typeface
from certs.queries.fields import NUMBER, Given
from certs.rendering import DEMONSTRATION, WRITERS, Face, Issue, elements
from certs.types.certificate_type import NO_LAST_DAY, FieldKind
from signing.formats.elements import COPY

# Faces of types that are only collected have no template of their own; a copy of theirs is laid out like a licence.
FACE: Final = "licence"
TITLE: Final = "（加注件）"
LOOKED_AT: Final = "（预览，不能作为材料存档）"
# A copy serves one case; who needs it for longer asks again and gets what is true then.
LONGEST: Final = timedelta(days=30)
NOT_GIVEN: Final = "（未授权）"
# The strip under the face: five lines of notes and the seal, which is at most 45 mm wide; and the least page for both.
STRIP: Final = 50.0
NARROWEST: Final = 150.0
SEAL_ROOM: Final = 48.0
WATERMARK_SIZE: Final = 4.2
WATERMARK_COLOUR: Final = (222, 226, 232)
WATERMARK_ACROSS: Final = 12.0
WATERMARK_DOWN: Final = 17.0
NOTE: Final = 3.2
# Element of GB/T 36903 → the field under which a grant names it.
_GRANTED: Final[Mapping[str, str]] = {
    "ZZBH": "number",
    "CZZT": "holder_name",
    "CZZTDM": "holder_code",
    "ZZBFRQ": "issued_on",
    "ZZYXQQSRQ": "valid_from",
    "ZZYXQJZRQ": "valid_until",
}


@dataclass(frozen=True)
class Marking:
    """What stands on a copy beside the face: for whom, for what, until when, of which file."""

    id: str
    unit: str
    item_name: str
    reason: str
    basis: str
    original_sm3: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Copied:
    """A certificate as this use may see it: its issue, with nothing in the draft that is not given."""

    issue: Issue
    given: Given = field(repr=False)


def drawn(copied: Copied, marking: Marking, form: str, typeface: Typeface) -> Face | tuple[LayoutFault, ...]:
    """Draw a copy, unsealed; with any fault there is none."""
    page = laid(copied, marking, typeface)
    if not isinstance(page, Page):
        return page
    cut = typeface.cut(character for mark in page.marks if isinstance(mark, Text) for character in mark.text)
    title = f"{copied.issue.type.name}{TITLE}"
    told = Told(title, marking.id.replace("-", ""), marking.made_at, _elements(copied, marking))
    place = SealPlace(page.width - SEAL_ROOM / 2 - 2, page.height - STRIP / 2)
    return Face(WRITERS[form](page, cut, told), form, place)


def laid(copied: Copied, marking: Marking, typeface: Measure) -> Page | tuple[LayoutFault, ...]:
    """Lay a copy out: the face, the watermark under its text, the notes below."""
    template = templates()[copied.issue.type.face or FACE]
    face = lay(template, _values(copied), typeface)
    width = max(template.width, NARROWEST)
    notes = lay(_notes(template.height, width), Values(_said(marking), ()), typeface)
    faults = (*(face if isinstance(face, tuple) else ()), *(notes if isinstance(notes, tuple) else ()))
    if isinstance(face, tuple) or isinstance(notes, tuple):
        return faults
    if missing := [each for each in watermark(marking) if not typeface.has(each)]:
        return (LayoutFault("glyph-missing", "watermark", f"U+{ord(missing[0]):04X}"),)
    grounds = tuple(each for each in face.marks if isinstance(each, Frame))
    others = tuple(each for each in face.marks if not isinstance(each, Frame))
    tiles = tuple(_tiles(watermark(marking), width, template.height + STRIP, typeface))
    return Page(width, template.height + STRIP, (*grounds, *tiles, *others, *notes.marks))


def looked_at(copied: Copied, marking: Marking, typeface: Typeface) -> bytes | None:
    """Draw the face for somebody to look at: under the watermark, without seal or strip; with a fault nothing."""
    template = templates()[copied.issue.type.face or FACE]
    values = _values(copied)
    face = lay(template, replace(values, named={**values.named, "copy": LOOKED_AT}), typeface)
    if isinstance(face, tuple) or not all(typeface.has(each) for each in watermark(marking)):
        return None
    grounds = tuple(each for each in face.marks if isinstance(each, Frame))
    others = tuple(each for each in face.marks if not isinstance(each, Frame))
    tiles = tuple(_tiles(watermark(marking), template.width, template.height, typeface))
    page = Page(template.width, template.height, (*grounds, *tiles, *others))
    cut = typeface.cut(character for mark in page.marks if isinstance(mark, Text) for character in mark.text)
    return WRITERS["pdf"](page, cut, Told(copied.issue.type.name, marking.id.replace("-", ""), marking.made_at, {}))


def watermark(marking: Marking) -> str:
    """Write what is repeated all over a copy."""
    return f"仅供{marking.unit}办理 {marking.basis} 使用，有效期至 {_day(marking.expires_at)}"


def _tiles(text: str, width: float, height: float, typeface: Measure) -> Iterator[Mark]:
    advances = tuple(round(typeface.width(each) * WATERMARK_SIZE, 4) for each in text)
    step, y, row = sum(advances) + WATERMARK_ACROSS, WATERMARK_DOWN / 2, 0
    while y < height:
        x = -(row % 3) * step / 3
        while x < width:
            yield Text(round(x, 3), round(y, 3), WATERMARK_SIZE, text, advances, WATERMARK_COLOUR)
            x += step
        y, row = y + WATERMARK_DOWN, row + 1


def _notes(top: float, width: float) -> Template:
    room = width - SEAL_ROOM - 14
    lines = tuple(
        Element("text", 10, top + 4 + place * 8.6, room, 8, f"{{{name}}}", NOTE, 1.6, 1.25)
        for place, name in enumerate(_SENTENCES)
    )
    rule = Element("rule", 10, top + 1, width - 20, 0, colour=(90, 90, 90))
    return Template("copy-notes", width, STRIP, SealPlace(0, 0), (rule, *lines))


_SENTENCES: Final = ("what", "why", "when", "of", "seal")


def _said(marking: Marking) -> dict[str, str]:
    original = (
        f"原证照文件 SM3：{marking.original_sm3}" if marking.original_sm3 else "本库没有原证照文件，依证照数据制作"
    )
    return {
        "what": f"本件是电子证照库制作的加注件，仅供{marking.unit}办理“{marking.item_name}”使用，他用无效。",
        "why": f"事由：{marking.reason}；依据编号：{marking.basis}",
        "when": f"制作：{_moment(marking.made_at)}；有效期至：{_moment(marking.expires_at)}；加注件编号：{marking.id}",
        "of": original,
        "seal": "所盖为平台服务章，不是颁发机构的印章；证照现状以扫码查验为准。",
    }


def _values(copied: Copied) -> Values:
    """Give the face the values of this use alone; an element that is not given says so."""
    issue, given = copied.issue, copied.given
    common = {name: _text(given.data.get(name, NOT_GIVEN)) for name in (*_GRANTED.values(), "issuer")}
    named = {
        "name": issue.type.name,
        "name_en": issue.type.name_en,
        "number": given.number or NOT_GIVEN,
        "holder": common["holder_name"],
        "holder_code": common["holder_code"],
        "issuer": issue.issuer,
        "issued_on": common["issued_on"],
        "valid_from": common["valid_from"],
        "valid_until": common["valid_until"],
        "valid": f"{common['valid_from']} — {common['valid_until']}",
        "copy": TITLE,
        "identifier": issue.identifier,
        "link": issue.link,
        "remark": "",
        "demonstration": DEMONSTRATION if issue.is_demonstration else "",
    }
    pictures = {
        each.name: str(given.data[each.name])
        for each in issue.type.fields
        if each.kind is FieldKind.PICTURE and given.data.get(each.name)
    }
    return Values(named, tuple(_shown(copied)), pictures)


def _shown(copied: Copied) -> Iterator[Shown]:
    said = elements(copied.issue)
    for each in copied.issue.type.fields:
        if each.kind is not FieldKind.PICTURE and each.name in copied.given.data:
            value = said.get(each.ofd_name) or _text(copied.given.data[each.name])
            if value:
                yield Shown(each.ofd_name, each.zh, value)


def spoken(draft: Draft, given: Given, masked: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that faces can put into words: given, and as the certificate has them."""
    return {name: value for name, value in draft.data.items() if name in given.data and name not in masked}


def _elements(copied: Copied, marking: Marking) -> dict[str, str]:
    """Give the elements of GB/T 36903 that are given, the four of a copy (加注件), and its number."""
    said = elements(copied.issue)
    always = {name: said[name] for name in ("ZZBS", "ZZMC", "ZZLXDM", "ZZBFJG", "ZZBFJGDM")}
    given = {NUMBER: copied.given.number, **copied.given.data}
    told = {name: _text(given[under]) for name, under in _GRANTED.items() if given.get(under)}
    own = {each.name: each.text for each in _shown(copied)}
    copy = {
        COPY: marking.id,
        "JZJZZSJ": _moment(marking.made_at),
        "JZJZZZ": marking.unit,
        "JZJZZSY": f"{marking.item_name}：{marking.reason}（{marking.basis}）",
        "JZJYXQJZSJ": _moment(marking.expires_at),
    }
    return {**always, **told, **own, **copy}


def _text(value: Json) -> str:
    return "长期" if value == NO_LAST_DAY.isoformat() else str(value)


def _moment(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _day(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d")
