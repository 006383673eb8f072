"""Evidence packs judged offline: the file's seals, the statement, its time stamp, the ledger; nothing is believed."""

import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base import ledger_check
from base.canonical import canonical
from keys.algorithms import sm2
from keys.algorithms.algorithm import KeyKind
from keys.extensions import Usage
from keys.purposes import TIME_STAMPING
from keys.trust import Anchor, Trust
from signing import replay
from signing.errors import CannotSign, UnreadableDocument
from signing.formats import FORMATS, VERIFIED
from signing.formats.evidence import members, statement
from signing.formats.evidence.document import Evidence
from signing.formats.format import Wanted
from signing.policy import DEFAULT
from signing.report import Outcome, Report, Verdict
from signing.verification import examine, verify
from tests.builders import pki, seals
from tests.builders.pki import AT, DAY, YEAR
from tests.builders.seals import usual
from tests.certs.evidence import packs
from tests.certs.evidence.packs import AS_OF, IDENTIFIER, Ledger, judged, pack, parts_of, repacked, usual_pack

# Places of each member; a run over all of them takes a quarter of an hour.
TRIED = 10
NAMES = tuple(parts_of(usual_pack()))


def by_id(report: Report, name: str) -> Any:
    return next(each for each in report.signatures if each.id == name)


def failures(report: Report, name: str = "statement") -> set[tuple[str, str]]:
    return {(each.code, each.subject) for each in by_id(report, name).checks if each.outcome is Outcome.FAILED}


def test_a_pack_is_judged_with_all_that_is_in_it():
    report = judged(usual_pack())
    assert (report.verdict, report.document.format) == (Verdict.VALID, "evidence")
    assert [(each.id, each.kind, each.verdict) for each in report.signatures] == [
        ("s001", "seal", Verdict.VALID),
        ("statement", "signature", Verdict.VALID),
        ("timestamp", "signature", Verdict.VALID),
    ]
    told = {each.code for each in by_id(report, "statement").checks if each.outcome is Outcome.PASSED}
    assert {each for each in told if each.startswith("EVIDENCE_")} == {
        "EVIDENCE_MEMBERS",
        "EVIDENCE_STATEMENT",
        "EVIDENCE_FILE",
        "EVIDENCE_LIBRARY_KEY",
        "EVIDENCE_LEDGER_HEAD",
        "EVIDENCE_LEDGER_PROOF",
    }


def test_the_status_is_told_as_of_its_moment_in_the_name_of_who_signed_it():
    report = judged(usual_pack())
    told = report.certificate
    assert told is not None
    assert (told.identifier, told.status, told.as_of) == (IDENTIFIER, "valid", AS_OF)
    assert told.source == "statement: 演示省电子证照库"
    assert any(each.code == "EVIDENCE_STATUS_AS_OF" for each in by_id(report, "statement").checks)


def test_the_time_stamp_proves_that_the_sealed_file_was_there():
    for name in ("s001", "statement"):
        assert by_id(judged(usual_pack()), name).signed_at.proven == packs.STAMPED


def test_the_same_members_give_the_same_bytes():
    files = packs.Pack().files
    assert members.written(files) == members.written(dict(reversed(files.items())))


def test_any_archiver_and_the_ledger_checker_read_what_is_inside(tmp_path: Any):
    """The proof holds for the checker that shares no code with the writer, under the key that the statement names."""
    files = parts_of(usual_pack())
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    key = statement.of(files["statement.json"]).ledger.key
    told = [sys.executable, ledger_check.__file__, "--checkpoint", tmp_path / "ledger/checkpoint.txt", "--key", key]
    done = subprocess.run([*told, tmp_path / "ledger/proof.json"], capture_output=True, text=True, check=False)
    assert (done.returncode, "entry 5 is in the tree of 13" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_no_byte_of_any_member_can_be_altered(name: str):
    """Each member, repacked with its sums mended; in the drill every byte of every member (TEST_EVERY_BYTE=1)."""
    files = parts_of(usual_pack())
    content = files[name]
    chance = random.Random(name)  # noqa: S311 - places to try
    every = range(len(content))
    places = every if "TEST_EVERY_BYTE" in os.environ else chance.sample(every, min(len(every), TRIED))
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << chance.randrange(8)
        report = judged(repacked({**files, name: bytes(flipped)}))
        assert report.verdict in {Verdict.INVALID, Verdict.UNREADABLE}, place


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_byte_of_the_pack_can_be_altered_cut_or_added(data: st.DataObject):
    whole = usual_pack()
    place = data.draw(st.integers(0, len(whole) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "add"])):
        case "flip":
            changed = bytearray(whole)
            changed[place] ^= data.draw(st.integers(1, 255))
            altered = bytes(changed)
        case "cut":
            altered = whole[:place]
        case _:
            altered = whole[:place] + data.draw(st.binary(min_size=1, max_size=8)) + whole[place:]
    assert judged(altered).verdict not in {Verdict.VALID, Verdict.INDETERMINATE}


