"""Edits of single bytes and heavier damage to signed PDFs: what was changed is never *valid* without being told.

Each case is made from its number alone: a document, and what is done to it. Two of three change one byte, the third
damages until little is left. Asked is the whole verification with real keys. A verdict *valid* is accepted only where
the change is told (a check or a part not covered that the whole document does not have, or bytes behind all signatures
in a revision that the report names as a later change), or where nothing changed but the spelling of the value: the same
message, the same value, and the other bytes as they were (hexadecimal digits have two cases, ISO 32000-1 7.3.4.3).

The documents: SM2, ECDSA and RSA, certified with DocMDP 1, two signatures one after the other, time-stamped, a sealed
value, material added later; and those of other makers, where their files lie beside this checkout.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.drills.damage import mangled, one_byte
from bench.drills.stepwise import Cases, Tried, through
from bench.signing_documents import PLACE, impression
from keys.algorithms.algorithm import KeyKind
from keys.certificates import bundle
from keys.revocation_lists import of_file
from keys.trust import Anchor, Trust
from signing import drafts
from signing.drafts import USUAL, Impression, Manner, Way
from signing.formats import FORMATS
from signing.formats.pdf.document import Pdf
from signing.policy import DEFAULT
from signing.report import Outcome, Report, Verdict
from signing.verification import verify
from tests.builders import pdf, pki, seals
from tests.builders.pki import AT
from tests.keys.algorithms.samples import VECTORS

NAME = "pdf_edits"
SEED = "yinxin-pdf-edits-1"
CASES = 15_000
SHORT_CASES = 400
STEP = 250
INSERTED = (b"<<", b">>", b" 0 R", b"endobj\n", b"%%EOF\n", b"/Annots [", b"\x00", b"\xff\xff", b"startxref\n9\n")
SIGNED_AT = AT - timedelta(hours=1)
OTHERS = ("01_cms_sm2", "02_pades_sm2_tst_sm2", "05_certified_p1", "10_gbt35275", "20_ses_v4_adbe")
RANGES = re.compile(rb"/ByteRange *\[ *(\d+) +(\d+) +(\d+) +(\d+) *\]")


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Try all cases, going on where an earlier run stopped."""
    documents = [*own(), *others()]

    def tried(index: int) -> Tried:
        document = documents[index % len(documents)]
        kind, outcome = _outcome(document, index)
        told = {"document": document.name, "edit": kind, "outcome": outcome}
        return Tried(f"{kind}: {outcome}", told if outcome.startswith("fault") else None)

    told = through(Cases(NAME, SHORT_CASES if short else CASES, STEP, results), tried).told
    return {"documents": {each.name: len(each.data) for each in documents}, **told}


@dataclass(frozen=True)
class Document:
    """A signed document that is valid, whom to trust for it, and what its own report tells."""

    name: str
    data: bytes
    trust: Trust

    def report(self, data: bytes) -> Report:
        """Verify these bytes in its place."""
        return verify(data, self.name, self.trust, DEFAULT, AT)


def own() -> Iterator[Document]:
    """Sign documents of every kind."""
    top = {kind: pki.root(f"演示根 {kind.value}", kind) for kind in (KeyKind.P256, KeyKind.RSA)}
    usual = seals.usual()
    anchors = tuple(Anchor(each.certificate) for each in (usual.root, *top.values()))
    trust = Trust(AT, anchors, (usual.authority.certificate,))
    ways = {kind: (top[kind].issues(f"演示签章人 {kind.value}")) for kind in top}
    plain, shown = pdf.document(2), Manner((PLACE,))
    made = {
        "sm2": _signed(plain, shown),
        "sm2, nothing shown": _signed(plain, USUAL),
        "ecdsa": _signed(plain, shown, ways[KeyKind.P256]),
        "rsa": _signed(plain, shown, ways[KeyKind.RSA]),
        "certified": _signed(plain, Manner((PLACE,), certify=True)),
        "two": _signed(_signed(plain, shown), USUAL, ways[KeyKind.P256]),
        "stamped": _signed(plain, Manner((PLACE,), stamped=True)),
        "sealed value": _signed(plain, Manner((PLACE,), way=Way.SEALED_VALUE)),
        "material added": Pdf().with_validation_material(_signed(plain, shown), [usual.authority.der], [], []),
    }
    for name, data in made.items():
        yield _valid(Document(name, data, trust))


