"""What the parties' verbs refuse; no fact here holds a secret, a token, a key or a person's data.

`OAuthRefusal`s also carry the error name that RFC 6749 5.2 gives them. Why a client, a token or a signature was not
believed is told as a slug, so that an honest integrator can mend it; which clients exist is never told to a stranger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from base.errors import DomainError, Kind

# --- organisations, systems, people -------------------------------------------------------------------------------


@dataclass(eq=False)
class NoSuchOrganisation(DomainError):
    """No organisation of that code is known here."""

    organisation: str
    code: ClassVar[str] = "no-such-organisation"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class OrganisationKnown(DomainError):
    """An organisation of that code is already known."""

    organisation: str
    code: ClassVar[str] = "organisation-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class OrganisationSuspended(DomainError):
    """The organisation is suspended."""

    organisation: str
    code: ClassVar[str] = "organisation-suspended"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnfitParent(DomainError):
    """The organisation cannot stand below that one."""

    organisation: str
    parent: str
    reason: str
    code: ClassVar[str] = "unfit-parent"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchSystem(DomainError):
    """No business system of that identifier is known here."""

    system: str
    code: ClassVar[str] = "no-such-system"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class SystemKnown(DomainError):
    """A business system of that identifier is already known."""

    system: str
    code: ClassVar[str] = "system-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchPerson(DomainError):
    """No such person is known here."""

    person: str
    code: ClassVar[str] = "no-such-person"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class LoginTaken(DomainError):
    """That login name belongs to someone else."""

    login: str
    code: ClassVar[str] = "login-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PartyStateConflict(DomainError):
    """The party is already in that state."""

    party: str
    state: str
    code: ClassVar[str] = "party-state-conflict"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnknownScope(DomainError):
    """There is no scope of that name."""

    scope: str
    code: ClassVar[str] = "unknown-scope"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnknownRole(DomainError):
    """There is no role of that name."""

    role: str
    code: ClassVar[str] = "unknown-role"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DutiesConflict(DomainError):
    """One account cannot hold two of the three separate duties."""

    roles: str
    code: ClassVar[str] = "duties-conflict"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class OwnRoles(DomainError):
    """Nobody grants or takes roles of their own account."""

    code: ClassVar[str] = "own-roles"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class LastOfDuty(DomainError):
    """This is the last active account with that duty."""

    role: str
    code: ClassVar[str] = "last-of-duty"
    kind: ClassVar[Kind] = Kind.CONFLICT


# --- keys of systems ----------------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnfitJwk(DomainError):
    """This is not a public key of the kinds and the form that are accepted."""

    reason: str
    code: ClassVar[str] = "unfit-jwk"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class PrivateKeyOffered(DomainError):
    """A private key was sent where a public one belongs; it must not be used any more."""

    code: ClassVar[str] = "private-key-offered"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class KeyKnown(DomainError):
    """This key, or another of the same key id, is already on record."""

    kid: str
    code: ClassVar[str] = "key-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchKey(DomainError):
    """The system has no key of that key id."""

    system: str
    kid: str
    code: ClassVar[str] = "no-such-key"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class TooManyKeys(DomainError):
    """The system has as many valid keys as it may have."""

    system: str
    limit: int
    code: ClassVar[str] = "too-many-keys"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnfitKeyPeriod(DomainError):
    """The key's period of validity is empty, over, or too long."""

    days: int
    code: ClassVar[str] = "unfit-key-period"
    kind: ClassVar[Kind] = Kind.MALFORMED


# --- tables that are taken in -------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnreadableTable(DomainError):
    """The file cannot be read as a table."""

    reason: str
    code: ClassVar[str] = "unreadable-table"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class TableTooLarge(DomainError):
    """The table is larger than what is taken in at once."""

    what: str
    limit: int
    code: ClassVar[str] = "table-too-large"
    kind: ClassVar[Kind] = Kind.TOO_LARGE


@dataclass(eq=False)
class TableRefused(DomainError):
    """The table has faults, so nothing of it was taken in."""

    faults: int
    code: ClassVar[str] = "table-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED

    def __post_init__(self) -> None:
        self.members: Mapping[str, Any] = {"errors": []}

    def with_places(self, places: Sequence[Mapping[str, Any]]) -> "TableRefused":
        """Carry the faults, each with its row, column and cell."""
        self.members = {"errors": list(places)}
        return self