@pytest.mark.parametrize("name", NAMES)
def test_no_member_can_be_left_out(name: str):
    files = parts_of(usual_pack())
    del files[name]
    assert judged(repacked(files)).verdict in {Verdict.INVALID, Verdict.UNREADABLE}


@pytest.mark.parametrize("mended", [False, True])
def test_no_member_can_be_slipped_in(mended: bool):
    """Even where the list of digests is made anew, the signed statement does not name the stranger."""
    files = parts_of(usual_pack())
    files["chain/04.cer"] = usual().root.der
    whole = members.written({name: each for name, each in files.items() if name != members.DIGESTS})
    report = judged(whole if mended else repacked(_ordered(files)))
    assert report.verdict is Verdict.INVALID
    assert ("EVIDENCE_MEMBERS", "statement.json") in failures(report)


@pytest.mark.parametrize("name", [each for each in NAMES if each not in members.AROUND_THE_STATEMENT])
def test_what_the_statement_names_cannot_be_changed_even_with_the_list_made_anew(name: str):
    files = {each: content for each, content in parts_of(usual_pack()).items() if each != members.DIGESTS}
    files[name] = files[name][:-1] + bytes((files[name][-1] ^ 1,))
    report = judged(members.written(files)) if name != members.MIMETYPE else None
    assert report is None or report.verdict in {Verdict.INVALID, Verdict.UNREADABLE}


def _ordered(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give members in the order of the form, with the old list of digests."""
    rest = {name: each for name, each in files.items() if name != members.DIGESTS}
    return {**parts_of(members.written(rest)), members.DIGESTS: files[members.DIGESTS]}


def test_without_the_librarys_anchor_nothing_is_decided_and_no_status_is_told():
    """The file's seal is by one authority, the statement by a library that nobody here knows."""
    stranger = pki.root("别的根", whose="another library's root").issues("别的证照库")
    report = judged(pack(by=stranger))
    assert (report.verdict, report.certificate) == (Verdict.INDETERMINATE, None)
    assert by_id(report, "s001").verdict is Verdict.VALID
    statement_ = by_id(report, "statement")
    assert (statement_.verdict, statement_.cryptographically_valid) == (Verdict.INDETERMINATE, True)
    assert judged(usual_pack(), Trust(AT)).verdict is Verdict.INDETERMINATE


def test_a_statement_by_anybody_else_bears_that_ones_name():
    """Whoever has a certificate of the same authority can state things; the source says who did."""
    report = judged(pack(by=usual().authority.issues("演示冒名者")))
    assert report.certificate is not None
    assert report.certificate.source == "statement: 演示冒名者"


def test_a_statement_after_the_librarys_certificate_was_revoked_is_not_valid():
    authority = usual().authority
    library = authority.issues("演示撤销库", whose="revoked library")
    gone = pki.AT - 2 * DAY
    trust = usual().trust().with_material(lists=(authority.revocations({library.certificate.serial: gone}),))
    report = judged(pack(by=library), trust)
    assert (report.verdict, report.certificate) == (Verdict.INVALID, None)


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"file": statement.StatedFile("ofd", 1, "0" * 64)}, "EVIDENCE_FILE"),
        ({"library_key": "04" + "00" * 64}, "EVIDENCE_LIBRARY_KEY"),
        ({"members": {}}, "EVIDENCE_MEMBERS"),
        ({"ledger": replace(packs.Pack().statement.ledger, root="0" * 64)}, "EVIDENCE_LEDGER_HEAD"),
        ({"ledger": replace(packs.Pack().statement.ledger, size=12)}, "EVIDENCE_LEDGER_HEAD"),
        ({"ledger": replace(packs.Pack().statement.ledger, key="x+y+z")}, "EVIDENCE_LEDGER_HEAD"),
        ({"ledger": replace(packs.Pack().statement.ledger, origin="other.example/ledger")}, "EVIDENCE_LEDGER_HEAD"),
        ({"ledger": replace(packs.Pack().statement.ledger, index=4)}, "EVIDENCE_LEDGER_PROOF"),
    ],
)
def test_a_statement_that_does_not_fit_its_pack_is_not_valid_though_rightly_signed(stated: Any, code: str):
    report = judged(pack(stated=stated))
    assert (report.verdict, report.certificate) == (Verdict.INVALID, None)
    assert code in {each for each, _ in failures(report)}
    assert by_id(report, "s001").verdict is Verdict.VALID


