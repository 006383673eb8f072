"""A signature put into an OFD: by the standard, without touching what was there, and never into a spoilt document."""

import io
import math
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from signing.errors import CannotSign, UnreadableDocument, ValueDoesNotFit
from signing.formats.format import Appearance, Wanted
from signing.formats.ofd import OFD
from signing.formats.ofd.editing import new_list, with_line, with_list
from signing.formats.ofd.keywords import keyword_places
from signing.formats.ofd.package import package
from signing.formats.ofd.places import cross_page_places, page_boxes
from signing.formats.ofd.writing import MAX_VALUE_BYTES, prepare
from signing.report import CoverageKind, Outcome, Place
from tests.builders.ofd import Item, archive, document, items, page, sealed, xml
from tests.builders.ofd_hostile import HOSTILE

SEAL = b"a seal" * 100
PLAIN = archive(document())
AT_PAGE_1 = Appearance(b"", "image/png", (Place(1, 120, 200, 40, 40),))
SEALING = Wanted("seal", AT_PAGE_1, SEAL, claimed_time="2026-11-21T10:30:00+08:00")
LIST = "Doc_0/Signs/Signatures.xml"
DESCRIPTION = "Doc_0/Signs/Sign_0/Signature.xml"
OFD_NS = "{http://www.ofdspec.org/2016}"


def signed(data: bytes = PLAIN, wanted: Wanted = SEALING, value: bytes = b"value") -> bytes:
    return prepare(data, wanted).embed(value)


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as reader:
        assert reader.testzip() is None
        return {name: reader.read(name) for name in reader.namelist() if not name.endswith("/")}


def refusal(data: bytes, wanted: Wanted = SEALING) -> str:
    with pytest.raises(CannotSign) as refused:
        prepare(data, wanted)
    assert refused.value.format == "ofd"
    return refused.value.reason


def test_what_is_written_is_read_as_whole():
    prepared = prepare(PLAIN, SEALING)
    found = OFD.read(prepared.embed(b"value")).signatures
    assert len(found) == 1
    assert (found[0].id, found[0].declared_kind, found[0].value) == ("s001", "seal", b"value")
    assert found[0].seal_file == SEAL
    assert b"".join(found[0].message) == b"".join(prepared.message)
    assert found[0].name_for_value == prepared.name_for_value == f"/{DESCRIPTION}"
    assert found[0].coverage.kind is CoverageKind.WHOLE
    assert found[0].places == AT_PAGE_1.places
    assert found[0].claimed_time == SEALING.claimed_time
    assert [(check.code, check.outcome) for check in found[0].checks] == [("REF_DIGEST_MISMATCH", Outcome.PASSED)]
    assert OFD.read(prepared.embed(b"value")).warnings == ()


def test_the_description_has_the_schemas_order():
    root = etree.fromstring(files(signed())[DESCRIPTION])
    assert [each.tag.removeprefix(OFD_NS) for each in root] == ["SignedInfo", "SignedValue"]
    assert [each.tag.removeprefix(OFD_NS) for each in root[0]] == [
        "Provider",
        "SignatureMethod",
        "SignatureDateTime",
        "References",
        "StampAnnot",
        "Seal",
    ]
    assert root[0].find(f"{OFD_NS}References").get("CheckMethod") == "SM3"


def test_the_list_has_the_schemas_order_and_the_highest_id():
    root = etree.fromstring(files(signed())[LIST])
    assert [each.tag.removeprefix(OFD_NS) for each in root] == ["MaxSignId", "Signature"]
    assert root[0].text == "s002"
    assert dict(root[1].attrib) == {"ID": "s001", "Type": "Seal", "BaseLoc": f"/{DESCRIPTION}"}


def test_everything_else_stays_byte_for_byte():
    before, after = files(PLAIN), files(signed())
    assert {name for name in before if before[name] != after[name]} == {"OFD.xml"}
    assert sorted(set(after) - set(before)) == [
        "Doc_0/Signs/Sign_0/Seal.esl",
        DESCRIPTION,
        "Doc_0/Signs/Sign_0/SignedValue.dat",
        LIST,
    ]
    edited = after["OFD.xml"].replace(f"<ofd:Signatures>/{LIST}</ofd:Signatures>".encode(), b"")
    assert edited == before["OFD.xml"]


def test_packed_bytes_are_copied_not_packed_again():
    stored = [replace(each, method=0) for each in items(document())]
    after = zipfile.ZipFile(io.BytesIO(signed(archive(stored))))
    assert after.getinfo("Doc_0/Document.xml").compress_type == zipfile.ZIP_STORED


