"""Auditing: entries of the ledger looked for on record, told day by day, and handed out by two people."""
