"""What the stories of public verification share: real processes, a trust, and the door of the API."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.db import Database
from keys.trust import Trust
from signing.routes.verifications import verification_routes
from signing.seals.seal import Version
from signing.verification_wiring import Verifying
from signing.wiring import Signing
from signing.workers.limits import WorkerLimits
from signing.workers.pool import Workers
from tests import rooms
from tests.builders import seals
from tests.rooms import Door

LIMIT = 256 * 1024
LIMITS = WorkerLimits(processes=2, seconds=30)


def trusting(session: Session, at: datetime) -> Trust:
    del session, at
    return seals.usual().trust()


def no_key(session: Session, key_id: str) -> Any:
    raise AssertionError(key_id)


def signing() -> Signing:
    return Signing(no_key, trusting, None, "", None, Version.GBT38540_2020, LIMIT)


def door(database: Database, workers: Workers, **peculiar: Any) -> Door:
    verifying = Verifying(**{"workers": workers, "document_bytes": LIMIT, **peculiar})
    return rooms.door(database, (verification_routes,), (), signing(), verifying)


@contextlib.contextmanager
def staff(limits: WorkerLimits = LIMITS, **told: Any) -> Iterator[Workers]:
    workers = Workers(limits, **told)
    try:
        yield workers
    finally:
        workers.close()
