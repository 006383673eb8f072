"""A life as it is kept in a row of JSON, and read again. Pure."""

from datetime import datetime
from typing import Any

from certs.filing.cases.life import Duty, Life, Owed, Result, Side, State
from certs.filing.cases.terms import Term


def kept(life: Life) -> dict[str, Any]:
    """Write a life as JSON."""
    owed = life.owed
    return {
        "state": life.state.value,
        "owed": None if owed is None else [owed.duty.value, owed.side.value, _kept(owed.term)],
        "promised": _kept(life.promised),
        "legal": _kept(life.legal),
        "supplement_asked": life.supplement_asked,
        "extended": life.extended,
        "awaits_certificate": life.awaits_certificate,
        "result": None if life.result is None else life.result.value,
    }


def read(told: dict[str, Any]) -> Life:
    """Read a life that was kept."""
    owed, result = told["owed"], told["result"]
    return Life(
        State(told["state"]),
        None if owed is None else Owed(Duty(owed[0]), Side(owed[1]), _term(owed[2])),
        None if told["promised"] is None else _term(told["promised"]),
        None if told["legal"] is None else _term(told["legal"]),
        told["supplement_asked"],
        told["extended"],
        told["awaits_certificate"],
        None if result is None else Result(result),
    )


def _kept(term: Term | None) -> dict[str, Any] | None:
    if term is None:
        return None
    ends_at = None if term.ends_at is None else term.ends_at.isoformat()
    return {"days": term.days, "since": term.since.isoformat(), "ends_at": ends_at}


def _term(told: dict[str, Any]) -> Term:
    ends_at = None if told["ends_at"] is None else datetime.fromisoformat(told["ends_at"])
    return Term(told["days"], datetime.fromisoformat(told["since"]), ends_at)
