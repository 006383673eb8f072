"""What is fuzzed: four readers of bytes from outside, each with good and bad seeds and the refusals that it documents.

A target is tried with any bytes: it reads them, or refuses them as its docstring says. Whatever else leaves it is a
fault, as is a step of the judgement that came to its end by a fault of the program, a file opened for writing, or a
connection. The container gate gets its bytes twice, as they are and with the sums of its entries mended, for else
hardly any edit would come past the first check of a sum.
"""

import functools
import os
import struct
import sys
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from keys.algorithms.algorithm import KeyKind
from keys.budget import BUDGET
from keys.cms.errors import MalformedSignedData, NoSigner
from keys.cms.numbers import CMS, FIELD_WITH_RAW
from keys.cms.signed_data import SignedData, without_padding
from signing.errors import MalformedSeal, UnreadableDocument
from signing.formats.ofd import OFD
from signing.formats.ofd.description import description
from signing.formats.ofd.gate import opened
from signing.formats.ofd.markup import Malformed, Reader
from signing.judging import judge
from signing.policy import COMPATIBLE
from signing.seals import read_seal, read_value
from signing.standing import Searches
from tests.builders import pki, seals
from tests.builders.ofd import archive, sealed, second, zip64
from tests.builders.ofd_hostile import HOSTILE
from tests.builders.pki import AT
from tests.builders.seals import MESSAGE, PLACE, SealParts, usual
from tests.keys.cms.builders import Draft, written

# Larger inputs show nothing that small ones do not, and are slow to change.
LARGEST = 48 * 1024
DESCRIPTION = PLACE.removeprefix("/")
CENTRAL = b"PK\x01\x02"


@dataclass(frozen=True)
class Target:
    """A reader, what to begin with, and what means something to it."""

    read: Callable[[bytes], str]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...]


def tried(target: Target, data: bytes) -> str:
    """Read the bytes: what came of it, or `fault: …`."""
    _listen()
    with _watched() as reached:
        try:
            told = target.read(data)
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            return f"fault: {type(error).__name__}"
    return f"fault: reached for {reached[0]}" if reached else told


def _gate(data: bytes) -> str:
    _package(mended(data))
    return _package(data)


def _package(data: bytes) -> str:
    with suppress(UnreadableDocument):
        for entry in opened(data).entries.values():
            len(entry.content)
    try:
        return "signatures found" if OFD.read(data).signatures else "no signature"
    except UnreadableDocument as refusal:
        return f"refused {refusal.reason}"


def _seal(data: bytes) -> str:
    with suppress(MalformedSeal):
        read_seal(data)
    try:
        read_value(data)
    except MalformedSeal:
        return _judged(data, "refused")
    return _judged(data, "read")


def _message(data: bytes) -> str:
    with suppress(MalformedSignedData, NoSigner):
        SignedData.of(data)
    with suppress(MalformedSignedData):
        without_padding(data)
    try:
        SignedData.of(data, FIELD_WITH_RAW)
    except (MalformedSignedData, NoSigner):
        return _judged(data, "refused")
    return _judged(data, "read")


def _description(data: bytes) -> str:
    with suppress(Malformed, UnreadableDocument):
        description(Reader().parse(data))
    try:
        found = OFD.read(archive({**_files(), DESCRIPTION: data}))
    except UnreadableDocument as refusal:
        return f"refused {refusal.reason}"
    failed = [check.code for each in found.signatures for check in each.checks if check.outcome == "failed"]
    return f"failed {failed[0]}" if failed else "read"


def _judged(data: bytes, told: str) -> str:
    """Judge the bytes as the value of a signature, which must come to an answer."""
    report = judge(seals.found(data), COMPATIBLE, AT, Searches(usual().trust(), BUDGET)).report
    crashed = [each for each in report.checks if each.code == "CHECK_CRASHED"]
    return f"fault: crashed {crashed[0].facts}" if crashed else f"{told}, {report.verdict.value}"


def mended(data: bytes) -> bytes:
    """Make the sums of all entries right, as far as the records can be found."""
    changed = bytearray(data)
    at = changed.find(CENTRAL)
    while at >= 0:
        with suppress(struct.error, zlib.error):
            _mend(changed, at)
        at = changed.find(CENTRAL, at + 4)
    return bytes(changed)


