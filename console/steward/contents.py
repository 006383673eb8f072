"""What a directory says, as the fields of a form and back, and as facts to be read; the table of fields decides all."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import request

from base import problems
from console.steward import acts, shown
from console.steward.shown import Cell, Entry
from exchange import form
from exchange.form import STAGES, Content, Field

LISTS: Final = frozenset({"choices", "words"})
KINDS: Final[Mapping[str, str]] = {
    "long": "textarea",
    "words": "textarea",
    "choice": "select",
    "choices": "checks",
    "flag": "flag",
}
# Fields that the platform fills in: the provider is the department that writes.
GIVEN: Final = frozenset({"department"})
ITEMS: Final = "items"


def of_stage(stage: str) -> dict[str, Field]:
    """Give the fields that are filled in on one page."""
    if stage == ITEMS:
        return dict(form.item_fields())
    return {name: field for name, field in form.fields().items() if field.stage == stage and name not in GIVEN}


def entries(fields: Mapping[str, Field], content: Content, wrong: Mapping[str, str]) -> list[Entry]:
    """Give the fields of a form, filled with what was sent or stands in the content, with what is wrong in each."""
    language = problems.language()

    def entry(field: Field) -> Entry:
        kind = KINDS.get(field.kind, "text")
        needed = "needed" if field.needed.always else "needed_where" if field.needed.field else ""
        return Entry(
            field.name,
            kind,
            _sent(field) if request.method == "POST" else _written(field, content.get(field.name)),
            _choices(field),
            field.label(language),
            field.kind if field.kind in {"matter-code", "words", "number"} else needed,
            wrong.get(field.name, ""),
        )

    return [entry(each) for each in fields.values()]


def filled(fields: Mapping[str, Field]) -> dict[str, Any]:
    """Read what was filled in; what is no number is handed on, so that the room refuses it and it is shown again."""
    told: dict[str, Any] = {}
    for name, field in fields.items():
        value = _sent(field)
        if field.kind == "words":
            value = acts.lines(name)
        elif field.kind == "number":
            value = acts.number(name)
        elif field.kind == "flag":
            value = {"true": True, "false": False}.get(value)
        elif isinstance(value, str):
            value = value.strip().upper() if field.kind == "matter-code" else value.strip()
        if not form.blank(value):
            told[name] = value
    return told


def faults_of(content: Content, stage: str, place: int | None = None) -> dict[str, str]:
    """Tell what is wrong with the fields of one page, in words."""
    begins = f"#/items/{place}/" if stage == ITEMS else "#/"
    known, found = of_stage(stage), dict[str, str]()
    for fault in form.check(content):
        name = fault.pointer.removeprefix(begins).split("/")[0]
        if fault.pointer.startswith(begins) and name in known:
            found.setdefault(name, acts.said(fault.code))
    return found


def stage_of(pointer: str) -> tuple[str, str]:
    """Tell on which page a pointer's field is filled in, and how it is called there."""
    name = pointer.removeprefix("#/").split("/")[0]
    field = form.fields().get(name)
    return (field.stage, field.name) if field is not None else (ITEMS, "")


def facts(content: Content) -> list[tuple[Field, str, Cell]]:
    """Give what a content says, field by field in the order of the form, with the pointer of each."""
    return [
        (field, f"#/{name}", cell(field, content[name]))
        for name, field in form.fields().items()
        if not form.blank(content.get(name))
    ]


def cell(field: Field, value: Any) -> Cell:
    """Show one value: codes in words."""
    language = problems.language()
    if field.kind == "flag":
        return shown.words_of("flag", str(bool(value)).lower())
    if isinstance(value, list):
        codes = field.codes
        return Cell("list", [codes.words(str(each), language) if codes else str(each) for each in value])
    if field.codes is not None and isinstance(value, str):
        return Cell("text", field.codes.words(value, language))
    return Cell("text", "–" if form.blank(value) else value)


def item_rows(content: Content) -> list[tuple[int, list[Cell]]]:
    """Give the items, each with its place."""
    items = content.get(ITEMS)
    fields = form.item_fields().values()
    return [
        (place, [cell(field, item.get(field.name)) for field in fields])
        for place, item in enumerate(items if isinstance(items, list) else ())
        if isinstance(item, Mapping)
    ]


def item_columns() -> list[str]:
    """Name the columns of the items, in the reader's language."""
    return [field.label(problems.language()) for field in form.item_fields().values()]


def stages() -> Iterable[str]:
    """Give the pages of the form in order."""
    return STAGES


def _sent(field: Field) -> Any:
    return request.form.getlist(field.name) if field.kind == "choices" else request.form.get(field.name, "")


def _written(field: Field, value: Any) -> Any:
    if field.kind == "choices":
        return value if isinstance(value, list) else []
    if form.blank(value):
        return ""
    if field.kind == "words":
        return "\n".join(value)
    return str(value).lower() if field.kind == "flag" else str(value)


def _choices(field: Field) -> list[tuple[str, str]]:
    if field.codes is None:
        return []
    language = problems.language()
    told = [(each.code, each.zh if language == "zh" else each.en) for each in field.codes.entries]
    return told if field.kind == "choices" else [("", ""), *told]
