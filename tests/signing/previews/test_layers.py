"""Composite objects, layers, templates, annotations, pages: what stands above and below what."""

import pytest

from signing.previews.errors import NoSuchPage
from signing.previews.ofd import OFD
from signing.previews.preview import Wanted
from tests.builders.ofd import archive, xml
from tests.signing.previews.drawings import (
    BLACK,
    BLUE,
    RED,
    WHITE,
    annotated,
    block,
    colour,
    files,
    image,
    look,
    media,
    ofd,
    page,
    path,
    picture,
)

SQUARE = block(0, 0, 20, 20)


UNIT = (
    '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="70" Width="20" Height="20">'
    "<ofd:Content>{}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
)
USE = '<ofd:CompositeObject ID="5" Boundary="{}" ResourceID="70" {}/>'


def test_a_composite_object_is_drawn_wherever_it_is_used():
    unit = UNIT.format(path(SQUARE, "0 0 20 20"))
    seen = look(ofd(USE.format("10 10 20 20", "") + USE.format("50 50 40 40", 'CTM="2 0 0 2 0 0"'), resource=unit))
    assert seen.share(10.5, 10.5, 19, 19) == 1.0
    assert seen.share(50.5, 50.5, 39, 39) == 1.0


def test_blocks_pass_what_is_inside_them():
    assert look(ofd(f'<ofd:PageBlock ID="8">{path(SQUARE)}</ofd:PageBlock>')).at(20, 20) == BLACK


def layer(kind: str, inside: str) -> str:
    return f'<ofd:Layer ID="9" Type="{kind}">{inside}</ofd:Layer>'


def test_layers_are_drawn_in_their_order_not_in_that_of_the_file():
    above, below = path(SQUARE, inside=colour("255 0 0")), path(SQUARE, inside=colour("0 0 255"))
    seen = look(ofd(layers=layer("Foreground", above) + layer("Background", below)))
    assert seen.at(20, 20) == RED


@pytest.mark.parametrize(("order", "expected"), [("Background", RED), ("Foreground", BLUE), ("", RED)])
def test_a_template_is_below_or_above_as_its_place_says(order, expected):
    template = page(path(SQUARE, inside=colour("0 0 255")))
    use = f'<ofd:Template TemplateID="20" ZOrder="{order}"/>' if order else '<ofd:Template TemplateID="20"/>'
    seen = look(
        ofd(
            path(SQUARE, inside=colour("255 0 0")),
            {"Doc_0/Tpls/T.xml": template},
            common='<ofd:TemplatePage ID="20" BaseLoc="Tpls/T.xml"/>',
            templates=use,
        )
    )
    assert seen.at(20, 20) == expected


def test_a_template_that_is_not_there_is_told():
    assert look(ofd(templates='<ofd:Template TemplateID="20"/>')).told == {"TEMPLATE_MISSING": 1}


def test_a_page_has_its_own_area_before_the_documents():
    own = "<ofd:Area><ofd:PhysicalBox>10 10 30 20</ofd:PhysicalBox></ofd:Area>"
    seen = look(ofd(path(SQUARE), area=own))
    assert (seen.preview.width_mm, seen.preview.height_mm) == (30, 20)
    assert seen.at(5, 5) == BLACK
    assert seen.at(25, 5) == WHITE


@pytest.mark.parametrize("area", ["0 0 0 0", "0 0 -5 9", "0 0 1e9 9", "a b c d", "0 0 0.01 5", "0 0 99999 9"])
def test_an_area_that_is_none_gives_way_to_the_documents(area):
    own = f"<ofd:Area><ofd:PhysicalBox>{area}</ofd:PhysicalBox></ofd:Area>"
    assert look(ofd(area=own)).preview.width_mm == 100


def test_resources_of_the_page_come_before_the_documents():
    found = files(image(), {"Doc_0/Res/other.png": picture(colours=(BLUE, BLUE))})
    found["Doc_0/Pages/PageRes.xml"] = xml("Res", f"<ofd:MultiMedias>{media('31', '../Res/x.png')}</ofd:MultiMedias>")
    found["Doc_0/Pages/PageRes.xml"] = xml(
        "Res", f"<ofd:MultiMedias>{media('31', '/Doc_0/Res/other.png')}</ofd:MultiMedias>"
    )
    found["Doc_0/Pages/P0.xml"] = found["Doc_0/Pages/P0.xml"].replace(
        b"<ofd:Content>", b"<ofd:PageRes>PageRes.xml</ofd:PageRes><ofd:Content>"
    )
    assert look(archive(found)).at(15, 20) == BLUE


# --- annotations


def note(boundary: str = "30 40 20 20", more: str = "", kind: str = "Watermark") -> str:
    return (
        f'<ofd:Annot ID="40" Type="{kind}" {more}>'
        f'<ofd:Appearance Boundary="{boundary}">{path(SQUARE, "0 0 20 20")}</ofd:Appearance></ofd:Annot>'
    )


@pytest.mark.parametrize("kind", ["Watermark", "Stamp", "Link", "Path", "Highlight"])
def test_annotations_show_their_appearance(kind):
    seen = look(annotated(note(kind=kind), other=note("0 0 100 100")))
    assert seen.share(30.5, 40.5, 19, 19) == 1.0
    assert seen.share(0, 0, 29, 100) == 0.0


def test_an_annotation_is_cut_at_its_boundary_and_may_be_hidden():
    assert look(annotated(note("30 40 10 20"))).at(45, 50) == WHITE
    assert look(annotated(note(more='Visible="false"'))).at(40, 50) == WHITE


# --- pages


def test_each_page_is_its_own():
    data = ofd(
        path(SQUARE),
        {"Doc_0/Pages/P1.xml": page(path(SQUARE, "60 60 20 20"))},
        pages='<ofd:Page ID="2" BaseLoc="Pages/P1.xml"/>',
    )
    first, second = look(data), look(data, 2)
    assert (first.at(20, 20), first.at(70, 70)) == (BLACK, WHITE)
    assert (second.at(20, 20), second.at(70, 70)) == (WHITE, BLACK)
    assert (second.preview.page, second.preview.pages) == (2, 2)


@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_page_that_is_not_there_is_refused(number):
    with pytest.raises(NoSuchPage):
        OFD.opened(ofd()).draw(number, Wanted())


def test_a_page_without_content_is_told():
    assert look(ofd(pages="", more={"Doc_0/Pages/P0.xml": b"<broken"})).told == {"PAGE_MISSING": 1}
