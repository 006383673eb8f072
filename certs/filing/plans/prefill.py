"""Fills an applicant's form in from what was granted: each field with where it is from, and nothing without a source.

The fields come through the same gates as any look-up, for the stage before a case (办理前共享复用), and are on record
as uses; what is denied or not found is left empty and told. Where two sources say different things about one field both
stand there, the first as the value: the applicant decides, and a clerk sees that they differ. Pure but for `prefilled`,
which asks.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from certs.filing.lookups import lookups
from certs.filing.lookups.lookups import Desk, Judge, Looking
from certs.filing.lookups.telling import FOUND
from certs.filing.plans import offering
from certs.filing.plans.plan import Plan
from certs.filing.plans.planning import Asked
from certs.types import Types
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.agreements.purposes import Ground, Stage

Told = dict[str, Any]
REASON: Final = "填报前预填 · filling the form in"


def prefilled(desk: Desk, planned: Plan, asked: Asked, judge: Judge) -> Told:
    """Look the holders up before there is a case, and fill the form in. Raises as `lookups.asked` does."""
    purpose = asked.purpose or offering.purpose_of(
        planned.matter, planned.region, Stage.GUIDANCE, Ground.STATUTORY, desk.by, REASON
    )
    told = dict(asked.told_purpose) or dict(PurposeSchema().dump(purpose))
    looking = Looking(planned.matter.item_code, purpose, asked.holders, None, asked.situation, {"purpose": told})
    return filled(lookups.asked(desk, looking, judge).items, desk.parts.certs.types)


def filled(items: Sequence[Mapping[str, Any]], types: Types) -> Told:
    """Give the fields of a form, each once for each person, and how every source that was asked ended."""
    fields: dict[tuple[int, str], Told] = {}
    for item in items:
        for name, value, source in _values(item):
            known = fields.get((item["holder"], name))
            if known is None:
                label = _label(item, name, types)
                fields[item["holder"], name] = {
                    "role": item["role"],
                    "holder": item["holder"],
                    "field": name,
                    "label": label,
                    "value": value,
                    "source": source,
                    "others": [],
                }
            elif known["value"] != value:
                known["others"].append({"value": value, "source": source})
    names = ("material", "holder", "type", "outcome", "reason", "usage_id")
    return {"fields": list(fields.values()), "asked": [{name: each[name] for name in names} for each in items]}


def _values(item: Mapping[str, Any]) -> list[tuple[str, Any, Told]]:
    if item["outcome"] != FOUND:
        return []
    base = {"means": item["means"], "code": item["type"], "usage_id": item["usage_id"], "origin": item["origin"]}
    found = []
    for each in item["certificates"]:
        source = {**base, "identifier": each["identifier"], "as_of": None}
        told = {**({"number": each["number"]} if each["number"] else {}), **each["data"]}
        found += [(name, value, source) for name, value in told.items()]
    for row in item["data"].get("rows", []):
        where = item["data"].get("source") or {}
        source = {**base, "identifier": None, "as_of": where.get("as_of")}
        found += [(name, value, source) for name, value in row.items()]
    return found


def _label(item: Mapping[str, Any], name: str, types: Types) -> str:
    known = types.get(item["type"])
    own = known.by_name.get(name) if known is not None else None
    return own.zh if own is not None else name
