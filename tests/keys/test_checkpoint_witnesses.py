"""Witnesses: each sees each head once and in order, none waits for another, and what they contradict is an alarm."""

import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from base.fetch import FetchSettings, GuardedFetch
from base.fetch.errors import FetchFailed
from base.settings import UnusableSetting
from keys.algorithms import sm2
from keys.checkpoints.errors import (
    CosignatureWrong,
    SplitView,
    WitnessKnowsOther,
    WitnessRefused,
    WitnessUnreachable,
)
from keys.checkpoints.head import Head, NoteKey, SignedHead, read, sealed
from keys.checkpoints.models import WitnessDelivery
from keys.checkpoints.wiring import CheckpointSettings, witness_setting, witnesses
from keys.witnesses import WITNESSES, table
from keys.witnesses.file import FileWitness
from keys.witnesses.http import HttpWitness
from keys.witnesses.witness import WitnessSetting
from tests.keys.checkpoint_house import AT, LOG, MINUTE, URL, House, house, restore, snapshot
from tests.simulators.http import HttpSimulator
from tests.simulators.witness_server import WitnessServer


@pytest.fixture
def home(database, tmp_path) -> House:
    return house(database, tmp_path / "witness")


def sizes(home):
    return [each.head.size for each in home.kept()]


def test_every_witness_sees_every_head_once_and_in_order(home):
    for _ in range(3):
        home.round()
    assert [read(each)[0].size for each in home.notes()] == sizes(home)
    assert [each.size for each in home.server.given] == sizes(home)
    assert home.deliver() == {"audit": 0, "province": 0}
    assert {each.state for each in home.rows(WitnessDelivery)} == {"shown"}


def test_receipts_are_kept(home):
    home.round()
    receipts = {each.witness: each.receipt for each in home.rows(WitnessDelivery)}
    assert receipts["audit"].endswith(".note")
    assert receipts["province"].startswith("— witness.example ")


def test_a_witness_that_is_down_delays_nobody_and_catches_up_in_order(home):
    home.server.down = True
    for _ in range(3):
        home.round()
    assert len(home.notes()) == 3
    status = home.statuses()["province"]
    assert (status.waiting, status.code, status.shown_size) == (3, "connect-failed", 0)
    assert home.statuses()["audit"].waiting == 0
    home.server.down = False
    assert home.deliver(timedelta(hours=2)) == {"audit": 0, "province": 3}
    assert [each.size for each in home.server.given] == sizes(home)
    assert home.alarms() == []


