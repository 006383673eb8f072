"""The desks: one row for each page that somebody works at. Who may sit there is said once, at the page's own guard."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from flask import current_app

from base.callers import Caller


@dataclass(frozen=True)
class Desk:
    """One entry of the navigation at work: the key of its words, the view, and the words of the group it stands in."""

    key: str
    endpoint: str
    group: str


# In the order of the navigation; rows of one group stand together.
DESKS: Final[tuple[Desk, ...]] = (
    Desk("desks.tasks", "tasks.mine", "desks.me"),
    Desk("desks.figures", "figure_pages.figures", "desks.leading"),
    Desk("desks.directories", "directory_lists.listed", "desks.data"),
    Desk("desks.reviews", "review_pages.listed", "desks.data"),
    Desk("desks.imports", "import_pages.listed", "desks.data"),
    Desk("desks.mounts", "mount_pages.listed", "desks.data"),
    Desk("desks.quality", "quality_pages.quality", "desks.data"),
    Desk("desks.usage", "quality_pages.usage", "desks.data"),
    Desk("desks.requests", "share_pages.listed", "desks.sharing"),
    Desk("desks.grants", "grant_pages.listed", "desks.sharing"),
    Desk("desks.demands", "demand_pages.listed", "desks.sharing"),
    Desk("desks.objections", "objection_pages.listed", "desks.sharing"),
    Desk("desks.tickets", "ticket_pages.listed", "desks.sharing"),
    Desk("desks.types", "officer_types.listed", "desks.certificates"),
    Desk("desks.issue", "officer_issuing.choose", "desks.certificates"),
    Desk("desks.deposit", "officer_deposits.form", "desks.certificates"),
    Desk("desks.library", "officer_library.listed", "desks.certificates"),
    Desk("desks.missing", "officer_missing.listed", "desks.certificates"),
    Desk("desks.stock", "officer_stock.listed", "desks.certificates"),
    Desk("desks.seals", "officer_seals.listed", "desks.seal_register"),
    Desk("desks.filing", "filing_desk.choose", "desks.window"),
    Desk("desks.cases", "filing_cases.listed", "desks.window"),
    Desk("desks.packages", "filing_packages.listed", "desks.window"),
    Desk("desks.reported", "officer_missing.own", "desks.window"),
    Desk("desks.operation.sync", "sync_pages.board", "desks.operation.group"),
    Desk("desks.operation.dead_letters", "sync_pages.dead_letters", "desks.operation.group"),
    Desk("desks.operation.comparisons", "comparisons.listed", "desks.operation.group"),
    Desk("desks.operation.subscriptions", "deliveries.listed", "desks.operation.group"),
    Desk("desks.operation.jobs", "running.jobs", "desks.operation.group"),
    Desk("desks.operation.systems", "systems_pages.listed", "desks.operation.group"),
    Desk("desks.operation.diagnostics", "running.diagnostics", "desks.operation.group"),
    Desk("desks.operation.backups", "backup_pages.listed", "desks.operation.group"),
    Desk("desks.operation.maintenance", "maintenance_pages.shown", "desks.operation.group"),
    Desk("desks.audit.search", "audit.form", "desks.audit.group"),
    Desk("desks.audit.exports", "audit_exports.listed", "desks.audit.group"),
    Desk("desks.my_certificates", "holder_certificates.mine", "desks.holder"),
    Desk("desks.my_code", "holder_code.mine", "desks.holder"),
    Desk("desks.my_uses", "holder_uses.mine", "desks.holder"),
    Desk("desks.my_objections", "holder_uses.objected", "desks.holder"),
    Desk("desks.my_consents", "holder_consents.mine", "desks.holder"),
)


def open_to(person: Caller) -> list[tuple[str, Sequence[Desk]]]:
    """Give the desks that a person may sit at, by group."""
    seen = [each for each in DESKS if _may(person, each.endpoint)]
    return [(group, list(rows)) for group, rows in groupby(seen, key=lambda each: each.group)]


def _may(person: Caller, endpoint: str) -> bool:
    guard = getattr(current_app.view_functions.get(endpoint), "__guard__", None)
    return guard is not None and (guard.signed_in or bool(guard.roles & person.roles))
