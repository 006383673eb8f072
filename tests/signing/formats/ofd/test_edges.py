"""Every way in which a document names a file, and where exactly its limits lie."""

from typing import Any

import pytest

from keys.algorithms import sm2
from keys.algorithms.sm3 import SM3
from signing.errors import UnreadableDocument
from signing.formats.ofd import OFD, limits, names
from signing.formats.ofd.description import box
from signing.formats.ofd.locations import normal
from signing.formats.ofd.markup import Element, Malformed, Reader, text
from signing.report import Outcome, Place
from tests.builders.ofd import Files, Signing, archive, document, page, sealed, xml

EXTRA = "extra.bin"
DOCUMENT = "Doc_0/Document.xml"
PUBLIC = "Doc_0/PublicRes.xml"


def added(path: str, before: str, part: str) -> Files:
    """Put a part into a file of a good document, and the file that it names beside it."""
    files = document()
    files[path] = files[path].replace(before.encode(), f"{part}{before}".encode(), 1)
    return {**files, EXTRA: b"x"}


def listed(name: str, part: str, element: str = "CustomTag") -> Files:
    """Let Document.xml name a list, which names the file."""
    files = added(DOCUMENT, "</ofd:Document>", f"<ofd:{name}>List.xml</ofd:{name}>")
    return {**files, "Doc_0/List.xml": xml(name, f"<ofd:{element}>{part}</ofd:{element}>")}


SHOWN = {
    "the cover": lambda: added("OFD.xml", "<ofd:DocRoot>", f"<ofd:Cover>{EXTRA}</ofd:Cover>"),
    "public resources": lambda: added(DOCUMENT, "<ofd:PublicRes>", f"<ofd:PublicRes>/{EXTRA}</ofd:PublicRes>"),
    "document resources": lambda: added(DOCUMENT, "<ofd:PublicRes>", f"<ofd:DocumentRes>/{EXTRA}</ofd:DocumentRes>"),
    "a page": lambda: added(DOCUMENT, "</ofd:Pages>", f'<ofd:Page ID="9" BaseLoc="/{EXTRA}"/>'),
    "a template": lambda: added(DOCUMENT, "</ofd:CommonData>", f'<ofd:TemplatePage ID="21" BaseLoc="/{EXTRA}"/>'),
    "a page's own resources": lambda: added(
        "Doc_0/Pages/Page_0/Content.xml", "<ofd:Area>", f"<ofd:PageRes>/{EXTRA}</ofd:PageRes>"
    ),
    "a typeface": lambda: added(PUBLIC, "</ofd:Fonts>", f"<ofd:Font><ofd:FontFile>/{EXTRA}</ofd:FontFile></ofd:Font>"),
    "a picture": lambda: added(PUBLIC, "</ofd:Fonts>", f"<ofd:MediaFile>/{EXTRA}</ofd:MediaFile>"),
    "a colour profile": lambda: added(PUBLIC, "</ofd:Fonts>", f'<ofd:ColorSpace ID="7" Profile="/{EXTRA}"/>'),
    "an annotation": lambda: listed("Annotations", f"<ofd:FileLoc>/{EXTRA}</ofd:FileLoc>", "Page"),
    "an attachment": lambda: listed("Attachments", f"<ofd:FileLoc>/{EXTRA}</ofd:FileLoc>", "Attachment"),
    "a version's list": lambda: versioned(f'<ofd:FileList><ofd:File ID="1">/{EXTRA}</ofd:File></ofd:FileList>'),
    "a version's document": lambda: versioned(f"<ofd:DocRoot>/{EXTRA}</ofd:DocRoot>"),
}
CARRIED = {
    "a custom tag": lambda: listed("CustomTags", f"<ofd:FileLoc>/{EXTRA}</ofd:FileLoc>"),
    "a tag's schema": lambda: listed("CustomTags", f"<ofd:SchemaLoc>/{EXTRA}</ofd:SchemaLoc>"),
    "an extension": lambda: listed("Extensions", f"<ofd:ExtendData>/{EXTRA}</ofd:ExtendData>", "Extension"),
    "nothing": lambda: {**document(), EXTRA: b"x"},
}


def versioned(part: str) -> Files:
    files = added("OFD.xml", "</ofd:DocBody>", '<ofd:Versions><ofd:Version ID="1" BaseLoc="/V.xml"/></ofd:Versions>')
    return {**files, "V.xml": xml("DocVersion", part)}


