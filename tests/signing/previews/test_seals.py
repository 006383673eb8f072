"""Seals on pages: only the picture that the signature vouches for, where it says, cut as it says, as ink on paper."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from keys.algorithms import der
from keys.trust import Trust
from signing.policy import DEFAULT
from signing.previews.fonts import Substitutes
from signing.previews.installed import installed
from signing.previews.limits import LIMITS, Limits
from signing.previews.ofd import OFD
from signing.previews.pages import page, pages, stamped
from signing.previews.preview import Form, SealPicture, Stamped, Wanted
from signing.report import Place, Report, Verdict
from signing.verification import verify
from tests.builders import seals
from tests.builders.ofd import Signing, archive, sealed, xml
from tests.builders.pki import AT
from tests.signing.previews.drawings import (
    BLACK,
    BLUE,
    RED,
    SCALE,
    WHITE,
    Look,
    block,
    colour,
    files,
    look,
    ofd,
    path,
    picture,
)
from tests.signing.previews.drawings import page as page_of

VECTORS = Path(__file__).parents[1] / "formats/ofd/vectors"
STAMP = '<ofd:StampAnnot ID="s002" PageRef="1" Boundary="{}" {}/>'


def judged(data: bytes) -> Report:
    return verify(data, "x.ofd", Trust(AT), DEFAULT, AT)


def seen(data: bytes, number: int = 1, **peculiar: Any) -> Look:
    """Verify, draw with what the report says, and look."""
    drawn = page(data, judged(data), number, replace(Wanted(Form.PNG, SCALE, Substitutes()), **peculiar))
    return Look(drawn, Image.open(io.BytesIO(drawn.picture)).convert("RGB"))


def with_picture(data: bytes, stamps: str, content: str = "", kind: str = "PNG", **peculiar: Any) -> bytes:
    """Seal a page with a real seal that has this picture."""
    parts = seals.SealParts(picture=der.octets(data), picture_kind=seals.ia5(kind))
    seal = parts.der

    def value_of(description: bytes, where: str) -> bytes:
        return seals.ValueParts(parts, seal_der=seal, message=description, property_info=seals.ia5(where)).der

    return archive(sealed(files(content, **peculiar), signing=Signing(seal, value_of), stamps=stamps))


# --- what others made


@pytest.mark.parametrize("name", ["v4.ofd", "v1.ofd", "partial-coverage.ofd", "content-tampered.ofd"])
def test_the_vectors_show_their_text_and_their_seal(name):
    data = (VECTORS / name).read_bytes()
    look_at = seen(data, fonts=installed())
    assert look_at.share(31.7, 25, 41, 6) > 0.01
    assert look_at.share(50, 50, 40, 40, RED) > 0.1
    assert look_at.share(50, 50, 40, 40, WHITE) > 0.5
    assert look_at.share(0, 100, 210, 197, WHITE) == 1.0
    assert [each.place for each in look_at.preview.boxes] == [Place(1, 50, 50, 40, 40)]
    assert set(look_at.told) <= {"FONT_SUBSTITUTED", "GLYPH_MISSING"}


def test_two_seals_show_at_two_places():
    look_at = seen((VECTORS / "multi2-v4v4.ofd").read_bytes())
    assert look_at.share(50, 50, 40, 40, RED) > 0.1
    assert look_at.share(120, 50, 40, 40, RED) > 0.1
    assert [each.signature for each in look_at.preview.boxes] == ["s001", "s003"]


@pytest.mark.parametrize("name", ["unsigned-hello.ofd", "ds-pkcs9.ofd"])
def test_documents_without_a_seal_show_none(name):
    look_at = seen((VECTORS / name).read_bytes(), fonts=installed())
    assert look_at.share(0, 40, 210, 257, WHITE) == 1.0
    assert look_at.preview.boxes == ()


def test_the_first_pages_come_with_the_report():
    data = (VECTORS / "v4.ofd").read_bytes()
    found = pages(data, judged(data), Wanted())
    assert (found.count, len(found.pages), found.not_drawn) == (1, 1, ())
    assert found.pages[0].picture.startswith(b"<svg ")
    assert found.pages[0].media_type == "image/svg+xml"


# --- which picture


def test_the_picture_is_that_of_the_signed_seal_and_of_nothing_beside_it():
    data = with_picture(picture(), STAMP.format("50 50 40 20", ""))
    look_at = seen(data)
    assert (look_at.at(55, 60), look_at.at(85, 60)) == (RED, BLUE)
    assert look_at.told == {}


def test_a_loose_seal_file_is_never_shown():
    data = archive(
        sealed(
            files(),
            signing=Signing(seals.SealParts(picture=der.octets(picture())).der, lambda *_: b"no value"),
            stamps=STAMP.format("50 50 40 20", ""),
        )
    )
    look_at = seen(data)
    assert look_at.share(0, 0, 100, 100, WHITE) == 1.0
    assert look_at.told == {"SEAL_WITHOUT_PICTURE": 1}


def test_a_picture_whose_seal_was_not_signed_by_its_maker_is_not_shown():
    parts = seals.SealParts(picture=der.octets(picture()))
    forged = replace(parts, maker_value=lambda info: seals.sm2.SM2_SM3.sign(seals.usual().signer.key, info)).der

    def value_of(description: bytes, where: str) -> bytes:
        return seals.ValueParts(parts, seal_der=forged, message=description, property_info=seals.ia5(where)).der

    data = archive(sealed(files(), signing=Signing(forged, value_of), stamps=STAMP.format("50 50 40 20", "")))
    report = judged(data)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].seal is not None
    assert seen(data).share(0, 0, 100, 100, WHITE) == 1.0


def test_every_flipped_byte_of_the_picture_takes_the_seal_off_the_page():
    data = with_picture(picture(), STAMP.format("50 50 40 20", ""))
    report = judged(data)
    signature = report.signatures[0]
    for fact in (False, None):
        spoilt = replace(report, signatures=(replace(signature, cryptographically_valid=fact),))
        assert stamped(spoilt)[0].picture is None
    assert stamped(report)[0].picture is not None


# --- where, and what of it


def test_a_clip_shows_its_strip_only():
    look_at = seen(with_picture(picture(), STAMP.format("50 50 40 20", 'Clip="0 0 10 20"')))
    assert look_at.share(50.5, 50.5, 9, 19, RED) == 1.0
    assert look_at.share(60.5, 50, 35, 25, WHITE) == 1.0


def test_a_seal_across_pages_shows_one_strip_on_each():
    stamps = "".join(
        f'<ofd:StampAnnot ID="s{number}" PageRef="{number}" Boundary="{100 - 20 * number} 40 40 20"'
        f' Clip="{20 * number - 20} 0 20 20"/>'
        for number in (1, 2)
    )
    data = with_picture(
        picture(), stamps, more={"Doc_0/Pages/P1.xml": page_of("")}, pages='<ofd:Page ID="2" BaseLoc="Pages/P1.xml"/>'
    )
    first, second = seen(data), seen(data, 2)
    assert first.share(80.5, 41, 18, 18, RED) == 1.0
    assert second.share(80.5, 41, 18, 18, BLUE) == 1.0
    assert first.share(0, 0, 79, 100, WHITE) == second.share(0, 0, 79, 100, WHITE) == 1.0
    assert [each.place.x_mm for each in first.preview.boxes] == [80]


@pytest.mark.parametrize("clip", ["x", "0 0 0 0", "-1"])
def test_a_stamp_whose_clip_cannot_be_read_is_told_and_not_drawn(clip):
    look_at = seen(with_picture(picture(), STAMP.format("50 50 40 20", f'Clip="{clip}"')))
    assert look_at.share(0, 0, 100, 100, WHITE) == 1.0
    assert look_at.told == {"STAMP_NOT_PLACED": 1}


def test_a_seal_lies_on_text_as_ink_does():
    data = with_picture(picture(), STAMP.format("50 50 40 20", ""), path(block(0, 0, 10, 10), "50 50 10 10"))
    look_at = seen(data)
    assert look_at.at(55, 55) == BLACK
    assert look_at.at(65, 55) == RED
    white = with_picture(
        picture(colours=(WHITE, WHITE)), STAMP.format("50 50 40 20", ""), path(block(0, 0, 10, 10), "50 50 10 10")
    )
    assert seen(white).at(55, 55) == BLACK


def test_a_box_is_counted_from_the_corner_of_the_sheet_that_is_shown():
    own = "<ofd:Area><ofd:PhysicalBox>10 20 80 70</ofd:PhysicalBox></ofd:Area>"
    look_at = seen(with_picture(picture(), STAMP.format("50 50 40 20", ""), area=own))
    (box,) = look_at.preview.boxes
    assert (box.place.x_mm, box.place.y_mm) == (40, 30)
    assert judged(with_picture(picture(), STAMP.format("50 50 40 20", ""), area=own)).signatures[0].places == (
        box.place,
    )
    assert look_at.share(40.5, 30.5, 19, 19, RED) == 1.0


# --- pictures that are documents


def nested(content: str = "", area: str = "0 0 30 20", more: dict[str, bytes] | None = None) -> bytes:
    own = f"<ofd:Area><ofd:PhysicalBox>{area}</ofd:PhysicalBox></ofd:Area>"
    return ofd(content or path(block(0, 0, 15, 20), "0 0 15 20", inside=colour("255 0 0")), more, area=own)


def test_a_picture_that_is_a_document_is_drawn_into_the_stamp():
    look_at = seen(with_picture(nested(), STAMP.format("20 20 60 40", ""), kind="ofd"))
    assert look_at.share(20.5, 20.5, 29, 39, RED) == 1.0
    assert look_at.share(51, 20, 30, 40, WHITE) == 1.0
    assert look_at.told == {}


def test_the_nested_page_has_its_own_corner():
    inner = nested(path(block(0, 0, 15, 20), "5 5 15 20", inside=colour("255 0 0")), "5 5 30 20")
    look_at = seen(with_picture(inner, STAMP.format("20 20 60 40", ""), kind="ofd"))
    assert look_at.share(20.5, 20.5, 29, 39, RED) == 1.0


def test_a_nested_document_does_not_reach_beyond_its_stamp():
    inner = nested(path(block(-50, -50, 200, 200), "-50 -50 200 200", inside=colour("255 0 0")))
    look_at = seen(with_picture(inner, STAMP.format("20 20 60 40", ""), kind="ofd"))
    assert look_at.share(20.5, 20.5, 59, 39, RED) == 1.0
    assert look_at.share(0, 0, 100, 19, WHITE) == 1.0


def test_a_nested_seal_is_cut_into_strips_too():
    look_at = seen(with_picture(nested(), STAMP.format("20 20 60 40", 'Clip="20 0 20 40"'), kind="ofd"))
    assert look_at.share(40.5, 20.5, 9, 39, RED) == 1.0
    assert look_at.share(20, 20, 19, 40, WHITE) == 1.0


def test_a_seal_inside_a_seal_is_not_drawn():
    inner = with_picture(picture(), STAMP.format("10 10 80 80", ""))
    look_at = seen(with_picture(inner, STAMP.format("20 20 60 60", ""), kind="ofd"))
    assert look_at.share(0, 0, 100, 100, WHITE) == 1.0


@pytest.mark.parametrize(
    "data", [b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"PK\x03\x04junk", picture()[:50], b"?" * 20]
)
def test_a_picture_that_cannot_be_drawn_is_told(data):
    told = (Stamped("s001", (), SealPicture("PNG", data)),)
    sealed_page = with_picture(picture(), STAMP.format("50 50 40 20", ""))
    look_at = look(sealed_page, signatures=told)
    assert look_at.share(0, 0, 100, 100, WHITE) == 1.0
    assert look_at.told == {"SEAL_PICTURE": 1}


def test_seals_of_another_body_are_not_drawn_on_this_one():
    found = sealed(files(), stamps=STAMP.format("50 50 40 20", ""))
    body = b"<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody><ofd:DocBody>"
    found["OFD.xml"] = (
        found["OFD.xml"]
        .replace(b"<ofd:DocBody>", body, 1)
        .replace(b"Doc_0/Document.xml</ofd:DocRoot><ofd:Sig", b"Doc_1/Document.xml</ofd:DocRoot><ofd:Sig")
    )
    found["Doc_1/Document.xml"] = xml(
        "Document", '<ofd:Pages><ofd:Page ID="1" BaseLoc="/Doc_0/Pages/P0.xml"/></ofd:Pages>'
    )
    look_at = look(archive(found), signatures=(Stamped("1", (), SealPicture("PNG", picture())),))
    assert look_at.share(0, 0, 100, 100, WHITE) == 1.0
    assert look_at.told == {"MORE_DOCUMENTS": 1}


def test_more_stamps_than_a_page_may_have_are_told():
    stamps = STAMP.format("50 50 40 20", "") * (LIMITS.stamps + 5)
    told = (Stamped("s001", (), SealPicture("PNG", picture())),)
    assert "TOO_MUCH" in look(archive(sealed(files(), stamps=stamps)), signatures=told).told


def test_a_page_that_is_full_still_shows_its_seal():
    content = path(block(0, 0, 1, 1), "0 0 1 1") * 10
    data = archive(sealed(files(content), stamps=STAMP.format("50 50 40 20", "")))
    told = (Stamped("s001", (), SealPicture("PNG", picture())),)
    drawn = OFD.opened(data).draw(1, Wanted(Form.PNG, SCALE, Substitutes(), told, Limits(objects=5)))
    look_at = Look(drawn, Image.open(io.BytesIO(drawn.picture)).convert("RGB"))
    assert look_at.told == {"TOO_MUCH": 1}
    assert look_at.share(50.5, 50.5, 19, 19, RED) == 1.0
