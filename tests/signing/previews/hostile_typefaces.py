"""Typefaces that lie: about their glyphs, their maps, their outlines, and about how much of everything there is."""

import io
import struct
from collections.abc import Callable

from fontTools.ttLib import TTFont

from tests.signing.previews.cases import Hostile
from tests.signing.previews.drawings import ofd, text, typeface


def _font(data: bytes) -> Callable[[], bytes]:
    return lambda: ofd(text("甲"), {"Doc_0/Res/font.ttf": data})


def _changed(table: str, change: Callable[[bytes], bytes], *, cubic: bool = False) -> bytes:
    """Spoil one table of a typeface and put it together again."""
    font = TTFont(io.BytesIO(typeface({"甲": 1.0}, cubic=cubic)))
    tables = {tag: font.reader[tag] for tag in font.reader.keys()}  # noqa: SIM118 - a reader is no mapping
    tables[table] = change(tables[table])
    return _assembled(tables, b"OTTO" if cubic else b"\x00\x01\x00\x00")


def _assembled(tables: dict[str, bytes], version: bytes) -> bytes:
    at = 12 + 16 * len(tables)
    directory, body = b"", b""
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        directory += struct.pack(">4sLLL", tag.encode(), 0, at + len(body), len(data))
        body += padded
    return version + struct.pack(">HHHH", len(tables), 0, 0, 0) + directory + body


def _greedy_map(_: bytes) -> bytes:
    """Claim every character there could be, in one group."""
    group = struct.pack(">LLL", 0, 0xFFFFFFFF, 1)
    return struct.pack(">HHHHL", 0, 1, 3, 10, 12) + struct.pack(">HHLLL", 12, 0, 28, 0, 1) + group


def _many_groups(_: bytes) -> bytes:
    return struct.pack(">HHHHL", 0, 1, 3, 10, 12) + struct.pack(">HHLLL", 12, 0, 28, 0, 0xFFFFFFFF) + bytes(24)


def _composites(depth: int, wide: int) -> bytes:
    """Make each glyph of several of the next, or of itself."""
    parts = []
    for place in range(depth):
        below = place + 1 if place + 1 < depth else 0
        glyph = struct.pack(">hhhhh", -1, 0, 0, 100, 100)
        for number in range(wide):
            more = 0x20 if number < wide - 1 else 0
            glyph += struct.pack(">HHbb", 0x0002 | more, below, 0, 0)
        parts.append(glyph + bytes(-len(glyph) % 4))
    font = TTFont(io.BytesIO(typeface({"甲": 1.0})))
    tables = {tag: font.reader[tag] for tag in font.reader.keys()}  # noqa: SIM118
    offsets = [0]
    for each in parts:
        offsets.append(offsets[-1] + len(each))
    tables["glyf"] = b"".join(parts)
    tables["loca"] = struct.pack(f">{len(offsets)}L", *offsets)
    tables["head"] = tables["head"][:50] + struct.pack(">h", 1) + tables["head"][52:]
    tables["maxp"] = tables["maxp"][:4] + struct.pack(">H", depth) + tables["maxp"][6:]
    tables["cmap"] = (
        struct.pack(">HHHHL", 0, 1, 3, 10, 12)
        + struct.pack(">HHLLL", 12, 0, 28, 0, 1)
        + struct.pack(">LLL", ord("甲"), ord("甲"), 0 if depth == 1 else 1)
    )
    return _assembled(tables, b"\x00\x01\x00\x00")


TYPEFACES = [
    Hostile("a typeface of nothing", _font(b""), ("FONT_UNREADABLE",)),
    Hostile("a typeface of noise", _font(bytes(range(256)) * 20), ("FONT_UNREADABLE",)),
    Hostile("a typeface that is cut off", _font(typeface({"甲": 1.0})[:400]), ("FONT_UNREADABLE", "GLYPH_MISSING")),
    Hostile("a typeface without its head", _font(_changed("head", lambda _: b"")), ("FONT_UNREADABLE",)),
    Hostile(
        "a typeface of no units",
        _font(_changed("head", lambda data: data[:18] + b"\x00\x00" + data[20:])),
        ("FONT_UNREADABLE",),
    ),
    Hostile(
        "a typeface that claims sixty-five thousand glyphs",
        _font(_changed("maxp", lambda data: data[:4] + b"\xff\xff" + data[6:])),
    ),
    Hostile("a map that claims every character", _font(_changed("cmap", _greedy_map))),
    Hostile("a map of four milliard groups", _font(_changed("cmap", _many_groups)), ("GLYPH_MISSING",)),
    Hostile("a map of noise", _font(_changed("cmap", lambda data: data[:4] + b"\xff" * 40)), ("GLYPH_MISSING",)),
    Hostile("outlines of noise", _font(_changed("glyf", lambda data: b"\xff" * len(data))), ("GLYPH_MISSING",)),
    Hostile(
        "outlines that end early", _font(_changed("glyf", lambda data: data[:3])), ("GLYPH_MISSING", "FONT_UNREADABLE")
    ),
    Hostile(
        "places of outlines that point nowhere",
        _font(_changed("loca", lambda data: b"\xff" * len(data))),
    ),
    Hostile("a glyph that holds itself", _font(_composites(2, 1)), ("GLYPH_MISSING",)),
    Hostile("glyphs that double sixty times", _font(_composites(60, 2)), ("GLYPH_MISSING",)),
    Hostile("glyphs of a thousand parts each", _font(_composites(6, 1000)), ("GLYPH_MISSING",)),
    Hostile(
        "cubic outlines of noise",
        _font(_changed("CFF ", lambda data: data[:20] + b"\xff" * (len(data) - 20), cubic=True)),
        ("FONT_UNREADABLE", "GLYPH_MISSING"),
    ),
    Hostile(
        "cubic outlines that end early",
        _font(_changed("CFF ", lambda data: data[:60], cubic=True)),
        ("FONT_UNREADABLE", "GLYPH_MISSING"),
    ),
    Hostile("bare cubic outlines of noise", _font(b"\x01\x00\x04\x01" + b"\xff" * 300), ("FONT_UNREADABLE",)),
    Hostile(
        "a collection of four milliard faces",
        _font(b"ttcf\x00\x01\x00\x00\xff\xff\xff\xff" + bytes(40)),
        ("FONT_UNREADABLE",),
    ),
    Hostile("measures that end early", _font(_changed("hmtx", lambda _: b""))),
    Hostile("a font without an ID", lambda: ofd(text("甲").replace('Font="30"', "")), ("RESOURCE_MISSING",)),
]
