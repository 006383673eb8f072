"""Of which certificate a document says to be: only what stands inside that which a valid signature covers is told.

 1. Each signature has the elements that its format found inside what it covers; time stamps are nobody's word.
 2. The first valid signature whose elements name a certificate speaks, and is named with them.
 3. What the document carries of such elements beside that is not told, and a warning says so.

How the certificate stands is not known here, and whether the signer may speak for it is not either: whoever sealed a
document of their own can have written any identifier into it. Both are the library's to say.
"""

from collections.abc import Iterator, Sequence

from signing.formats.elements import COPY, IDENTIFIER, NUMBER, TYPE, names_one
from signing.formats.format import FoundDocument, FoundSignature
from signing.report import CertificateStatus, Check, SignatureReport, Stated, Verdict, warned
from signing.summaries import common_name

UNKNOWN = "unknown"


def stated(found: Sequence[FoundSignature], reports: Sequence[SignatureReport]) -> CertificateStatus | None:
    """Tell which certificate a valid signature covers the name of (steps 1 and 2)."""
    for signature, report in _valid(found, reports):
        told = signature.elements
        if names_one(told) and report.signer is not None:
            source = f"{report.id}: {common_name(report.signer.subject)}"
            own = Stated(report.id, told.get(NUMBER, ""), told.get(COPY, ""))
            return CertificateStatus(told.get(IDENTIFIER, ""), told.get(TYPE, ""), UNKNOWN, None, source, stated=own)
    return None


def warnings(found: FoundDocument, reports: Sequence[SignatureReport]) -> Iterator[Check]:
    """Warn of what names a certificate and is not covered by any valid signature (step 3)."""
    valid = list(_valid(found.signatures, reports))
    covered = [dict(signature.elements) for signature, _ in valid]
    loose = [name for name, value in found.elements.items() if not any(each.get(name) == value for each in covered)]
    if valid and loose:
        yield warned("CERTIFICATE_NOT_COVERED", "", elements=" ".join(loose))


def _valid(
    found: Sequence[FoundSignature], reports: Sequence[SignatureReport]
) -> Iterator[tuple[FoundSignature, SignatureReport]]:
    for signature, report in zip(found, reports, strict=True):
        if report.verdict is Verdict.VALID and not signature.is_document_timestamp:
            yield signature, report
