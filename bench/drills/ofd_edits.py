"""Edits of single bytes and heavier damage to sealed OFDs: nothing passes unsaid, and nothing but a refusal leaves.

Each case is made from its index alone. Half of them change one byte of the archive: then the document is refused, or a
signature has a failed check, or what changed is told as not covered, or no entry changed at all (a date or right in a
header of the archive, which is no part of the document). Signature.xml and the value are the judge's part: an edit
there changes the message or the value that the format hands on, and that is required here. The other half is damaged
until little is left: pieces cut out, doubled and moved in the archive, or in one of its XML files before packing.
"""

import random
from pathlib import Path

from bench.drills.damage import mangled, one_byte
from bench.drills.stepwise import Cases, Tried, through
from signing.errors import UnreadableDocument
from signing.formats.format import FoundDocument
from signing.formats.ofd import OFD
from signing.formats.ofd.gate import opened
from signing.report import Outcome
from tests.builders.ofd import Files, archive, sealed, second

NAME = "ofd_edits"
SEED = "yinxin-ofd-edits-1"
CASES = 20_000
SHORT_CASES = 1_000
STEP = 500
INSERTED = (b"<", b"<!--", b"/>", b"&#x0;", b"\x00", b"PK\x05\x06", b"\xff\xff")


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Try all cases, going on where an earlier run stopped."""
    documents = [_Document(each) for each in _documents()]

    def tried(index: int) -> Tried:
        outcome = _outcome(documents[index % len(documents)], index)
        return Tried(outcome, {"outcome": outcome} if outcome.startswith("fault") else None)

    return through(Cases(NAME, SHORT_CASES if short else CASES, STEP, results), tried).told


class _Document:
    """A document with what was found in it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.whole = archive(files)
        self.found = OFD.read(self.whole)
        self.entries = {name: entry.content for name, entry in opened(self.whole).entries.items()}


def _documents() -> list[Files]:
    """Give one signature, two of them, a lock, and one that leaves parts out."""
    return [
        sealed(),
        sealed(sealed(), second()),
        sealed(covers=lambda _: True),
        sealed(covers=lambda name: "Attachs" not in name and not name.endswith("Signatures.xml")),
    ]


def _outcome(document: _Document, index: int) -> str:
    source = random.Random(f"{SEED}/{index}")
    damaged = one_byte(source, document.whole) if index % 2 else _damaged(source, document)
    try:
        found = OFD.read(damaged)
    except UnreadableDocument:
        return "refused"
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        return f"fault: {type(error).__name__}"
    if not found.signatures:
        return "no signature"
    if any(check.outcome is Outcome.FAILED for each in found.signatures for check in each.checks):
        return "failed"
    return _unsaid(document, damaged, found)


def _unsaid(document: _Document, damaged: bytes, found: FoundDocument) -> str:
    """Tell why nothing had failed, or that there is no good reason."""
    after = {name: entry.content for name, entry in opened(damaged).entries.items()}
    differing = {name for name in {*after, *document.entries} if after.get(name) != document.entries.get(name)}
    if not differing:
        return "no entry changed"
    told = {name for each in found.signatures for name in (*each.coverage.uncovered, *each.coverage.later_changes)}
    handed_on = _handed_on(document.found) != _handed_on(found)
    rest = {name for name in differing if f"/{name}" not in told and not name.endswith("/Signatures.xml")}
    if not rest:
        return "told as not covered, or of the open list"
    return "for the judge" if handed_on else f"fault: unsaid {sorted(rest)}"


def _handed_on(found: FoundDocument) -> list[tuple[bytes, bytes | None]]:
    return [(b"".join(each.message), each.value) for each in found.signatures]


def _damaged(source: random.Random, document: _Document) -> bytes:
    """Damage the archive, or one XML file in it before it is packed."""
    if source.random() < 0.5:
        return mangled(source, document.whole, INSERTED)
    name = source.choice([each for each in document.files if each.endswith(".xml")])
    return archive(document.files | {name: mangled(source, document.files[name], INSERTED)})
