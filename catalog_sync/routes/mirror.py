"""The mirror below `/api/v1/sync/mirror`: for whoever reads directories, decided by those who run synchronisation."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, PageQuery
from base.paging import PageAsked, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from catalog_sync.mirror import loads, searching
from catalog_sync.mirror.models import MirrorCatalog, MirrorLoad, MirrorStaged
from catalog_sync.mirror.schemas import (
    MirrorCatalogDetailSchema,
    MirrorCatalogQuery,
    MirrorCatalogsSchema,
    MirrorCodesQuery,
    MirrorCodesSchema,
    MirrorDecisionSchema,
    MirrorLoadQuery,
    MirrorLoadSchema,
    MirrorLoadsSchema,
    MirrorRejectsSchema,
    MirrorRunSchema,
    MirrorRunsSchema,
)
from catalog_sync.routes.hands import HANDS, READERS, SCOPE, require_hands
from catalog_sync.wiring import Sync

mirror_routes = Blueprint("sync-mirror", __name__, description="国家目录与代码表镜像 · copies from other platforms")

# Whoever may look for a directory of ours may look for one of the nation's.
SEEKERS: Final = {"steward", "reviewer", "authority", "provider", "requester", "auditor", "operator"}
LOADS: Final = "/sync/mirror/loads"


@mirror_routes.route("/sync/mirror/catalogs", methods=["GET"])
@guarded(scope="directory:write", roles=SEEKERS)
@reads
@takes(MirrorCatalogQuery, location="query")
@gives(MirrorCatalogsSchema)
def catalogs(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Find directories of other platforms, with counts to narrow them; ours beside them only where `own` says so."""
    page: PageAsked = asked["page"]
    query = searching.catalogs(session, asked)
    found = parts(Pager).page(session, query, (MirrorCatalog.id,), page, "sync-mirror-catalogs")
    told: dict[str, Any] = {
        "items": found.items,
        "next_cursor": found.next_cursor,
        "facets": searching.facets(session, query),
    }
    if asked["own"]:
        told["own"] = searching.own(session, asked["q"] or "", page.limit)
    return told


@mirror_routes.route("/sync/mirror/catalogs/<int:number>", methods=["GET"])
@guarded(scope="directory:write", roles=SEEKERS)
@reads
@gives(MirrorCatalogDetailSchema)
def catalog(session: Session, number: int) -> MirrorCatalog:
    """Give a directory of another platform with its items."""
    return searching.catalog(session, number)


@mirror_routes.route("/sync/mirror/codes/<string:table>", methods=["GET"])
@guarded(scope="directory:write", roles=SEEKERS)
@reads
@takes(MirrorCodesQuery, location="query")
@gives(MirrorCodesSchema)
def codes(session: Session, asked: dict[str, Any], table: str) -> dict[str, Any]:
    """Give a code table: the version that holds there now, or the one that is asked for."""
    shown, *_ = searching.code_tables(session, table, **asked)
    kept = searching.code_tables(session, table, asked["source"], None)
    names = ("source", "version", "digest", "first_seen_at", "last_seen_at", "gone_since", "name", "title", "content")
    return {**{name: getattr(shown, name) for name in names}, "versions": kept}


@mirror_routes.route("/sync/mirror/runs", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(MirrorRunSchema)
@gives(MirrorRunsSchema, 202)
def run(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Have what other platforms offer read by the next run, whenever it is due."""
    require_hands()
    told = searching.ask(
        session, parts(Sync), asked["target"], asked["kind"], caller(), clock.now(), whole=asked["whole"]
    )
    return {"asked": told}


@mirror_routes.route(LOADS, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(MirrorLoadQuery, location="query")
@gives(MirrorLoadsSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List the readings, the oldest first."""
    page: PageAsked = asked.pop("page")
    chosen = (getattr(MirrorLoad, name) == value for name, value in asked.items() if value is not None)
    found = parts(Pager).page(session, select(MirrorLoad).where(*chosen), (MirrorLoad.id,), page, "sync-mirror-loads")
    return {"items": [_shown(row) for row in found.items], "next_cursor": found.next_cursor}


@mirror_routes.route(f"{LOADS}/<int:number>/rejects", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(MirrorRejectsSchema)
def rejects(session: Session, asked: dict[str, Any], number: int) -> dict[str, Any]:
    """List the rows of a reading that were not taken, each with its fault and where it is."""
    load = loads.load_of(session, number)
    query = select(MirrorStaged).where(MirrorStaged.load == load.id, MirrorStaged.fault != "")
    by = (MirrorStaged.load, MirrorStaged.number)
    found = parts(Pager).page(session, query, by, asked["page"], "sync-mirror-rejects")
    return {"items": found.items, "next_cursor": found.next_cursor}


@mirror_routes.route(f"{LOADS}/<int:number>/decisions", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(MirrorDecisionSchema)
@gives(MirrorLoadSchema)
def decide(session: Session, asked: dict[str, Any], number: int) -> dict[str, Any]:
    """Apply or drop a reading that is held."""
    require_hands()
    settings = parts(Sync).settings
    applies, reason = asked["applies"], asked["reason"]
    return _shown(loads.decide(session, settings, number, reason, caller(), clock.now(), applies=applies))


def _shown(row: MirrorLoad) -> dict[str, Any]:
    names = [name for name in MirrorLoadSchema().fields if name != "whole"]
    return {"whole": not row.since, **{name: getattr(row, name) for name in names}}
