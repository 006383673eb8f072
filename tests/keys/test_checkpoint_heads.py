"""Heads as values: one spelling, one meaning; forged, foreign and altered ones are each refused by their name."""

import base64
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base import ledger, ledger_check
from keys.algorithms import asymmetric, der, sm2
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2_signature import Signature
from keys.checkpoints.errors import (
    CheckpointByUnknownKey,
    CheckpointForged,
    CheckpointOfAnotherLog,
    CheckpointReplayed,
    CheckpointUnreadable,
    CosignatureWrong,
    HistoryRewritten,
    LedgerShrunk,
    SplitView,
    UnusableCheckpointKey,
    UnusableOrigin,
)
from keys.checkpoints.head import (
    WITNESS_TAG,
    Head,
    NoteKey,
    SignatureLine,
    SignedHead,
    cosigned_text,
    read,
    sealed,
    signature_lines,
    verified,
    verify_cosignature,
)
from keys.checkpoints.history import require_head_continues, require_tree_continues

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
LOG = "yinxin.example/ledger"
PRIVATE = sm2.PrivateKey.generated()
OTHER = sm2.PrivateKey.generated()
KEY = NoteKey.of(LOG, PRIVATE.public)
WITNESS = NoteKey.of("witness.example", OTHER.public, WITNESS_TAG)


def tree(size, forked_at=None):
    leaves = [
        ledger.leaf_hash(f"{n}{'!' if forked_at is not None and n >= forked_at else ''}".encode()) for n in range(size)
    ]
    frontier, made = ledger.append(ledger.Frontier(), leaves)
    stored = {(node.level, node.index): node.hash for node in made}
    return frontier.root, lambda level, index: stored[level, index]


def head(size=7, forked_at=None, **told):
    return replace(Head(LOG, size, tree(size, forked_at)[0], AT), **told)


def signed(of=None, private=PRIVATE, key=KEY) -> SignedHead:
    of = of or head()
    return sealed(of, key, sm2.sign(private, of.text.encode()))


ONE = signed()


def path(old, new, forked_at=None):
    return ledger.consistency(old, new, tree(new, forked_at)[1])


def test_a_head_is_written_in_five_lines_as_documented():
    assert head(0, root=bytes(32)).text == (
        f"{LOG}\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntree rfc6962-sm3\ntime 2026-11-21T02:30:00.000000Z\n"
    )


def test_a_signed_head_is_verified_by_whoever_has_the_key():
    one = signed()
    assert verified(one.note, LOG, (KEY,)) == one
    assert read(one.note)[0] == head()


def test_another_zone_is_the_same_moment_in_the_one_spelling():
    assert head(at=AT.astimezone(timezone(timedelta(hours=8)))).text == head().text


def test_a_forged_head_is_refused():
    other = signed(head(8))
    forged = SignedHead(head(7), other.line).note
    with pytest.raises(CheckpointForged) as refused:
        verified(forged, LOG, (KEY,))
    assert refused.value.size == 7


def test_a_head_of_another_log_is_refused():
    with pytest.raises(CheckpointOfAnotherLog) as refused:
        verified(signed().note, "other.example/ledger", (KEY,))
    assert (refused.value.expected, refused.value.found) == ("other.example/ledger", LOG)


def test_a_head_signed_with_another_key_is_refused_by_the_keys_name():
    stranger = NoteKey.of(LOG, OTHER.public)
    with pytest.raises(CheckpointByUnknownKey) as refused:
        verified(signed(private=OTHER, key=stranger).note, LOG, (KEY,))
    assert refused.value.key == stranger.hash.hex()


def test_a_stranger_who_takes_the_keys_name_is_a_forger():
    line = SignatureLine(LOG, KEY.hash, sm2.sign(OTHER, head().text.encode()))
    with pytest.raises(CheckpointForged):
        verified(SignedHead(head(), line).note, LOG, (KEY,))


