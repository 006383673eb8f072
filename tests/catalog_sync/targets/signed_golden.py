"""Makes the golden files of signed targets: `python -m tests.catalog_sync.targets.signed_golden`; review a difference.

Each case is a record of `signed_house` as it goes over the wire: its path, and its body byte for byte (as text, since
it is JSON in UTF-8). What is signed of a call changes with each (a nonce, the time), so its form is what is golden.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from catalog_sync.record import Record
from tests.catalog_sync.simulator.twin import URL
from tests.catalog_sync.targets import signed_house
from tests.catalog_sync.targets.golden import VECTORS
from tests.catalog_sync.targets.signed_house import CASES, SEALS, evaluation, seal, step, unit

FILES: Final[Mapping[str, str]] = {SEALS: "national_seals.json", CASES: "case_centre.json"}
TOLD: Final[Mapping[str, tuple[Record, ...]]] = {
    SEALS: (
        unit(),
        seal(),
        seal(3, "suspended"),
        seal(4),
        seal(5, "superseded", edition=2),
        seal(6, "revoked"),
        seal(2, "cancelled", number=2, kind="personal", successor="32090000000001"),
    ),
    CASES: (step(), step(2, "special"), step(3, "process"), step(4, "result"), evaluation(), evaluation(21, "已整改")),
}
# What the platform calls the things, in the place of what it draws by lot.
THERE: Final = "00000000-0000-4000-8000-000000000007"
CHANGES: Final = re.compile(r"nonce=\"[^\"]+\"|created=[0-9]+|:[A-Za-z0-9+/=]{40,}:")


def made(name: str) -> list[dict[str, Any]]:
    """Tell what goes over the wire for each record, to a platform that is new."""
    with TemporaryDirectory() as folder, signed_house.bench(Path(folder)) as bench:
        found = []
        for record in TOLD[name]:
            reply = bench.tell(name, record, {record.subject: THERE})
            sent = bench.twin.sent[-1]
            found.append(
                {
                    "record": [record.subject.kind, record.subject.id, record.version, record.operation.value],
                    "path": sent.url.removeprefix(URL),
                    "headers": {header: CHANGES.sub("…", value) for header, value in sent.headers},
                    "body": sent.body.decode(),
                    "outcome": reply.outcome.value,
                }
            )
        return found


def write(folder: Path = VECTORS) -> None:
    for name, file in FILES.items():
        text = json.dumps(made(name), ensure_ascii=False, indent=1)
        (folder / file).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
