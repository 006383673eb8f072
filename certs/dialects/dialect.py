"""The form of a dialect of certificates: an outside request in, a wish of ours out; what came of it in, its answer out.

A dialect decides how a request is read and how an answer is written, and nothing else. Who calls is proven by the edge
(`certs.dialects.accounts`), and every wish is carried out by the same verbs as the API's (`certs.dialects.desk`): no
dialect knows a way around a grant, a quota or the record. Pure.
"""

import enum
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from base.workdays import SHANGHAI
from certs.dialects.codes import Codes
from certs.dialects.errors import DialectParameterRefused
from certs.types.certificate_type import CertificateType
from exchange.dialects.dialect import Given, Outside, Refusal, Written
from keys.algorithms.sm2 import PublicKey

LONGEST_TEXT: Final = 200
LONGEST_IDENTIFIER: Final = 200
# Begins a word that stands for a person, where a dialect swaps one for a name and a number.
PERSON_WORD: Final = "tok-"
USUAL_DAYS: Final = 7
JSON_HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
}


# --- what a request can wish for ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """A holder as a dialect names one: a code, its kind if the dialect tells it, a name if it tells one."""

    code: str = field(repr=False)
    type: str = ""
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Look:
    """Certificates that are looked up: one by its identifier, or a holder's, of a type (code or name) or of all."""

    identifier: str = ""
    holder: Named | None = None
    type: str = ""
    number: str = field(default="", repr=False)


@dataclass(frozen=True)
class Scan:
    """What a holder shows: the code, and of whom the certificates must be if the request says it."""

    code: str = field(repr=False)
    holder: Named | None = None
    type: str = ""


class Delivery(enum.Enum):
    """How a copy is handed over: by a link that works once, as content, or as pictures of its pages."""

    LINK = "link"
    CONTENT = "content"
    PICTURES = "pictures"


@dataclass(frozen=True)
class Copies:
    """Copies of what is looked up; `days` is how long they may be shown."""

    look: Look
    delivery: Delivery
    form: str = "ofd"
    days: int = USUAL_DAYS


@dataclass(frozen=True)
class Compare:
    """Particulars that are compared with a certificate."""

    type: str
    holder: Named
    number: str = field(repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Examine:
    """A document that is verified, as one of a type."""

    type: str
    document: bytes = field(repr=False)


@dataclass(frozen=True)
class Describe:
    """A type whose fields are asked for."""

    type: str


@dataclass(frozen=True)
class ListTypes:
    """The types that there are."""


@dataclass(frozen=True)
class SignIn:
    """A session is asked for; who asks has proven itself by then."""


@dataclass(frozen=True)
class Swap:
    """A person's name and number, in exchange for a word that stands for both."""

    name: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True)
class Fetch:
    """What lies under a link; looked at only where `peek`, as a picture where `pictured`, in JSON where `in_json`."""

    link: str = field(repr=False)
    peek: bool = False
    pictured: bool = False
    in_json: bool = False


Wish = Look | Scan | Copies | Compare | Examine | Describe | ListTypes | SignIn | Swap | Fetch


# --- what can come of it ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """A certificate as far as it is given; `signature` is this platform's over what it says."""

    identifier: str
    type: CertificateType
    number: str = field(repr=False)
    status: str
    data: Mapping[str, Any] = field(repr=False)
    issuer: str = ""
    issuer_name: str = ""
    signature: str = field(default="", repr=False)

    def text(self, name: str) -> str:
        """Give an element or field as text; empty where it is not given."""
        value = self.data.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Looked:
    """How looking up ended, and what was given."""

    outcome: str
    reason: str
    certificates: tuple[Certificate, ...] = ()
    usages: tuple[str, ...] = ()
    # Asked for by its identifier: then how it stands is told even where it serves no more.
    by_identifier: bool = False


@dataclass(frozen=True)
class Copy:
    """A copy that was made: under a link, or with its content."""

    certificate: Certificate
    form: str
    link: str = field(default="", repr=False)
    content: bytes = field(default=b"", repr=False)
    pictures: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Copied:
    """How asking for copies ended; `status` of the one that was asked for by its identifier."""

    outcome: str
    reason: str
    status: str = ""
    copies: tuple[Copy, ...] = ()
    usages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """How comparing ended: how the certificate stands, and to each particular yes, no or unknown."""

    outcome: str
    reason: str
    status: str = ""
    results: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Types:
    """Certificate types."""

    types: tuple[CertificateType, ...]