def test_the_same_document_is_written_the_same_way():
    assert signed() == signed()


def test_a_second_signature_leaves_ofd_xml_and_the_first_alone():
    first = signed()
    both = signed(first, replace(SEALING, base="s001"), b"second value")
    before, after = files(first), files(both)
    assert {name for name in before if before[name] != after[name]} == {LIST}
    found = OFD.read(both)
    assert [(each.id, each.base, each.value) for each in found.signatures] == [
        ("s001", None, b"value"),
        ("s003", "s001", b"second value"),
    ]
    assert [each.coverage.kind for each in found.signatures] == [CoverageKind.WHOLE] * 2
    assert found.warnings == ()
    assert all(check.outcome is Outcome.PASSED for each in found.signatures for check in each.checks)


def test_ten_signatures_follow_one_another():
    data = PLAIN
    for number in range(10):
        data = signed(data, SEALING, f"value {number}".encode())
    found = OFD.read(data)
    assert [each.id for each in found.signatures] == [f"s{n:03d}" for n in range(1, 20, 2)]
    assert all(each.coverage.kind is CoverageKind.WHOLE for each in found.signatures)
    assert found.warnings == ()


def test_a_pure_signature_has_no_seal_and_no_stamp():
    after = files(signed(wanted=Wanted("signature")))
    root = etree.fromstring(after[DESCRIPTION])
    assert root.find(f".//{OFD_NS}Seal") is None
    assert root.find(f".//{OFD_NS}StampAnnot") is None
    assert root.find(f".//{OFD_NS}SignatureDateTime") is None
    assert not [name for name in after if name.endswith(".esl")]
    assert etree.fromstring(after[LIST])[1].get("Type") == "Sign"


@pytest.mark.parametrize("how", ["lock", "certify"])
def test_a_lock_takes_the_list_in_and_nobody_signs_after_it(how):
    locked = signed(wanted=replace(SEALING, lock=how == "lock", certify=how == "certify"))
    references = etree.fromstring(files(locked)[DESCRIPTION]).findall(f".//{OFD_NS}Reference")
    assert f"/{LIST}" in [each.get("FileRef") for each in references]
    assert OFD.read(locked).signatures[0].coverage.kind is CoverageKind.WHOLE
    assert refusal(locked) == "locked"


def test_references_name_everything_but_the_signatures_own_files():
    after = files(signed())
    references = etree.fromstring(after[DESCRIPTION]).findall(f".//{OFD_NS}Reference")
    own = {DESCRIPTION, "Doc_0/Signs/Sign_0/SignedValue.dat", LIST}
    assert {each.get("FileRef") for each in references} == {f"/{name}" for name in after if name not in own}


def test_a_folder_that_is_taken_is_not_used_again():
    more = document()
    more["Doc_0/signs/SIGN_0/left.txt"] = b"x"
    assert prepare(archive(more), SEALING).name_for_value == "/Doc_0/Signs/Sign_1/Signature.xml"


def test_the_list_of_another_writer_is_edited_and_not_rewritten():
    """MaxSignId behind the lines, blanks, comments and an attribute of its own stay."""
    theirs = sealed()
    theirs[LIST] = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- theirs -->\n<ofd:Signatures xmlns:ofd="http://www.ofdspec.org/2016">\n'
        f'  <ofd:Signature ID="s001" Type="Seal" BaseLoc="/{DESCRIPTION}" Theirs="1"/>\n'
        "  <ofd:MaxSignId>s002</ofd:MaxSignId>\n</ofd:Signatures>\n"
    ).encode()
    after = files(signed(archive(theirs)))[LIST].decode()
    assert after == theirs[LIST].decode().replace("s002", "s004").replace(
        "<ofd:MaxSignId>",
        '<ofd:Signature ID="s003" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/><ofd:MaxSignId>',
    )


HEAD = "<o:Signatures xmlns:o='http://www.ofdspec.org/2016'>"
HIGHEST = "<o:MaxSignId>s009</o:MaxSignId>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{HEAD[:-1]}/>", f"{HEAD}{HIGHEST}<o:LINE/></o:Signatures>"),
        (f"{HEAD}<o:MaxSignId>4</o:MaxSignId></o:Signatures>", f"{HEAD}{HIGHEST}<o:LINE/></o:Signatures>"),
        (
            f"{HEAD}<o:Signature ID='1'></o:Signature></o:Signatures>",
            f"{HEAD}{HIGHEST}<o:Signature ID='1'></o:Signature><o:LINE/></o:Signatures>",
        ),
        (
            f"{HEAD}<o:Signature ID='1'/><o:MaxSignId>x</o:MaxSignId></o:Signatures>",
            f"{HEAD}<o:Signature ID='1'/><o:LINE/>{HIGHEST}</o:Signatures>",
        ),
    ],
)
@pytest.mark.parametrize("prefix", ["o:", ""])
def test_lists_of_every_form_take_a_line(before, after, prefix):
    def under(text: str) -> str:
        return text if prefix else text.replace("xmlns:o=", "xmlns=").replace("<o:", "<").replace("</o:", "</")

    line = 'Signature ID="s008" Type="Seal" BaseLoc="/x"/>'
    told = with_line(under(before).encode(), line, "s009").decode()
    assert told == under(after).replace("LINE/>", line)


