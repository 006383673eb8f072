"""What was backed up comes back, on either database from either, whole or not at all, and to nobody without the key."""

import shutil
import signal
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, insert, inspect, select, text, update

from base import ledger_verification
from base.audit import Tree, tree_at
from base.db import Base, Database
from base.errors import DomainError
from base.models import AuditEntry, LedgerTail
from base.notices.models import StoredNotice
from base.scheduling.models import JobSlot
from keys.algorithms import asymmetric, pem, sm2
from keys.algorithms.algorithm import KeyKind
from keys.backup import checking, frames, making, manifest, places, restoring, tables
from keys.backup.errors import (
    BackupDamaged,
    BackupForAnotherKey,
    BackupOfAnotherVersion,
    CannotBeCarried,
    FolderNotConfigured,
    NoBackup,
    NoRoomForBackup,
    NotEmpty,
    RestoreDiffers,
    UnfinishedBackup,
)
from keys.backup.manifest import ENVELOPE, MANIFEST, SUMS, Manifest
from keys.backup.restoring import Into
from keys.certificates import Certificate
from keys.envelopes import Recipient
from keys.signers.software import SoftwareSigner
from tests.builders import pki
from tests.keys.backup.conftest import AT, KEY, PLAN, SIGNER, Target, opened, write_some


def everything(database: Database) -> dict[str, list[bytes]]:
    """Give all rows of all tables, as they are carried."""
    with tables.snapshot(database) as connection:
        return {each.name: list(tables.lines_of(connection, each)) for each in tables.present(connection)}


def head(database: Database) -> Tree:
    with database.reading() as session:
        assert ledger_verification.verify(session).sound
        return tree_at(session)


def test_everything_comes_back(site: Database, target: Target, tmp_path: Path):
    before = everything(site)
    made = making.made(site, tmp_path / "backups", PLAN, AT)
    assert made.verified
    told = restoring.restored(opened(made), Into(target.database, {}))
    assert rows_alike(everything(target.database), before)
    assert head(target.database) == head(site) == told.ledger
    assert told.examined.rows == sum(map(len, before.values())) == made.manifest.rows
    assert (made.manifest.ledger.size, made.manifest.ledger.root) == (told.ledger.size, told.ledger.root.hex())


def rows_alike(one: dict[str, list[bytes]], other: dict[str, list[bytes]]) -> bool:
    """Compare rows; databases order the same texts each in their own way."""
    return {name: sorted(lines) for name, lines in one.items()} == {
        name: sorted(lines) for name, lines in other.items()
    }


def test_a_restored_site_goes_on_behind_what_it_had(site: Database, target: Target, tmp_path: Path):
    made = making.made(site, tmp_path / "backups", PLAN, AT)
    restoring.restored(opened(made), Into(target.database, {}))
    write_some(target.database, 3, 100)
    assert head(target.database).size == made.manifest.ledger.size + 3
    with target.database.transaction() as session:
        largest = session.scalar(select(func.max(StoredNotice.id)))
        session.execute(insert(StoredNotice).values(kind="k", facts={}, written_at=AT))
        assert largest
        assert session.scalar(select(func.max(StoredNotice.id))) == largest + 1


def test_no_value_and_a_stored_null_stay_two_things(site: Database, target: Target, tmp_path: Path):
    made = making.made(site, tmp_path / "backups", PLAN, AT)
    restoring.restored(opened(made), Into(target.database, {}))
    for database in (site, target.database):
        with database.reading() as session:
            query = select(JobSlot.job).where(text("position is null"))
            assert session.scalars(query).all() == ["job x"]


def test_a_backup_holds_one_moment_while_the_site_serves(site: Database, empty: Database, tmp_path: Path):
    stop = threading.Event()
    written = 0

    def serve() -> None:
        nonlocal written
        while not stop.is_set():
            write_some(site, 1, 1000 + written)
            written += 1

    writer = threading.Thread(target=serve)
    writer.start()
    try:
        made = [making.made(site, tmp_path / "backups", PLAN, AT + timedelta(seconds=n)) for n in range(4)]
    finally:
        stop.set()
        writer.join()
    assert written > 4
    assert all(each.manifest.ledger.sound for each in made)
    restoring.restored(opened(made[-1]), Into(empty, {}))
    size = made[-1].manifest.ledger.size
    with site.reading() as session:
        assert tree_at(session, size).root.hex() == made[-1].manifest.ledger.root


