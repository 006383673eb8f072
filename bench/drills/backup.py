"""Drill: backups and restores are killed (SIGKILL) at random moments while the site serves; nothing half-made counts.

On each database a writer goes on adding entries. A child makes a backup and is killed after a random time, or comes to
its end; then, from outside:

1. what was cut short is told as unfinished and nothing in it is offered;
2. every finished backup is looked through with its key, frame by frame, and its ledger's head is one the site had;
3. the next backup works.

Then a child restores the last good backup into an empty database and is killed in the same way: the database is empty
afterwards, and a restore that is let alone brings back the very rows and the very head. Once, on a larger site, both
are timed.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from base import audit
from base.db import Database, DatabaseSettings, connect
from base.errors import DomainError
from bench.ledger import KINDS, entry, fresh_database
from bench.runner import say
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.backup import checking, making, places, restoring, tables
from keys.backup.making import Plan
from keys.backup.restoring import Into
from keys.envelopes import Recipient
from keys.signers.software import SoftwareSigner

NAME = "backup"
ROOT = Path(__file__).resolve().parents[2]
SEED = 20261121
KILLS = {True: 3, False: 120}
ENTRIES = {True: 500, False: 3_000}
TIMED_ENTRIES = {True: 3_000, False: 200_000}
BATCH = 500
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


@dataclass
class Found:
    """What was found in all."""

    killed: int = 0
    ended: int = 0
    whole: int = 0
    faults: list[str] = field(default_factory=list)


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Drill both databases; `passed` tells whether nothing half-made ever counted."""
    results.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    for kind in KINDS:
        say(f"  {kind}: {KILLS[short]} backups and restores struck")
        found[kind] = _struck(kind, short=short)
        say(f"  {kind}: timed")
        found[kind]["timed"] = _timed(kind, TIMED_ENTRIES[short])
        (results / f"{NAME}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return {**found, "seed": SEED, "passed": all(not each["faults"] for each in found.values())}


def _struck(kind: str, *, short: bool) -> dict[str, Any]:
    chance = random.Random(f"{SEED}/{kind}")
    with (
        tempfile.TemporaryDirectory() as folder,
        _site(kind, "yinxin_drill_backup", ENTRIES[short]) as (settings, site),
    ):
        place, key = Path(folder), _key(Path(folder))
        backups, restores = Found(), Found()
        longest = _longest(settings, place)
        with _serving(site) as heads:
            for turn in range(KILLS[short]):
                at = AT + timedelta(minutes=turn)
                _strike(backups, ["backup", settings.url, folder, at.isoformat()], chance.uniform(0, 2 * longest))
                _look(backups, place / "backups", key, heads)
        last = places.found(place / "backups")
        with fresh_database(kind, "yinxin_drill_restored") as into:
            for _ in range(KILLS[short]):
                _strike(restores, ["restore", into.url, folder, str(last)], chance.uniform(0, 2 * longest))
                _emptied(restores, site, into)
        faults = backups.faults + restores.faults
        return {
            "backups_killed": backups.killed,
            "backups_ended": backups.ended,
            "restores_killed": restores.killed,
            "restores_ended": restores.ended,
            "restores_found_whole": restores.whole,
            "faults": faults,
            "passed": not faults,
        }


def _strike(found: Found, told: list[str], after: float) -> bool:
    """Let a child work and kill it after a time; tell whether it was killed."""
    command = [sys.executable, "-m", "bench.drills.backup", *told]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        line = child.stdout.readline() if child.stdout else ""
        if line.strip() != "begins":
            found.faults.append(f"a child did not begin: {told[0]}")
        try:
            child.wait(after)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
    struck = child.returncode == -signal.SIGKILL
    found.killed += struck
    found.ended += not struck
    if child.returncode not in (0, -signal.SIGKILL):
        found.faults.append(f"{told[0]} ended with {child.returncode}")
    return struck


def _look(found: Found, folder: Path, key: SoftwareSigner, heads: set[tuple[int, str]]) -> None:
    """Look every finished backup through, and see that nothing unfinished is offered."""
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.name.endswith(places.UNFINISHED):
            try:
                places.found(each)
            except DomainError:
                continue
            found.faults.append(f"{each.name} was offered")
    for place in places.finished(folder)[-1:]:
        try:
            told = checking.examined(checking.opened(place.folder, key))
        except DomainError as refusal:
            found.faults.append(f"{place.folder.name}: {refusal}")
            continue
        head = checking.intact(place.folder).ledger
        if (head.size, head.root) not in heads and told.entries:
            found.faults.append(f"{place.folder.name}: a head that the site never had")


def _emptied(found: Found, site: Database, settings: DatabaseSettings) -> None:
    """See that a restore left nothing or all, and clear what it brought."""
    database = connect(settings)
    try:
        with tables.snapshot(database) as connection:
            occupied = tables.occupied(connection)
        if occupied:
            found.whole += 1
            _require_whole(found, site, settings)
        with database.engine.begin() as connection:
            for each in reversed(tables.present(connection)):
                connection.execute(each.delete())
    finally:
        database.close()


def _require_whole(found: Found, site: Database, settings: DatabaseSettings) -> None:
    restored = connect(settings)
    try:
        with tables.snapshot(restored) as connection:
            entries = next(each for each in tables.present(connection) if each.name == "base_audit_entries")
            count = tables.counted(connection, entries)
        with site.reading() as session:
            head = audit.tree_at(session, count)
        with restored.reading() as session:
            if audit.tree_at(session) != head:
                found.faults.append("another head was restored")
    finally:
        restored.close()


def _timed(kind: str, entries: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _site(kind, "yinxin_drill_timed", entries) as (_, site):
        place = Path(folder)
        key, plan = _key(place), _plan(place)
        began = time.monotonic()
        made = making.made(site, place / "backups", plan, AT)
        backup = time.monotonic() - began
        with fresh_database(kind, "yinxin_drill_restored") as into:
            database = connect(into)
            began = time.monotonic()
            restoring.restored(checking.opened(made.folder, key), Into(database, {}))
            restore = time.monotonic() - began
            database.close()
        rows, plain = made.manifest.rows, sum(each.plain_bytes for each in made.manifest.parts)
        return {
            "rows": rows,
            "plain_mebibytes": round(plain / 2**20, 1),
            "encrypted_mebibytes": round(sum(each.bytes for each in made.manifest.parts) / 2**20, 1),
            "backup_and_reading_again_seconds": round(backup, 1),
            "restore_with_all_checks_seconds": round(restore, 1),
            "rows_backed_up_a_second": round(rows / backup),
            "rows_restored_a_second": round(rows / restore),
        }


@contextmanager
def _site(kind: str, name: str, entries: int) -> Iterator[tuple[DatabaseSettings, Database]]:
    with fresh_database(kind, name) as settings:
        database = connect(settings, (audit.append,))
        for begin in range(0, entries, BATCH):
            _write(database, begin, min(begin + BATCH, entries))
        yield settings, database
        database.close()


def _write(database: Database, begin: int, end: int) -> None:
    with database.transaction() as session:
        for number in range(begin, end):
            audit.record(session, entry(number))


@contextmanager
def _serving(site: Database) -> Iterator[set[tuple[int, str]]]:
    """Have entries added all the while, and note every head that the site ever had."""
    heads: set[tuple[int, str]] = set()
    stop = threading.Event()
    with site.reading() as session:
        tree = audit.tree_at(session)
    heads.add((tree.size, tree.root.hex()))

    def serve(size: int) -> None:
        while not stop.is_set():
            _write(site, size, size + 1)
            size += 1
            with site.reading() as session:
                tree = audit.tree_at(session)
            heads.add((tree.size, tree.root.hex()))
            time.sleep(0.005)

    writer = threading.Thread(target=serve, args=(tree.size,))
    writer.start()
    try:
        yield heads
    finally:
        stop.set()
        writer.join()


def _key(folder: Path) -> SoftwareSigner:
    file = folder / "key.pem"
    if not file.exists():
        file.write_bytes(asymmetric.private_key_pem(asymmetric.generated(KeyKind.SM2), None))
    return SoftwareSigner(asymmetric.private_key_of_pem(file.read_bytes()))


def _plan(folder: Path) -> Plan:
    return Plan((Recipient.of_key(_key(folder).public),), "drill", least_free_share=0.0, verify=True)


def _longest(settings: DatabaseSettings, folder: Path) -> float:
    """Tell how long an undisturbed backup takes, so that strikes fall into it and a little behind."""
    began = time.monotonic()
    database = connect(settings)
    making.made(database, folder / "backups", _plan(folder), AT - timedelta(minutes=1))
    database.close()
    return (time.monotonic() - began) * 1.3


def _child(act: str, url: str, folder: str, told: str) -> None:
    """Do one act in this process, until it ends or is ended."""
    place, database = Path(folder), connect(DatabaseSettings(url=url))
    key, plan = _key(place), _plan(place)
    print("begins", flush=True)
    if act == "backup":
        making.made(database, place / "backups", plan, datetime.fromisoformat(told))
    else:
        restoring.restored(checking.opened(Path(told), key), Into(database, {}))
    os._exit(0)


if __name__ == "__main__":
    _child(*sys.argv[1:])
