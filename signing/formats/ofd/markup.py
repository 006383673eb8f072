"""XML out of a package: parsed from the very bytes that are hashed, without any means to reach outside.

No document type, no entity, no network, no huge trees. UTF-8, UTF-16 with its mark and GB 18030 (of which GBK and
GB 2312 are parts) are the encodings; anything else, and any `<!DOCTYPE` after decoding, is refused. What is a value to
someone who verifies must be plain text: comments or instructions inside it are refused, since readers disagree on what
such a text is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from signing.formats.ofd.errors import unreadable
from signing.formats.ofd.limits import (
    ATTRIBUTES_FREE,
    MAX_ATTRIBUTES,
    MAX_TEXT_OF_A_VALUE,
    MAX_XML_BYTES,
    MAX_XML_EQUALS,
    MAX_XML_TAGS,
    MAX_XML_TOTAL_BYTES,
    MAX_XML_TOTAL_TAGS,
)

# An lxml element; the library has no types of its own.
Element = Any

# GB/T 33190-2016 6.2; the second is what one large vendor writes in OFD.xml.
NAMESPACE: Final = "http://www.ofdspec.org/2016"
OLD_NAMESPACE: Final = "http://www.ofdspec.org"
NAMESPACES: Final = frozenset({NAMESPACE, OLD_NAMESPACE, ""})
DECLARED: Final = re.compile(rb"\A<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
DECLARED_TEXT: Final = re.compile(r"\A<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
UTF8_MARK: Final = b"\xef\xbb\xbf"
UTF16_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
CODECS: Final = {"utf-8": "utf-8", "utf8": "utf-8", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}
TOO_MANY_ATTRIBUTES: Final = f"boolean(//*[@*[{MAX_ATTRIBUTES + 1}]])"


class Malformed(Exception):
    """A part is not what the standard says; it carries a reason for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Reader:
    """Parses the XML of one document within one budget, so that many files cannot do what one may not."""

    bytes_left: int = MAX_XML_TOTAL_BYTES
    tags_left: int = MAX_XML_TOTAL_TAGS

    def parse(self, data: bytes) -> Element:
        """Give the root element. Raises `Malformed`; `UnreadableDocument` where the document's budget is spent."""
        if len(data) > MAX_XML_BYTES:
            raise Malformed("xml-too-large")
        tags = data.count(b"<")
        if tags > MAX_XML_TAGS or data.count(b"=") > MAX_XML_EQUALS:
            raise Malformed("xml-too-many-elements")
        self.bytes_left -= len(data)
        self.tags_left -= tags
        if self.bytes_left < 0 or self.tags_left < 0:
            raise unreadable("PACKAGE_TOO_LARGE", "XML")
        return _parsed(data)


def decoded(data: bytes) -> tuple[str, str, bytes]:
    """Give the text, the codec and the mark in front; together they give the bytes again. Raises `Malformed`."""
    mark = data[:2]
    if mark in UTF16_MARKS:
        text = _decoded(data[2:], UTF16_MARKS[mark])
        declared = DECLARED_TEXT.match(text)
        if declared and not declared[1].lower().startswith("utf-16"):
            raise Malformed("xml-encoding")
        return text, UTF16_MARKS[mark], mark
    front = UTF8_MARK if data.startswith(UTF8_MARK) else b""
    body = data[len(front) :]
    found = DECLARED.match(body)
    name = found[1].decode("ascii").lower() if found else "utf-8"
    if name not in CODECS or (front and CODECS[name] != "utf-8"):
        raise Malformed("xml-encoding")
    return _decoded(body, CODECS[name]), CODECS[name], front


def local(element: Element) -> str:
    """Give an element's name without its namespace; nothing for comments and instructions."""
    tag = element.tag
    return tag[tag.find("}") + 1 :] if isinstance(tag, str) else ""


def namespace(element: Element) -> str:
    """Give an element's namespace, or nothing."""
    tag = str(element.tag)
    return tag[1 : tag.find("}")] if tag.startswith("{") else ""


def named(element: Element, name: str) -> Iterator[Element]:
    """Go through every element below that has this name in whatever namespace, at any depth."""
    return (each for each in element.iter(f"{{*}}{name}"))


def children(element: Element, name: str) -> list[Element]:
    """List the children of a name. Raises `Malformed` where one is in a namespace that is not OFD's."""
    found = list(element.iterchildren(f"{{*}}{name}"))
    usual = f"{{{NAMESPACE}}}{name}"
    if any(each.tag != usual and namespace(each) not in NAMESPACES for each in found):
        raise Malformed("foreign-namespace")
    return found


def child(element: Element, name: str) -> Element | None:
    """Give the only child of a name, or None. Raises `Malformed` where there are several."""
    found = children(element, name)
    if len(found) > 1:
        raise Malformed(f"several-{name}")
    return found[0] if found else None


def only(element: Element, name: str) -> Element:
    """Give the only child of a name. Raises `Malformed` where there is none, or several."""
    found = child(element, name)
    if found is None:
        raise Malformed(f"no-{name}")
    return found


def text(element: Element) -> str:
    """Give the plain text of a value. Raises `Malformed` where anything but text is inside."""
    if len(element):
        raise Malformed(f"mixed-{local(element)}")
    value = (element.text or "").strip()
    if len(value) > MAX_TEXT_OF_A_VALUE:
        raise Malformed(f"long-{local(element)}")
    return value


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        raise Malformed("xml-encoding") from None


def _parsed(data: bytes) -> Element:
    """Parse with every door shut; the bytes reach the parser as UTF-8, so that no declaration has a say."""
    told, codec, mark = decoded(data)
    if "<!DOCTYPE" in told or "\x00" in told:
        raise Malformed("xml-doctype")
    body = data[len(mark) :] if codec == "utf-8" else told.encode("utf-8", "surrogatepass")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.LxmlError, ValueError):
        raise Malformed("xml-not-well-formed") from None
    if data.count(b"=") > ATTRIBUTES_FREE and root.xpath(TOO_MANY_ATTRIBUTES):
        raise Malformed("xml-too-many-attributes")
    return root
