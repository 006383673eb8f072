"""Received elsewhere (scene 7): a window in one county files for another county's organ, and never sees it.

The window of 演示县 receives, the approval bureau of 演示区 decides and issues, and the result comes back by courier.
What the window asks for in the case is a use like every other: the applicant says how it went, of that very use.
"""

import json
from datetime import datetime
from typing import Final

from base.callers import Caller
from base.program import Running
from certs import sample_organs
from certs.filing.cases.models import Case
from certs.queries import answering
from certs.queries.calls import Call, Query
from certs.queries.wiring import Queries
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from keys.parties.organisations import organisation_of

# The window of the other county, its system there, and the case that it received.
WINDOW: Final = "far-window"
STORY: Final = "delivered"
SCOPES: Final = frozenset({"case:write", "cert:read", "filing:write"})


def used(running: Running, number: str, at: datetime) -> str:
    """Look up, as the far window, what the organ issued in the case; give the number of this use."""
    with running.database.reading() as session:
        case = session.get_one(Case, number)
        region = organisation_of(session, sample_organs.code(WINDOW)).region
        asked = Query(identifier=case.certificate or "")
        purpose = _purpose(case, region)
    call = Call(_window(), (asked,), purpose, at)
    told = json.loads(answering.answer(running.database, running.parts[Queries], call, lambda _session: None))
    return str(told["usage_id"])


def _purpose(case: Case, region: str) -> Purpose:
    return Purpose(
        item_code=case.item_code,
        item_name=case.item_name,
        stage=Stage.REVIEW,
        basis=Basis(BasisKind.CASE, case.number),
        ground=Ground.STATUTORY,
        grant_code=None,
        operator=Operator(OperatorKind.PERSON, "演示窗口人员", sample_organs.NAMES[WINDOW]),
        handling_region=region,
        reason="异地代收，向申请人转交结果（演示）",
    )


def _window() -> Caller:
    return Caller("person", "sandbox-window", "演示窗口人员", sample_organs.code(WINDOW), frozenset({"window"}))
