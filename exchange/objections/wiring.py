"""What objections can be told, and the part that their acts are done with."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

from sqlalchemy.orm import Session

from base.settings import Settings, setting
from exchange.objections.reading import Keys


@dataclass(frozen=True)
class ObjectionSettings:
    """What objections can be told."""

    SECTION: ClassVar[str] = "objections"
    designated: str = setting(
        "", "Code of the organisation that rules where the highest authority is itself a party; empty: nobody does."
    )


class Certificates(Protocol):
    """What is known of certificates that were used; the room above hands in its own."""

    def title(self, resource: str) -> str:
        """Name what was asked for: a type of certificate by its name."""
        ...

    def issuer(self, session: Session, usage: str, subjects: Collection[str], identifier: str) -> str | None:
        """Give who issued a certificate that this use gave, nothing where it gave no such certificate."""
        ...


class NoCertificates:
    """Stands where no certificates are kept."""

    def title(self, resource: str) -> str:
        """Give the code, for want of a name."""
        return resource

    def issuer(self, _session: Session, _usage: str, _subjects: Collection[str], _identifier: str) -> str | None:
        """Know none."""
        return None


NO_CERTIFICATES: Final = NoCertificates()


@dataclass(frozen=True)
class Objecting:
    """What objections are sealed with, who rules in the last place, and what is known of certificates."""

    keys: Keys = field(repr=False)
    designated: str = ""
    certificates: Certificates = NO_CERTIFICATES


def built(read: Settings, keys: Keys, certificates: Certificates = NO_CERTIFICATES) -> Objecting:
    """Build the part from the settings."""
    return Objecting(keys, read[ObjectionSettings].designated, certificates)
