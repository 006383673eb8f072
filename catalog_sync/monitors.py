"""The monitors of synchronisation: what waits too long, who is silent, what is refused, which secret is old.

Each looks at what the channels, the outbox and the comparisons say of themselves; the tickets are of whoever runs
synchronisation. Whose one refused record or one difference is, their own tasks tell (`refusals`, `reconciliation`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from base.settings import Settings
from catalog_sync import state
from catalog_sync.models import PAUSED, Channel, Outbox, Transition
from catalog_sync.reconciliation.models import Comparison, Difference
from catalog_sync.state import ChannelStatus
from catalog_sync.states import State
from catalog_sync.targets.file_exchange import FileExchangeSettings
from catalog_sync.targets.front_library import FrontLibrarySettings
from catalog_sync.targets.gateway.settings import NationalGatewaySettings
from catalog_sync.wiring import Sync
from exchange.monitoring.ends import DAY, ending
from exchange.monitoring.life import Severity
from exchange.monitoring.monitor import Facts, Looking, Monitor, Sighting

PERCENT: Final = 100
# The settings that name a file with what a platform gave us to prove ourselves by; the seal system, the case centre and
# other sites give none: they know us by a key in custody.
SECRETS: Final[tuple[tuple[type[Any], str], ...]] = (
    (NationalGatewaySettings, "app_key_file"),
    (FrontLibrarySettings, "database"),
    (FileExchangeSettings, "database"),
)


def _lag(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    sync: Sync = looking.part(Sync)
    longest = sync.settings.lag_minutes * 60
    for each in _running(session, sync, at):
        if each.lag_seconds > longest:
            grave = Severity.CRITICAL if each.lag_seconds > 2 * longest else Severity.WARNING
            facts: Facts = {"target": each.target, "minutes": each.lag_seconds // 60}
            yield Sighting(each.target, grave, at, facts, sync.settings.organisation)


def _silent(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    """Tell of channels with something to tell that nobody has believed for long; a quiet one is not silent."""
    sync: Sync = looking.part(Sync)
    longest = timedelta(minutes=looking.told.silent_minutes)
    for each in _running(session, sync, at):
        oldest = at - timedelta(seconds=each.lag_seconds)
        since = max(oldest, each.answered_at or oldest)
        if each.lag_seconds and at - since >= longest:
            facts: Facts = {
                "target": each.target,
                "since": since.isoformat(timespec="minutes"),
                "failures": each.failures,
            }
            yield Sighting(each.target, Severity.CRITICAL, at, facts, sync.settings.organisation)


def _refusals(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    """Count the ends that records came to within a day; one that came to several counts with each."""
    told, sync = looking.told, looking.part(Sync)
    refused = case((Transition.after == State.REFUSED.value, 1))
    query = (
        select(Outbox.target, func.count(refused), func.count(), func.max(case((refused == 1, Transition.at))))
        .join(Outbox, Outbox.number == Transition.row)
        .where(
            Transition.at > at - DAY,
            Transition.after.in_([State.REFUSED.value, State.STORED.value, State.ACCEPTED.value]),
        )
        .group_by(Outbox.target)
        .having(func.count(refused) >= told.refused_least)
        .order_by(Outbox.target)
    )
    for target, count, total, newest in session.execute(query):
        if count * PERCENT >= total * told.refused_percent:
            facts: Facts = {"target": target, "refused": count, "total": total}
            yield Sighting(target, Severity.WARNING, newest, facts, sync.settings.organisation)


def _dead_letters(session: Session, looking: Looking, _at: datetime) -> Iterator[Sighting]:
    sync: Sync = looking.part(Sync)
    query = select(Outbox.target, func.count(), func.max(Outbox.changed_at)).where(Outbox.state == State.DEAD.value)
    for target, count, newest in session.execute(query.group_by(Outbox.target).order_by(Outbox.target)):
        facts: Facts = {"target": target, "records": count}
        yield Sighting(target, Severity.WARNING, newest, facts, sync.settings.organisation)


def _paused(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    sync: Sync = looking.part(Sync)
    query = select(Channel.target, Channel.reason, Channel.changed_at).where(Channel.state == PAUSED)
    for target, reason, since in session.execute(query.order_by(Channel.target)):
        facts: Facts = {"target": target, "reason": reason}
        yield Sighting(target, Severity.CRITICAL, since or at, facts, sync.settings.organisation)


def _differences(session: Session, looking: Looking, _at: datetime) -> Iterator[Sighting]:
    """Count what comparisons found and nobody has settled; its newest was found by the last that named one first."""
    sync: Sync = looking.part(Sync)
    query = (
        select(Difference.target, func.count(), func.max(Comparison.ended_at))
        .join(Comparison, Comparison.number == Difference.first)
        .where(Difference.settled_at.is_(None))
    )
    for target, count, newest in session.execute(query.group_by(Difference.target).order_by(Difference.target)):
        facts: Facts = {"target": target, "differences": count}
        yield Sighting(target, Severity.WARNING, newest, facts, sync.settings.organisation)


def _secrets(_session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    """Look at the files that hold what platforms gave us: when they were written, not what is in them."""
    told, sync = looking.told, looking.part(Sync)
    for name, file in _secret_files(looking.read):
        written = _written(file)
        if written is None:
            facts: Facts = {"setting": name, "days": 0, "ends": "?"}
            yield Sighting(name, Severity.CRITICAL, at, facts, sync.settings.organisation)
            continue
        ends_at = written + told.secret_days * DAY
        found = ending(ends_at, told.expiry_days, told.expiry_critical_days, at)
        if found is not None:
            facts = {"setting": name, "days": found.days, "ends": ends_at.date().isoformat()}
            yield Sighting(name, found.severity, found.since, facts, sync.settings.organisation)


def _secret_files(read: Settings) -> Iterator[tuple[str, Path]]:
    for section, name in SECRETS:
        if file := getattr(read[section], name):
            yield f"{section.SECTION}.{name}", Path(file)


def _written(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return None


def _running(session: Session, sync: Sync, at: datetime) -> Iterator[ChannelStatus]:
    """Give the channels that may call now: one that is paused or waits for its window is late by intent."""
    for each in state.statuses(session, sync, at):
        if each.state != PAUSED and each.opens_at is None:
            yield each


MONITORS: Final[tuple[Monitor, ...]] = (
    Monitor(
        "sync-lag",
        "同步时延过长",
        "Synchronisation lags",
        "通道 {target} 最早一条待上报记录已等待 {minutes} 分钟。",
        "The oldest record of the channel {target} has waited for {minutes} minutes.",
        hours=4,
        look=_lag,
    ),
    Monitor(
        "sync-silent",
        "同步通道长时间无成功应答",
        "A channel has no success",
        "通道 {target} 自 {since} 起没有成功应答，连续失败 {failures} 次。",
        "The channel {target} has had no answer that was believed since {since}; {failures} exchanges failed in a row.",
        hours=4,
        look=_silent,
    ),
    Monitor(
        "sync-refusals",
        "上级退回比例过高",
        "A platform refuses much",
        "通道 {target} 一天内 {total} 次答复中有 {refused} 次退回。",
        "Within a day {refused} of {total} answers of the channel {target} were refusals.",
        days=2,
        look=_refusals,
    ),
    Monitor(
        "sync-dead-letters",
        "同步死信",
        "Dead letters",
        "通道 {target} 有 {records} 条死信。",
        "The channel {target} has {records} dead letters.",
        days=2,
        look=_dead_letters,
    ),
    Monitor(
        "sync-paused",
        "同步通道已暂停",
        "A channel is paused",
        "通道 {target} 已暂停：{reason}。",
        "The channel {target} is paused: {reason}.",
        hours=4,
        look=_paused,
    ),
    Monitor(
        "secret-ends",
        "对接密钥应更换",
        "A platform's secret is to be renewed",
        "设置 {setting} 所指的密钥应在 {ends} 前更换，还有 {days} 天；文件读不到时日期为 ?。",
        "The secret in {setting} is to be renewed by {ends}, in {days} days; ? says that its file cannot be read.",
        days=3,
        look=_secrets,
    ),
    Monitor(
        "sync-differences",
        "对账有差异",
        "Reconciliation finds differences",
        "与 {target} 对账后还有 {differences} 处差异。",
        "Reconciling with {target} leaves {differences} differences.",
        days=3,
        look=_differences,
    ),
)
