"""What is found wrong with tree heads, with the ledger they speak of, and with witnesses; each has a name of its own.

A `HistoryContradicted` is proof: two statements under this house's own key, or such a statement and the ledger, that
cannot both be true. No head is signed while one stands.
"""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


class HistoryContradicted(DomainError):
    """The root of what contradicts a signed tree head; it has no code of its own."""


@dataclass(eq=False)
class LedgerShrunk(HistoryContradicted):
    """The ledger is shorter than a signed tree head says: its end was cut off, or an older state came back."""

    size: int
    remembered: int
    code: ClassVar[str] = "ledger-shrunk"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class SplitView(HistoryContradicted):
    """Two tree heads of one size have different roots: the ledger was shown in two versions."""

    size: int
    code: ClassVar[str] = "ledger-split-view"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class HistoryRewritten(HistoryContradicted):
    """The larger tree does not continue the smaller one: entries before the signed head were changed."""

    size: int
    remembered: int
    code: ClassVar[str] = "ledger-history-rewritten"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CheckpointReplayed(DomainError):
    """The tree head that is shown is older than one that is already known."""

    size: int
    remembered: int
    code: ClassVar[str] = "checkpoint-replayed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CheckpointForged(DomainError):
    """The signature of the tree head is not right under the key that it names."""

    size: int
    code: ClassVar[str] = "checkpoint-forged"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CheckpointOfAnotherLog(DomainError):
    """The tree head speaks of another ledger."""

    expected: str
    found: str
    code: ClassVar[str] = "checkpoint-of-another-log"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CheckpointByUnknownKey(DomainError):
    """The tree head is not signed with a key that this ledger is known to have."""

    key: str
    code: ClassVar[str] = "checkpoint-by-unknown-key"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CheckpointUnreadable(DomainError):
    """These bytes are not a signed tree head in its one form."""

    reason: str
    code: ClassVar[str] = "checkpoint-unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableCheckpointKey(DomainError):
    """This text is not the verification key of a ledger or a witness, or the key is not SM2."""

    reason: str
    code: ClassVar[str] = "unusable-checkpoint-key"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableOrigin(DomainError):
    """The name of a ledger must be printable ASCII without spaces and plus signs, and not be taken."""

    origin: str
    code: ClassVar[str] = "unusable-checkpoint-origin"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoCheckpointYet(DomainError):
    """No tree head of the ledger has been signed yet."""

    code: ClassVar[str] = "no-checkpoint-yet"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchCheckpoint(DomainError):
    """There is no signed tree head of that number."""

    number: int
    code: ClassVar[str] = "no-such-checkpoint"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class CheckpointAtWork(DomainError):
    """Another process is about to sign the same tree head."""

    code: ClassVar[str] = "checkpoint-at-work"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class CheckpointsStopped(DomainError):
    """An alarm of the ledger is not settled, so no tree head is signed."""

    alarm: int
    finding: str
    code: ClassVar[str] = "checkpoints-stopped"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CheckpointKeyMissing(DomainError):
    """The settings name no key that signs tree heads."""

    code: ClassVar[str] = "checkpoint-key-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NoSuchAlarm(DomainError):
    """There is no unsettled alarm of that number."""

    number: int
    code: ClassVar[str] = "no-such-checkpoint-alarm"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class WitnessUnreachable(DomainError):
    """The witness could not be asked."""

    witness: str
    reason: str
    code: ClassVar[str] = "witness-unreachable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class WitnessRefused(DomainError):
    """The witness does not take this tree head."""

    witness: str
    reason: str
    code: ClassVar[str] = "witness-refused"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class WitnessKnowsOther(DomainError):
    """The witness remembers a tree head of another size than it was told."""

    witness: str
    size: int
    code: ClassVar[str] = "witness-knows-other"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class WitnessForgot(DomainError):
    """The witness no longer remembers a tree head that it was shown."""

    witness: str
    remembered: int
    shown: int
    code: ClassVar[str] = "witness-forgot"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CosignatureWrong(DomainError):
    """The witness's own signature is missing or not right."""

    witness: str
    code: ClassVar[str] = "witness-cosignature-wrong"
    kind: ClassVar[Kind] = Kind.CONFLICT
