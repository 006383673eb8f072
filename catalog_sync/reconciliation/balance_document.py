"""The balance of a day: what two sides held by one comparison, as it is written, signed and verified offline. Pure.

The balance is an object: who compared with whom, on which day, in which comparison, how deep; of both sides how many
rows there are, their root, and both by kind; how many things differ and how. A root or a count that nobody could tell
is left out, and `limits` says why. Signed are the line `yinxin/balance/1` and the canonical JSON of the balance, by
SM2 with SM3 in DER (GB/T 32918.2, identifier 1234567812345678); the document holds it beside its
signatures, ours first.

Verifying: 1. the document is read in its one form; 2. each signature is that of the key beside it; 3. whether those
keys are whose they say is for the reader: keys that are trusted are handed in, and each signature is told as by one of
them or not. A balance that is signed and says that the sides differ verifies: it is true that they differ.
"""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final

from base.canonical import Json, NotCanonical, canonical, read
from base.errors import DomainError, Kind
from catalog_sync.reconciliation.ranges import Part
from keys.algorithms import sm2
from keys.algorithms.sm2 import SM2_SM3
from keys.errors import UnusableKey

FORM: Final = 1
SIGNED_AS: Final = b"yinxin/balance/1\n"
# A balance of thirteen kinds weighs some kilobytes, a signature half a kilobyte.
MOST_BYTES: Final = 256 * 1024
MOST_SIGNATURES: Final = 2
LONGEST_NAME: Final = 200
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_COMPARISON: Final = re.compile(r"[0-9a-f]{32}")
_MEMBERS: Final = frozenset(
    {"form", "from", "with", "day", "comparison", "at", "depth", "limits", "here", "there", "differences", "moving"}
)


@dataclass(eq=False)
class UnreadableBalance(DomainError):
    """These bytes are no balance of a day."""

    reason: str
    code: ClassVar[str] = "sync-balance-not-readable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(frozen=True)
class Half:
    """What one side holds: how many rows and their root, in all and by kind; none of what is not known."""

    count: int | None
    root: bytes | None = None
    kinds: Mapping[str, tuple[int | None, bytes | None]] = field(default_factory=dict)

    @property
    def told(self) -> Json:
        """Give it as it is written."""
        kinds: dict[str, Json] = {kind: _told(*each) for kind, each in self.kinds.items()}
        return {**_told(self.count, self.root), "kinds": kinds}


@dataclass(frozen=True)
class Balance:
    """What was compared, and what came of it."""

    by: str
    other: str
    day: str
    comparison: str
    at: str
    depth: str
    limits: tuple[str, ...]
    here: Half
    there: Half
    differences: Mapping[str, int]
    moving: int

    @property
    def written(self) -> Mapping[str, Json]:
        """Give it as an object."""
        return {
            "form": FORM,
            "from": self.by,
            "with": self.other,
            "day": self.day,
            "comparison": self.comparison,
            "at": self.at,
            "depth": self.depth,
            "limits": list(self.limits),
            "here": self.here.told,
            "there": self.there.told,
            "differences": dict(self.differences),
            "moving": self.moving,
        }


@dataclass(frozen=True)
class Signature:
    """Who signed: by which name, with which key."""

    name: str
    key: sm2.PublicKey
    value: bytes = field(repr=False)

    @property
    def written(self) -> dict[str, Json]:
        """Give it as an object."""
        key, value = (base64.b64encode(each).decode("ascii") for each in (self.key.spki, self.value))
        return {"name": self.name, "key": key, "signature": value}


@dataclass(frozen=True)
class Document:
    """A balance as it was read, with its signatures."""

    balance: Mapping[str, Any]
    signatures: tuple[Signature, ...]

    @property
    def written(self) -> bytes:
        """Give the bytes of the document."""
        return canonical({"balance": dict(self.balance), "signatures": [each.written for each in self.signatures]})


@dataclass(frozen=True)
class Checked:
    """A signature, whether it is right, and whether it is by a key that the reader trusts."""

    name: str
    is_right: bool
    is_trusted: bool


