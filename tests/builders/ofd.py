"""OFD documents for tests, written without the product's own writer: good ones, and every kind of bad one.

`document()` gives the files of a small certificate: two pages, a template, an image, a typeface, annotations, an
attachment, custom tags. `sealed()` adds a signature by hand; any part of its description can be replaced. `archive()`
packs files into a ZIP in which any record can lie. Whoever has a key gives a `Signing` that makes real values; without
one the value is a stand-in, which is all that a reader of containers and references needs.
"""

import base64
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from keys.algorithms.sm3 import SM3

NAMESPACE = "http://www.ofdspec.org/2016"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
Files = dict[str, bytes]


def xml(name: str, inside: str, attributes: str = "", namespace: str = NAMESPACE) -> bytes:
    """Write a file with one element."""
    return f'{HEAD}<ofd:{name} xmlns:ofd="{namespace}"{attributes}>{inside}</ofd:{name}>'.encode()


def page(text: str, template: bool = False, number: int = 0) -> bytes:
    use = '<ofd:Template TemplateID="20" ZOrder="Background"/>' if template else ""
    area = "<ofd:Area><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:Area>"
    code = f'<ofd:TextCode X="0" Y="5" DeltaX="g {max(1, len(text) - 1)} 5">{text}</ofd:TextCode>'
    item = f'<ofd:TextObject ID="{100 + number}" Boundary="20 40 100 8" Font="30" Size="5">{code}</ofd:TextObject>'
    return xml("Page", f'{area}{use}<ofd:Content><ofd:Layer ID="{200 + number}">{item}</ofd:Layer></ofd:Content>')


def document(**replaced: bytes | None) -> Files:
    """Give the files of a good document; a file named with `/` as `__` is replaced, or left out where it is None."""
    files: Files = {
        "OFD.xml": xml(
            "OFD",
            "<ofd:DocBody><ofd:DocInfo><ofd:DocID>0a1b2c3d</ofd:DocID><ofd:Title>演示证照</ofd:Title></ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>",
            ' Version="1.1" DocType="OFD"',
        ),
        "Doc_0/Document.xml": xml(
            "Document",
            "<ofd:CommonData><ofd:MaxUnitID>300</ofd:MaxUnitID>"
            "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes><ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
            '<ofd:TemplatePage ID="20" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
            '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>'
            '<ofd:Page ID="2" BaseLoc="Pages/Page_1/Content.xml"/></ofd:Pages>'
            "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
            "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>"
            "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>",
        ),
        "Doc_0/PublicRes.xml": xml(
            "Res",
            '<ofd:Fonts><ofd:Font ID="30" FontName="Demo"><ofd:FontFile>font.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>',
            ' BaseLoc="Res"',
        ),
        "Doc_0/DocumentRes.xml": xml(
            "Res",
            '<ofd:MultiMedias><ofd:MultiMedia ID="31" Type="Image"><ofd:MediaFile>image.png</ofd:MediaFile>'
            "</ofd:MultiMedia></ofd:MultiMedias>",
            ' BaseLoc="Res"',
        ),
        "Doc_0/Res/font.ttf": b"\x00\x01\x00\x00" + bytes(range(256)) * 4,
        "Doc_0/Res/image.png": PNG,
        "Doc_0/Tpls/Tpl_0/Content.xml": page("电子证照", number=50),
        "Doc_0/Pages/Page_0/Content.xml": page("持证人 张三 盖章处", template=True),
        "Doc_0/Pages/Page_1/Content.xml": page("第二页", number=1),
        "Doc_0/Annots/Annotations.xml": xml(
            "Annotations", '<ofd:Page PageID="1"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>'
        ),
        "Doc_0/Annots/Page_0/Annotation.xml": xml("PageAnnot", '<ofd:Annot ID="40" Type="Watermark"/>'),
        "Doc_0/Attachs/Attachments.xml": xml(
            "Attachments", '<ofd:Attachment ID="50" Name="data"><ofd:FileLoc>data.xml</ofd:FileLoc></ofd:Attachment>'
        ),
        "Doc_0/Attachs/data.xml": b"<data>1</data>",
        "Doc_0/Tags/CustomTags.xml": xml(
            "CustomTags", '<ofd:CustomTag NameSpace="x"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag>'
        ),
        # What one vendor writes there is not well-formed.
        "Doc_0/Tags/CustomTag.xml": b'<:params xmlns:="">',
    }
    for name, content in replaced.items():
        path = next(each for each in files if each.replace("/", "__").replace(".", "_") == name)
        if content is None:
            del files[path]
        else:
            files[path] = content
    return files