# To whom


def test_several_keys_open_and_no_other(site: Database, tmp_path: Path):
    certified = pki.chain().signer
    plan = replace(PLAN, recipients=(*PLAN.recipients, Recipient.of_certificate(certified.certificate)))
    folder = making.made(site, tmp_path / "backups", plan, AT).folder
    ours = checking.opened(folder, SIGNER)
    assert checking.opened(folder, SoftwareSigner(certified.key), certified.certificate).key == ours.key
    stranger: list[tuple[SoftwareSigner, Certificate | None]] = [
        (SoftwareSigner(asymmetric.generated(KeyKind.SM2)), None),
        (SoftwareSigner(asymmetric.generated(KeyKind.SM2)), certified.certificate),
        (SoftwareSigner(asymmetric.generated(KeyKind.RSA)), None),
    ]
    for signer, certificate in stranger:
        with pytest.raises(BackupForAnotherKey):
            checking.opened(folder, signer, certificate)


# Damage


def spoil(folder: Path, name: str, place: int, bit: int) -> None:
    data = bytearray((folder / name).read_bytes())
    data[place % len(data)] ^= 1 << bit
    (folder / name).write_bytes(data)


def whole(folder: Path) -> checking.Examined:
    return checking.examined(checking.opened(folder, SIGNER))


FILES = [MANIFEST, ENVELOPE, SUMS]
NO_FIXTURE_CHECK = [HealthCheck.function_scoped_fixture]


def names_of(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=NO_FIXTURE_CHECK)
def test_no_flipped_byte_of_any_file_goes_unseen(small_backup: Path, tmp_path_factory, data: st.DataObject):
    folder = tmp_path_factory.mktemp("flip") / small_backup.name
    shutil.copytree(small_backup, folder)
    name = data.draw(st.sampled_from(names_of(folder)))
    spoil(folder, name, data.draw(st.integers(0, 1 << 20)), data.draw(st.integers(0, 7)))
    with pytest.raises(BackupDamaged):
        checking.intact(folder)
    with pytest.raises(BackupDamaged):
        whole(folder)
    shutil.rmtree(folder)


def digests_again(folder: Path, *, parts: bool = True) -> None:
    """Do as someone who covers up: write digests, in the list and in the manifest, that fit what is there."""
    if parts:
        told = Manifest.of((folder / MANIFEST).read_bytes())
        again = tuple(replace(each, sm3=places.digest_of(folder / each.file)) for each in told.parts)
        (folder / MANIFEST).write_bytes(replace(told, parts=again).content)
    files = {name: places.digest_of(folder / name) for name in names_of(folder) if name != SUMS}
    (folder / SUMS).write_bytes(manifest.sums(files))


@given(st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=NO_FIXTURE_CHECK)
def test_covering_up_a_flipped_byte_does_not_help(small_backup: Path, tmp_path_factory, data: st.DataObject):
    folder = tmp_path_factory.mktemp("flip") / small_backup.name
    shutil.copytree(small_backup, folder)
    name = data.draw(st.sampled_from([each for each in names_of(folder) if each not in FILES] + [ENVELOPE]))
    spoil(folder, name, data.draw(st.integers(0, 1 << 20)), data.draw(st.integers(0, 7)))
    digests_again(folder, parts=name != ENVELOPE)
    checking.intact(folder)
    with pytest.raises(DomainError):
        whole(folder)
    shutil.rmtree(folder)


def test_covering_up_without_touching_the_manifest_does_not_help_either(spoilt: Path):
    spoil(spoilt, "001.part", 100, 0)
    digests_again(spoilt, parts=False)
    with pytest.raises(BackupDamaged) as refusal:
        whole(spoilt)
    assert refusal.value.reason == "names-other-parts"


