"""Rows, frames, manifests and streams of files come back as they were, and a changed byte of theirs never does."""

import io
import json
import os
import struct
import uuid
import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON

import app  # noqa: F401 - every room's tables
from base.db import Base, Moment
from base.search import SearchTokens
from keys.algorithms import sm4
from keys.backup import folders, frames, manifest, rows
from keys.backup.errors import BackupDamaged
from keys.backup.frames import FRAME, FrameWriter
from keys.backup.manifest import Ledger, Manifest, Part, Sealed

KEY, BACKUP = bytes(range(16)), bytes(range(16, 32))

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**80), 2**80),
    st.text(),
    st.binary(),
    st.floats(allow_nan=False),
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(),
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
    st.lists(st.text()),
)


@given(st.lists(VALUES, max_size=8))
def test_a_row_comes_back_as_it_was(values: list):
    line = rows.written(tuple(values))
    assert line.count(b"\n") == 1
    read = rows.read(line[:-1], len(values))
    assert read == tuple(values)
    assert [type(each) for each in read] == [type(each) for each in values]


def test_a_value_of_no_known_type_is_named_by_its_place():
    with pytest.raises(rows.UnknownType) as told:
        rows.written((1, object()))
    assert (told.value.position, told.value.kind) == (1, "object")


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[1]", b'[["x",1],2]', b'[["b","*"],1]', b'[["t","x"],1]', b'[["b"],1]', b"[1,2"]
)
def test_a_line_that_is_no_row_is_refused(line: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 - whoever reads lines tells where
        rows.read(line, 2)


def test_every_column_of_the_house_has_a_type_that_is_carried():
    """A new column of another type must be taught to `rows` first, or no backup could be made."""
    carried = {bool, int, str, bytes, datetime, date, float, Decimal, uuid.UUID}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, (JSON, SearchTokens, Moment)):
                assert column.type.python_type in carried, f"{table.name}.{column.name}"


# Frames


def part(text: bytes, *, pieces: int = 1000, number: int = 1, backup: bytes = BACKUP) -> bytes:
    out = io.BytesIO()
    writer = FrameWriter(out.write, KEY, backup, number)
    for at in range(0, len(text), pieces):
        writer.write(text[at : at + pieces])
    writer.close()
    assert writer.plain_bytes == len(text)
    return out.getvalue()


def text_of(data: bytes, *, key: bytes = KEY, number: int = 1, backup: bytes = BACKUP) -> bytes:
    return b"".join(frames.texts(io.BytesIO(data), key, backup, number, "x"))


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_a_text_comes_back_whatever_its_pieces(text: bytes, pieces: int):
    assert text_of(part(text, pieces=pieces)) == text


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 2 * FRAME + 7])
def test_frames_end_where_they_should(size: int):
    text = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    data = part(text, pieces=300_000)
    assert text_of(data) == text
    assert all(len(each) <= FRAME for each in frames.texts(io.BytesIO(data), KEY, BACKUP, 1, "x"))


def test_text_that_cannot_be_squeezed_fits_its_frame():
    text = os.urandom(FRAME + 5)
    assert text_of(part(text)) == text


TWO = part(bytes(FRAME) + b"the end")


def test_no_flipped_bit_of_a_part_goes_unseen():
    for place in range(len(TWO)):
        altered = bytearray(TWO)
        altered[place] ^= 1 << place % 8
        with pytest.raises(BackupDamaged):
            text_of(bytes(altered))


def test_no_part_that_was_cut_or_grew_is_read():
    for size in range(len(TWO)):
        with pytest.raises(BackupDamaged):
            text_of(TWO[:size])
    for more in (b"\x00", b"\x00\x00\x00\x00", TWO[8:]):
        with pytest.raises(BackupDamaged):
            text_of(TWO + more)


def test_frames_do_not_change_places():
    """The first frame's length says where the second begins."""
    size = 4 + int.from_bytes(TWO[8:12])
    first, second = TWO[8 : 8 + size], TWO[8 + size :]
    for spoilt in (second + first, second, first, first + first + second, first + second + second):
        with pytest.raises(BackupDamaged):
            text_of(TWO[:8] + spoilt)


def test_a_part_opens_in_its_place_alone():
    for wrong in ({"number": 2}, {"backup": KEY}, {"key": BACKUP}):
        with pytest.raises(BackupDamaged):
            text_of(TWO, **wrong)


def test_the_same_text_never_looks_alike_in_two_parts():
    assert part(b"text", number=1)[12:] != part(b"text", number=2)[12:]


def test_an_authentic_frame_that_is_not_squeezed_text_is_refused():
    for inside in (
        b"no zlib",
        zlib.compress(b"x") + b"more",
        zlib.compress(bytes(FRAME + 1)),
        zlib.compress(b"x")[:-1],
    ):
        sealed = sm4.gcm_seal(KEY, struct.pack(">IQ", 1, 0), inside, struct.pack(">16sIQ?", BACKUP, 1, 0, True))
        with pytest.raises(BackupDamaged):
            text_of(frames.MARK + struct.pack(">I", len(sealed)) + sealed)


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line)), st.integers(1, 9))
def test_lines_come_back_from_any_pieces(told: list[bytes], size: int):
    text = b"".join(line + b"\n" for line in told)
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    assert list(frames.lines(pieces, "x")) == told


def test_a_last_line_without_end_is_refused():
    with pytest.raises(BackupDamaged):
        list(frames.lines(iter([b"a\nb"]), "x"))


# Manifests

TOLD = Manifest(
    "00" * 16,
    "2026-11-21T02:30:00Z",
    "yinxin 1",
    "sqlite",
    "0001",
    Ledger(3, "ab" * 32, sound=True),
    (Part(1, "001.part", "table", "t", 2, 30, 40, "cd" * 32), Part(2, "002.part", "folder", "f", 1, 3, 4, "ef" * 32)),
    ("12" * 32,),
    0,
)


