"""Edits of single bytes and heavier damage to sealed OFDs: nothing passes unsaid, and nothing but a refusal leaves.

Each case is made from its index alone. Half of them change one byte of the archive: then the document is refused, or a
signature has a failed check, or what changed is told as not covered, or no entry changed at all (a date or right in a
header of the archive, which is no part of the document). Signature.xml and the value are the judge's part: an edit
there changes the message or the value that the format hands on, and that is required here. The other half is damaged
until little is left: pieces cut out, doubled and moved in the archive, or in one of its XML files before packing.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

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


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Try all cases, going on where an earlier run stopped."""
    cases = SHORT_CASES if short else CASES
    file = results / "state" / f"{NAME}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = (
        json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"done": 0, "tally": {}, "faults": []}
    )
    resumed_from, tally = state["done"], Counter(state["tally"])
    tried = [_Tried(each) for each in _documents()]
    while state["done"] < cases:
        for index in range(state["done"], min(state["done"] + STEP, cases)):
            outcome = _outcome(tried[index % len(tried)], index)
            tally[outcome] += 1
            if outcome.startswith("fault"):
                state["faults"].append({"index": index, "outcome": outcome})
        state = {"done": min(state["done"] + STEP, cases), "tally": dict(tally), "faults": state["faults"]}
        file.write_text(json.dumps(state), encoding="utf-8")
        print(f"{NAME}: {state['done']} of {cases}, faults {len(state['faults'])}", file=sys.stderr, flush=True)
    file.unlink()
    return {
        "cases": cases,
        "tally": dict(sorted(tally.items())),
        "faults": state["faults"],
        "passed": not state["faults"],
        "resumed_from": resumed_from,
    }


class _Tried:
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


def _outcome(tried: _Tried, index: int) -> str:
    source = random.Random(f"{SEED}/{index}")
    damaged = _one_byte(source, tried.whole) if index % 2 else _damaged(source, tried)
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
    return _unsaid(tried, damaged, found)


def _unsaid(tried: _Tried, damaged: bytes, found: FoundDocument) -> str:
    """Tell why nothing had failed, or that there is no good reason."""
    after = {name: entry.content for name, entry in opened(damaged).entries.items()}
    differing = {name for name in {*after, *tried.entries} if after.get(name) != tried.entries.get(name)}
    if not differing:
        return "no entry changed"
    told = {name for each in found.signatures for name in (*each.coverage.uncovered, *each.coverage.later_changes)}
    handed_on = _handed_on(tried.found) != _handed_on(found)
    rest = {name for name in differing if f"/{name}" not in told and not name.endswith("/Signatures.xml")}
    if not rest:
        return "told as not covered, or of the open list"
    return "for the judge" if handed_on else f"fault: unsaid {sorted(rest)}"


def _handed_on(found: FoundDocument) -> list[tuple[bytes, bytes | None]]:
    return [(b"".join(each.message), each.value) for each in found.signatures]


def _one_byte(source: random.Random, data: bytes) -> bytes:
    place = source.randrange(len(data))
    return data[:place] + bytes([data[place] ^ source.randrange(1, 256)]) + data[place + 1 :]


def _damaged(source: random.Random, tried: _Tried) -> bytes:
    """Damage the archive, or one XML file in it before it is packed."""
    if source.random() < 0.5:
        return _mangled(source, tried.whole)
    name = source.choice([each for each in tried.files if each.endswith(".xml")])
    return archive(tried.files | {name: _mangled(source, tried.files[name])})


def _mangled(source: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(source.randrange(1, 12)):
        place = source.randrange(len(changed) + 1)
        kind = source.randrange(3)
        if kind == 0:
            del changed[place : place + source.randrange(1, 50)]
        elif kind == 1:
            begins = source.randrange(len(data))
            changed[place:place] = data[begins : begins + source.randrange(1, 80)]
        else:
            changed[place:place] = source.choice([b"<", b"<!--", b"/>", b"&#x0;", b"\x00", b"PK\x05\x06", b"\xff\xff"])
    return bytes(changed)
