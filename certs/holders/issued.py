"""What the objections of departments need to know of certificates: their names, and who issued what a use gave."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from certs.holders.models import HolderUse
from certs.models import Certificate
from certs.queries.permission import resource_of
from certs.wiring import Certs


@dataclass(frozen=True)
class OfCertificates:
    """The certificates of this house, as `exchange.objections` asks about them."""

    parts: Certs

    def title(self, resource: str) -> str:
        """Name the type under whose code something was asked for; a code that no type has stays a code."""
        return next((each.name for each in self.parts.types.values() if resource_of(each) == resource), resource)

    def issuer(self, session: Session, usage: str, subjects: Collection[str], identifier: str) -> str | None:
        """Give who issued a certificate that this use gave to whoever asked about these holders."""
        row = session.get(Certificate, identifier)
        if row is None:
            return None
        query = select(HolderUse.usage).where(
            HolderUse.usage == usage, HolderUse.identifier == identifier, HolderUse.type == row.type
        )
        if subjects:
            query = query.where(HolderUse.holder_hash.in_(sorted(subjects)))
        return row.issuer if session.scalars(query.limit(1)).first() is not None else None
