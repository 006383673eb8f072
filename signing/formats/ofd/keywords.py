"""Where a word stands on a page, so that a seal can be put there (关键字定位).

The text of a page is what its text objects and those of its templates draw, in drawing order (GB/T 33190-2016 11.2,
11.3). Blanks do not count, since vendors place every character by itself. The size of a character is its advance, or
the type size where none is given: near enough for a seal, which is what this is for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from signing.formats.ofd.container import Entry
from signing.formats.ofd.description import Box, box
from signing.formats.ofd.limits import MAX_MILLIMETRES
from signing.formats.ofd.markup import Element, Malformed, named
from signing.formats.ofd.package import Package
from signing.formats.ofd.places import page_boxes
from signing.formats.ofd.tree import Page
from signing.report import Place

# The part of a character's height that lies above its baseline, in Chinese typefaces.
ABOVE_BASELINE: Final = 0.88
# A narrow character's advance against the type size, where no advance is given.
NARROW: Final = 0.5
# Advances are repeated by a count in the file; a line of text has no more characters than these.
MAX_ADVANCES: Final = 10_000
# Characters of one word stand on one line: their tops differ by less than a type size.
Matrix = tuple[float, float, float, float, float, float]
PLAIN: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A character with its box on the page."""

    character: str
    x: float
    y: float
    width: float
    height: float


def keyword_places(package: Package, keyword: str, *, page: int | None = None) -> tuple[Place, ...]:
    """Find every place where a word stands, on one page or on all, in the order of drawing."""
    wanted = "".join(keyword.split())
    if not wanted:
        return ()
    sheets = page_boxes(package.container, package.reader, package.tree)
    pages = [each for each in sheets if page is None or each.page.number == page]
    return tuple(place for each in pages for place in _on_page(package, each.page, wanted, each.box))


def _on_page(package: Package, page: Page, wanted: str, sheet: Box) -> Iterator[Place]:
    characters = [each for each in _drawn(package, page) if not each.character.isspace()]
    text = "".join(each.character for each in characters)
    at = text.find(wanted)
    while at >= 0:
        word = characters[at : at + len(wanted)]
        if max(each.y for each in word) - min(each.y for each in word) < max(each.height for each in word):
            yield _around(page.number, word, sheet)
        at = text.find(wanted, at + 1)


def _around(page: int, word: list[Drawn], sheet: Box) -> Place:
    """Give the place of a word, from the corner of its sheet."""
    left, top = min(each.x for each in word), min(each.y for each in word)
    right = max(each.x + each.width for each in word)
    bottom = max(each.y + each.height for each in word)
    x, y = left - sheet[0], top - sheet[1]
    return Place(page, round(x, 3), round(y, 3), round(right - left, 3), round(bottom - top, 3))


def _drawn(package: Package, page: Page) -> Iterator[Drawn]:
    """Go through the characters of a page and then of the templates that it uses."""
    if page.entry is None or (root := _root(package, page.entry)) is None:
        return
    yield from _characters(root)
    for use in named(root, "Template"):
        template = _template(package, page.document, use.get("TemplateID", ""))
        if template is not None and (face := _root(package, template)) is not None:
            yield from _characters(face)


def _template(package: Package, document: str, identifier: str) -> Entry | None:
    """Find a template page by its object ID in Document.xml."""
    root = _root(package, package.container.entries[document])
    if root is None or not identifier:
        return None
    for each in named(root, "TemplatePage"):
        if each.get("ID") == identifier:
            folder = document[: document.rfind("/") + 1]
            location = (each.get("BaseLoc") or "").strip()
            return package.container.find(location[1:] if location.startswith("/") else folder + location)
    return None


def _root(package: Package, entry: Entry) -> Element | None:
    try:
        return package.reader.parse(entry.content)
    except Malformed:
        return None


def _characters(root: Element) -> Iterator[Drawn]:
    for element in named(root, "TextObject"):
        boundary = box(element.get("Boundary"))
        size = _number(element.get("Size"), 0.0)
        if boundary is None or not 0 < size < MAX_MILLIMETRES:
            continue
        matrix = _matrix(element.get("CTM"))
        for code in named(element, "TextCode"):
            yield from _of_code(code, boundary, size, matrix)


def _of_code(
    code: Element, boundary: tuple[float, float, float, float], size: float, matrix: Matrix
) -> Iterator[Drawn]:
    text = code.text or ""
    across, down = _advances(code.get("DeltaX")), _advances(code.get("DeltaY"))
    x, y = _number(code.get("X"), 0.0), _number(code.get("Y"), 0.0)
    scale_x = abs(matrix[0]) + abs(matrix[2])
    scale_y = abs(matrix[1]) + abs(matrix[3])
    for place, character in enumerate(text):
        natural = size if ord(character) > 0xFF else size * NARROW  # noqa: PLR2004 - Latin-1 is narrow
        width = across[place] if place < len(across) and across[place] > 0 else natural
        left = boundary[0] + matrix[0] * x + matrix[2] * y + matrix[4]
        baseline = boundary[1] + matrix[1] * x + matrix[3] * y + matrix[5]
        height = size * scale_y
        yield Drawn(character, left, baseline - ABOVE_BASELINE * height, width * scale_x, height)
        x += across[place] if place < len(across) else (0.0 if down else natural)
        y += down[place] if place < len(down) else 0.0


def _matrix(value: str | None) -> Matrix:
    numbers = [_number(each, 0.0) for each in (value or "").split()]
    if len(numbers) != len(PLAIN):
        return PLAIN
    a, b, c, d, e, f = numbers
    return a, b, c, d, e, f


def _advances(value: str | None) -> list[float]:
    """Read advances, where "g 3 5.5" stands for three of 5.5 (GB/T 33190-2016 11.3)."""
    answers: list[float] = []
    parts = iter((value or "").split())
    for part in parts:
        if part == "g":
            count, each = _number(next(parts, None), 0.0), _number(next(parts, None), 0.0)
            answers.extend([each] * min(int(count), MAX_ADVANCES - len(answers)))
        else:
            answers.append(_number(part, 0.0))
        if len(answers) >= MAX_ADVANCES:
            break
    return answers


def _number(value: str | None, otherwise: float) -> float:
    parsed = box(f"{value} 0 1 1") if value and " " not in value else None
    return parsed[0] if parsed is not None else otherwise
