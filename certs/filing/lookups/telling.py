"""What came of a look-up, told material by material: outcomes, what was found, hints, and what is still to be brought.

Pure. Nothing of a person but what their certificates and rows give stands in an answer; what is kept of it (`kept`)
has no datum of anybody at all.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from base.canonical import Json
from certs.filing.lookups.mismatches import Found, Mismatch, mismatches
from certs.filing.lookups.questions import Ended, Laid, Wanted
from certs.filing.matter import Means, Mode
from certs.filing.plans import telling
from certs.filing.plans.plan import TO_BRING, UNFREE, Plan
from certs.libraries.answers import Named
from certs.queries import outcomes as certificate_outcomes
from exchange.door import outcomes as door_outcomes

Told = dict[str, Any]
FOUND: Final = "found"
# After these the same question, asked again, may be answered otherwise.
UNSETTLED: Final = frozenset({"source_down", "pending"})
_OWN: Final[Mapping[str, tuple[str, str]]] = {
    "not-required": ("本事项不需要这一类型", "the matter does not ask for this type"),
    "holder-missing": ("没有提供该角色的当事人，无法查询", "nobody of this role was named, so nobody is asked about"),
    "check-by-hand": ("需在来源系统核验，本接口不代为查询", "it is checked at its source, not by this call"),
    "no-key-item": ("该目录没有可按当事人代码查询的信息项", "the directory has no item to find this holder by"),
    "consent-not-standing": (
        "当事人的授权同意在办理过程中已撤回或失效，未提供任何字段",
        "the holder's consent was withdrawn or ended meanwhile; no field is given",
    ),
    "quota-exceeded": ("授权用量已达上限", "the grant's quota is used up"),
}


def items(laid: Laid, ended: Mapping[tuple[Means, str, int], Ended]) -> list[Told]:
    """Tell how each material ended."""
    told = [_item(each, ended[each.question] if each.question else None) for each in laid.wanted]
    return [*told, *(_not_required(each) for each in laid.not_required)]


def is_complete(told: Sequence[Told]) -> bool:
    """Tell whether every source has said what it knows."""
    return not any(each["outcome"] in UNSETTLED for each in told)


def hints(told: Sequence[Told], holders: Sequence[Named], today: date) -> list[Told]:
    """Tell what does not fit together."""
    found = [
        Found(each["material"], each["holder"], holders[each["holder"]].name, fields)
        for each in told
        if each["outcome"] == FOUND
        for fields in _fields(each)
    ]
    return [_hint(each) for each in mismatches(found, today)]


def notice(planned: Plan, told: Sequence[Told]) -> list[Told]:
    """Write the one-time notice (一次告知单): everything that is still to be brought or signed, and by when."""
    ended: dict[str, list[Told]] = {}
    for each in told:
        ended.setdefault(each["key"], []).append(each)
    lines = []
    for line in planned.lines:
        base: Told = {"name": line.material.name, "key": line.material.key, "legal": line.legal}
        if line.answer in UNFREE:
            due = line.due.isoformat() if line.due else None
            lines.append({**base, "answer": line.answer.value, "because": telling.said(line.because), "due": due})
        elif line.fallback is not None and line.material.key in ended and not _all_found(ended[line.material.key]):
            due = line.fallback.due.isoformat() if line.fallback.due else None
            missing = next(each for each in ended[line.material.key] if not _all_found([each]))
            because = {language: missing["reason"][language] for language in ("zh", "en")}
            lines.append({**base, "answer": line.fallback.answer.value, "because": because, "due": due})
    return lines


def to_bring(lines: Sequence[Told]) -> int:
    """Count the papers of a notice; a promise is signed and not brought."""
    return sum(each["answer"] in {one.value for one in TO_BRING} for each in lines)


def kept(told: Sequence[Told], files: Mapping[str, Sequence[Mapping[str, str]]]) -> list[Told]:
    """Give what of the items is kept: how each ended under which use, and of which sealed files; nothing they say.

    `files` has format and SM3 of the original files by certificate.
    """
    names = ("material", "key", "role", "holder", "means", "mode", "type", "outcome", "usage_id")
    return [
        {
            **{name: each[name] for name in names},
            "reason": each["reason"]["code"],
            "statuses": [one["status"] for one in each["certificates"]],
            "originals": [dict(file) for one in each["certificates"] for file in files.get(one["identifier"], ())],
        }
        for each in told
    ]


def identifiers(told: Sequence[Told]) -> list[str]:
    """Name the certificates that were found."""
    return sorted({one["identifier"] for each in told for one in each["certificates"]})


def found(told: Sequence[Told]) -> list[Json]:
    """Name the materials that were found, with the role of whose they are: one line for each person's."""
    persons = {(each["key"], each["role"], each["holder"]) for each in told if each["outcome"] == FOUND}
    return [[key, role] for key, role, _ in sorted(persons)]