@dataclass(frozen=True)
class Verdict:
    """What a document is worth: its signatures, whether both sides signed, and whether it says that they agree."""

    signatures: tuple[Checked, ...]
    agrees: bool

    @property
    def is_intact(self) -> bool:
        """Whether it is signed, and each signature is right."""
        return bool(self.signatures) and all(each.is_right for each in self.signatures)

    @property
    def is_of_both(self) -> bool:
        """Whether both sides signed it."""
        return self.is_intact and len(self.signatures) == MOST_SIGNATURES


def message(balance: Mapping[str, Json]) -> bytes:
    """Give what is signed."""
    return SIGNED_AS + canonical(dict(balance))


def document_of(content: bytes) -> Document:
    """Read a document. Raises `UnreadableBalance`."""
    if len(content) > MOST_BYTES:
        raise UnreadableBalance("size")
    try:
        told: Any = read(content)
    except NotCanonical as error:
        raise UnreadableBalance(error.reason) from error
    if not isinstance(told, dict) or told.keys() != {"balance", "signatures"}:
        raise UnreadableBalance("members")
    balance, signatures = told["balance"], told["signatures"]
    if not isinstance(balance, dict) or balance.keys() != _MEMBERS or balance["form"] != FORM:
        raise UnreadableBalance("balance")
    if not isinstance(signatures, list) or len(signatures) > MOST_SIGNATURES:
        raise UnreadableBalance("signatures")
    for side in ("here", "there"):
        half_of(balance[side])
    if not isinstance(balance["differences"], dict):
        raise UnreadableBalance("balance")
    if not isinstance(balance["comparison"], str) or not _COMPARISON.fullmatch(balance["comparison"]):
        raise UnreadableBalance("comparison")
    day_of(balance)
    return Document(balance, tuple(signature_of(each) for each in signatures))


def signature_of(told: object) -> Signature:
    """Read a signature. Raises `UnreadableBalance`."""
    if not isinstance(told, dict) or told.keys() != {"name", "key", "signature"}:
        raise UnreadableBalance("signature")
    if not isinstance(told["name"], str) or len(told["name"]) > LONGEST_NAME:
        raise UnreadableBalance("name")
    try:
        key, value = (base64.b64decode(told[name], validate=True) for name in ("key", "signature"))
        return Signature(told["name"], sm2.PublicKey.from_spki(key), value)
    except (TypeError, binascii.Error, ValueError, UnusableKey) as error:
        raise UnreadableBalance("signature") from error


def day_of(balance: Mapping[str, Any]) -> date:
    """Read the day of a balance. Raises `UnreadableBalance`."""
    try:
        return date.fromisoformat(balance["day"])
    except (TypeError, ValueError) as error:
        raise UnreadableBalance("day") from error


def half(count: int, root: bytes, kinds: Mapping[str, Part]) -> Half:
    """Make what one side holds from what its ranges say."""
    return Half(count, root, {kind: (each.count, each.root) for kind, each in sorted(kinds.items())})


def half_of(told: object) -> Part | None:
    """Read how many rows a side says it holds, and their root; none where it does not tell both.

    Raises `UnreadableBalance`.
    """
    if not isinstance(told, dict) or not {"kinds"} <= told.keys() <= {"count", "root", "kinds"}:
        raise UnreadableBalance("side")
    count, root = told.get("count"), told.get("root")
    if count is None or root is None:
        return None
    if not isinstance(count, int) or not isinstance(root, str) or not _HASH.fullmatch(root):
        raise UnreadableBalance("side")
    return Part(count, bytes.fromhex(root))


def verify(document: Document, trusted: Collection[sm2.PublicKey] = ()) -> Verdict:
    """Verify the signatures of a document (2 and 3)."""
    told = message(document.balance)
    checked = tuple(
        Checked(each.name, SM2_SM3.verify(each.key, each.value, told), each.key in trusted)
        for each in document.signatures
    )
    return Verdict(checked, _agrees(document.balance))


def _agrees(balance: Mapping[str, Any]) -> bool:
    here, there = (half_of(balance[side]) for side in ("here", "there"))
    return not any(balance["differences"].values()) and not balance["moving"] and (here == there or there is None)


def _told(count: int | None, root: bytes | None) -> dict[str, Json]:
    told: dict[str, Json] = {"count": count, "root": root.hex() if root is not None else None}
    return {name: each for name, each in told.items() if each is not None}
