"""Asks every source of a look-up at once, each through its own gate, within one deadline.

Certificates are asked for by `certs.queries.answering`, rows of directories by `exchange.door.gateway`: the same verbs
that serve everybody, so that grants, consents, quotas, masks and the record of the use are theirs, and nothing is
answered here that is not on record there. Each question is a call of its own: one that is refused, be it because a
consent was withdrawn meanwhile, takes nothing from the others. What has not come when the deadline is over is told as
slow; it is on record all the same when it does come, and thrown away unread.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json
from base.db import Database
from base.errors import DomainError
from certs.filing.lookups.questions import Ended, Question
from certs.filing.matter import Means
from certs.libraries.answers import Named
from certs.queries import answering, calls
from certs.queries.wiring import Queries
from exchange.agreements.purposes import Purpose
from exchange.door import asking, gateway
from exchange.mounting.wiring import MountParts
from exchange.sources import questions
from exchange.sources.source import Test
from keys.parties.request_signing import Judged

# The window waits for it (under 3 s where all is well); a source that needs longer is asked again by hand.
DEADLINE_SECONDS: Final = 8.0
# A case has some ten sources; more would only wait for the database.
TOGETHER: Final = 8


@dataclass(frozen=True)
class Asker:
    """Asks in somebody's name for one purpose."""

    database: Database = field(repr=False)
    parts: Queries = field(repr=False)
    sources: MountParts = field(repr=False)
    by: Caller
    purpose: Purpose
    told_purpose: Mapping[str, Json] = field(repr=False)
    at: datetime
    request_id: str = ""
    seconds: float = DEADLINE_SECONDS


def ask(
    asker: Asker, asked: Sequence[Question], holders: Sequence[Named], signed: Judged | None
) -> dict[tuple[Means, str, int], Ended]:
    """Ask every question; tell how each ended. A signature is spent with the first of them.

    Raises what is no refusal: a fault of ours must not look like an answer.
    """
    asker.parts.open(asker.database)
    pool = ThreadPoolExecutor(min(TOGETHER, len(asked)) or 1, thread_name_prefix="filing-lookup")
    try:
        running: dict[Future[Ended], Question] = {
            pool.submit(_one, asker, each, holders[each.holder], None if place else signed): each
            for place, each in enumerate(asked)
        }
        done, _ = wait(running, timeout=asker.seconds)
        return {
            (each.means, each.target, each.holder): future.result() if future in done else Ended(is_slow=True)
            for future, each in running.items()
        }
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one(asker: Asker, question: Question, holder: Named, signed: Judged | None) -> Ended:
    judge: Callable[[Session], Judged | None] = lambda _session: signed  # noqa: E731 - the gates take a judge
    try:
        told = (
            _row(asker, question, holder, judge) if question.key_item else _certificate(asker, question, holder, judge)
        )
    except DomainError as refusal:
        return Ended(refusal=refusal)
    return Ended(json.loads(told))


def _certificate(asker: Asker, question: Question, holder: Named, judge: gateway.Judge) -> bytes:
    named = {"code": holder.code, "type": holder.type, "name": holder.name}
    body: dict[str, Json] = {
        "holder": dict(named),
        "certificate_type": question.target,
        "fields": list(question.fields),
    }
    query = calls.Query(holder=holder, type=question.target, fields=question.fields, body=body)
    told = dict(asker.told_purpose)
    call = calls.Call(asker.by, (query,), asker.purpose, asker.at, told_purpose=told, request_id=asker.request_id)
    return answering.answer(asker.database, asker.parts, call, judge)


def _row(asker: Asker, question: Question, holder: Named, judge: gateway.Judge) -> bytes:
    """Ask a directory by the item that names the holder. Raises what the gateway raises."""
    conditions = (questions.Asked(question.key_item, Test.EQUAL.value, [holder.code]),)
    fields = tuple(dict.fromkeys((*question.fields, question.key_item)))
    body: dict[str, Json] = {
        "purpose": dict(asker.told_purpose),
        "fields": list(fields),
        "conditions": [{"item": question.key_item, "test": "equal", "values": [holder.code]}],
    }
    query = asking.Query(asker.purpose, fields, (conditions,), body=body)
    call = asking.Call(asker.by, question.target, query, asker.at, asker.request_id)
    return gateway.answer(asker.database, asker.parts.gateway, asker.sources, call, judge)
