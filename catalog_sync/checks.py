"""What `yinxin doctor` asks about synchronisation: paused channels, what waits too long, dead letters."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from base.health import Check, Finding, House
from catalog_sync.models import PAUSED, Channel, Outbox
from catalog_sync.states import STOPPED, UNFINISHED
from catalog_sync.wiring import SyncSettings


def _channels(house: House) -> Finding:
    with house.database.reading() as session:
        query = select(Channel.target).where(Channel.state == PAUSED).order_by(Channel.target)
        paused = ", ".join(session.scalars(query))
    if paused:
        return Finding("warning", f"已暂停：{paused}", f"Paused: {paused}")
    return Finding("good", "没有暂停的通道", "No channel is paused")


def _lag(house: House) -> Finding:
    longest = timedelta(minutes=house.settings[SyncSettings].lag_minutes)
    with house.database.reading() as session:
        query = select(Outbox.target, func.count()).where(
            Outbox.state.in_([each.value for each in UNFINISHED]), Outbox.written_at < house.at - longest
        )
        late = session.execute(query.group_by(Outbox.target).order_by(Outbox.target)).all()
    if late:
        told = ", ".join(f"{target} {count}" for target, count in late)
        return Finding("warning", f"等待过久的记录：{told}", f"Records that wait too long: {told}")
    return Finding("good", "没有等待过久的记录", "No record waits too long")


def _dead_letters(house: House) -> Finding:
    with house.database.reading() as session:
        query = select(func.count()).where(Outbox.state.in_([each.value for each in STOPPED]))
        count = session.scalar(query) or 0
    if count:
        return Finding("warning", f"{count} 条记录被退回或转入死信", f"{count} records are refused or dead letters")
    return Finding("good", "没有退回和死信", "Nothing is refused, nothing a dead letter")


CHECKS: Final = (
    Check(
        "sync-channels",
        "同步通道",
        "Sync channels",
        "用 yinxin sync status 查看暂停原因，处理后恢复通道。",
        "See the reason with yinxin sync status, mend it and resume the channel.",
        _channels,
    ),
    Check(
        "sync-lag",
        "同步时延",
        "Sync lag",
        "用 yinxin sync status 查看；在 GET /api/v1/sync/outbox/{number} 中看卡住的原因。",
        "See yinxin sync status; GET /api/v1/sync/outbox/{number} tells what a record is stuck on.",
        _lag,
    ),
    Check(
        "sync-dead-letters",
        "同步死信",
        "Sync dead letters",
        "在死信台更正后重报，或直接重试。",
        "Correct or retry them at the dead-letter desk.",
        _dead_letters,
    ),
)
