"""A step of a case, with everything that the national case tables want to know of it.

A step is told once and never changes, so each is a thing of its own: its id is `<case number>/<sequence>`. Members:
`project_no`, `organ`, `region`, and the parts that the step makes: `accept`, `process`, `result`, `special` (each with
its columns as `certs.filing.cases.upward` names them), and `materials`. They name applicants: they are personal.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json
from base.events import Event
from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from certs.filing.cases import upward
from certs.filing.cases.life import Act
from certs.filing.cases.models import Case, CaseStep
from certs.filing.cases.wiring import Cases

NAME: Final = "case-step"
BETWEEN: Final = "/"
PARTS: Final[Mapping[str, str]] = {
    upward.ACCEPT: "accept",
    upward.PROCESS: "process",
    upward.RESULT: "result",
    upward.SPECIAL: "special",
}


def id_of(event: Event) -> str:
    """Name the step that an event tells of: the version of a case is the sequence of its last step."""
    return f"{event.thing.id}{BETWEEN}{event.version}"


def read(session: Session, parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a step."""
    number, _, sequence = id_.rpartition(BETWEEN)
    row = session.get(Case, number)
    if row is None or not sequence.isdecimal() or session.get(CaseStep, (number, int(sequence))) is None:
        return None
    members: dict[str, Json] = {"project_no": number, "organ": row.organ, "region": row.region}
    materials: list[Json] = []
    for each in upward.rows_of(session, parts[Cases], row, int(sequence)):
        columns: dict[str, Json] = dict(each.columns)
        if each.table == upward.MATERIAL:
            materials.append(columns)
        else:
            members[PARTS[each.table]] = columns
    return Content({**members, "materials": materials})


CASE_STEP: Final = Kind(NAME, events.each(*(f"case.{act.value}" for act in Act), by=id_of), read)
