"""Signature fields: every field that holds, or would hold, a signature, however the form spells it.

A walk of our own: pyHanko's passes over fields that say nothing of their type, and a signature that goes unseen makes a
signed file look unsigned. A field counts where its type is /Sig or its value looks like a signature.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.formats.pdf.limits import Limits, OverLimit
from signing.formats.pdf.structure import StrictnessFailed

__all__ = [
    "SignatureField",
    "Widget",
    "contents_of",
    "draws",
    "is_number",
    "opened_value",
    "rectangle",
    "resolved",
    "signature_fields",
]

# ISO 32000-1 12.5.3, table 165: bits 2 and 6.
_HIDDEN: Final = 0b000010
_NO_VIEW: Final = 0b100000
# The size below which nothing can be seen, in points.
_SEEN_FROM: Final = 0.01


@dataclass(frozen=True)
class Widget:
    """An annotation that shows a field."""

    reference: Any
    dictionary: Any = field(repr=False)

    @property
    def rectangle(self) -> tuple[float, float, float, float] | None:
        """Give left, bottom, right, top in points; None where they are not four numbers."""
        return rectangle(self.dictionary.get("/Rect"))

    @property
    def visible(self) -> bool:
        """Tell whether a reader would show it."""
        flags = self.dictionary.get("/F", 0)
        if isinstance(flags, int) and flags & (_HIDDEN | _NO_VIEW):
            return False
        box = self.rectangle
        return box is not None and box[2] - box[0] > _SEEN_FROM and box[3] - box[1] > _SEEN_FROM


@dataclass(frozen=True)
class SignatureField:
    """A field for a signature; `value` is what stands under /V, unresolved, or None where it is empty."""

    name: str
    reference: Any
    dictionary: Any = field(repr=False)
    value: Any = field(repr=False)
    widgets: tuple[Widget, ...] = field(repr=False)

    @property
    def visible(self) -> bool:
        """Tell whether it shows anywhere."""
        return any(widget.visible for widget in self.widgets)


@dataclass(frozen=True)
class _Step:
    reference: Any
    dictionary: Any
    parent: str
    kind: Any
    value: Any
    depth: int


def signature_fields(handler: PdfHandler, limits: Limits) -> Iterator[SignatureField]:
    """Walk the form in its order. Raises `OverLimit`, and what pyHanko raises on broken objects."""
    form = resolved(handler.root, "/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        return
    waiting = [_Step(ref, found, "", None, None, 0) for ref, found in reversed(list(_children(form, "/Fields")))]
    seen: set[Any] = set()
    count = 0
    while waiting:
        step = waiting.pop()
        count += 1
        if count > limits.fields or step.depth > limits.field_depth:
            raise OverLimit("fields")
        if step.reference is not None and step.reference in seen:
            continue
        seen.add(step.reference)
        name = _name(step)
        kind = step.dictionary.get("/FT", step.kind)
        value = _raw(step.dictionary, "/V", step.value)
        kids = list(_children(step.dictionary, "/Kids"))
        below = [each for each in kids if "/T" in each[1]]
        if kind == "/Sig" or is_signature(value):
            own = not kids or "/Rect" in step.dictionary
            widgets = [Widget(step.reference, step.dictionary)] if own else []
            widgets += [Widget(ref, found) for ref, found in kids if "/T" not in found]
            if not below or value is not None:
                yield SignatureField(name, step.reference, step.dictionary, value, tuple(widgets[: limits.places]))
                value = None
        waiting += [_Step(ref, found, name, kind, value, step.depth + 1) for ref, found in reversed(below)]


def is_signature(value: Any) -> bool:
    """Tell whether a value looks like a signature dictionary."""
    found = opened_value(value)
    return isinstance(found, generic.DictionaryObject) and (
        "/ByteRange" in found or found.get("/Type") in ("/Sig", "/DocTimeStamp")
    )


def opened_value(value: Any) -> Any:
    """Give the object behind a field's value; None where it cannot be read, which spoils this signature alone.

    Raises `OverLimit`, and in a strict reading `StrictnessFailed`.
    """
    try:
        return value.get_object() if value is not None else None
    except (OverLimit, StrictnessFailed):
        raise
    except Exception:  # noqa: BLE001 - see `structure.translated`
        return None


def contents_of(value: Any) -> bytes | None:
    """Give the bytes of a signature's /Contents as the reader sees them; None where there is no string."""
    found = opened_value(value)
    if not isinstance(found, generic.DictionaryObject) or "/Contents" not in found:
        return None
    raw = found.raw_get("/Contents")
    if isinstance(raw, generic.TextStringObject | generic.ByteStringObject):
        return bytes(raw.original_bytes)
    return None


def draws(widget: Widget) -> bool:
    """Tell whether an annotation brings a picture of its own: an appearance with anything in it, or colours (/MK)."""
    if resolved(widget.dictionary, "/MK"):
        return True
    appearance = resolved(widget.dictionary, "/AP")
    if not isinstance(appearance, generic.DictionaryObject):
        return False
    for key in appearance:
        state = resolved(appearance, key)
        streams = [state] if isinstance(state, generic.StreamObject) else _states(state)
        if any(_has_content(stream) for stream in streams):
            return True
    return False


def rectangle(numbers: Any) -> tuple[float, float, float, float] | None:
    """Read a rectangle with its corners in any order (ISO 32000-1 7.9.5)."""
    if not isinstance(numbers, generic.ArrayObject) or len(numbers) != 4:  # noqa: PLR2004 - two corners
        return None
    found = [float(each) for each in (number.get_object() for number in numbers) if is_number(each)]
    if len(found) != 4 or not all(abs(each) < 1e7 for each in found):  # noqa: PLR2004 - two corners, 3 km at most
        return None
    left, bottom, right, top = found
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def is_number(value: object) -> bool:
    """Tell whether an object is a number."""
    return isinstance(value, generic.NumberObject | generic.FloatObject)


def resolved(dictionary: Any, key: str) -> Any:
    """Give what stands under a key, followed to the object; None where there is nothing."""
    return dictionary[key] if key in dictionary and not _is_null(dictionary, key) else None


def _is_null(dictionary: Any, key: str) -> bool:
    return isinstance(dictionary.raw_get(key).get_object(), generic.NullObject)


def _raw(dictionary: Any, key: str, otherwise: Any) -> Any:
    raw = dictionary.raw_get(key) if key in dictionary else None
    return otherwise if raw is None or isinstance(opened_value(raw), generic.NullObject) else raw


def _children(dictionary: Any, key: str) -> Iterator[tuple[Any, Any]]:
    array = resolved(dictionary, key)
    if not isinstance(array, generic.ArrayObject):
        return
    for position in range(len(array)):
        raw = array.raw_get(position)
        found = raw.get_object()
        if isinstance(found, generic.DictionaryObject):
            yield raw.reference if isinstance(raw, generic.IndirectObject) else None, found


def _name(step: _Step) -> str:
    own = step.dictionary.get("/T")
    part = str(own) if isinstance(own, str | bytes) else ""
    return f"{step.parent}.{part}" if step.parent and part else step.parent or part


def _states(state: Any) -> list[Any]:
    if not isinstance(state, generic.DictionaryObject):
        return []
    found = [resolved(state, key) for key in state]
    return [each for each in found if isinstance(each, generic.StreamObject)]


def _has_content(stream: Any) -> bool:
    try:
        return bool(stream.data.strip())
    except Exception:  # noqa: BLE001 - what cannot be decoded here may well be drawn elsewhere
        return True
