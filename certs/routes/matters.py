"""Matters, what stands in for their materials, and how that is published, below `/api/v1`.

What a matter asks for is public, as every guide to it is; speaking for it takes the organ's steward or an authority.
"""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, open_to_all, parts, reads, tagged, takes, writes
from base.workdays import local_day
from certs.filing.matters import correspondence, publishing, schemas, situations
from certs.filing.matters import matters as verbs
from certs.filing.matters.correspondence import Of
from certs.filing.matters.models import CatalogueEntry, MatterItem
from certs.filing.matters.publishing import NewUseList
from certs.filing.matters.schemas import (
    AskedMaterialsSchema,
    CataloguePage,
    CatalogueQuery,
    CorrespondenceSchema,
    MaterialQuery,
    MatterPage,
    MatterPlaceQuery,
    MatterQuery,
    MatterSchema,
    MatterUseListDraftSchema,
    MatterUseListSchema,
    MatterVersionsSchema,
    SaidSchema,
)
from certs.wiring import Certs
from exchange.agreements.models import UseList
from exchange.agreements.use_list_schemas import UseListPublicationSchema, UseListSchema

matters = Blueprint("matters", __name__, description="事项与材料证照对照 · matters and what stands in for materials")

SPEAKERS = {"steward", "authority"}
AUTHORITY = {"authority"}
PLACE = "/matters/<string:code>"


@matters.route("/matters", methods=["GET"])
@open_to_all
@reads
@takes(MatterQuery, location="query")
@gives(MatterPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[MatterItem]:
    """List matters: by words, the beginning of a code, a region · 查询事项."""
    query = verbs.listed(session, asked["q"], asked["code"], asked["region"])
    return parts(Pager).page(session, query, (MatterItem.item_code,), asked["page"], "matters")


@matters.route("/matter-catalogue", methods=["GET"])
@open_to_all
@reads
@takes(CatalogueQuery, location="query")
@gives(CataloguePage)
def catalogue(session: Session, asked: dict[str, Any]) -> Page[CatalogueEntry]:
    """List the basic catalogue: what there is at all, whoever carries it out · 基本目录."""
    query = verbs.catalogue(asked["q"], asked["code"])
    by = (CatalogueEntry.basic_code, CatalogueEntry.name)
    return parts(Pager).page(session, query, by, asked["page"], "matter-catalogue")


@matters.route(PLACE, methods=["GET"])
@open_to_all
@reads
@takes(MatterPlaceQuery, location="query")
@gives(MatterSchema)
def one(session: Session, asked: dict[str, Any], code: str) -> dict[str, Any]:
    """Give a matter by 12, 31 or 33 characters; twelve that name several: 409 with the candidates · 事项详情."""
    found = verbs.matter_of(session, code, asked["at"] or clock.now(), asked["region"])
    return schemas.shown(found)


@matters.route(f"{PLACE}/materials", methods=["GET"])
@open_to_all
@reads
@takes(MaterialQuery, location="query")
@gives(AskedMaterialsSchema)
def materials(session: Session, asked: dict[str, Any], code: str) -> dict[str, Any]:
    """Give what a matter asks for in a situation, and the questions that are still open · 情形材料清单."""
    found = verbs.matter_of(session, code, asked["at"] or clock.now(), asked["region"])
    situation = asked["situation"]
    return {
        "matter": found.item_code,
        "version": found.version,
        "situation": situation,
        "materials": [schemas.shown_material(each) for each in situations.asked(found, situation)],
        "open_questions": [schemas.shown_question(each) for each in situations.still_open(found, situation)],
    }


@matters.route(f"{PLACE}/versions", methods=["GET"])
@open_to_all
@reads
@gives(MatterVersionsSchema)
def versions(session: Session, code: str) -> dict[str, Any]:
    """List the versions of a matter by its 33 characters · 事项版本."""
    return {"items": verbs.versions(session, code)}


@matters.route(f"{PLACE}/correspondence", methods=["POST"])
@guarded(roles=SPEAKERS)
@writes
@takes(CorrespondenceSchema)
@gives(SaidSchema, 201)
def correspond(session: Session, told: dict[str, Any], code: str) -> dict[str, Any]:
    """Say what can stand in for a material from a day on · 登记材料与证照对照."""
    at = clock.now()
    since: date = told["effective_from"] or local_day(at)
    of = Of(code, told["matter_name"], told["material"])
    made = correspondence.correspond(session, of, told["replacements"], since, caller(), at)
    return {"code": code, "material": of.material, "replacements": len(made)}


@matters.route(f"{PLACE}/use-lists", methods=["POST"])
@guarded(roles=AUTHORITY)
@writes
@takes(MatterUseListDraftSchema)
@gives(UseListSchema, 201)
def draft(session: Session, told: dict[str, str], code: str) -> UseList:
    """Draft the next use list with one matter said anew; every other matter keeps its rows · 起草用证清单."""
    new = NewUseList(told["title"], told["basis"], (code,))
    return _shown(publishing.draft(session, parts(Certs).types, new, caller(), clock.now()))


@matters.route("/matter-use-lists", methods=["POST"])
@guarded(roles=AUTHORITY)
@writes
@takes(MatterUseListSchema)
@gives(UseListSchema, 201)
def draft_several(session: Session, new: NewUseList) -> UseList:
    """Draft the next use list with several matters said anew, or all · 起草多个事项的用证清单."""
    return _shown(publishing.draft(session, parts(Certs).types, new, caller(), clock.now()))


@matters.route("/matter-use-lists/<string:list_id>/publications", methods=["POST"])
@guarded(roles=AUTHORITY)
@writes
@takes(UseListPublicationSchema)
@gives(UseListSchema)
def publish(session: Session, told: dict[str, Any], list_id: str) -> UseList:
    """Let the draft come into force, by another person than its writer · 公布用证清单."""
    return _shown(publishing.publish(session, list_id, told["effective_from"], caller(), clock.now()))


def _shown(row: UseList) -> UseList:
    tagged(f"use-list:{row.id}:{row.version}")
    return row
