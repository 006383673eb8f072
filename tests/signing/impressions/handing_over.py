"""Packages of impressions as the police's system would hand them over, all invented."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from signing.impressions.packages import CSV_LIST, FORM, JSON_LIST, MEMBERS
from tests.keys.parties.builders import CITY
from tests.signing import offices
from tests.signing.offices import PICTURE, person

KEEPER = person("keeper", "authority", "11320000YNX00001XQ")
SOURCE = "演示市公安局印章业务系统"
FILING = "3209000012345"


def row(**peculiar: Any) -> dict[str, Any]:
    told = {
        "filing": FILING,
        "organisation": CITY,
        "kind": "business",
        "name": "演示市餐饮有限公司合同专用章",
        "width_mm": 40,
        "height_mm": 40,
        "picture": "a.png",
    }
    return {**told, **peculiar}


def archive(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def as_json(rows: Sequence[Any], form: Any = FORM) -> bytes:
    return json.dumps({"form": form, "impressions": rows}, ensure_ascii=False).encode()


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, MEMBERS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def package(*rows: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None) -> bytes:
    return archive({JSON_LIST: as_json(rows or (row(),)), **(pictures or {"a.png": PICTURE})})


def csv_package(*rows: Mapping[str, Any]) -> bytes:
    return archive({CSV_LIST: as_csv(rows or (row(),)), "a.png": PICTURE})


OTHER_PICTURE = offices.picture(300)
