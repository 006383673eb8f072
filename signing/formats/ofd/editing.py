"""Small edits of XML text: what is not touched stays byte for byte, and what came out is compared with what went in.

An element is put into the text as it stands, in its own encoding and under its own prefix; nothing is written anew.
Afterwards both texts are parsed, and they may differ in the new element alone; else the edit is refused.
"""

import re
from html import escape
from typing import Final

from lxml import etree

from signing.formats.ofd.errors import cannot_sign
from signing.formats.ofd.markup import NAMESPACE, Element, Malformed, Reader, child, children, decoded, only, text

XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def with_list(entry_point: bytes, location: str) -> bytes:
    """Name a list of signatures at the end of the only DocBody. Raises `CannotSign`."""
    try:
        told, codec, mark = decoded(entry_point)
        before = Reader().parse(entry_point)
        prefix = _prefix(only(before, "DocBody"))
        closing = _last(rf"</{re.escape(prefix)}DocBody\s*>", told)
        added = f"<{prefix}Signatures>{escape(location)}</{prefix}Signatures>"
        edited = _encoded(told[:closing] + added + told[closing:], codec, mark)
        after = Reader().parse(edited)
        body = only(after, "DocBody")
        new = only(body, "Signatures")
        _remove(body, new)
    except Malformed:
        raise cannot_sign("entry-point-not-editable") from None
    if etree.tostring(before) != etree.tostring(after) or new.text != location:
        raise cannot_sign("entry-point-not-editable")
    return edited


def new_list(line: str, highest: str) -> bytes:
    """Write a list with one line, in the schema's order."""
    head = f'{XML}<ofd:Signatures xmlns:ofd="{NAMESPACE}"><ofd:MaxSignId>{highest}</ofd:MaxSignId>'
    return f"{head}<ofd:{line}</ofd:Signatures>".encode()


def line_of(identifier: str, kind: str, location: str, base: str | None) -> str:
    """Write a line of the list, without its bracket and prefix."""
    relative = f' Relative="{escape(base)}"' if base else ""
    return f'Signature ID="{identifier}" Type="{kind}" BaseLoc="{escape(location)}"{relative}/>'


def with_line(signatures: bytes, line: str, highest: str) -> bytes:
    """Add a line to a list and set its highest ID. Raises `CannotSign`."""
    try:
        told, codec, mark = decoded(signatures)
        before = Reader().parse(signatures)
        prefix = _prefix(before)
        told = _opened(told, prefix)
        maximum = child(before, "MaxSignId")
        told = _with_highest(told, prefix, highest, has_one=maximum is not None)
        elements = children(before, "Signature")
        is_last = maximum is not None and (
            not elements or list(before).index(maximum) > list(before).index(elements[-1])
        )
        place = (
            rf"<{re.escape(prefix)}MaxSignId[\s>]" if is_last and elements else rf"</{re.escape(prefix)}Signatures\s*>"
        )
        at = _last(place, told)
        edited = _encoded(f"{told[:at]}<{prefix}{line}{told[at:]}", codec, mark)
        after = Reader().parse(edited)
        new = children(after, "Signature")
        told_highest = text(only(after, "MaxSignId"))
    except Malformed:
        raise cannot_sign("list-not-editable") from None
    kept = [dict(each.attrib) for each in new[:-1]] == [dict(each.attrib) for each in elements]
    if not kept or told_highest != highest or len(new) != len(elements) + 1:
        raise cannot_sign("list-not-editable")
    return edited


def _prefix(element: Element) -> str:
    return f"{element.prefix}:" if element.prefix else ""


def _last(pattern: str, told: str) -> int:
    """Find where the last match begins. Raises `Malformed` where there is none."""
    at = -1
    for match in re.finditer(pattern, told):
        at = match.start()
    if at < 0:
        raise Malformed("place")
    return at


def _opened(told: str, prefix: str) -> str:
    """Give an empty list a closing tag of its own."""
    return re.sub(rf"<({re.escape(prefix)}Signatures)\b([^<>]*?)/>\s*\Z", r"<\1\2></\1>", told)


def _with_highest(told: str, prefix: str, highest: str, *, has_one: bool) -> str:
    name = re.escape(prefix)
    if has_one:
        return re.sub(rf"(<{name}MaxSignId\b[^<>]*>)[^<]*(</{name}MaxSignId)", rf"\g<1>{highest}\g<2>", told, count=1)
    element = f"<{prefix}MaxSignId>{highest}</{prefix}MaxSignId>"
    return re.sub(rf"(<{name}Signatures\b[^<>]*>)", lambda match: match[1] + element, told, count=1)


def _encoded(told: str, codec: str, mark: bytes) -> bytes:
    return mark + told.encode(codec)


def _remove(parent: Element, element: Element) -> None:
    """Take an element out and leave the text behind it where it was."""
    if element.tail:
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