def test_a_witness_cannot_sign_heads_of_the_log():
    own = NoteKey.of(LOG, OTHER.public, WITNESS_TAG)
    line = SignatureLine(LOG, own.hash, sm2.sign(OTHER, head().text.encode()))
    with pytest.raises(CheckpointByUnknownKey):
        verified(SignedHead(head(), line).note, LOG, (own, KEY))


def test_strangers_lines_beside_the_right_one_do_no_harm():
    note = signed().note + SignatureLine("someone.example", b"abcd", b"whatever").text.encode()
    assert verified(note, LOG, (KEY,)) == signed_again(note)


def signed_again(note):
    said, lines = read(note)
    return SignedHead(said, lines[0])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_byte_of_a_note_that_is_altered_is_noticed(data):
    note = ONE.note
    at = data.draw(st.integers(0, len(note) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda other: other != note[at]))
    changed = note[:at] + bytes((byte,)) + note[at + 1 :]
    with pytest.raises((CheckpointUnreadable, CheckpointForged, CheckpointOfAnotherLog, CheckpointByUnknownKey)):
        verified(changed, LOG, (KEY,))


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_whatever_is_shown_is_refused_by_name(data):
    with pytest.raises(CheckpointUnreadable):
        read(data)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_whatever_key_is_given_is_refused_by_name(text):
    with pytest.raises(UnusableCheckpointKey):
        NoteKey.of_text(text)


GOOD = head().text


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("\n7\n", "\n07\n"),
        GOOD.replace("\n7\n", "\n-7\n"),
        GOOD.replace("\n7\n", "\n٧\n"),
        GOOD.replace("\n7\n", f"\n{2**63}\n"),
        GOOD.replace("rfc6962-sm3", "rfc6962-sha256"),
        GOOD.replace("time ", "time  "),
        GOOD.replace(".000000Z", "Z"),
        GOOD.replace("Z\n", "+00:00\n"),
        GOOD.replace("02:30", "25:30"),
        GOOD.replace(LOG, ""),
        GOOD.replace(LOG, "a b"),
        GOOD.replace(LOG, "a+b"),
        GOOD.replace(LOG, "日志"),
        GOOD + "more\n",
        GOOD[:-1],
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("=\n", "\n"),
        GOOD.replace(GOOD.split("\n")[2], base64.b64encode(bytes(31)).decode()),
        "",
    ],
)
def test_a_second_spelling_of_a_head_is_no_head(text):
    with pytest.raises(CheckpointUnreadable):
        Head.of_text(text)
    with pytest.raises(CheckpointUnreadable):
        read(f"{text}\n{signed().line.text}".encode())


@pytest.mark.parametrize(
    "lines",
    [
        "x\n",
        "— a\n",
        "— a b\n",
        "— a !!!!!!!!\n",
        "- a AAAAAAAAAAA=\n",
        "— a AAAAAAA=\n",
        "— a AAAAAAAAAAA=\n\n",
        "— a AAAAAAAAAAB=\n",
        "— a AAAAAAAAAAA=\n" * 17,
    ],
)
def test_broken_signature_lines_are_refused(lines):
    with pytest.raises(CheckpointUnreadable):
        signature_lines(lines)


def test_a_note_that_is_too_large_is_not_looked_at():
    with pytest.raises(CheckpointUnreadable, match="too-large"):
        read(signed().note + b"x" * 20_000)


def test_a_key_is_written_and_read_in_one_form():
    assert NoteKey.of_text(f"{KEY.text}\n") == KEY
    assert NoteKey.of_text(WITNESS.text) == WITNESS
    for spoilt in (
        KEY.text.replace("+", "-"),
        KEY.text[:-4],
        KEY.text.replace(KEY.hash.hex(), "00000000"),
        f"x{KEY.text}",
    ):
        with pytest.raises(UnusableCheckpointKey):
            NoteKey.of_text(spoilt)


