"""What a certificate says, as it is kept: canonical JSON under a data key, bound to the certificate's identifier.

Codes of holders and numbers are found by keyed hashes, so that the tables can be searched by whoever has the data keys
and by nobody else.
"""

from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from base.canonical import Json, canonical, read
from certs.drafts import Content, Holder

HOLDER: Final = "certs-holder"
NUMBER: Final = "certs-number"


class Keys(Protocol):
    """What the data keys of the house do; `keys.data_keys.DataKeys` is one."""

    def seal(self, session: Session, plain: bytes, bound: bytes) -> bytes:
        """Encrypt a value, bound to its place."""
        ...

    def open(self, session: Session, sealed: bytes, bound: bytes) -> bytes:
        """Decrypt a value of that place."""
        ...

    def matching_hash(self, session: Session, purpose: str, value: str) -> str:
        """Give the text by which equal values find each other."""
        ...


def sealed(session: Session, keys: Keys, identifier: str, content: Content) -> bytes:
    """Encrypt a content."""
    told: dict[str, Json] = {
        "number": content.number,
        "holders": [
            {"code": each.code, "type": each.type, "name": each.name, "role": each.role} for each in content.holders
        ],
        "data": dict(content.data),
    }
    return keys.seal(session, canonical(told), _bound(identifier, "content"))


def opened(session: Session, keys: Keys, identifier: str, content: bytes) -> Content:
    """Decrypt a content."""
    told: Any = read(keys.open(session, content, _bound(identifier, "content")))
    return Content(told["number"], tuple(Holder(**each) for each in told["holders"]), told["data"])


def sealed_file(session: Session, keys: Keys, identifier: str, form: str, document: bytes) -> bytes:
    """Encrypt a document."""
    return keys.seal(session, document, _bound(identifier, f"file:{form}"))


def opened_file(session: Session, keys: Keys, identifier: str, form: str, content: bytes) -> bytes:
    """Decrypt a document."""
    return keys.open(session, content, _bound(identifier, f"file:{form}"))


def holder_hash(session: Session, keys: Keys, code_type: str, code: str) -> str:
    """Give the hash by which a holder's certificates are found."""
    return keys.matching_hash(session, HOLDER, f"{code_type}:{code}")


def number_hash(session: Session, keys: Keys, type_code: str, number: str) -> str:
    """Give the hash by which a number of a type is found."""
    return keys.matching_hash(session, NUMBER, f"{type_code}:{number}")


def _bound(identifier: str, what: str) -> bytes:
    return f"certs:{identifier}:{what}".encode()
