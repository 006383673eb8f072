"""Says what a comparison came to: in figures, and in words what it is not. Pure but for the form of the row."""

from collections.abc import Mapping
from typing import Any, Final

from catalog_sync.reconciliation.listed import Limit
from catalog_sync.reconciliation.models import Comparison

WORDS: Final[Mapping[Limit, tuple[str, str]]] = {
    Limit.OWN_NOTES: (
        "比对的是本方在前置库留下的记录，不是对方平台的说法",
        "Compared with our own notes in the exchange library, not with the platform's word",
    ),
    Limit.NO_CONTENT: ("对方不提供内容摘要，内容未比对", "The platform tells no digests: contents were not compared"),
    Limit.NO_VERSIONS: ("对方不提供版本，版本未比对", "The platform tells no versions: versions were not compared"),
    Limit.NO_LISTING: ("对方不提供清单，不能逐条比对", "The platform lists nothing: nothing can be named"),
    Limit.NO_COUNTS: ("对方不提供数量，无从比对", "The platform counts nothing either: nothing was compared"),
    Limit.SOME_KINDS: ("部分种类没有数量，未比对", "Some kinds are not counted there, and were not compared"),
    Limit.NOT_COUNTERSIGNED: (
        "对方没有会签，凭证为单方凭证",
        "The other side did not sign: the balance is one-sided",
    ),
    Limit.NOT_SIGNED: ("本站没有设置签名密钥，凭证未签名", "This site has no key for balances: it is not signed"),
    Limit.MORE_THAN_NAMED: (
        "差异过多，只逐条记录了前一部分",
        "So much differs that only the first part is kept by name",
    ),
}


def told(row: Comparison) -> dict[str, Any]:
    """Give a comparison as it is told."""
    names = ("number", "target", "day", "began_at", "ended_at", "by", "outcome", "code", "depth", "here", "there")
    return {
        **{name: getattr(row, name) for name in (*names, "found", "moving")},
        "limits": [{"code": each, "zh": zh, "en": en} for each in row.limits for zh, en in (WORDS[Limit(each)],)],
        "exchanged": {
            "questions": row.questions,
            "sent_bytes": row.sent_bytes,
            "received_bytes": row.received_bytes,
            "share": share(row),
        },
    }


def share(row: Comparison) -> float | None:
    """Tell how much crossed of what telling every row would weigh; none where the bytes are not known."""
    crossed = row.sent_bytes + row.received_bytes
    return round(crossed / row.weight, 6) if crossed and row.weight else None
