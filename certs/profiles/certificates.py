"""A subject's certificates, as a part of its profile: asked by the room's own verb for the same purpose.

Nothing is decided here. The scope that the address of look-ups demands is demanded here as well; the call is the one
that `POST /certificate-queries` makes for the holder, with its own use, receipt, misses and outcomes; a refusal is told
in the words of its problem.
"""

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from base.canonical import Json
from base.db import Database
from base.errors import DomainError
from certs.libraries.answers import Named
from certs.queries import answering
from certs.queries.calls import Call, Query
from certs.queries.wiring import Queries
from exchange.profiles.assembling import ENDS, facts_of, reason_of
from exchange.profiles.wiring import Asking, Told

SCOPE: Final = "cert:read"
# GB/T 36903: what kind of code names the holder, by the key of the subject.
HOLDER_TYPES: Final = {"credit_code": "001", "id_number": "111"}
_WORDS: Final = {
    "scope-missing": (
        "denied",
        "本系统没有查询证照的权限（cert:read）",
        "this system may not look certificates up (cert:read)",
    ),
    "name-needed": (
        "not_covered",
        "查询证照需同时给出主体名称（subject.name）",
        "certificates are asked for by code and name: subject.name is missing",
    ),
}


@dataclass(frozen=True)
class Certificates:
    """The part of a profile that tells of certificates."""

    queries: Queries
    name: str = "certificates"

    def tell(self, database: Database, asking: Asking) -> Told:
        """Look the subject's certificates up, of all types that are granted."""
        lacking = _lacking(asking)
        if lacking is not None:
            outcome, zh, en = _WORDS[lacking]
            return Told(_shaped(outcome, {"code": lacking, "zh": zh, "en": en}))
        kind = next(each for each in HOLDER_TYPES if each in asking.subject.keys)
        holder = Named(asking.subject.keys[kind], HOLDER_TYPES[kind], asking.subject.name)
        body: dict[str, Json] = {"holder": {"code": holder.code, "type": holder.type, "name": holder.name}}
        call = Call(
            asking.by,
            (Query(holder=holder, body=body),),
            asking.purpose,
            asking.at,
            told_purpose=asking.told_purpose,
            request_id=asking.request_id,
        )
        try:
            answer = json.loads(answering.answer(database, self.queries, call, _judged_already))
        except DomainError as refusal:
            outcome = ENDS.get(refusal.kind, "")
            if not outcome:
                raise
            return Told(_shaped(outcome, reason_of(refusal), facts_of(refusal)))
        usage = answer["usage_id"]
        return Told(_shaped(answer["outcome"], answer["reason"], None, answer), (usage,) if usage else ())


def _lacking(asking: Asking) -> str | None:
    if SCOPE not in asking.by.scopes:
        return "scope-missing"
    return None if asking.subject.name else "name-needed"


def _shaped(
    outcome: str, reason: dict[str, Json], problem: dict[str, Json] | None = None, answer: dict[str, Json] | None = None
) -> dict[str, Json]:
    """Give the same members whatever the outcome."""
    told: dict[str, Json] = {"outcome": outcome, "reason": reason, "problem": problem, "answer": answer}
    return told


def _judged_already(_session: Session) -> None:
    """The request was judged before anything was asked."""
