"""A document that is no file of the library and says inside which certificate it is: is it believed?

Each story is of a document that somebody could hand in: saved anew, sealed by another, edited behind the seal.
"""

import functools
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from certs import library, present_status
from certs.copies import copies
from certs.deposits.carriers import carried
from certs.faces.typefaces import typeface
from certs.life import Step
from keys.trust import Anchor, Trust
from signing.drafts import Manner
from signing.formats.pdf.document import Pdf
from signing.policy import DEFAULT
from signing.report import Place, Verdict
from signing.report_json import dump
from signing.sealing import Order
from signing.verification import verify
from signing.verification_wiring import Verifying
from tests.builders import pdf, seals
from tests.certs.copies import house as houses
from tests.certs.copies.house import WINDOW, CopyHouse
from tests.certs.papers import HYGIENE, MARRIAGE
from tests.signing import offices

# What is looked up is the same on both databases; copies and queries run on both elsewhere.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
NOT_COVERED = "CERTIFICATE_NOT_COVERED"


@dataclass
class Desk:
    """A house of copies, and the public door of verification in front of its library."""

    house: CopyHouse

    def issued(self, form: str = "ofd", **peculiar: Any) -> tuple[str, bytes]:
        """Issue a hygiene permit; give its identifier and its file."""
        office = self.house.office
        issuer = office.issuer(forms=(form,))
        identifier = issuer.issue(office.asked(**peculiar))
        with office.database.reading() as session:
            row = library.certificate_of(session, identifier)
            (document,) = library.documents(session, office.parts.keys, row)
        return identifier, document.content

    def verified(self, document: bytes) -> dict[str, Any]:
        """Verify as the public does."""
        office = self.house.office
        trust = Trust(office.at, (Anchor(offices.authority().certificate),))
        report = dump(verify(document, "x", trust, DEFAULT, office.at))

        said = functools.partial(present_status.said, keys=office.parts.keys)
        verifying = Verifying(None, 0, library_says=said)  # type: ignore[arg-type]
        with office.database.reading() as session:
            return verifying.completed(session, report, office.at)

    def taken(self, identifier: str, step: Step) -> None:
        """Take a step in a certificate's life."""
        with self.house.office.database.transaction() as session:
            row = library.certificate_of(session, identifier, locked=True)
            library.take(session, row, step, "演示", offices.WINDOW, self.house.office.at)


@pytest.fixture
def desk(tmp_path: Path, at: datetime, database: Database) -> Desk:
    return Desk(houses.opened(database, tmp_path, at, typeface()))


def packed_anew(document: bytes, **replaced: bytes) -> bytes:
    """Save an OFD anew, as a program that keeps documents does: other bytes, the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            target.writestr(name, replaced.get(name, source.read(name)))
    return out.getvalue()


def codes(report: dict[str, Any]) -> list[str]:
    return [each["code"] for each in report["warnings"]]


def datas(**elements: str) -> str:
    pairs = "".join(f'<ofd:CustomData Name="{name}">{value}</ofd:CustomData>' for name, value in elements.items())
    return f"<ofd:CustomDatas>{pairs}</ofd:CustomDatas></ofd:DocInfo>"


def naming(elements: str, **replaced: bytes) -> dict[str, bytes]:
    """Give the files of a document that tells of itself in OFD.xml."""
    files = dict(seals.document(**replaced))
    files["OFD.xml"] = files["OFD.xml"].replace(b"</ofd:DocInfo>", elements.encode())
    return files


def sealed(files: dict[str, bytes], signer: Any, **peculiar: Any) -> bytes:
    """Seal a document by hand, under the authority that the house trusts."""
    root = offices.authority()
    people = seals.Sealers(root, root, root.issues("演示制章单位"), signer, seals.stamping(root))
    return seals.archive(seals.sealed(files, signing=seals.signing(4, people), **peculiar))


def issuers(desk: Desk) -> Any:
    return offices.signing_identity(desk.house.office.seal)


def test_a_file_that_was_saved_anew_is_known_by_the_identifier_inside(desk: Desk):
    identifier, document = desk.issued()
    report = desk.verified(packed_anew(document))
    assert (report["verdict"], report["certificate"]["source"]) == ("valid", "library:identifier")
    assert (report["certificate"]["identifier"], report["certificate"]["status"]) == (identifier, "valid")
    assert "stated" not in report["certificate"]
    desk.taken(identifier, Step.REVOKE)
    later = desk.verified(packed_anew(document))
    assert (later["verdict"], later["certificate"]["status"]) == ("valid", "revoked")


def test_a_pdf_that_got_a_revision_behind_its_seal_is_known_by_the_identifier_inside(desk: Desk):
    identifier, document = desk.issued("pdf")
    report = desk.verified(Pdf().with_validation_material(document, [offices.authority().certificate.der], [], []))
    assert (report["verdict"], report["certificate"]["source"]) == ("valid", "library:identifier")
    assert (report["certificate"]["identifier"], report["certificate"]["type"]) == (identifier, HYGIENE.code)


def test_an_identifier_that_the_seal_does_not_cover_is_not_believed(desk: Desk):
    """A seal that leaves OFD.xml out; whoever comes by writes another certificate's identifier into it."""
    identifier, _ = desk.issued()
    files = naming(datas(ZZBS=identifier, ZZLXDM=HYGIENE.code))
    report = desk.verified(sealed(files, issuers(desk), covers=lambda name: name.startswith("Doc_0/")))
    assert (report["verdict"], report["certificate"]) == ("valid", None)
    assert NOT_COVERED in codes(report)