@pytest.mark.parametrize(
    "text",
    [
        "<a/>",
        "<Signatures><MaxSignId>1</MaxSignId><MaxSignId>2</MaxSignId></Signatures>",
        "<Signatures><MaxSignId>1<!-- x --></MaxSignId></Signatures>",
        "<!-- <Signatures> --><Signatures></Signatures>",
    ],
)
def test_a_list_that_cannot_be_edited_safely_is_refused(text):
    with pytest.raises(CannotSign):
        with_line(text.encode(), 'Signature ID="s008"/>', "s009")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "gb18030"])
def test_ofd_xml_is_edited_in_its_own_encoding(codec):
    text = document()["OFD.xml"].decode().replace("UTF-8", codec.upper())
    edited = with_list(text.encode(codec), f"/{LIST}")
    assert edited.decode(codec) == text.replace(
        "</ofd:DocBody>", f"<ofd:Signatures>/{LIST}</ofd:Signatures></ofd:DocBody>"
    )
    assert (
        OFD.read(signed(archive(document(OFD_xml=text.encode(codec))))).signatures[0].coverage.kind
        is CoverageKind.WHOLE
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("</ofd:DocBody>", "<!-- </ofd:DocBody> --></ofd:DocBody><!-- </ofd:DocBody> -->"),
        lambda text: text.replace("</ofd:DocRoot>", "</ofd:DocRoot><![CDATA[</ofd:DocBody>]]>"),
    ],
)
def test_ofd_xml_with_text_that_looks_like_its_end_is_refused_or_rightly_edited(spoil):
    text = spoil(document()["OFD.xml"].decode())
    try:
        edited = with_list(text.encode(), f"/{LIST}")
    except CannotSign:
        return
    body = etree.fromstring(edited).find(f"{OFD_NS}DocBody")
    assert body.find(f"{OFD_NS}Signatures").text == f"/{LIST}"


# --- refusals


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (replace(SEALING, kind="stamp"), "unknown-kind"),
        (replace(SEALING, seal=None), "seal-missing"),
        (Wanted("signature", seal=SEAL), "seal-without-need"),
        (Wanted("signature", AT_PAGE_1), "picture-without-seal"),
        (replace(SEALING, base="s001"), "base-signature-missing"),
    ],
)
def test_what_an_ofd_cannot_have_is_refused(wanted, reason):
    assert refusal(PLAIN, wanted) == reason


@pytest.mark.parametrize(
    ("place", "clip", "reason"),
    [
        (Place(3, 1, 1, 1, 1), None, "page-missing"),
        (Place(0, 1, 1, 1, 1), None, "page-missing"),
        (Place(1, 210, 1, 40, 40), None, "place-outside-page"),
        (Place(1, -40, 1, 40, 40), None, "place-outside-page"),
        (Place(1, 1, 297, 40, 40), None, "place-outside-page"),
        (Place(1, 1, -40, 40, 40), None, "place-outside-page"),
        (Place(1, 1, 1, 0, 40), None, "place-outside-page"),
        (Place(1, 1, 1, 40, -1), None, "place-outside-page"),
        (Place(1, math.nan, 1, 40, 40), None, "place-outside-page"),
        (Place(1, 1, math.inf, 40, 40), None, "place-outside-page"),
        (Place(1, 1, 1, math.inf, 40), None, "place-outside-page"),
        (Place(1, 1, 1, 40, 40), (0, 0, 41, 40), "place-outside-page"),
        (Place(1, 1, 1, 40, 40), (-1, 0, 10, 40), "place-outside-page"),
        (Place(1, 1, 1, 40, 40), (0, 0, 0, 40), "place-outside-page"),
        (Place(1, 190, 1, 40, 40), (20, 0, 20, 40), "place-outside-page"),
    ],
)
def test_a_place_where_nothing_would_show_is_refused(place, clip, reason):
    clips = (clip,) if clip is not None else ()
    assert refusal(PLAIN, replace(SEALING, appearance=Appearance(b"", "image/png", (place,), clips))) == reason


