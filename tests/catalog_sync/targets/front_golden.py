"""Makes golden files of the front library and file exchange: `python -m tests.catalog_sync.targets.front_golden`.

The records are those of the tests; the rows, the data file's bytes and its schema are made. A difference is to be
reviewed: a partner reads these bytes.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog_sync.record import Operation, Record
from catalog_sync.targets.files import data_file, signatures
from catalog_sync.targets.front import columns, rows
from tests.catalog_sync.targets.front_house import certificate, step

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "targets"
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
BATCH = "20261121103000-0123456789abcdef"


def records() -> dict[str, Record]:
    """Give one record of each peculiarity."""
    two = [
        {"code": "110101199003078857", "type": "111", "name": "演示人1", "role": "holder"},
        {"code": "110101199003078865", "type": "111", "name": "演示人2", "role": "spouse"},
    ]
    return {
        "a certificate": certificate(1),
        "a certificate of two holders, changed": certificate(2, 2, Operation.UPDATE, holders=two),
        "a certificate that was revoked": certificate(3, 3, Operation.UPDATE, state="revoked"),
        "a step of a case": step(),
    }


def front_library() -> Any:
    """Write each record as the front library gets it."""
    layout = columns.shipped()
    told = {}
    for name, record in records().items():
        found, faults = rows.rows_of(layout, record, {})
        assert not faults
        told[name] = [{"table": row.table.name, "row": _plain(row.sent(BATCH, "p32", AT))} for row in found]
    return told


def file_exchange() -> Any:
    """Write the certificates as one data file."""
    layout = columns.shipped()
    table = layout.tables["up_lic_data"]
    made = [row for each in records().values() for row in rows.rows_of(layout, each, {})[0] if row.table == table]
    whole = [(row, row.sent(BATCH, "p32", AT)) for row in made]
    content = data_file.written(whole, compressed=False)
    return {
        "dataSchema": data_file.schema(table),
        "lines": content.decode().splitlines(),
        "sm3": signatures.sm3(content),
    }


MADE = {"front_library.json": front_library, "file_exchange.json": file_exchange}


def written(name: str) -> str:
    """Write a golden file."""
    return json.dumps(MADE[name](), ensure_ascii=False, indent=1) + "\n"


def _plain(row: Any) -> Any:
    return {name: str(each) if isinstance(each, datetime) else each for name, each in row.items()}


if __name__ == "__main__":
    for each in MADE:
        (VECTORS / each).write_text(written(each), encoding="utf-8")
