"""Zones and profiles below `/api/v1`: declared, reviewed, asked for once, called; what is shared about one subject."""

import functools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from base import clock
from base.acting import request_id
from base.api import Blueprint
from base.audit import Thing
from base.canonical import Json, canonical
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from exchange.door.edges import attempts_recorded, judged_signature
from exchange.door.wiring import Gateway
from exchange.mounting.wiring import MountParts
from exchange.profiles import assembling, planning
from exchange.profiles.assembling import House
from exchange.profiles.planning import Planned
from exchange.profiles.schemas import ProfileQuerySchema, SharedSubjectSchema
from exchange.profiles.wiring import Asking, Profiles
from exchange.zones import declaring, reading, requesting
from exchange.zones.coverage import coverage
from exchange.zones.declaring import THING
from exchange.zones.life import Step
from exchange.zones.models import Zone
from exchange.zones.schemas import (
    NewZoneSchema,
    ZoneContentSchema,
    ZoneCoverageSchema,
    ZoneHistorySchema,
    ZonePage,
    ZoneProviderSchema,
    ZoneQueryArguments,
    ZoneQuerySchema,
    ZoneReasonSchema,
    ZoneRequestSchema,
    ZoneReviewSchema,
    ZoneRowSchema,
    ZoneSchema,
    ZoneVersionSchema,
)
from exchange.zones.zone import Content

zones = Blueprint("zones", __name__, description="专题库与主体档案 · zones and profiles")

SCOPE = "share:write"
LEADS = {"authority", "steward"}
ASKERS = {"requester"}
READERS = {"requester", "reviewer", "steward", "provider", "authority", "auditor"}
PLACE = "/zones/<zone>"
# A subject, a purpose, and twenty codes.
BODY_BYTES = 32 * 1024


