"""A verification as the validation report of ETSI TS 119 102-2, for OFD and PDF alike.

Elements stand in the order of the schema (v1.2.1). Certificates and time stamps that came with the document are the
validation objects; every check is a constraint whose identifier is its code. SM3 has no URI in the schema's lists and
goes by its number. Nothing is decided here: the report is written down in another language.
"""

import base64
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from base.clock import rfc3339
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from signing import check_codes
from signing.judging import Judged
from signing.report import Check, Indication, Outcome, Report, SignatureReport, Verdict
from signing.verification import Examination

NAMESPACE: Final = "http://uri.etsi.org/19102/v1.2.1#"
SIGNATURES: Final = "http://www.w3.org/2000/09/xmldsig#"
DIGEST: Final = f"urn:oid:{SM3.oids[0]}"
# The schema's list of types of objects and proofs (TS 119 102-2 4.3.3, 4.2.8).
CERTIFICATE: Final = "urn:etsi:019102:validationObject:certificate"
TIMESTAMP: Final = "urn:etsi:019102:validationObject:timestamp"
SIGNED_DATA: Final = "urn:etsi:019102:validationObject:signedData"
PROVIDED: Final = "urn:etsi:019102:poetype:provided"
VALIDATED: Final = "urn:etsi:019102:poetype:validation"
MAIN: Final[Mapping[Indication, str]] = {
    Indication.TOTAL_PASSED: "urn:etsi:019102:mainindication:total-passed",
    Indication.TOTAL_FAILED: "urn:etsi:019102:mainindication:total-failed",
    Indication.INDETERMINATE: "urn:etsi:019102:mainindication:indeterminate",
    # The schema demands one signature; a document without any has a name of our own for it.
    Indication.NO_SIGNATURE_FOUND: "urn:yinxin:mainindication:no-signature-found",
}
SUB: Final = "urn:etsi:019102:subindication:"
CONSTRAINT: Final = "urn:yinxin:check:"
STATUS: Final[Mapping[Outcome, str]] = {
    Outcome.PASSED: "urn:etsi:019102:constraintStatus:applied",
    Outcome.FAILED: "urn:etsi:019102:constraintStatus:applied",
    Outcome.WARNING: "urn:etsi:019102:constraintStatus:applied",
    Outcome.NOT_CHECKED: "urn:etsi:019102:constraintStatus:disabled",
}


def write(examination: Examination) -> bytes:
    """Write the validation report of a document, in UTF-8."""
    ET.register_namespace("", NAMESPACE)
    ET.register_namespace("ds", SIGNATURES)
    report = examination.report
    root = ET.Element(_name("ValidationReport"))
    tokens, certificates = examination.tokens, examination.certificates
    if not report.signatures:
        _without_signature(root, report)
    for signature, judged in zip(report.signatures, examination.judged, strict=True):
        _signature(root, report, signature, judged)
    objects = ET.SubElement(root, _name("SignatureValidationObjects"))
    _document(objects, report)
    for certificate in certificates:
        _object(objects, _id_of(certificate), CERTIFICATE, certificate.der)
    for token in tokens:
        _object(objects, f"T-{SM3.of(token).hex()[:32]}", TIMESTAMP, token)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _without_signature(root: ET.Element, report: Report) -> None:
    holder = ET.SubElement(root, _name("SignatureValidationReport"))
    _time(holder, report, None)
    _signers_document(holder, report)
    status = ET.SubElement(holder, _name("SignatureValidationStatus"))
    _text(status, "MainIndication", MAIN[report.indication])
    if report.verdict is Verdict.UNREADABLE and report.sub_indication is not None:
        _text(status, "SubIndication", SUB + report.sub_indication)


def _signature(root: ET.Element, report: Report, signature: SignatureReport, judged: Judged) -> None:
    holder = ET.SubElement(root, _name("SignatureValidationReport"))
    identifier = ET.SubElement(holder, _name("SignatureIdentifier"), {"id": _clean(signature.id)})
    _text(identifier, "HashOnly", "false")
    _text(identifier, "DocHashOnly", "false")
    _text(identifier, "DAIdentifier", signature.id)
    _constraints(holder, report, signature.checks)
    _time(holder, report, signature.signed_at.proven)
    _signers_document(holder, report)
    claimed = signature.signed_at.claimed
    if isinstance(claimed, datetime):
        attributes = ET.SubElement(holder, _name("SignatureAttributes"))
        signing_time = ET.SubElement(attributes, _name("SigningTime"), {"Signed": "true"})
        _text(signing_time, "Time", rfc3339(claimed))
    own = _certificate_of(signature, judged)
    if signature.signer is not None and own is not None:
        information = ET.SubElement(holder, _name("SignerInformation"))
        ET.SubElement(information, _name("SignerCertificate"), {"VOReference": _id_of(own)})
        _text(information, "Signer", signature.signer.subject)
    _status(holder, signature)


