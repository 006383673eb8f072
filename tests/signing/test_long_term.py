"""PDFs that last: what they keep, what their levels are worth years later, and what may be added to them."""

import asyncio
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)

from keys.algorithms.algorithm import KeyKind
from keys.cms import numbers
from keys.cms.signed_data import SignedData
from keys.revocation_lists import Reason, RevocationList
from signing import long_term, sample_documents
from signing.errors import CannotSign
from signing.formats.format import joined
from signing.formats.pdf.document import Pdf
from signing.levels import Level
from signing.long_term_errors import LevelNotPossible, LongTermEvidenceMissing
from signing.policy import DEFAULT
from signing.report import Report, Verdict
from signing.verification import verify
from tests.builders import lasting, pdf, seals
from tests.builders.lasting import People
from tests.builders.pki import AT, DAY, YEAR

PDFSIG = shutil.which("pdfsig") or ""
OPENSSL = shutil.which("openssl") or ""
KINDS = (KeyKind.SM2, KeyKind.P256, KeyKind.RSA)
LEVELS = tuple(Level)
needs_pdfsig = pytest.mark.skipif(not PDFSIG, reason="poppler-utils is not on this machine")
needs_openssl = pytest.mark.skipif(not OPENSSL, reason="openssl is not on this machine")


def judged(document: bytes, who: People, at=AT, **more) -> Report:
    """Verify as a stranger who has the root and nothing else."""
    return verify(document, "x.pdf", replace(who.trust(**more), as_of=at), DEFAULT, at)


def levels(report: Report) -> list[str | None]:
    return [each.level for each in report.signatures]


def lists(who: People, at: datetime) -> tuple[RevocationList, ...]:
    """Give what both authorities say at a moment: nothing is revoked."""
    return tuple(each.revocations(this_update=at, next_update=at + DAY) for each in (who.root, who.authority))


# --- what is made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_signature_of_a_level_says_so_and_is_valid_where_its_material_is(kind: KeyKind, level: Level):
    who = lasting.usual(kind)
    known = {"intermediates": (who.authority.certificate,), "lists": lists(who, AT)}
    report = judged(lasting.lasting(who, level), who, **({} if level.keeps_material else known))
    assert (report.verdict, report.signatures[0].level) == (Verdict.VALID, level.value)
    assert levels(report)[1:] == [None] * (level is Level.B_LTA)


def test_the_store_keeps_the_chains_and_one_answer_for_each_certificate_below_the_anchor():
    """Signer, stamper, authority and root; answers about the first three."""
    assert lasting.store_of(lasting.lasting(lasting.usual(), Level.B_LT)) == (4, 0, 3)


def test_a_list_does_where_nobody_answers():
    who = lasting.people()
    document = lasting.signed(who, Level.B_LT)
    made = long_term.extended(document, Level.B_LT, None, who.known(lists=lists(who, AT)), DEFAULT, AT).document
    assert lasting.store_of(made) == (4, 2, 0)
    assert levels(judged(made, who)) == ["B-LT"]


def test_the_signature_is_declared_as_pades_has_it_and_says_its_time_once():
    """EN 319 142-1 6.3: ETSI.CAdES.detached, /M, signing-certificate-v2, and no signingTime."""
    document = lasting.lasting(lasting.usual(), Level.B_LTA)
    found = Pdf().read(document).signatures[0]
    attributes = SignedData.of(found.value or b"").signers[0].attributes
    assert found.declared_method == "ETSI.CAdES.detached"
    assert (found.claimed_time or "").startswith("2026-11-21T")
    assert attributes is not None
    assert attributes.signing_time is None
    assert numbers.SIGNING_CERTIFICATE_V2 in {each.oid for each in attributes.all}


def test_a_certification_that_forbids_changes_takes_the_material_and_the_time_stamp():
    who = lasting.usual()
    report = judged(lasting.lasting(who, Level.B_LTA, certify=True), who)
    assert (report.verdict, levels(report)) == (Verdict.VALID, ["B-LTA", None])
    assert report.signatures[0].coverage.later_changes == ("revision 3: DSS", "revision 4: DocTimeStamp Timestamp1")


# --- what it is worth later


def test_after_the_signer_s_certificate_has_run_out_only_the_kept_evidence_decides():
    """The signer's certificate ends after one year, the stamper's after five; asked after two, with fresh news of
    the authorities."""
    who = lasting.usual()
    later = AT + 2 * YEAR
    fresh = {"lists": lists(who, later - timedelta(hours=1))}
    assert judged(lasting.lasting(who, Level.B_T), who, later, **fresh).verdict is Verdict.INDETERMINATE
    for level in (Level.B_LT, Level.B_LTA):
        report = judged(lasting.lasting(who, level), who, later, **fresh)
        assert (report.verdict, levels(report)[0]) == (Verdict.VALID, level.value)


