"""Words that stand for something and can be read here alone: a session, or a person's name and number.

Each is sealed with the site's data key, bound to its dialect and kind, and says itself until when it is good; so every
process can read it and nothing is kept. A session ends with its account's secret: it carries the account's version.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json, canonical
from base.canonical import read as read_canonical
from base.errors import DomainError, Kind
from certs.contents import Keys
from certs.dialects.dialect import Named
from certs.dialects.errors import DialectCallerRefused, DialectParameterRefused
from certs.dialects.models import CertificateDialectAccount

SESSION, PERSON = "session", "person"
# A clerk goes on with the same person for as long as the case is open on the screen.
PERSON_LASTS: Final = timedelta(minutes=10)


def session_for(session: Session, keys: Keys, row: CertificateDialectAccount, lasts: timedelta, at: datetime) -> str:
    """Begin a session."""
    told: dict[str, Json] = {"account": row.name, "version": row.version, "until": int((at + lasts).timestamp())}
    return _sealed(session, keys, row.dialect, SESSION, told)


def session_of(session: Session, keys: Keys, dialect: str, word: str, at: datetime) -> tuple[str, int]:
    """Give the account of a session, and its version when it began. Raises `DialectCallerRefused`."""
    told = _opened(session, keys, dialect, SESSION, word)
    if told is None or at.timestamp() >= told["until"]:
        raise DialectCallerRefused
    return str(told["account"]), int(told["version"])


def person_for(session: Session, keys: Keys, row: CertificateDialectAccount, person: Named, at: datetime) -> str:
    """Make a word that stands for a person, for this account, for minutes."""
    until = int((at + PERSON_LASTS).timestamp())
    told: dict[str, Json] = {"account": row.name, "code": person.code, "name": person.name, "until": until}
    return _sealed(session, keys, row.dialect, PERSON, told)


def person_of(session: Session, keys: Keys, row: CertificateDialectAccount, word: str, at: datetime) -> Named:
    """Give the person that a word stands for. Raises `DialectParameterRefused`."""
    told = _opened(session, keys, row.dialect, PERSON, word)
    if told is None or told["account"] != row.name or at.timestamp() >= told["until"]:
        raise DialectParameterRefused("CertificateHolderCode", "wrong")
    return Named(str(told["code"]), "111", str(told["name"]))


def _sealed(session: Session, keys: Keys, dialect: str, kind: str, told: Mapping[str, Json]) -> str:
    sealed = keys.seal(session, canonical(dict(told)), _bound(dialect, kind))
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")


def _opened(session: Session, keys: Keys, dialect: str, kind: str, word: str) -> dict[str, Any] | None:
    """Open a word; nothing where it is none of ours. Raises what says that nothing can be opened now."""
    try:
        sealed = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        found: Any = read_canonical(keys.open(session, sealed, _bound(dialect, kind)))
    except (binascii.Error, ValueError):
        return None
    except DomainError as refusal:
        if refusal.kind is Kind.UNAVAILABLE:
            raise
        return None
    return dict(found)


def _bound(dialect: str, kind: str) -> bytes:
    return f"certs:dialect:{dialect}:{kind}".encode()
