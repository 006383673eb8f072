"""The sandbox's holder: one person who has a card, speaks for a firm, and acts for somebody whose card needs consent.

With them a visitor walks what holders do: look at what is theirs and at who used it, show a code at the counter, agree
to a use, say what they think of it. The papers that let them act are invented and marked 演示, like everybody here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.program import Running, Sandbox
from certs.drafts import Holder
from certs.holders import bindings
from certs.holders.bindings import Binding, Capacity
from certs.sample_magic import MAGIC
from certs.wiring import Certs

YEAR: Final = timedelta(days=365)
# Who the person is, and for whom of the magic holders they act: the one whose card is given with consent alone.
SELF: Final = "0001"
REPRESENTED: Final = "0403"


def sample(running: Running, sandbox: Sandbox, firm: Holder, at: datetime) -> None:
    """Bind the person of the role `holder`, where the sandbox has people, and tell the visitor for whom they speak."""
    people = {role: each for each in sandbox.told.get("people", ()) for role in each["roles"]}
    if "holder" not in people:
        return
    with running.database.transaction() as session:
        found = _bound(session, running.parts[Certs], people, firm, at)
    sandbox.told["holders"] = [
        {
            "login": people["holder"]["login"],
            "holder_code": each.holder.code,
            "holder_type": each.holder.type,
            "holder_name": each.holder.name,
            "capacity": each.capacity.value,
        }
        for each in found
    ]


def _bound(
    session: Session, parts: Certs, people: Mapping[str, Any], firm: Holder, at: datetime
) -> tuple[Binding, ...]:
    person, security = people["holder"]["id"], people["secadmin"]
    by = Caller("person", security["id"], security["name"], security["organisation"], frozenset({"secadmin"}))
    agreed = (
        Binding(person, MAGIC[SELF].holder, Capacity.SELF),
        Binding(person, firm, Capacity.LEGAL_REPRESENTATIVE, "演示法定代表人身份证明书"),
        Binding(person, MAGIC[REPRESENTED].holder, Capacity.AGENT, "演示授权委托书", at + YEAR),
    )
    for each in agreed:
        bindings.bind(session, parts.keys, each, by, at)
    return agreed