def facts(told: Sequence[Told]) -> list[Json]:
    """Give what makes one answer the same as another: everything but the uses and the moments."""
    names = ("key", "holder", "type", "outcome", "certificates", "data")
    return [{**{name: each[name] for name in names}, "reason": each["reason"]["code"]} for each in told]


def reason(code: str) -> dict[str, str]:
    """Give a reason with its words."""
    words = {**door_outcomes.WORDS, **certificate_outcomes.WORDS, **_OWN}
    zh, en = words.get(code, (f"查询未被受理（{code}）", f"the question was refused ({code})"))
    return {"code": code, "zh": zh, "en": en}


def _item(wanted: Wanted, ended: Ended | None) -> Told:
    of, line = wanted.source.replacement, wanted.line
    told: Told = {
        "material": line.material.name,
        "key": line.material.key,
        "role": wanted.source.role,
        "holder": wanted.holder,
        "means": of.means.value,
        "mode": of.mode.value,
        "type": of.target,
        "outcome": ended.outcome if ended else "not_covered",
        "reason": reason(ended.reason if ended else wanted.reason),
        "usage_id": ended.usage if ended else None,
        "origin": "",
        "certificates": [],
        "data": {},
        "fallback": telling.fallback(line.fallback) if line.fallback else {},
    }
    if ended is None or ended.outcome != FOUND:
        return told
    if of.means is Means.CERTIFICATE:
        certificates = [_certificate(each, of.fields, of.mode) for each in ended.told["certificates"]]
        return {**told, "origin": ended.told.get("origin", ""), "certificates": certificates, **_sealed(ended)}
    rows = [{name: value for name, value in row.items() if name in of.fields} for row in ended.told["rows"]]
    return {**told, "data": {"rows": rows, "source": ended.told.get("source")}, **_sealed(ended)}


def _certificate(told: Mapping[str, Any], fields: Sequence[str], mode: Mode) -> Told:
    """Give of a certificate what this material needs, though others that share the question need more."""
    if mode is Mode.CHECK:
        return {**told, "number": "", "data": {}}
    number = told["number"] if "number" in fields else ""
    return {**told, "number": number, "data": {name: value for name, value in told["data"].items() if name in fields}}


def _sealed(ended: Ended) -> Told:
    return {"sealed": ended.told["sealed"]} if "sealed" in ended.told else {}


def _not_required(code: str) -> Told:
    empty: Told = {"material": "", "key": "", "role": "", "holder": None, "means": "", "mode": "", "usage_id": None}
    found: Told = {"origin": "", "certificates": [], "data": {}, "fallback": {}}
    return {**empty, "type": code, "outcome": "not_covered", "reason": reason("not-required"), **found}


def _fields(told: Told) -> list[Mapping[str, Any]]:
    rows = told["data"].get("rows", [])
    return [*(each["data"] for each in told["certificates"] if each["data"]), *rows]


def _all_found(told: Sequence[Told]) -> bool:
    return all(each["outcome"] == FOUND and _serves(each) for each in told)


def _serves(told: Told) -> bool:
    """Tell whether what was found can stand in: a certificate that is not valid cannot."""
    certificates = told["certificates"]
    return not certificates or any(each["status"] == "valid" for each in certificates)


def _hint(told: Mismatch) -> Told:
    materials = list(told.materials)
    return {"kind": told.kind, "holder": told.holder, "materials": materials, "because": telling.said(told.said)}
