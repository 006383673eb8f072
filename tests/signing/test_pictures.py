"""Pictures of seals: one clean PNG comes out, or a refusal, whatever bytes went in."""

import io
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from signing import pictures
from signing.errors import UnusableSealPicture
from tests.signing import offices


def written(picture: Image.Image, form: str = "PNG", **told: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **told)
    return out.getvalue()


def test_white_paper_becomes_transparent_and_ink_stays():
    cleaned = Image.open(io.BytesIO(pictures.cleaned(offices.picture()).png))
    ink, paper = cleaned.getpixel((100, 11)), cleaned.getpixel((100, 100))
    assert isinstance(ink, tuple)
    assert isinstance(paper, tuple)
    assert ink[3] == 255
    assert paper[3] == 0


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP"])
def test_usual_pictures_are_taken(form: str):
    picture = Image.open(io.BytesIO(offices.picture()))
    cleaned = pictures.cleaned(written(picture.convert("RGB"), form))
    assert (cleaned.width, cleaned.height) == (200, 200)


def test_nothing_hidden_in_the_file_gets_into_the_seal():
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "planted")
    data = written(Image.open(io.BytesIO(offices.picture())), pnginfo=note)
    assert b"planted" in data
    assert b"planted" not in pictures.cleaned(data).png


def test_a_large_scan_is_made_smaller():
    cleaned = pictures.cleaned(offices.picture(2000))
    assert max(cleaned.width, cleaned.height) == pictures.LONGEST_SIDE


def bomb() -> bytes:
    """Tell of 30,000 × 30,000 points in a file of a few hundred bytes."""
    head = b"\x89PNG\r\n\x1a\n"

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    size = (30_000).to_bytes(4, "big") * 2
    return head + chunk(b"IHDR", size + b"\x08\x02\x00\x00\x00") + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


def moving() -> bytes:
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("red", "blue")]
    return written(frames[0], "GIF", save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no-raster-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no-raster-picture"),
        (b"%PDF-1.7", "no-raster-picture"),
        (bomb(), "too-many-points"),
        (b"\0" * (pictures.LARGEST_FILE + 1), "too-large"),
        (offices.picture(32), "too-small"),
        (offices.picture()[:-60], "damaged"),
        (written(Image.new("RGB", (100, 100), "white")), "empty"),
        (moving(), "more-than-one-picture"),
    ],
    ids=["empty", "svg", "pdf", "bomb", "large", "small", "cut", "white", "moving"],
)
def test_what_cannot_be_a_seal_is_refused_by_name(data: bytes, reason: str):
    with pytest.raises(UnusableSealPicture) as refused:
        pictures.cleaned(data)
    assert refused.value.reason == reason


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
def test_a_damaged_file_is_refused_or_read_never_more(place: int, value: int):
    data = bytearray(offices.PICTURE)
    data[place % len(data)] = value
    try:
        pictures.cleaned(bytes(data))
    except UnusableSealPicture:
        return
