"""A certificate before it is issued: every fault of its draft, and its face as it would look, on no record.

The face of a proposal says that it is one, bears no number that was not given, and leads nowhere.
"""

from datetime import date, datetime
from typing import Any, Final

from certs import issuing
from certs.drafts import Draft, Holder
from certs.holder_codes import CREDIT_CODE
from certs.rendering import Issue
from certs.types.certificate_type import NO_LAST_DAY, CertificateType, Field, FieldKind
from certs.wiring import Certs
from signing.previews import PREVIEWS
from signing.previews.preview import Form, Wanted

# Points a millimetre: the face fills half a screen and its smallest words can be read.
SCALE: Final = 4.0
REMARK: Final = "预览，未签发"
NO_NUMBER: Final = "签发时编号"
NO_IDENTIFIER: Final = "-"
SPECIMEN: Final = "样张"


def drawn(parts: Certs, type_: CertificateType, draft: Draft, issuer: tuple[str, str], at: datetime) -> bytes:
    """Draw a sound draft's face as PNG; `issuer` is the organ's code and name.

    Raises `FaceNotDrawn`, `FaceTypefaceMissing`.
    """
    until = draft.valid_until or type_.validity.last_day(draft.valid_from) or NO_LAST_DAY
    marked = parts.settings.demonstration
    issue = Issue(
        draft, type_, NO_IDENTIFIER, draft.number or NO_NUMBER, *issuer, until, NO_IDENTIFIER, at, marked, REMARK
    )
    document = issuing.drawn(issue, parts, "pdf").document
    return PREVIEWS["pdf"].opened(document).draw(1, Wanted(form=Form.PNG, scale=SCALE)).picture


def specimen(type_: CertificateType, day: date) -> Draft:
    """Make a draft in which each field says its own name: what a face of the type looks like."""
    held = Holder("—", CREDIT_CODE if CREDIT_CODE in type_.holders.types else type_.holders.types[0], SPECIMEN)
    data = {each.name: _said(each, day) for each in type_.fields if each.kind is not FieldKind.PICTURE}
    return Draft((held,), day, day, data)


def _said(field: Field, day: date) -> Any:
    match field.kind:
        case FieldKind.DATE:
            return day.isoformat()
        case FieldKind.CHOICE:
            return next(iter(field.choices), "")
        case FieldKind.INTEGER:
            return 1
        case FieldKind.FLAG:
            return True
        case FieldKind.DECIMAL:
            return "1.00"
        case _:
            return field.zh[: field.longest]
