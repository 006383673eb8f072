r"""A tree head as a value, its one written form, and its signature. Pure: a stranger verifies the same way, offline.

The form is that of signed notes as transparency logs write them (C2SP signed-note and tlog-checkpoint), with SM3 and
SM2 in it. The text is exactly five lines, each ended by a line feed:

    yinxin.example/ledger                        the ledger's name, its origin
    5120                                         how many entries, in decimal digits
    jpbrmLNNwpNo5dFf1mXEOTVzqP4S…=               the root, base64
    tree rfc6962-sm3                             the shape of the tree, so that nobody takes it for one of SHA-256
    time 2026-11-21T02:30:00.000000Z             when it was decided to sign, UTC

Then an empty line, and signature lines: "— ", the signer's name, a space, base64 of what the signer's key is known by
(4 bytes) and the signature. The ledger's own signature is SM2 with SM3 (GB/T 32918.2, identifier 1234567812345678) in
DER over the text as it stands, last line feed included. A witness's cosignature is over "cosignature/v1", a line with
its own time, and the text; its bytes hold that time as eight more before the signature.

A key is written NAME+HASH+BASE64, where BASE64 holds a tag and the 65 bytes of the point, and HASH is the first four
bytes of SM3(NAME ‖ 0A ‖ tag ‖ point) in hexadecimal digits.

Verifying: 1. the text is read in its one form; 2. it speaks of the ledger that is meant; 3. a known key of that ledger
signed it; 4. the signature is right. Whether one head continues another is asked in `keys.checkpoints.history`.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from keys.algorithms import sm2
from keys.algorithms.algorithm import PublicKey
from keys.algorithms.sm3 import SM3
from keys.checkpoints.errors import (
    CheckpointByUnknownKey,
    CheckpointForged,
    CheckpointOfAnotherLog,
    CheckpointUnreadable,
    CosignatureWrong,
    UnusableCheckpointKey,
    UnusableOrigin,
)
from keys.errors import UnusableKey

# A name, 19 digits, a root and a time are below 400 bytes; the rest is room for witnesses' signatures.
NOTE_LIMIT: Final = 16 * 1024
# C2SP signed-note lets a reader stop at some number; a ledger with more witnesses than this is not expected.
MOST_SIGNATURES: Final = 16
ORIGIN_LENGTH: Final = 200
MOST_ENTRIES: Final = 2**63 - 1
ROOT_SIZE: Final = 32
HASH_SIZE: Final = 4
POINT_SIZE: Final = 65
TIME_SIZE: Final = 8
# The end of the year 3058, in seconds since 1970: later times are a broken line, and would leave the calendar.
LATEST_TIME: Final = 1 << 35
TREE_LINE: Final = "tree rfc6962-sm3"
LOG_TAG: Final = b"\xffsm2-sm3"
WITNESS_TAG: Final = b"\xffsm2-sm3-cosignature-v1"

_NAME: Final = re.compile(r"[!-*,-~]{1,200}", re.ASCII)
# What a log or a witness may be called here; no name begins with a dot, since folders are named after logs.
_OWN_NAME: Final = re.compile(r"[0-9A-Za-z][!-*,-~]{0,199}", re.ASCII)
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SIGNATURE: Final = re.compile(r"— ([!-*,-~]{1,200}) ([A-Za-z0-9+/]{8,1024}={0,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """What is signed: which ledger had how many entries and which root, and when that was said."""

    origin: str
    size: int
    root: bytes
    at: datetime

    @property
    def text(self) -> str:
        """Write the five lines."""
        root = base64.b64encode(self.root).decode("ascii")
        return f"{self.origin}\n{self.size}\n{root}\n{TREE_LINE}\ntime {_written(self.at)}\n"

    @classmethod
    def of_text(cls, text: str) -> "Head":
        """Read the five lines; every head has one spelling. Raises `CheckpointUnreadable`."""
        lines = text.split("\n")
        if len(lines) != len(("origin", "size", "root", "tree", "time", "")) or lines[3] != TREE_LINE:
            raise CheckpointUnreadable("not-the-five-lines")
        if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MOST_ENTRIES:
            raise CheckpointUnreadable("size")
        try:
            root = base64.b64decode(lines[2], validate=True)
            head = cls(lines[0], int(lines[1]), root, datetime.fromisoformat(lines[4].removeprefix("time ")))
            told = head.text if head.at.tzinfo is not None else ""
        except (ValueError, binascii.Error, OverflowError) as error:
            raise CheckpointUnreadable("root-or-time") from error
        if told != text or len(root) != ROOT_SIZE or not _NAME.fullmatch(head.origin):
            raise CheckpointUnreadable("not-the-one-spelling")
        return head


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that signs heads (or, with the witnesses' tag, cosigns them), and whose it is."""

    name: str
    public: sm2.PublicKey
    tag: bytes = LOG_TAG

    @classmethod
    def of(cls, name: str, public: PublicKey, tag: bytes = LOG_TAG) -> "NoteKey":
        """Take a public key as a signer shows it. Raises `UnusableCheckpointKey`, `UnusableOrigin`."""
        if not isinstance(public, sm2.PublicKey):
            raise UnusableCheckpointKey(f"{public.kind}")
        return cls(required_origin(name), public, tag)

    @classmethod
    def of_text(cls, text: str) -> "NoteKey":
        """Read NAME+HASH+BASE64. Raises `UnusableCheckpointKey`."""
        name, _, rest = text.strip().partition("+")
        _, _, encoded = rest.partition("+")
        try:
            data = base64.b64decode(encoded, validate=True)
            key = cls(name, sm2.PublicKey(data[-POINT_SIZE:]), data[:-POINT_SIZE])
        except (binascii.Error, ValueError, UnusableKey) as error:
            raise UnusableCheckpointKey("not-a-key") from error
        if not _NAME.fullmatch(name) or key.tag not in (LOG_TAG, WITNESS_TAG):
            raise UnusableCheckpointKey("name-or-tag")
        if key.text != text.strip():
            raise UnusableCheckpointKey("hash-does-not-fit")
        return key

    @property
    def hash(self) -> bytes:
        """Give the four bytes by which signature lines name the key."""
        return SM3.of(self.name.encode("ascii"), b"\n", self.tag, self.public.point)[:HASH_SIZE]

    @property
    def text(self) -> str:
        """Write the key as verifiers take it."""
        encoded = base64.b64encode(self.tag + self.public.point).decode("ascii")
        return f"{self.name}+{self.hash.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature under a note: who, known by which four bytes, and the rest."""

    name: str
    key: bytes
    value: bytes

    @property
    def text(self) -> str:
        """Write the line."""
        return f"— {self.name} {base64.b64encode(self.key + self.value).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head whose signature by its ledger's key was verified; only `verified` and `sealed` make one."""

    head: Head
    line: SignatureLine

    @property
    def note(self) -> bytes:
        """Write text and signature, as everyone is shown them."""
        return f"{self.head.text}\n{self.line.text}".encode()


