"""How a call to the gateway can end, and the words for it: six outcomes, never two of them alike. Pure.

found         rows are there
not_found     the source was asked properly and has no such row
not_covered   what was asked for is not served here, or lies outside the rows that are granted: nobody was asked
source_down   the department's source did not answer, or not with what its directory promises
pending       the source has taken the question and answers later: asked the same again, it will be found
denied        this holder's data is not for this purpose: no consent
"""

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from exchange.sources import source
from exchange.sources.source import Answer


class Outcome(enum.StrEnum):
    """How a call ended."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NOT_COVERED = "not_covered"
    SOURCE_DOWN = "source_down"
    PENDING = "pending"
    DENIED = "denied"


# Reason → words, in Chinese and English.
WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "found": ("已查到", "found"),
        "no-such-row": ("数据源中没有符合条件的记录", "the source has no such row"),
        "not-mounted": ("该目录暂未挂接可用的数据资源", "nothing serves this directory at present"),
        "outside-grant": ("所查对象不在授权的数据范围内", "what is asked for lies outside the granted rows"),
        "source-silent": ("数据提供部门的数据源没有应答", "the department's source does not answer"),
        "source-slow": ("数据提供部门的数据源应答超时", "the department's source took too long"),
        "source-differs": (
            "数据源返回的内容与目录不符，未予采用",
            "the source answers with other than its directory promises",
        ),
        "source-refuses": ("数据源拒绝了查询", "the source refuses the question"),
        "answer-too-large": (
            "结果超过单次限量，请缩小范围或使用导出",
            "the answer is too large: narrow it, or export it",
        ),
        "answers-later": (
            "数据源已受理查询，稍后答复：请在 retry_after 所示秒数后以相同条件再次查询",
            "the source has taken the question and answers later: ask the same again after retry_after seconds",
        ),
        "consent-missing": ("没有该当事人对本用途的授权同意", "the holder has not agreed to this use"),
    }
)
_OF_SOURCE: Final[Mapping[source.Outcome, tuple[Outcome, str]]] = MappingProxyType(
    {
        source.Outcome.FOUND: (Outcome.FOUND, "found"),
        source.Outcome.EMPTY: (Outcome.NOT_FOUND, "no-such-row"),
        source.Outcome.DOWN: (Outcome.SOURCE_DOWN, "source-silent"),
        source.Outcome.TIMED_OUT: (Outcome.SOURCE_DOWN, "source-slow"),
        source.Outcome.DRIFT: (Outcome.SOURCE_DOWN, "source-differs"),
        source.Outcome.REFUSED: (Outcome.SOURCE_DOWN, "source-refuses"),
        source.Outcome.TOO_LARGE: (Outcome.SOURCE_DOWN, "answer-too-large"),
        source.Outcome.PENDING: (Outcome.PENDING, "answers-later"),
    }
)
# After these another mount of the directory may know better.
FALLS_OVER: Final = frozenset({source.Outcome.DOWN, source.Outcome.TIMED_OUT})


def of(answer: Answer) -> tuple[Outcome, str]:
    """Tell the outcome and its reason from how a source answered."""
    return _OF_SOURCE[answer.outcome]


def of_all(outcomes: Iterable[tuple[Outcome, str]]) -> tuple[Outcome, str]:
    """Tell one outcome for a batch: found if anything was; else a source that failed; else what is still to come."""
    told = list(outcomes)
    for wanted in (Outcome.FOUND, Outcome.SOURCE_DOWN, Outcome.PENDING):
        for outcome, reason in told:
            if outcome is wanted:
                return outcome, reason
    return told[0]


def reason(code: str) -> dict[str, str]:
    """Give a reason with its words."""
    zh, en = WORDS[code]
    return {"code": code, "zh": zh, "en": en}
