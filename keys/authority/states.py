"""Where an authority and a certificate can stand."""

from typing import Final

PROPOSED: Final = "proposed"
CONFIRMED: Final = "confirmed"
ACTIVE: Final = "active"
WITHDRAWN: Final = "withdrawn"
# An authority is proposed by one person, confirmed by another, active once its certificate is signed, then withdrawn.
STATES: Final = (PROPOSED, CONFIRMED, ACTIVE, WITHDRAWN)

WAITING: Final = "waiting"
PENDING: Final = "pending"
ISSUED: Final = "issued"
REVOKED: Final = "revoked"
CERTIFICATE_STATES: Final = (WAITING, PENDING, ISSUED, REVOKED)
