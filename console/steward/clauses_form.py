"""The clauses of a request as fields of a form, and what was filled in as the API's body; `exchange` judges them.

Clauses that have no field here (masks, conditions on rows, organs) stay as they stood.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import request

from console.layout import ZONE
from console.steward import acts
from console.steward.shown import INSTANT, Entry
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.purposes import Ground, Stage

SEVERAL = ("stages", "grounds", "modes")
BOUNDS = ("per_minute", "per_day", "rows_per_call", "in_total")


def entries(items: Sequence[str], told: Mapping[str, Any]) -> list[Entry]:
    """Give the fields, filled with clauses that were written down before, if there are any."""
    quota = told.get("quota") or {}
    return [
        Entry("purpose", "textarea", told.get("purpose", ""), hint="purpose"),
        Entry("fields", "checks", told.get("fields", []), [(each, each) for each in items], hint="fields"),
        Entry("matters", "textarea", "\n".join(told.get("matters", [])), hint="matters"),
        _several("stages", Stage, told),
        _several("grounds", Ground, told),
        _several("modes", Mode, told),
        Entry("begins", "date", _day(told.get("begins"))),
        Entry("ends", "date", _day(told.get("ends"), last=True), hint="ends"),
        Entry("regions", "textarea", "\n".join(told.get("regions", [])), hint="regions"),
        Entry("systems", "textarea", "\n".join(told.get("systems", [])), hint="systems"),
        *(Entry(name, "text", "" if quota.get(name) is None else str(quota[name]), hint="bound") for name in BOUNDS),
        Entry("agreement", "text", told.get("agreement") or "", hint="agreement"),
    ]


def filled(before: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was filled in; what has no field is as it was before."""
    form = request.form
    fields = form.getlist("fields")
    masks = {name: rule for name, rule in (before.get("masks") or {}).items() if name in fields}
    return {
        **{name: before[name] for name in ("conditions", "organs", "encrypted") if name in before},
        "masks": masks,
        "purpose": form.get("purpose", "").strip(),
        "fields": fields,
        "matters": acts.lines("matters"),
        "stages": form.getlist("stages"),
        "grounds": form.getlist("grounds"),
        "modes": form.getlist("modes"),
        "begins": acts.day("begins"),
        "ends": acts.day("ends", last=True),
        "regions": acts.lines("regions"),
        "systems": acts.lines("systems"),
        "quota": {name: acts.number(name) for name in BOUNDS},
        "agreement": form.get("agreement", "").strip() or None,
    }


def _several(name: str, values: type[Any], told: Mapping[str, Any]) -> Entry:
    return Entry(name, "words", told.get(name, []), [(each.value, each.value) for each in values])


def _day(told: str | None, *, last: bool = False) -> str:
    if not told:
        return ""
    at = datetime.fromisoformat(told).astimezone(UTC)
    return (at - INSTANT if last else at).astimezone(ZONE).date().isoformat()