def left_out(files: Files) -> tuple[bool, bool]:
    """Seal all but the extra file, and tell whether it counts as visible or as invisible."""
    coverage = OFD.read(archive(sealed(files, covers=lambda name: name != EXTRA))).signatures[0].coverage
    return f"/{EXTRA}" in coverage.uncovered_visible, f"/{EXTRA}" in coverage.uncovered_invisible


@pytest.mark.parametrize("way", SHOWN)
def test_a_file_that_shows_is_visible_however_it_is_named(way: str):
    assert left_out(SHOWN[way]()) == (True, False)


@pytest.mark.parametrize("way", CARRIED)
def test_a_file_that_shows_nothing_is_invisible_however_it_is_named(way: str):
    assert left_out(CARRIED[way]()) == (False, True)


@pytest.mark.parametrize("way", [each for each in SHOWN if each != "a version's document"])
def test_a_file_that_should_show_and_is_not_there_is_told(way: str):
    files = SHOWN[way]()
    del files[EXTRA]
    found = OFD.read(archive(sealed(files)))
    assert "LOCATION_LEADS_NOWHERE" in [check.code for check in found.warnings]


@pytest.mark.parametrize("way", [each for each in CARRIED if each != "nothing"])
def test_a_file_that_shows_nothing_and_is_not_there_is_not_told(way: str):
    files = CARRIED[way]()
    del files[EXTRA]
    assert OFD.read(archive(sealed(files))).warnings == ()


def test_the_pages_of_a_stamp_are_those_of_its_own_document():
    """Both documents have a page of the object ID 1: the first page of one, the second of the other."""
    files = document()
    body = "<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>{}</ofd:DocBody>"
    lists = "<ofd:Signatures>/Doc_1/Signs/Signatures.xml</ofd:Signatures>"
    files["OFD.xml"] = files["OFD.xml"].replace(b"</ofd:OFD>", f"{body.format(lists)}</ofd:OFD>".encode())
    pages = '<ofd:Pages><ofd:Page ID="7" BaseLoc="B.xml"/><ofd:Page ID="1" BaseLoc="A.xml"/></ofd:Pages>'
    files |= {"Doc_1/Document.xml": xml("Document", pages), "Doc_1/A.xml": page("甲"), "Doc_1/B.xml": page("乙")}
    stamp = '<ofd:StampAnnot ID="s002" PageRef="1" Boundary="1 2 3 4"/>'
    found = OFD.read(archive(sealed(files, folder="Doc_1/Signs/", stamps=stamp)))
    assert found.signatures[0].places == (Place(2, 1.0, 2.0, 3.0, 4.0),)


READ = (
    DOCUMENT,
    PUBLIC,
    "Doc_0/DocumentRes.xml",
    "Doc_0/Annots/Annotations.xml",
    "Doc_0/Attachs/Attachments.xml",
    "V.xml",
)


@pytest.mark.parametrize(
    "name", [*(each for each in document() if each.endswith(".xml") and each != "OFD.xml"), "V.xml"]
)
@pytest.mark.parametrize("spoilt", [b"<broken", b"", b"<!DOCTYPE a><a/>"])
def test_a_part_that_has_to_be_read_and_cannot_be_leaves_open_what_is_shown(name: str, spoilt: bytes):
    files = versioned("<ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot>")
    found = OFD.read(archive(sealed({**files, name: spoilt})))
    assert [check.code for check in found.warnings] == (["LOCATION_LEADS_NOWHERE"] if name in READ else [])


@pytest.mark.parametrize(
    ("clip", "place"),
    [
        ("0 0 40 30", Place(1, 10.0, 20.0, 40.0, 30.0)),
        ("0 0 99 99", Place(1, 10.0, 20.0, 40.0, 30.0)),
        ("-5 -5 15 15", Place(1, 10.0, 20.0, 10.0, 10.0)),
        ("5 6 7 8", Place(1, 15.0, 26.0, 7.0, 8.0)),
        ("39 29 7 8", Place(1, 49.0, 49.0, 1.0, 1.0)),
        ("40 0 5 5", None),
        ("0 30 5 5", None),
        ("-5 0 5 5", None),
        ("0 -5 5 5", None),
        ("x", None),
        ("", None),
    ],
)
def test_a_stamp_shows_the_part_of_it_that_its_clip_leaves(clip: str, place: Place | None):
    stamp = f'<ofd:StampAnnot ID="s002" PageRef="1" Boundary="10 20 40 30" Clip="{clip}"/>'
    found = OFD.read(archive(sealed(stamps=stamp))).signatures[0]
    told = [check.facts for check in found.checks if check.code == "STAMP_NOT_PLACED"]
    assert found.places == ((place,) if place else ())
    assert told == ([] if place else [{"stamp": "s002", "page": "1"}])


