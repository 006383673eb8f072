"""Who asks: the value that every guarded verb is handed, and the port that finds it out.

Proving who a caller is belongs to `keys.parties`; this module only says what a proven caller looks like.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from base.errors import DomainError, Kind

ROLES = frozenset(
    "steward reviewer authority provider requester issuer seal_applicant seal_owner seal_maker seal_custodian "
    "window operator sysadmin secadmin auditor holder".split()
)
SCOPES = frozenset(
    "verify:write cert:read cert:issue cert:present seal:use data:read directory:write share:write filing:write "
    "case:write sync:admin ledger:read admin".split()
)


@dataclass(eq=False)
class NotAuthenticated(DomainError):
    """Nobody is known to be asking."""

    code = "not-authenticated"
    kind = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class NotAllowed(DomainError):
    """The caller lacks the role or scope that this act asks for."""

    needed: str
    code: ClassVar[str] = "not-allowed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class FirstStepNeeded(DomainError):
    """Before anything else the person has to finish a step of their login."""

    step: str
    code: ClassVar[str] = "first-step-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(frozen=True)
class Proof:
    """How a person proved to be themselves in this session; `pending` is what is to be done before anything else."""

    session: str
    level: int
    methods: tuple[str, ...] = ()
    second_factor_at: datetime | None = None
    pending: Literal["", "password", "second-factor"] = ""


@dataclass(frozen=True)
class Caller:
    """A proven caller: a system by its token, a person by a session, or nobody."""

    kind: Literal["anonymous", "system", "person"]
    id: str = ""
    name: str = ""
    organisation: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    proof: Proof | None = None


ANONYMOUS = Caller("anonymous")


@dataclass(frozen=True)
class Credentials:
    """What a request brings as proof, freed of HTTP."""

    authorization: str | None
    session_cookie: str | None
    csrf_token: str | None
    unsafe: bool


class Authenticator(Protocol):
    """Finds the caller behind credentials; raises `NotAuthenticated` or a refusal of its own, never guesses."""

    def __call__(self, credentials: Credentials, /) -> Caller:
        """Tell who asks; no credentials at all are `ANONYMOUS`."""
        ...


def require(caller: Caller, *, scope: str | None = None, roles: frozenset[str] = frozenset()) -> None:
    """Let a system with the scope pass, or a person with one of the roles.

    Raises `NotAuthenticated` for nobody, `FirstStepNeeded` and `NotAllowed` for anyone else.
    """
    if caller.kind == "anonymous":
        raise NotAuthenticated
    if caller.proof is not None and caller.proof.pending:
        raise FirstStepNeeded(caller.proof.pending)
    if caller.kind == "system" and scope is not None and scope in caller.scopes:
        return
    if caller.kind == "person" and caller.roles & roles:
        return
    raise NotAllowed(needed=" | ".join(sorted({scope} if scope and caller.kind == "system" else roles)))
