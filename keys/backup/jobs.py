"""Scheduled work: the nightly backup, and clearing away what is older than the kept ones."""

from datetime import timedelta
from pathlib import Path

from base.scheduling import Cron, Job, Run
from keys.backup import begun, making, places
from keys.backup.wiring import Backups

# After the day's last work and before the morning's; the lists of holidays and revocations are small then.
NIGHTLY = "30 1 * * *"
# Ten gigabytes take some minutes; a site of a terabyte still ends before noon.
DEADLINE = timedelta(hours=10)


def nightly(run: Run) -> None:
    """Make the night's backup where a folder for it is configured."""
    backups = run.part(Backups)
    if not backups.told.folder:
        return
    folder, plan, backup = Path(backups.told.folder), backups.plan(), making.new_id()
    with run.database.transaction() as session:
        begun.record(session, backup.hex(), plan, "jobs", run.at)
    making.made(run.database, folder, plan, run.at, run.progress, backup=backup)
    places.kept(folder, backups.told.keep, run.at)


JOBS = (Job("keys.backup.nightly", Cron(NIGHTLY), nightly, deadline=DEADLINE),)
