"""What cases can be told, and the parts built from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from base.fetch import Destination, Fetch, UrlRefused
from base.notices import Webhook
from base.notices.errors import UnusableRecipient
from base.settings import Settings, UnusableSetting, setting
from certs.contents import Keys
from certs.filing.cases.numbering import NUMBERINGS, Numbering
from certs.filing.matter import Matter
from keys.signers.signer import Signer

FORM: Final = "ORGANISATION URL [SECRET]"
MatterOf = Callable[[Session, str, datetime, str], Matter]
SignerFor = Callable[[Session, str], Signer]


@dataclass(frozen=True)
class CaseSettings:
    """What cases can be told."""

    SECTION: ClassVar[str] = "cases"
    numbering: str = setting("region-date", f"How cases are numbered: {' | '.join(NUMBERINGS)}.")
    system: str = setting("", "Id of the system as which result certificates are issued; empty: the one that granted.")
    webhooks: tuple[str, ...] = setting((), f"Who is rung up when a step waits to be fetched: {FORM}.")


@dataclass(frozen=True)
class CentreSettings:
    """What can be told of the case centre (办件中心) and item centre (事项中心) that this house is a client of."""

    SECTION: ClassVar[str] = "case_centre"
    url: str = setting("", "Address of the case centre, before /projects; empty: there is none.")
    key: str = setting("", "Id of the SM2 key in custody that signs our requests; empty: they go unsigned.")
    intranet: bool = setting(False, "Whether it may stand in the networks that [fetch] opens.")
    items_url: str = setting("", "Address of the item centre, before /items; empty: there is none.")
    items_key: str = setting("", "Id of the SM2 key in custody that signs our requests there; empty: they go unsigned.")
    items_organisation: str = setting("", "Code of the organisation in whose name its matters are taken in.")


@dataclass(frozen=True)
class Centre:
    """The case centre, as it is reached."""

    url: str = field(repr=False)
    fetch: Fetch = field(repr=False)
    key: str = ""
    intranet: bool = False
    signer_for: SignerFor | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ItemCentre:
    """The item centre, as it is reached, and the organisation in whose name its matters are taken in."""

    reached: Centre = field(repr=False)
    organisation: str


@dataclass(frozen=True)
class Cases:
    """What cases work with."""

    settings: CaseSettings
    keys: Keys = field(repr=False)
    matter_of: MatterOf = field(repr=False)
    numbering: Numbering = field(default=NUMBERINGS["region-date"], repr=False)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict, repr=False)
    centre: Centre | None = None
    items: ItemCentre | None = None


def built(read: Settings, keys: Keys, matter_of: MatterOf, fetch: Fetch, signer_for: SignerFor) -> Cases:
    """Build the parts. Raises `UnusableSetting`."""
    told, centre = read[CaseSettings], read[CentreSettings]
    if told.numbering not in NUMBERINGS:
        raise UnusableSetting("cases.numbering", " | ".join(NUMBERINGS))
    webhooks = dict(_webhook(text) for text in told.webhooks)
    reached = _centre("url", centre.url, centre.key, centre, fetch, signer_for) if centre.url else None
    items = _items(centre, fetch, signer_for) if centre.items_url else None
    return Cases(told, keys, matter_of, NUMBERINGS[told.numbering], webhooks, reached, items)


def _webhook(text: str) -> tuple[str, Webhook]:
    organisation, *told = text.split()
    try:
        return organisation, Webhook(*told)
    except (TypeError, UnusableRecipient) as error:
        raise UnusableSetting("cases.webhooks", FORM) from error


def _centre(name: str, url: str, key: str, told: CentreSettings, fetch: Fetch, signer_for: SignerFor) -> Centre:
    try:
        Destination.of(url)
    except UrlRefused as error:
        raise UnusableSetting(f"case_centre.{name}", "https://…") from error
    return Centre(url.rstrip("/"), fetch, key, told.intranet, signer_for)


def _items(told: CentreSettings, fetch: Fetch, signer_for: SignerFor) -> ItemCentre:
    if not told.items_organisation:
        raise UnusableSetting("case_centre.items_organisation", "11320000…")
    return ItemCentre(
        _centre("items_url", told.items_url, told.items_key, told, fetch, signer_for), told.items_organisation
    )
