"""Drill: a process that seals is killed between the signature and its record; no seal value exists without its record.

A child seals documents, OFD and PDF in turn, through the same code as the command and the address: on record, signed,
verified, settled, and only then written to a file. It tells when its key has signed, when a use is settled and when its
file is out. strace lists the system calls; then the child is run anew and killed as it enters a chosen one, two out of
three between a signature and its settled record; and, since verifying asks the system for little, at random moments
after a signature too. After each kill:

1. every signature that was told of has its use on record, with the digest of what was signed;
2. every file that is out belongs to a use that is done, and is the very document of it; what was told as out is done;
3. the uses that stand open are those that `abandoned` names; given up, no use is left without an end, and what counts
   against the ceiling is what was done;
4. each use has one entry of its intention in the ledger and one of its end, and the ledger verifies;
5. the next document is sealed at once.

The checker is shown to shout: a naive variant that records in the transaction that it signs in must be caught.
"""

import json
import os
import random
import secrets
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import audit, clock, journal, ledger
from base.audit import Tree
from base.db import Database, DatabaseSettings, connect
from base.ledger_verification import verify, verify_since
from base.models import AuditEntry
from bench.drills import striking
from bench.drills.striking import await_silence, mark, spread
from bench.drills.striking import say as tell
from bench.ledger import KINDS, fresh_database
from bench.runner import say
from keys.algorithms import sm2
from keys.algorithms.algorithm import SignatureAlgorithm
from keys.algorithms.sm3 import SM3
from keys.authority.wiring import Authority
from keys.certificates import Certificate
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import making, register, sample_documents, sealing
from signing.commands.sealing_orders import written
from signing.drafts import Manner
from signing.edges import Sealer
from signing.life import Step
from signing.making import Material
from signing.models import DONE, FAILED, INTENDED, SealUse
from signing.report import Place
from signing.sealing import Order, Sealed
from signing.seals.seal import Version
from signing.wiring import Signing
from tests.signing import offices
from tests.signing.offices import CUSTODIAN, MAKER, TYPE, WINDOW

NAME = "seal_kills"
SEED = 20261121
# At system calls and at random moments, for each kind of database.
POINTS = {True: {"sqlite": (9, 3), "postgresql": (6, 2)}, False: {"sqlite": (150, 50), "postgresql": (150, 50)}}
# The naive variant is killed until it is caught; past so many, the checker would be deaf.
NAIVE_KILLS = 30
# What is promised is fifty kills between a signature and its record, for each kind of database.
PROMISED = {True: 4, False: 50}
# Whoever kills at random moments misses at times; past so many for each that is promised, something is wrong.
PATIENCE = 4
LONGEST_SECONDS = 0.03  # from a signature to its record, on a machine that is not busy
# The naive variant takes a breath where its fault lies open, so that a kill falls there on a busy machine too.
BREATH_SECONDS = 0.05
DOCUMENTS = (sample_documents.ofd(), sample_documents.pdf())
A_CHILD_SEALS = 4
YEARS = timedelta(days=3 * 365)
LATER = timedelta(hours=2)
HERE = Manner((Place(1, 100, 100, 0, 0),))


@dataclass
class Told:
    """What one child told before it ended."""

    signed: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    out: set[str] = field(default_factory=set)
    began: bool = False
    ended: bool = False