def test_a_failing_witness_is_asked_ever_more_rarely_but_each_hour(home):
    home.server.down = True
    home.round()
    waits = []
    for _ in range(8):
        due = home.statuses()["province"].next_try_at
        waits.append((due - home.now) // MINUTE)
        home.now = due - timedelta(seconds=1)
        asked = home.server.asked
        home.deliver()
        assert home.server.asked == asked
        home.deliver(timedelta(seconds=1))
        assert home.server.asked > asked
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_signing_does_not_wait_for_a_witness_that_is_known_to_be_down(home):
    home.server.down = True
    home.round()
    asked = home.server.asked
    home.signed()
    assert home.server.asked == asked


def test_a_head_that_was_shown_when_the_process_died_is_known_again(home):
    home.round()
    with home.database.engine.begin() as connection:
        connection.execute(update(WitnessDelivery).values(state="waiting", settled_at=None, receipt=""))
    home.deliver()
    assert [each.state for each in home.rows(WitnessDelivery)] == ["shown", "shown"]
    assert len(home.notes()) == len(home.server.given) == 1


def test_older_heads_are_passed_over_when_the_witness_knows_a_newer_one(home):
    for _ in range(3):
        home.round()
    with home.database.engine.begin() as connection:
        connection.execute(
            update(WitnessDelivery)
            .where(WitnessDelivery.number < 3)
            .values(state="waiting", settled_at=None, receipt="")
        )
    home.deliver()
    states = [(each.number, each.state) for each in home.rows(WitnessDelivery) if each.witness == "province"]
    assert states == [(1, "passed"), (2, "passed"), (3, "shown")]
    assert home.alarms() == []


def test_a_witness_that_was_added_later_sees_heads_from_then_on(home):
    both = home.parts
    home.witnesses("audit")
    home.round()
    home.parts = both
    home.round()
    assert [each.size for each in home.server.given] == sizes(home)[1:]


def test_a_witness_that_cannot_be_asked_tells_the_size_that_it_knows(home):
    """C2SP tlog-witness alone: no way to ask, 409 with the size it remembers."""
    home.server.tells = False
    home.round()
    home.round()
    with home.database.engine.begin() as connection:
        connection.execute(update(WitnessDelivery).where(WitnessDelivery.number == 1).values(state="passed"))
    home.round()
    assert [each.size for each in home.server.given] == sizes(home)
    assert home.alarms() == []


# What witnesses say, and what it means.


def another(home, size, *, root=bytes(32), at=AT):
    """Sign a head with the house's own key over a tree that is not the ledger's."""
    private = home.parts.signer_for(None, "").private
    head = Head(LOG, size, root, at)
    return sealed(head, NoteKey.of(LOG, private.public), sm2.sign(private, head.text.encode()))


def keep(home, note):
    """Let the server remember this note."""
    home.server.newest[LOG] = note


def alarm(home):
    ((code, witness, stops),) = home.alarms()
    assert witness == "province"
    return code, stops


def test_a_witness_with_another_root_for_our_size_is_a_split_view_and_stops_the_signing(home):
    made = home.signed()
    keep(home, another(home, made.head.size).note)
    home.deliver()
    assert alarm(home) == ("ledger-split-view", True)
    assert home.server.given == []
    assert len(home.notes()) == 1


def test_a_witness_with_a_larger_head_of_ours_shows_that_the_ledger_shrank(home):
    home.signed()
    keep(home, another(home, 500).note)
    home.deliver()
    assert alarm(home) == ("ledger-shrunk", True)


def test_a_witness_with_a_head_that_the_ledger_does_not_continue_shows_that_it_was_rewritten(home):
    home.signed()
    keep(home, another(home, 5).note)
    home.deliver()
    assert alarm(home) == ("ledger-history-rewritten", True)


def test_what_a_witness_merely_claims_is_an_alarm_and_stops_nothing(home):
    made = home.signed()
    stranger = sm2.PrivateKey.generated()
    key = NoteKey.of(LOG, stranger.public)
    keep(home, sealed(made.head, key, sm2.sign(stranger, made.head.text.encode())).note)
    home.deliver()
    assert alarm(home) == ("checkpoint-by-unknown-key", False)
    assert home.signed()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda made: SignedHead(replace(made.head, size=9), made.line).note, "checkpoint-forged"),
        (lambda _: b"\xff\xfe", "checkpoint-unreadable"),
        (lambda made: made.note.replace(b"yinxin", b"yanxin"), "checkpoint-of-another-log"),
    ],
    ids=["forged", "unreadable", "another-log"],
)
def test_a_witness_that_shows_no_head_of_ours_is_an_alarm_by_name(home, spoil, code):
    made = home.signed()
    keep(home, spoil(made))
    home.deliver()
    assert alarm(home) == (code, False)


def test_a_witness_that_claims_a_larger_size_and_shows_nothing_is_an_alarm(home):
    home.server.tells = False
    home.signed()
    keep(home, another(home, 500).note)
    home.deliver()
    assert alarm(home) == ("witness-knows-other", False)


def test_a_witness_that_remembers_less_than_it_was_shown_forgot(home):
    home.round()
    first = home.server.newest[LOG]
    home.round()
    keep(home, first)
    home.round()
    assert alarm(home) == ("witness-forgot", False)
    assert [each.size for each in home.server.given] == sizes(home)


def test_a_folder_that_was_emptied_forgot(home):
    home.witnesses("audit")
    home.round()
    for each in home.folder.rglob("*.note"):
        each.unlink()
    home.round()
    assert home.alarms() == [("witness-forgot", "audit", False)]
    assert len(home.notes()) == 1


def test_a_folder_whose_newest_file_was_altered_is_an_alarm_and_stops_nothing(home):
    home.witnesses("audit")
    home.round()
    (file,) = home.folder.rglob("*.note")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"\n10\n", b"\n11\n"))
    home.round()
    assert home.alarms() == [("checkpoint-forged", "audit", False)]


