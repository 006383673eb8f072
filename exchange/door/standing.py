"""Whether the grants of calls still stand as they were judged: asked in the transaction that records the calls.

Between judging a call and recording it a source was asked, which may take seconds. One statement tells for all calls of
a transaction which grants were changed meanwhile; only their calls are judged once more. What a use list implies has no
row to look at and is always judged once more.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from base.errors import DomainError
from exchange.agreements.models import Grant, RegisteredCaller
from exchange.door.errors import GrantChanged
from exchange.door.recording import Draft
from exchange.life import State
from exchange.models import Directory

_QUERY = (
    select(Grant.code, Grant.changed_at, Directory.state, RegisteredCaller.changed_at)
    .join(Directory, Directory.code == Grant.directory)
    .outerjoin(RegisteredCaller, RegisteredCaller.organisation == Grant.grantee)
    .where(Grant.code.in_(bindparam("codes", expanding=True)))
)


def gone(session: Session, drafts: Sequence[Draft], at: datetime) -> dict[str, DomainError]:
    """Tell which calls must not be answered any more, by the id of their use, and why."""
    codes = sorted({each.use.grant for each in drafts})
    rows = session.connection().execute(_QUERY, {"codes": codes})
    found = {code: (grant, state, kind) for code, grant, state, kind in rows}
    told: dict[str, DomainError] = {}
    for draft in drafts:
        told |= {} if _is_untouched(draft, found.get(draft.use.grant)) else _judged_again(session, draft, at)
    return told


def _is_untouched(draft: Draft, found: tuple[datetime, str, datetime | None] | None) -> bool:
    """Tell whether nothing that was judged has changed since the call came in."""
    if found is None:
        return False
    changed_at, state, kind_changed_at = found
    recent = [each for each in (changed_at, kind_changed_at) if each is not None and each >= draft.use.at]
    return not recent and state != State.WITHDRAWN and draft.use.at < draft.allowed.contract.ends


def _judged_again(session: Session, draft: Draft, at: datetime) -> dict[str, DomainError]:
    try:
        same = draft.again(session, at).contract == draft.allowed.contract
    except DomainError as refusal:
        return {draft.use.id: refusal}
    return {} if same else {draft.use.id: GrantChanged(draft.use.grant)}