@zones.route("/zones", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(ZoneQueryArguments, "query")
@gives(ZonePage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Zone]:
    """List the zones that are published, and those that one leads, reviews or provides for · 专题库列表."""
    query = reading.seen_by(session, caller())
    if asked["lead"] is not None:
        query = query.where(Zone.lead == asked["lead"])
    return parts(Pager).page(session, query, (Zone.created_at, Zone.code), asked["page"], "zones")


@zones.route("/zones", methods=["POST"])
@guarded(roles=LEADS)
@writes
@takes(NewZoneSchema)
@gives(ZoneSchema, 201)
def declare(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Begin a zone that one's own organisation leads · 新建专题库."""
    return _shown(session, declaring.declare(session, told["code"], told["content"], caller(), clock.now()))


@zones.route(PLACE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(ZoneSchema)
def one(session: Session, zone: str) -> dict[str, Any]:
    """Give a zone with its versions · 单个专题库."""
    return _shown(session, reading.zone_of(session, zone, caller()))


@zones.route(f"{PLACE}/history", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(ZoneHistorySchema)
def history(session: Session, zone: str) -> dict[str, Any]:
    """Tell what happened to a zone, step by step · 专题库办理过程."""
    return {"items": reading.history(session, reading.zone_of(session, zone, caller()), caller())}


@zones.route(f"{PLACE}/coverage", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(ZoneCoverageSchema)
def covered(session: Session, zone: str) -> dict[str, Any]:
    """Tell what one's own organisation has of a zone, directory by directory · 专题库授权覆盖情况."""
    return _covered(session, reading.zone_of(session, zone, caller()))


@zones.route(f"{PLACE}/versions", methods=["POST"])
@guarded(roles=LEADS)
@writes
@takes(ZoneContentSchema)
@gives(ZoneSchema, 201)
def write(session: Session, content: Content, zone: str) -> dict[str, Any]:
    """Write the draft anew, or begin a new version beside the published one · 修订专题库."""
    row = reading.zone_of(session, zone, caller(), locked=True)
    declaring.write(session, row, content, caller(), clock.now())
    return _shown(session, row)


@zones.route(f"{PLACE}/submissions", methods=["POST"])
@guarded(roles=LEADS)
@writes
@takes(ZoneReasonSchema)
@gives(ZoneSchema)
def submit(session: Session, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """Hand the draft to the authority; its providers are told · 提交审核."""
    return _taken(session, zone, Step.SUBMIT, told)


@zones.route(f"{PLACE}/reviews", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(ZoneReviewSchema)
@gives(ZoneSchema)
def review(session: Session, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """Publish what was submitted, or return it with the reason · 审核专题库."""
    return _taken(session, zone, Step(told.pop("decision")), told)


@zones.route(f"{PLACE}/discards", methods=["POST"])
@guarded(roles=LEADS)
@writes
@takes(ZoneReasonSchema)
@gives(ZoneSchema)
def discard(session: Session, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """Discard the draft; its record stays · 废弃草稿."""
    return _taken(session, zone, Step.DISCARD, told)


@zones.route(f"{PLACE}/withdrawals", methods=["POST"])
@guarded(roles=LEADS)
@writes
@takes(ZoneReasonSchema)
@gives(ZoneSchema)
def withdraw(session: Session, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """Withdraw the published zone; grants stay as they are · 撤销专题库."""
    return _taken(session, zone, Step.WITHDRAW, told)


@zones.route(f"{PLACE}/objections", methods=["POST"])
@guarded(roles={"provider"})
@writes
@takes(ZoneProviderSchema)
@gives(ZoneSchema)
def object_to(session: Session, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """Object to one's directory's place in a zone that is being reviewed · 提供部门对列入提出异议."""
    row = reading.zone_of(session, zone, caller(), locked=True)
    declaring.object_to(session, row, told["directory"], told["reason"], caller(), clock.now())
    return _shown(session, row)


@zones.route(f"{PLACE}/departures", methods=["POST"])
@guarded(roles={"provider"})
@writes
@takes(ZoneProviderSchema)
@gives(ZoneSchema)
def depart(session: Session, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """Take one's directory out of a published zone · 提供部门撤出目录."""
    row = reading.zone_of(session, zone, caller(), locked=True)
    declaring.depart(session, row, told["directory"], told["reason"], caller(), clock.now())
    return _shown(session, row)


@zones.route(f"{PLACE}/requests", methods=["POST"])
@guarded(scope=SCOPE, roles=ASKERS)
@writes
@takes(ZoneRequestSchema)
@gives(ZoneCoverageSchema, 201)
def request_all(session: Session, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """Ask for a zone once: a share request for each directory that is lacking · 一次申请整个专题库."""
    row = reading.zone_of(session, zone, caller(), locked=True)
    requesting.ask(session, row, told["legal_basis"], told["scene"], told["clauses"], caller(), clock.now())
    return _covered(session, row)


@zones.route(f"{PLACE}/queries", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="data:read")
@attempts_recorded
@takes(ZoneQuerySchema)
@gives(SharedSubjectSchema)
def query(asked: dict[str, Any], zone: str) -> Response:
    """Call a zone: each directory by the caller's own grants, with its own outcome, use and receipt · 查询专题库.

    An Idempotency-Key is not honoured: an answer that is kept would be somebody's data, kept.
    """
    asking, house = _asking(asked), _house()
    plan = functools.partial(planning.of_zone, code=zone, subject=asking.subject)
    return _answer(assembling.assemble(house, asking, plan, judged_signature, Thing(THING, zone)))


@zones.route("/profiles", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="data:read")
@attempts_recorded
@takes(ProfileQuerySchema)
@gives(SharedSubjectSchema)
def profile(asked: dict[str, Any]) -> Response:
    """Give what is shared about one enterprise or person, through the caller's own grants · 一企一档、一人一档.

    An Idempotency-Key is not honoured: an answer that is kept would be somebody's data, kept.
    """
    asking, house = _asking(asked), _house(parts(Profiles))

    def plan(session: Session) -> Sequence[Planned]:
        told = asked["directories"], asked["zones"]
        return planning.of_profile(session, asking.subject, *told, asking.purpose, asking.by, asking.at)

    thing = assembling.subject_thing(house, asking)
    return _answer(assembling.assemble(house, asking, plan, judged_signature, thing))


def _answer(told: dict[str, Json]) -> Response:
    """Write the answer as the gate writes its own, so that each member's digest can be made from it."""
    return Response(canonical(told), content_type="application/json")


def _asking(asked: dict[str, Any]) -> Asking:
    return Asking(caller(), asked["subject"], asked["purpose"], asked["told_purpose"], clock.now(), request_id())


def _house(beside: Profiles | None = None) -> House:
    told = parts(Database), parts(Gateway), parts(MountParts)
    return House(*told, beside.parts if beside is not None else ())


def _taken(session: Session, zone: str, step: Step, told: dict[str, Any]) -> dict[str, Any]:
    row = reading.zone_of(session, zone, caller(), locked=True)
    declaring.take(session, row, step, told["reason"], caller(), clock.now())
    return _shown(session, row)


def _covered(session: Session, row: Zone) -> dict[str, Any]:
    items = coverage(session, row, caller().organisation, clock.now())
    counts = Counter(each.cover.value for each in items)
    return {"zone": row.code, "number": row.published, "counts": dict(counts), "items": items}


def _shown(session: Session, row: Zone) -> dict[str, Any]:
    """Show a zone; versions that are not published only to those who prepare them."""
    versions = reading.versions(session, row)
    if not reading.prepares(session, row, caller()):
        versions = [each for each in versions if each.published_at is not None]
    members = {name: getattr(row, name) for name in ZoneRowSchema().fields}
    return {**members, "versions": [_version(session, each) for each in versions]}


def _version(session: Session, row: Any) -> dict[str, Any]:
    names = set(ZoneVersionSchema().fields) - {"members"}
    told = {name: getattr(row, name) for name in names}
    return {**told, "members": reading.members(session, row.zone, row.number)}