def test_a_wrong_cosignature_is_an_alarm_and_no_receipt(home):
    home.server.signs_wrongly = True
    home.round()
    assert alarm(home) == ("witness-cosignature-wrong", False)
    assert home.statuses()["province"].shown_size == 0


def test_without_a_key_of_the_witness_its_answer_is_kept_as_it_is(home):
    file, http = home.parts.witnesses
    home.server.signs_wrongly = True
    home.parts = replace(home.parts, witnesses=(file, replace(http, key=None)))
    home.round()
    assert home.alarms() == []
    assert home.statuses()["province"].shown_size == 10


@pytest.mark.parametrize("status", [403, 422, 500, 409, 302])
def test_a_witness_that_refuses_is_tried_again_later(home, status):
    home.server.status = status
    home.round()
    assert home.statuses()["province"].code == "witness-refused"
    assert home.alarms() == []


def test_a_database_brought_back_is_found_when_heads_are_shown(home):
    """A witness that was known to be down is not asked before signing; it speaks when it is shown the head."""
    home.witnesses("province")
    home.round()
    earlier = snapshot(home.database)
    home.round()
    restore(home.database, earlier)
    with home.database.engine.begin() as connection:
        connection.execute(update(WitnessDelivery).values(state="waiting", settled_at=None, attempts=1))
    home.signed(1)
    home.deliver(timedelta(hours=1))
    assert alarm(home) == ("ledger-history-rewritten", True) or alarm(home) == ("ledger-shrunk", True)


# The folder.


def shown(home, witness, made, old=0, path=()):
    return witness.show(made, old, path)


def test_files_of_the_folder_are_read_only_named_by_size_and_never_overwritten(home):
    home.witnesses("audit")
    made = home.round()
    (file,) = home.folder.rglob("*.note")
    assert file.name.startswith("00000000000000000010-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    witness = home.parts.witnesses[0]
    assert witness.show(made, 10, ()) == file.name
    file.chmod(0o600)
    file.write_bytes(b"something else")
    with pytest.raises(WitnessRefused, match="another-file"):
        witness._add(file.parent, file.name, made.note)
    assert file.read_bytes() == b"something else"
    assert [each for each in file.parent.iterdir() if each.suffix == ".part"] == []


def test_the_folder_takes_no_head_that_contradicts_its_newest(home):
    made = home.round()
    witness = FileWitness("audit", home.folder)
    with pytest.raises(SplitView):
        witness.show(another(home, made.head.size, at=made.head.at + MINUTE), made.head.size, ())
    with pytest.raises(WitnessRefused, match="another-size"):
        witness.show(another(home, 20, at=made.head.at + MINUTE), 3, ())
    assert len(home.notes()) == 1


def test_a_folder_that_is_not_there_is_not_made(tmp_path, home):
    witness = FileWitness("audit", tmp_path / "unmounted")
    with pytest.raises(WitnessUnreachable, match="no-such-folder"):
        witness.remembers(LOG)
    with pytest.raises(WitnessUnreachable, match="no-such-folder"):
        witness.show(home.signed(), 0, ())
    assert not (tmp_path / "unmounted").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path, home):
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "yinxin.example%2Fledger").write_text("a file where the folder should be")
    with pytest.raises(WitnessUnreachable):
        FileWitness("audit", tmp_path / "w").show(home.signed(), 0, ())


def test_of_two_heads_of_one_size_the_newer_is_remembered(home):
    made = home.round()
    witness = FileWitness("audit", home.folder)
    for minutes in (3, 1, 2):
        later = another(home, made.head.size, root=made.head.root, at=made.head.at + minutes * MINUTE)
        (home.folder / "yinxin.example%2Fledger" / f"{made.head.size:020d}-{minutes:016x}.note").write_bytes(later.note)
    assert read(witness.remembers(LOG) or b"")[0].at == made.head.at + 3 * MINUTE


@pytest.mark.parametrize("log", ["a" + "/" * 199, "a" * 200, "a/../../b", "A.b"])
def test_a_log_of_any_name_has_one_folder_below_the_witnesss_own(home, log):
    home.parts = replace(home.parts, origin=log)
    made = home.round()
    (file,) = home.folder.rglob("*.note")
    assert file.parent.parent == home.folder
    assert home.parts.witnesses[0].remembers(log) == made.note


