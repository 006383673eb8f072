"""What `yinxin doctor` asks about scheduled and bulk work."""

from base.health import Check, Finding, House
from base.scheduling.settings import SchedulingSettings
from base.scheduling.state import state_of
from base.scheduling.stuck import Rank, explain
from base.scheduling.timing import database_time


def _scheduling(house: House) -> Finding:
    """Ask without the jobs, which only a running program knows: who leads, and whether bulk work is done."""
    silence = house.settings[SchedulingSettings].silence
    with house.database.reading() as session:
        state = state_of(session, {}, database_time(session), silence)
    reasons = [each for each in explain(state) if each.rank < Rank.NOTE and each.code != "job-unknown"]
    if reasons:
        # A site may be looked at before its processes are started: this warns, and does not fail.
        return Finding("warning", reasons[0].zh, reasons[0].en)
    leader = state.lease.holder if state.lease else ""
    return Finding("good", f"{leader} 领头", f"{leader} leads")


CHECKS = (
    Check(
        "scheduling",
        "定时任务",
        "Scheduled work",
        "用 yinxin jobs list 查看原因；确保 yinxin jobs serve 在运行。",
        "See why with yinxin jobs list; keep yinxin jobs serve running.",
        _scheduling,
    ),
)