def test_an_identifier_in_a_document_that_somebody_else_sealed_is_not_believed(desk: Desk):
    """The seal is good, and of an organ that has nothing to do with the certificate."""
    identifier, _ = desk.issued()
    files = naming(datas(ZZBS=identifier, ZZLXDM=HYGIENE.code))
    report = desk.verified(sealed(files, offices.authority().issues("别的单位")))
    assert (report["verdict"], report["certificate"]) == ("valid", None)
    assert present_status.FOREIGN in codes(report)
    assert desk.verified(sealed(files, issuers(desk)))["certificate"]["identifier"] == identifier


def test_the_identifier_written_into_a_sealed_file_makes_it_invalid(desk: Desk):
    other, _ = desk.issued()
    identifier, document = desk.issued()
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        root = archive.read("OFD.xml").replace(identifier.encode(), other.encode())
    report = desk.verified(packed_anew(document, **{"OFD.xml": root}))
    assert (report["verdict"], report["certificate"]) == ("invalid", None)


def test_metadata_changed_behind_a_pdfs_seal_say_nothing(desk: Desk):
    """The information dictionary may be changed without harm to the seal, and so may not speak."""
    identifier, _ = desk.issued()
    plain = signed_pdf(desk, pdf.document())
    info = f"<< /Title (Demonstration) /ZZBS ({identifier}) /ZZLXDM ({HYGIENE.code}) >>".encode()
    behind = desk.verified(pdf.update(plain, {pdf.INFO: info}))
    assert (behind["verdict"], behind["certificate"]) == ("valid", None)
    assert NOT_COVERED in codes(behind)
    inside = desk.verified(signed_pdf(desk, pdf.update(pdf.document(), {pdf.INFO: info})))
    assert (inside["verdict"], inside["certificate"]["identifier"]) == ("valid", identifier)


def signed_pdf(desk: Desk, document: bytes) -> bytes:
    """Seal a PDF that was made elsewhere with the issuing organ's seal."""
    office = desk.house.office
    order = Order(
        document, "x.pdf", HYGIENE.code, "issue", "320900", "演示", Manner(places=(Place(1, 20, 20, 40, 40),))
    )
    return office.issuer().sealer.seal(office.seal, order).document


def test_a_certificate_is_found_by_type_and_number_where_no_identifier_stands(desk: Desk):
    identifier, document = desk.issued()
    number = carried(document).elements["ZZBH"]
    named = sealed(naming(datas(ZZLXDM=HYGIENE.code, ZZBH=number)), issuers(desk))
    report = desk.verified(named)
    assert (report["certificate"]["identifier"], report["certificate"]["source"]) == (identifier, "library:number")
    assert report["certificate"]["status"] == "valid"
    assert number not in str(report)
    desk.issued(supersedes=identifier, act=Step.CHANGE)
    both = desk.verified(named)["certificate"]
    assert (both["status"], both["source"]) == ("unknown", "library:number")