def test_a_proof_about_another_certificate_proves_nothing_for_this_one():
    report = judged(pack(ledger=Ledger(identifier=IDENTIFIER + "X")))
    assert failures(report) == {("EVIDENCE_LEDGER_PROOF", members.PROOF)}


def test_an_entry_that_is_no_act_on_a_certificate_proves_nothing():
    assert judged(pack(ledger=Ledger(act="copy.made"))).verdict is Verdict.INVALID


def test_a_head_by_a_key_that_is_not_stated_is_refused():
    other = Ledger(key=sm2.PrivateKey.generated())
    stated = {"ledger": replace(packs.Pack().statement.ledger)}
    assert ("EVIDENCE_LEDGER_HEAD", members.CHECKPOINT) in failures(judged(pack(ledger=other, stated=stated)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content + b" ",
        lambda content: content.replace(b'"form":1', b'"form":2'),
        lambda content: content.replace(b'"version":2', b'"version":"2"'),
        lambda content: content.replace(b'"version":2', b'"version":true'),
        lambda content: content.replace(b'"version":2', b'"more":1,"version":2'),
        lambda content: content.replace(b'"superseded_by":null', b'"superseded_by":7'),
        lambda content: content.replace(b"02:20:00.000000Z", b"02:20:00Z"),
        lambda content: content.replace(b'"status":"valid"', b'"status":"\\u0007valid"'),
        lambda content: content.replace(b'"status":"valid"', b'"status":["valid"]'),
        lambda content: b"[]",
        lambda content: b"\xff\xfe",
        lambda content: b"",
        lambda content: canonical({"kind": "certificate-evidence"}),
        lambda content: content[:-1] + b',"z":"' + b"x" * statement.SIZE_LIMIT + b'"}',
    ],
)
def test_a_statement_in_another_form_is_not_valid_though_rightly_signed(spoil: Any):
    report = judged(pack(spoil_statement=spoil))
    assert (report.verdict, report.certificate) == (Verdict.INVALID, None)
    assert ("EVIDENCE_STATEMENT", members.STATEMENT) in failures(report)


def test_a_time_stamp_over_something_else_is_not_valid():
    report = judged(pack(token=lambda stamped: seals.token(stamped + b"x", packs.STAMPED)))
    assert (report.verdict, by_id(report, "timestamp").verdict) == (Verdict.INVALID, Verdict.INVALID)


def test_a_time_stamp_over_the_statement_alone_is_not_the_one():
    """It has to have seen the signature too, or nobody knows when that was made."""
    made = packs.Pack()
    over = made.files[members.STATEMENT]
    files = {**made.files, members.TIME_STAMP: seals.token(over, packs.STAMPED)}
    assert judged(members.written(files)).verdict is Verdict.INVALID


def test_a_time_stamp_by_nobody_known_decides_nothing():
    stranger = seals.stamping(pki.root("别的根", whose="another stamper's root"))
    report = judged(pack(token=lambda stamped: seals.token(stamped, packs.STAMPED, stranger)))
    assert (report.verdict, by_id(report, "timestamp").verdict) == (Verdict.INDETERMINATE, Verdict.INDETERMINATE)


@pytest.mark.parametrize("token", [b"", b"\x30\x00", b"junk"])
def test_a_time_stamp_that_is_none_is_not_valid(token: bytes):
    assert judged(pack(token=lambda _: token)).verdict is Verdict.INVALID


