"""An archive as verification sees it: the seals of what it holds, the manifest's signature, the time stamp. Pure.

1. The manifest's signature is a message of GB/T 35275 over the manifest; who may have signed it is judged like every
   other signature.
2. Receipts, notices, results and copies were sealed by organs: their own formats find their seals. Each is named by its
   file. What applicants handed in is theirs, and not judged here.
3. The time stamp is one of the document over manifest and signature: it proves when all of them were there, since the
   manifest names each by its SM3, so that an archive outlives the certificates of those who sealed.
4. The chains, lists and answers of the package go along with each of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from certs.filing.archives.package import MANIFEST, MEDIA_TYPE, NAME, SIGNATURE, TIME_STAMP, Package
from signing.errors import CannotSign, UnreadableDocument
from signing.formats import FORMATS
from signing.formats.format import Format, FoundDocument, FoundSignature, Prepared, Wanted
from signing.report import Coverage, CoverageKind

MANIFEST_SIGNED: Final = "manifest"
STAMPED: Final = "timestamp"
# Whose files were sealed by organs.
SEALED: Final = ("certificates", "copies", "notices", "receipts", "results")
_WHOLE: Final = Coverage(CoverageKind.WHOLE)


@dataclass(frozen=True)
class Opened:
    """The format, for a package that was opened already."""

    package: Package

    @property
    def name(self) -> str:
        """Give the name in reports."""
        return NAME

    @property
    def media_type(self) -> str:
        """Give the media type."""
        return MEDIA_TYPE

    def recognises(self, data: bytes) -> bool:
        """Take the bytes: they were looked at when the package was opened."""
        del data
        return True

    def prepare(self, data: bytes, wanted: Wanted) -> Prepared:
        """Refuse: nothing is added to an archive. Raises `CannotSign`."""
        del data, wanted
        raise CannotSign(NAME, "archive")

    def read(self, data: bytes) -> FoundDocument:
        """Find the signatures."""
        del data
        return FoundDocument(signatures_of(self.package))


def signatures_of(package: Package) -> tuple[FoundSignature, ...]:
    """Find the signatures of an opened package; none of the manifest where it is not signed."""
    found = [*_inside(package)]
    content, value = package.files.get(MANIFEST), package.files.get(SIGNATURE)
    if content is not None and value is not None:
        view = (memoryview(content),)
        found.append(FoundSignature(MANIFEST_SIGNED, "signature", value, view, MANIFEST, (), _WHOLE))
        token = package.files.get(TIME_STAMP)
        if token is not None:
            stamped = (memoryview(content), memoryview(value))
            found.append(
                FoundSignature(STAMPED, "signature", token, stamped, TIME_STAMP, (), _WHOLE, is_document_timestamp=True)
            )
    return tuple(_accompanied(each, package) for each in found)


def form_of(name: str) -> Format | None:
    """Give the format of a file that an organ sealed, by its name."""
    folder, _, rest = name.partition("/")
    return FORMATS.get(rest.rpartition(".")[2]) if folder in SEALED else None


def _inside(package: Package) -> Iterator[FoundSignature]:
    for name, content in package.files.items():
        form = form_of(name)
        if form is None:
            continue
        try:
            found = form.read(content).signatures
        except UnreadableDocument:
            continue  # said where files are opened
        for each in found:
            base = None if each.base is None else f"{name}#{each.base}"
            yield replace(each, id=f"{name}#{each.id}", base=base)


def _accompanied(found: FoundSignature, package: Package) -> FoundSignature:
    certificates = (*package.below("signers", "cer"), *package.below("chain", "cer"))
    return replace(
        found,
        certificates=(*found.certificates, *certificates),
        lists=(*found.lists, *package.below("revocation", "crl")),
        answers=(*found.answers, *package.below("revocation", "ocsp")),
    )
