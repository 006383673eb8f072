"""What a receipt is made of, and the digests by which it names a request and an answer. Pure: bytes in, values out.

A use of data is an entry of the ledger, and the ledger is a Merkle tree: so the entry is the receipt's leaf, a signed
head of the ledger is a batch with one SM2 signature, and the proof that the entry is below the head is what each call
gets. Nothing has to be written for a receipt that the record of the use does not write already, and a receipt without
a record cannot be made. Heads continue each other (RFC 6962 2.1.2), which is what chains the batches.

A person's number can be guessed; a plain digest of a request would tell who was asked about. So digests are salted, and
the salt is known to this service and whoever gets the receipt. `base.ledger_check` verifies a receipt with other code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from base.canonical import Json, canonical
from base.ledger import sm3

FORM: Final = "receipt"
# Members of an entry or of its facts that a receipt repeats, so that it can be read.
STATED: Final = (
    *("usage_id", "at", "actor", "organisation", "directory", "grant", "item_code", "stage", "ground"),
    *("basis", "fields_sm3", "outcome", "rows", "request_sm3", "answer_sm3"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """A batch: the signed note, the key under which it verifies, and that key's certificate, if it has one."""

    number: int
    size: int
    root: str
    note: str
    key: str
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """How a batch continues the one before."""

    old_size: int
    old_root: str
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry of the ledger, and the way from it to the head."""

    index: int
    entry: str
    path: Sequence[bytes] = field(repr=False)


def document(leaf: Leaf, told: Mapping[str, Any], head: Head, chain: Chain | None, salt: str) -> dict[str, Any]:
    """Write a receipt that verifies alone; `told` is what the entry's bytes say."""
    whole = {**told, **told["facts"]}
    root = {"size": head.size, "root": head.root}
    linked = None
    if chain is not None:
        old = {"old_size": chain.old_size, "old_root": chain.old_root}
        linked = {**old, "new_size": head.size, "new_root": head.root, "path": [each.hex() for each in chain.path]}
    return {
        "kind": FORM,
        "statement": {name: whole[name] for name in STATED if name in whole},
        "salt": salt,
        "inclusion": {"index": leaf.index, **root, "entry": leaf.entry, "path": [each.hex() for each in leaf.path]},
        "batch": head.number,
        "consistency": linked,
        "note": head.note,
        "key": head.key,
        "certificate": head.certificate,
    }


def request_sm3(salt: str, directory: str, body: Json) -> str:
    """Digest what was asked. Raises `NotCanonical`."""
    return salted(salt, {"directory": directory, "body": body})


def fields_sm3(fields: Sequence[str]) -> str:
    """Digest the names of the items that were given: there can be a thousand."""
    return sm3(canonical(list(fields))).hex()


def salted(salt: str, value: Json) -> str:
    """Give SM3 over the salt and a value's canonical JSON. Raises `NotCanonical`."""
    return digested(salt, canonical(value))


def digested(salt: str, written: bytes) -> str:
    """Give SM3 over the salt and canonical JSON that is written already."""
    return sm3(bytes.fromhex(salt) + written).hex()