def test_clips_must_be_as_many_as_places():
    appearance = Appearance(b"", "image/png", AT_PAGE_1.places, ((0, 0, 1, 1), None))
    assert refusal(PLAIN, replace(SEALING, appearance=appearance)) == "places"


def test_a_document_whose_parts_are_missing_is_refused():
    assert refusal(archive(document(Doc_0__Res__image_png=None))) == "incomplete"


def test_a_document_behind_a_vendors_block_is_refused():
    assert refusal(archive(document(), prefix=b"KG" * 16)) == "bytes-before-the-archive"


def test_a_document_with_a_broken_signature_is_refused():
    spoilt = files(signed())
    spoilt["Doc_0/Res/image.png"] = b"other"
    assert refusal(archive(spoilt)) == "broken-signature"
    del spoilt["Doc_0/Signs/Sign_0/SignedValue.dat"]
    assert refusal(archive(spoilt)) == "broken-signature"


def test_a_document_whose_list_is_missing_is_refused():
    spoilt = files(signed())
    del spoilt[LIST]
    assert refusal(archive(spoilt)) == "broken-signature-list"


def test_several_documents_are_refused():
    more = document()
    body = b"<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    more["OFD.xml"] = more["OFD.xml"].replace(b"</ofd:OFD>", body)
    assert refusal(archive(more)) == "several-documents"


def test_an_encrypted_document_is_refused():
    more = document()
    more["Encryptions.xml"] = xml("Encryptions", "")
    assert refusal(archive(more)) == "encrypted"


def test_a_document_as_large_as_the_gate_allows_cannot_grow():
    more = [*items(document()), *(Item(f"f{number}", b"") for number in range(1_983))]
    assert refusal(archive(more)) == "too-large"


def test_a_value_of_no_bytes_or_too_many_is_refused():
    prepared = prepare(PLAIN, SEALING)
    for size in (0, MAX_VALUE_BYTES + 1):
        with pytest.raises(ValueDoesNotFit):
            prepared.embed(bytes(size))


def test_one_preparation_may_take_several_values():
    prepared = prepare(PLAIN, SEALING)
    assert [OFD.read(prepared.embed(value)).signatures[0].value for value in (b"a", b"b")] == [b"a", b"b"]


def test_a_value_shows_in_no_repr():
    assert "a seal" not in repr(prepare(PLAIN, SEALING))


@pytest.mark.parametrize("case", HOSTILE, ids=[each.name for each in HOSTILE])
def test_a_hostile_document_is_refused_or_stays_with_its_warning(case):
    """Nothing that fails or cannot be read takes a signature, and no signature makes an attack disappear."""
    kind = case.expects.partition(":")[0]
    try:
        prepare(case.data, Wanted("signature")).embed(b"value")
    except (CannotSign, UnreadableDocument):
        return
    assert kind not in {"unreadable", "failed"}


# --- places


def test_a_seal_across_five_pages_is_laid_as_a_made_file_has_it():
    laid = cross_page_places([(210.0, 297.0)] * 5, 40, 40, 100)
    assert [place.x_mm for place, _ in laid] == [202, 194, 186, 178, 170]
    assert [clip for _, clip in laid] == [(x, 0.0, 8.0, 40) for x in (0, 8, 16, 24, 32)]
    assert [place.page for place, _ in laid] == [1, 2, 3, 4, 5]


def moved_sheet() -> bytes:
    """A first page whose sheet begins at 10 20."""
    own = document()["Doc_0/Pages/Page_0/Content.xml"].replace(b"0 0 210 297", b"10 20 210 297")
    return archive(document(Doc_0__Pages__Page_0__Content_xml=own))


def test_a_place_that_was_asked_for_is_where_it_is_told_whatever_the_corner_of_the_sheet():
    data = signed(moved_sheet())
    assert OFD.read(data).signatures[0].places == AT_PAGE_1.places
    assert b'Boundary="130 220 40 40"' in files(data)[DESCRIPTION]


def test_a_keyword_on_such_a_sheet_is_found_from_its_corner():
    plain, moved = (keyword_places(package(data), "盖章处")[0] for data in (PLAIN, moved_sheet()))
    assert (moved.x_mm, moved.y_mm) == (plain.x_mm - 10, plain.y_mm - 20)


def test_a_seal_across_pages_is_written_and_found():
    laid = cross_page_places([(210.0, 297.0)] * 2, 40, 40, 100)
    appearance = Appearance(b"", "image/png", tuple(p for p, _ in laid), tuple(c for _, c in laid))
    found = OFD.read(signed(wanted=replace(SEALING, appearance=appearance))).signatures[0]
    assert found.places == (Place(1, 190, 100, 20, 40), Place(2, 190, 100, 20, 40))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 120), st.floats(20, 60), st.lists(st.floats(100, 500), min_size=120, max_size=120))