def _constraints(holder: ET.Element, report: Report, checks: tuple[Check, ...]) -> None:
    evaluation = ET.SubElement(holder, _name("ValidationConstraintsEvaluationReport"))
    policy = ET.SubElement(evaluation, _name("SignatureValidationPolicy"))
    ET.SubElement(policy, _name("SignaturePolicyIdentifier"))
    _text(policy, "PolicyName", f"{report.policy_name} {report.policy_version}")
    for check in checks:
        constraint = ET.SubElement(evaluation, _name("ValidationConstraint"))
        _text(constraint, "ValidationConstraintIdentifier", CONSTRAINT + check.code)
        if check.subject:
            parameter = ET.SubElement(constraint, _name("ValidationConstraintParameter"))
            _text(parameter, "Type", CONSTRAINT + "subject")
            _text(parameter, "Value", check.subject)
        status = ET.SubElement(constraint, _name("ConstraintStatus"))
        _text(status, "Status", STATUS[check.outcome])
        if check.outcome is not Outcome.NOT_CHECKED:
            _outcome(constraint, check)
        words = check_codes.told(check)
        indications = ET.SubElement(constraint, _name("Indications"))
        indications.text = _clean(words.en)


def _outcome(constraint: ET.Element, check: Check) -> None:
    code = check_codes.codes()[check.code]
    status = ET.SubElement(constraint, _name("ValidationStatus"))
    if check.outcome is Outcome.FAILED and code.indication is not None:
        _text(status, "MainIndication", MAIN[code.indication].replace("total-", ""))
        _text(status, "SubIndication", SUB + (code.sub_indication or ""))
    else:
        _text(status, "MainIndication", "urn:etsi:019102:mainindication:passed")


def _time(holder: ET.Element, report: Report, proven: datetime | None) -> None:
    info = ET.SubElement(holder, _name("ValidationTimeInfo"))
    _text(info, "ValidationTime", rfc3339(report.verified_at))
    best = ET.SubElement(info, _name("BestSignatureTime"))
    _text(best, "POETime", rfc3339(proven or report.verified_at))
    _text(best, "TypeOfProof", PROVIDED if proven is not None else VALIDATED)


def _signers_document(holder: ET.Element, report: Report) -> None:
    document = ET.SubElement(holder, _name("SignersDocument"))
    _digest(document, report.document.sm3)
    ET.SubElement(document, _name("SignersDocumentRepresentation"), {"VOReference": "D-1"})


def _status(holder: ET.Element, signature: SignatureReport) -> None:
    status = ET.SubElement(holder, _name("SignatureValidationStatus"))
    _text(status, "MainIndication", MAIN[signature.indication])
    if signature.sub_indication is not None:
        _text(status, "SubIndication", SUB + signature.sub_indication)


def _document(objects: ET.Element, report: Report) -> None:
    held = ET.SubElement(objects, _name("ValidationObject"), {"id": "D-1"})
    _text(held, "ObjectType", SIGNED_DATA)
    representation = ET.SubElement(held, _name("ValidationObjectRepresentation"))
    _digest(representation, report.document.sm3)


def _object(objects: ET.Element, identifier: str, kind: str, data: bytes) -> None:
    held = ET.SubElement(objects, _name("ValidationObject"), {"id": identifier})
    _text(held, "ObjectType", kind)
    representation = ET.SubElement(held, _name("ValidationObjectRepresentation"))
    _text(representation, "base64", base64.b64encode(data).decode())


def _digest(holder: ET.Element, value: str) -> None:
    digest = ET.SubElement(holder, _name("DigestAlgAndValue"))
    ET.SubElement(digest, f"{{{SIGNATURES}}}DigestMethod", {"Algorithm": DIGEST})
    written = ET.SubElement(digest, f"{{{SIGNATURES}}}DigestValue")
    written.text = base64.b64encode(bytes.fromhex(value)).decode()


def _certificate_of(signature: SignatureReport, judged: Judged) -> Certificate | None:
    signer = signature.signer
    if signer is None:
        return None
    return next(
        (
            each
            for each in judged.certificates
            if each.serial_text == signer.serial and each.issuer.text == signer.issuer
        ),
        None,
    )


def _id_of(certificate: Certificate) -> str:
    return f"C-{certificate.label}"


def _text(holder: ET.Element, name: str, text: str) -> None:
    ET.SubElement(holder, _name(name)).text = _clean(text)


def _clean(text: str) -> str:
    """Leave out what XML cannot hold; names out of certificates and documents may have it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
