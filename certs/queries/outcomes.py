"""How looking certificates up can end, and the words for it. Six outcomes, never two of them alike. Pure.

found         certificates are there; what one says is told only while it is valid
not_found     the library, and every other that was asked, has none of this holder, code and name
not_covered   nobody who was asked keeps certificates of this type
source_down   a library that may have it did not answer, or not with what can be believed
denied        this holder's data is not for this purpose: no consent, or frozen
pending       an answer comes later; asking again will find it
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from certs.libraries.answers import Answer, Asked
from exchange.door.outcomes import Outcome

# Reason → words, in Chinese and English.
WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "found": ("已查到", "found"),
        "not-in-force": (
            "已查到，但证照当前不是有效状态，只提供状态",
            "found, but not valid now: only how it stands is told",
        ),
        "no-such-certificate": (
            "没有与所给条件相符的证照；当事人持有的，可提交缺证反馈",
            "no certificate fits what is asked; if the holder has one, report it missing",
        ),
        "ask-by-type": (
            "没有可直接查询的证照；敏感证照请指明证照类型查询",
            "none among the types that are looked through; ask for types of high level one by one",
        ),
        "not-covered": ("所询问的证照库均不提供这一类型", "no library that was asked keeps certificates of this type"),
        "not-held-here": (
            "本库不保存这一类型的证照内容",
            "this library keeps no contents of this type",
        ),
        "check-only": ("这一类型只能核验，不提供数据", "certificates of this type can be checked, and not read"),
        "source-silent": ("来源证照库没有应答", "the library does not answer"),
        "source-differs": (
            "来源证照库返回的内容不符合约定，未予采用",
            "the library answers with other than was agreed; it is not believed",
        ),
        "source-refuses": ("来源证照库拒绝了查询", "the library refuses the question"),
        "wrong-holder": (
            "来源证照库返回了他人的证照，未予采用，已留存证据",
            "the library answered with somebody else's certificate; it is not believed, and kept as evidence",
        ),
        "answered-later": ("来源证照库尚未应答，请稍后再次查询", "the library has not answered yet: ask again later"),
        "consent-missing": ("没有持证主体对本用途的授权同意", "the holder has not agreed to this use"),
        "frozen": ("证照已被冻结，暂不提供数据", "the certificate is frozen: its data are not given"),
        "not-granted": ("没有对这一证照类型的用证授权", "certificates of this type are not granted for this purpose"),
    }
)
# What is told when libraries answer differently: a certificate that was found counts most, be it frozen; then an answer
# that still comes; then that somebody who may know could not say; only then that there is none.
_ORDER: Final = (
    Outcome.FOUND,
    Outcome.DENIED,
    Outcome.PENDING,
    Outcome.SOURCE_DOWN,
    Outcome.NOT_FOUND,
    Outcome.NOT_COVERED,
)


def best(asked: Sequence[Asked]) -> Asked:
    """Give the answer that counts."""
    return min(asked, key=lambda each: _ORDER.index(each.answer.outcome))


def settles(answer: Answer) -> bool:
    """Tell whether no other library needs to be asked."""
    return answer.outcome in {Outcome.FOUND, Outcome.DENIED}


def reason(code: str) -> dict[str, str]:
    """Give a reason with its words."""
    zh, en = WORDS[code]
    return {"code": code, "zh": zh, "en": en}
