"""Tree heads are signed over what is there and continues what was signed; whatever else the ledger became is found."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, update
from sqlalchemy.orm import Session

from base import audit
from base.audit import Search
from base.callers import Caller
from base.journal import DamagedLedger
from base.ledger_faults import Fault
from base.models import LedgerNode
from base.notices import unread
from keys.algorithms import asymmetric, sm2
from keys.algorithms.algorithm import KeyKind
from keys.checkpoints import alarms, heads, signing
from keys.checkpoints.errors import (
    CheckpointAtWork,
    CheckpointByUnknownKey,
    CheckpointForged,
    CheckpointKeyMissing,
    CheckpointsStopped,
    HistoryRewritten,
    LedgerShrunk,
    NoCheckpointYet,
    NoSuchAlarm,
    NoSuchCheckpoint,
    SplitView,
    UnusableCheckpointKey,
    UnusableOrigin,
)
from keys.checkpoints.head import Head, NoteKey, SignatureLine, SignedHead, sealed, verified
from keys.checkpoints.models import Checkpoint, CheckpointAlarm, CheckpointLog, WitnessDelivery
from keys.errors import FaultySignature
from keys.signers.software import SoftwareSigner
from tests.keys.checkpoint_house import (
    AT,
    LOG,
    MINUTE,
    ORGANISATION,
    WAYS,
    House,
    contents,
    edited,
    house,
    restore,
    rewrite,
    snapshot,
    verification,
)

OFFICER = Caller("person", "u-7", "安全管理员", ORGANISATION, frozenset({"secadmin"}))


@pytest.fixture
def home(database, tmp_path) -> House:
    return house(database, tmp_path / "witness")


# Signing.


def test_a_head_is_signed_over_the_ledger_as_it_is_and_anyone_can_verify_it(home):
    made = home.signed(10)
    assert made.head == Head(LOG, 10, home.read(lambda s: audit.tree_at(s, 10)).root, home.now)
    keys = home.read(lambda session: heads.keys_of(session, LOG))
    assert verified(made.note, LOG, keys) == made
    assert home.read(heads.present).signed == made


def test_what_is_to_be_signed_is_on_record_before_and_its_entry_is_under_the_next_head(home):
    first = home.signed(10)
    second = home.sign()
    found = home.read(lambda s: audit.search(s, Search(act="keys.checkpoint.intended")))
    assert [each.entry.facts["size"] for each in found] == [second.head.size, 10]
    assert found[0].entry.facts["root"] == second.head.root.hex()
    assert 10 <= found[1].index < second.head.size
    assert first.head.size < second.head.size


def test_an_idle_ledger_still_shows_that_it_lives(home):
    home.signed(1)
    sizes = [home.sign().head.size for _ in range(3)]
    assert sizes[1] - sizes[0] == sizes[2] - sizes[1] == 1


def test_nothing_is_signed_when_nothing_was_entered(home):
    """The entry of the last head is taken away again, so that the ledger is just what was signed."""
    size = home.signed(3).head.size
    change(home, lambda session: rewrite(session, contents(session)[:size]))
    assert home.sign() is None
    assert len(home.rows(Checkpoint)) == 1


def test_a_head_is_due_by_time_or_by_number_of_entries(home):
    home.parts = replace(home.parts, interval=timedelta(minutes=5), entries=50)
    assert signing.sign_due(home.database, home.parts, AT) is not None
    assert signing.sign_due(home.database, home.parts, AT + MINUTE) is None
    home.grow(50)
    assert signing.sign_due(home.database, home.parts, AT + 2 * MINUTE) is not None
    assert signing.sign_due(home.database, home.parts, AT + 3 * MINUTE) is None
    assert signing.sign_due(home.database, home.parts, AT + 7 * MINUTE) is not None


def test_without_a_key_in_the_settings_the_job_rests_and_a_person_is_told(home):
    home.parts = replace(home.parts, key="")
    assert signing.sign_due(home.database, home.parts, AT) is None
    with pytest.raises(CheckpointKeyMissing):
        home.sign()


def test_a_key_that_is_not_sm2_signs_no_heads(home):
    other = SoftwareSigner(asymmetric.generated(KeyKind.P256))
    home.parts = replace(home.parts, signer_for=lambda *_: other)
    with pytest.raises(UnusableCheckpointKey):
        home.sign()
    assert home.rows(Checkpoint) == []


def test_a_head_of_a_key_that_was_replaced_stays_good(home):
    first = home.signed()
    second = SoftwareSigner(sm2.PrivateKey.generated())
    home.parts = replace(home.parts, signer_for=lambda *_: second)
    home.signed()
    keys = home.read(lambda session: heads.keys_of(session, LOG))
    assert len(keys) == 2
    assert verified(first.note, LOG, keys) == first
    assert [each.head.size for each in home.kept()] == [10, home.kept()[1].head.size]


class Lying:
    """A device whose signatures are wrong."""

    def __init__(self):
        self._private = sm2.PrivateKey.generated()
        self.public = sm2.PrivateKey.generated().public

    def sign(self, algorithm, prepared):
        return algorithm.sign_prepared(self._private, prepared)


def test_a_signature_that_is_wrong_is_not_kept(home):
    home.grow()
    home.parts = replace(home.parts, signer_for=lambda *_: Lying())
    with pytest.raises(FaultySignature):
        home.sign()
    assert [each.note for each in home.rows(Checkpoint)] == [None]


class Died(BaseException):
    """The process is gone."""


class Dying(SoftwareSigner):
    """A process that dies between the intention and the signed head."""

    def sign(self, algorithm, prepared):
        raise Died


def test_what_was_intended_when_the_process_died_is_finished_first(home):
    home.grow()
    private = sm2.PrivateKey.generated()
    home.parts = replace(home.parts, signer_for=lambda *_: Dying(private))
    with pytest.raises(Died):
        home.sign()
    (row,) = home.rows(Checkpoint)
    assert row.note is None
    with pytest.raises(NoSuchCheckpoint):
        home.read(lambda session: heads.of_number(session, row.number))
    home.grow()
    home.parts = replace(home.parts, signer_for=lambda *_: SoftwareSigner(private))
    assert signing.sign_due(home.database, home.parts, home.now) is not None
    finished = home.kept()
    assert [each.head for each in finished] == [Head(LOG, row.size, bytes.fromhex(row.root), row.at)]
    assert home.sign().head.size > row.size + 10


def test_a_process_that_dies_at_any_statement_leaves_what_the_next_one_finishes(home):
    home.signed()
    home.grow(1)
    points = _statements(home, home.sign)
    assert points > 10
    for point in range(1, points + 1, 3):
        home.grow(1)
        with DyingAt(home, point), pytest.raises(Died):
            home.sign()
        home.sign()
        home.sign()
    sizes = [each.head.size for each in home.kept()]
    assert sizes == sorted(set(sizes))
    assert all(each.note for each in home.rows(Checkpoint))
    assert home.alarms() == []
    queued = [each.number for each in home.rows(WitnessDelivery) if each.witness == "audit"]
    assert sorted(queued) == [each.number for each in home.rows(Checkpoint)]


def _statements(home, act):
    seen = []

    def note(*_):
        seen.append(1)

    event.listen(home.database.engine, "before_cursor_execute", note)
    act()
    event.remove(home.database.engine, "before_cursor_execute", note)
    return len(seen)


class DyingAt:
    def __init__(self, home, point):
        self.engine, self.point, self.seen = home.database.engine, point, 0

    def _note(self, *_):
        self.seen += 1
        if self.seen == self.point:
            raise Died

    def __enter__(self):
        event.listen(self.engine, "before_cursor_execute", self._note)

    def __exit__(self, *_):
        event.remove(self.engine, "before_cursor_execute", self._note)


def test_of_two_processes_that_finish_one_intention_the_first_is_kept(home):
    first = home.signed()
    signer = home.parts.signer_for(None, "")
    intended = signing.Intended(1, first.head, NoteKey.of(LOG, signer.public))
    late = sealed(first.head, intended.key, sm2.sign(signer.private, first.head.text.encode()))
    with home.database.transaction() as session:
        signing._keep(session, home.parts, intended, late, home.now)
    assert home.kept() == [first]
    assert len(home.rows(WitnessDelivery)) == 2


def test_a_second_intention_of_one_number_is_refused_as_at_work(home, monkeypatch):
    home.signed()
    monkeypatch.setattr(heads, "next_number", lambda _session: 1)
    with pytest.raises(CheckpointAtWork):
        home.signed()


# A ledger that is not what was signed.


def change(home, act):
    with Session(home.database.engine) as session, session.begin():
        act(session)


def refused(home, finding):
    before = len(home.kept())
    with pytest.raises(finding):
        home.sign()
    assert len([each for each in home.rows(Checkpoint) if each.note]) == before
    stands = [each for each in home.rows(CheckpointAlarm) if each.stops]
    assert [each.code for each in stands] == [finding.code]
    with pytest.raises(CheckpointsStopped):
        home.sign()
    return stands[0]


def test_a_ledger_that_was_cut_is_not_signed(home):
    home.signed()
    change(home, lambda s: rewrite(s, contents(s)[:7]))
    alarm = refused(home, LedgerShrunk)
    assert '"remembered":"10"' in alarm.detail
    assert '"size":"7"' in alarm.detail


def test_a_ledger_that_was_cut_and_filled_up_again_is_a_split_view(home):
    home.signed(10)
    change(home, lambda s: rewrite(s, [*contents(s)[:9], edited(contents(s)[9])]))
    refused(home, SplitView)


def test_a_ledger_whose_past_was_rewritten_is_not_signed(home):
    home.signed()
    home.grow()
    change(home, lambda s: rewrite(s, [edited(contents(s)[0]), *contents(s)[1:]]))
    refused(home, HistoryRewritten)


def test_a_ledger_without_the_nodes_of_a_proof_is_not_signed(home):
    home.signed()
    home.grow()
    change(home, lambda s: s.execute(delete(LedgerNode).where(LedgerNode.level > 0)))
    refused(home, DamagedLedger)


def test_a_kept_head_that_was_exchanged_for_a_forged_one_is_found(home):
    made = home.signed()
    other = sm2.PrivateKey.generated()
    line = SignatureLine(LOG, made.line.key, sm2.sign(other, made.head.text.encode()))
    change(home, lambda s: s.execute(update(Checkpoint).values(note=SignedHead(made.head, line).note.decode())))
    refused_kept(home, CheckpointForged)


def test_a_row_that_says_another_thing_than_its_note_is_forged(home):
    home.signed()
    change(home, lambda s: s.execute(update(Checkpoint).values(size=9)))
    refused_kept(home, CheckpointForged)


def test_a_head_under_a_key_that_is_not_on_record_is_found(home):
    made = home.signed()
    private = sm2.PrivateKey.generated()
    stranger = sealed(made.head, NoteKey.of(LOG, private.public), sm2.sign(private, made.head.text.encode()))
    change(home, lambda s: s.execute(update(Checkpoint).values(note=stranger.note.decode())))
    refused_kept(home, CheckpointByUnknownKey)


def refused_kept(home, finding):
    with pytest.raises(finding):
        home.sign()
    assert [(each.code, each.stops) for each in home.rows(CheckpointAlarm)] == [(finding.code, True)]


def test_an_intention_that_the_ledger_no_longer_bears_out_is_never_signed(home):
    home.grow()
    private = sm2.PrivateKey.generated()
    home.parts = replace(home.parts, signer_for=lambda *_: Dying(private))
    with pytest.raises(Died):
        home.sign()
    home.parts = replace(home.parts, signer_for=lambda *_: SoftwareSigner(private))
    change(home, lambda s: rewrite(s, [edited(each) for each in contents(s)]))
    refused(home, HistoryRewritten)


def test_a_database_that_was_brought_back_to_an_earlier_state_is_found_through_the_folder(home):
    """The restored database is sound, its last head with it; only the witness remembers more."""
    home.witnesses("audit")
    home.round()
    earlier = snapshot(home.database)
    later = home.round()
    restore(home.database, earlier)
    alarm = refused(home, LedgerShrunk)
    assert alarm.witness == "audit"
    assert alarm.evidence.encode() == later.note


def test_a_database_that_was_brought_back_is_found_through_a_server_too(home):
    home.witnesses("province")
    home.round()
    earlier = snapshot(home.database)
    later = home.round()
    restore(home.database, earlier)
    assert refused(home, LedgerShrunk).evidence.encode() == later.note


def test_a_database_from_before_the_first_head_is_found(home):
    home.grow()
    earlier = snapshot(home.database)
    home.round()
    restore(home.database, earlier)
    assert refused(home, LedgerShrunk).witness == "audit"


def test_a_database_that_was_brought_back_and_grew_past_what_witnesses_know_is_rewritten(home):
    home.round()
    earlier = snapshot(home.database)
    home.round()
    restore(home.database, earlier)
    home.grow(40)
    refused(home, HistoryRewritten)


def test_without_a_witness_nobody_notices_what_was_brought_back(home):
    """Why witnesses are needed: said aloud, so that nobody relies on less."""
    home.witnesses()
    home.round()
    earlier = snapshot(home.database)
    home.round()
    restore(home.database, earlier)
    assert home.sign() is not None
    assert home.alarms() == []


# Alarms.


def test_an_alarm_is_told_once_recorded_once_and_counted(home):
    home.signed()
    change(home, lambda s: rewrite(s, contents(s)[:5]))
    with pytest.raises(LedgerShrunk):
        home.sign()
    with home.database.transaction() as session:
        found = alarms.Found(LedgerShrunk(5, 10), stops=True)
        alarms.sound(session, home.parts, LOG, found, home.now + MINUTE)
    (row,) = home.rows(CheckpointAlarm)
    assert (row.times, row.seen_at - row.found_at) == (2, MINUTE)
    (notice,) = home.read(lambda s: unread(s, OFFICER))
    assert notice.facts["finding"] == "ledger-shrunk"
    assert len(home.read(lambda s: audit.search(s, Search(act="keys.checkpoint-alarm.found")))) == 1


def test_an_alarm_is_settled_by_a_person_and_then_heads_are_signed_again(home):
    home.signed()
    kept = home.read(contents)
    change(home, lambda s: rewrite(s, contents(s)[:5]))
    with pytest.raises(LedgerShrunk):
        home.sign()
    change(home, lambda s: rewrite(s, kept))
    with pytest.raises(CheckpointsStopped):
        home.sign()
    (row,) = home.rows(CheckpointAlarm)
    with home.database.transaction() as session:
        alarms.settle(session, row.id, "数据已从主库恢复", OFFICER, home.now)
    with home.database.transaction() as session, pytest.raises(NoSuchAlarm):
        alarms.settle(session, row.id, "again", OFFICER, home.now)
    assert home.sign() is not None


def test_after_a_restore_another_log_is_begun_by_a_person(home):
    home.round()
    earlier = snapshot(home.database)
    home.round()
    restore(home.database, earlier)
    refused(home, LedgerShrunk)
    with home.database.transaction() as session:
        heads.begin(session, "yinxin.example/ledger/2", "从备份恢复", OFFICER, home.now)
    assert home.alarms() == []
    made = home.sign()
    assert made.head.origin == "yinxin.example/ledger/2"
    home.deliver()
    assert {each.head.origin for each in home.kept()} == {LOG, "yinxin.example/ledger/2"}
    assert (
        verified(
            home.parts.witnesses[0].remembers(made.head.origin),
            made.head.origin,
            home.read(lambda s: heads.keys_of(s, made.head.origin)),
        )
        == made
    )


def test_a_log_is_begun_under_a_new_and_plain_name(home):
    home.signed()
    for name in (LOG, "a b", "", "日志", "x" * 201, ".", "..", "/a", "a+b"):
        with home.database.transaction() as session, pytest.raises(UnusableOrigin):
            heads.begin(session, name, "why", OFFICER, home.now)
    assert [each.origin for each in home.rows(CheckpointLog)] == [LOG]


def test_before_the_first_head_there_is_none(home):
    with pytest.raises(NoCheckpointYet):
        home.read(heads.present)
    with pytest.raises(NoSuchCheckpoint):
        home.read(lambda session: heads.of_number(session, 1))


# Whatever is done to the database after heads were signed: found, and named by its place.

ENTRIES, EVERY, MUTATIONS = 48, 8, 60


def test_whatever_is_done_to_the_database_is_found_and_named_by_its_place(home):
    home.witnesses("audit")
    for _ in range(ENTRIES // EVERY):
        home.round(EVERY)
    size = home.kept()[-1].head.size
    assert home.read(lambda session: verification(home, session)[0]).sound
    chance = random.Random(20261121)  # noqa: S311 - which mutations, not whose secrets
    for turn in range(MUTATIONS):
        with Session(home.database.engine) as session:
            way = WAYS[turn % len(WAYS)]
            fault, at = way(session, chance, size)
            found, told = verification(home, session)
            session.rollback()
        assert told.faults == (), way.__name__
        named = [each for each in found.findings if each.fault is fault and each.place.first <= at < each.place.last]
        assert named, (way.__name__, at, found.findings)
        # What is sound in itself is named between two heads; a head is signed every few entries.
        assert min(each.place.last - each.place.first for each in named) <= 2 * EVERY or fault is Fault.CUT
    assert home.read(lambda session: verification(home, session)[0]).sound


def test_a_forged_head_in_the_table_is_named_by_a_verification(home):
    home.signed()
    made = home.signed()
    line = SignatureLine(LOG, made.line.key, b"not a signature")
    note = SignedHead(made.head, line).note.decode()
    change(home, lambda s: s.execute(update(Checkpoint).where(Checkpoint.number == 2).values(note=note)))
    _, told = home.read(lambda session: verification(home, session))
    assert told.faults == ("checkpoint 2: checkpoint-forged",)


def test_a_witness_that_cannot_be_asked_is_named_by_a_verification(home):
    home.round()
    home.server.down = True
    _, told = home.read(lambda session: verification(home, session))
    assert told.silent == ("witness province: connect-failed",)
    assert len(told.heads) == 1


def test_many_heads_are_thinned_to_the_last_and_a_few_before(home):
    home.witnesses()
    for _ in range(90):
        home.sign()
    rows = home.read(lambda session: heads.thinned(session, LOG))
    assert [each.number for each in rows][-65:] == list(range(26, 91))
    assert len(rows) < 70
