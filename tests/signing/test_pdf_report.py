"""The report as a document: what it says, what is inside, that its text can be read, and that it fits PDF/A-3."""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from keys.algorithms.algorithm import KeyKind
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import pdf_pages, pdf_report, replay, report_fonts, report_json, typefaces
from signing.pdf_file import Titled
from signing.pdf_pages import Attachment, Line
from signing.pdf_report import Seal
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.report_fonts import EmbeddedFont
from signing.verification import examine, verify
from signing.verification_errors import ReportFontMissing
from signing.verifications import KeptReport
from tests.builders import pki, seals
from tests.builders.pki import AT

FONT = next(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"), None)
needs_font = pytest.mark.skipif(FONT is None, reason="no Chinese typeface on this machine")
# A typeface of our own for layout alone: every character half as wide as it is high.
PLAIN = EmbeddedFont(
    "Plain",
    b"program",
    is_cff=False,
    codes={chr(number): number for number in range(32, 0x9FFF)},
    widths={chr(number): 500 for number in range(32, 0x9FFF)},
    ascent=800,
    descent=-200,
    box=(0, -200, 1000, 800),
)


def kept(document: bytes | None = None) -> tuple[KeptReport, bytes]:
    trust = seals.usual().trust()
    examination = examine(document or seals.ofd(), "演示证照.ofd", trust, DEFAULT, AT)
    return KeptReport("i" * 22, AT, report_json.dump(examination.report)), replay.evidence(examination, trust)


def text(document: bytes) -> str:
    with pypdfium2.PdfDocument(document) as opened:
        return "\n".join(opened[number].get_textpage().get_text_range() for number in range(len(opened)))


def attachments(document: bytes) -> dict[str, bytes]:
    with pypdfium2.PdfDocument(document) as opened:
        found = [opened.get_attachment(number) for number in range(opened.count_attachments())]
        return {each.get_name(): bytes(each.get_data()) for each in found}


@needs_font
def test_the_report_says_what_the_verdict_is_in_both_languages():
    report, evidence = kept()
    told = text(pdf_report.written(report, evidence, None, FONT, AT))
    for part in ("有效", "Valid", "演示证照.ofd", seals.NAME, report.report["document"]["sm3"], "not signed", "i" * 22):
        assert part in told


@needs_font
def test_the_report_and_its_evidence_are_inside_and_give_the_verdict_again():
    document = seals.ofd()
    report, evidence = kept(document)
    inside = attachments(pdf_report.written(report, evidence, None, FONT, AT))
    assert json.loads(inside["report.json"]) == report.report
    assert replay.replay(inside["evidence.json"], document).verdict is Verdict.VALID


@needs_font
def test_without_evidence_only_the_report_is_inside():
    report, _ = kept(b"nothing")
    made = pdf_report.written(report, None, None, FONT, AT)
    assert set(attachments(made)) == {"report.json"}
    assert "无法读取文件" in text(made)
    assert "evidence.json" not in text(made)


@needs_font
@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256, KeyKind.RSA])
def test_a_signed_report_verifies_with_its_own_root(kind: KeyKind):
    root = pki.root("演示报告 CA")
    signer = root.issues("演示核验报告", kind=kind)
    report, evidence = kept()
    made = pdf_report.written(report, evidence, Seal(signer.certificate, SoftwareSigner(signer.key)), FONT, AT)
    found = verify(made, "report.pdf", Trust(AT, (Anchor(root.certificate),)), DEFAULT, AT)
    assert found.verdict is Verdict.VALID
    assert found.signatures[0].coverage.uncovered == ()
    assert "不" not in text(made).split("本报告")[-1].split("。")[0]


@needs_font
def test_a_test_seal_is_said_before_the_verdict():
    people = seals.usual()
    trust = Trust(AT, (Anchor(people.root.certificate, is_test=True),), (people.authority.certificate,))
    examination = examine(seals.ofd(), "a.ofd", trust, DEFAULT, AT)
    told = text(
        pdf_report.written(KeptReport("i" * 22, AT, report_json.dump(examination.report)), None, None, FONT, AT)
    )
    assert told.index("测试印章") < told.index("签章验证")