def test_a_key_of_another_kind_or_name_signs_no_heads():
    with pytest.raises(UnusableCheckpointKey):
        NoteKey.of(LOG, asymmetric.generated(KeyKind.P256).public)
    with pytest.raises(UnusableOrigin):
        NoteKey.of("a b", PRIVATE.public)


def test_a_cosignature_counts_for_its_head_and_time_alone():
    def line(of, time=1000, said=1000, key=WITNESS, private=OTHER):
        return SignatureLine(key.name, key.hash, said.to_bytes(8) + sm2.sign(private, cosigned_text(of, time)))

    assert verify_cosignature(head(), (line(head()),), WITNESS) == datetime(1970, 1, 1, 0, 16, 40, tzinfo=UTC)
    wrong = [line(head(8)), line(head(), said=1001), line(head(), private=PRIVATE), line(head(), 2**40, 2**40)]
    for each in [*wrong, SignatureLine(WITNESS.name, WITNESS.hash, b"x"), line(head(), key=KEY)]:
        with pytest.raises(CosignatureWrong):
            verify_cosignature(head(), (each,), WITNESS)
    with pytest.raises(CosignatureWrong):
        verify_cosignature(head(), (), WITNESS)


# One head after another.


def test_every_growth_is_accepted():
    for new in range(12):
        for old in range(new + 1):
            require_head_continues(head(old), head(new), path(old, new))


def test_two_roots_for_one_size_are_a_split_view():
    with pytest.raises(SplitView) as found:
        require_head_continues(head(7), head(7, forked_at=3), ())
    assert found.value.size == 7
    with pytest.raises(SplitView):
        require_tree_continues(head(7), 7, tree(7, 3)[0], ())


def test_an_old_head_shown_again_is_a_replay():
    with pytest.raises(CheckpointReplayed) as found:
        require_head_continues(head(7), head(5), ())
    assert (found.value.size, found.value.remembered) == (5, 7)
    with pytest.raises(CheckpointReplayed):
        require_head_continues(head(7), head(7, at=AT - timedelta(seconds=1)), ())


def test_a_tree_that_is_smaller_than_its_head_has_shrunk():
    with pytest.raises(LedgerShrunk) as found:
        require_tree_continues(head(7), 6, tree(6)[0], ())
    assert (found.value.size, found.value.remembered) == (6, 7)


def test_a_history_that_was_rewritten_does_not_continue():
    with pytest.raises(HistoryRewritten) as found:
        require_head_continues(head(5), head(9, forked_at=3), path(5, 9, forked_at=3))
    assert (found.value.size, found.value.remembered) == (9, 5)
    with pytest.raises(HistoryRewritten):
        require_head_continues(head(5), head(9), path(4, 9))


def test_a_head_of_another_log_continues_nothing():
    with pytest.raises(CheckpointOfAnotherLog):
        require_head_continues(head(5), head(9, origin="other"), path(5, 9))


# The one-file checker.


def run(folder, *arguments):
    alone = shutil.copy(ledger_check.__file__, folder / "ledger_check.py")
    command = [sys.executable, "-I", "-S", alone, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, check=False)


def test_the_one_file_checker_verifies_a_head_and_ends_in_its_tree(tmp_path):
    note, proof, wrong = tmp_path / "head.note", tmp_path / "proof.json", tmp_path / "wrong.json"
    note.write_bytes(signed().note)
    (tmp_path / "key").write_text(KEY.text)
    for file, size in ((proof, 7), (wrong, 6)):
        nodes = tree(size)[1]
        steps = [f'"{each.hex()}"' for each in ledger.inclusion(2, size, nodes)]
        root = tree(size)[0].hex()
        shown = f'"kind":"inclusion","index":2,"size":{size},"root":"{root}","entry":"2","path":[{",".join(steps)}]'
        file.write_text(f"{{{shown}}}")
    told = run(tmp_path, "--checkpoint", note, "--key", KEY.text, proof)
    assert told.returncode == 0, told.stderr
    assert "a tree of 7" in told.stdout
    assert run(tmp_path, "--checkpoint", note, "--key", tmp_path / "key").returncode == 0
    refuted = run(tmp_path, "--checkpoint", note, "--key", KEY.text, wrong)
    assert refuted.returncode == 1
    assert "not the trusted one" in refuted.stderr


