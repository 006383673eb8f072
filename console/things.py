"""Where a thing is worked at: the kind by which a task or an entry of the ledger names it, and the page that shows it.

A kind without a row has no page; it is then told by its title alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import current_app, url_for


@dataclass(frozen=True)
class Shown:
    """The view of a thing, and by which argument it is named there."""

    endpoint: str
    argument: str


THINGS: Final[Mapping[str, Shown]] = {
    "certificate": Shown("officer_library.one", "identifier"),
    "demand": Shown("demand_pages.one", "demand_id"),
    "directory": Shown("directory_pages.one", "code"),
    "directory-version": Shown("directory_pages.named", "name"),
    "elevation": Shown("directory_pages.named", "name"),
    "grant": Shown("grant_pages.one", "code"),
    "grant-supply": Shown("grant_pages.one", "code"),
    "missing-report": Shown("officer_missing.one", "report"),
    "case": Shown("filing_cases.one", "number"),
    "package": Shown("filing_packages.one", "number"),
    "undertaking": Shown("filing_undertakings.named", "known"),
    "seal": Shown("officer_seals.one", "seal_id"),
    "mount": Shown("mount_pages.one", "mount_id"),
    "objection": Shown("objection_pages.one", "objection_id"),
    "objection-receiver": Shown("objection_pages.named", "name"),
    "old-stock": Shown("officer_stock.one", "batch"),
    "ticket": Shown("ticket_pages.one", "number"),
    "share-request": Shown("share_pages.one", "request_id"),
}


def address(kind: str, name: str) -> str | None:
    """Give the address of a thing's page, if it has one here."""
    row = THINGS.get(kind)
    if row is None or row.endpoint not in current_app.view_functions:
        return None
    named: dict[str, Any] = {row.argument: name}
    return url_for(row.endpoint, **named)
