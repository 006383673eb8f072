"""The faults that can be switched on, how they are written, and which of them strikes a call. Pure.

A specification is a list: `NAME[:CHANCE][/ARGUMENT]`, separated by commas. CHANCE is `8%` (of the calls it can strike),
or `x3` (the next three of them); without it, 5 %. `seed=7` chooses another course of events. Whether a fault strikes
follows from the seed, the fault and the call (what was asked, and how often it was asked before), so a run that is
repeated meets the same faults, however its calls are interleaved.
"""

import enum
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from base.errors import DomainError, Kind
from base.tables import laid_out

USUAL_CHANCE: Final = 0.05
HUNDRED: Final = 100.0
# Above this nobody waits: longer is a mistake in the specification.
MOST_SECONDS: Final = 24 * 3600.0
_WRITTEN: Final = re.compile(r"([a-z0-9-]+)(?::(?:(\d{1,3}(?:\.\d+)?)%|x(\d{1,9})))?(?:/(.{1,100}))?")
_SEED: Final = re.compile(r"seed=(\d{1,18})")


@dataclass(eq=False)
class UnusableFaults(DomainError):
    """A specification of faults cannot be read."""

    part: str
    code: ClassVar[str] = "simulator-faults-unusable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class Stage(enum.StrEnum):
    """Where a fault strikes."""

    BEFORE = "before"
    """Instead of the effect."""
    AFTER = "after"
    """After the effect: the answer is spoiled."""
    READ = "read"
    """When something is asked for."""
    OFFER = "offer"
    """In what is offered to be copied."""
    FILE = "file"
    """In the files that it sends down."""
    ROW = "row"
    """In the rows that it writes down into a front library."""
    REVIEW = "review"
    """In the receipts that come later."""
    RULE = "rule"
    """In what the platform takes."""


@dataclass(frozen=True)
class Fault:
    """A fault: its name, where it strikes, what it is, and what its argument is, if it takes one."""

    name: str
    stage: Stage
    zh: str
    en: str
    argument: str = ""
    usual: str = ""


FAULTS: Final[Mapping[str, Fault]] = laid_out(
    Fault("401", Stage.BEFORE, "拒绝登录（HTTP 401）", "not let in (HTTP 401)"),
    Fault("expired-secret", Stage.BEFORE, "密钥提前失效", "the secret ends before its time"),
    Fault("wrong-signature", Stage.BEFORE, "正确的签名被判为错误", "a right signature is judged wrong"),
    Fault("clock-skew", Stage.BEFORE, "平台时钟偏差", "the platform's clock is off"),
    Fault("429", Stage.BEFORE, "限流，带 Retry-After", "too many, with Retry-After", "seconds", "2s"),
    Fault("rate-code", Stage.BEFORE, "限流，仅以代码告知", "too many, told by a code alone"),
    Fault("maintenance", Stage.BEFORE, "停机维护（HTTP 503）", "closed for maintenance (HTTP 503)", "seconds", "5s"),
    Fault("500-before", Stage.BEFORE, "处理前出错", "fails before the effect (HTTP 500)"),
    Fault("timeout-before", Stage.BEFORE, "未处理且不应答", "no effect and no answer", "seconds", "30s"),
    Fault("reset-before", Stage.BEFORE, "处理前断开连接", "the connection is torn down before the effect"),
    Fault("redirect", Stage.BEFORE, "重定向到别处", "points elsewhere", "address", "http://127.0.0.1:9/"),
    Fault("500-after", Stage.AFTER, "处理后出错", "fails after the effect (HTTP 500)"),
    Fault("timeout-after", Stage.AFTER, "已处理但不应答", "takes effect and does not answer", "seconds", "30s"),
    Fault("reset-after", Stage.AFTER, "处理后断开连接", "the connection is torn down after the effect"),
    Fault("drip", Stage.AFTER, "应答极慢", "the answer drips", "seconds between bytes", "0.2s"),
    Fault("half", Stage.AFTER, "应答只到一半", "half of the answer"),
    Fault("huge", Stage.AFTER, "应答极大", "a huge answer", "megabytes", "32"),
    Fault("wrong-encoding", Stage.AFTER, "应答编码错误（GB18030）", "the answer in another encoding (GB18030)"),
    Fault("wrong-type", Stage.AFTER, "应答类型错误（HTML）", "the answer in another type (HTML)"),
    Fault("not-json", Stage.AFTER, "应答不是合法 JSON", "the answer is no JSON"),
    Fault("schema-change", Stage.AFTER, "应答结构改变", "the answer's members are called otherwise"),
    Fault("wrong-receipt", Stage.AFTER, "回执属于别的记录", "the receipt of another record"),
    Fault("wrong-secret", Stage.AFTER, "下发的密钥无法解开", "a secret that does not open"),
    Fault("stale-read", Stage.READ, "查询结果过时", "what is asked for is as it was before"),
    Fault("place-forgotten", Stage.OFFER, "不再认识读取标记", "the mark or page of a reading is no longer known"),
    Fault("offer-shrunk", Stage.OFFER, "只列出一条", "only one row of a page is listed, and no other page"),
    Fault("offer-doubled", Stage.OFFER, "同一条列出两次", "a row is listed twice"),
    Fault("offer-faulty", Stage.OFFER, "某条内容有误", "a row is faulty", "member that is left out", "check-digit"),
    Fault("file-forged", Stage.FILE, "下行文件签名无效", "a file that is sent down is signed by nobody's key"),
    Fault("file-elsewhere", Stage.FILE, "下行文件路径越界", "a file's path leads elsewhere"),
    Fault("file-short", Stage.FILE, "下行文件不完整", "a file lacks its last bytes"),
    Fault("file-miscounted", Stage.FILE, "下行文件条数不符", "a file has fewer rows than are told"),
    Fault("row-mistyped", Stage.ROW, "下发行：数字列里是文字", "a row that comes down has a word for a number"),
    Fault("row-encoding", Stage.ROW, "下发行：编码错误（GB18030）", "a row that comes down is in another encoding"),
    Fault("row-huge", Stage.ROW, "下发行：极长", "a row that comes down holds a million characters"),
    Fault("row-operation", Stage.ROW, "下发行：未知的同步类型", "a row that comes down has an unknown operation"),
    Fault("row-batch-doubled", Stage.ROW, "下发批次重复", "a batch that came down comes once more"),
    Fault("row-late", Stage.ROW, "下发行：时间早于已下发的", "a row comes down late, after a later one of its thing"),
    Fault("receipt-lost", Stage.REVIEW, "回执丢失", "a receipt is lost"),
    Fault("receipt-doubled", Stage.REVIEW, "回执重复", "a receipt comes twice"),
    Fault("receipt-shuffled", Stage.REVIEW, "回执乱序", "receipts come in another order", "within", "50"),
    Fault("receipt-unknown", Stage.REVIEW, "回执所指不明", "a receipt about nothing that anybody knows"),
    Fault("review-refused", Stage.REVIEW, "审核退回", "a review ends in a return"),
    Fault("reject", Stage.RULE, "按规则拒收", "refused by a rule", "text that it refuses"),
    Fault("busy", Stage.RULE, "稍后再报", "told to come again later"),
    Fault("refuses-known", Stage.RULE, "重复登记时拒收", "refuses to register what it has"),
)


