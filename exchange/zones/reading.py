"""Reads zones, their members, and the directories that they are made of; who sees what is not published."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import authorities
from exchange.demands import negative
from exchange.demands.demand import Wanted, forbidden
from exchange.life import READABLE
from exchange.models import Directory, DirectoryVersion
from exchange.zones.errors import NoSuchZone
from exchange.zones.life import OPEN, State
from exchange.zones.models import Zone, ZoneMember, ZoneStep, ZoneVersion
from exchange.zones.zone import Content, Fault, Known, Member, faults

AUDITOR: Final = "auditor"


def seen_by(session: Session, by: Caller) -> Select[Zone]:
    """Ask for the zones that a caller may see: what is published, and what they lead, review or provide for."""
    if AUDITOR in by.roles:
        return select(Zone)
    provided = select(ZoneMember.zone).where(ZoneMember.provider == by.organisation)
    whose = [Zone.published.is_not(None), Zone.lead == by.organisation, Zone.code.in_(provided)]
    prefix = authorities.covered_prefix(session, by)
    if prefix is not None:
        whose.append(Zone.lead_region.startswith(prefix, autoescape=True))
    return select(Zone).where(or_(*whose))


def zone_of(session: Session, code: str, by: Caller, *, locked: bool = False) -> Zone:
    """Give a zone that the caller may see; what they may not see is not there. Raises `NoSuchZone`."""
    seen = seen_by(session, by).where(Zone.code == code).with_only_columns(Zone.code)
    if session.execute(seen).one_or_none() is None:
        raise NoSuchZone(code)
    query = select(Zone).where(Zone.code == code)
    return session.scalars(query.with_for_update() if locked else query).one()


def prepares(session: Session, zone: Zone, by: Caller) -> bool:
    """Tell whether a caller may read what is not published: the lead, its authorities, providers, auditors."""
    prefix = authorities.covered_prefix(session, by)
    provided = select(ZoneMember.zone).where(ZoneMember.zone == zone.code, ZoneMember.provider == by.organisation)
    return (
        AUDITOR in by.roles
        or zone.lead == by.organisation
        or (prefix is not None and zone.lead_region.startswith(prefix))
        or session.execute(provided.limit(1)).one_or_none() is not None
    )


def versions(session: Session, zone: Zone) -> list[ZoneVersion]:
    """Give every version, the newest first."""
    query = select(ZoneVersion).where(ZoneVersion.zone == zone.code)
    return list(session.scalars(query.order_by(ZoneVersion.number.desc())))


def members(session: Session, zone: str, number: int) -> list[ZoneMember]:
    """Give the directories of a version, in their order."""
    query = select(ZoneMember).where(ZoneMember.zone == zone, ZoneMember.number == number)
    return list(session.scalars(query.order_by(ZoneMember.place)))


def history(session: Session, zone: Zone, by: Caller) -> list[ZoneStep]:
    """Give every step, in order; what came before publishing only to those who prepare the zone."""
    found = session.scalars(select(ZoneStep).where(ZoneStep.zone == zone.code).order_by(ZoneStep.id))
    is_all = prepares(session, zone, by)
    return [each for each in found if is_all or State(each.state) not in OPEN]


def member_of(row: ZoneMember) -> Member:
    """Give a row as the value that is judged."""
    return Member(row.directory, tuple(row.fields), row.keys)


def content_of(session: Session, version: ZoneVersion) -> Content:
    """Give what a version says."""
    told = tuple(member_of(each) for each in members(session, version.zone, version.number))
    return Content(version.name, version.purpose, tuple(version.matters), told)


def known(session: Session, codes: Iterable[str]) -> dict[str, Known]:
    """Read those of some directories that can be read."""
    query = (
        select(Directory, DirectoryVersion.content)
        .join(
            DirectoryVersion,
            and_(DirectoryVersion.directory == Directory.code, DirectoryVersion.number == Directory.published),
        )
        .where(
            Directory.code.in_(sorted(set(codes))),
            DirectoryVersion.state.in_(sorted(each.value for each in READABLE)),
        )
    )
    return {row.code: _known(row, content) for row, content in session.execute(query)}


def all_faults(session: Session, content: Content) -> list[Fault]:
    """Tell every fault of a content, the negative list included."""
    found = known(session, (each.directory for each in content.members))
    return [*faults(content, found), *_listed(session, content.members, found)]


def _listed(session: Session, told: Sequence[Member], found: dict[str, Known]) -> list[Fault]:
    """Tell what the negative list (负面清单) forbids of the members."""
    hits: list[Fault] = []
    for place, member in enumerate(told):
        directory = found.get(member.directory)
        if directory is None:
            continue
        wanted = Wanted(directory.owner, directory.name, member.named, "", "")
        for hit in forbidden(wanted, negative.about(session, wanted)):
            is_whole = hit.pointer == "#/name"
            pointer = f"#/members/{place}/{'directory' if is_whole else 'fields'}"
            if not hit.rule.startswith("directory:"):  # what a directory withholds itself is a fault already
                hits.append(Fault(pointer, "negative-list", hit.told, hit.rule, hit.basis))
    return hits


def _known(row: Directory, content: Any) -> Known:
    whole = str(content.get("share_type", ""))
    items = [each for each in content.get("items", ()) if each.get("name")]
    return Known(
        row.code,
        row.owner,
        row.name,
        whole,
        {str(each["name"]): str(each.get("share_type") or whole) for each in items},
        str(content.get("withheld_because") or content.get("withheld_ground") or ""),
        {str(each["name"]): str(each["not_share_reason"]) for each in items if each.get("not_share_reason")},
    )
