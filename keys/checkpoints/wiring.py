"""What the signing of tree heads can be told, and the parts that are built from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from base.errors import DomainError
from base.fetch import Destination, Fetch
from base.notices import Mail, Notice, Role, Webhook, kinds_in
from base.settings import Settings, UnusableSetting, setting
from keys.checkpoints.errors import CheckpointKeyMissing
from keys.checkpoints.head import WITNESS_TAG, NoteKey, required_origin
from keys.checkpoints.models import NAME_LENGTH
from keys.parties import wiring as parties
from keys.signers.signer import Signer
from keys.witnesses import WITNESSES
from keys.witnesses.witness import Witness, WitnessSetting

SignerFor = Callable[[Session, str], Signer]
Recipients = tuple[Mail | Webhook | Role, ...]

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
# Who sees an alarm on their pages.
ALARMED_ROLES: Final = ("secadmin", "auditor", "sysadmin")
LONGEST_MINUTES: Final = 24 * 60
INTRANET: Final = "intranet"


@dataclass(frozen=True)
class CheckpointSettings:
    """What the signing of tree heads can be told."""

    SECTION: ClassVar[str] = "checkpoints"
    key: str = setting("", "Id of the SM2 key in custody that signs the ledger's tree heads; empty: none is signed.")
    origin: str = setting("", "The ledger's name in its first heads; later ones keep it. Empty: of [parties] issuer.")
    minutes: int = setting(1, "A tree head is signed after so many minutes.")
    entries: int = setting(1000, "A tree head is signed sooner, once so many entries are new.")
    witnesses: tuple[str, ...] = setting(
        (), "NAME file:/folder | NAME https://address [FILE of its key] [intranet]; at least two are advised."
    )
    organisation: str = setting("", "Code of the organisation whose administrators and auditors see alarms.")
    alarm_mails: tuple[str, ...] = setting((), "Mail addresses that alarms are sent to.")
    alarm_webhooks: tuple[str, ...] = setting((), "Webhooks that alarms are sent to.")


@dataclass(frozen=True)
class Checkpoints:
    """What tree heads are signed with, when, and whom they are shown to."""

    key: str
    origin: str
    interval: timedelta
    entries: int
    witnesses: tuple[Witness, ...]
    recipients: Recipients
    signer_for: SignerFor

    @property
    def required_key(self) -> str:
        """Give the id of the key. Raises `CheckpointKeyMissing`."""
        if not self.key:
            raise CheckpointKeyMissing
        return self.key

    def alarm(self, **facts: str) -> Notice:
        """Write the notice of an alarm."""
        return Notice(KINDS["ledger-alarm"], facts, self.recipients)


def built(read: Settings, signer_for: SignerFor, fetch: Fetch) -> Checkpoints:
    """Build the parts; no witness is called and no key is opened yet.

    Raises `UnusableSetting`, `UnusableOrigin`, `UnusableRecipient`.
    """
    told = read[CheckpointSettings]
    if not 1 <= told.minutes <= LONGEST_MINUTES:
        raise UnusableSetting("checkpoints.minutes", f"1 … {LONGEST_MINUTES}")
    if told.entries < 1:
        raise UnusableSetting("checkpoints.entries", "1 …")
    origin = told.origin or f"{parties.built(read).issuer.partition('://')[2]}/ledger"
    return Checkpoints(
        told.key,
        required_origin(origin),
        timedelta(minutes=told.minutes),
        told.entries,
        witnesses(told, fetch),
        _recipients(told),
        signer_for,
    )


def witnesses(told: CheckpointSettings, fetch: Fetch) -> tuple[Witness, ...]:
    """Open the witnesses that the settings name. Raises `UnusableSetting`."""
    named = [witness_setting(each) for each in told.witnesses]
    if len({each.name for each in named}) != len(named):
        raise UnusableSetting("checkpoints.witnesses", "NAME …: each name once")
    return tuple(WITNESSES[urlsplit(each.url).scheme](each, fetch) for each in named)


def witness_setting(text: str) -> WitnessSetting:
    """Read one witness: a name, an address, a file with its key, and whether it stands in the intranet.

    Raises `UnusableSetting`.
    """
    name, _, rest = text.strip().partition(" ")
    url, *more = rest.split()[:3] if rest else [""]
    intranet = INTRANET in more
    files = [each for each in more if each != INTRANET]
    scheme = urlsplit(url).scheme
    try:
        required_origin(name)
        if scheme != "file":
            Destination.of(url, intranet=intranet)
        key = NoteKey.of_text(Path(files[0]).read_text(encoding="utf-8")) if files else None
    except (DomainError, OSError, UnicodeDecodeError) as error:
        raise UnusableSetting("checkpoints.witnesses", "NAME URL [KEYFILE] [intranet]") from error
    is_whole = (
        scheme in WITNESSES and len(name) <= NAME_LENGTH and len(files) <= 1 and len(rest.split()) == len(more) + 1
    )
    if not is_whole or (key is not None and key.tag != WITNESS_TAG):
        raise UnusableSetting("checkpoints.witnesses", "NAME URL [KEYFILE] [intranet]")
    return WitnessSetting(name, url, key, intranet)


def _recipients(told: CheckpointSettings) -> Recipients:
    roles = tuple(Role(told.organisation, each) for each in ALARMED_ROLES) if told.organisation else ()
    mails = tuple(Mail(each) for each in told.alarm_mails)
    return (*roles, *mails, *(Webhook(each) for each in told.alarm_webhooks))
