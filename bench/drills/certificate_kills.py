"""Drill: a process that issues certificates is killed at its system calls, then everything on record is compared.

A child issues a certificate as the result of a case, changes it, and asks for the first once more, through the same
code as the address; its key tells when it has signed. strace lists the system calls; then the child is run anew and
killed (SIGKILL) as it enters a chosen one, and at random moments after a signature, since verifying asks the system for
little. After each kill, as a service does that starts again:

1. row, events, audit entries, events of the house, files, uses of the seal and numbers agree (`certificate_records`):
   no half certificate, no act without its record, no record without its act; what the key signed has its use on record;
2. whatever was answered as issued is valid, with a file that opens and is the one that was sealed;
3. a certificate that was left to be signed is signed then, once; the same request makes no second one;
4. nothing is left open, everything agrees again, and the ledger verifies.

The checker is shown to shout: a naive issuer that makes the certificate valid before it is sealed, and one that writes
the event in a transaction after that, must both be caught.
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base import audit, clock, ledger
from base.audit import Tree
from base.db import Database, inserting
from base.ledger_verification import verify, verify_since
from bench.drills import certificate_records, striking
from bench.drills.certificate_office import ISSUER, CertificateOffice, asked, office
from bench.drills.striking import await_silence, mark, spread
from bench.drills.striking import say as tell
from bench.ledger import KINDS
from bench.runner import say
from certs import contents, issuing, library
from certs.edges import Issuer
from certs.issuing import Asked, Case
from certs.life import Step
from certs.models import Certificate, CertificateFile, CertificateStep
from keys.algorithms.sm3 import SM3
from signing import sealing
from signing.models import INTENDED, SealUse
from signing.sealing import Sealed

NAME = "certificate_kills"
SEED = 20261121
# Kills that fall into the act of issuing, for each kind of database: so many are promised, most at system calls.
PROMISED = {True: 4, False: 200}
AT_CALLS = {True: 3, False: 150}
ROUNDS = {True: 1, False: 4}
NAIVE_KILLS = {True: 6, False: 25}
# Whoever kills at random moments misses at times; past so many for each that is wanted, something is wrong.
PATIENCE = 4
LONGEST_SECONDS: Final = 0.06  # from a signature to the kept certificate, on a machine that is not busy
SIGNATURES: Final = 2
LATER: Final = timedelta(hours=2)
# A naive issuer takes a breath where its fault lies open, so that a kill falls there on a busy machine too.
BREATH_SECONDS: Final = 0.05


@dataclass
class Told:
    """What one child told before it ended."""

    asked: int = 0
    issued: list[tuple[str, str]] = field(default_factory=list)
    signed: int = 0
    began: bool = False
    ended: bool = False

    @property
    def place(self) -> str:
        """Tell where it was killed."""
        if not self.began or self.ended:
            return "beside it"
        if self.asked == len(self.issued):
            return "between two"
        return "after the signature" if self.signed > min(len(self.issued), SIGNATURES) else "before the signature"


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Drill both databases in rounds, going on with the round where an earlier run stopped.

    `passed` tells whether everything agreed after every kill, and whether both naive issuers were caught.
    """
    program = striking.strace()
    state = results / "state" / f"{NAME}.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, Any]] = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
    resumed = sorted(found)
    for kind, number in ((kind, number) for kind in KINDS for number in range(ROUNDS[short])):
        name = f"{kind} {number + 1}"
        if name not in found:
            found[name] = _round(kind, number, program, short=short)
            state.write_text(json.dumps(found, indent=1), encoding="utf-8")
    naive = {name: _naive(name, NAIVE_KILLS[short]) for name in NAIVE}
    databases = {
        kind: _whole([each for name, each in found.items() if name.startswith(kind)], PROMISED[short]) for kind in KINDS
    }
    state.unlink(missing_ok=True)
    return {
        "way": "strace: on entering a system call; and random moments" if program else "random moments (no strace)",
        "databases": databases,
        "naive_issuers": naive,
        "checker_shouts": certificate_records.shouts(),
        "resumed_with": resumed,
        "passed": certificate_records.shouts()
        and all(each["passed"] for each in databases.values())
        and all(each["caught"] for each in naive.values()),
    }