# --- digests with the signer's ZA


def keyed(count: int) -> tuple[Signing, list[sm2.PublicKey]]:
    keys = [sm2.PrivateKey.from_scalar(bytes(31) + bytes((number,))).public for number in range(1, count + 1)]
    return Signing(value=lambda description, path: b"value" + b"".join(each.spki for each in keys)), keys


def with_za(place: int, count: int) -> Files:
    signing, keys = keyed(count)
    return sealed(
        signing=signing,
        method="1.2.156.10197.1.401.2",
        digest=lambda content: SM3.of(keys[place].za(), content),
    )


def mismatches(files: Files) -> int:
    checks = OFD.read(archive(files)).signatures[0].checks
    return sum(check.code == "REF_DIGEST_MISMATCH" and check.outcome is Outcome.FAILED for check in checks)


def test_as_many_keys_of_a_value_are_tried_as_the_limit_says():
    assert mismatches(with_za(15, 17)) == 0
    assert mismatches(with_za(16, 17)) == 16


def test_a_first_file_that_no_key_fits_leaves_no_reading_at_all():
    files = with_za(0, 1)
    first = next(name for name in files if name == "OFD.xml")
    files[first] = files[first].replace(b"DocType", b"docType")
    assert mismatches(files) == 16


# --- limits


def filled(size: int) -> bytes:
    """Write as many bytes, in texts that the parser takes one by one."""
    unit = b"<b/>" + b" " * 1020
    whole, rest = divmod(size - 7, len(unit))
    return b"<a>" + unit * whole + b" " * rest + b"</a>"


def parsed(data: bytes) -> str:
    try:
        Reader().parse(data)
    except Malformed as reason:
        return reason.reason
    return ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<a>" + b"=" * limits.MAX_XML_EQUALS + b"</a>", ""),
        (b"<a>" + b"=" * (limits.MAX_XML_EQUALS + 1) + b"</a>", "xml-too-many-elements"),
        (b"<a>" + b"<b/>" * (limits.MAX_XML_TAGS - 2) + b"</a>", ""),
        (b"<a>" + b"<b/>" * (limits.MAX_XML_TAGS - 1) + b"</a>", "xml-too-many-elements"),
        (filled(limits.MAX_XML_BYTES), ""),
        (filled(limits.MAX_XML_BYTES + 1), "xml-too-large"),
        (b"<a>", "xml-not-well-formed"),
        (b"<!DOCTYPE a><a/>", "xml-doctype"),
        (b"<a>\x00</a>", "xml-doctype"),
        (b"<a>\xff</a>", "xml-encoding"),
        (b"<?xml version='1.0' encoding='latin-1'?><a/>", "xml-encoding"),
    ],
)
def test_xml_is_read_up_to_its_limits_and_refused_by_name(data: bytes, reason: str):
    assert parsed(data) == reason


def valued(size: int) -> Element:
    return Reader().parse(b"<a>  " + b"x" * size + b"  </a>")


def test_a_value_is_as_long_as_the_limit_and_no_longer():
    assert len(text(valued(limits.MAX_TEXT_OF_A_VALUE))) == limits.MAX_TEXT_OF_A_VALUE
    with pytest.raises(Malformed, match="long-a"):
        text(valued(limits.MAX_TEXT_OF_A_VALUE + 1))


def bodies(count: int) -> Files:
    one = "<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
    return {**document(), "OFD.xml": xml("OFD", one * count)}


def paged(count: int) -> Files:
    names = "".join(f'<ofd:Page ID="{number}" BaseLoc="P.xml"/>' for number in range(count))
    return {**document(), DOCUMENT: xml("Document", f"<ofd:Pages>{names}</ofd:Pages>")}


