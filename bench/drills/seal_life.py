"""Ten thousand random walks through the life of a seal, by right people and wrong ones, beside an oracle of its own.

In each walk a seal is applied for, agreed to, made, filed, activated, suspended, resumed, renewed, cancelled with or
without a successor, revoked; systems are allowed to use it and use it. Half the time somebody does what would be next,
else anybody does anything: people of the owner, of another office, systems, a person who goes by a system's name. All
of them are taken to hold every role, which the addresses check: what must hold here holds even then.

After each act the register must say what `bench.drills.seal_oracle` says, whose rules were written apart from it. An
act that succeeds against the rules is a fault, and so is one that is refused although they allow it.
"""

import functools
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base import journal
from base.callers import Caller
from base.db import Base, Database, DatabaseSettings, connect
from base.errors import DomainError
from bench.drills.seal_oracle import LIVING, ON_THE_WAY, RULES, Asked, Leave, Oracle, Who
from bench.drills.stepwise import Cases, Tried, through
from signing import authorisations, making, register
from signing.life import Step
from signing.making import Material
from signing.models import Seal, SealAuthorisation, SealUse
from signing.register import Renewal
from tests.builders.pki import AT
from tests.keys.parties.builders import CITY, PROVINCE
from tests.signing import offices
from tests.signing.offices import TYPE

NAME = "seal_life"
SEED = "yinxin-seal-life-1"
WALKS = 10_000
SHORT_WALKS = 60
STEP = 50
ACTS_A_WALK = 30
DAY = timedelta(days=1)
SMALL = offices.picture(64)
OWN = tuple(Who("person", f"own-{number}", CITY) for number in range(5))
OTHERS = tuple(Who("person", f"other-{number}", PROVINCE) for number in range(3))
SYSTEMS = tuple(Who("system", name, CITY) for name in ("gm", "intl"))
# One who goes by the name of a system, one of nowhere, and a system that goes by the name of a person.
ODD = (Who("person", "gm", CITY), Who("person", "own-0", ""), Who("system", "own-1", CITY))
EVERYBODY = (*OWN, *OWN, *OTHERS, *SYSTEMS, *ODD)
REGIONS = ("320000", "320900", "320902", "320902001", "320902001003", "320100", "330000")
TYPES = (TYPE, "11100000000013127D001", "*")
KINDS_OF_ACT = ("issue", "renew", "*")
NEXT = {"applied": "agree", "agreed": "make", "made": "file", "filed": "activate", "suspended": "resume"}
STEPS = tuple(each for each in RULES if each not in ("cancel", "revoke"))
USING = ("propose", "confirm", "use", "use", "end", "give up")
FREELY = (*STEPS, *USING, *STEPS, *USING, "renew", "renew", "cancel", "revoke", "succeed", "take back", "two at once")


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Walk, on SQLite in a folder of its own, going on where an earlier run stopped."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(url=f"sqlite:///{folder}/walks.db"), (journal.append,))
        Base.metadata.create_all(database.engine)
        try:
            told = through(Cases(NAME, SHORT_WALKS if short else WALKS, STEP, results), walks(database)).told
        finally:
            database.close()
    tally: Any = told["tally"]
    came_far = all(tally.get(f"{each}: done", 0) for each in {*FREELY, "activate"} - {"two at once"})
    return {"acts": sum(tally.values()), **told, "passed": told["passed"] and came_far}


def walks(database: Database) -> Callable[[int], Tried]:
    """Prepare the offices, and give what walks the walk of a number."""
    offices.opened(database, AT)
    with database.transaction() as session:
        heir = offices.active_seal(session, AT).id

    def walked(number: int) -> Tried:
        with database.transaction() as session:
            walk = Walk(session, random.Random(f"{SEED}/{number}"), heir)
            walk.go()
        return Tried(walk.tally, {"outcome": walk.faults[0], "more": len(walk.faults) - 1} if walk.faults else None)

    return walked


@functools.cache
def _material() -> Material:
    """Give one key to all seals: what is walked through is the register."""
    identity = offices.authority().issues("演示印章持有人", not_after=AT + 3650 * DAY)
    return Material("seal-key", identity.certificate)


