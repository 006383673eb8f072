"""What a library states of a certificate, as a value and in its one written form (canonical JSON).

The statement names the certificate and how it stood, the sealed file by its SM3, the ledger's tree head under which the
certificate's entry is proven, and SM3 of every other member of the pack. Reading writes it again and compares: a member
more or less, another spelling of a time, and it is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from base.canonical import Json, NotCanonical, canonical, read

KIND: Final = "certificate-evidence"
FORM: Final = 1
# The longest is a ledger's key, which begins with its name of up to 200 characters.
TEXT_LIMIT: Final = 512
# A statement names some hundred members at most, each with its digest.
SIZE_LIMIT: Final = 64 * 1024


class FaultyStatement(ValueError):
    """The bytes are no statement in its one form."""


@dataclass(frozen=True)
class Stated:
    """How the library has the certificate at a moment."""

    identifier: str
    type: str
    version: int
    status: str
    as_of: datetime
    superseded_by: str | None = None


@dataclass(frozen=True)
class StatedFile:
    """The sealed file."""

    format: str
    bytes: int
    sm3: str
    # The ids of the seals on it, as its seals say.
    seals: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatedHead:
    """The tree head under which the certificate's entry is proven, and the key that signs the ledger's heads."""

    origin: str
    key: str
    index: int
    size: int
    root: str


@dataclass(frozen=True)
class Statement:
    """A library's statement of a certificate."""

    id: str
    certificate: Stated
    file: StatedFile
    ledger: StatedHead
    # Who states it, and the point of the SM2 key (04 ‖ x ‖ y) that signs it.
    library: str
    library_key: str
    # As what it was asked for: holder, issuer or use; and the record of the use, where it was one.
    asked_as: str
    usage_id: str
    members: Mapping[str, str] = field(repr=False)

    @property
    def written(self) -> bytes:
        """Write the statement."""
        certificate, file, head = self.certificate, self.file, self.ledger
        told: Json = {
            "kind": KIND,
            "form": FORM,
            "id": self.id,
            "certificate": {
                "identifier": certificate.identifier,
                "type": certificate.type,
                "version": certificate.version,
                "status": certificate.status,
                "as_of": _moment(certificate.as_of),
                "superseded_by": certificate.superseded_by,
            },
            "file": {"format": file.format, "bytes": file.bytes, "sm3": file.sm3, "seals": list(file.seals)},
            "ledger": {
                "origin": head.origin,
                "key": head.key,
                "index": head.index,
                "size": head.size,
                "root": head.root,
            },
            "library": {"name": self.library, "key": self.library_key},
            "asked": {"as": self.asked_as, "usage_id": self.usage_id},
            "members": dict(self.members),
        }
        return canonical(told)


def of(content: bytes) -> Statement:
    """Read a statement. Raises `FaultyStatement`."""
    if len(content) > SIZE_LIMIT:
        raise FaultyStatement("too-large")
    try:
        told: Any = read(content)
        found = _of(told)
        same = found.written == content
    except (NotCanonical, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FaultyStatement("not-the-form") from error
    if not same or not _plain(found):
        raise FaultyStatement("not-the-one-form")
    return found


def _of(told: Any) -> Statement:
    certificate, file, ledger = told["certificate"], told["file"], told["ledger"]
    as_of = datetime.fromisoformat(certificate["as_of"])
    return Statement(
        told["id"],
        Stated(**{**certificate, "as_of": as_of}),
        StatedFile(**{**file, "seals": tuple(file["seals"])}),
        StatedHead(**ledger),
        told["library"]["name"],
        told["library"]["key"],
        told["asked"]["as"],
        told["asked"]["usage_id"],
        told["members"],
    )


def _plain(found: Statement) -> bool:
    """Tell whether every value is of its type, and short: what is written here is shown to people."""
    certificate, file, head = found.certificate, found.file, found.ledger
    texts: list[Any] = [
        *(found.id, found.library, found.library_key, found.asked_as, found.usage_id),
        *(certificate.identifier, certificate.type, certificate.status, file.format, file.sm3, head.origin, head.root),
        *(head.key, certificate.superseded_by or ""),
        *(*file.seals, *found.members, *found.members.values()),
    ]
    numbers: list[Any] = [certificate.version, file.bytes, head.index, head.size]
    are_short = all(isinstance(each, str) and len(each) <= TEXT_LIMIT and each.isprintable() for each in texts)
    return are_short and all(type(each) is int and each >= 0 for each in numbers)


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
