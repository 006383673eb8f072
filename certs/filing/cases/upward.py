"""A case's steps as the rows that the national tables take: `up_pro_accept`, `_process`, `_result`, and so on.

Events carry what names nobody; who sends rows upward reads them here, by case and sequence, and gets the columns as
the national tables spell them (also where they misspell: `result_cetr_no`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from base.clock import rfc3339
from certs.filing.cases import reading
from certs.filing.cases.life import Act
from certs.filing.cases.models import Case, CaseMaterial, CaseStep
from certs.filing.cases.wiring import Cases
from keys.parties.organisations import organisation_of

ACCEPT: Final = "up_pro_accept"
PROCESS: Final = "up_pro_process"
RESULT: Final = "up_pro_result"
SPECIAL: Final = "up_pro_special_procedure"
MATERIAL: Final = "up_pro_material"
_RESULTS: Final = frozenset({Act.GRANT, Act.REFUSE, Act.HAND_OVER, Act.VOID, Act.WITHDRAW, Act.LAPSE})


@dataclass(frozen=True)
class Row:
    """A row of a national table."""

    table: str
    columns: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Open:
    """A step with its case, opened."""

    case: Case
    step: CaseStep
    content: Mapping[str, Any]
    words: Mapping[str, Any]
    organ: str

    @property
    def common(self) -> dict[str, Any]:
        """Give the columns that every row has."""
        row = self.case
        return {
            "project_no": row.number,
            "catalog_code": row.item_code[19:31],
            "task_code": row.item_code[:31],
            "task_handle_item": row.item_code,
            "task_version": row.item_version,
        }

    @property
    def handler(self) -> str:
        """Name who did it; a system that decides at once is named as such."""
        return str(self.words["operator"]["name"])


def rows_of(session: Session, parts: Cases, row: Case, sequence: int) -> list[Row]:
    """Give the rows that a step makes."""
    step = session.get_one(CaseStep, (row.number, sequence))
    act = Act(step.act)
    told = _Open(
        row,
        step,
        reading.content_of(session, parts, row),
        reading.words_of(session, parts, step),
        organisation_of(session, row.organ).name,
    )
    rows = [Row(PROCESS, _process(told))]
    if act in {Act.ACCEPT, Act.NOT_ACCEPT}:
        rows.insert(0, Row(ACCEPT, _accept(told)))
    if act in {Act.RECEIVE, Act.SUPPLEMENT}:
        rows += [Row(MATERIAL, _material(told, each)) for each in reading.materials_of(session, row.number)]
    if act in _RESULTS or act is Act.ISSUE:
        rows.append(Row(RESULT, _result(told)))
    if act in _SPECIAL:
        begun = _begun(session, parts, told)
        rows.append(Row(SPECIAL, _SPECIAL[act](begun, told)))
    return rows


def _accept(told: _Open) -> dict[str, Any]:
    row, content = told.case, told.content
    applicant, contact = content["applicant"], content["contact"] or content["applicant"]
    return {
        **told.common,
        "project_name": content["project_name"],
        "task_name": row.item_name,
        "apply_date": rfc3339(row.received_at),
        "apply_type": row.apply_type,
        "applyer_name": applicant["name"],
        "applyer_type": applicant["kind"],
        "applyer_page_type": applicant["type"],
        "applyer_page_code": applicant["code"],
        "contact_name": contact["name"],
        "contact_type": contact["type"],
        "contact_code": contact["code"],
        "contact_mobile": contact["mobile"],
        "legal": content["legal"],
        "address": content["address"],
        "zip_code": content["zip_code"],
        "org_code": row.organ,
        "org_name": told.organ,
        "handle_user_name": told.handler,
        "accept_date": rfc3339(told.step.at),
        "accept_doc_no": told.step.facts.get("accept_doc_no", ""),
        "project_type": row.project_type,
        "promise_date": None if row.due_at is None else rfc3339(row.due_at),
    }


def _process(told: _Open) -> dict[str, Any]:
    facts = told.step.facts
    return {
        **told.common,
        "process_name": facts.get("process_name", told.step.act),
        "event_name": facts.get("event_name", told.step.act),
        "event_start_time": facts.get("event_start_time", rfc3339(told.step.at)),
        "event_end_time": facts.get("event_end_time", rfc3339(told.step.at)),
        "handle_user_name": told.handler,
        "handle_explain": told.words.get("reason", told.words.get("explain", "")),
    }


def _result(told: _Open) -> dict[str, Any]:
    row, facts = told.case, told.step.facts
    return {
        **told.common,
        "result_date": rfc3339(row.decided_at or told.step.at),
        "result_type": None if row.result is None else str(row.result),
        "result_explain": told.words.get("reason", told.words.get("explain", "")),
        "result_cetr_name": facts.get("result_cetr_name", ""),
        "result_cetr_no": row.certificate or "",
        "is_delivery_results": facts.get("is_delivery_results", "1"),
        "satisfaction": "",
        "handle_user_name": told.handler,
    }


def _material(told: _Open, material: CaseMaterial) -> dict[str, Any]:
    return {
        **told.common,
        "material_name": material.name,
        "material_attach_name": material.file_name,
        "get_type": material.get_type,
        "get_num": material.get_num,
    }


def _special_begun(begun: _Open, _told: _Open) -> dict[str, Any]:
    return {
        **begun.common,
        "special_type": begun.step.facts["special_type"],
        "special_name": begun.step.facts["special_name"],
        "special_time": rfc3339(begun.step.at),
        "special_reason": begun.words["reason"],
        "special_explain": begun.words.get("explain", ""),
        "special_result": "",
        "special_end_time": None,
    }


def _special_ended(begun: _Open, told: _Open) -> dict[str, Any]:
    ended = {"special_result": told.step.facts["result"], "special_end_time": rfc3339(told.step.at)}
    return {**_special_begun(begun, told), **ended}


_SPECIAL: Final[Mapping[Act, Callable[[_Open, _Open], dict[str, Any]]]] = {
    Act.BEGIN_SPECIAL: _special_begun,
    Act.END_SPECIAL: _special_ended,
}


def _begun(session: Session, parts: Cases, told: _Open) -> _Open:
    """Find the step with which a special procedure began."""
    earlier = [each for each in reading.steps_of(session, told.case.number) if each.sequence <= told.step.sequence]
    step = next(each for each in reversed(earlier) if each.act == Act.BEGIN_SPECIAL.value)
    return _Open(told.case, step, told.content, reading.words_of(session, parts, step), told.organ)
