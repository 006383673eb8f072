"""What the gateway can be told, and the part that is built from it: its keys, its limits, its way to sign receipts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from sqlalchemy import Insert
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.settings import Settings, UnusableSetting, setting
from base.web import WebSettings
from exchange.agreements.purposes import Purpose
from exchange.door import standing
from exchange.door.enumeration import Limits
from exchange.door.errors import ReceiptKeyMissing
from exchange.door.recording import Recorder
from exchange.door.usages import Use
from exchange.sources.cursors import Cursors
from exchange.sources.questions import Asked
from keys.algorithms.sm3 import HMAC_SM3
from keys.checkpoints.wiring import Checkpoints, CheckpointSettings
from keys.data_keys import DataKeys
from keys.signers.signer import Signer

SignerFor = Callable[[Session, str], Signer]


@dataclass(frozen=True)
class Touched:
    """What a use came to for one of those whom it asked for: which items were shown, under which consent."""

    holders: tuple[str, ...]
    fields: tuple[str, ...]
    outcome: str
    consent: str = ""


class Consents(Protocol):
    """Where holders' consents are on record; a room above hands in its own."""

    def standing(
        self,
        session: Session,
        by: Caller,
        directory: str,
        purpose: Purpose,
        subjects: Sequence[Sequence[Asked]],
        fields: Sequence[str],
        at: datetime,
    ) -> Sequence[str | None]:
        """Give for each subject the consent under which these items of a directory may be shown, if one stands."""
        ...

    def used(self, session: Session, consent: str, usage: str, at: datetime) -> None:
        """Count a use, in the transaction that records it; refuse it where the consent is gone by then."""
        ...

    def holders(self, session: Session, subjects: Sequence[Sequence[Asked]]) -> Sequence[tuple[str, ...]]:
        """Give for each subject under what its holder finds the use, if it names one."""
        ...

    def told(self, use: Use, touched: Sequence[Touched]) -> tuple[tuple[Insert, Mapping[str, Any]], ...]:
        """Give the rows by which holders find a use, to be written with its record."""
        ...


class NobodyAgreed:
    """Stands where no record of consents is kept: then no use that needs one is answered."""

    def standing(
        self,
        _session: Session,
        _by: Caller,
        _directory: str,
        _purpose: Purpose,
        subjects: Sequence[Sequence[Asked]],
        _fields: Sequence[str],
        _at: datetime,
    ) -> Sequence[str | None]:
        """Find none."""
        return [None] * len(subjects)

    def used(self, _session: Session, _consent: str, _usage: str, _at: datetime) -> None:
        """Nothing was found that could be used."""

    def holders(self, _session: Session, subjects: Sequence[Sequence[Asked]]) -> Sequence[tuple[str, ...]]:
        """Know none."""
        return [()] * len(subjects)

    def told(self, _use: Use, _touched: Sequence[Touched]) -> tuple[tuple[Insert, Mapping[str, Any]], ...]:
        """Tell nobody."""
        return ()


NOBODY_AGREED: Final = NobodyAgreed()
# Both hang on the master of matching hashes, which is never replaced; so they may be remembered by a process.
SUBJECTS: Final = "exchange.gateway.subjects"
SALTS: Final = "exchange.gateway.salts"
PERCENT: Final = 100
AT_LEAST_ONE: Final = (
    *("binding_days", "together", "result_rows", "result_mib", "result_days"),
    *("alarm_subjects", "alarm_unknown_percent", "alarm_fewest", "alarm_minutes"),
)