def _round(kind: str, number: int, program: str | None, *, short: bool) -> dict[str, Any]:
    """Do a part of the kills on a fresh database, at other points than the other rounds."""
    rounds = ROUNDS[short]
    with office(kind, "yinxin_drill_certificates") as made:
        drill = _Drill(made, "issue", random.Random(SEED + number))
        drill.at_calls(program, AT_CALLS[short], number, rounds)
        drill.at_random(-(-PROMISED[short] // rounds))
        return drill.told()


def _whole(rounds: list[dict[str, Any]], promised: int) -> dict[str, Any]:
    """Add the rounds of one kind of database up."""
    places, calls = Counter[str](), Counter[str]()
    for each in rounds:
        places.update(each["kills"])
        calls.update(each["calls"])
    faults = [fault for each in rounds for fault in each["faults"]]
    within = places["before the signature"] + places["after the signature"]
    numbers = {name: sum(each[name] for each in rounds) for name in ("certificates", "signed_later", "uses_given_up")}
    return {
        "kills_while_issuing": within,
        "kills": dict(places),
        "calls": dict(calls.most_common()),
        **numbers,
        "faults": faults[:20],
        "passed": within >= promised and not faults and all(each["sound"] for each in rounds),
    }


def _naive(name: str, kills: int) -> dict[str, Any]:
    """Kill a naive issuer until it is caught."""
    with office("sqlite", "") as made:
        drill = _Drill(made, name, random.Random(SEED))
        while len(drill.killed) < kills and not drill.faults:
            drill.once([], (NAIVE[name].word, drill.chance.randrange(1, SIGNATURES + 1)))
        caught = any(NAIVE[name].fault in each for each in drill.faults)
        return {"kills": len(drill.killed), "caught": caught, "faults": drill.faults[:3]}


@dataclass
class _Drill:
    """The parent: it has children killed and looks at what they leave."""

    office: CertificateOffice
    way: str
    chance: random.Random
    tree: Tree = field(default_factory=lambda: Tree(0, ledger.EMPTY_ROOT))
    faults: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    signed_later: int = 0
    given_up: int = 0
    turns: int = 0

    def at_calls(self, program: str | None, most: int, number: int, rounds: int) -> None:
        """Kill a child at each of many system calls, evenly spread over the act; each round takes its own."""
        if program is None:
            return
        trace = self.office.folder / "trace"
        self.once(striking.listing(program, trace))
        listed = striking.points(trace)
        chosen = spread(listed, most)[number::rounds]
        say(f"  {self.office.settings.url.partition(':')[0]}: {len(listed)} system calls, {len(chosen)} struck")
        for point in chosen:
            self.calls[point.call] += 1
            self.once(striking.striking(program, point))

    def at_random(self, wanted: int) -> None:
        """Kill children at random moments after a signature, until so many in all were killed while issuing."""
        for _ in range(PATIENCE * wanted):
            if sum(each in {"before the signature", "after the signature"} for each in self.killed) >= wanted:
                return
            self.calls["a random moment"] += 1
            last = ("signed", self.chance.randrange(1, SIGNATURES + 1))
            self.once([], last, self.chance.uniform(0, LONGEST_SECONDS))

    def once(self, under: list[str], last: tuple[str, int] | None = None, die_after: float = 0.0) -> None:
        """Run one child to its end, and look at what it left."""
        self.turns += 1
        turn = f"演示{self.turns}"
        told = self._child(turn, under, last, die_after)
        self.killed.append(told.place)
        database = self.office.opened(1)
        try:
            await_silence(database)
            self._compared(database, told, turn)
            if self.way == "issue":
                self._ended(database)
                self._signed_later(database, turn)
                self._compared(database, told, turn)
        finally:
            database.close()

    def told(self) -> dict[str, Any]:
        """Tell what was found, and whether the whole ledger verifies."""
        database = self.office.opened(1)
        try:
            with database.reading() as session:
                sound, rows = verify(session).sound, len(certificate_records.read(session).rows)
        finally:
            database.close()
        return {
            "kills": Counter(self.killed),
            "calls": self.calls,
            "certificates": rows,
            "signed_later": self.signed_later,
            "uses_given_up": self.given_up,
            "faults": self.faults,
            "sound": sound,
        }

    def _child(self, turn: str, under: list[str], last: tuple[str, int] | None, die_after: float) -> Told:
        """Run the child; when it has said the last word so many times it is killed, a moment later."""
        number, lines = striking.forked(lambda: child(self.office, self.way, turn, self.turns))
        tracer = striking.held(under, number) if under else None
        striking.let_go(number)
        told, said = Told(), Counter[str]()
        with lines:
            for line in lines:
                _read(told, line.split())
                said[line.split()[0]] += 1
                if last is not None and said[last[0]] == last[1]:
                    time.sleep(die_after)
                    os.kill(number, signal.SIGKILL)
                    last = None
        os.waitpid(number, 0)
        if tracer is not None:
            tracer.communicate()
        return told

    def _compared(self, database: Database, told: Told, turn: str) -> None:
        """Carry out steps 1 and 2, and the ledger's part of 4."""
        with database.reading() as session:
            records = certificate_records.read(session)
            found = certificate_records.disagreements(records)
            found += [f"{each} was answered and is not valid" for each in _not_valid(records, told)]
            for _, identifier in told.issued:
                found += self._opened(session, identifier)
            uses = sum(each.identifier in _of_turn(session, turn) for each in records.uses.values())
            found += [f"{told.signed} signatures, {uses} uses on record"] if uses < told.signed else []
            if not verify_since(session, self.tree).sound:
                found.append("the ledger does not verify")
            self.tree = audit.tree_at(session)
        self.faults += [f"{told.place}, child {self.turns}: {each}" for each in found]

    def _opened(self, session: Session, identifier: str) -> list[str]:
        """Open the files of a certificate."""
        row = library.certificate_of(session, identifier)
        files = library.documents(session, self.office.parts.keys, row)
        return [f"{identifier}: another file" for each in files if SM3.of(each.content).hex() != each.sm3]

    def _ended(self, database: Database) -> None:
        """Give up the uses that stand open, as the operator is told to."""
        later = clock.now() + LATER
        with database.transaction() as session:
            for use in sealing.abandoned(session, later):
                sealing.give_up(session, use.id, "abandoned", ISSUER, clock.now())
                self.given_up += 1
            left = session.scalars(select(SealUse.id).where(SealUse.state == INTENDED)).all()
        self.faults += [f"child {self.turns}: {len(left)} uses stand open"] if left else []

    def _signed_later(self, database: Database, turn: str) -> None:
        """Carry out step 3: some of what waits is signed by the request that is told again, some by itself."""
        issuer = self.office.issuer(database)
        try:
            with database.reading() as session:
                before = _of_turn(session, turn)
            again = issuer.issue(first(turn, self.turns))
            self.faults += [f"child {self.turns}: {again} is a second one"] if before and again not in before else []
            with database.reading() as session:
                waiting = session.scalars(select(Certificate.identifier).where(Certificate.state == "to-be-signed"))
                left = list(waiting)
            for identifier in left:
                issuer.retry(identifier)
                self.signed_later += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            self.faults.append(f"child {self.turns}: cannot go on: {type(error).__name__}: {error}")


def _read(told: Told, words: list[str]) -> None:
    """Read one line of a child."""
    kind, rest = words[0], words[1:]
    told.began |= kind == "began"
    told.ended |= kind == "ended"
    told.asked += kind == "asked"
    told.signed += kind == "signed"
    if kind == "issued":
        told.issued.append((rest[0], rest[1]))


def _not_valid(records: certificate_records.Records, told: Told) -> list[str]:
    """Name what was answered as issued and is neither valid nor changed since."""
    states = {identifier: records.rows[identifier].state for _, identifier in told.issued if identifier in records.rows}
    return [each for _, each in told.issued if states.get(each) not in {"valid", "changed"}]


def _of_turn(session: Session, turn: str) -> set[str]:
    """Name the certificates that came of a child's cases."""
    of_turn = (CertificateStep.case_number == turn, CertificateStep.identifier != "")
    return set(session.scalars(select(CertificateStep.identifier).where(*of_turn)))


# --- the child ----------------------------------------------------------------------------------------------------


def first(turn: str, number: int) -> Asked:
    """Ask for the first certificate of a child."""
    return asked(number, turn)


def child(made: CertificateOffice, way: str, turn: str, number: int) -> None:
    """Issue, change, and ask again; die on the way."""
    database = made.opened(1)
    issuer, act = made.issuer(database, telling=turn), ACTS[way]
    mark("begins")
    tell("began")
    one = _told(act, issuer, first(turn, number), "first")
    change = replace(first(turn, number), supersedes=one, act=Step.CHANGE, case=Case(turn, "change"))
    if way == "issue":
        _told(act, issuer, change, "change")
    else:
        _told(act, issuer, asked(number, f"{turn}又"), "second")
    _told(Issuer.issue, issuer, first(turn, number), "again")
    database.close()
    mark("ends")
    tell("ended")


def _told(act: Callable[[Issuer, Asked], str], issuer: Issuer, wanted: Asked, name: str) -> str:
    tell(f"asked {name}")
    mark("asked")
    identifier = act(issuer, wanted)
    mark("issued")
    tell(f"issued {name} {identifier}")
    return identifier


def _valid_first(issuer: Issuer, wanted: Asked) -> str:
    """Make it valid when it is drafted, and seal it when there is time: naive, since it may never be sealed."""
    with issuer.database.transaction() as session:
        begun = issuing.begin(session, issuer.parts, wanted, issuer.parts.links, issuer.by, issuer.now())
        row = library.certificate_of(session, begun.issue.identifier)
        library.advance(session, row, Step.SIGN, "", issuer.by, issuer.now())

    def keep(session: Session, made: Sealed) -> None:
        _kept(session, issuer, begun.issue.identifier, made)

    _sealed(issuer, begun, wanted, keep)
    return begun.issue.identifier


def _event_later(issuer: Issuer, wanted: Asked) -> str:
    """Write what happened in a transaction of its own: naive, since it may never come to it."""
    with issuer.database.transaction() as session:
        begun = issuing.begin(session, issuer.parts, wanted, issuer.parts.links, issuer.by, issuer.now())
    identifier = begun.issue.identifier

    def keep(session: Session, made: Sealed) -> None:
        _kept(session, issuer, identifier, made)
        valid = update(Certificate).where(Certificate.identifier == identifier)
        session.execute(valid.values(state="valid", version=Certificate.version + 1))

    _sealed(issuer, begun, wanted, keep)
    tell("kept")
    time.sleep(BREATH_SECONDS)
    with issuer.database.transaction() as session:
        row = library.certificate_of(session, identifier)
        library.note(session, row, Step.SIGN, "", issuer.by, issuer.now())
    return identifier


def _sealed(issuer: Issuer, begun: issuing.Begun, wanted: Asked, keep: Callable[[Session, Sealed], None]) -> None:
    """Draw and seal as the house does, and keep it in another way."""
    naive = _Naively(**vars(issuer), keep=keep)
    naive.sign(begun.issue, wanted.act, wanted.seal)


@dataclass(frozen=True)
class _Naively(Issuer):
    keep: Callable[[Session, Sealed], None] = field(kw_only=True)

    def _keeping(self, _issue: Any, _form: str) -> Callable[[Session, Sealed], None]:
        return self.keep


def _kept(session: Session, issuer: Issuer, identifier: str, made: Sealed) -> None:
    """Keep the file, and look at nothing."""
    time.sleep(BREATH_SECONDS)
    file = {
        "identifier": identifier,
        "format": "ofd",
        "sm3": SM3.of(made.document).hex(),
        "size": len(made.document),
        "content": contents.sealed_file(session, issuer.parts.keys, identifier, "ofd", made.document),
        "verdict": "valid",
        "seal_use": made.use,
        "kept_at": clock.now(),
    }
    session.execute(inserting(session, CertificateFile).values(file))


@dataclass(frozen=True)
class Naive:
    """A naive issuer: after which of its words it is killed, and what the checker must find then."""

    act: Callable[[Issuer, Asked], str]
    word: str
    fault: str


NAIVE: Final = {
    "valid first, sealed later": Naive(_valid_first, "signed", "valid with 0 files"),
    "its event in a later transaction": Naive(_event_later, "kept", "and its events are"),
}
ACTS: Final = {"issue": Issuer.issue, **{name: each.act for name, each in NAIVE.items()}}