def others() -> Iterator[Document]:
    """Give the signed documents of other makers that lie beside this checkout, if they do."""
    if not (VECTORS / "pdf").exists():
        return
    files = {each: (VECTORS / "pdf" / each).read_bytes() for each in ("root.pem", "inter.pem")}
    lists = [
        one for each in ("inter_crl.crl", "root_crl.crl") for one in of_file((VECTORS / "pdf" / each).read_bytes())
    ]
    anchors = tuple(Anchor(each) for each in bundle(files["root.pem"]))
    trust = Trust(AT, anchors, bundle(files["inter.pem"]), tuple(lists))
    for name in OTHERS:
        yield _valid(Document(name, (VECTORS / "pdf" / f"{name}.pdf").read_bytes(), trust))


def _valid(document: Document) -> Document:
    verdict = document.report(document.data).verdict
    if verdict is not Verdict.VALID:
        raise ValueError(f"{document.name} is {verdict} before anything was done to it")
    return document


def _signed(document: bytes, manner: Manner, by: pki.Identity | None = None) -> bytes:
    usual = impression()
    who = by or seals.usual().signer
    seal = Impression(usual.seal, usual.picture, usual.width_mm, usual.height_mm, who.certificate)
    draft = drafts.draft(document, FORMATS["pdf"], seal, manner, SIGNED_AT)
    signature = draft.algorithm.sign(who.key, draft.to_sign)
    return draft.finish(signature, seals.token(signature) if manner.stamped else None)


def _outcome(document: Document, index: int) -> tuple[str, str]:
    source = random.Random(f"{SEED}/{index}")
    heavy = index // 3 % 3 == 2
    kind = "damage" if heavy else "byte"
    edited = mangled(source, document.data, INSERTED) if heavy else one_byte(source, document.data)
    if edited == document.data:
        return kind, "unchanged"
    report = document.report(edited)
    crash = _crash(report)
    if crash:
        return kind, f"fault: {crash}"
    if report.verdict is not Verdict.VALID:
        return kind, _why(report)
    return kind, _accepted(document, edited, report)


def _crash(report: Report) -> str:
    """Tell of a step that came to its end by a fault of the program."""
    checks = [*report.warnings, *(check for each in report.signatures for check in each.checks)]
    unforeseen = [each for each in checks if str(each.facts.get("reason", "")).startswith("unforeseen")]
    crashed = [each for each in checks if each.code == "CHECK_CRASHED"]
    return f"crashed: {(*crashed, *unforeseen)[0].facts}" if crashed or unforeseen else ""


def _why(report: Report) -> str:
    """Class what is not valid by the verdict and the first failure."""
    if report.verdict is Verdict.UNSIGNED:
        told = {each.code for each in report.warnings} - {"NOT_SIGNED"}
        return f"unsigned, {'told ' + min(told) if told else 'nothing told'}"
    failed = [check.code for each in report.signatures for check in each.checks if check.outcome is Outcome.FAILED]
    return f"{report.verdict.value} {failed[0] if failed else report.sub_indication or ''}".strip()


def _accepted(document: Document, edited: bytes, report: Report) -> str:
    """Tell why a changed document may be valid, or that it may not."""
    if new := _told(report) - _told(document.report(document.data)):
        return f"valid, told: {min(new)}"
    if _only_spelt_otherwise(document.data, edited):
        return "valid, the value spelt otherwise"
    if _only_behind(document.data, edited) and any(each.coverage.later_changes for each in report.signatures):
        return "valid, in a revision that is told as a later change"
    return "fault: valid"


def _told(report: Report) -> set[str]:
    checks = [*report.warnings, *(check for each in report.signatures for check in each.checks)]
    parts = [name for each in report.signatures for name in (*each.coverage.uncovered, *each.coverage.later_changes)]
    said = {f"{each.code} {each.outcome}" for each in checks if each.outcome is not Outcome.PASSED}
    return said | {re.sub(r"\d+", "n", each) for each in parts}


def _only_spelt_otherwise(before: bytes, after: bytes) -> bool:
    """Tell whether nothing changed but the case of digits within the gaps of byte ranges."""
    if len(before) != len(after):
        return False
    inside = [range(size, second) for _, size, second, _ in _ranges(before)]
    moved = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    return all(
        any(at in each for each in inside) and before[at : at + 1].lower() == after[at : at + 1].lower() for at in moved
    )


def _only_behind(before: bytes, after: bytes) -> bool:
    """Tell whether everything up to the end of the last signature is as it was."""
    end = max(second + rest for _, _, second, rest in _ranges(before))
    return end < len(before) and before[:end] == after[:end]


def _ranges(data: bytes) -> list[tuple[int, int, int, int]]:
    return [(int(one), int(two), int(three), int(four)) for one, two, three, four in RANGES.findall(data)]
