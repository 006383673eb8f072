"""Why a row is not where it should be: every reason that holds, from what is known of it and of its channel. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from catalog_sync.record import Subject
from catalog_sync.states import State

Fact = str | int


@dataclass(frozen=True)
class RowView:
    """A row: where it stands, and what its next try hangs on."""

    subject: Subject
    state: State
    code: str
    tries: int
    unsure: bool
    changed_at: datetime
    next_at: datetime
    before: Subject | None = None


@dataclass(frozen=True)
class ChannelView:
    """A channel: whether it may be used, and if not, until when and why."""

    target: str
    paused: bool
    reason: str = ""
    failure: str = ""
    rests_until: datetime | None = None
    opens_at: datetime | None = None
    knows_keys: bool = True
    most_tries: int = 8


@dataclass(frozen=True)
class Reason:
    """One reason: its code and facts; `zh` and `en` say it in a sentence."""

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def zh(self) -> str:
        """Say it in Chinese."""
        return WORDS[self.code][0].format(**self.facts)

    @property
    def en(self) -> str:
        """Say it in English."""
        return WORDS[self.code][1].format(**self.facts)


WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "channel-paused": (
        "通道 {target} 已暂停：{reason}；处理后在同步通道中恢复。",
        "The channel {target} is paused: {reason}; mend that and resume it.",
    ),
    "channel-resting": (
        "通道 {target} 在 {until} 之前不再呼叫对方：{failure}。",
        "The channel {target} calls nobody before {until}: {failure}.",
    ),
    "window-closed": (
        "通道 {target} 的上报时段未到，{until} 开始。",
        "The window of the channel {target} is closed and opens at {until}.",
    ),
    "earlier-version": (
        "同一事项的较早版本还没有办完，按先后次序上报。",
        "An earlier version of the same thing is not finished; they are told in order.",
    ),
    "waits-for": (
        "需要先上报 {kind} {id}，对方还没有收下。",
        "{kind} {id} has to be taken first, and the platform has not got it.",
    ),
    "next-try": (
        "已失败 {tries}/{most} 次（{code}），{until} 再试。",
        "Tried {tries} of {most} times ({code}); the next try is at {until}.",
    ),
    "being-sent": (
        "正在发送，或发送方已中断；{until} 之后由别的进程接手。",
        "It is being sent, or its sender died; another takes it over after {until}.",
    ),
    "asked-first": (
        "不知道对方是否已收到；对方不认识幂等键，重发之前先查询。",
        "It may have arrived; the platform knows no keys, so it is asked before anything is sent again.",
    ),
    "awaits-receipt": (
        "对方已于 {since} 收下，回执未到。",
        "The platform took it at {since}; its receipt has not come.",
    ),
    "refused": (
        "对方退回（{code}）；更正后重报，或直接重试。",
        "The platform refused it ({code}); correct it, or retry it as it is.",
    ),
    "dead": (
        "{tries} 次失败后转入死信（{code}）；更正或重试。",
        "It is a dead letter after {tries} tries ({code}); correct or retry it.",
    ),
    "in-queue": ("排队等候，轮到即发送。", "It is in the queue and goes when its turn comes."),
}


def reasons(row: RowView, channel: ChannelView, at: datetime) -> tuple[Reason, ...]:
    """Give every reason why a row is not stored; none for one that has come to its end."""
    match row.state:
        case State.STORED | State.SUPERSEDED:
            return ()
        case State.REFUSED:
            return (Reason("refused", {"code": row.code or "?"}),)
        case State.DEAD:
            return (Reason("dead", {"tries": row.tries, "code": row.code or "?"}),)
        case State.ACCEPTED:
            return (Reason("awaits-receipt", {"since": _written(row.changed_at)}), *_of_channel(channel, at))
        case _:
            found = (*_of_channel(channel, at), *_of_row(row, channel, at))
            return found or (Reason("in-queue"),)


def _of_channel(channel: ChannelView, at: datetime) -> tuple[Reason, ...]:
    told: list[Reason] = []
    if channel.paused:
        told.append(Reason("channel-paused", {"target": channel.target, "reason": channel.reason}))
    if channel.rests_until is not None and channel.rests_until > at:
        until = _written(channel.rests_until)
        told.append(Reason("channel-resting", {"target": channel.target, "until": until, "failure": channel.failure}))
    if channel.opens_at is not None:
        told.append(Reason("window-closed", {"target": channel.target, "until": _written(channel.opens_at)}))
    return tuple(told)


def _of_row(row: RowView, channel: ChannelView, at: datetime) -> tuple[Reason, ...]:
    told: list[Reason] = []
    if row.before == row.subject:
        told.append(Reason("earlier-version"))
    elif row.before is not None:
        told.append(Reason("waits-for", {"kind": row.before.kind, "id": row.before.id}))
    until = _written(row.next_at)
    if row.tries and row.next_at > at:
        facts: dict[str, Fact] = {
            "tries": row.tries,
            "most": channel.most_tries,
            "code": row.code or "?",
            "until": until,
        }
        told.append(Reason("next-try", facts))
    elif row.state is State.SENT and row.next_at > at:
        told.append(Reason("being-sent", {"until": until}))
    if row.unsure and not channel.knows_keys:
        told.append(Reason("asked-first"))
    return tuple(told)


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