def test_the_strips_make_up_the_whole_seal_and_end_at_the_edge(count, width, widths):
    sizes = [(widths[number], 297.0) for number in range(count)]
    laid = cross_page_places(sizes, width, width, 50)
    assert [place.page for place, _ in laid] == list(range(1, count + 1))
    for number, (place, clip) in enumerate(laid):
        assert place.x_mm + clip[0] + clip[2] == pytest.approx(sizes[number][0], abs=0.001)
    first = [clip for _, clip in laid if clip[0] == 0]
    total = sum(clip[2] for _, clip in laid)
    assert total == pytest.approx(width * len(first), abs=0.01)
    assert all(clip[2] >= width / 20 - 0.001 for _, clip in laid)


def test_no_pages_have_no_strips():
    assert cross_page_places([], 40, 40, 0) == ()


def test_pages_have_their_own_size_or_the_documents_or_a4():
    more = document(Doc_0__Pages__Page_1__Content_xml=xml("Page", ""))
    more["Doc_0/Pages/Page_0/Content.xml"] = more["Doc_0/Pages/Page_0/Content.xml"].replace(b"210 297", b"100 50")
    opened = package(archive(more))
    boxes = page_boxes(opened.container, opened.reader, opened.tree)
    assert [each.box[2:] for each in boxes] == [(100.0, 50.0), (210.0, 297.0)]
    more["Doc_0/Document.xml"] = more["Doc_0/Document.xml"].replace(b"PageArea", b"Other")
    opened = package(archive(more))
    assert page_boxes(opened.container, opened.reader, opened.tree)[1].box == (0.0, 0.0, 210.0, 297.0)


def test_a_keyword_is_found_where_it_stands():
    """The text "持证人 张三 盖章处" begins at 20, 40 and every character advances 5 mm."""
    opened = package(PLAIN)
    assert keyword_places(opened, "盖章处") == (Place(1, 55.0, 40.6, 15.0, 5.0),)
    assert keyword_places(opened, "盖 章") == (Place(1, 55.0, 40.6, 10.0, 5.0),)
    assert keyword_places(opened, "第二页", page=2) == (Place(2, 20.0, 40.6, 15.0, 5.0),)
    assert keyword_places(opened, "第二页", page=1) == ()
    assert keyword_places(opened, "没有") == ()
    assert keyword_places(opened, " ") == ()


def test_a_keyword_of_the_template_is_found_on_the_page_that_uses_it():
    assert [place.page for place in keyword_places(package(PLAIN), "电子证照")] == [1]


def test_a_keyword_split_over_text_objects_is_found_and_scaled():
    def item(x: float, text: str, more: str = "") -> str:
        code = f'<ofd:TextCode X="0" Y="4">{text}</ofd:TextCode>'
        return f'<ofd:TextObject ID="9" Boundary="{x} 10 5 5" Size="4"{more}>{code}</ofd:TextObject>'

    content = xml("Page", item(10, "盖") + item(15, "章") + item(50, "A", ' CTM="2 0 0 2 1 1"') + item(20, "章"))
    opened = package(archive(document(Doc_0__Pages__Page_1__Content_xml=content)))
    assert keyword_places(opened, "盖章", page=2) == (Place(2, 10.0, 10.48, 9.0, 4.0),)
    assert keyword_places(opened, "A", page=2) == (Place(2, 51.0, 11.96, 4.0, 8.0),)


def test_a_keyword_that_breaks_over_lines_is_not_one_place():
    content = page("盖").replace(
        b"</ofd:Layer>",
        page("章").split(b'<ofd:Layer ID="200">')[1].split(b"</ofd:Layer>")[0].replace(b"20 40 100 8", b"20 90 100 8")
        + b"</ofd:Layer>",
    )
    opened = package(archive(document(Doc_0__Pages__Page_1__Content_xml=content)))
    assert keyword_places(opened, "盖章", page=2) == ()


def test_an_empty_list_takes_the_first_line():
    more = files(signed())
    more = {name: content for name, content in more.items() if "Sign_0" not in name}
    more[LIST] = new_list("", "s000").replace(b"<ofd:</ofd:Signatures>", b"</ofd:Signatures>")
    found = OFD.read(signed(archive(more)))
    assert [each.id for each in found.signatures] == ["s001"]
    assert found.signatures[0].coverage.kind is CoverageKind.WHOLE