@pytest.mark.parametrize("certificate", [b"", b"junk", usual().root.certificate.pem])
def test_a_library_without_a_certificate_is_not_valid(certificate: bytes):
    made = packs.Pack(more={"library/01.cer": certificate})
    report = judged(made.written)
    assert report.verdict is Verdict.INVALID
    assert ("EVIDENCE_LIBRARY_KEY", "library/01.cer") in failures(report)


def test_a_library_that_signs_by_another_algorithm_is_not_valid():
    made = usual().authority.issues("演示其他算法库", kind=KeyKind.P256)
    assert judged(pack(by=made)).verdict in {Verdict.INVALID, Verdict.INDETERMINATE}


def test_a_certificate_for_time_stamps_alone_signs_no_statement():
    made = usual().authority.issues(
        "演示时间戳兼证照库", usages=(Usage.DIGITAL_SIGNATURE,), extended=(TIME_STAMPING,), extended_critical=True
    )
    report = judged(pack(by=made))
    assert report.verdict is not Verdict.VALID
    assert report.certificate is None


def test_an_unsealed_file_and_a_pack_in_a_pack_are_not_read():
    bare = seals.archive(seals.document())
    assert judged(pack(file=bare)).verdict is Verdict.UNREADABLE
    inner = judged(pack(file=usual_pack()))
    assert inner.verdict is Verdict.UNREADABLE


def test_a_file_whose_seal_is_wrong_makes_the_pack_not_valid():
    changed = seals.sealed(signing=seals.signing())
    changed["Doc_0/Pages/Page_0/Content.xml"] += b" "
    report = judged(pack(file=seals.archive(changed)))
    assert report.verdict is Verdict.INVALID
    assert (by_id(report, "s001").verdict, by_id(report, "statement").verdict) == (Verdict.INVALID, Verdict.VALID)


def test_an_archive_that_was_packed_anew_is_not_read(tmp_path: Any):
    """What another archiver writes has times, flags and an order of its own."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = tmp_path / f"again-{method}.zip"
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, content in parts_of(usual_pack()).items():
                archive.writestr(name, content)
        assert judged(file.read_bytes()).verdict is Verdict.UNREADABLE


def test_a_pack_lasts_as_long_as_its_time_stamp_can_be_believed():
    """The certificates of signer, maker and library are over after a year; the authority's and the stamper's are not.

    root ── authority ── stamper (3 years)
                      ├─ maker, signer, library (1 year)
    """
    root = pki.root(whose="lasting root", not_after=AT + 5 * YEAR)
    authority = root.authority(path_length=0, whose="lasting authority", not_after=AT + 4 * YEAR)
    stamper = seals.stamping(authority, not_after=AT + 3 * YEAR)
    people = seals.Sealers(root, authority, authority.issues("演示制章单位"), authority.issues("演示签章人"), stamper)
    file = seals.ofd(4, people)
    library = people.authority.issues("演示省电子证照库")
    made = pack(file=file, by=library, token=lambda stamped: seals.token(stamped, packs.STAMPED, people.stamper))
    later = AT + 1.5 * YEAR
    trust = Trust(later, (Anchor(people.root.certificate),), (people.authority.certificate,))
    report = judged(made, trust, later)
    assert report.verdict is Verdict.VALID
    without = verify(file, "seal.ofd", trust, DEFAULT, later)
    assert without.verdict is Verdict.INDETERMINATE


def test_what_a_verdict_on_a_pack_rested_on_can_be_judged_again():
    trust = usual().trust()
    found = examine(usual_pack(), "pack.zip", trust, DEFAULT, AT)
    again = replay.replay(replay.evidence(found, trust), usual_pack())
    assert (again.verdict, again.certificate) == (found.report.verdict, found.report.certificate)


def test_nothing_is_added_to_a_pack():
    assert "evidence" not in FORMATS
    with pytest.raises(CannotSign):
        VERIFIED["evidence"].prepare(usual_pack(), Wanted("seal"))


def test_bytes_that_begin_like_a_pack_are_read_or_refused():
    form, chance = Evidence(FORMATS), random.Random(5)  # noqa: S311 - noise
    for length in (0, 1, 40, 400):
        noise = usual_pack()[:80] + chance.randbytes(length)
        with pytest.raises(UnreadableDocument):
            form.read(noise)
