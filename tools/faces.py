"""`python -m tools.faces FOLDER`: pictures of every certificate's face, OFD and PDF side by side, to be looked at.

Each type is drawn twice: with the sandbox's own words, and with words as long as its fields let them be. OFD is drawn
by our own preview, PDF by pdfium; the seal is laid over both where it would stand.
"""

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image

from base import clock
from base.workdays import local_day
from certs import sample_library, sample_organs, types, wiring
from certs.faces.typefaces import typeface
from certs.rendering import Face, Issue, draw
from certs.sample_library import Entry
from certs.types.certificate_type import NO_LAST_DAY, Field, FieldKind
from signing.previews import PREVIEWS
from signing.previews.preview import Form, Wanted
from signing.sample import MILLIMETRES, picture

DOTS: Final = 5  # a millimetre
POINT: Final = 25.4 / 72
GAP: Final = 12
GROUND: Final = (120, 124, 130)
COLUMNS: Final = 4
LONG: Final = "演示市演示区滨河路与人民中路交叉口东北角云水之间商务综合楼（甲幢）"


def main() -> None:
    """Draw them all into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for entry in _entries():
        for name, told in (("usual", entry), ("long", _long(entry))):
            file = folder / f"{entry.type.code}-{name}.png"
            shown = side_by_side(told)
            shown.save(file)
            made.append(shown)
            print(file)
    _sheet(made).save(folder / "contact.png")


def side_by_side(entry: Entry) -> Image.Image:
    """Show a face as OFD and as PDF."""
    issue = _issue(entry)
    faces = [draw(issue, form, typeface()) for form in ("ofd", "pdf")]
    found = [each for each in faces if isinstance(each, Face)]
    if len(found) != len(faces):
        raise ValueError(f"{entry.type.name}: {faces}")
    shown = [_sealed(_picture(each), each, issue.issuer) for each in found]
    out = Image.new("RGB", (sum(each.width for each in shown) + 3 * GAP, shown[0].height + 2 * GAP), GROUND)
    for place, each in enumerate(shown):
        out.paste(each, (GAP + place * (shown[0].width + GAP), GAP))
    return out


def _entries() -> list[Entry]:
    """Take the first entry of each type."""
    known = types.types(wiring.known())
    first: dict[str, Entry] = {}
    for each in sample_library.entries(known, local_day(clock.now())):
        first.setdefault(each.type.code, each)
    return list(first.values())


def _long(entry: Entry) -> Entry:
    """Fill every text as far as faces must be able to show it: what is longer is refused when it is issued."""
    draft = entry.draft
    data = {each.name: _long_value(each, draft.data.get(each.name)) for each in entry.type.fields}
    holders = tuple(
        replace(each, name=(each.name + LONG)[: 30 if each.type == "001" else 16]) for each in draft.holders
    )
    return replace(entry, draft=replace(draft, data=data, holders=holders))


def _long_value(field: Field, told: object) -> object:
    match field.kind:
        case FieldKind.TEXT:
            return (LONG * 10)[: min(field.longest, 60)]
        case FieldKind.LONG:
            return (LONG * 10)[: min(field.longest, 200)]
        case FieldKind.DATE:
            return "2024-10-21"
        case FieldKind.CHOICE:
            return max(field.choices, key=lambda each: len(field.choices[each]))
        case _:
            return told


def _issue(entry: Entry) -> Issue:
    draft, type_ = entry.draft, replace(entry.type, face=entry.face or entry.type.face)
    until = draft.valid_until or type_.validity.last_day(draft.valid_from) or NO_LAST_DAY
    number = draft.number or type_.numbering.number(draft.issued_on.year, 12, draft.region)
    issuer = sample_organs.code(entry.issuer) if entry.issuer else type_.defined_by.code
    name = sample_organs.NAMES.get(entry.issuer, type_.defined_by.name)
    identifier = f"1.2.156.3005.2.{type_.code}.{issuer}.00000012.001.X"
    link = "http://127.0.0.1:8080/v/0123456789abcdef012345"
    return Issue(draft, type_, identifier, number, issuer, name, until, link, clock.now(), is_demonstration=True)


def _picture(face: Face) -> Image.Image:
    if face.format == "ofd":
        shown = PREVIEWS["ofd"].opened(face.document).draw(1, Wanted(Form.PNG, DOTS))
        return Image.open(io.BytesIO(shown.picture)).convert("RGB")
    with pypdfium2.PdfDocument(face.document) as opened:
        made: Image.Image = opened[0].render(scale=DOTS * POINT).to_pil()
    return made.convert("RGB")


def _sealed(shown: Image.Image, face: Face, name: str) -> Image.Image:
    with Image.open(io.BytesIO(picture(f"{name}专用章"))) as opened:
        seal = opened.convert("RGBA").resize((MILLIMETRES * DOTS, MILLIMETRES * DOTS))
    half = MILLIMETRES / 2
    shown.paste(seal, (round((face.seal.x - half) * DOTS), round((face.seal.y - half) * DOTS)), seal)
    return shown


def _sheet(shown: list[Image.Image]) -> Image.Image:
    small = [each.resize((each.width // 3, each.height // 3)) for each in shown]
    wide, high = max(each.width for each in small), max(each.height for each in small)
    rows = -(-len(small) // COLUMNS)
    out = Image.new("RGB", (COLUMNS * wide, rows * high), GROUND)
    for place, each in enumerate(small):
        out.paste(each, (place % COLUMNS * wide, place // COLUMNS * high))
    return out


if __name__ == "__main__":
    main()
