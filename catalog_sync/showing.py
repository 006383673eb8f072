"""How rows of the outbox are shown, to the API and on pages: what everyone who may read sees, and what only hands see.

What a row says, and the words in which a platform refused it, may quote a person: only those who run synchronisation
are shown them, and the content only where a person has to decide about it.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from base.callers import Caller
from base.paging import PageAsked, Pager
from catalog_sync import contents, outbox, state
from catalog_sync.models import Outbox
from catalog_sync.states import STOPPED, State
from catalog_sync.wiring import Sync

# What a row shows wherever it is listed.
COLUMNS: Final = tuple(
    "number target kind thing version operation key state code attempts tries upstream_id receipt written_at "
    "changed_at next_at".split()
)


def rows(session: Session, pager: Pager, query: Select[Any], page: PageAsked, name: str) -> dict[str, Any]:
    """Give a page of rows, without what they say.

    Raises `UnknownCursor`.
    """
    told = query.options(defer(Outbox.content), defer(Outbox.corrected))
    found = pager.page(session, told, (Outbox.number,), page, name)
    numbers = [each.number for each in found.items]
    is_corrected = Outbox.number.in_(numbers) & Outbox.corrected.is_not(None)
    corrected = set(session.scalars(select(Outbox.number).where(is_corrected)))
    items = [_listed(each, is_corrected=each.number in corrected) for each in found.items]
    return {"items": items, "next_cursor": found.next_cursor}


def row(session: Session, sync: Sync, shown: Outbox, by: Caller, at: datetime) -> dict[str, Any]:
    """Give a row with its history, what it needs, and why it is stuck."""
    session.flush()
    is_corrected, is_run = shown.corrected is not None, sync.is_run_by(by)
    told = _listed(shown, is_corrected=is_corrected)
    if State(shown.state) in STOPPED and shown.attempts and is_run:
        told["content"] = contents.opened(session, sync.keys, shown)
        if is_corrected:
            told["written_content"] = contents.opened(session, sync.keys, shown, as_written=True)
    told["needs"] = [{"kind": kind, "id": thing} for kind, thing in shown.needs]
    told["transitions"] = [
        {
            "at": each.at,
            "before": each.before,
            "after": each.after,
            "attempt": each.attempt,
            "code": each.code,
            # A platform's words quote what they refuse.
            "words": contents.opened_words(session, sync.keys, each.words) if is_run else "",
            "by": each.by,
        }
        for each in outbox.steps_of(session, shown)
    ]
    told["stuck"] = [
        {"code": each.code, "facts": dict(each.facts), "detail": {"zh": each.zh, "en": each.en}}
        for each in (state.why(session, sync, shown, at) if shown.target in sync.targets else ())
    ]
    return told


def _listed(shown: Outbox, *, is_corrected: bool) -> dict[str, Any]:
    return {"is_corrected": is_corrected, **{name: getattr(shown, name) for name in COLUMNS}}
