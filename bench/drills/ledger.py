"""Drill: a ledger of 100,000 entries; a thousand ways to falsify one; a thousand proofs and what can be done to them.

1. Entries are appended one by one and in batches; the whole is verified, and so is its end.
2. On a smaller ledger, mutations are made behind its back, each in a transaction that is taken back afterwards: an
   entry, a column, a node, the tail edited; entries and nodes deleted, swapped, inserted; the end cut, with the tail
   row or without; the whole rewritten from an entry on. Each must be found, and named by its place: the very entry or
   node, or for what is consistent in itself the range between two tree heads that a witness remembers. The verifier is
   asked before each whether it is silent on the sound ledger.
3. Proofs of a sample are written out and given to the checker as a program of its own; then each is altered in every
   way and given to it again, with the tree head that is trusted.
"""

# ruff: noqa: S608 - statements are made of this file's own columns

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from base import audit, ledger, ledger_check, ledger_export
from base.audit import Tree
from base.db import Database
from base.ledger_faults import TAIL, Fault, Finding, Place, entries, node
from base.ledger_verification import verify, verify_end
from bench.ledger import KINDS, append_entries, durability, entry, opened
from bench.runner import say

NAME = "ledger"
SEED = 20261121


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    entries: int
    one_by_one: int
    batch: int
    copy: int
    heads_every: int
    mutations: int
    proofs: int


FULL = Sizes(100_000, 100_000, 1000, 2000, 250, 1000, 1000)
SHORT = Sizes(2000, 50, 500, 300, 50, 32, 20)


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Drill both databases; `passed` tells whether everything was found, located, accepted and refused."""
    sizes, found = SHORT if short else FULL, {}
    results.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        say(f"  {kind}: one by one")
        with opened(kind) as database:
            single = _appended(database, sizes.one_by_one, 1)
        with opened(kind) as database:
            say(f"  {kind}: batched, verified")
            appended = {"one_by_one": single, "batched": _appended(database, sizes.entries, sizes.batch)}
            told: dict[str, Any] = {"durability": durability(database), "appended": appended, **_verified(database)}
            say(f"  {kind}: proofs")
            told["proofs"] = _proofs(database, sizes.proofs)
        with opened(kind) as database:
            say(f"  {kind}: mutations")
            told["mutations"] = _mutations(database, sizes)
        found[kind] = told
        # What is found so far is kept, should the drill itself be cut short.
        (results / f"{NAME}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return {**found, "seed": SEED, "passed": all(_held(each) for each in found.values())}


def _held(told: dict[str, Any]) -> bool:
    mutations, proofs = told["mutations"], told["proofs"]
    return bool(
        told["sound"]
        and mutations["made"] == mutations["found"] == mutations["located"]
        and not mutations["false_alarms"]
        and proofs["accepted"] == proofs["shown"]
        and proofs["altered"] == proofs["altered_refused"]
    )


def _appended(database: Database, count: int, at_once: int) -> dict[str, object]:
    began = time.monotonic()
    append_entries(database, 0, count, at_once)
    spent = time.monotonic() - began
    return {
        "entries": count,
        "at_once": at_once,
        "seconds": round(spent, 2),
        "entries_per_second": round(count / spent),
    }


def _verified(database: Database) -> dict[str, object]:
    with database.reading() as session:
        began = time.monotonic()
        whole = verify(session)
        spent = time.monotonic() - began
        began = time.monotonic()
        end = verify_end(session, (whole.tree,))
        return {
            "sound": whole.sound and end.sound,
            "verified_entries": whole.tree.size,
            "verification_seconds": round(spent, 2),
            "verification_of_the_end_seconds": round(time.monotonic() - began, 3),
        }


# --- proofs


def _proofs(database: Database, count: int) -> dict[str, int]:
    """Have a sample of proofs, and everything they can be altered into, checked by the file that stands alone."""
    chance = random.Random(SEED)
    with database.reading() as session:
        tree = audit.tree_at(session)
        inclusion = [ledger_export.prove_entry(session, chance.randrange(tree.size)) for _ in range(count)]
        growth = [ledger_export.prove_growth(session, chance.randrange(1, tree.size)) for _ in range(count)]
    proofs = inclusion + growth
    trusted = (tree.size, tree.root.hex())
    altered = [each for proof in proofs for each in _alterations(proof, chance)]
    with tempfile.TemporaryDirectory() as folder:
        accepted = _accepted_by_program(proofs, trusted, Path(folder))
        sample = chance.sample(altered, min(20, len(altered)))
        refused = sum(not _accepted_by_program([each], trusted, Path(folder)) for each in sample)
    if refused != len(sample):
        say("  the program accepted an altered proof")
    return {
        "shown": len(proofs),
        "accepted": accepted,
        "altered": len(altered) + len(sample),
        "altered_refused": sum(_is_refused(each, trusted) for each in altered) + refused,
    }


def _accepted_by_program(proofs: list[dict[str, Any]], trusted: tuple[int, str], folder: Path) -> int:
    file = folder / "proofs.json"
    file.write_text(json.dumps(proofs), encoding="utf-8")
    size, root = trusted
    command = [sys.executable, "-I", ledger_check.__file__, "--size", str(size), "--root", root, str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return len(ended.stdout.splitlines()) if ended.returncode == 0 else 0


def _is_refused(proof: dict[str, Any], trusted: tuple[int, str]) -> bool:
    try:
        ledger_check.check(proof, trusted)
    except (ledger_check.Refuted, ledger_check.Unreadable):
        return True
    return False


def _alterations(proof: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Alter each number, each hash and the entry; leave out, double and exchange hashes of the path."""
    for name, value in proof.items():
        if isinstance(value, int):
            for other in {value - 1, value + 1, value ^ 1 << chance.randrange(17), 0} - {value}:
                yield {**proof, name: other}
        elif name == "path":
            for at in range(len(value)):
                yield {**proof, name: [*value[:at], _flipped(value[at], chance), *value[at + 1 :]]}
                yield {**proof, name: [*value[:at], *value[at + 1 :]]}
                yield {**proof, name: [*value[:at], value[at], *value[at:]]}
            if len(value) > 1:
                at = chance.randrange(1, len(value))
                yield {**proof, name: [*value[: at - 1], value[at], value[at - 1], *value[at + 1 :]]}
        elif name != "kind":
            yield {**proof, name: _flipped(value, chance)}


