"""Addresses in a dialect at which one copy can be had: once, and for ten minutes, as the copy's own link.

The id has 32 hexadecimal digits, as the dialects have it, and is random; it is kept as a keyed hash. Taking the copy is
the act of `certs.copies`, under its lock, as the organisation for which the copy was made.
"""

import secrets
from datetime import datetime
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from certs.contents import Keys
from certs.copies.models import Copy
from certs.dialects.errors import NoSuchDialectLink
from certs.dialects.models import CertificateDialectAccount, CertificateDialectLink

LINKS: Final = "certs-dialect-link"
# 128 bits in the 32 digits that the dialects have.
ID_BYTES: Final = 16


def made(session: Session, keys: Keys, account: CertificateDialectAccount, copy: Copy, token: str) -> str:
    """Make the address of a copy; give its id."""
    link = secrets.token_hex(ID_BYTES)
    hashed = _hash(session, keys, account.dialect, link)
    sealed = keys.seal(session, token.encode("ascii"), _bound(hashed))
    row = CertificateDialectLink(
        id_hash=hashed, dialect=account.dialect, account=account.name, token=sealed, ends_at=copy.link_ends_at
    )
    session.add(row)
    session.flush()
    return link


def link_of(session: Session, keys: Keys, dialect: str, link: str, at: datetime) -> tuple[str, str]:
    """Give the account for which a copy was made, and the word of the copy. Raises `NoSuchDialectLink`."""
    hashed = _hash(session, keys, dialect, link)
    row = session.get(CertificateDialectLink, hashed)
    if row is None or at >= row.ends_at:
        raise NoSuchDialectLink
    return row.account, keys.open(session, row.token, _bound(hashed)).decode("ascii")


def forget(session: Session, at: datetime) -> None:
    """Forget addresses that are over."""
    over = delete(CertificateDialectLink).where(CertificateDialectLink.ends_at <= at)
    session.execute(over.execution_options(synchronize_session=False))


def _hash(session: Session, keys: Keys, dialect: str, link: str) -> str:
    return keys.matching_hash(session, LINKS, f"{dialect}:{link}")


def _bound(hashed: str) -> bytes:
    return f"certs:dialect:link:{hashed}".encode()
