"""The record that a backup is being made: it holds all that the site knows, so who had it made is told before."""

from datetime import datetime

from sqlalchemy.orm import Session

from base import audit
from base.audit import Entry, Thing
from base.canonical import Json
from keys.backup.making import Plan


def record(session: Session, backup: str, plan: Plan, by: str, at: datetime) -> None:
    """Record the begin of a backup; written before the snapshot, it is in the backup itself."""
    facts: dict[str, Json] = {"keys": len(plan.recipients), "folders": [*sorted(plan.folders)]}
    audit.record(session, Entry(at, by, "", "backup-begun", Thing("backup", backup), outcome="begun", facts=facts))