@dataclass(frozen=True)
class Switched:
    """A fault that is switched on: how often it strikes, or how many times more, and its argument."""

    fault: Fault
    chance: float
    times: int | None = None
    argument: str = ""

    @property
    def seconds(self) -> float:
        """Read the argument as seconds (or as a plain number); 0 where it is neither."""
        try:
            return min(float(self.argument.removesuffix("s") or 0), MOST_SECONDS)
        except ValueError:
            return 0.0

    @property
    def written(self) -> str:
        """Write it as it is specified."""
        often = f"x{self.times}" if self.times is not None else f"{self.chance * HUNDRED:g}%"
        return f"{self.fault.name}:{often}" + (f"/{self.argument}" if self.argument else "")


@dataclass(frozen=True)
class Faults:
    """What is switched on, and the seed."""

    switched: tuple[Switched, ...] = ()
    seed: int = 0

    @property
    def written(self) -> str:
        """Write the specification."""
        return ",".join((*(each.written for each in self.switched), *([f"seed={self.seed}"] if self.seed else [])))

    def of(self, stages: Iterable[Stage]) -> tuple[Switched, ...]:
        """Give those that strike at some stages."""
        wanted = frozenset(stages)
        return tuple(each for each in self.switched if each.fault.stage in wanted)

    def strikes(self, switched: Switched, call: str) -> bool:
        """Tell whether a fault strikes a call, by chance alone."""
        if switched.times is not None:
            return True
        salt = f"{self.seed}\n{switched.fault.name}\n{call}".encode()
        drawn = int.from_bytes(hashlib.new("sm3", salt).digest()[:7], "big") / 256**7
        return drawn < switched.chance


def read(text: str) -> Faults:
    """Read a specification. Raises `UnusableFaults`."""
    found: list[Switched] = []
    seed = 0
    for part in filter(None, (each.strip() for each in text.split(","))):
        if (told := _SEED.fullmatch(part)) is not None:
            seed = int(told[1])
        else:
            found.append(_switched(part))
    if len({each.fault.name for each in found}) != len(found):
        raise UnusableFaults(text[:100])
    return Faults(tuple(found), seed)


def _switched(part: str) -> Switched:
    told = _WRITTEN.fullmatch(part)
    if told is None or told[1] not in FAULTS:
        raise UnusableFaults(part[:100])
    fault = FAULTS[told[1]]
    chance = USUAL_CHANCE if told[2] is None else float(told[2]) / HUNDRED
    made = Switched(fault, chance, int(told[3]) if told[3] else None, told[4] or fault.usual)
    if chance > 1 or (told[4] and not fault.argument) or not _is_fit(made):
        raise UnusableFaults(part[:100])
    return made


def _is_fit(switched: Switched) -> bool:
    if not switched.fault.argument.startswith(("seconds", "megabytes", "within")):
        return True
    try:
        return 0 <= float(switched.argument.removesuffix("s")) <= MOST_SECONDS
    except ValueError:
        return False
