"""The auditor's pages: the ledger's days, searches on record, the story of one thing, and exports by two people."""

from console.auditors import exports, searching

BLUEPRINTS = (searching.audit_pages, exports.export_pages)
