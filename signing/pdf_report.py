"""A kept report as a document to hand on: PDF/A-3 in both languages, the report and its evidence inside, signed.

The PDF says what the report says and decides nothing. Where this site has a key for reports it is signed with it and
verified before it is handed out; where it has none the page says that it is not signed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from keys.certificates import Certificate
from keys.signers.signer import Signer, signed
from keys.trust import Anchor, Trust
from signing import drafts, pdf_pages, report_fonts
from signing.drafts import Impression, Manner
from signing.errors import NotValidAfterSigning
from signing.formats import FORMATS
from signing.pdf_file import Titled
from signing.pdf_pages import INK, SECOND, Attachment, Colour, Line
from signing.policy import DEFAULT
from signing.verification import verify
from signing.verifications import KeptReport

Report = Mapping[str, Any]
RED: Final[Colour] = (0.70, 0.08, 0.11)
GREEN: Final[Colour] = (0.08, 0.42, 0.26)
AMBER: Final[Colour] = (0.54, 0.33, 0.0)
VERDICTS: Final[Mapping[str, tuple[str, str, Colour]]] = {
    "valid": ("有效", "Valid", GREEN),
    "invalid": ("无效", "Not valid", RED),
    "indeterminate": ("无法确认", "Cannot be confirmed", AMBER),
    "unsigned": ("文件中没有电子印章", "No seal in the document", SECOND),
    "unreadable": ("无法读取文件", "Not readable", RED),
}
STATUSES: Final[Mapping[str, tuple[str, str]]] = {
    "valid": ("有效", "valid"),
    "frozen": ("冻结", "frozen"),
    "changed": ("已变更", "changed"),
    "revoked": ("注销", "revoked"),
    "expired": ("过期", "expired"),
    "unknown": ("查不到", "not known"),
}
OUTCOMES: Final = {
    "passed": ("通过", "passed"),
    "failed": ("未通过", "failed"),
    "warning": ("提示", "note"),
    "not_checked": ("未检查", "not checked"),
}
COLOURS: Final = {"failed": RED, "warning": AMBER, "not_checked": SECOND}
KINDS: Final = {"seal": ("印章", "Seal"), "signature": ("数字签名", "Signature")}
TITLE: Final = "电子签章核验报告 Verification report"
PRODUCER: Final = "Yinxin 印信"
# How far the detail of a document's own words goes; the JSON inside has all of it.
LONGEST_TEXT: Final = 600
UNSIGNED: Final = "本报告未加签名。This report is not signed."
SIGNED: Final = "本报告由本站签名，可用任何 PDF 验签工具核对。This report is signed by this site."
INSIDE: Final = "完整结果见附件 report.json。The whole result is in the attachment report.json."
EVIDENCE: Final = "证据见附件 evidence.json，可离线重现结论。With evidence.json the verdict can be repeated offline."
TEST: Final = "测试印章：不具有任何效力。Test seal: it has no effect whatsoever."


@dataclass(frozen=True)
class Seal:
    """With what a report is signed."""

    certificate: Certificate
    signer: Signer


def written(kept: KeptReport, evidence: bytes | None, seal: Seal | None, font: Path | None, at: datetime) -> bytes:
    """Write a report as PDF.

    Raises `ReportFontMissing`, and with a seal what signing raises.
    """
    lines = list(_lines(kept, has_evidence=evidence is not None, is_signed=seal is not None))
    face = report_fonts.embedded(report_fonts.found(font), {each for line in lines for each in line.text})
    told = json.dumps(kept.report, ensure_ascii=False, indent=1).encode()
    attachments = [Attachment("report.json", "application/json", told, "The report", "Source")]
    if evidence is not None:
        attachments.append(Attachment("evidence.json", "application/json", evidence, "What the verdict rests on"))
    pages = pdf_pages.written(lines, face, Titled(f"{TITLE} {kept.id}", PRODUCER, at), attachments)
    return pages if seal is None else _signed(pages, seal, at)


def _signed(document: bytes, seal: Seal, at: datetime) -> bytes:
    """Sign the report, and look at it as a stranger would who trusts our certificate. Raises `NotValidAfterSigning`."""
    impression = Impression(b"", b"", 0, 0, seal.certificate)
    draft = drafts.draft(document, FORMATS["pdf"], impression, Manner(), at)
    finished = draft.finish(signed(seal.signer, draft.algorithm, draft.to_sign), None)
    report = verify(finished, "report.pdf", Trust(at, (Anchor(seal.certificate),)), DEFAULT, at)
    if not report.signatures or not all(each.intact and each.cryptographically_valid for each in report.signatures):
        raise NotValidAfterSigning(report.verdict.value, report.sub_indication or "", "")
    return finished


def _lines(kept: KeptReport, *, has_evidence: bool, is_signed: bool) -> Iterator[Line]:
    report = kept.report
    yield Line(TITLE, 17)
    yield Line(f"编号 No. {kept.id}", colour=SECOND)
    if any(each["code"] == "TEST_SEAL" for each in report["warnings"]):
        yield Line(TEST, 13, RED, space_before=8)
    yield from _verdict(report)
    yield from _document(report)
    for number, signature in enumerate(report["signatures"], 1):
        yield from _signature(number, signature)
    if report["warnings"]:
        yield Line("提示 Notes", 12, space_before=10)
        yield from _said(each["detail"] | {"code": each["code"]} for each in report["warnings"])
    yield Line(SIGNED if is_signed else UNSIGNED, colour=SECOND, space_before=12)
    yield Line(INSIDE, colour=SECOND)
    if has_evidence:
        yield Line(EVIDENCE, colour=SECOND)


def _verdict(report: Report) -> Iterator[Line]:
    zh, en, colour = VERDICTS[report["verdict"]]
    yield Line(f"签章验证 Seals: {zh} {en}", 14, colour, space_before=8)
    yield Line(_short(report["summary"]["zh"]), 11)
    yield Line(_short(report["summary"]["en"]), 11)
    present = report["certificate"]
    if present is not None:
        status_zh, status_en = STATUSES.get(present["status"], (present["status"], present["status"]))
        yield Line(f"证照现状 Certificate now: {status_zh} {status_en}", 14, INK, space_before=6)
        yield Line(_short(f"{present['identifier']} · {present['as_of'] or '—'} · {present['source']}"), colour=SECOND)


def _document(report: Report) -> Iterator[Line]:
    document = report["document"]
    sub = report["sub_indication"]
    yield Line("文件 Document", 12, space_before=10)
    for name, value in (
        ("名称 Name", document["name"]),
        ("格式与大小 Format, size", f"{(document['format'] or '—').upper()} · {document['bytes']} B"),
        ("SM3", document["sm3"]),
        ("SHA-256", document["sha256"]),
        ("核验时间 Verified at", report["verified_at"]),
        ("结论代码 Indication", report["indication"] + (f" / {sub}" if sub else "")),
        ("策略 Policy", f"{report['policy']['name']} ({report['policy']['version']})"),
        ("信任列表 Trust", f"{report['trust']['anchors']} · {report['trust']['digest']}"),
    ):
        yield Line(f"{name}: {_short(str(value))}")


def _signature(number: int, signature: Report) -> Iterator[Line]:
    zh, en = KINDS.get(signature["kind"], KINDS["signature"])
    verdict_zh, verdict_en, colour = VERDICTS[signature["verdict"]]
    yield Line(f"{zh} {en} {number}: {verdict_zh} {verdict_en}", 12, colour, space_before=10)
    for name, value in _facts(signature):
        yield Line(f"{name}: {_short(value)}", indent=8)
    checks = signature["checks"]
    passed = [each for each in checks if each["outcome"] == "passed"]
    codes = " ".join(dict.fromkeys(each["code"] for each in passed))
    yield Line(f"{len(passed)} 项检查通过 checks passed: {codes}", 8, SECOND, 8)
    for check in checks:
        if check["outcome"] != "passed":
            said_zh, said_en = OUTCOMES[check["outcome"]]
            yield Line(f"{said_zh} {said_en} · {check['code']} · {check['clause']}", 9, COLOURS[check["outcome"]], 8, 3)
            yield Line(_short(check["detail"]["zh"]), 9, INK, 16)
            yield Line(_short(check["detail"]["en"]), 9, INK, 16)


def _facts(signature: Report) -> Iterator[tuple[str, str]]:
    yield "标准 Standard", signature["standard"]
    seal, signer, at = signature["seal"], signature["signer"], signature["signed_at"]
    if seal is not None:
        yield "印章 Seal", f"{seal['name']} ({seal['id']})"
        yield "印章有效期 Valid", f"{seal['valid_from']} – {seal['valid_until']}"
        yield "制章者 Maker", seal["maker"]
    if signer is not None:
        yield "签名人 Signer", signer["subject"]
        yield "签发者 Issuer", signer["issuer"]
        yield "证书序列号 Serial", signer["serial"]
    if at["proven"] is not None:
        yield "签章时间（时间戳证明） Signed, proven", str(at["proven"])
    elif at["claimed"] is not None:
        yield "签章时间（自述） Signed, claimed", str(at["claimed"])
    coverage = signature["coverage"]
    whole = coverage["kind"] == "whole"
    yield "保护范围 Coverage", "全部 whole" if whole else "部分 partial: " + ", ".join(coverage["uncovered"][:10])


def _said(words: Iterable[Mapping[str, str]]) -> Iterator[Line]:
    for each in words:
        yield Line(f"{each['code']}: {_short(each['zh'])}")
        yield Line(_short(each["en"]), indent=8, colour=SECOND)


def _short(text: str) -> str:
    """Show what can be shown, and not without end; the attachment has it whole."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= LONGEST_TEXT else plain[:LONGEST_TEXT] + "…"