@dataclass
class Found:
    """What was found in all."""

    between: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    beside: int = 0
    without_record: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    given_up: int = 0


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Drill both databases, going on with the one where an earlier run stopped.

    `passed` tells whether every seal value had its record after every kill.
    """
    program = striking.strace()
    state = results / "state" / f"{NAME}.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, Any]] = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
    resumed = sorted(found)
    for kind in (each for each in KINDS if each not in found):
        with fresh_database(kind, "yinxin_drill_seals") as settings, _prepared(settings) as drill:
            at_calls, at_random = POINTS[short][kind]
            drill.at_calls(program, at_calls)
            drill.at_random(at_random if program else at_calls + at_random)
            promised, between = PROMISED[short], drill.found.between
            drill.at_random(PATIENCE * promised, until=lambda: between.total() >= promised)  # noqa: B023 - asked at once
            found[kind] = drill.told(promised)
        state.write_text(json.dumps(found, indent=1), encoding="utf-8")
    with fresh_database("sqlite") as settings, _prepared(settings, naive=True) as drill:
        drill.at_random(NAIVE_KILLS, until=lambda: bool(drill.found.without_record))
        naive = drill.told(1)
    shouts = {"kills": naive["kills_between_signature_and_record"], "without_record": naive["without_record"]}
    found["naive variant, sqlite"] = {**shouts, "passed": naive["without_record"] > 0}
    state.unlink()
    way = "strace: on entering a system call; and random moments" if program else "no strace here: random moments"
    return {"way": way, **found, "resumed_with": resumed, "passed": all(each["passed"] for each in found.values())}


@dataclass(frozen=True)
class Office:
    """What parent and child both know: the seal, and a folder with its key, the anchor, and what comes out."""

    folder: Path

    @property
    def out(self) -> Path:
        """Give the folder of sealed documents."""
        return self.folder / "out"

    def sealer(self, database: Database, *, telling: str | None = None) -> Sealer:
        """Give what seals; a child tells each signature the moment it is made."""
        key = sm2.PrivateKey.from_scalar((self.folder / "key").read_bytes())
        anchor = Anchor(Certificate.of((self.folder / "anchor").read_bytes()))

        signer = SoftwareSigner(key) if telling is None else TellingSigner(key, telling)

        def signer_for(_session: Session, _key_id: str) -> Signer:
            return signer

        parts = Signing(signer_for, lambda _, at: Trust(at, (anchor,)), None, "", None, Version.GBT38540_2020, 1 << 20)
        return Sealer(database, parts, Authority(signer_for, "http://127.0.0.1"), WINDOW, clock.now)

    @property
    def seal(self) -> str:
        """Give the number of the seal."""
        return (self.folder / "seal").read_text(encoding="utf-8")


class TellingSigner(SoftwareSigner):
    """Tells that it has signed before anybody else knows it."""

    def __init__(self, key: sm2.PrivateKey, turn: str) -> None:
        super().__init__(key)
        self._numbers = (f"{turn}-{number}" for number in count())

    # The numbers are no part of what this is, only of what it tells.
    __hash__ = object.__hash__

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        """Sign, and tell."""
        value = super().sign(algorithm, prepared)
        tell(f"signed {next(self._numbers)}")
        mark("signed")
        return value


def order(name: str) -> Order:
    """Give the document that goes by this name: OFD and PDF in turn. Its use is found by the reason."""
    number = int(name.rpartition("-")[2])
    return Order(DOCUMENTS[number % 2], name, TYPE, "issue", "320902", name, HERE)


@contextmanager
def _prepared(settings: DatabaseSettings, *, naive: bool = False) -> Iterator["_Drill"]:
    """Make an office with a seal in use that a system may use as often as it likes."""
    with tempfile.TemporaryDirectory() as folder:
        office, now = Office(Path(folder)), clock.now()
        office.out.mkdir()
        scalar = secrets.token_bytes(31).rjust(32, b"\x01")
        (office.folder / "key").write_bytes(scalar)
        (office.folder / "anchor").write_bytes(offices.authority().der)
        spki = sm2.PrivateKey.from_scalar(scalar).public.spki
        identity = offices.authority().issues("演示印章", spki=spki, not_before=now - YEARS, not_after=now + 2 * YEARS)
        database = connect(settings, (journal.append,))
        offices.opened(database, now)
        with database.transaction() as session:
            walk = offices.Walk(session, now)
            seal = walk.to(Step.AGREE)
            maker = offices.sealing_maker()
            making.draw(session, seal, Material("seal-key", identity.certificate), maker, MAKER, now)
            making.make(session, seal, maker, MAKER, now)
            walk.take(seal, Step.FILE, MAKER)
            walk.take(seal, Step.ACTIVATE, CUSTODIAN)
            offices.authorised(session, seal, now - timedelta(minutes=1), ceiling=1_000_000)
            (office.folder / "seal").write_text(seal.id, encoding="utf-8")
        with database.reading() as session:
            tree = audit.tree_at(session)
        database.close()
        yield _Drill(settings, office, naive, tree)


@dataclass
class _Drill:
    settings: DatabaseSettings
    office: Office
    naive: bool
    tree: Tree = field(default_factory=lambda: Tree(0, ledger.EMPTY_ROOT))
    found: Found = field(default_factory=Found)
    turns: int = 0
    calls: int = 0

    def at_calls(self, program: str | None, most: int) -> None:
        """Kill the child once at each of many system calls, two of three between a signature and its record."""
        if program is None:
            return
        trace = self.office.folder / "trace"
        self._checked(self._child(striking.listing(program, trace)), "listed")
        listed = striking.points(trace)
        self.calls = len(listed)
        between = [each for each in listed if each.after == "signed"]
        elsewhere = [each for each in listed if each.after != "signed"]
        chosen = [*spread(between, most - most // 3), *spread(elsewhere, most // 3)]
        say(f"  {self.settings.url.partition(':')[0]}: {len(listed)} system calls, {len(between)} of them between")
        for point in chosen:
            self._checked(self._child(striking.striking(program, point)), point.call)

    def at_random(self, most: int, until: Callable[[], bool] = lambda: False) -> None:
        """Kill the child at random moments after one of its signatures, as often as told or until something is so."""
        chance = random.Random(SEED + self.turns)
        for _ in range(most):
            if until():
                return
            signatures, moment = chance.randrange(1, A_CHILD_SEALS + 1), chance.uniform(0, LONGEST_SECONDS)
            self._checked(self._child([], signatures, moment), "a random moment")

    def told(self, promised: int) -> dict[str, Any]:
        """Tell what was found."""
        database = connect(self.settings, (journal.append,))
        with database.reading() as session:
            whole = verify(session)
            states = Counter(session.scalars(select(SealUse.state)))
        database.close()
        found, between = self.found, self.found.between.total()
        faults = {
            "without_record": found.without_record,
            "files_without_use": found.files,
            "unsettled": found.unsettled,
            "unsound_or_stuck": found.unsound,
        }
        return {
            "system_calls": self.calls,
            "kills_between_signature_and_record": between,
            "kills_elsewhere_in_the_act": found.elsewhere.total(),
            "kills_beside_it": found.beside,
            "by_place_between": dict(found.between.most_common()),
            "by_place_elsewhere": dict(found.elsewhere.most_common()),
            **{name: len(each) for name, each in faults.items()},
            "where": [place for each in faults.values() for place in each][:20],
            "uses_given_up_afterwards": found.given_up,
            "uses_at_the_end": dict(states),
            "ledger_at_the_end": whole.tree.size,
            "passed": between >= promised and whole.sound and not any(faults.values()),
        }

    def _child(self, under: list[str], signatures: int = 0, die_after: float = 0.0) -> Told:
        """Run the child to its end; `signatures` after so many it is killed, a moment later."""
        self.turns += 1
        turn = f"turn-{self.turns}"
        number, told = striking.forked(lambda: child(self.settings, self.office, turn, naive=self.naive))
        tracer = striking.held(under, number) if under else None
        striking.let_go(number)
        lines: list[str] = []
        with told:
            for line in told:
                lines.append(line.strip())
                if signatures and sum(each.startswith("signed") for each in lines) == signatures:
                    time.sleep(die_after)
                    os.kill(number, signal.SIGKILL)
                    signatures = 0
        os.waitpid(number, 0)
        if tracer is not None:
            tracer.communicate()
        words = [each.split() for each in lines]
        signed, settled, out = ({each[1] for each in words if each[0] == kind} for kind in ("signed", "settled", "out"))
        return Told(signed, settled, out, "began" in lines, "ended" in lines)

    def _checked(self, told: Told, where: str) -> None:
        if not told.began or told.ended:
            self.found.beside += 1
        else:
            (self.found.between if told.signed - told.settled else self.found.elsewhere)[where] += 1
        place = f"{where}, child {self.turns}"
        database = connect(replace(self.settings, pool_size=1), (journal.append,))
        try:
            await_silence(database)
            self._records(database, told, place)
            self._settled(database, place)
            self._goes_on(database, place)
        finally:
            database.close()

    def _records(self, database: Database, told: Told, place: str) -> None:
        """Carry out steps 1 and 2."""
        with database.reading() as session:
            uses = {each.reason: each for each in session.scalars(select(SealUse))}
        unrecorded = [each for each in told.signed if each not in uses or uses[each].signed_sm3 is None]
        self.found.without_record += [f"{place}: {each}" for each in unrecorded]
        undone = [each for each in told.settled | told.out if each not in uses or uses[each].state != DONE]
        for file in self.office.out.iterdir():
            name = file.name.removeprefix(".").removesuffix(".part")
            use = uses.get(name)
            whole = file.name == name
            if use is None or use.state != DONE or (whole and use.document_sm3 != SM3.of(file.read_bytes()).hex()):
                undone.append(file.name)
            file.unlink()
        self.found.files += [f"{place}: {each}" for each in undone]

    def _settled(self, database: Database, place: str) -> None:
        """Carry out steps 3 and 4: what stands open is named, and comes to an end."""
        later = clock.now() + LATER
        with database.transaction() as session:
            named = {each.id for each in sealing.abandoned(session, later)}
            standing = set(session.scalars(select(SealUse.id).where(SealUse.state == INTENDED)))
            for use in sorted(named):
                sealing.give_up(session, use, "abandoned", WINDOW, later)
        self.found.given_up += len(named)
        if named != standing:
            self.found.unsettled.append(f"{place}: {len(standing)} open, {len(named)} named")
        with database.reading() as session:
            states = Counter(session.scalars(select(SealUse.state)))
            counted = session.scalar(select(func.count()).where(SealUse.state.in_((INTENDED, DONE))))
            acts = Counter(session.scalars(select(AuditEntry.act).where(AuditEntry.act.like("seal.use%"))))
            ledger_found = verify_since(session, self.tree)
        expected = {"seal.use-intended": states.total(), "seal.used": states[DONE], "seal.use-failed": states[FAILED]}
        if +acts != +Counter(expected) or counted != states[DONE]:
            self.found.unsettled.append(f"{place}: {dict(states)} in the register, {dict(acts)} in the ledger")
        if not ledger_found.sound:
            self.found.unsound.append(f"{place}: {ledger_found.findings[0]}")

    def _goes_on(self, database: Database, place: str) -> None:
        """Carry out step 5."""
        name = f"parent-{self.turns}"
        try:
            self.office.sealer(database).seal(self.office.seal, order(name))
            with database.reading() as session:
                self.tree = audit.tree_at(session)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            self.found.unsound.append(f"{place}: {type(error).__name__}: {error}")


def child(settings: DatabaseSettings, office: Office, turn: str, *, naive: bool) -> None:
    """Seal documents, and die on the way."""
    database = connect(replace(settings, pool_size=1), (journal.append,))
    sealer, seal = office.sealer(database, telling=turn), office.seal
    mark("begins")
    tell("began")
    for number in range(A_CHILD_SEALS):
        name = f"{turn}-{number}"
        sealed = _naively(sealer, seal, name) if naive else sealer.seal(seal, order(name))
        mark("settled")
        tell(f"settled {name}")
        written(office.out / name, sealed.document)
        tell(f"out {name}")
    database.close()
    mark("ends")
    tell("ended")


def _naively(sealer: Sealer, seal: str, name: str) -> Sealed:
    """Record and sign in one transaction, as one might: the record is there when it is over, the signature before."""
    asked = order(name)
    with sealer.database.transaction() as session:
        trust = sealer.signing.trust_at(session, clock.now())
        checked = sealing.checked(asked, trust, clock.now())
        begun = sealing.begin(session, register.seal_of(session, seal), checked, WINDOW, clock.now())
        signer = sealer.signing.signer_for(session, begun.key_id)
        sealed = sealing.carry_out(begun, signer, None, trust, clock.now)
        time.sleep(BREATH_SECONDS)
        sealing.settle(session, sealed, WINDOW, clock.now())
    return sealed
