"""The face of a certificate as a clerk looks at it: the fields that were given, under a watermark that says for what.

Drawn anew from the answer of the gate and from nothing else, so a field that was not given is not there to be read, and
a certificate that another library holds looks the same. It is no copy (加注件): it carries no seal, is kept nowhere,
and is good for looking at. Pure but for the typeface, which is read from this machine once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from base.workdays import local_day
from certs.copies import sheet
from certs.copies.sheet import Copied, Marking
from certs.drafts import Draft
from certs.errors import FaceTypefaceMissing
from certs.queries.fields import COMMON, Given
from certs.rendering import Issue
from certs.types.certificate_type import CertificateType, Field, FieldKind
from certs.wiring import Certs
from exchange.agreements.purposes import Purpose
from signing.previews import PREVIEWS
from signing.previews.preview import Form, Wanted

# Points a millimetre: the face fills half a screen and its smallest words can be read.
SCALE: Final = 4.0
MASK: Final = "*"
NO_BASIS: Final = "—"


@dataclass(frozen=True)
class Marked:
    """What stands across the face: who looks, for what, until when."""

    id: str
    unit: str
    purpose: Purpose
    at: datetime
    ends_at: datetime


def drawn(parts: Certs, told: Mapping[str, Any], type_: CertificateType, marked: Marked, link: str = "") -> bytes:
    """Draw a certificate that was found, as PNG; nothing where its face cannot be laid out.

    `link` is where the code on its face leads; of one that another library holds, it says the identifier.
    """
    try:
        typeface = parts.typeface()
    except FaceTypefaceMissing:
        return b""
    document = sheet.looked_at(_copied(parts, told, type_, marked, link), _marking(marked), typeface)
    if document is None:
        return b""
    return PREVIEWS["pdf"].opened(document).draw(1, Wanted(form=Form.PNG, scale=SCALE)).picture


def name_of(name: str, named: Mapping[str, Field]) -> str:
    """Say a field's name in Chinese, as the certificate itself does."""
    if name in named:
        return named[name].zh
    return COMMON[name][0] if name in COMMON else name


def is_picture(name: str, named: Mapping[str, Field]) -> bool:
    """Tell whether a field is a picture."""
    return name in named and named[name].kind is FieldKind.PICTURE


def _copied(parts: Certs, told: Mapping[str, Any], type_: CertificateType, marked: Marked, link: str) -> Copied:
    day = local_day(marked.at)
    # The dates and the holders of the draft are not drawn: a face takes them from what was given.
    draft = Draft(
        (), day, day, {name: each for name, each in told["data"].items() if _can_be_worded(type_, name, each)}
    )
    issue = Issue(
        draft,
        type_,
        told["identifier"],
        told["number"],
        str(told["data"].get("issuer", "")),
        str(told["data"].get("issuer", sheet.NOT_GIVEN)),
        day,
        link or told["identifier"],
        marked.at,
        is_demonstration=parts.settings.demonstration,
    )
    return Copied(issue, Given(told["number"], told["data"]))


def _can_be_worded(type_: CertificateType, name: str, value: Any) -> bool:
    """Tell whether a face has words for a value: one that is masked, or a day that is none, stands as it came."""
    if MASK in str(value):
        return False
    if name in type_.by_name and type_.by_name[name].kind is FieldKind.DATE:
        try:
            date.fromisoformat(str(value))
        except ValueError:
            return False
    return True


def _marking(marked: Marked) -> Marking:
    purpose = marked.purpose
    basis = purpose.basis.number if purpose.basis else NO_BASIS
    return Marking(marked.id, marked.unit, purpose.item_name, purpose.reason, basis, "", marked.at, marked.ends_at)
