"""Scanning a code (扫码核验): a photo or typed text leads to the page of this site that it names, and nowhere else.

A phone's own camera opens such a code without us; this page is for whoever has the picture already, or only the text. A
photo is decoded in memory within limits and forgotten. A code that leads to another site is shown as text, never as a
link: whoever forges a face forges its code too.
"""

import io
import re
import threading
import uuid
import warnings
from typing import Final
from urllib.parse import quote, urlsplit

import zxingcpp
from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue
from PIL import Image, UnidentifiedImageError

from base.web import limited, open_to_all, parts
from certs.presentations import code as codes
from certs.wiring import Certs
from console import layout
from console.verification_results import private
from signing.verification_errors import VerifierBusy

scanning_pages = Blueprint("scanning", __name__, template_folder="templates")
BLUEPRINTS = (scanning_pages,)

# What a telephone takes: some eight MB, up to fifty million pixels; JPEG is drawn smaller while it is read.
LARGEST: Final = 12 * 1024 * 1024
FORM_BYTES: Final = 8 * 1024
MOST_PIXELS: Final = 64_000_000
# What is not JPEG is held whole in memory while it is read.
MOST_WHOLE: Final = 16_000_000
DRAWN: Final = (2048, 2048)
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAGIC: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF")
# A face has one code; a photo of a desk may show a few.
MOST_CODES: Final = 5
# How many photos this process reads at once, and how long the next waits, in seconds.
AT_ONCE: Final = threading.BoundedSemaphore(2)
PATIENCE: Final = 5.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_PATH: Final = re.compile(r"/(v|verify|seals)/[A-Za-z0-9_-]{1,64}\Z")
_NUMBER: Final = re.compile(r"(receipt|notice)=([0-9a-f-]{36})\Z")


@scanning_pages.get("/scan")
@open_to_all
def form() -> Response:
    """Show where a photo or the text of a code is handed in."""
    return layout.page("scan.html", said=None, texts=(), is_presentation=False)


@scanning_pages.post("/scan")
@limited(LARGEST + FORM_BYTES)
@open_to_all
def scan() -> ResponseReturnValue:
    """Lead to where the code leads, or say why not."""
    photo, typed = request.files.get("photo"), request.form.get("text", "").strip()
    picture = photo.read() if photo else b""
    texts = read(picture) if picture else [typed] if typed else []
    found = next((each for each in map(address, texts) if each), None)
    if found is not None:
        return redirect(found, 303)
    said = "elsewhere" if texts else "no_code" if picture else "nothing"
    is_presentation = any(each.startswith(codes.PREFIX) for each in texts)
    response = layout.page("scan.html", here="scanning.form", said=said, texts=texts, is_presentation=is_presentation)
    response.status_code = 422 if texts or picture else 400
    return private(response)


def is_picture(document: bytes) -> bool:
    """Tell whether somebody handed a photo in where a document was asked for."""
    return document.startswith(MAGIC)


def read(picture: bytes) -> list[str]:
    """Read the codes on a photo; none where it is none, or a larger one than any telephone takes.

    Raises `VerifierBusy`.
    """
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise VerifierBusy(1)  # whoever hands this photo in has waited; nobody counts the others
    try:
        drawn = _drawn(picture)
        found = [] if drawn is None else zxingcpp.read_barcodes(drawn)
    finally:
        AT_ONCE.release()
    return [each.text for each in found if each.text][:MOST_CODES]


def address(text: str) -> str | None:
    """Give the page of this site that a code names."""
    if _TOKEN.match(text):
        return f"/v/{text}"
    if _is_number(text):
        return f"/verify/receipts?number={text}"
    try:
        told = urlsplit(text if text.isascii() and text.isprintable() else "")
    except ValueError:  # a bracket that is not closed
        return None
    if not told.netloc or told.netloc not in {request.host, urlsplit(parts(Certs).links).netloc}:
        return None
    if told.path == "/verify" and (number := _NUMBER.match(told.fragment)):
        return f"/verify/receipts?number={number[2]}"
    return quote(told.path) if _PATH.match(told.path) else None


def _drawn(picture: bytes) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below
            image = Image.open(io.BytesIO(picture), formats=FORMATS)
        pixels = image.width * image.height
        if pixels > (MOST_PIXELS if image.format == "JPEG" else MOST_WHOLE):
            return None
        image.draft("L", DRAWN)
        grey = image.convert("L")
        grey.thumbnail(DRAWN)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return None
    return grey


def _is_number(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