# The server.


def test_a_witness_is_spoken_to_over_a_real_socket(home):
    server = WitnessServer()
    fetch = GuardedFetch(FetchSettings(intranet_networks=("127.0.0.0/8",)))
    with HttpSimulator().on("/w", server.serve) as simulator:
        http = HttpWitness("province", simulator.url("/w"), fetch, server.key, intranet=True)
        home.parts = replace(home.parts, witnesses=(http,))
        home.round()
        home.round()
    assert [each.size for each in server.given] == sizes(home)
    posted = [each.body for each in simulator.received if each.method == "POST"]
    assert posted[0].startswith(b"old 0\n\nyinxin.example/ledger\n10\n")
    assert posted[1].startswith(b"old 10\n")
    assert home.alarms() == []
    with pytest.raises(FetchFailed):
        http.remembers(LOG)
    fetch.close()


def test_an_answer_of_409_without_a_size_is_a_refusal(home):
    made = home.signed()
    home.server.status = 409
    with pytest.raises(WitnessRefused, match="409"):
        home.parts.witnesses[1].show(made, 0, ())
    home.server.status = 0
    keep(home, another(home, 3).note)
    with pytest.raises(WitnessKnowsOther) as other:
        home.parts.witnesses[1].show(made, 0, ())
    assert other.value.size == 3


def test_an_answer_that_is_no_signature_line_is_wrong(home):
    made = home.signed()
    http = HttpWitness("x", URL, Answering(b"thank you\n"))
    with pytest.raises(CosignatureWrong):
        http.show(made, 0, ())
    with pytest.raises(CosignatureWrong):
        HttpWitness("x", URL, Answering(b"\xff")).show(made, 0, ())
    with pytest.raises(CosignatureWrong):
        HttpWitness("x", URL, Answering(b""), home.server.key).show(made, 0, ())
    assert HttpWitness("x", URL, Answering(b"")).show(made, 0, ()) == ""


class Answering:
    """A way out that always brings the same answer."""

    def __init__(self, body):
        self.body = body

    def __call__(self, request):
        return replace(WitnessServer()(replace(request, method="GET")), status=200, body=self.body)


# The settings.


def test_witnesses_are_named_in_the_settings(tmp_path):
    key = tmp_path / "key"
    key.write_text(WitnessServer().key.text)
    told = CheckpointSettings(witnesses=(f"audit file:{tmp_path}", f"province https://w.example/y/ {key} intranet"))
    file, http = witnesses(told, WitnessServer())
    assert file == FileWitness("audit", tmp_path)
    assert isinstance(http, HttpWitness)
    assert (http.name, http.url, http.intranet, http.tells_all) == ("province", "https://w.example/y", True, False)
    assert http.key == NoteKey.of_text(key.read_text())
    assert witness_setting("a https://w.example") == WitnessSetting("a", "https://w.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "audit",
        "audit ftp://x",
        "audit https://",
        "audit https://a/ /nowhere/key",
        "audit https://a/ {log}",
        "audit https://a/ {bad}",
        "audit https://a/ intranet {good} more",
        "audit https://a/ {good} {good}",
        f"{'x' * 65} file:/tmp",
        "日志 file:/tmp",
    ],
)
def test_a_witness_that_cannot_be_read_is_refused_by_the_settings(tmp_path, text):
    files = {name: tmp_path / name for name in ("log", "bad", "good")}
    files["log"].write_text(NoteKey.of(LOG, sm2.PrivateKey.generated().public).text)
    files["bad"].write_text("nothing")
    files["good"].write_text(WitnessServer().key.text)
    with pytest.raises(UnusableSetting):
        witness_setting(text.format(**files))


def test_two_witnesses_do_not_share_a_name():
    with pytest.raises(UnusableSetting):
        witnesses(CheckpointSettings(witnesses=("a file:/a", "a file:/b")), WitnessServer())


def test_a_scheme_that_is_used_twice_is_refused():
    assert set(WITNESSES) == {"file", "http", "https"}
    with pytest.raises(ValueError, match="twice"):
        table(*WITNESSES.items(), ("file", WITNESSES["file"]))
