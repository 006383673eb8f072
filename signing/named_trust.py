"""Whom a command trusts: the files that were named, or what this site has configured."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from base.db import DatabaseUnreachable
from base.errors import DomainError
from base.program import Running
from base.schema import OldSchema
from keys import revocation_lists, trust_bundle
from keys.authority import own_trust
from keys.revocation_lists import RevocationList
from keys.trust import Trust


def named_trust(
    running: Running,
    trusted: Sequence[Path],
    lists: Sequence[Path],
    at: datetime,
    told: Callable[[DomainError], None],
) -> Trust:
    """Read what is trusted: the files named, or what this site has configured; `told` hears why that cannot be read."""
    trust = _of_files(trusted, at) if trusted else _configured(running, at, told)
    given: list[RevocationList] = []
    for file in lists:
        given.extend(revocation_lists.of_file(file.read_bytes()))
    return trust.with_material(lists=given)


def _of_files(trusted: Sequence[Path], at: datetime) -> Trust:
    named = [trust_bundle.read(file.read_bytes(), at) for file in trusted]
    trust = Trust(at, tuple(dict.fromkeys(each for one in named for each in one.anchors)))
    for one in named:
        trust = trust.with_material(one.intermediates, one.lists)
    return trust


def _configured(running: Running, at: datetime, told: Callable[[DomainError], None]) -> Trust:
    try:
        with running.database.reading() as session:
            return own_trust.trust_at(session, at)
    except (OldSchema, DatabaseUnreachable) as refusal:
        told(refusal)
        return Trust(at)