@dataclass
class Walk:
    """One seal from its application on."""

    session: Session
    chance: random.Random
    heir: str
    at: datetime = AT
    oracle: Oracle = field(default_factory=lambda: Oracle(CITY))
    open_uses: list[tuple[str, str]] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def go(self) -> None:
        """Apply, and then do this and that."""
        begins, ends = self.period()
        asked = offices.application(self.at, picture=SMALL, valid_from=begins, valid_until=ends)
        who = self.chance.choice(OWN)
        self.seal = register.apply(self.session, asked, _caller(who), self.at)
        self.oracle.applied(who, begins, ends)
        for _ in range(ACTS_A_WALK):
            if not any(each.state in (*ON_THE_WAY, *LIVING) for each in self.oracle.editions) and self._chance(0.3):
                return  # nothing comes of an ended seal, and it was tried
            self.at += timedelta(hours=self.chance.choice((0, 1, 5, 30, 24 * 9)))
            self._one()
            self._compared()

    def _one(self) -> None:
        """Let somebody do something, and hold what came of it against the oracle."""
        due = self._chance(0.6)
        act = self._sensible() if due else self.chance.choice(FREELY)
        who = self.chance.choice(OWN if due or self._chance(0.5) else EVERYBODY)
        attempt = _ATTEMPTS.get(act) or functools.partial(_step, act)
        found = attempt(self, who)
        if found is None:
            return
        allowed, doing, noting = found
        try:
            with self.session.begin_nested():
                made = doing()
        except (DomainError, IntegrityError) as refusal:
            self.session.expire_all()
            self.tally[f"{act}: refused"] += 1
            if allowed:
                self._fault(act, who, f"was refused though the rules allow it: {type(refusal).__name__}")
            elif isinstance(refusal, IntegrityError) and act != "two at once":
                self._fault(act, who, "was refused by the database alone")
            return
        self.tally[f"{act}: done"] += 1
        if not allowed:
            self._fault(act, who, "succeeded against the rules")
        elif fault := noting(made):
            self._fault(act, who, fault)

    def _sensible(self) -> str:
        """Tell what would be next: the step that is due, or somebody's leave and use of a seal that lives."""
        due = [NEXT[each.state] for each in self.oracle.editions if each.state in NEXT]
        confirmed = [each for each in self.oracle.leaves.values() if each.confirmed and not each.withdrawn]
        useful = (
            ("use", "use", "use", "end", "give up", "propose", "confirm", "renew")
            if confirmed
            else ("propose", "confirm", "confirm")
        )
        return self.chance.choice(due or useful)

    def _compared(self) -> None:
        """Hold the register against the oracle, and the oracle against the law."""
        query = text("select state from signing_seal_editions where seal = :seal order by number")
        states = list(self.session.scalars(query, {"seal": self.seal.id}))
        said = [each.state for each in self.oracle.editions]
        if states != said and not self.faults:
            self.faults.append(f"the register says {states}, the rules {said}")
        if self.oracle.brought_to_life_by_fewer_than_three():
            self.faults.append("a seal is active that fewer than three people brought to life")

    def _fault(self, act: str, who: Who, what: str) -> None:
        states = [each.state for each in self.oracle.editions]
        self.faults.append(f"{act} by {who.kind} {who.id} on {states} {what}")

    def period(self) -> tuple[datetime, datetime]:
        """Choose a validity: begun, or soon to begin; some end before long."""
        begins = self.at + self.chance.choice((-1, 0, 6)) * DAY
        return begins, self.at + self.chance.choice((8, 40, 400)) * DAY

    def _chance(self, likely: float) -> bool:
        return self.chance.random() < likely

    def any_leave(self) -> str | None:
        """Choose one of the leaves, if there is one."""
        return self.chance.choice(sorted(self.oracle.leaves)) if self.oracle.leaves else None

    def leave_row(self, leave: str) -> SealAuthorisation:
        """Give the register's row of a leave."""
        return authorisations.authorisation_of(self.session, leave)


Attempt = tuple[bool, Callable[[], Any], Callable[[Any], str | None]]


def _caller(who: Who) -> Caller:
    roles = frozenset({"seal_applicant", "seal_owner", "seal_maker", "seal_custodian", "authority"})
    scopes = frozenset({"seal:use"})
    kind: Any = who.kind
    return Caller(kind, who.id, who.id, who.organisation, roles, scopes)


def _step(step: str, walk: Walk, who: Who) -> Attempt:
    """Take a step of the seal's life."""
    session, seal, at, by = walk.session, walk.seal, walk.at, _caller(who)
    acts: dict[str, Callable[[], Any]] = {
        "make": lambda: _made(session, seal, by, at),
        "file": lambda: register.file(session, seal, "演示备2026-1", by, at),
        "activate": lambda: register.activate(session, seal, "", by, at),
    }
    act = acts.get(step, lambda: register.take(session, seal, Step(step), "", by, at))
    return walk.oracle.may(step, who, at), act, lambda _: walk.oracle.took(step, who)


def _made(session: Session, seal: Seal, by: Caller, at: datetime) -> None:
    making.draw(session, seal, _material(), offices.sealing_maker(), by, at)
    making.make(session, seal, offices.sealing_maker(), by, at)


def _renew(walk: Walk, who: Who) -> Attempt:
    begins, ends = walk.period()
    asked = Renewal(begins, ends, "演示换发")
    return (
        walk.oracle.may_renew(who),
        lambda: register.renew(walk.session, walk.seal, asked, _caller(who), walk.at),
        lambda _: walk.oracle.applied(who, begins, ends),
    )


def _succeed(walk: Walk, who: Who) -> Attempt:
    heir = register.seal_of(walk.session, walk.heir)
    return (
        walk.oracle.may("cancel", who, walk.at),
        lambda: register.succeed(walk.session, walk.seal, heir, "演示机构更名", _caller(who), walk.at),
        lambda _: walk.oracle.took("cancel", who),
    )


