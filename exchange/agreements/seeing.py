"""Who sees which share requests and grants: those who ask, those who provide, the authority over it, auditors."""

from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import authorities
from exchange.agreements.errors import NoSuchGrant, NoSuchShareRequest
from exchange.agreements.granting import grant_of
from exchange.agreements.models import Grant, ShareRequest
from exchange.agreements.sharing import request_of

AUDITOR: Final = "auditor"


def requests_seen_by(session: Session, by: Caller) -> Select[ShareRequest]:
    """Ask for one's own requests and for what was forwarded to one's organisation or region; an auditor sees all."""
    query = select(ShareRequest)
    if AUDITOR in by.roles:
        return query
    others = ShareRequest.provider == by.organisation
    prefix = authorities.covered_prefix(session, by)
    if prefix is not None:
        others |= ShareRequest.provider_region.startswith(prefix, autoescape=True)
    return query.where((ShareRequest.requester == by.organisation) | (others & ShareRequest.forwarded_at.is_not(None)))


def seen_request(session: Session, request: str, by: Caller, *, locked: bool = False) -> ShareRequest:
    """Give a request that the caller may see; what they may not see is not there. Raises `NoSuchShareRequest`."""
    seen = requests_seen_by(session, by).where(ShareRequest.id == request).with_only_columns(ShareRequest.id)
    if session.execute(seen).one_or_none() is None:
        raise NoSuchShareRequest(request)
    return request_of(session, request, locked=locked)


def grants_seen_by(session: Session, by: Caller) -> Select[Grant]:
    """Ask for what one's organisation has or gave, and for what lies below an authority; an auditor sees all."""
    query = select(Grant)
    if AUDITOR in by.roles:
        return query
    whose = (Grant.grantee == by.organisation) | (Grant.provider == by.organisation)
    prefix = authorities.covered_prefix(session, by)
    return query.where(whose if prefix is None else whose | Grant.provider_region.startswith(prefix, autoescape=True))


def seen_grant(session: Session, code: str, by: Caller, *, locked: bool = False) -> Grant:
    """Give a grant that the caller may see; what they may not see is not there. Raises `NoSuchGrant`."""
    seen = grants_seen_by(session, by).where(Grant.code == code).with_only_columns(Grant.code)
    if session.execute(seen).one_or_none() is None:
        raise NoSuchGrant(code)
    return grant_of(session, code, locked=locked)