def test_every_member_of_the_manifest_is_bound(spoilt: Path):
    told = Manifest.of((spoilt / MANIFEST).read_bytes())
    for changed in (
        replace(told, schema="another"),
        replace(told, made_at="2030-01-01T00:00:00Z"),
        replace(told, id="00" * 16),
        replace(told, ledger=replace(told.ledger, size=0)),
    ):
        (spoilt / MANIFEST).write_bytes(changed.content)
        digests_again(spoilt, parts=False)
        with pytest.raises(BackupDamaged) as refusal:
            whole(spoilt)
        assert refusal.value.reason == "of-another-backup"


def test_a_missing_or_strange_file_is_named(spoilt: Path):
    (spoilt / "notes.txt").write_bytes(b"x")
    with pytest.raises(BackupDamaged) as refusal:
        checking.intact(spoilt)
    assert (refusal.value.file, refusal.value.reason) == ("notes.txt", "not-of-this-backup")
    (spoilt / "notes.txt").unlink()
    (spoilt / "002.part").unlink()
    with pytest.raises(BackupDamaged) as refusal:
        checking.intact(spoilt)
    assert (refusal.value.file, refusal.value.reason) == ("002.part", "missing")


def test_a_truncated_part_is_refused_even_with_fitting_digests(spoilt: Path):
    part = spoilt / "001.part"
    part.write_bytes(part.read_bytes()[:-5])
    digests_again(spoilt)
    with pytest.raises(BackupDamaged):
        whole(spoilt)


def test_parts_that_changed_places_are_refused(spoilt: Path):
    (spoilt / "001.part").rename(spoilt / "x")
    (spoilt / "002.part").rename(spoilt / "001.part")
    (spoilt / "x").rename(spoilt / "002.part")
    with pytest.raises(BackupDamaged):
        checking.intact(spoilt)
    digests_again(spoilt)
    with pytest.raises(BackupDamaged):
        whole(spoilt)


def test_parts_of_another_backup_are_refused(site: Database, tmp_path: Path):
    """Two backups of one site for one key: nothing of the one fits into the other."""
    one = making.made(site, tmp_path, PLAN, AT).folder
    other = making.made(site, tmp_path, PLAN, AT + timedelta(days=1)).folder
    for name in ("001.part", ENVELOPE, MANIFEST):
        mixed = tmp_path / f"mixed-{name}"
        shutil.copytree(one, mixed)
        shutil.copy(other / name, mixed / name)
        digests_again(mixed, parts=name == "001.part")
        with pytest.raises(BackupDamaged):
            whole(mixed)


def test_a_table_that_calls_itself_another_is_refused(small_backup: Path):
    backup = checking.opened(small_backup, SIGNER)
    first, second = backup.manifest.parts[:2]
    lying = replace(first, number=second.number, file=second.file, rows=second.rows)
    with pytest.raises(BackupDamaged) as refusal:
        checking.columns_of(backup, lying)
    assert refusal.value.reason == "of-another-table"


def test_rows_are_counted_against_the_manifest(small_backup: Path):
    backup = checking.opened(small_backup, SIGNER)
    parts = tuple(replace(each, rows=each.rows + 1) for each in backup.manifest.parts)
    with pytest.raises(BackupDamaged) as refusal:
        checking.examined(replace(backup, manifest=replace(backup.manifest, parts=parts)))
    assert refusal.value.reason == "another-number-of-rows"


# Where


def test_a_place_means_its_newest_finished_backup(site: Database, tmp_path: Path):
    first = making.made(site, tmp_path, PLAN, AT).folder
    second = making.made(site, tmp_path, PLAN, AT + timedelta(days=1)).folder
    assert places.found(tmp_path) == second
    assert places.found(first) == first
    with pytest.raises(NoBackup):
        places.found(tmp_path / "nowhere")


def test_nothing_is_written_over_and_only_the_owner_reads(site: Database, tmp_path: Path):
    folder = making.made(site, tmp_path / "new" / "backups", PLAN, AT).folder
    assert folder.stat().st_mode & 0o077 == 0
    assert all(each.stat().st_mode & 0o177 == 0 for each in folder.iterdir())