@dataclass(frozen=True)
class GatewaySettings:
    """What the gateway can be told."""

    SECTION: ClassVar[str] = "gateway"
    receipt_key: str = setting(
        "", "Id of the SM2 key in custody that signs batches of receipts; empty: that of [checkpoints]."
    )
    signatures: str = setting("when-given", "when-given | always: whether systems must sign each call (RFC 9421).")
    binding_days: int = setting(30, "Within so many days a use is bound to the case that came of it.")
    together: int = setting(16, "Calls of one process that are recorded in one transaction when they meet; 1: never.")
    result_rows: int = setting(200_000, "The most rows that one large result may have.")
    result_mib: int = setting(64, "The most MiB that one large result may have.")
    result_days: int = setting(3, "How long a large result can be downloaded.")
    # A hall of two hundred counters that look up three holders in ten minutes each asks for six hundred.
    alarm_subjects: int = setting(1000, "So many different subjects in the window raise an alarm over their caller.")
    # Holders come with their papers; whoever guesses numbers meets almost none that exist.
    alarm_unknown_percent: int = setting(50, "Such a share of subjects that are not found raises one, too.")
    alarm_fewest: int = setting(50, "Of fewer subjects than this, the share that is not found tells nothing.")
    alarm_minutes: int = setting(10, "The window in which subjects are counted; one alarm of a caller in it.")

    @property
    def alarms(self) -> Limits:
        """Give the limits beyond which a caller goes through a register instead of looking things up."""
        window = timedelta(minutes=self.alarm_minutes)
        return Limits(window, self.alarm_subjects, self.alarm_unknown_percent, self.alarm_fewest)


class KeyedHash:
    """Hashes under a key that comes of the site's master: asked of the database once a process."""

    def __init__(self, data_keys: DataKeys, purpose: str) -> None:
        self._data_keys = data_keys
        self._purpose = purpose
        self._key: bytes | None = None

    def open(self, database: Database) -> None:
        """Have the key; what a site's first hash makes of it is committed before anything is hashed with it."""
        if self._key is None:
            with database.transaction() as session:
                key = bytes.fromhex(self._data_keys.matching_hash(session, self._purpose, ""))
            self._key = key

    def of(self, value: str) -> str:
        """Give the hash of a text, 64 hexadecimal digits; `open` comes first."""
        return HMAC_SM3.tag(self._key or b"", value.encode("utf-8", "surrogatepass")).hex()


@dataclass(frozen=True)
class Gateway:
    """What calls are answered and recorded with."""

    told: GatewaySettings
    receipt_key: str
    origin: str
    signer_for: SignerFor = field(repr=False)
    data_keys: DataKeys = field(repr=False)
    subjects: KeyedHash = field(repr=False)
    salts: KeyedHash = field(repr=False)
    cursors: Cursors = field(repr=False)
    recorder: Recorder = field(repr=False)
    consents: Consents = field(repr=False, default=NOBODY_AGREED)

    def open(self, database: Database) -> None:
        """Have the keys of the hashes at hand."""
        self.subjects.open(database)
        self.salts.open(database)

    @property
    def required_receipt_key(self) -> str:
        """Give the id of the key that signs receipts. Raises `ReceiptKeyMissing`."""
        if not self.receipt_key:
            raise ReceiptKeyMissing
        return self.receipt_key


def built(
    read: Settings,
    signer_for: SignerFor,
    data_keys: DataKeys,
    checkpoints: Checkpoints,
    consents: Consents = NOBODY_AGREED,
) -> Gateway:
    """Build the part from the settings. Raises `UnusableSetting`."""
    told = read[GatewaySettings]
    if told.signatures not in {"when-given", "always"}:
        raise UnusableSetting("gateway.signatures", "when-given | always")
    for name in AT_LEAST_ONE:
        if getattr(told, name) < 1:
            raise UnusableSetting(f"gateway.{name}", "1 …")
    if told.alarm_unknown_percent > PERCENT:
        raise UnusableSetting("gateway.alarm_unknown_percent", f"1 … {PERCENT}")
    return Gateway(
        told,
        told.receipt_key or read[CheckpointSettings].key,
        checkpoints.origin,
        signer_for,
        data_keys,
        KeyedHash(data_keys, SUBJECTS),
        KeyedHash(data_keys, SALTS),
        Cursors(read[WebSettings].secret),
        Recorder(standing.gone, told.together),
        consents,
    )
