"""Every figure of a month, counted the slow and plain way: each entry of the ledger and each task, one after the other.

It shares no code with the product: it reads JSON, looks into whole tables, and writes each formula out once more.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

FAILURES = ("not_found", "not_covered", "source_down", "denied", "pending")


def figures(  # noqa: C901, PLR0912, PLR0915 - one plain loop on purpose
    session: Session, month: str, until: datetime, line_of: Callable[[str, str], str]
) -> dict[str, dict[str, Any]]:
    """Count a month; `line_of` tells from region and department where something stands, "*" is the whole."""
    lines: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    types: dict[str, set[str]] = defaultdict(set)
    directories: dict[str, set[str]] = defaultdict(set)

    def add(region: str, organisation: str, figure: str, count: int = 1) -> None:
        for line in (line_of(region, organisation), "*"):
            lines[line][figure] += count

    papers: dict[str, set[tuple[str, str, int]]] = {}
    cases: dict[str, tuple[str, str]] = {}
    spared: dict[tuple[str, str], set[tuple[str, str, int]]] = defaultdict(set)
    for (content,) in session.execute(text("select content from base_audit_entries order by leaf_index")).all():
        entry = json.loads(bytes(content))
        facts, thing, act = entry["facts"], entry["thing"]["id"], entry["act"]
        when = (datetime.fromisoformat(entry["at"]) + timedelta(hours=8)).strftime("%Y-%m")
        is_now = when == month
        if act == "data.used" and is_now:
            row = one(session, "exchange_usages", "id", thing)
            place = row["handling_region"], row["organisation"]
            add(*place, "calls")
            is_certificate = row["mount"] != "" and len(row["mount"]) != 36
            if row["outcome"] == "found":
                add(*place, "certificate_uses" if is_certificate else "data_uses")
                if not is_certificate:
                    add(*place, "data_rows", row["rows"])
            elif row["outcome"] in FAILURES:
                add(*place, row["outcome"])
        elif act in ("certificate.sign", "certificate.deposit", "certificate.publish"):
            row = one(session, "certs_certificates", "identifier", thing)
            if is_now:
                add(row["region"], row["issuer"], "certificates")
            if when <= month:
                for line in (line_of(row["region"], row["issuer"]), "*"):
                    types[line].add(row["type"])
        elif act == "directory.publish" and when <= month:
            row = one(session, "exchange_directories", "code", thing)
            for line in (line_of(row["region"], row["owner"]), "*"):
                directories[line].add(thing)
        elif act == "use.evaluated" and is_now:
            row = one(session, "exchange_usages", "id", thing)
            say(add, row["handling_region"], facts["organisation"], facts["level"])
        elif act in ("objection.begin", "holder-objection.begun") and is_now:
            who = facts.get("provider") or facts["addressee"]
            add(one(session, "keys_organisations", "code", who)["region"], who, "objections")
        elif act in ("objection.correct", "objection.keep", "holder-objection.kept", "holder-objection.corrected"):
            who = facts.get("provider") or facts["addressee"]
            if is_now:
                add(one(session, "keys_organisations", "code", who)["region"], who, "objections_answered")
        elif act in ("filing-lookup.made", "filing-lookup.bound"):
            if act == "filing-lookup.made":
                papers.setdefault(thing, set()).update(numbered(facts["found"]))
                if facts["basis_kind"] in ("case", "intake"):
                    office = entry["organisation"] if facts["basis_kind"] == "intake" else ""
                    cases[thing] = office, facts["basis"]
            else:
                cases[thing] = "", facts["case"]
            if thing in cases:
                new = papers[thing] - spared[cases[thing]]
                spared[cases[thing]] |= new
                if is_now and new:
                    region = one(session, "certs_filing_lookups", "id", thing)["region"]
                    add(region, entry["organisation"], "materials_spared", len(new))
        elif act == "material.reused" and not any(key == facts["material"] for key, *_ in spared["", thing]):
            spared["", thing].add((facts["material"], "", 0))
            if is_now:
                add(one(session, "certs_cases", "number", thing)["region"], entry["organisation"], "materials_spared")
    tasks(session, month, until, add)
    for line in [*types, *directories]:
        lines[line]["certificate_types"] = len(types[line])
        lines[line]["directories"] = len(directories[line])
    return {line: shares(told) for line, told in lines.items()}


def numbered(found: list[list[str]]) -> set[tuple[str, str, int]]:
    """Tell the papers of several persons in one role apart."""
    return {(key, role, found[:place].count([key, role])) for place, (key, role) in enumerate(found)}


def say(add: Any, region: str, organisation: str, level: int) -> None:
    add(region, organisation, "evaluations")
    if level <= 2:
        add(region, organisation, "evaluations_bad")


def tasks(session: Session, month: str, until: datetime, add: Any) -> None:
    for due_at, done_at, duty, organisation, region in session.execute(
        text(
            "select due_at, done_at, duty, organisation, o.region from exchange_tasks t "
            "join keys_organisations o on o.code = t.organisation"
        )
    ):
        due, done = moment(due_at), moment(done_at)
        if (due + timedelta(hours=8) - timedelta(microseconds=1)).strftime("%Y-%m") != month or due > until:
            continue
        late = done is None or done > due
        add(region, organisation, "duties_due")
        add(region, organisation, "duties_overdue", int(late))
        if duty == "demand-answer":
            add(region, organisation, "demands_due")
            add(region, organisation, "demands_in_time", int(not late))


def shares(told: dict[str, Any]) -> dict[str, Any]:
    told = dict(told)
    due, said = told.get("demands_due", 0), told.get("evaluations", 0)
    told["demands_in_time_share"] = tenths(told.get("demands_in_time", 0), due)
    told["satisfaction"] = tenths(said - told.get("evaluations_bad", 0), said)
    return told


def tenths(part: int, whole: int) -> float | None:
    return int(part * 1000 / whole + 0.5) / 10 if whole else None


def one(session: Session, table: str, key: str, value: str) -> Any:
    known = session.info.setdefault("plain", {})
    if table not in known:
        known[table] = {row[key]: row for row in session.execute(text(f"select * from {table}")).mappings()}  # noqa: S608 - ours
    return known[table][value]


def moment(told: Any) -> Any:
    if told is None or not isinstance(told, str):
        return told if told is None or told.tzinfo is not None else told.replace(tzinfo=UTC)
    return datetime.fromisoformat(told).replace(tzinfo=UTC)
