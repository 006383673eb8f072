"""A certificate as a row of a directory: that it is, whose, since when and how it stands; never what it says.

Members: `identifier`, `type`, `type_name`, `number`, `issuer`, `issuer_name`, `region`, `issued_on`, `valid_from`,
`valid_until` (9999-12-31: no end), `state`, `holding`, `supersedes`, `item_code`, `holders` (`code`, `type`, `name`,
`role`). Number and holders are personal: they stand in the record and nowhere else. A draft, a certificate of a batch
that is not published, and a paper that was only scanned are no certificates to anybody else, and do not go up.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from certs import contents
from certs.life import State, Step
from certs.models import Certificate
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs
from keys.parties.models import Organisation

NAME: Final = "certificate"
NOT_TOLD: Final = frozenset({State.TO_BE_SIGNED, State.DISCARDED, State.STAGED, State.SCANNED})


def read(session: Session, parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a certificate as it stands."""
    row = session.get(Certificate, id_)
    if row is None or State(row.state) in NOT_TOLD:
        return None
    library: Certs = parts[Certs]
    type_: CertificateType | None = library.types.get(row.type)
    said = contents.opened(session, library.keys, row.identifier, row.content)
    holders: list[Json] = [
        {"code": each.code, "type": each.type, "name": each.name, "role": each.role} for each in said.holders
    ]
    return Content(
        {
            "identifier": row.identifier,
            "type": row.type,
            "type_name": "" if type_ is None else type_.name,
            "number": said.number,
            "issuer": row.issuer,
            "issuer_name": _issuer_name(session, row.issuer, type_),
            "region": row.region,
            "issued_on": row.issued_on.isoformat(),
            "valid_from": row.valid_from.isoformat(),
            "valid_until": row.valid_until.isoformat(),
            "state": row.state,
            "holding": row.holding,
            "supersedes": row.supersedes,
            "item_code": row.item_code,
            "holders": holders,
        }
    )


def _issuer_name(session: Session, code: str, type_: CertificateType | None) -> str:
    """Name who issued; what came from a ministry that is no party here is named by the type that it defined."""
    issuer = session.get(Organisation, code)
    if issuer is not None:
        return issuer.name
    return type_.defined_by.name if type_ is not None and type_.defined_by.code == code else ""


CERTIFICATE: Final = Kind(NAME, events.each(*(f"certificate.{step.value}" for step in Step)), read)
