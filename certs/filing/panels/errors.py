"""What panels refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchPanel(DomainError):
    """There is no panel of that number or ticket, or it is not yours."""

    code: ClassVar[str] = "no-such-panel"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class PanelTicketUsed(DomainError):
    """The ticket has opened its panel already, in another window or browser."""

    code: ClassVar[str] = "panel-ticket-used"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PanelTicketOver(DomainError):
    """The minutes within which the ticket could be used are over."""

    code: ClassVar[str] = "panel-ticket-over"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PanelOver(DomainError):
    """The panel was closed, or its time is over, or it was opened in another browser."""

    code: ClassVar[str] = "panel-over"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PanelFormForeign(DomainError):
    """The form was not sent by the panel itself."""

    code: ClassVar[str] = "panel-form-foreign"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NothingToShow(DomainError):
    """There is nothing to show of this material: it is not of this panel, or nothing was found."""

    code: ClassVar[str] = "nothing-to-show"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableOrigin(DomainError):
    """What is named is no origin that a panel may stand in."""

    origin: str
    code: ClassVar[str] = "unusable-origin"
    kind: ClassVar[Kind] = Kind.MALFORMED