@needs_font
def test_the_certificates_present_status_is_a_line_of_its_own():
    report, _ = kept()
    status = {"identifier": "x", "status": "revoked", "as_of": "2026-11-21T00:00:00Z", "source": "local"}
    told = text(
        pdf_report.written(KeptReport(report.id, AT, {**report.report, "certificate": status}), None, None, FONT, AT)
    )
    assert "证照现状 Certificate now: 注销 revoked" in told
    assert "签章验证 Seals: 有效 Valid" in told


@needs_font
def test_the_file_has_what_pdf_a_3_asks_for():
    report, evidence = kept()
    made = pdf_report.written(report, evidence, None, FONT, AT)
    root: Any = PdfFileReader(io.BytesIO(made), strict=True).root
    xmp = root["/Metadata"].data
    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/OutputIntents"][0]["/DestOutputProfile"].data[36:40] == b"acsp"
    assert len(root["/AF"]) == 2
    for each in root["/AF"]:
        file = each.get_object()
        assert file["/AFRelationship"] in {"/Source", "/Data"}
        assert file["/EF"]["/F"]["/Subtype"] == "/application/json"
    page = root["/Pages"]["/Kids"][0].get_object()
    font = page["/Resources"]["/Font"]["/F1"]
    below = font["/DescendantFonts"][0]
    assert re.fullmatch(r"/[A-Z]{6}\+.+", below["/BaseFont"])
    assert below["/FontDescriptor"]["/FontFile3"].data
    assert "/ToUnicode" in font
    assert b"/Encrypt" not in made
    assert b"/JavaScript" not in made


@needs_font
def test_every_character_of_a_report_is_embedded_or_shown_as_missing():
    face = report_fonts.embedded(FONT or Path(), "印信 AB\U0010fffd")
    assert set("印信 AB") <= set(face.codes)
    assert len(set(face.codes.values())) == len(face.codes)
    assert face.known("印\U0010fffd") == "印" + report_fonts.SUBSTITUTE
    assert face.widths["印"] == 1000
    assert face.width("AB") == face.widths["A"] + face.widths["B"]


@pytest.mark.parametrize("content", [None, b"", b"no font at all"])
def test_a_typeface_that_is_none_is_refused(tmp_path: Path, content: bytes | None):
    file = tmp_path / "font.otf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ReportFontMissing):
        report_fonts.embedded(report_fonts.found(file), "印")


def test_a_typeface_without_chinese_is_refused():
    latin = next(iter(sorted(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"))), None)
    if latin is None:
        pytest.skip("no Latin typeface on this machine")
    with pytest.raises(ReportFontMissing):
        report_fonts.embedded(latin, "A")


def test_a_machine_without_typefaces_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(typefaces, "FOLDERS", (tmp_path,))
    monkeypatch.setattr(typefaces, "PACKAGES", ("no_such_package_of_fonts",))
    with pytest.raises(ReportFontMissing):
        report_fonts.found(None)


def laid(text: str, **told: Any) -> Iterator[str]:
    return (line.text for page in pdf_pages._pages([Line(text, 10, **told)], PLAIN) for _, line in page)


def test_long_lines_are_broken_and_nothing_is_lost():
    words = "one two three 四五六。" * 60
    found = list(laid(words))
    assert len(found) > 1
    assert "".join(found).replace(" ", "") == words.replace(" ", "")
    room = (pdf_pages.WIDTH - 2 * pdf_pages.MARGIN) * 1000 / 10
    assert all(PLAIN.width(each) <= room + 500 for each in found)


def test_a_word_too_long_for_a_line_is_cut():
    assert len(list(laid("x" * 500))) > 1


def test_no_line_begins_with_a_full_stop():
    assert all(not each.startswith("。") for each in laid("字" * 96 + "。" + "字" * 10))


def test_pages_end_somewhere():
    many = [Line("x")] * 100_000
    assert len(pdf_pages._pages(many, PLAIN)) == pdf_pages.MOST_PAGES


def test_the_same_report_gives_the_same_bytes():
    told = Titled("T", "P", datetime(2026, 11, 21, tzinfo=AT.tzinfo))
    files = [Attachment("a.json", "application/json", b"{}", "d")]
    one, two = (pdf_pages.written([Line("字")], PLAIN, told, files) for _ in range(2))
    assert one[:1000] == two[:1000]
