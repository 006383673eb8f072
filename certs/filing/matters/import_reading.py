"""Tables of matters judged: drafts of matters with the rows of their materials, and every fault by its cell. Pure.

What hangs together over several rows (a matter's own columns, a material that stands twice) is judged in `import_own`
and `import_national`, what one cell may say in `material_rows`. A matter with a fault is not taken in at all: half of
its materials would be a wrong list that looks right. A material without a basis is taken in and flagged.
"""

from collections.abc import Sequence
from datetime import date

from certs.filing.matters import import_national, import_own, import_tables
from certs.filing.matters.import_drafts import Draft, Judged, grouped
from certs.filing.matters.import_tables import MOST_FAULTS, Fault, Read, Table


def judge(tables: Sequence[Read], since: date) -> Judged:
    """Judge all tables together; matters that name no day hold from `since` on."""
    faults: list[Fault] = [each for table in tables for each in import_tables.missing(table)]
    if faults:
        return Judged((), (), tuple(faults[:MOST_FAULTS]), 0)
    drafts: list[Draft] = []
    broken: set[str] = set()
    for table in (each for each in tables if each.table is Table.MATERIALS):
        for code, rows in grouped(table, "code").items():
            found, wrong = import_own.draft(table, code, rows, since)
            faults.extend(wrong)
            if found is None:
                broken.add(code)
            else:
                drafts.append(found)
    national, wrong, unsound = import_national.drafts(tables, since)
    entries, strange = import_national.entries(tables)
    faults.extend((*wrong, *strange))
    return Judged((*drafts, *national), entries, tuple(faults[:MOST_FAULTS]), len(broken | unsound))
