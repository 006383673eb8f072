"""The validation report of ETSI TS 119 102-2: elements in the schema's order, for every verdict and both formats."""

import base64
import xml.etree.ElementTree as ET

import pytest

from keys.trust import Trust
from signing import etsi
from signing.etsi import MAIN, NAMESPACE
from signing.policy import DEFAULT
from signing.report import Indication
from signing.verification import examine
from tests.builders import seals
from tests.builders.pki import AT
from tests.builders.seals import SIGNED_AT, usual
from tests.keys.algorithms.samples import vectors

# The order of the elements in the schema v1.2.1; the parts that are written here.
ORDER = {
    "ValidationReport": ["SignatureValidationReport", "SignatureValidationObjects"],
    "SignatureValidationReport": [
        "SignatureIdentifier",
        "ValidationConstraintsEvaluationReport",
        "ValidationTimeInfo",
        "SignersDocument",
        "SignatureAttributes",
        "SignerInformation",
        "SignatureValidationStatus",
    ],
    "SignatureIdentifier": ["HashOnly", "DocHashOnly", "DAIdentifier"],
    "ValidationConstraintsEvaluationReport": ["SignatureValidationPolicy", "ValidationConstraint"],
    "SignatureValidationPolicy": ["SignaturePolicyIdentifier", "PolicyName"],
    "ValidationConstraint": [
        "ValidationConstraintIdentifier",
        "ValidationConstraintParameter",
        "ConstraintStatus",
        "ValidationStatus",
        "Indications",
    ],
    "ValidationConstraintParameter": ["Type", "Value"],
    "ConstraintStatus": ["Status"],
    "ValidationStatus": ["MainIndication", "SubIndication"],
    "ValidationTimeInfo": ["ValidationTime", "BestSignatureTime"],
    "BestSignatureTime": ["POETime", "TypeOfProof"],
    "SignersDocument": ["DigestAlgAndValue", "SignersDocumentRepresentation"],
    "DigestAlgAndValue": ["DigestMethod", "DigestValue"],
    "SignatureAttributes": ["SigningTime"],
    "SigningTime": ["Time"],
    "SignerInformation": ["SignerCertificate", "Signer"],
    "SignatureValidationStatus": ["MainIndication", "SubIndication"],
    "SignatureValidationObjects": ["ValidationObject"],
    "ValidationObject": ["ObjectType", "ValidationObjectRepresentation"],
    "ValidationObjectRepresentation": ["base64", "DigestAlgAndValue"],
}
NEEDED = {
    "SignatureValidationReport": {"SignatureValidationStatus"},
    "SignatureValidationStatus": {"MainIndication"},
    "SignersDocument": {"DigestAlgAndValue", "SignersDocumentRepresentation"},
    "ValidationConstraint": {"ValidationConstraintIdentifier", "ConstraintStatus"},
    "ValidationTimeInfo": {"ValidationTime", "BestSignatureTime"},
    "ValidationObject": {"ObjectType", "ValidationObjectRepresentation"},
}


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def check(element: ET.Element) -> None:
    name = local(element)
    names = [local(each) for each in element]
    allowed = ORDER.get(name, [])
    assert set(names) <= set(allowed), name
    assert names == sorted(names, key=allowed.index), name
    assert set(names) >= NEEDED.get(name, set()), name
    for each in element:
        check(each)


def written(document: bytes, trust: Trust | None = None) -> ET.Element:
    examination = examine(document, "演示", usual().trust() if trust is None else trust, DEFAULT, AT)
    root = ET.fromstring(etsi.write(examination))  # noqa: S314 - our own words
    check(root)
    referred = {each.attrib["VOReference"] for each in root.iter() if "VOReference" in each.attrib}
    identifiers = [each.attrib["id"] for each in root.iter(f"{{{NAMESPACE}}}ValidationObject")]
    assert referred <= set(identifiers)
    assert len(set(identifiers)) == len(identifiers)
    return root


def texts(root: ET.Element, *path: str) -> list[str | None]:
    return [each.text for each in root.findall("/".join(f"{{{NAMESPACE}}}{name}" for name in path))]


STAMPED = seals.archive(
    seals.sealed(signing=seals.signing(4, token=lambda signature: seals.token(signature, SIGNED_AT)))
)


def test_a_valid_document_is_total_passed():
    root = written(STAMPED)
    assert texts(root, "SignatureValidationReport", "SignatureValidationStatus", "MainIndication") == [
        MAIN[Indication.TOTAL_PASSED]
    ]
    assert texts(root, "SignatureValidationReport", "ValidationTimeInfo", "BestSignatureTime", "POETime") == [
        "2026-11-21T01:30:00Z"
    ]
    certificates = [
        base64.b64decode(each or "")
        for each in texts(
            root, "SignatureValidationObjects", "ValidationObject", "ValidationObjectRepresentation", "base64"
        )
    ]
    assert {usual().signer.der, usual().maker.der, usual().stamper.der} <= set(certificates)
    assert texts(root, "SignatureValidationReport", "SignerInformation", "Signer") == [
        usual().signer.certificate.subject.text
    ]


@pytest.mark.parametrize(
    ("document", "trust", "indication", "sub_indication"),
    [
        (seals.ofd(1), None, Indication.TOTAL_PASSED, None),
        (seals.ofd(), Trust(AT), Indication.INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND"),
        (seals.archive(seals.document()), None, Indication.NO_SIGNATURE_FOUND, None),
        (b"x", None, Indication.TOTAL_FAILED, None),
        (b"PK\x03\x04", None, Indication.TOTAL_FAILED, "FORMAT_FAILURE"),
    ],
    ids=["valid", "no-anchors", "unsigned", "no-document", "unreadable"],
)
def test_every_verdict_is_written(
    document: bytes, trust: Trust | None, indication: Indication, sub_indication: str | None
):
    root = written(document, trust)
    status = ("SignatureValidationReport", "SignatureValidationStatus")
    assert texts(root, *status, "MainIndication") == [MAIN[indication]]
    told = [] if sub_indication is None else [f"urn:etsi:019102:subindication:{sub_indication}"]
    assert texts(root, *status, "SubIndication") == told


def test_a_changed_document_says_which_check_failed():
    files = seals.sealed(signing=seals.signing())
    files["Doc_0/Pages/Page_0/Content.xml"] += b" "
    root = written(seals.archive(files))
    for constraint in root.iter(f"{{{NAMESPACE}}}ValidationConstraint"):
        told = {local(each): each for each in constraint}
        if (told["ValidationConstraintIdentifier"].text or "").endswith(":REF_DIGEST_MISMATCH"):
            status = told["ValidationStatus"]
            if texts(status, "SubIndication") == ["urn:etsi:019102:subindication:HASH_FAILURE"]:
                assert texts(status, "MainIndication") == ["urn:etsi:019102:mainindication:failed"]
                return
    raise AssertionError("no failed digest was told")


def test_what_xml_cannot_hold_is_left_out():
    found = seals.found(seals.value(), id="s\x00\x01\ud8001")
    document, formats = seals.holding([found])
    told = etsi.write(examine(document, "a", usual().trust(), DEFAULT, AT, formats))
    ET.fromstring(told)  # noqa: S314 - our own words


def test_a_pdf_is_written_in_the_same_way():
    root = written(vectors("pdf/20_ses_v4_adbe.pdf"))
    assert len(root.findall(f"{{{NAMESPACE}}}SignatureValidationReport")) == 1