def _mend(data: bytearray, at: int) -> None:
    """Write the sum and the sizes of one entry into both of its records (APPNOTE 4.3.7, 4.3.12)."""
    method, packed, offset = (
        *struct.unpack_from("<H", data, at + 10),
        *struct.unpack_from("<L", data, at + 20),
        *struct.unpack_from("<L", data, at + 42),
    )
    name, extra = struct.unpack_from("<2H", data, offset + 26)
    begins = offset + 30 + name + extra
    content = bytes(data[begins : begins + packed])
    if method:
        content = zlib.decompressobj(-15).decompress(content, 1 << 20)
    told = struct.pack("<3L", zlib.crc32(content), packed, len(content))
    data[at + 16 : at + 28] = told
    data[offset + 14 : offset + 26] = told


@functools.cache
def _files() -> Mapping[str, bytes]:
    return sealed()


def _packages() -> list[bytes]:
    good = [archive(sealed()), archive(sealed(sealed(), second())), zip64(sealed()), archive(sealed(), prefix=b"ID")]
    return [*good, *(each.data for each in HOSTILE)]


def _sealed_values() -> list[bytes]:
    values = [seals.value(version) for version in (1, 4, 5)]
    kinds = [seals.value(4, {"list_kind": b"\x02\x01\x02", "signers": seals.digests(usual().signer.der)})]
    stamped = [seals.value(4, token=seals.token), seals.value(4, extensions=seals.extension())]
    return [*values, *kinds, *stamped, *(SealParts(version).der for version in (1, 4, 5))]


def _messages() -> list[bytes]:
    by = {kind: pki.root(f"fuzzed {kind.value}", kind).issues() for kind in (KeyKind.P256, KeyKind.RSA)}
    own = usual().signer
    drafts = [Draft(own, message=MESSAGE), Draft(own, message=MESSAGE, content=MESSAGE)]
    drafts += [Draft(own, message=MESSAGE, attributes=None), Draft(own, message=MESSAGE, family=CMS)]
    drafts += [Draft(each, message=MESSAGE, family=CMS, digest="sha-256") for each in by.values()]
    return [*(written(each) for each in drafts), seals.token(MESSAGE)]


def _descriptions() -> list[bytes]:
    made: list[bytes] = [_files()[DESCRIPTION], sealed(stamps="")[DESCRIPTION], sealed(method=None)[DESCRIPTION]]
    made.append(sealed(stamps='<ofd:StampAnnot ID="s2" PageRef="1" Boundary="1 2 3 4" Clip="0 0 1 1"/>')[DESCRIPTION])
    made.append(_files()[DESCRIPTION].decode().encode("utf-16"))
    return made


DER_WORDS = (b"\x30\x80", b"\x31\x82\xff\xff", b"\x02\x01\x00", b"\x03\x01\x00", b"\x04\x00", b"\xa0\x84", b"\x17\x0dZ")
XML_WORDS = (b"<ofd:SignedInfo>", b"<!DOCTYPE a>", b"<![CDATA[", b"&#x0;", b"ofd:Clip=", b"1e309 ", b"\x00", b"]]>")
ZIP_WORDS = (
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x07\x08",
    b"../",
    b"\xff\xff",
    b"\x00\x00",
)
TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "gate": Target(_gate, _packages, ZIP_WORDS),
        "seals": Target(_seal, _sealed_values, DER_WORDS),
        "messages": Target(_message, _messages, DER_WORDS),
        "descriptions": Target(_description, _descriptions, XML_WORDS),
    }
)


class _watched:  # noqa: N801 - a context manager, made for every input and so without a generator
    """Note what is reached for while a target runs; what a library opens to read its own data is no matter."""

    found: list[str] | None = None

    def __enter__(self) -> list[str]:
        found: list[str] = []
        type(self).found = found
        return found

    def __exit__(self, *_: object) -> None:
        type(self).found = None


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched.found is None:
        return
    if (event == "open" and _writes(*arguments)) or event in {
        "socket.connect",
        "subprocess.Popen",
        "os.remove",
        "os.mkdir",
        "os.rename",
    }:
        _watched.found.append(event)


def _writes(_path: object, mode: str | None, flags: int) -> bool:
    return any(each in mode for each in "wax+") if mode else bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


@functools.cache
def _listen() -> None:
    """Hear of what is reached for; a hook stays for the life of the process."""
    sys.addaudithook(_heard)