def test_a_number_of_nothing_tells_nothing(desk: Desk):
    report = desk.verified(sealed(naming(datas(ZZLXDM=HYGIENE.code, ZZBH="没有这个号")), issuers(desk)))
    assert (report["verdict"], report["certificate"]) == ("valid", None)


@pytest.mark.parametrize(("name", "value"), [("ZZLXDM", MARRIAGE.code), ("ZZBH", "别的号")])
def test_an_identifier_with_the_type_or_number_of_another_is_not_believed(desk: Desk, name: str, value: str):
    identifier, _ = desk.issued()
    told = {"ZZBS": identifier, "ZZLXDM": HYGIENE.code, name: value}
    report = desk.verified(sealed(naming(datas(**told)), issuers(desk)))
    assert (report["verdict"], report["certificate"]) == ("valid", None)
    assert present_status.DIFFERS in codes(report)


def test_tags_of_the_objects_that_show_an_element_are_read(desk: Desk):
    """No CustomDatas: the tags name the text on the page that shows the number, and the one that shows the type."""
    identifier, document = desk.issued()
    number = carried(document).elements["ZZBH"]
    tags = (
        b'<eCert xmlns:ofd="http://www.ofdspec.org/2016"><ZZLXDM><ofd:ObjectRef PageRef="2">901</ofd:ObjectRef>'
        b"</ZZLXDM>"
        b'<ZZBH><ofd:ObjectRef PageRef="2">902</ofd:ObjectRef></ZZBH></eCert>'
    )
    files = naming("</ofd:DocInfo>", Doc_0__Tags__CustomTag_xml=tags)
    objects = "".join(
        f'<ofd:TextObject ID="{place}" Boundary="10 10 90 9" Font="30" Size="4"><ofd:TextCode X="0" Y="4">{text}'
        "</ofd:TextCode></ofd:TextObject>"
        for place, text in ((901, HYGIENE.code), (902, number))
    )
    shown = files["Doc_0/Pages/Page_1/Content.xml"].replace(b"</ofd:Layer>", f"{objects}</ofd:Layer>".encode())
    files["Doc_0/Pages/Page_1/Content.xml"] = shown
    report = desk.verified(sealed(files, issuers(desk)))
    assert (report["verdict"], report["certificate"]["identifier"]) == ("valid", identifier)
    untagged = sealed(files, issuers(desk), covers=lambda name: "/Tags/" not in name and not name.endswith("tures.xml"))
    assert desk.verified(untagged)["certificate"] is None


def test_a_copy_that_was_saved_anew_is_a_copy_still(desk: Desk):
    house = desk.house
    identifier = house.office.issue()
    answer = house.copy(identifier, form="ofd", days=3)
    with house.office.database.transaction() as session:
        document = copies.fetch(session, house.office.parts.keys, answer.token, WINDOW, house.office.at).document
    report = desk.verified(packed_anew(document))
    assert (report["certificate"]["identifier"], report["certificate"]["status"]) == (identifier, "valid")
    assert present_status.COPY in codes(report)
    assert answer.copy is not None
    house.office.at = answer.copy.expires_at
    assert present_status.EXPIRED in codes(desk.verified(packed_anew(document)))


def test_without_a_library_the_status_is_unknown(desk: Desk):
    identifier, document = desk.issued()
    office = desk.house.office
    report = verify(document, "x", Trust(office.at, (Anchor(offices.authority().certificate),)), DEFAULT, office.at)
    assert report.verdict is Verdict.VALID
    assert report.certificate is not None
    assert (report.certificate.identifier, report.certificate.status) == (identifier, "unknown")
    assert report.certificate.source.startswith(report.signatures[0].id)
    nobody = verify(document, "x", Trust(office.at), DEFAULT, office.at)
    assert (nobody.verdict, nobody.certificate) == (Verdict.INDETERMINATE, None)


def test_an_identifier_that_no_library_here_knows_stays_unknown(desk: Desk):
    files = naming(datas(ZZBS="1.2.156.3005.2.elsewhere", ZZLXDM=HYGIENE.code))
    told = desk.verified(sealed(files, issuers(desk)))["certificate"]
    assert (told["identifier"], told["status"]) == ("1.2.156.3005.2.elsewhere", "unknown")
    assert "stated" not in told