def test_a_time_stamp_whose_certificate_ran_out_proves_on_where_a_later_one_saw_it():
    """The stamper of the signature ends after half a year; that of the document after five."""
    who = lasting.people(not_after=AT + YEAR / 2)
    signed = lasting.lasting(who, Level.B_LT)
    second = seals.stamping(who.authority, subject="演示长期时间戳二", not_after=AT + 5 * YEAR)
    renewed = replace(who, stamper=second)
    archived = lasting.lasting(renewed, Level.B_LTA, signed)
    later = AT + 2 * YEAR
    fresh = {"lists": lists(who, later - timedelta(hours=1))}
    assert judged(signed, who, later, **fresh).verdict is Verdict.INDETERMINATE
    assert judged(archived, who, later, **fresh).verdict is Verdict.VALID


def test_a_signer_revoked_before_the_time_stamp_is_not_made_to_last():
    who = lasting.people()
    document = lasting.signed(who, Level.B_LT)
    revoked = who.authority.revocations(
        {who.signer.certificate.serial: (AT - DAY, Reason.KEY_COMPROMISE)}, this_update=AT
    )
    with pytest.raises(LongTermEvidenceMissing):
        long_term.extended(document, Level.B_LT, None, who.known(lists=(revoked,)), DEFAULT, AT)


def test_renewed_in_time_an_archive_outlives_every_certificate_of_its_making():
    """Stamped for five years, stamped again after four by another authority, asked after eight."""
    who = lasting.people()
    first = lasting.lasting(who, Level.B_LTA)
    then = AT + 4 * YEAR
    second = seals.stamping(who.authority, subject="演示长期时间戳二", not_after=AT + 12 * YEAR)
    successor = replace(who, stamper=second, responder=who.authority.responder(not_after=AT + 6 * YEAR), now=then)
    renewed = lasting.lasting(successor, Level.B_LTA, first)
    later = AT + 8 * YEAR
    fresh = {"lists": lists(who, later - timedelta(hours=1))}
    assert judged(first, who, later, **fresh).verdict is Verdict.INDETERMINATE
    report = judged(renewed, who, later, **fresh)
    assert (report.verdict, levels(report)) == (Verdict.VALID, ["B-LTA", None, None])


# --- what is refused


def test_evidence_from_before_the_signature_is_not_enough():
    """It would say *good* today, and nothing once its time is over."""
    who = lasting.usual()
    old = who.known(lists=lists(who, AT - timedelta(hours=2)))
    with pytest.raises(LongTermEvidenceMissing) as refused:
        long_term.extended(lasting.signed(who, Level.B_LT), Level.B_LT, None, old, DEFAULT, AT)
    assert refused.value.reason == long_term.OLDER


@pytest.mark.parametrize(
    ("document", "level", "reason"),
    [
        (sample_documents.ofd(), Level.B_LT, "not-a-pdf"),
        (lasting.DRAFT, Level.B_LT, "no-message-signature"),
        (lasting.signed(lasting.usual(), Level.B_B), Level.B_LT, "no-time-stamp"),
        (lasting.signed(lasting.usual(), Level.B_T), Level.B_LTA, "no-time-stamp-authority"),
    ],
    ids=["ofd", "unsigned", "unstamped", "nobody-to-stamp"],
)
def test_what_cannot_be_made_to_last_is_refused(document: bytes, level: Level, reason: str):
    who = lasting.usual()
    with pytest.raises(LevelNotPossible) as refused:
        long_term.extended(document, level, None, who.known(), DEFAULT, AT, who.ask)
    assert refused.value.reason == reason


@pytest.mark.parametrize("answer", [b"", b"\x30\x00", b"\x30\x03\x0a\x01\x06", b"x" * 100])
def test_an_answer_that_is_none_counts_for_nothing(answer: bytes):
    who = lasting.usual()
    with pytest.raises(LongTermEvidenceMissing):
        long_term.extended(
            lasting.signed(who, Level.B_LT), Level.B_LT, None, who.known(), DEFAULT, AT, lambda *_: answer
        )


def test_a_damaged_document_takes_no_material():
    who = lasting.usual()
    broken = lasting.signed(who, Level.B_LT) + b"\n%more"
    with pytest.raises(CannotSign):
        long_term.extended(broken, Level.B_LT, None, who.known(), DEFAULT, AT, who.ask)


# --- what may come afterwards


def test_material_added_after_the_archive_time_stamp_is_allowed_and_lowers_the_level_until_it_is_stamped_again():
    who = lasting.usual()
    more = Pdf().with_validation_material(lasting.lasting(who, Level.B_LTA), [who.root.der + b""], [], [b"\x30\x00"])
    report = judged(more, who)
    assert (report.verdict, levels(report)[0]) == (Verdict.VALID, "B-LT")