def test_a_manifest_comes_back_as_it_was():
    assert Manifest.of(TOLD.content) == TOLD
    assert TOLD.rows == 2


def changed(**members: object) -> bytes:
    told = json.loads(TOLD.content)
    for name, value in members.items():
        told.pop(name)
        if value is not None:
            told[name] = value
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        TOLD.content + b" ",
        changed(id=None),
        changed(format=2),
        changed(parts=None),
        changed(parts=[{}]),
        changed(parts=7),
        changed(ledger=7),
        changed(recipients=7),
        TOLD.content.replace(b'"tool"', b'"fool"'),
        b" " * (5 << 20),
    ],
    ids=range(13),
)
def test_what_is_no_manifest_is_refused(content: bytes):
    with pytest.raises(BackupDamaged):
        Manifest.of(content)


@pytest.mark.parametrize("content", [b"", b"7", b"{}", Sealed("x", b"k", "m").content.replace(b"1", b"2")])
def test_what_opens_to_no_sealed_key_is_refused(content: bytes):
    with pytest.raises(BackupDamaged):
        Sealed.of(content)


def test_a_sealed_key_is_not_shown():
    sealed = Sealed("the id", b"\xab" * 16, "m")
    assert Sealed.of(sealed.content) == sealed
    assert "ab" * 3 not in repr(sealed)


def test_digests_come_back_and_are_those_of_openssl():
    told = {"b": "22" * 32, "a": "11" * 32}
    content = manifest.sums(told)
    assert content.startswith(b"11")
    assert manifest.read_sums(content) == told


@pytest.mark.parametrize("content", [b"x", b"11 *a\n11 *a\n", b"11 *b\n11 *a\n", b"11 *a", b"\xff *a\n", b"11  a\n"])
def test_what_is_no_list_of_digests_is_refused(content: bytes):
    with pytest.raises(BackupDamaged):
        manifest.read_sums(content)


# Streams of files

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."}
)


def streamed(folder: Path, *private: Path) -> tuple[bytes, folders.Carried]:
    carried = folders.Carried()
    return b"".join(folders.stream(folder, private, carried)), carried


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=5), st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_files_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], size: int):
    place = tmp_path_factory.mktemp("files")
    source = place / "source"
    (source / "sub").mkdir(parents=True)
    for number, (name, content) in enumerate(files.items()):
        try:
            (source / ("sub" if number % 2 else ".") / name).write_bytes(b"-" + content)
        except OSError:
            return
    stream, carried = streamed(source)
    assert carried.left_out == sum(folders.is_private(b"-" + content) for content in files.values())
    pieces = (stream[at : at + size] for at in range(0, len(stream), size))
    assert folders.brought_back(pieces, "x", place / "target") == carried.files
    for file in source.rglob("*"):
        if file.is_file() and not folders.is_private(file.read_bytes()):
            again = place / "target" / file.relative_to(source)
            assert again.read_bytes() == file.read_bytes()
            assert again.stat().st_mode == file.stat().st_mode
            assert again.stat().st_mtime_ns == file.stat().st_mtime_ns


def test_a_large_file_and_a_name_that_is_no_text_come_back(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    name = os.fsdecode(b"\xd3\xa1\n.pdf")
    (source / name).write_bytes(bytes(range(256)) * 1000)
    stream, _ = streamed(source)
    folders.brought_back(iter([stream]), "x", tmp_path / "target")
    assert (tmp_path / "target" / name).read_bytes() == bytes(range(256)) * 1000


def test_links_places_of_keys_and_devices_are_left_out_and_counted(tmp_path: Path):
    source = tmp_path / "source"
    (source / "keys").mkdir(parents=True)
    (source / "keys" / "a").write_bytes(b"a")
    (source / "kek").write_bytes(b"k")
    (source / "good").write_bytes(b"g")
    (source / "link").symlink_to(source / "good")
    (source / "up").symlink_to(tmp_path)
    os.mkfifo(source / "pipe")
    stream, carried = streamed(source, source / "keys", source / "kek")
    assert (carried.files, carried.left_out) == (1, 5)
    assert list(file_names(stream)) == ["good"]


def file_names(stream: bytes):
    for head, blocks in folders.files(iter([stream]), "x"):
        yield str(head.path)
        for _ in blocks:
            pass


@pytest.mark.parametrize(
    "stream",
    [
        b"x",
        b"{}\n",
        b'{"name":"61","mode":420,"time":1}\n',
        b'{"name":"61","mode":420,"time":1}\n\x00\x00\x00',
        b'{"name":"61","mode":420,"time":1}\n\x00\x00\x00\x05abc',
        b'{"name":"61","mode":420,"time":1}\n\x7f\x00\x00\x00abc',
        b'{"name":"2f61","mode":420,"time":1}\n\x00\x00\x00\x00',
        b'{"name":"2e2e2f61","mode":420,"time":1}\n\x00\x00\x00\x00',
        b'{"name":"","mode":420,"time":1}\n\x00\x00\x00\x00',
        b'{"name":"6100","mode":420,"time":1}\n\x00\x00\x00\x00',
        b'{"name":"zz","mode":420,"time":1}\n\x00\x00\x00\x00',
        b"y" * 20_000,
    ],
    ids=range(12),
)
def test_a_stream_that_is_none_or_leads_elsewhere_is_refused(tmp_path: Path, stream: bytes):
    with pytest.raises(BackupDamaged):
        folders.brought_back(iter([stream]), "x", tmp_path / "target")
    assert not (tmp_path / "a").exists()
