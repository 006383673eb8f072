"""Every part of a package is spoilt, one at a time, and the answer to each is kept: nothing is there that nobody reads.

In the records of the archive every byte is changed; in the XML files every element is taken out, doubled, emptied and
put into a foreign namespace, and every attribute is taken out, emptied and changed.
"""

import struct
import zlib
from collections.abc import Iterator

import pytest
from lxml import etree

from signing.formats.ofd import OFD
from tests.builders.ofd import Files, Item, archive, deflated, sealed, second, zip64
from tests.signing import answers
from tests.signing.answers import Answer

SMALL = {"OFD.xml": b"<OFD/>", "a/b": b"plain text"}
FOREIGN = "urn:foreign"
READ = ("OFD.xml", "Doc_0/Document.xml", "Doc_0/PublicRes.xml", "Doc_0/Annots/Annotations.xml")
LISTS = ("Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_1/Signature.xml", "OFDEntries.xml")


def described() -> bytes:
    content = SMALL["OFD.xml"]
    told = b"PK\x07\x08" + struct.pack("<3L", zlib.crc32(content), len(deflated(content)), len(content))
    zeros = {"crc": 0, "compressed": 0, "size": 0}
    return archive([Item("OFD.xml", content, flags=8, descriptor=told, local=zeros)], comment=b"tests")


def widened() -> bytes:
    """Tell the sizes of one entry in eight bytes, in both of its headers."""
    content = SMALL["OFD.xml"]
    wide = struct.pack("<HHQQ", 1, 16, len(content), len(deflated(content)))
    told = {"extra": wide, "size": 0xFFFFFFFF, "compressed": 0xFFFFFFFF}
    return archive([Item("OFD.xml", content, local=told, central=told)])


def renamed() -> bytes:
    """Give one entry a second name, the same again, and padding behind it."""
    body = b"\x01" + struct.pack("<L", zlib.crc32(b"OFD.xml")) + b"OFD.xml"
    told = {"extra": struct.pack("<HH", 0x7075, len(body)) + body + b"\0\0"}
    return archive([Item("OFD.xml", SMALL["OFD.xml"], local=told, central=told)])


def folders() -> bytes:
    return archive(
        [Item("a/", b"", method=0, central={"attributes": 0x10}), Item("OFD.xml", SMALL["OFD.xml"], method=0)]
    )


ARCHIVES = {
    "plain": lambda: archive(SMALL),
    "zip64": lambda: zip64(SMALL),
    "described": described,
    "widened": widened,
    "renamed": renamed,
    "folders": folders,
    "prefixed": lambda: archive(SMALL, prefix=b"KGVENDOR"),
}


def bytes_changed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Change every byte of an archive by its lowest bit, its highest, and all of them."""
    for place in range(len(data)):
        for mask in (0x01, 0x80, 0xFF):
            yield f"{place}^{mask:02x}", data[:place] + bytes((data[place] ^ mask,)) + data[place + 1 :]


def cut(data: bytes) -> Iterator[tuple[str, bytes]]:
    for place in range(1, len(data)):
        yield f"first {place}", data[:place]
        yield f"last {place}", data[place:]


def documents() -> Files:
    """Give a document with two signatures, the second upon the first, and a list of files."""
    files = sealed(
        sealed(),
        second(base="s001", stamps='<ofd:StampAnnot ID="s004" PageRef="2" Boundary="20 200 40 40" Clip="0 0 20 40"/>'),
    )
    names = "".join(f'<ofd:File ID="1" FileLoc="/{name}"/>' for name in list(files)[:3])
    listed = f"<ofd:SignedValueLoc>/v.dat</ofd:SignedValueLoc><ofd:FileList>{names}</ofd:FileList>"
    text = f'<ofd:DocEntries xmlns:ofd="http://www.ofdspec.org/2016">{listed}</ofd:DocEntries>'
    return {**files, "OFDEntries.xml": text.encode(), "v.dat": b"CMS"}


def elements_changed(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Take out, double, empty and rename each element; take out, empty and change each attribute."""
    count = sum(1 for _ in etree.fromstring(content).iter("{*}*"))
    for number in range(count):
        for edit in ("gone", "twice", "empty", "foreign", "blank"):
            root = etree.fromstring(content)
            element = list(root.iter("{*}*"))[number]
            if element is root and edit in {"gone", "twice"}:
                continue
            _edited(element, edit)
            yield f"{number} {etree.QName(element).localname} {edit}", etree.tostring(root)
        for attribute in etree.fromstring(content).xpath(f"(//*)[{number + 1}]/@*"):
            for told in (None, "", f"{attribute}9", "/nowhere", "-1"):
                root = etree.fromstring(content)
                element = list(root.iter("{*}*"))[number]
                if told is None:
                    del element.attrib[attribute.attrname]
                else:
                    element.set(attribute.attrname, told)
                yield f"{number} {etree.QName(element).localname}@{attribute.attrname}={told}", etree.tostring(root)


def _edited(element: etree._Element, edit: str) -> None:
    parent = element.getparent()
    if edit == "gone":
        parent.remove(element)
    elif edit == "twice":
        parent.insert(parent.index(element), etree.fromstring(etree.tostring(element)))
    elif edit == "foreign":
        element.tag = f"{{{FOREIGN}}}{etree.QName(element).localname}"
    elif edit == "blank":
        element.text = f"  {element.text or ''} "
    else:
        element.text = None
        for each in list(element):
            element.remove(each)


def spoilt(family: str) -> Iterator[tuple[str, bytes]]:
    if family in ARCHIVES:
        whole = ARCHIVES[family]()
        yield from bytes_changed(whole)
        yield from cut(whole)
        return
    files = documents()
    for what, content in elements_changed(family, files[family]):
        yield what, archive({**files, family: content})


def answer(family: str) -> Answer:
    """Give the answers to all that is spoilt in one archive or file: what is said beyond, and what is said no more."""
    whole = ARCHIVES[family]() if family in ARCHIVES else archive(documents())
    return answers.together(whole, spoilt(family), lambda data: answers.of_document(lambda: OFD.read(data)))


CASES = {each: each for each in (*ARCHIVES, *READ, *LISTS)}
GOLDEN = answers.golden("ofd_parts")


@pytest.mark.parametrize("family", CASES)
def test_every_part_that_is_spoilt_has_its_answer(family: str):
    assert answer(family) == GOLDEN[family]
