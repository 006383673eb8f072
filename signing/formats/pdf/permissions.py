"""What a signature allows to happen after it: DocMDP and FieldMDP (ISO 32000-2 12.8.2.2 and 12.8.2.4)."""

import enum
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from signing.formats.pdf.fields import resolved

__all__ = ["Permission", "Permissions", "UnreadablePermissions", "permissions"]


class UnreadablePermissions(Exception):
    """A signature sets bounds to later changes that cannot be read, so none can be allowed."""


class Permission(enum.IntEnum):
    """The values of /P (ISO 32000-2 table 257); a signature without any is an approval."""

    NOTHING = 1
    FORMS = 2
    ANNOTATIONS = 3


@dataclass(frozen=True)
class Permissions:
    """What a signature allows; `certifies` where it is the author's (DocMDP by reference)."""

    level: Permission | None = None
    certifies: bool = False
    fields: FieldMDPSpec | None = None

    @property
    def document(self) -> MDPPerm | None:
        """Give the level in pyHanko's words."""
        return None if self.level is None else MDPPerm(int(self.level))


def permissions(signature: Any, field: Any) -> Permissions:
    """Read the bounds that a signature sets, the strictest where it sets several. Raises `UnreadablePermissions`."""
    levels: list[Permission] = []
    fields: list[FieldMDPSpec] = []
    references = resolved(signature, "/Reference")
    certifies = False
    if references is not None and not isinstance(references, generic.ArrayObject):
        raise UnreadablePermissions
    for reference in references or ():
        found = reference.get_object()
        if not isinstance(found, generic.DictionaryObject):
            raise UnreadablePermissions
        method = resolved(found, "/TransformMethod")
        parameters = resolved(found, "/TransformParams")
        if method == "/DocMDP":
            certifies = True
            levels.append(_level(parameters))
        elif method == "/FieldMDP":
            fields.append(_locked(parameters))
    lock = resolved(field, "/Lock")
    if isinstance(lock, generic.DictionaryObject):
        if "/P" in lock:
            levels.append(_level(lock))
        if not fields:
            fields.append(_locked(lock))
    return Permissions(min(levels, default=None), certifies, fields[0] if fields else None)


def _level(parameters: Any) -> Permission:
    value = parameters.get("/P", 2) if isinstance(parameters, generic.DictionaryObject) else 2
    try:
        return Permission(value)
    except ValueError as error:
        raise UnreadablePermissions from error


def _locked(parameters: Any) -> FieldMDPSpec:
    try:
        return FieldMDPSpec.from_pdf_object(parameters)
    except Exception as error:
        raise UnreadablePermissions from error