def test_the_newest_are_kept_and_what_was_left_behind_goes(site: Database, tmp_path: Path):
    made = [making.made(site, tmp_path, PLAN, AT + timedelta(days=n)).folder.name for n in range(4)]
    old = tmp_path / "yinxin-20200101T000000Z-00000000.part"
    new = tmp_path / (places.name_for(AT + timedelta(days=4), "11111111") + ".part")
    going = tmp_path / "yinxin-20261120T000000Z-22222222.going"
    strange = tmp_path / "of-others.part"
    for each in (old, new, going, strange):
        each.mkdir()
        (each / "x").write_bytes(b"x")
    gone = places.kept(tmp_path, 2, AT + timedelta(days=4))
    assert sorted(gone) == sorted([made[0], made[1], old.name, going.name.removesuffix(".going")])
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_dir()) == sorted(
        [*made[2:], new.name, strange.name]
    )
    assert places.kept(tmp_path, 0, AT + timedelta(days=4)) == []


def test_without_room_nothing_is_begun(site: Database, tmp_path: Path):
    with pytest.raises(NoRoomForBackup) as refusal:
        making.made(site, tmp_path / "backups", replace(PLAN, least_free_share=0.999999), AT)
    assert refusal.value.needed > refusal.value.free
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_that_fails_leaves_nothing(site: Database, tmp_path: Path):
    def fail(done: int, _all: int, _name: str) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        making.made(site, tmp_path, PLAN, AT, fail)
    assert [each for each in tmp_path.iterdir() if each.name.startswith("yinxin-")] == []


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.keys.backup.conftest import AT, PLAN
from base.db import DatabaseSettings, connect
from keys.backup import making
def die(done, total, name):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
making.made(connect(DatabaseSettings(url=sys.argv[1])), Path(sys.argv[2]), PLAN, AT, die)
"""


@pytest.mark.parametrize("after", [0, 7, 15])
def test_a_backup_that_is_killed_never_counts(site: Database, tmp_path: Path, after: int):
    url = site.engine.url.render_as_string(hide_password=False)
    child = [sys.executable, "-c", KILLED, url, str(tmp_path / "backups"), str(after)]
    root = Path(__file__).parents[3]
    died = subprocess.run(child, cwd=root, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    (left,) = (tmp_path / "backups").iterdir()
    for place in (left, tmp_path / "backups"):
        with pytest.raises((UnfinishedBackup, NoBackup)):
            places.found(place)
    made = making.made(site, tmp_path / "backups", PLAN, AT + timedelta(seconds=1))
    assert places.found(tmp_path / "backups") == made.folder
    assert places.kept(tmp_path / "backups", 5, AT + timedelta(days=2)) == [left.name]


# An empty place, whole or not at all


def test_a_place_that_is_not_empty_is_refused_and_left_as_it_is(site: Database, target: Target, tmp_path: Path):
    made = making.made(site, tmp_path / "backups", PLAN, AT)
    write_some(target.database, 1)
    before = everything(target.database)
    with pytest.raises(NotEmpty):
        restoring.restored(opened(made), Into(target.database, {}))
    assert everything(target.database) == before


def test_a_backup_is_not_restored_twice(site: Database, target: Target, tmp_path: Path):
    made = making.made(site, tmp_path / "backups", PLAN, AT)
    restoring.restored(opened(made), Into(target.database, {}))
    with pytest.raises(NotEmpty):
        restoring.restored(opened(made), Into(target.database, {}))


def test_another_schema_is_refused_with_both_versions(small_backup: Path, empty: Database):
    backup = checking.opened(small_backup, SIGNER)
    other = replace(backup, manifest=replace(backup.manifest, schema="0000_ancient"))
    with pytest.raises(BackupOfAnotherVersion) as refusal:
        restoring.restored(other, Into(empty, {"papers": Path("x")}))
    assert refusal.value.found == "0000_ancient"


def fail_when_notices_come(database: Database):
    """Have the database refuse in the midst of the loading."""
    seen = []

    def refuse(_connection, _cursor, statement, *_others) -> None:
        if "base_notices" in statement and ("INSERT" in statement or "setval" in statement or "max(" in statement):
            seen.append(statement)
            raise RuntimeError("the cable was pulled")

    event.listen(database.engine, "before_cursor_execute", refuse)
    return seen


def test_a_restore_that_fails_half_way_leaves_the_place_empty(site: Database, target: Target, tmp_path: Path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a").write_bytes(b"a")
    made = making.made(site, tmp_path / "backups", replace(PLAN, folders={"papers": tmp_path / "papers"}), AT)
    seen = fail_when_notices_come(target.database)
    with pytest.raises(RuntimeError):
        restoring.restored(opened(made), Into(target.database, {"papers": tmp_path / "again"}))
    assert seen
    with tables.snapshot(target.database) as connection:
        assert tables.occupied(connection) == []
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("again")] == []


def test_a_fault_found_last_takes_the_folders_back_too(small_backup: Path, empty: Database, tmp_path: Path):
    """Heads that a witness remembers are of another ledger: all is loaded by then, and nothing is kept."""
    with pytest.raises(RestoreDiffers) as refusal:
        restoring.restored(
            checking.opened(small_backup, SIGNER), Into(empty, {"papers": tmp_path / "papers"}, [Tree(3, bytes(32))])
        )
    assert refusal.value.what == "ledger"
    assert not (tmp_path / "papers").exists()
    assert not (tmp_path / "papers.restoring").exists()
    with tables.snapshot(empty) as connection:
        assert tables.occupied(connection) == []


def test_a_failing_commit_takes_the_folders_back(small_backup: Path, empty: Database, tmp_path: Path):
    def refuse(_connection) -> None:
        raise RuntimeError("the disk is full")

    event.listen(empty.engine, "commit", refuse)
    with pytest.raises(RuntimeError):
        restoring.restored(checking.opened(small_backup, SIGNER), Into(empty, {"papers": tmp_path / "papers"}))
    event.remove(empty.engine, "commit", refuse)
    assert not (tmp_path / "papers").exists()


def test_remembered_heads_that_fit_are_no_hindrance(small_backup: Path, empty: Database, tmp_path: Path):
    backup = checking.opened(small_backup, SIGNER)
    known = Tree(backup.manifest.ledger.size, bytes.fromhex(backup.manifest.ledger.root))
    restoring.restored(backup, Into(empty, {"papers": tmp_path / "papers"}, [known]))
    assert (tmp_path / "papers" / "a.txt").read_bytes() == b"a paper"
    with pytest.raises(RestoreDiffers):
        restoring.restored(
            backup, Into(cleared(empty), {"papers": tmp_path / "p"}, [replace(known, size=known.size + 1)])
        )


def cleared(database: Database) -> Database:
    with database.engine.begin() as connection:
        for each in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(each))
    return database


def test_a_damaged_ledger_is_backed_up_and_told(site: Database, empty: Database, tmp_path: Path):
    with site.engine.begin() as connection:
        connection.execute(delete(AuditEntry).where(AuditEntry.leaf_index == 7))
    made = making.made(site, tmp_path, PLAN, AT)
    assert not made.manifest.ledger.sound
    with pytest.raises(RestoreDiffers):
        restoring.restored(opened(made), Into(empty, {}))
    restoring.restored(opened(made), Into(empty, {}, accept_damaged_ledger=True))
    assert rows_alike(everything(empty), everything(site))


def test_a_tail_that_differs_is_told_too(site: Database, tmp_path: Path):
    with site.engine.begin() as connection:
        connection.execute(update(LedgerTail).values(size=11))
    assert not making.made(site, tmp_path, PLAN, AT).manifest.ledger.sound


def test_an_empty_site_can_be_backed_up(empty: Database, tmp_path: Path):
    made = making.made(empty, tmp_path / "b", PLAN, AT)
    assert made.manifest.ledger.size == 0
    assert made.manifest.ledger.sound
    restoring.restored(opened(made), Into(empty, {}))


# Files


def test_a_folder_without_a_place_is_refused(small_backup: Path, empty: Database):
    with pytest.raises(FolderNotConfigured):
        restoring.restored(checking.opened(small_backup, SIGNER), Into(empty, {}))


def test_a_folder_that_holds_something_is_refused(small_backup: Path, empty: Database, tmp_path: Path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "mine").write_bytes(b"mine")
    with pytest.raises(NotEmpty):
        restoring.restored(checking.opened(small_backup, SIGNER), Into(empty, {"papers": tmp_path / "papers"}))
    assert [each.name for each in (tmp_path / "papers").iterdir()] == ["mine"]


def test_an_empty_folder_is_filled(small_backup: Path, empty: Database, tmp_path: Path):
    (tmp_path / "papers").mkdir()
    restoring.restored(checking.opened(small_backup, SIGNER), Into(empty, {"papers": tmp_path / "papers"}))
    assert (tmp_path / "papers" / "a.txt").read_bytes() == b"a paper"


# Keys


def test_a_planted_key_is_nowhere_in_a_backup_not_even_inside(site: Database, tmp_path: Path):
    """Every form of a key that the house reads, under any name, in a folder that is backed up."""
    papers = tmp_path / "papers"
    papers.mkdir()
    planted = sm2.PrivateKey.generated()
    rsa = asymmetric.generated(KeyKind.RSA)
    forms = {
        "a.txt": asymmetric.private_key_pem(planted, None),
        "b.pem": asymmetric.private_key_pem(planted, b"password"),
        "c.der": planted.pkcs8(),
        "d": planted.pkcs8(b"password"),
        "e.pem": pem.written("EC PRIVATE KEY", planted.sec1()),
        "f.der": planted.sec1(),
        "g": rsa.pkcs8(),
        "h": b"yinxin-drawn-1.AAAA\n",
        "i.pem": b"words before\n" + asymmetric.private_key_pem(rsa, None),
    }
    for name, content in forms.items():
        (papers / name).write_bytes(content)
    (papers / "certificate.pem").write_bytes(pki.chain().signer.certificate.pem)
    (papers / "certificate.der").write_bytes(pki.chain().signer.der)
    (papers / "list.crl").write_bytes(pki.root().revocation_der())
    (papers / "public.pem").write_bytes(asymmetric.public_key_pem(planted.public))
    made = making.made(site, tmp_path / "backups", replace(PLAN, folders={"papers": papers}), AT)
    assert made.manifest.left_out == len(forms)
    assert checking.examined(opened(made)).files == 4
    traces = [content[40:80] for content in forms.values() if len(content) > 100]
    scalar = planted.pkcs8()[36:68]
    traces += [forms["h"], scalar, scalar.hex().encode(), scalar.hex().upper().encode()]
    assert occurrences(opened(made), traces) == 0


def occurrences(backup: checking.Opened, traces: list[bytes]) -> int:
    """Count traces in every file as it lies there, and in every part as it reads."""
    found = 0
    for file in backup.folder.iterdir():
        found += sum(file.read_bytes().count(each) for each in traces)
    for part in backup.manifest.parts:
        with backup.texts(part) as pieces:
            told = b"".join(pieces)
        found += sum(told.count(each) for each in traces)
    return found


def test_the_key_of_a_backup_is_shown_nowhere(site: Database, tmp_path: Path):
    backup = opened(making.made(site, tmp_path, PLAN, AT))
    assert backup.key.hex() not in repr(backup)
    scalar = KEY.pkcs8()[36:68]
    assert occurrences(backup, [backup.key, backup.key.hex().encode(), scalar, scalar.hex().encode()]) == 0


def test_nothing_of_the_site_can_be_read_without_the_key(site: Database, tmp_path: Path):
    folder = making.made(site, tmp_path, PLAN, AT).folder
    told = b"".join(file.read_bytes() for file in folder.iterdir())
    for trace in (b"system:a", "局".encode(), b"backup-begun", b"thing"):
        assert trace not in told


# Size


def test_memory_holds_a_frame_and_not_the_site(empty: Database, tmp_path: Path):
    papers = tmp_path / "papers"
    papers.mkdir()
    with (papers / "large").open("wb") as file:
        file.truncate(48 << 20)
    plan = replace(PLAN, folders={"papers": papers}, verify=True)
    tracemalloc.start()
    try:
        made = making.made(empty, tmp_path / "backups", plan, AT)
        restoring.restored(opened(made), Into(empty, {"papers": tmp_path / "again"}))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * frames.FRAME
    assert (tmp_path / "again" / "large").stat().st_size == 48 << 20


def test_a_value_that_cannot_be_carried_stops_the_backup_with_its_place(site: Database, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("keys.backup.rows._WRITERS", {})
    with pytest.raises(CannotBeCarried) as refusal:
        making.made(site, tmp_path, PLAN, AT)
    assert refusal.value.table
    assert refusal.value.column


HOSTILE = {
    "no json": b"x\n",
    "deep": b"[" * 100_000 + b"]" * 100_000 + b"\n",
    "too short": b"[1]\n",
    "strange letter": b'[["x",1],1,1]\n',
    "no text in a number": b'[["u",5],1,1]\n',
    "far": b'[["f","0x1p99999"],1,1]\n',
}


@pytest.mark.parametrize("hostile", list(HOSTILE))
def test_lines_that_anyone_could_have_encrypted_are_refused(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: str
):
    """Whoever has the public key can make a backup of whatever bytes."""
    monkeypatch.setattr(tables, "lines_of", lambda *_: iter([HOSTILE[hostile]]))
    backup = opened(making.made(empty, tmp_path, replace(PLAN, verify=False), AT))
    with pytest.raises(BackupDamaged):
        checking.examined(backup)


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frames, "LINE_LIMIT", 1000)
    with pytest.raises(BackupDamaged):
        list(frames.lines(iter([b"x" * 400] * 3), "x"))


@pytest.mark.parametrize("kind", ["of another type", "pointing nowhere"])
def test_rows_that_a_database_does_not_take_are_told_and_nothing_stays(
    site: Database, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    honest = tables.lines_of

    one, other = {
        "of another type": (b'["t","2026-11-21T02:30:00+00:00"]', b'"no time"'),
        "pointing nowhere": (b'"province","11320000YNX00004XX"', b'"province","11320000YNX99999XX"'),
    }[kind]

    def lines_of(connection, made, seen=lambda _row: None):
        organisations = made.name == "keys_organisations"
        for line in honest(connection, made, seen):
            yield line.replace(one, other) if organisations else line

    monkeypatch.setattr(tables, "lines_of", lines_of)
    made = making.made(site, tmp_path, PLAN, AT)
    with pytest.raises(RestoreDiffers) as refusal:
        restoring.restored(opened(made), Into(target.database, {}))
    assert refusal.value.what == "keys_organisations"
    with tables.snapshot(target.database) as connection:
        assert tables.occupied(connection) == []


def test_text_that_postgresql_cannot_hold_is_told(empty: Database, target: Target, tmp_path: Path):
    with empty.transaction() as session:
        session.add(StoredNotice(kind="a\0b", facts={}, written_at=AT))
    backup = opened(making.made(empty, tmp_path, PLAN, AT))
    if target.database.is_sqlite:
        restoring.restored(backup, Into(target.database, {}))
        return
    with pytest.raises(RestoreDiffers) as refusal:
        restoring.restored(backup, Into(target.database, {}))
    assert refusal.value.what == "base_notices"


def test_a_bare_database_gets_its_schema_first(tmp_path: Path, empty: Database):
    """The backup of a migrated site restores into a database in which nothing is yet."""
    from base import schema
    from base.db import DatabaseSettings, connect

    source = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'source.db'}"), ())
    schema.upgrade(source)
    made = making.made(source, tmp_path / "backups", PLAN, AT)
    bare = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'bare.db'}"), ())
    restoring.restored(opened(made), Into(bare, {}))
    schema.require_current(bare)
    with pytest.raises(BackupOfAnotherVersion):
        restoring.restored(opened(made), Into(empty, {}))
    assert "base_audit_entries" in inspect(bare.engine).get_table_names()
    source.close()
    bare.close()