def verified(note: bytes, origin: str, keys: Iterable[NoteKey]) -> SignedHead:
    """Verify a note against the ledger that is meant and its known keys.

    Raises `CheckpointUnreadable`, `CheckpointOfAnotherLog`, `CheckpointByUnknownKey`, `CheckpointForged`.
    """
    head, lines = read(note)  # 1
    if head.origin != origin:  # 2
        raise CheckpointOfAnotherLog(origin, head.origin)
    known = {key.hash: key for key in keys if key.tag == LOG_TAG and key.name == origin}
    own = [line for line in lines if line.name == origin]
    line = next((each for each in own if each.key in known), None)
    if line is None:  # 3
        raise CheckpointByUnknownKey(own[0].key.hex() if own else "")
    if not sm2.verify(known[line.key].public, line.value, head.text.encode()):  # 4
        raise CheckpointForged(head.size)
    return SignedHead(head, line)


def sealed(head: Head, key: NoteKey, signature: bytes) -> SignedHead:
    """Put a signature under a head and see that it is right. Raises `CheckpointForged`."""
    note = f"{head.text}\n{SignatureLine(key.name, key.hash, signature).text}".encode()
    return verified(note, head.origin, (key,))


def read(note: bytes) -> tuple[Head, tuple[SignatureLine, ...]]:
    """Read a note in its one form; nothing is verified. Raises `CheckpointUnreadable`."""
    if len(note) > NOTE_LIMIT:
        raise CheckpointUnreadable("too-large")
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CheckpointUnreadable("not-utf-8") from error
    said, gap, signatures = text.partition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise CheckpointUnreadable("no-signatures")
    return Head.of_text(said + "\n"), signature_lines(signatures)


def signature_lines(text: str) -> tuple[SignatureLine, ...]:
    """Read signature lines. Raises `CheckpointUnreadable`."""
    lines = text.removesuffix("\n").split("\n") if text else []
    if len(lines) > MOST_SIGNATURES:
        raise CheckpointUnreadable("too-many-signatures")
    return tuple(_line(each) for each in lines)


def cosigned_text(head: Head, time: int) -> bytes:
    """Give what a witness signs: its own time in seconds since 1970, and the head."""
    return f"cosignature/v1\ntime {time}\n{head.text}".encode()


def verify_cosignature(head: Head, lines: Iterable[SignatureLine], key: NoteKey) -> datetime:
    """Find the witness's right signature among the lines and give its time. Raises `CosignatureWrong`."""
    for line in lines:
        if (line.name, line.key) == (key.name, key.hash) and key.tag == WITNESS_TAG:
            time = int.from_bytes(line.value[:TIME_SIZE])
            right = sm2.verify(key.public, line.value[TIME_SIZE:], cosigned_text(head, time))
            if right and time <= LATEST_TIME:
                return datetime.fromtimestamp(time, UTC)
    raise CosignatureWrong(key.name)


def required_origin(text: str) -> str:
    """Give the name back if a ledger or witness can be called so. Raises `UnusableOrigin`."""
    if not _OWN_NAME.fullmatch(text):
        raise UnusableOrigin(text[:ORIGIN_LENGTH])
    return text


def _line(text: str) -> SignatureLine:
    found = _SIGNATURE.fullmatch(text)
    try:
        data = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error as error:
        raise CheckpointUnreadable("signature-line") from error
    if found is None or len(data) <= HASH_SIZE:
        raise CheckpointUnreadable("signature-line")
    line = SignatureLine(found[1], data[:HASH_SIZE], data[HASH_SIZE:])
    if line.text != f"{text}\n":
        raise CheckpointUnreadable("signature-line")
    return line


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
