"""What is found in a document: signatures, what they protect, where they show, and every deviation by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from keys.algorithms import sm2
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from signing.formats.format import FoundDocument, FoundSignature
from signing.formats.ofd import OFD
from signing.formats.ofd.integrity import integrity
from signing.formats.ofd.markup import NAMESPACE, OLD_NAMESPACE, Malformed, Reader, decoded
from signing.formats.ofd.package import package
from signing.report import CoverageKind, Outcome, Place
from tests.builders.ofd import Files, Sign, Signing, archive, document, page, sealed, second, xml

LIST = "Doc_0/Signs/Signatures.xml"
DESCRIPTION = "Doc_0/Signs/Sign_0/Signature.xml"
VECTORS = Path(__file__).parent / "vectors"


def read(files: Files) -> FoundDocument:
    return OFD.read(archive(files))


def one(files: Files) -> FoundSignature:
    found = read(files)
    assert len(found.signatures) == 1
    return found.signatures[0]


def codes(found: FoundDocument | FoundSignature, outcome: Outcome = Outcome.WARNING) -> list[str]:
    checks = found.checks if isinstance(found, FoundSignature) else found.warnings
    return [check.code for check in checks if check.outcome is outcome]


def failures(found: FoundDocument) -> list[tuple[str, str]]:
    checks = [check for each in found.signatures for check in each.checks]
    return [(check.code, check.subject) for check in checks if check.outcome is Outcome.FAILED]


@pytest.mark.parametrize("case", json.loads((VECTORS / "index.json").read_text()), ids=lambda case: case["file"])
def test_a_vector_reads_as_its_index_says(case):
    found = OFD.read((VECTORS / case["file"]).read_bytes())
    kinds = {"Seal": "seal", "Sign": "signature"}
    assert [(each.id, each.declared_kind) for each in found.signatures] == [
        (name, kinds[kind]) for name, kind, _ in case["signatures"]
    ]
    assert bool(failures(found)) == ("digest" in case["correct"])
    visible = {name for each in found.signatures for name in each.coverage.uncovered_visible}
    assert ("/Doc_0/Document.xml" in visible) == ("partial" in case["correct"])


def test_a_signature_is_found_with_everything_that_a_judge_needs():
    signing = Signing(seal=b"SEAL", value=lambda description, path: b"VALUE of " + path.encode())
    files = sealed(signing=signing)
    found = one(files)
    assert found.id == "s001"
    assert found.declared_kind == "seal"
    assert found.value == b"VALUE of /Doc_0/Signs/Sign_0/Signature.xml"
    assert b"".join(found.message) == files[DESCRIPTION]
    assert found.name_for_value == f"/{DESCRIPTION}"
    assert found.seal_file == b"SEAL"
    assert found.declared_method == "1.2.156.10197.1.501"
    assert found.claimed_time == "2026-11-21T10:30:00+08:00"
    assert found.places == (Place(1, 120.0, 200.0, 40.0, 40.0),)
    assert found.coverage.kind is CoverageKind.WHOLE
    assert [(check.code, check.facts) for check in found.checks] == [("REF_DIGEST_MISMATCH", {"count": 16})]


def test_a_document_without_signatures_has_none_and_nothing_to_say():
    assert read(document()) == FoundDocument((), ())


def test_a_pure_signature_is_told_from_a_seal():
    found = one(sealed(type="Sign", seal_file=False, stamps=""))
    assert (found.declared_kind, found.seal_file, found.places) == ("signature", None, ())


def test_two_signatures_cover_what_was_there_and_the_second_is_a_later_change_to_the_first():
    found = read(sealed(sealed(), second(base="s001")))
    first, other = found.signatures
    assert failures(found) == []
    assert found.warnings == ()
    assert first.coverage.kind is CoverageKind.WHOLE
    assert first.coverage.later_changes == tuple(
        f"/Doc_0/Signs/Sign_1/{name}" for name in ("Seal.esl", "Signature.xml", "SignedValue.dat")
    )
    assert other.coverage.kind is CoverageKind.WHOLE
    assert (other.base, first.base) == ("s001", None)
    assert other.places == (Place(2, 20.0, 200.0, 40.0, 40.0),)


def test_a_second_signature_that_leaves_the_first_out_tells_so():
    found = read(sealed(sealed(), second(covers=lambda name: "Sign_0" not in name and not name.endswith("s.xml"))))
    assert "/Doc_0/Signs/Sign_0/SignedValue.dat" in found.signatures[1].coverage.uncovered_invisible


def test_a_lock_covers_the_list_too():
    found = one(sealed(covers=lambda name: True))
    assert found.coverage.kind is CoverageKind.WHOLE
    assert codes(found, Outcome.FAILED) == []


def test_one_broken_signature_does_not_hide_the_other():
    files = sealed(sealed(), second())
    files[DESCRIPTION] = b"<broken"
    found = read(files)
    assert [each.id for each in found.signatures] == ["s001", "s003"]
    assert codes(found.signatures[0], Outcome.FAILED) == ["DESCRIPTION_MALFORMED"]
    assert codes(found.signatures[1], Outcome.FAILED) == ["REF_DIGEST_MISMATCH"]
    assert found.signatures[0].value is None
    assert found.signatures[1].value is not None


@pytest.mark.parametrize("gone", [True, False])
def test_a_list_that_cannot_be_read_stands_as_one_broken_signature(gone):
    files = sealed()
    if gone:
        del files[LIST]
    else:
        files[LIST] = b"<broken"
    found = one(files)
    assert codes(found, Outcome.FAILED) == ["LIST_MISSING" if gone else "LIST_MALFORMED"]
    assert found.value is None
    assert "/Doc_0/Pages/Page_0/Content.xml" in found.coverage.uncovered_visible


# --- digests


def test_sm3_is_known_by_name_and_numbers():
    for method in ("SM3", "sm3", "1.2.156.10197.1.401", "1.2.156.10197.1.401.1"):
        assert codes(one(sealed(method=method)), Outcome.FAILED) == []


def test_sha256_is_known():
    for method in ("SHA256", "2.16.840.1.101.3.4.2.1"):
        assert codes(one(sealed(method=method, digest=SHA256.of)), Outcome.FAILED) == []


KEY = sm2.PrivateKey.from_scalar(bytes(31) + b"\x07").public
OTHER = sm2.PrivateKey.from_scalar(bytes(31) + b"\x08").public
WITH_KEYS = Signing(value=lambda description, path: b"value" + OTHER.spki + b"and" + KEY.spki + b"end")


def with_za(key: sm2.PublicKey = KEY, **peculiar: Any) -> Files:
    return sealed(
        signing=WITH_KEYS,
        method="1.2.156.10197.1.401.2",
        digest=lambda content: SM3.of(key.za(), content),
        **peculiar,
    )


def test_digests_with_the_signers_za_fit_and_are_told():
    found = one(with_za())
    assert codes(found, Outcome.FAILED) == []
    assert codes(found) == ["REF_DIGEST_WITH_ZA"]
    assert found.coverage.kind is CoverageKind.WHOLE


def test_plain_digests_under_the_number_of_that_vendor_fit_too():
    found = one(sealed(signing=WITH_KEYS, method="1.2.156.10197.1.401.2"))
    assert (codes(found, Outcome.FAILED), codes(found)) == ([], [])


def test_a_file_changed_under_digests_with_za_is_found():
    files = with_za()
    files["Doc_0/Pages/Page_0/Content.xml"] = page("改")
    assert failures(read(files)) == [("REF_DIGEST_MISMATCH", "/Doc_0/Pages/Page_0/Content.xml")]


def test_the_za_of_a_key_that_is_not_in_the_value_does_not_fit():
    stranger = sm2.PrivateKey.from_scalar(bytes(31) + b"\x09").public
    found = one(with_za(stranger))
    assert set(codes(found, Outcome.FAILED)) == {"REF_DIGEST_MISMATCH"}
    assert found.coverage.kind is CoverageKind.PARTIAL


def test_digests_with_za_count_under_no_other_number():
    files = sealed(signing=WITH_KEYS, method="SM3", digest=lambda content: SM3.of(KEY.za(), content))
    assert "REF_DIGEST_MISMATCH" in codes(one(files), Outcome.FAILED)


def test_plain_and_za_digests_are_not_mixed():
    """Under one number all files fit one reading, so a file cannot choose the reading that suits it."""
    plain = SM3.of(document()["Doc_0/Attachs/data.xml"])
    files = with_za(
        covers=lambda name: not name.endswith(("Signatures.xml", "data.xml")),
        more_references=[("/Doc_0/Attachs/data.xml", plain)],
    )
    assert failures(read(files)) == [("REF_DIGEST_MISMATCH", "/Doc_0/Attachs/data.xml")]


def test_a_weak_digest_covers_nothing():
    found = one(sealed(method="MD5"))
    assert codes(found, Outcome.FAILED) == ["ALG_WEAK"]
    assert "/Doc_0/Document.xml" in found.coverage.uncovered_visible


def test_a_file_counts_as_covered_only_where_all_its_references_are_right():
    found = one(sealed(more_references=[("/Doc_0/Res/image.png", SM3.of(b"x"))]))
    assert found.coverage.uncovered_visible == ("/Doc_0/Res/image.png",)


# --- deviations of the field


def test_the_order_of_one_library_is_read_and_told():
    def swapped(text: str) -> str:
        begins, ends = text.index("<ofd:SignedInfo>"), text.index("</ofd:SignedInfo>") + len("</ofd:SignedInfo>")
        value, tail = text[ends:].split("</ofd:SignedValue>")
        return f"{text[:begins]}{value}</ofd:SignedValue>{text[begins:ends]}{tail}"

    found = one(sealed(spoil=swapped))
    assert (codes(found, Outcome.FAILED), codes(found)) == ([], ["ELEMENT_ORDER"])


def test_stamps_before_references_are_read_and_told():
    stamp = Sign().stamps
    found = one(
        sealed(spoil=lambda text: text.replace(stamp, "").replace("<ofd:References", f"{stamp}<ofd:References"))
    )
    assert (found.places, codes(found)) == ((Place(1, 120.0, 200.0, 40.0, 40.0),), ["ELEMENT_ORDER"])


def test_a_provider_in_child_elements_is_read_and_told():
    provider = "<ofd:Provider><ofd:ProviderName>iOFD</ofd:ProviderName></ofd:Provider>"
    assert codes(one(sealed(provider=provider))) == ["PROVIDER_FORM"]


def test_the_highest_id_behind_the_lines_is_read_and_told():
    def moved(text: str) -> str:
        element = "<ofd:MaxSignId>s002</ofd:MaxSignId>"
        return text.replace(element, "").replace("</ofd:Signatures>", f"{element}</ofd:Signatures>")

    found = read(sealed(spoil_list=moved))
    assert codes(found) == ["LIST_ORDER"]


@pytest.mark.parametrize("identifier", ["1", "001", "0", "s1", "x"])
def test_ids_of_other_forms_are_read_and_told(identifier):
    found = read(sealed(id=identifier))
    assert [each.id for each in found.signatures] == [identifier]
    assert codes(found) == ["SIGNATURE_ID_FORM"]


def test_the_old_namespace_of_ofd_xml_is_read_and_told():
    files = document()
    files["OFD.xml"] = files["OFD.xml"].replace(NAMESPACE.encode(), OLD_NAMESPACE.encode())
    found = read(sealed(files))
    assert (len(found.signatures), codes(found)) == (1, ["NAMESPACE_FORM"])


def test_another_prefix_and_none_are_read():
    plain = sealed(spoil=lambda text: text.replace("ofd:", "").replace("xmlns:ofd", "xmlns"))
    plain["Doc_0/Signs/Sign_0/Signature.xml"] = plain[DESCRIPTION].replace(b'xmlns="', b'xmlns="')
    text = plain[DESCRIPTION].decode().replace("xmlns:ofd=", "xmlns=")
    plain[DESCRIPTION] = text.encode()
    assert codes(one(plain), Outcome.FAILED) == []


def test_relative_locations_count_from_the_file_that_mentions_them():
    files = sealed(location="Sign_0/Signature.xml", value_location="SignedValue.dat")
    found = one(files)
    assert found.value is not None
    assert codes(found) == []


def test_relative_locations_from_the_root_are_read_and_told():
    found = one(sealed(reference=lambda name: name))
    assert (codes(found, Outcome.FAILED), codes(found)) == ([], ["LOCATION_FROM_ROOT"])
    assert found.coverage.kind is CoverageKind.WHOLE


def test_locations_in_other_case_are_read_and_told():
    files = document()
    files["Doc_0/Document.xml"] = files["Doc_0/Document.xml"].replace(b"Tpls/Tpl_0", b"TPLS/TPL_0")
    found = read(sealed(files, reference=lambda name: f"/{name.upper()}"))
    assert failures(found) == []
    assert codes(found) == ["LOCATION_CASE"]
    assert codes(found.signatures[0]) == ["LOCATION_CASE"]


def test_another_file_name_of_the_value_is_read():
    assert one(sealed(value_name="SignValue.dat")).value is not None


def test_a_list_beside_the_document_is_read():
    assert one(sealed(folder="Doc_0/")).name_for_value == "/Doc_0/Sign_0/Signature.xml"


def test_ofd_xml_in_other_case_is_read_and_told():
    files = sealed(covers=lambda name: name not in {"OFD.xml", LIST})
    files["ofd.xml"] = files.pop("OFD.xml")
    found = read(files)
    assert (len(found.signatures), codes(found)) == (1, ["LOCATION_CASE"])


@pytest.mark.parametrize("codec", ["utf-16", "gb18030", "gbk", "utf-8-sig"])
def test_encodings_of_the_field_are_read(codec):
    def written(text: str) -> bytes:
        name = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(codec, codec)
        return text.replace("UTF-8", name).encode(codec)

    files = document()
    for name in ("OFD.xml", "Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml"):
        files[name] = written(files[name].decode())
    files = sealed(files) if codec != "utf-16" else _sealed_in_utf16(files, written)
    found = one(files)
    assert codes(found, Outcome.FAILED) == []
    assert found.coverage.kind is CoverageKind.WHOLE


def _sealed_in_utf16(files: Files, written) -> Files:
    plain = document()
    plain["OFD.xml"] = plain["OFD.xml"].replace(
        b"</ofd:DocBody>", f"<ofd:Signatures>/{LIST}</ofd:Signatures></ofd:DocBody>".encode()
    )
    files["OFD.xml"] = written(plain["OFD.xml"].decode())
    signed = dict(files)
    keep = signed["OFD.xml"]
    made = sealed(
        signed | {"OFD.xml": plain["OFD.xml"]},
        covers=lambda name: name not in {LIST, "OFD.xml"},
        more_references=[("/OFD.xml", SM3.of(keep))],
    )
    made["OFD.xml"] = keep
    return made


def test_the_text_codec_and_mark_of_a_file_give_its_bytes_again():
    for data in (b"<a/>", "<?xml version='1.0' encoding='GBK'?><a>证</a>".encode("gbk"), "<a>证</a>".encode("utf-16")):
        told, codec, mark = decoded(data)
        assert mark + told.encode(codec) == data


@pytest.mark.parametrize(
    "data",
    [
        b"<a>\xff</a>",
        "<a/>".encode("utf-32"),
        b"<?xml version='1.0' encoding='UTF-16'?><a/>",
        b"\xef\xbb\xbf<?xml version='1.0' encoding='gbk'?><a/>",
    ],
)
def test_other_encodings_are_refused(data):
    with pytest.raises(Malformed):
        Reader().parse(data)


def test_a_tag_file_that_is_no_xml_does_not_stop_anything():
    assert codes(one(sealed())) == []


# --- coverage


def test_ofd_xml_counts_as_visible_only_where_it_could_name_another_document():
    left_out: dict[str, Any] = {"covers": lambda name: name not in {"OFD.xml", LIST}}
    assert one(sealed(**left_out)).coverage.uncovered_invisible == ("/OFD.xml",)
    files = document()
    files["old.bin"] = b'<?xml version="1.0"?><Document xmlns="http://www.ofdspec.org/2016"/>'
    assert one(sealed(files, **left_out)).coverage.uncovered_visible == ("/OFD.xml",)


def test_an_entry_in_utf16_could_be_a_document_too():
    files = document()
    files["old.bin"] = "<Document/>".encode("utf-16")
    found = one(sealed(files, covers=lambda name: name not in {"OFD.xml", LIST}))
    assert found.coverage.uncovered_visible == ("/OFD.xml",)


def test_files_outside_the_tree_are_invisible_while_the_tree_is_whole():
    files = sealed()
    files["extra.bin"] = b"x"
    assert one(files).coverage.uncovered == ("/extra.bin",)
    assert one(files).coverage.uncovered_visible == ()


def test_files_outside_the_tree_are_visible_where_the_tree_cannot_be_followed():
    files = document(Doc_0__Annots__Annotations_xml=b"<broken")
    files = sealed(files)
    files["extra.bin"] = b"x"
    found = read(files)
    assert found.signatures[0].coverage.uncovered_visible == ("/extra.bin",)
    assert codes(found) == ["LOCATION_LEADS_NOWHERE"]


@pytest.mark.parametrize("name", ["Doc_0/Tags/CustomTags.xml", "Doc_0/Tags/CustomTag.xml", "OFD.xml"])
def test_what_is_known_to_show_nothing_stays_invisible_where_the_tree_cannot_be_followed(name):
    files = sealed(document(Doc_0__Annots__Annotations_xml=b"<broken"), covers=lambda each: each not in {name, LIST})
    files["extra.bin"] = b"x"
    coverage = one(files).coverage
    assert (coverage.uncovered_visible, coverage.uncovered_invisible) == (("/extra.bin",), (f"/{name}",))


def test_a_page_that_is_missing_is_told():
    found = read(sealed(document(Doc_0__Pages__Page_1__Content_xml=None)))
    assert codes(found) == ["LOCATION_LEADS_NOWHERE"]
    assert found.warnings[0].facts == {"place": "Doc_0/Document.xml", "count": 1}


def test_several_documents_have_signatures_of_their_own():
    files = document()
    files["OFD.xml"] = files["OFD.xml"].replace(
        b"</ofd:OFD>",
        b"<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>"
        b"<ofd:Signatures>/Doc_1/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>",
    )
    pages = '<ofd:Pages><ofd:Page ID="1" BaseLoc="A.xml"/><ofd:Page ID="7" BaseLoc="B.xml"/></ofd:Pages>'
    files |= {"Doc_1/Document.xml": xml("Document", pages), "Doc_1/A.xml": page("甲"), "Doc_1/B.xml": page("乙")}
    files["OFD.xml"] = files["OFD.xml"].replace(
        b"</ofd:DocBody>", f"<ofd:Signatures>/{LIST}</ofd:Signatures></ofd:DocBody>".encode(), 1
    )
    files = sealed(files)
    stamp = '<ofd:StampAnnot ID="s002" PageRef="7" Boundary="1 2 3 4"/>'
    files = sealed(files, folder="Doc_1/Signs/", stamps=stamp)
    found = read(files)
    assert [each.id for each in found.signatures] == ["1/s001", "2/s001"]
    assert found.signatures[1].places == (Place(2, 1.0, 2.0, 3.0, 4.0),)
    assert failures(found) == []
    assert "SEVERAL_DOCUMENTS" in codes(found)


# --- places


def test_a_strip_of_a_seal_across_pages_shows_where_its_clip_is():
    stamps = (
        '<ofd:StampAnnot ID="s002" PageRef="1" Boundary="190 100 40 40" Clip="0 0 20 40"/>'
        '<ofd:StampAnnot ID="s003" PageRef="2" Boundary="170 100 40 40" Clip="20 0 20 40"/>'
    )
    found = one(sealed(stamps=stamps, highest="s003"))
    assert found.places == (Place(1, 190.0, 100.0, 20.0, 40.0), Place(2, 190.0, 100.0, 20.0, 40.0))


SHEET = b"<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"


@pytest.mark.parametrize("where", ["Doc_0/Pages/Page_0/Content.xml", "Doc_0/Document.xml"])
@pytest.mark.parametrize(
    ("corner", "expected"),
    [("10 20", (110.0, 180.0)), ("-5 .5", (125.0, 199.5)), ("0.0 00", (120.0, 200.0)), ("1e9 0", (120.0, 200.0))],
)
def test_a_place_is_told_from_the_corner_of_the_sheet(where: str, corner: str, expected: tuple[float, float]):
    """The page's own sheet, or the document's where the page has none; a sheet that is none is A4 at 0 0."""
    files = document()
    own = b"<ofd:Area>" + SHEET + b"</ofd:Area>"
    if where == "Doc_0/Document.xml":
        files["Doc_0/Pages/Page_0/Content.xml"] = files["Doc_0/Pages/Page_0/Content.xml"].replace(own, b"")
    files[where] = files[where].replace(SHEET, SHEET.replace(b"0 0 ", corner.encode() + b" "))
    (place,) = one(sealed(files)).places
    assert (place.x_mm, place.y_mm, place.width_mm) == (*expected, 40.0)


# --- stripping


def test_a_number_above_all_ids_hints_at_a_signature_taken_away():
    found = read(sealed(highest="s007"))
    check = next(each for each in found.warnings if each.code == "LIST_STRIPPED_SUSPECTED")
    assert check.facts == {"declared": 7, "highest": 2}


def test_the_ids_of_stamps_count_among_the_highest():
    assert codes(read(sealed(highest="s002"))) == []
    assert codes(read(sealed(highest=""))) == []


def test_files_of_a_signature_that_no_list_names_are_told():
    files = sealed()
    files["Doc_0/Signs/Sign_9/Signature.xml"] = files[DESCRIPTION]
    files["Doc_0/elsewhere/desc.xml"] = files[DESCRIPTION]
    check = next(each for each in read(files).warnings if each.code == "SIGNATURE_ORPHANED")
    assert (check.subject, check.facts) == ("/Doc_0/Signs/Sign_9/Signature.xml", {"count": 2})


# --- the list of files


def test_a_list_of_files_is_compared_and_its_value_handed_on():
    files = sealed()
    names = "".join(f'<ofd:File ID="1" FileLoc="/{name}"/>' for name in files)
    files["OFDEntries.xml"] = xml(
        "DocEntries",
        f"<ofd:SignedValueLoc>/signedvalue.dat</ofd:SignedValueLoc><ofd:FileList>{names}</ofd:FileList>",
    )
    files["signedvalue.dat"] = b"CMS"
    opened = package(archive(files))
    told = integrity(opened.container, opened.reader)
    assert told is not None
    assert (told.value, told.unlisted, told.missing) == (b"CMS", (), ())
    assert codes(read(files), Outcome.NOT_CHECKED) == ["INTEGRITY_VALUE"]
    files["extra"] = b"x"
    check = next(each for each in read(files).warnings if each.code == "INTEGRITY_FILE_UNLISTED")
    assert (check.subject, check.facts["count"]) == ("/extra", 1)