@dataclass(frozen=True)
class Signing:
    """What makes a value: the seal as DER, and a function of Signature.xml and its path."""

    seal: bytes = b"stand-in for a seal" * 20
    value: Callable[[bytes, str], bytes] = lambda description, path: b"stand-in for a value" * 20


STAND_IN = Signing()


@dataclass(frozen=True)
class Sign:
    """One signature by hand; every part of it may be replaced by text that no good writer would make."""

    number: int = 0
    id: str = "s001"
    type: str = "Seal"
    folder: str = "Doc_0/Signs/"
    covers: Callable[[str], bool] = lambda name: not name.endswith("/Signatures.xml")
    more_references: Sequence[tuple[str, bytes]] = ()
    method: str | None = "SM3"
    digest: Callable[[bytes], bytes] = SM3.of
    provider: str = '<ofd:Provider ProviderName="tests"/>'
    time: str = "<ofd:SignatureDateTime>2026-11-21T10:30:00+08:00</ofd:SignatureDateTime>"
    stamps: str = '<ofd:StampAnnot ID="s002" PageRef="1" Boundary="120 200 40 40"/>'
    seal_file: bool = True
    value_name: str = "SignedValue.dat"
    value_location: str | None = None
    highest: str = "s002"
    base: str | None = None
    spoil: Callable[[str], str] = lambda text: text
    spoil_list: Callable[[str], str] = lambda text: text
    list_entry: bool = True
    location: str | None = None
    reference: Callable[[str], str] = lambda name: f"/{name}"

    @property
    def path(self) -> str:
        return f"{self.folder}Sign_{self.number}/"


def references(digests: Iterable[tuple[str, bytes]], method: str | None) -> str:
    attribute = f' CheckMethod="{method}"' if method is not None else ""
    items = "".join(
        f'<ofd:Reference FileRef="{name}"><ofd:CheckValue>{encoded}</ofd:CheckValue></ofd:Reference>'
        for name, encoded in ((each, base64.b64encode(digest).decode()) for each, digest in digests)
    )
    return f"<ofd:References{attribute}>{items}</ofd:References>"


def sealed(files: Files | None = None, sign: Sign | None = None, signing: Signing = STAND_IN, **peculiar: Any) -> Files:
    """Add a signature to the files of a document."""
    sign = replace(sign or Sign(), **peculiar)
    files = dict(files or document())
    list_name = f"{sign.folder}Signatures.xml"
    if b"<ofd:Signatures>" not in files["OFD.xml"]:
        named = f"<ofd:Signatures>/{list_name}</ofd:Signatures></ofd:DocBody>".encode()
        files["OFD.xml"] = files["OFD.xml"].replace(b"</ofd:DocBody>", named, 1)
    if sign.seal_file:
        files[f"{sign.path}Seal.esl"] = signing.seal
    if sign.list_entry:
        _list(files, list_name, sign)
    digests = [(sign.reference(name), sign.digest(content)) for name, content in files.items() if sign.covers(name)]
    seal = f"<ofd:Seal><ofd:BaseLoc>/{sign.path}Seal.esl</ofd:BaseLoc></ofd:Seal>" if sign.seal_file else ""
    info = (
        f"<ofd:SignedInfo>{sign.provider}<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>{sign.time}"
        f"{references((*digests, *sign.more_references), sign.method)}{sign.stamps}{seal}</ofd:SignedInfo>"
    )
    value = sign.value_location if sign.value_location is not None else f"/{sign.path}{sign.value_name}"
    text = (
        f'{HEAD}<ofd:Signature xmlns:ofd="{NAMESPACE}">{info}<ofd:SignedValue>{value}</ofd:SignedValue></ofd:Signature>'
    )
    description = sign.spoil(text).encode()
    files[f"{sign.path}Signature.xml"] = description
    files[f"{sign.path}{sign.value_name}"] = signing.value(description, f"/{sign.path}Signature.xml")
    return files


def _list(files: Files, name: str, sign: Sign) -> None:
    relative = f' Relative="{sign.base}"' if sign.base else ""
    location = sign.location if sign.location is not None else f"/{sign.path}Signature.xml"
    line = f'<ofd:Signature ID="{sign.id}" Type="{sign.type}" BaseLoc="{location}"{relative}/>'
    old = files.get(name, xml("Signatures", "")).decode()
    if "<ofd:MaxSignId>" in old:
        begins, ends = old.index("<ofd:MaxSignId>"), old.index("</ofd:MaxSignId>") + len("</ofd:MaxSignId>")
        old = old[:begins] + old[ends:]
    opened, rest = old.split(f'"{NAMESPACE}">', 1)
    highest = f"<ofd:MaxSignId>{sign.highest}</ofd:MaxSignId>" if sign.highest else ""
    new = f'{opened}"{NAMESPACE}">{highest}{rest}'.replace("</ofd:Signatures>", f"{line}</ofd:Signatures>")
    files[name] = sign.spoil_list(new).encode()