def _flipped(value: str, chance: random.Random) -> str:
    at = chance.randrange(len(value))
    return value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]


# --- mutations


@dataclass(frozen=True)
class Mutation:
    """What someone does behind the ledger's back, and what counts as having located it."""

    kind: str
    statements: tuple[tuple[str, dict[str, Any]], ...]
    locates: Callable[[Finding], bool]


def _mutations(database: Database, sizes: Sizes) -> dict[str, object]:
    append_entries(database, 0, sizes.copy, 200)
    with database.reading() as session:
        heads = [audit.tree_at(session, size) for size in range(sizes.heads_every, sizes.copy + 1, sizes.heads_every)]
        contents = [audit.entry_at(session, index).content for index in range(sizes.copy)]
    maker = _Maker(random.Random(SEED), contents, sizes.heads_every)
    made, found, located, alarms = Counter[str](), Counter[str](), Counter[str](), 0
    began = time.monotonic()
    for turn in range(sizes.mutations):
        mutation = maker.mutation(turn)
        silent, findings = _found_after(database, mutation, heads, ask_before=turn % 10 == 0)
        alarms += not silent
        made[mutation.kind] += 1
        found[mutation.kind] += bool(findings)
        located[mutation.kind] += any(mutation.locates(each) for each in findings)
        if not any(mutation.locates(each) for each in findings):
            say(f"  not located: {mutation.kind}: {[str(each) for each in findings[:5]]}")
    return {
        "ledger_of": sizes.copy,
        "witness_remembers_every": sizes.heads_every,
        "made": made.total(),
        "found": found.total(),
        "located": located.total(),
        "false_alarms": alarms,
        "by_kind": {kind: f"{made[kind]} made, {found[kind]} found, {located[kind]} located" for kind in sorted(made)},
        "seconds": round(time.monotonic() - began, 1),
    }


def _found_after(
    database: Database, mutation: Mutation, heads: list[Tree], *, ask_before: bool
) -> tuple[bool, tuple[Finding, ...]]:
    """Mutate, verify in the same transaction, and take everything back."""
    with database.engine.connect() as connection, Session(connection) as session:
        silent = not ask_before or verify(session, remembered=heads).sound
        for statement, values in mutation.statements:
            session.execute(text(statement), values)
        return silent, verify(session, remembered=heads).findings


COPY = (
    "insert into base_audit_entries (leaf_index, content, at, actor, organisation, act, thing_kind, thing_id, purpose, "
    "outcome, request_id) select :to, content, at, actor, organisation, act, thing_kind, thing_id, purpose, outcome, "
    "request_id from base_audit_entries where leaf_index = :of"
)
MOVE = "update base_audit_entries set leaf_index = :to where leaf_index = :of"
DELETE = "delete from base_audit_entries where leaf_index = :of"
EDIT = "update base_audit_entries set content = :content where leaf_index = :of"
EDIT_NODE = "update base_ledger_nodes set hash = :hash where level = :level and node_index = :of"
MOVE_NODE = "update base_ledger_nodes set node_index = :to where level = :level and node_index = :of"
DELETE_NODE = "delete from base_ledger_nodes where level = :level and node_index = :of"
CUT = "delete from base_audit_entries where leaf_index >= :of"
CUT_NODES = "delete from base_ledger_nodes where level = :level and node_index >= :of"
INSERT_NODE = "insert into base_ledger_nodes (level, node_index, hash) values (:level, :of, :hash)"
SET_TAIL = "update base_ledger_tail set size = :size, frontier = :frontier"
COLUMNS = ("actor", "organisation", "act", "thing_kind", "thing_id", "purpose", "outcome", "request_id")
ASIDE = 10**9