def lines(count: int) -> Files:
    files = sealed()
    line = '<ofd:Signature ID="s001" BaseLoc="/nowhere.xml"/>'
    return {**files, "Doc_0/Signs/Signatures.xml": xml("Signatures", line * count)}


@pytest.mark.parametrize(
    ("made", "most", "reason"),
    [
        (bodies, limits.MAX_DOCUMENTS, "DOCUMENT_MALFORMED"),
        (paged, limits.MAX_PAGES, "DOCUMENT_MALFORMED"),
        (lines, limits.MAX_SIGNATURES, "PACKAGE_TOO_LARGE"),
    ],
)
def test_as_much_is_read_as_the_limit_says_and_no_more(made: Any, most: int, reason: str):
    OFD.read(archive(made(most)))
    with pytest.raises(UnreadableDocument) as refused:
        OFD.read(archive(made(most + 1)))
    assert refused.value.reason == reason


@pytest.mark.parametrize("part", ["a", "证"])
def test_a_name_is_as_long_and_as_deep_as_the_limits_and_no_more(part: str):
    depth = "/".join([part] * limits.MAX_NAME_DEPTH)
    names.require_safe(depth)
    names.require_safe(f"{depth}/")
    longest = b"a" * limits.MAX_NAME_BYTES
    assert names.decoded(longest, utf8_flag=True) == (longest.decode(), False)
    for refused in (
        lambda: names.require_safe(f"{depth}/{part}"),
        lambda: names.decoded(longest + b"a", utf8_flag=True),
    ):
        with pytest.raises(UnreadableDocument) as found:
            refused()
        assert found.value.reason == "PACKAGE_NAME"


@pytest.mark.parametrize(
    "name", ["/a", "a//b", "../a", "a/..", "./a", "C:a", "c:/a", "a\\b", "a\x07", "\u202ea", "a/\u200b", "", "/"]
)
def test_a_name_that_some_reader_would_follow_elsewhere_is_refused(name: str):
    with pytest.raises(UnreadableDocument):
        names.require_safe(name)


def test_a_location_is_as_long_as_a_name_and_no_longer():
    longest = "a" * limits.MAX_NAME_BYTES
    assert normal(longest, "") == longest
    assert normal(longest + "a", "") is None
    assert normal("./a/./b", "Doc_0/") == "Doc_0/a/b"
    assert normal("/a//b/", "Doc_0/") == "a/b"
    assert normal("/", "Doc_0/") is None


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("0 0 1 1", (0.0, 0.0, 1.0, 1.0)),
        (" -1.5  +2. .5 100000 ", (-1.5, 2.0, 0.5, 100000.0)),
        ("-100000 100000 100000 100000", (-100000.0, 100000.0, 100000.0, 100000.0)),
        ("-100000.1 0 1 1", None),
        ("0 100000.1 1 1", None),
        ("0 0 100000.1 1", None),
        ("0 0 1 100000.1", None),
        ("0 0 0 1", None),
        ("0 0 1 0", None),
        ("0 0 -1 1", None),
        ("0 0 0.1 0.1", (0.0, 0.0, 0.1, 0.1)),
        ("0 0 1", None),
        ("0 0 1 1 1", None),
        ("0 0 1 x", None),
        ("0 0 1 1e1", None),
        ("0 0 1 .", None),
        ("1234567890 0 1 1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_box_is_four_numbers_in_millimetres_or_nothing(told: str | None, read: tuple[float, ...] | None):
    assert box(told) == read


def test_a_claimed_time_and_a_method_are_shown_in_their_first_letters():
    long = "2026-11-21T10:30:00+08:00" + " " * 30 + "x" * 30
    found = OFD.read(archive(sealed(time=f"<ofd:SignatureDateTime>{long}</ofd:SignatureDateTime>"))).signatures[0]
    assert found.claimed_time == long[:64]


def test_of_many_files_that_no_list_names_the_first_twenty_are_named():
    files = {**sealed(), "OFDEntries.xml": xml("DocEntries", "<ofd:FileList/>")}
    files |= {"x": b"x", **{f"more/{number:02}": b"x" for number in range(30)}}
    check = next(each for each in OFD.read(archive(files)).warnings if each.code == "INTEGRITY_FILE_UNLISTED")
    assert (check.subject, check.facts["count"]) == ("/OFD.xml", len(files) - 1)
    assert str(check.facts["examples"]).count("、") == 19