def second(**peculiar: Any) -> Sign:
    """Give a second signature that covers the first."""
    stamp = '<ofd:StampAnnot ID="s004" PageRef="2" Boundary="20 200 40 40"/>'
    return replace(Sign(number=1, id="s003", highest="s004", stamps=stamp), **peculiar)


# --- containers


@dataclass(frozen=True)
class Item:
    """An entry with its records; what is not given is what an honest writer would put there."""

    name: str | bytes
    content: bytes = b""
    method: int = 8
    flags: int | None = None
    local: Mapping[str, Any] = field(default_factory=dict)
    central: Mapping[str, Any] = field(default_factory=dict)
    packed: bytes | None = None
    descriptor: bytes | None = None
    gap: bytes = b""
    listed: bool = True
    written: bool = True
    raw_offset: int | None = None

    def fields(self, which: str) -> dict[str, Any]:
        raw = self.name.encode() if isinstance(self.name, str) else self.name
        packed = self.packed if self.packed is not None else deflated(self.content, self.method)
        flags = self.flags if self.flags is not None else (0 if raw.isascii() else 0x800)
        honest: dict[str, Any] = {
            "name": raw,
            "method": self.method,
            "flags": flags,
            "crc": zlib.crc32(self.content),
            "compressed": len(packed),
            "size": len(self.content),
            "extra": b"",
            "comment": b"",
            "attributes": 0,
            "made_by": 20,
            "disk": 0,
        }
        return {**honest, **(self.local if which == "local" else self.central), "packed": packed}


def deflated(content: bytes, method: int = 8) -> bytes:
    if method != 8:
        return content
    stream = zlib.compressobj(1 if len(content) > 100_000 else 9, zlib.DEFLATED, -15)
    return stream.compress(content) + stream.flush()


def items(files: Mapping[str, bytes]) -> list[Item]:
    return [Item(name, content) for name, content in files.items()]


def archive(
    entries: Mapping[str, bytes] | Sequence[Item],
    *,
    prefix: bytes = b"",
    comment: bytes = b"",
    trailing: bytes = b"",
    before_directory: bytes = b"",
    after_directory: bytes = b"",
    offsets_from: int | None = None,
    end: Mapping[str, int] | None = None,
) -> bytes:
    """Write a ZIP, honest but for what is asked."""
    listed = items(entries) if isinstance(entries, Mapping) else list(entries)
    out = bytearray(prefix)
    directory = bytearray()
    shift = offsets_from if offsets_from is not None else 0
    count = 0
    for item in listed:
        local, central = item.fields("local"), item.fields("central")
        at = len(out) - shift
        if item.written:
            out += struct.pack(
                "<4s5H3L2H", b"PK\x03\x04", 20, local["flags"], local["method"], 0, 0x21, local["crc"],
                local["compressed"], local["size"], len(local["name"]), len(local["extra"]),
            )  # fmt: skip
            out += local["name"] + local["extra"] + local["packed"] + (item.descriptor or b"") + item.gap
        if item.listed:
            count += 1
            offset = item.raw_offset if item.raw_offset is not None else at
            directory += struct.pack(
                "<4s6H3L5H2L", b"PK\x01\x02", central["made_by"], 20, central["flags"], central["method"], 0, 0x21,
                central["crc"], central["compressed"], central["size"], len(central["name"]), len(central["extra"]),
                len(central["comment"]), central["disk"], 0, central["attributes"], offset,
            )  # fmt: skip
            directory += central["name"] + central["extra"] + central["comment"]
    out += before_directory
    fields = {
        "entries": count,
        "here": count,
        "size": len(directory),
        "offset": len(out) - shift,
        "disk": 0,
        **(end or {}),
    }
    out += directory + after_directory
    out += struct.pack(
        "<4s4H2LH", b"PK\x05\x06", fields["disk"], 0, fields["here"], fields["entries"], fields["size"],
        fields["offset"], len(comment),
    )  # fmt: skip
    return bytes(out + comment + trailing)


def zip64(entries: Mapping[str, bytes]) -> bytes:
    """Write an archive whose end is said in ZIP64 too."""
    plain = archive(entries)
    begins = len(plain) - 22
    *_, count, size, offset, _ = struct.unpack("<4s4H2LH", plain[begins:])
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, begins, 1)
    narrow = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return plain[:begins] + wide + locator + narrow