class _Maker:
    """Makes mutations of a ledger whose entries it knows."""

    def __init__(self, chance: random.Random, contents: list[bytes], heads_every: int) -> None:
        self.chance, self.contents, self.heads_every = chance, contents, heads_every
        self.size = len(contents)
        self.makers = (
            self.edited_byte,
            self.edited_entry,
            self.edited_column,
            self.edited_node,
            self.deleted_entry,
            self.deleted_node,
            self.swapped_entries,
            self.swapped_nodes,
            self.inserted_at_the_end,
            self.inserted_in_the_middle,
            self.closed_gap,
            self.entry_and_leaf,
            self.cut,
            self.cut_with_the_tail,
            self.rewritten_from,
            self.edited_tail,
        )

    def mutation(self, turn: int) -> Mutation:
        """Make the next one, each kind in its turn."""
        return self.makers[turn % len(self.makers)]()

    def edited_byte(self) -> Mutation:
        of = self._entry()
        content = bytearray(self.contents[of])
        content[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
        return _of_entries("entry: one bit flipped", of, (EDIT, {"of": of, "content": bytes(content)}))

    def edited_entry(self) -> Mutation:
        """Edit the entry together with its column, as an insider would who knows the tables."""
        of = self._entry()
        edited = replace(entry(of), outcome="denied")
        sets = "content = :content, outcome = 'denied'"
        statement = f"update base_audit_entries set {sets} where leaf_index = :of"
        return _of_entries("entry: edited with its column", of, (statement, {"of": of, "content": edited.content}))

    def edited_column(self) -> Mutation:
        of, column = self._entry(), self.chance.choice(COLUMNS)
        edit = f"update base_audit_entries set {column} = {column} || 'x' where leaf_index = :of"
        return _of_entries("entry: column edited", of, (edit, {"of": of}))

    def edited_node(self) -> Mutation:
        level, of = self._node()
        edit = (EDIT_NODE, {"level": level, "of": of, "hash": self.chance.randbytes(32)})
        return Mutation("node: edited", (edit,), partial(_is_at, node(level, of), {Fault.CHANGED}))

    def deleted_entry(self) -> Mutation:
        of = self._entry()
        return _of_entries("entry: deleted", of, (DELETE, {"of": of}))

    def deleted_node(self) -> Mutation:
        level, of = self._node()
        deletion = (DELETE_NODE, {"level": level, "of": of})
        return Mutation("node: deleted", (deletion,), partial(_is_at, node(level, of), {Fault.MISSING}))

    def swapped_entries(self) -> Mutation:
        one, other = self.chance.sample(range(self.size), 2)
        moves = [(MOVE, {"of": of, "to": to}) for of, to in ((one, ASIDE), (other, one), (ASIDE, other))]
        return Mutation("entries: swapped", tuple(moves), partial(_is_at, entries(one, one + 1), {Fault.MOVED}))

    def swapped_nodes(self) -> Mutation:
        level = self.chance.randrange(self.size.bit_length() - 2)
        one, other = self.chance.sample(range(self.size >> level), 2)
        moves = [
            (MOVE_NODE, {"level": level, "of": of, "to": to}) for of, to in ((one, ASIDE), (other, one), (ASIDE, other))
        ]
        return Mutation("nodes: swapped", tuple(moves), partial(_is_at, node(level, one), {Fault.CHANGED}))

    def inserted_at_the_end(self) -> Mutation:
        to = self.size + self.chance.randrange(3)
        return _of_entries("entry: inserted at the end", to, (COPY, {"of": self._entry(), "to": to}))

    def inserted_in_the_middle(self) -> Mutation:
        """Push a copy of an entry in, and everything behind it one on."""
        at = self._entry()
        aside = "update base_audit_entries set leaf_index = leaf_index + :by where leaf_index >= :of"
        return _of_entries(
            "entry: inserted in the middle",
            at,
            (aside, {"by": ASIDE + 1, "of": at}),
            (aside, {"by": -ASIDE, "of": ASIDE}),
            (COPY, {"of": (at - 1) % self.size if at else 1, "to": at}),
        )

    def closed_gap(self) -> Mutation:
        """Delete an entry and let everything behind it move up, so that no number is missing but the last."""
        at = self.chance.randrange(self.size - 1)
        aside = "update base_audit_entries set leaf_index = leaf_index + :by where leaf_index > :of"
        steps = (
            (DELETE, {"of": at}),
            (aside, {"by": ASIDE - 1, "of": at}),
            (aside, {"by": -ASIDE, "of": ASIDE - 1}),
        )
        return _of_entries("entry: deleted, gap closed", at, *steps)

    def entry_and_leaf(self) -> Mutation:
        of = self._entry()
        content = replace(entry(of), outcome="denied").content
        leaf = (EDIT_NODE, {"level": 0, "of": of, "hash": ledger.leaf_hash(content)})
        return Mutation(
            "entry: edited with its leaf",
            ((EDIT, {"of": of, "content": content}), leaf),
            lambda found: (
                found.fault in (Fault.REWRITTEN, Fault.CHANGED)
                and found.place.part in ("entries", "tail", "node")
                and (
                    found.place.part != "entries" or found.place.first <= of < found.place.last <= found.place.first + 2
                )
            ),
        )

    def cut(self) -> Mutation:
        size = self.size - self.chance.randrange(1, self.size // 4)
        return _of_entries("end cut", size, (CUT, {"of": size}))

    def cut_with_the_tail(self) -> Mutation:
        """Roll the whole back to an earlier size: sound in itself, shorter than what the witness remembers."""
        size = self.size - self.chance.randrange(1, self.size // 4)
        return Mutation("end cut, tail rolled back", tuple(self._rolled_back(size)), partial(_was_cut, size))

    def rewritten_from(self) -> Mutation:
        """Edit an entry and make every node above it, and the tail, again: sound in itself, another tree."""
        of = self._entry()
        content = replace(entry(of), outcome="denied").content
        frontier, nodes = _tree([*self.contents[:of], content, *self.contents[of + 1 :]])
        above = [each for each in nodes if each.index == of >> each.level]
        statements: list[tuple[str, dict[str, Any]]] = [
            (EDIT, {"of": of, "content": content}),
            ("update base_audit_entries set outcome = 'denied' where leaf_index = :of", {"of": of}),
            *((EDIT_NODE, {"level": each.level, "of": each.index, "hash": each.hash}) for each in above),
            (SET_TAIL, {"size": self.size, "frontier": frontier.blob}),
        ]
        last_good = of // self.heads_every * self.heads_every
        place = entries(last_good, min(self.size, last_good + self.heads_every))
        return Mutation("entry: rewritten up to the tail", tuple(statements), partial(_is_at, place, {Fault.FORKED}))

    def edited_tail(self) -> Mutation:
        """Set the tail's size or peaks to something else."""
        frontier, _ = _tree(self.contents)
        blob = bytearray(frontier.blob)
        blob[self.chance.randrange(len(blob))] ^= 1 << self.chance.randrange(8)
        size, peaks = self.chance.choice([(self.size, bytes(blob)), (self.size - 1, frontier.blob), (self.size, b"")])
        edit = (SET_TAIL, {"size": size, "frontier": peaks})
        # A size that fits the number of peaks is told by the entry that it leaves out.
        places = {TAIL, entries(size, size + 1)}
        return Mutation("tail: edited", (edit,), lambda found: found.place in places)

    def _entry(self) -> int:
        return self.chance.randrange(self.size)

    def _node(self) -> tuple[int, int]:
        level = self.chance.randrange(self.size.bit_length())
        return level, self.chance.randrange(self.size >> level)

    def _rolled_back(self, size: int) -> Iterator[tuple[str, dict[str, Any]]]:
        frontier, _ = _tree(self.contents[:size])
        yield CUT, {"of": size}
        for level in range(self.size.bit_length()):
            yield CUT_NODES, {"level": level, "of": size >> level}
        yield SET_TAIL, {"size": size, "frontier": frontier.blob}


def _tree(contents: list[bytes]) -> tuple[ledger.Frontier, list[ledger.Node]]:
    return ledger.append(ledger.Frontier(), [ledger.leaf_hash(content) for content in contents])


def _of_entries(kind: str, index: int, *statements: tuple[str, dict[str, Any]]) -> Mutation:
    return Mutation(kind, statements, partial(_is_at, entries(index, index + 1), set(Fault)))


def _is_at(place: Place, faults: set[Fault], found: Finding) -> bool:
    return found.place == place and found.fault in faults


def _was_cut(size: int, found: Finding) -> bool:
    return found.fault is Fault.CUT and found.place.first == size


if __name__ == "__main__":
    is_short = "--short" in sys.argv
    told = run(short=is_short, results=Path(__file__).parents[1] / "results" / ("short" if is_short else ""))
    print(json.dumps(told, indent=1))
    sys.exit(0 if told["passed"] else 1)