@pytest.mark.parametrize(
    ("note", "key", "code", "said"),
    [
        (SignedHead(head(8), signed().line).note, KEY.text, 1, "did not sign"),
        (signed().note, NoteKey.of(LOG, OTHER.public).text, 1, "another key"),
        (signed().note, NoteKey.of("other.example", PRIVATE.public).text, 1, "speaks of the ledger"),
        (signed().note, WITNESS.text, 2, "not a key"),
        (signed().note, "nothing", 2, "cannot be read"),
        (b"nothing", KEY.text, 2, "not a signed checkpoint"),
        (b"\xff", KEY.text, 2, "cannot be read"),
    ],
    ids=["forged", "other-key", "other-log", "witness-key", "no-key", "no-note", "no-text"],
)
def test_the_one_file_checker_refuses_by_reason(tmp_path, note, key, code, said):
    (tmp_path / "head.note").write_bytes(note)
    told = run(tmp_path, "--checkpoint", tmp_path / "head.note", "--key", key)
    assert told.returncode == code
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_the_one_file_checker_holds_a_checkpoint_against_a_tree_that_is_given(tmp_path):
    (tmp_path / "head.note").write_bytes(signed().note)
    given = ("--checkpoint", tmp_path / "head.note", "--key", KEY.text, "--size", "7", "--root")
    assert run(tmp_path, *given, head().root.hex()).returncode == 0
    assert run(tmp_path, *given, "0" * 64).returncode == 1
    assert run(tmp_path, "--checkpoint", tmp_path / "none", "--key", KEY.text).returncode == 2
    assert run(tmp_path, "--key", KEY.text).returncode == 2
    assert run(tmp_path).returncode == 2


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_one_file_checker_agrees_with_the_house_on_altered_notes(data):
    note = bytearray(ONE.note)
    for _ in range(data.draw(st.integers(0, 2))):
        note[data.draw(st.integers(0, len(note) - 1))] = data.draw(st.integers(0, 255))
    try:
        verified(bytes(note), LOG, (KEY,))
        house = True
    except (CheckpointUnreadable, CheckpointForged, CheckpointOfAnotherLog, CheckpointByUnknownKey):
        house = False
    try:
        ledger_check.signed_head(bytes(note), KEY.text)
        checker = True
    except (ledger_check.Refuted, ledger_check.Unreadable):
        checker = False
    assert checker == house


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_the_one_file_checker_takes_no_other_bytes_for_a_signature(data):
    point = PRIVATE.public.point
    numbers = (int.from_bytes(point[1:33]), int.from_bytes(point[33:]))
    assert not ledger_check.verifies(numbers, data, b"message")
    assert ledger_check.verifies(numbers, SIGNED, b"message")
    assert not ledger_check.verifies(numbers, SIGNED + data, b"message") or not data


SIGNED = sm2.sign(PRIVATE, b"message")


def test_a_signature_with_a_number_beyond_the_order_is_none():
    """The same residue in a second spelling (GB/T 32918.2-2016 7.1 B1, B2); 0 and n prove nothing at all."""
    point = PRIVATE.public.point
    numbers = (int.from_bytes(point[1:33]), int.from_bytes(point[33:]))
    signature = Signature.from_der(SIGNED)
    order = ledger_check.N
    for r, s in ((signature.r + order, signature.s), (signature.r, signature.s + order), (0, signature.s), (order, 1)):
        spelt = der.sequence(der.integer(r), der.integer(s))
        assert not ledger_check.verifies(numbers, spelt, b"message")
