"""An item that an organ carries out (业务办理项), in the elements of its newest version.

Members are spelt as the national task tables spell them, since those names are the standard's: the basic and further
elements, `materials`, `questions` (those that decide which materials are asked for) and `fee`. Versions hold by day and
may begin later or have ended: `plan_effective_date` and `plan_cancel_date` say so, and nothing is removed.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from certs.filing.matter import Elements, Material, Matter, Necessity, Question
from certs.filing.matters import matters
from certs.filing.matters.models import MatterVersion

NAME: Final = "item"
# Days are counted as working days in this house; what is counted otherwise stands in the explanation.
WORKING_DAYS: Final = "1"
# 1 in use, 3 cancelled: as usual in the national tables, where the list itself was not found.
IN_USE, CANCELLED = "1", "3"
NO_FEE: Final = frozenset({"", "0", "否", "不收费", "无"})


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read an item's newest version."""
    query = select(MatterVersion).where(MatterVersion.item_code == id_).order_by(MatterVersion.number.desc()).limit(1)
    version = session.scalars(query).one_or_none()
    if version is None:
        return None
    told = matters.matter(version)
    fee = told.elements.fee
    return Content(
        {
            **_basic(told),
            **_further(told.elements),
            "materials": [_material(place, each) for place, each in enumerate(told.materials, start=1)],
            "questions": [_question(place, each) for place, each in enumerate(told.questions, start=1)],
            "fee": None if fee in NO_FEE else {"fee_name": fee},
        }
    )


def _basic(told: Matter) -> dict[str, Json]:
    said, until = told.elements, told.effective_until
    return {
        "task_code": told.implementation_code,
        "task_handle_item": told.item_code,
        "catalog_code": told.basic_code,
        "task_name": told.name,
        "task_type": said.task_type,
        "task_state": IN_USE if until is None else CANCELLED,
        "task_version": told.version,
        "region_code": told.region,
        "dept_name": told.organ_name,
        "dept_code": told.organ,
        "by_law": said.by_law,
        "server_type": said.served,
        "project_type": said.project_type,
        "accept_condition": said.accept_condition,
        "anticipate_day": said.legal_working_days,
        "anticipate_type": "" if said.legal_working_days is None else WORKING_DAYS,
        "anticipate_explain": said.term_note,
        "promise_day": said.promised_working_days,
        "promise_type": "" if said.promised_working_days is None else WORKING_DAYS,
        "handle_flow": said.handling_flow,
        "handle_type": said.handling_form,
        "is_fee": "0" if said.fee in NO_FEE else "1",
        "fee_basis": said.fee,
        "limit_scene_num": said.visits,
        "transact_addr": said.handling_place,
        "transact_time": said.handling_time,
        "link_way": said.contact,
        "supervise_way": said.supervision,
        "plan_effective_date": told.effective_from.isoformat(),
        "plan_cancel_date": None if until is None else until.isoformat(),
    }


def _further(said: Elements) -> dict[str, Json]:
    return {
        "handle_area": said.handling_area,
        "online_handle_depth": said.online_depth,
        "result_name": said.result_name,
        "result_type": said.result_kind,
    }


def _material(place: int, told: Material) -> Json:
    return {
        "material_name": told.name,
        "is_need": "1" if told.necessity is Necessity.REQUIRED else "0",
        "source_explain": told.provider,
        "accept_stand": told.note,
        "by_law": told.basis,
        "order_num": place,
    }


def _question(place: int, told: Question) -> Json:
    return {"question": told.zh, "answer": "；".join(zh for zh, _ in told.answers.values()), "order_num": place}


ITEM: Final = Kind(NAME, events.each("matter.kept", "matter.withdrawn"), read)
