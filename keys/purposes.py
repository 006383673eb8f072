"""What a certificate may be asked to prove, one row a purpose: the usages that allow it.

A keyUsage must be there for whatever is signed (GM/T 0015-2023 makes it mandatory) and must have one of the bits
named. An extendedKeyUsage limits where it is there: one of the numbers named, or anyExtendedKeyUsage; for time stamps
and OCSP answers it must be there and name just that (RFC 3161 2.3, RFC 6960 4.2.2.2).
"""

from dataclasses import dataclass
from typing import Final

from base.tables import laid_out
from keys.extensions import Usage
from keys.trust_errors import UnknownPurpose

ANY_USAGE: Final = "2.5.29.37.0"
CLIENT: Final = "1.3.6.1.5.5.7.3.2"
MAIL: Final = "1.3.6.1.5.5.7.3.4"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"
# The numbers under which documents were signed before RFC 9336 gave one; products still write them.
DOCUMENT_SIGNING_OF_VENDORS: Final = frozenset({"1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5"})

_SIGNING: Final = frozenset({Usage.DIGITAL_SIGNATURE, Usage.NON_REPUDIATION})
# National authorities give signers' certificates the usages of mail and log-in.
_OF_SIGNERS: Final = frozenset({CLIENT, MAIL, DOCUMENT_SIGNING, ANY_USAGE}) | DOCUMENT_SIGNING_OF_VENDORS


@dataclass(frozen=True)
class Purpose:
    """A purpose; `policies` are certificate policies of which the chain must have been issued under one."""

    name: str
    usages: frozenset[Usage] = frozenset()
    extended: frozenset[str] = frozenset()
    extended_needed: bool = False
    only_extended: bool = False
    authority: bool | None = None
    policies: frozenset[str] = frozenset()


SEAL: Final = Purpose("seal-signature", _SIGNING, _OF_SIGNERS, authority=False)
DOCUMENT: Final = Purpose("document-signature", _SIGNING, _OF_SIGNERS, authority=False)
MESSAGE: Final = Purpose(
    "message-signature", frozenset({Usage.DIGITAL_SIGNATURE}), frozenset({CLIENT, MAIL, ANY_USAGE}), authority=False
)
TIME_STAMP: Final = Purpose(
    "time-stamp", _SIGNING, frozenset({TIME_STAMPING}), extended_needed=True, only_extended=True, authority=False
)
OCSP: Final = Purpose(
    "ocsp-answer", frozenset({Usage.DIGITAL_SIGNATURE}), frozenset({OCSP_SIGNING}), extended_needed=True
)
ENCRYPTION: Final = Purpose(
    "encryption",
    frozenset({Usage.KEY_ENCIPHERMENT, Usage.DATA_ENCIPHERMENT, Usage.KEY_AGREEMENT}),
    frozenset({CLIENT, MAIL, ANY_USAGE}),
    authority=False,
)
AUTHORITY: Final = Purpose("authority", frozenset({Usage.CERT_SIGN}), authority=True)
# Path validation alone, as RFC 5280 clause 6 has it: what the certificate is used for is looked at elsewhere.
PATH_ONLY: Final = Purpose("path-only")


PURPOSES: Final = laid_out(SEAL, DOCUMENT, MESSAGE, TIME_STAMP, OCSP, ENCRYPTION, AUTHORITY, PATH_ONLY)


def purpose(name: str) -> Purpose:
    """Find a purpose by name. Raises `UnknownPurpose`."""
    found = PURPOSES.get(name)
    if found is None:
        raise UnknownPurpose(name)
    return found