@dataclass(frozen=True)
class Word:
    """A word that stands for something: a session, or a person."""

    word: str = field(repr=False)


@dataclass(frozen=True)
class Handed:
    """A document that is handed over."""

    content: bytes = field(repr=False)
    media_type: str
    name: str
    in_json: bool = False


Result = Looked | Copied | Compared | Types | Word | Handed


# --- the dialect --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proof:
    """By what a request says who calls: an account's name and secret, the secret alone, a session, or a link."""

    account: str = ""
    secret: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    link: str = field(default="", repr=False)


@dataclass(frozen=True)
class Cause:
    """What a request tells of its purpose; `whole` where it tells who, where, for which matter and which case."""

    given: Given
    system: str = ""
    whole: bool = True


@dataclass(frozen=True)
class Reading:
    """What can be known when a request is read."""

    at: datetime
    elements_required: bool = False
    # Whether a type (by code or name) is of high level.
    is_high: Callable[[str], bool] = lambda _type: False


@dataclass(frozen=True)
class Asked:
    """A request that was read: what it wishes for, and what for."""

    wish: Wish
    cause: Cause


@dataclass(frozen=True)
class Writing:
    """What an answer is written with."""

    codes: Codes
    # Under this key what is secret is encrypted, where the dialect does that.
    key: PublicKey | None = None
    # Where a link of this dialect begins.
    links: str = ""


@dataclass(frozen=True)
class Operation:
    """One operation: how it is read, and how what came of it is written."""

    name: str
    read: Callable[[Outside, Reading], Asked]
    write: Callable[[Result, Writing], Written]
    methods: tuple[str, ...] = ("POST",)
    # Whether the certificates are shown by their holder, for which a system needs another scope.
    shows: Callable[[Wish], bool] = lambda wish: isinstance(wish, Scan)


@dataclass(frozen=True)
class Dialect:
    """A row of the table: its operations by their paths, who calls, and how a refusal is written."""

    name: str
    operations: Mapping[str, Operation]
    proof: Callable[[str, Outside], Proof]
    refuse: Callable[[str, Refusal, Codes], Written]
    # Whether answers are encrypted to the account.
    encrypts: bool = False
    # What this platform signs of each certificate that it gives, where the dialect has a place for a signature.
    signed: Callable[[Certificate], bytes] | None = None


# --- reading ------------------------------------------------------------------------------------------------------


def text(
    members: Mapping[str, Any], name: str, *, needed: bool = True, longest: int = LONGEST_TEXT, missing: str = "missing"
) -> str:
    """Give a text, or nothing where it may be left out. Raises `DialectParameterRefused`."""
    value = members.get(name)
    if value is None or value == "":
        if needed:
            raise DialectParameterRefused(name, missing)
        return ""
    if not isinstance(value, str) or len(value) > longest or not value.isprintable() or not value.strip():
        raise DialectParameterRefused(name, "wrong")
    return value.strip()


def code(members: Mapping[str, Any], name: str, *, needed: bool = True, missing: str = "missing") -> str:
    """Give a code with its letters written large. Raises `DialectParameterRefused`."""
    return text(members, name, needed=needed, missing=missing).upper()


def inner(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give an object that must be there. Raises `DialectParameterRefused`."""
    value = members.get(name)
    if not isinstance(value, dict):
        raise DialectParameterRefused(name, "missing" if value is None else "wrong")
    return value


def days_until(told: str, name: str, at: datetime, most: int) -> int:
    """Read until when a copy may be shown, as days from now. Raises `DialectParameterRefused`."""
    if not told:
        return USUAL_DAYS
    try:
        until = datetime.fromisoformat(told.replace("/", "-"))
    except ValueError as error:
        raise DialectParameterRefused(name, "wrong") from error
    # Told in the time of China, as everything in these dialects; a day without a time ends with the day.
    ends = until.replace(tzinfo=None) + (timedelta(days=1) if len(told) <= len("yyyy-MM-dd") else timedelta())
    now = at.astimezone(SHANGHAI).replace(tzinfo=None)
    if ends <= now:
        raise DialectParameterRefused(name, "wrong")
    return min(math.ceil((ends - now) / timedelta(days=1)), most)


def valid_ones(looked: Looked) -> tuple[Certificate, ...]:
    """Give the certificates that serve."""
    return tuple(each for each in looked.certificates if each.status == "valid")
