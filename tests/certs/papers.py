"""Invented drafts for tests: sound ones for every type, so that a test shows only what is peculiar."""

import base64
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from PIL import Image
from stdnum.cn import ric, uscc

from base.identifiers import organisation_check
from certs import types
from certs.drafts import Draft, Holder
from certs.types import reading
from certs.types.certificate_type import NO_LAST_DAY, CertificateType, Field, FieldKind

AT: Final = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY: Final = date(2026, 11, 20)
KNOWN: Final = reading.Known({"name", "internal", "branch", "business", "personal", "service"}, {"licence", "card"})
TYPES: Final = types.types(KNOWN)
HYGIENE: Final = next(each for each in TYPES.values() if each.name == "公共场所卫生许可证")
MARRIAGE: Final = next(each for each in TYPES.values() if each.name == "结婚证")
TRACTOR: Final = next(each for each in TYPES.values() if each.name.startswith("拖拉机"))
WASTE: Final = next(each for each in TYPES.values() if each.name.startswith("建筑垃圾"))


def firm(number: int = 1) -> str:
    """Make the code of an invented firm."""
    eight = f"YNX{number:05d}"
    seventeen = "91320900" + eight + organisation_check(eight)
    return seventeen + str(uscc.calc_check_digit(seventeen))


def person(number: int = 1, born: str = "19900101") -> str:
    """Make the ID number of an invented person."""
    seventeen = f"320902{born}{number:03d}"
    return seventeen + str(ric.calc_check_digit(seventeen + "0"))


def picture() -> str:
    """Make a grey photograph."""
    out = io.BytesIO()
    Image.new("RGB", (30, 40), (160, 160, 160)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def holders_for(type_: CertificateType) -> tuple[Holder, ...]:
    """Make as few holders as the type asks for."""
    code = "001" if "001" in type_.holders.types else "111"
    made = (
        Holder(firm(number), code, f"演示企业{number}有限公司", type_.holders.roles[0])
        if code == "001"
        else Holder(person(number), code, f"演示人{number}", type_.holders.roles[0])
        for number in range(1, type_.holders.least + 1)
    )
    return tuple(made)


def value_for(field: Field) -> Any:
    """Make a value that fits a field."""
    made: Mapping[FieldKind, Any] = {
        FieldKind.TEXT: "演示"[: field.longest],
        FieldKind.LONG: "演示内容第一行\n第二行",
        FieldKind.INTEGER: 12,
        FieldKind.DECIMAL: "120.50",
        FieldKind.DATE: "2020-02-29",
        FieldKind.FLAG: False,
        FieldKind.CHOICE: next(iter(field.choices), ""),
        FieldKind.CREDIT_CODE: firm(7),
        FieldKind.ID_NUMBER: person(7),
        FieldKind.REGION: "320902",
        FieldKind.PICTURE: picture(),
    }
    return made[field.kind]


def draft(type_: CertificateType = HYGIENE, **peculiar: Any) -> Draft:
    """Make a sound draft of a type."""
    data = {each.name: value_for(each) for each in type_.fields}
    until = None if type_.validity.last_day(TODAY) else NO_LAST_DAY
    made = Draft(holders_for(type_), TODAY, TODAY, data, valid_until=until, region="320900")
    if not type_.is_issued_here and "number" not in peculiar:
        made = replace(made, number=NUMBERS[type_.name])
    return replace(made, **peculiar)


# Numbers as they come from elsewhere, by type.
NUMBERS: Final = {
    "居民身份证": person(1),
    "居民户口簿": "320902000000001",
    "机动车驾驶证": person(1),
    "机动车行驶证": "演A12345",
    "社会保障卡": "320902000000001",
    "结婚证": "J320902-2020-000001",
    "不动产权证书": "演（2020）演示不动产权第0000001号",
    "营业执照": firm(1),
    "医师执业证书": "110320900000001",
    "护士执业证书": "202032000001",
    "渔业捕捞许可证": "（演）船捕（2020）000001号",
}
