"""One comparison from its beginning to its end: asked, checked for what moved meanwhile, signed, and kept.

1. The channel is not paused: who was not believed is not asked. 2. Both sides are compared; a channel that fails is
noted as any exchange that failed. 3. What moved meanwhile is set aside for the next comparison. 4. The balance of the
day is signed, and countersigned by the other side where it can. 5. All of it is kept in one transaction.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from base import clock
from base.callers import Caller
from base.canonical import NotCanonical, read
from base.db import Database
from base.workdays import local_day
from catalog_sync import channels
from catalog_sync.errors import ChannelStepNotAllowed
from catalog_sync.models import PAUSED
from catalog_sync.reconciliation import balance_document, comparing, keeping, own_side, signing
from catalog_sync.reconciliation.balance_document import Balance, Document, Signature, UnreadableBalance
from catalog_sync.reconciliation.comparing import Found
from catalog_sync.reconciliation.keeping import Asked, Signed
from catalog_sync.reconciliation.listed import Limit
from catalog_sync.reconciliation.models import Comparison
from catalog_sync.reconciliation.other_side import Countersigning
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Target
from catalog_sync.wiring import Sync

COMPARE: Final = "compare"
Now = Callable[[], datetime]


def reconcile(database: Database, sync: Sync, target: Target, by: Caller, now: Now = clock.now) -> Comparison:
    """Compare with a target and keep what came of it, also where that is nothing.

    Raises `ChannelStepNotAllowed`, and what custody and the signer raise.
    """
    asked = Asked(target.name, now(), by)
    with database.reading() as session:
        channel = channels.seen(session, target.name)
        if channel.state == PAUSED:
            raise ChannelStepNotAllowed(target.name, channel.state, COMPARE)
    try:
        found = _at_rest(database, comparing.compared(database, sync, target, now), asked)
        balance = _balance(database, sync, target, found, now)
    except (ChannelDown, ChannelRefused, HostileAnswer) as error:
        with database.transaction() as session:
            channels.heard(session, sync, channels.channel_of(session, target.name, locked=True), error, COMPARE, now())
            return keeping.keep_failure(session, asked, error.code, now())
    with database.transaction() as session:
        channels.answered(channels.channel_of(session, target.name, locked=True), now())
        return keeping.keep(session, sync, asked, found, balance, now())


def _at_rest(database: Database, found: Found, asked: Asked) -> Found:
    """Set aside what moved meanwhile (3)."""
    subjects = [each.subject for each in found.differing]
    with database.reading() as session:
        moving = frozenset(own_side.moving(session, asked.target, subjects, asked.began_at))
    named = tuple(each for each in found.differing if each.subject not in moving)
    return replace(found, differing=named, moving=moving)


def _balance(database: Database, sync: Sync, target: Target, found: Found, now: Now) -> Signed:
    """Sign the balance of the day, and have it countersigned (4)."""
    at = now()
    counts = Counter(each.difference.value for each in found.differing)
    balance = Balance(
        sync.balance_key.name if sync.balance_key else "",
        target.name,
        local_day(at).isoformat(),
        found.comparison,
        at.astimezone(UTC).isoformat(timespec="seconds"),
        found.depth.value,
        tuple(each.value for each in found.limits),
        found.here,
        found.there,
        counts,
        len(found.moving),
    )
    if sync.balance_key is None:
        return Signed(Document(balance.written, ()), (Limit.NOT_SIGNED, Limit.NOT_COUNTERSIGNED))
    with database.reading() as session:
        signer = sync.balance_key.signer(session)
    ours = signing.signature(signer, sync.balance_key.name, balance.written)
    document = Document(balance.written, (ours,))
    theirs = _countersigned(target, document, now())
    if theirs is None:
        return Signed(document, (Limit.NOT_COUNTERSIGNED,))
    return Signed(Document(balance.written, (ours, theirs)), ())


def _countersigned(target: Target, document: Document, at: datetime) -> Signature | None:
    """Have the other side sign; none where it cannot or does not agree. Raises `HostileAnswer` for a wrong one."""
    content = target.countersign(document.written, at) if isinstance(target, Countersigning) else None
    if content is None:
        return None
    try:
        theirs = balance_document.signature_of(read(content))
    except (NotCanonical, UnreadableBalance) as error:
        raise HostileAnswer(target.name, "countersignature: unreadable", content) from error
    both = Document(document.balance, (*document.signatures, theirs))
    if theirs.key == document.signatures[0].key or not balance_document.verify(both).is_of_both:
        raise HostileAnswer(target.name, "countersignature: wrong", content)
    return theirs
