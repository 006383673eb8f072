"""Which modules decide what is verified, and which tests are theirs: first their own, then the wider ones.

Not listed are tables of numbers (`limits`), words (`check_codes`, `errors`), values (`report`) and what only writes:
nothing is decided in them. Left out of the tests are archive bombs (measuring what they cost takes long) and what runs
on PostgreSQL.
"""

from dataclasses import dataclass
from typing import Final

_OFD: Final = "tests/signing/formats/ofd"
_PDF: Final = "tests/signing/formats/pdf"
_SIGNING: Final = "tests/signing"
_SEALS: Final = "tests/signing/seals"
_KEYS: Final = "tests/keys"
_CMS: Final = "tests/keys/cms"
_WHOLE_DOCUMENTS: Final = (
    "tests/signing/test_verification.py",
    "tests/signing/test_hostile_documents.py",
    "tests/signing/test_replay.py",
    "tests/signing/test_check_codes.py",
)


@dataclass(frozen=True)
class Area:
    """Modules with the tests that are run for them, in two rounds."""

    name: str
    folder: str
    modules: tuple[str, ...]
    own: tuple[str, ...]
    wider: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Give the modules by their paths below the root."""
        return tuple(f"{self.folder}/{each}.py" for each in self.modules)


def _under(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/test_{each}.py" for each in names)


AREAS: Final = (
    Area(
        "the gate of OFD",
        "signing/formats/ofd",
        ("gate", "zip_records", "container", "names"),
        _under(_OFD, "gate", "edges", "limits", "every_part", "answers"),
        _under(_OFD, "reading", "laws", "writing"),
    ),
    Area(
        "the readers of OFD",
        "signing/formats/ofd",
        (
            "markup",
            "locations",
            "tree",
            "package",
            "signature_list",
            "description",
            "references",
            "coverage",
            "integrity",
            "places",
            "reading",
        ),
        _under(_OFD, "reading", "edges", "limits", "every_part", "answers"),
        _under(_OFD, "gate", "laws", "writing"),
    ),
    Area(
        "the readers of PDF",
        "signing/formats/pdf",
        (
            "reading",
            "structure",
            "byte_ranges",
            "changes",
            "fields",
            "permissions",
            "places",
            "signature",
            "store",
            "view",
        ),
        _under(_PDF, "limits", "edges", "reading", "answers", "every_part"),
        _under(_PDF, "writing"),
    ),
    Area(
        "judging",
        "signing",
        (
            "judging",
            "standing",
            "signature_values",
            "signing_times",
            "values",
            "sealed_values",
            "messages",
            "verdicts",
            "policy",
        ),
        _under(_SIGNING, "judging_words", "judging", "messages", "verdicts"),
        (*_under(_SIGNING, "long_term", "every_part_of_values"), *_under(_SEALS, "answers"), *_WHOLE_DOCUMENTS),
    ),
    Area(
        "verification and replay",
        "signing",
        ("verification", "replay"),
        _under(_SIGNING, "verification", "replay"),
        _under(_SIGNING, "judging", "hostile_documents", "etsi"),
    ),
    Area(
        "seals",
        "signing/seals",
        ("__init__", "reading", "seal", "gbt38540_2020", "gmt0031_2014", "gmt0031_2025"),
        (*_under(_SEALS, "reading", "limits", "drafts", "answers"), *_under(_SIGNING, "every_part_of_values")),
        _under(_SIGNING, "judging", "verification"),
    ),
    Area(
        "chains",
        "keys",
        ("chain", "revocation", "trust", "budget", "certificates"),
        _under(_KEYS, "revocation_edges", "chain", "revocation", "certificates"),
        (*_under(_KEYS, "path_vectors", "pkits"), *_under(_SIGNING, "judging_words", "judging", "replay")),
    ),
    Area(
        "signed messages",
        "keys/cms",
        ("attributes", "ber", "numbers", "signed_data", "verification"),
        _under(_CMS, "limits", "indefinite_lengths", "reading", "verification"),
        (*_under(_CMS, "writing"), *_under(_SIGNING, "messages", "every_part_of_values", "judging_words")),
    ),
)
