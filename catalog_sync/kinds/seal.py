"""A seal as the national seal system keeps it: which it is, whose, since when and how it stands; never a key.

Members: `code` (for life), `name`, `kind`, `type` (the number inside the seal), `organisation`, `organisation_name`,
`region`, `edition`, `filing` (备案号), `maker`, `standard`, `valid_from`, `valid_until`, `picture_sm3`, `width_mm`,
`height_mm`, `seal_sm3` (of the whole sealed structure), `certificate_sm3`, `state`, `state_since`, `reason` (of what
stopped or ended it), `successor`, `changed_at`. Times are RFC 3339; digests hexadecimal.

A seal is somebody else's business once it was filed: what is applied for, agreed to or only made is not told. Told is
the edition that lives, else the last that was filed; a renewal on its way shows when it is brought into use.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json
from base.clock import rfc3339
from base.ledger import sm3
from catalog_sync.kinds import events, organisation
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from keys.parties.models import Organisation
from signing import kinds, register, seals
from signing.life import State, Step
from signing.models import Seal, SealEdition, SealStep

NAME: Final = "seal"
_LIVING: Final = frozenset({State.ACTIVE, State.SUSPENDED})
# Whose reason is told: why a seal that others met does not count any more.
_STOPPED: Final = frozenset({State.SUSPENDED, State.CANCELLED, State.REVOKED})


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a seal as it stands."""
    row = session.get(Seal, id_)
    edition = None if row is None else told_edition(register.editions(session, id_))
    if row is None or edition is None or edition.content is None:
        return None
    steps = [each for each in register.steps(session, id_) if each.edition == edition.number]
    owner = session.get(Organisation, row.owner)
    members: dict[str, Json] = {
        "code": row.id,
        "name": row.name,
        "kind": row.kind,
        "type": kinds.kind(row.kind).type,
        "organisation": row.owner,
        "organisation_name": "" if owner is None else owner.name,
        "region": row.region,
        "successor": row.successor,
        "changed_at": rfc3339(row.changed_at),
        **_made(edition, edition.content),
        **_standing(edition, steps),
    }
    return Content(members, (Subject(organisation.NAME, row.owner),))


def told_edition(editions: Sequence[SealEdition]) -> SealEdition | None:
    """Give the edition that is told: the one that lives, else the last that was filed; none before that."""
    filed = [each for each in editions if each.filing is not None]
    living = [each for each in filed if State(each.state) in _LIVING]
    return next(iter(living), filed[-1] if filed else None)


def _made(edition: SealEdition, content: bytes) -> dict[str, Json]:
    sealed = seals.read_seal(content)
    maker = sealed.maker.certificate
    return {
        "edition": edition.number,
        "filing": edition.filing,
        "maker": "" if maker is None else maker.subject.text,
        "standard": sealed.version.value,
        "valid_from": rfc3339(edition.valid_from),
        "valid_until": rfc3339(edition.valid_until),
        "picture_sm3": sm3(edition.picture).hex(),
        "width_mm": edition.width_mm,
        "height_mm": edition.height_mm,
        "seal_sm3": sm3(content).hex(),
        "certificate_sm3": "" if edition.certificate is None else sm3(edition.certificate).hex(),
    }


def _standing(edition: SealEdition, steps: Sequence[SealStep]) -> dict[str, Json]:
    last = steps[-1]
    reason = last.reason if State(edition.state) in _STOPPED else ""
    return {"state": edition.state, "state_since": rfc3339(last.at), "reason": reason}


SEAL: Final = Kind(NAME, events.each(*(f"seal.{step.value}" for step in Step)), read)