@pytest.mark.parametrize(("old", "new"), [(b"/Contents", b"/Rotate 90 /Contents"), (b"/Type", b"/Tabs /R /Type")])
def test_any_other_change_after_it_is_refused(old: bytes, new: bytes):
    who = lasting.usual()
    document = lasting.lasting(who, Level.B_LTA)
    number = pdf.number_of(document, b"/Contents 5 0 R")
    body = pdf.body(document, number)
    assert old in body
    report = judged(pdf.update(document, {number: body.replace(old, new, 1)}), who)
    assert (report.verdict, report.sub_indication) == (Verdict.INVALID, "FORMAT_FAILURE")


def test_without_the_answer_about_one_certificate_it_is_no_level_for_the_long_term():
    who = lasting.usual()
    document = lasting.signed(who, Level.B_LT)
    answer = who.responder.answer_der(who.signer.certificate, issuer=who.authority, this_update=AT, produced_at=AT)
    kept = Pdf().with_validation_material(document, [who.authority.der, who.stamper.der], [], [answer])
    report = judged(kept, who, lists=lists(who, AT))
    assert (report.verdict, levels(report)) == (Verdict.VALID, ["B-T"])


def test_an_archive_time_stamp_of_nobody_known_does_not_count():
    who, stranger = lasting.people(), lasting.people()
    document = lasting.lasting(who, Level.B_LT)
    alien = replace(who, stamper=stranger.stamper)
    report = judged(lasting.lasting(alien, Level.B_LTA, document), who)
    assert levels(report) == ["B-LT", None]
    assert report.verdict is Verdict.INDETERMINATE


# --- what others say


@needs_pdfsig
@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA])
@pytest.mark.parametrize("level", LEVELS)
def test_poppler_finds_the_signature_valid_and_the_time_stamp_over_the_whole_file(
    tmp_path: Path, kind: KeyKind, level: Level
):
    path = tmp_path / "lasting.pdf"
    path.write_bytes(lasting.lasting(lasting.usual(kind), level))
    told = subprocess.run([PDFSIG, "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert told.count("Signature is Valid.") == 1
    assert told.count("ETSI.CAdES.detached") == 1
    # It lists the time stamp with what it covers, and verifies none.
    assert told.count("- Total document signed") == (level is not Level.B_LT)


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA])
def test_pyhanko_accepts_what_is_kept_and_the_time_stamp_over_it(kind: KeyKind):
    """It reads /DSS by itself, builds its own chains and insists on revocation; nothing else is handed to it."""
    who = lasting.usual(kind)
    reader = PdfFileReader(BytesIO(lasting.lasting(who, Level.B_LTA)))
    told = {"trust_roots": [x509.Certificate.load(who.root.der)], "moment": AT + timedelta(minutes=1)}
    told |= {"allow_fetching": False, "revocation_mode": "require"}
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(told)
    signature, stamp = reader.embedded_signatures
    status = asyncio.run(async_validate_pdf_signature(signature, context))
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted
    assert status.modification_level is not None
    assert status.modification_level.name == "LTA_UPDATES"
    assert asyncio.run(async_validate_pdf_timestamp(stamp, context)).trusted


@needs_openssl
@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA])
def test_openssl_accepts_the_document_time_stamp_over_the_bytes(tmp_path: Path, kind: KeyKind):
    who = lasting.usual(kind)
    found = Pdf().read(lasting.lasting(who, Level.B_LTA)).signatures[1]
    token, content, root, middle = (tmp_path / name for name in ("token", "content", "root.pem", "middle.pem"))
    token.write_bytes(found.value or b"")
    content.write_bytes(joined(found.message))
    root.write_bytes(who.root.certificate.pem)
    middle.write_bytes(who.authority.certificate.pem)
    command: list[Any] = [OPENSSL, "ts", "-verify", "-token_in", "-in", token, "-data", content, "-CAfile", root]
    command += ["-untrusted", middle, "-attime", str(int(AT.timestamp()))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    content.write_bytes(content.read_bytes() + b" ")
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode != 0


@needs_openssl
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_accepts_the_message_and_reads_every_answer(tmp_path: Path, kind: KeyKind):
    """Chains of SM2 are beyond its command (it knows no user id there), so the value alone is asked for."""
    who = lasting.usual(kind)
    found = Pdf().read(lasting.lasting(who, Level.B_LT)).signatures[0]
    value, content = tmp_path / "value", tmp_path / "content"
    value.write_bytes(found.value or b"")
    content.write_bytes(joined(found.message))
    command: list[Any] = [OPENSSL, "cms", "-verify", "-binary", "-inform", "DER", "-in", value, "-content", content]
    ended = subprocess.run(
        [*command, "-noverify", "-out", tmp_path / "out"], capture_output=True, text=True, check=False
    )
    if kind is not KeyKind.SM2:
        assert ended.returncode == 0, ended.stderr
    for number, each in enumerate(found.answers):
        answer = tmp_path / f"answer{number}"
        answer.write_bytes(each)
        told = subprocess.run(
            [OPENSSL, "ocsp", "-respin", answer, "-resp_text", "-noverify"], capture_output=True, text=True, check=False
        )
        assert "Cert Status: good" in told.stdout