def _propose(walk: Walk, who: Who) -> Attempt:
    chance = walk.chance
    begins = walk.at + chance.choice((-1, 0, 0, 3)) * DAY
    told = Leave(
        chance.choice(SYSTEMS).id,
        chance.choice(TYPES),
        chance.choice(KINDS_OF_ACT),
        chance.choice(REGIONS),
        begins,
        begins + chance.choice((2, 30, 300)) * DAY,
        chance.choice((1, 2, 5)),
        who.id,
    )
    asked = authorisations.Leave(
        told.system, told.document_type, told.act, told.region, told.begins, told.ends, told.ceiling, "演示授权"
    )

    def note(row: SealAuthorisation) -> None:
        walk.oracle.leaves[row.id] = told

    act = functools.partial(authorisations.propose, walk.session, walk.seal, asked, _caller(who), walk.at)
    return walk.oracle.may_propose(who), act, note


def _confirm(walk: Walk, who: Who) -> Attempt | None:
    leave = walk.any_leave()
    if leave is None:
        return None

    def note(_: object) -> None:
        walk.oracle.leaves[leave].confirmed = who.id

    act = functools.partial(authorisations.confirm, walk.session, walk.leave_row(leave), _caller(who), walk.at)
    return walk.oracle.may_confirm(leave, who), act, note


def _take_back(walk: Walk, who: Who) -> Attempt | None:
    leave = walk.any_leave()
    if leave is None:
        return None

    def note(_: object) -> None:
        walk.oracle.leaves[leave].withdrawn = True

    act = functools.partial(authorisations.withdraw, walk.session, walk.leave_row(leave), _caller(who), walk.at)
    return walk.oracle.may_withdraw(leave, who), act, note


def _use(walk: Walk, who: Who) -> Attempt:
    """Begin a use, mostly as one of the systems; which leave it counts under must be one that covers it."""
    chance, oracle, at = walk.chance, walk.oracle, walk.at
    who = chance.choice(SYSTEMS) if chance.random() < 0.9 else who
    asked = Asked(chance.choice(TYPES[:2]), chance.choice(KINDS_OF_ACT[:2]), chance.choice(REGIONS))
    confirmed = sorted(name for name, each in oracle.leaves.items() if each.confirmed and not each.withdrawn)
    if confirmed and chance.random() < 0.8:
        told = oracle.leaves[chance.choice(confirmed)]
        who = next(each for each in SYSTEMS if each.id == told.system)
        asked = Asked(
            asked.document_type if told.document_type == "*" else told.document_type,
            asked.act if told.act == "*" else told.act,
            told.region if chance.random() < 0.8 else asked.region,
        )
    allowed = oracle.allowed(who, asked, at)
    use = authorisations.Use(asked.document_type, asked.act, asked.region, "演示用印", "0" * 64)

    def note(made: Any) -> str | None:
        row, edition = made
        if row.authorisation not in allowed or row.state != "intended":
            return f"counts under a leave that does not cover it, state {row.state}"
        walk.open_uses.append((row.id, row.authorisation))
        oracle.leaves[row.authorisation].uses[row.id] = row.day
        return None if oracle.editions[edition.number - 1].state == "active" else "is of an edition that is not active"

    return bool(allowed), lambda: authorisations.begin(walk.session, walk.seal, use, _caller(who), at), note


def _ended(walk: Walk, who: Who) -> Attempt | None:
    if not walk.open_uses:
        return None
    use, _ = walk.open_uses.pop()
    row = walk.session.get_one(SealUse, use)
    digest = "1" * 64
    return True, lambda: authorisations.end(walk.session, row, digest, digest, _caller(who), walk.at), lambda _: None


def _given_up(walk: Walk, who: Who) -> Attempt | None:
    """Give a use up, after which it counts no more."""
    if not walk.open_uses:
        return None
    use, leave = walk.open_uses.pop()
    row = walk.session.get_one(SealUse, use)

    def note(_: object) -> None:
        walk.oracle.leaves[leave].uses.pop(use)

    return True, lambda: authorisations.give_up(walk.session, row, "drill", _caller(who), walk.at), note


def _two_at_once(walk: Walk, _who: Who) -> Attempt | None:
    """Reach past the verbs: let a second edition live beside the first."""
    states = [each.state for each in walk.oracle.editions]
    if not any(each in ("active", "suspended") for each in states) or len(states) == 1:
        return None
    number = next(number for number, each in enumerate(states, 1) if each not in ("active", "suspended"))
    query = text("update signing_seal_editions set state = 'active' where seal = :seal and number = :number")
    return False, lambda: walk.session.execute(query, {"seal": walk.seal.id, "number": number}), lambda _: None


_ATTEMPTS: dict[str, Callable[[Walk, Who], Attempt | None]] = {
    "renew": _renew,
    "succeed": _succeed,
    "propose": _propose,
    "confirm": _confirm,
    "take back": _take_back,
    "use": _use,
    "end": _ended,
    "give up": _given_up,
    "two at once": _two_at_once,
}