# --- tokens -------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnfitJws(DomainError):
    """This text is not a signed token of the form that is read here."""

    reason: str
    code: ClassVar[str] = "unfit-jws"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class TokenRefused(DomainError):
    """The access token is not, or no longer, good."""

    reason: str
    code: ClassVar[str] = "token-refused"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class OAuthRefusal(DomainError):
    """A refusal of the token endpoint, with the name that RFC 6749 5.2 gives it."""

    error: ClassVar[str]


@dataclass(eq=False)
class MalformedTokenRequest(OAuthRefusal):
    """The request to the token endpoint is not what OAuth asks for."""

    reason: str
    code: ClassVar[str] = "malformed-token-request"
    kind: ClassVar[Kind] = Kind.MALFORMED
    error: ClassVar[str] = "invalid_request"


@dataclass(eq=False)
class ClientNotProven(OAuthRefusal):
    """The business system did not prove to be itself."""

    reason: str
    code: ClassVar[str] = "client-not-proven"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    error: ClassVar[str] = "invalid_client"


@dataclass(eq=False)
class AssertionReplayed(OAuthRefusal):
    """This client assertion was used before."""

    code: ClassVar[str] = "assertion-replayed"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    error: ClassVar[str] = "invalid_client"


@dataclass(eq=False)
class ClientSuspended(OAuthRefusal):
    """The business system or its organisation is suspended."""

    client: str
    code: ClassVar[str] = "client-suspended"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    error: ClassVar[str] = "invalid_client"


@dataclass(eq=False)
class SecretsOnlyInSandbox(OAuthRefusal):
    """Client secrets are taken in the sandbox only."""

    code: ClassVar[str] = "secrets-only-in-sandbox"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    error: ClassVar[str] = "invalid_client"


@dataclass(eq=False)
class GrantNotSupported(OAuthRefusal):
    """The token endpoint knows one grant: client_credentials."""

    grant: str
    code: ClassVar[str] = "grant-not-supported"
    kind: ClassVar[Kind] = Kind.MALFORMED
    error: ClassVar[str] = "unsupported_grant_type"


@dataclass(eq=False)
class ScopeNotGranted(OAuthRefusal):
    """The system asked for a scope that it does not hold."""

    scope: str
    code: ClassVar[str] = "scope-not-granted"
    kind: ClassVar[Kind] = Kind.MALFORMED
    error: ClassVar[str] = "invalid_scope"


@dataclass(eq=False)
class TokenKeyUnusable(DomainError):
    """The service's own token key cannot be used."""

    file: str
    reason: str
    code: ClassVar[str] = "token-key-unusable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NoSuchTokenKey(DomainError):
    """No token key of that key id is trusted."""

    kid: str
    code: ClassVar[str] = "no-such-token-key"
    kind: ClassVar[Kind] = Kind.MISSING


# --- signed requests ----------------------------------------------------------------------------------------------


@dataclass(eq=False)
class RequestNotSigned(DomainError):
    """This act asks for a signed request, and the request carries no signature."""

    code: ClassVar[str] = "request-not-signed"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class MalformedRequestSignature(DomainError):
    """The request's signature headers are not written as RFC 9421 and this service ask."""

    reason: str
    code: ClassVar[str] = "malformed-request-signature"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class RequestSignatureRefused(DomainError):
    """The request's signature does not hold."""

    reason: str
    code: ClassVar[str] = "request-signature-refused"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class ContentDigestMismatch(DomainError):
    """The body is not the one that Content-Digest tells of."""

    algorithm: str
    code: ClassVar[str] = "content-digest-mismatch"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class RequestReplayed(DomainError):
    """This signed request was received before."""

    code: ClassVar[str] = "request-replayed"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class OnlyInSandbox(DomainError):
    """This is offered in the sandbox only."""

    code: ClassVar[str] = "only-in-sandbox"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class PartnerSignatureRefused(DomainError):
    """The call is not signed as the partner's scheme asks."""

    scheme: str
    reason: str
    code: ClassVar[str] = "partner-signature-refused"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class UnfitGatewaySecret(DomainError):
    """The secret that the gateway sent cannot be opened with this application key."""

    code: ClassVar[str] = "unfit-gateway-secret"
    kind: ClassVar[Kind] = Kind.MALFORMED
