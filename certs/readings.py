"""What others write as text, read back into the values that a type's fields take: days, words for codes, units.

Whoever reads decides nothing: text that is not understood is given back as it stands, and the check of the draft
against its type tells what is wrong with it.
"""

import re
from datetime import date
from typing import Any, Final

from certs.types.certificate_type import NO_LAST_DAY, Field, FieldKind

NO_END: Final = frozenset({"长期", "长期有效", "永久", "9999-12-31", "99991231"})
# 2020-02-29, 2020/2/29, 2020.2.29, 20200229 and 2020年2月29日, each also with a time behind it.
DAY: Final = re.compile(
    r"([0-9]{4})(?:[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|([0-9]{2})([0-9]{2})|年([0-9]{1,2})月([0-9]{1,2})日)"
    r"(?:[T ][0-9:.+Z]*)?\Z"
)
YES: Final = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}


def read_day(text: str) -> date | None:
    """Read a day as registers and faces write it; none where it is no day."""
    if text in NO_END:
        return NO_LAST_DAY
    found = DAY.match(text.strip())
    if found is None:
        return None
    year, month, day = (int(each) for each in found.groups() if each is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_value(field: Field, text: str) -> Any:
    """Read a field's value from what a face or a register says."""
    text = text.strip()
    match field.kind:
        case FieldKind.CHOICE:
            return next((code for code, words in field.choices.items() if words == text), text)
        case FieldKind.DATE:
            day = read_day(text)
            return day.isoformat() if day else text
        case FieldKind.FLAG:
            return YES.get(text.lower(), text)
        case FieldKind.INTEGER:
            bare = text.removesuffix(field.unit).strip()
            return int(bare) if bare.isascii() and bare.isdigit() else text
        case FieldKind.DECIMAL:
            return text.removesuffix(field.unit).strip()
        case _:
            return text
