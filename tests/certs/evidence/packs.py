"""Evidence packs for tests, put together from parts: a test names the one part that is peculiar, or spoils a member."""

import functools
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from base import ledger
from base.audit import Entry, Thing
from base.canonical import canonical
from keys.algorithms import sm2
from keys.algorithms.sm3 import SM3
from keys.checkpoints.head import Head, NoteKey, sealed
from keys.trust import Trust
from signing.formats.evidence import members
from signing.formats.evidence.statement import Stated, StatedFile, StatedHead, Statement
from signing.policy import DEFAULT
from signing.report import Report
from signing.verification import verify
from tests.builders import pki, seals
from tests.builders.pki import AT, Identity
from tests.builders.seals import usual

IDENTIFIER = "1.2.156.3005.2.11100000000013039001.11320900YNX000116M.000000001.001.M"
ORIGIN = "library.example/ledger"
AS_OF = AT - timedelta(minutes=10)
STAMPED = AS_OF + timedelta(seconds=2)
Spoil = Callable[[bytes], bytes]


@functools.cache
def library() -> Identity:
    """Give the library, certified by the authority of the usual five."""
    return usual().authority.issues("演示省电子证照库")


@functools.cache
def sealed_file() -> bytes:
    return seals.ofd()


@functools.cache
def _ledger_key() -> sm2.PrivateKey:
    return sm2.PrivateKey.generated()


@dataclass(frozen=True)
class Ledger:
    """A ledger of some entries; the certificate's is one of them."""

    index: int = 5
    size: int = 13
    act: str = "certificate.sign"
    identifier: str = IDENTIFIER
    key: sm2.PrivateKey = field(default_factory=_ledger_key)

    @property
    def entries(self) -> list[bytes]:
        found = [self._entry("note", Thing("note", str(place))) for place in range(self.size)]
        found[self.index] = self._entry(self.act, Thing("certificate", self.identifier))
        return found

    def _entry(self, act: str, thing: Thing) -> bytes:
        return Entry(AT - timedelta(days=1), "system:gm", "", act, thing, outcome="done").content

    @property
    def nodes(self) -> tuple[ledger.Frontier, dict[tuple[int, int], bytes]]:
        frontier, made = ledger.append(ledger.Frontier(), map(ledger.leaf_hash, self.entries))
        return frontier, {(each.level, each.index): each.hash for each in made}

    @property
    def note_key(self) -> NoteKey:
        return NoteKey.of(ORIGIN, self.key.public)

    @property
    def root(self) -> bytes:
        return self.nodes[0].root

    @property
    def checkpoint(self) -> bytes:
        head = Head(ORIGIN, self.size, self.root, AS_OF - timedelta(minutes=1))
        return sealed(head, self.note_key, sm2.SM2_SM3.sign(self.key, head.text.encode())).note

    @property
    def proof(self) -> bytes:
        nodes = self.nodes[1]
        path = ledger.inclusion(self.index, self.size, lambda level, index: nodes[level, index])
        entry, told = self.entries[self.index].decode(), tuple(each.hex() for each in path)
        root = self.root.hex()
        return canonical(
            {"kind": "inclusion", "index": self.index, "size": self.size, "root": root, "entry": entry, "path": told}
        )


@functools.cache
def usual_ledger() -> Ledger:
    return Ledger()


@dataclass(frozen=True)
class Pack:
    """A pack by its parts."""

    file: bytes = field(default_factory=sealed_file)
    form: str = "ofd"
    by: Identity = field(default_factory=library)
    certificate: bytes | None = None
    ledger: Ledger = field(default_factory=usual_ledger)
    identifier: str = IDENTIFIER
    stated: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, bytes] = field(default_factory=dict)
    spoil_statement: Spoil = lambda content: content
    token: Callable[[bytes], bytes] = lambda stamped: seals.token(stamped, STAMPED)

    @functools.cached_property
    def named(self) -> dict[str, bytes]:
        """Give the members that the statement names."""
        chain = (usual().signer.der, usual().maker.der, usual().authority.der)
        return {
            members.MIMETYPE: members.MEDIA_TYPE.encode(),
            f"certificate.{self.form}": self.file,
            **members.numbered("chain", "cer", chain),
            "library/01.cer": self.certificate or self.by.der,
            members.PROOF: self.ledger.proof,
            members.CHECKPOINT: self.ledger.checkpoint,
            **self.more,
        }

    @functools.cached_property
    def statement(self) -> Statement:
        named, told = self.named, self.ledger
        head = StatedHead(ORIGIN, told.note_key.text, told.index, told.size, told.root.hex())
        made = Statement(
            "3f0c4fb8-0000-4000-8000-000000000001",
            Stated(self.identifier, "11100000000013039001", 2, "valid", AS_OF),
            StatedFile(self.form, len(self.file), SM3.of(self.file).hex(), ("32090000000001",)),
            head,
            "演示省电子证照库",
            _point(self.by),
            "holder",
            "",
            members.digests_of(named, named),
        )
        return replace(made, **self.stated)

    @functools.cached_property
    def files(self) -> dict[str, bytes]:
        """Give all members but the list of digests."""
        content = self.spoil_statement(self.statement.written)
        signature = pki.ALGORITHMS[self.by.key.kind].sign(self.by.key, content)
        around = {members.STATEMENT: content, members.SIGNATURE: signature}
        return {**self.named, **around, members.TIME_STAMP: self.token(content + signature)}

    @property
    def written(self) -> bytes:
        return members.written(self.files)


def _point(by: Identity) -> str:
    return by.spki[-65:].hex()


@functools.cache
def usual_pack() -> bytes:
    """Give the usual pack, the same one every time."""
    return Pack().written


def pack(**peculiar: Any) -> bytes:
    return Pack(**peculiar).written


def parts_of(data: bytes) -> dict[str, bytes]:
    """Take a pack apart, as anybody's archiver does."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(files: Mapping[str, bytes]) -> bytes:
    """Write members as they stand in the one form of the archive, sums and all; the list of digests is not mended."""
    return members.archived(files)


def judged(data: bytes, trust: Trust | None = None, at: Any = AT) -> Report:
    return verify(data, "pack.zip", usual().trust() if trust is None else trust, DEFAULT, at)
