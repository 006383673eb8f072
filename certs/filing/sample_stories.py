"""What happened to the sandbox's cases, as values: of which matter, received where, which steps were taken. Pure.

There is a case in every state that a case can have. The window of the city receives for organs of the county
(收办分离); what an organ does, its system does without a person (秒批) where a certificate comes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from certs.filing.cases.life import Act

HYGIENE, WATER, HOTEL, BOOKS = (
    "公共场所卫生许可",
    "取水许可",
    "旅馆业特种行业许可证核发",
    "出版物零售单位和个体工商户设立、变更审批",
)
REASON: Final = MappingProxyType({"reason": "演示理由"})


@dataclass(frozen=True)
class Taken:
    """A step: what was done, and what was told with it; `certifies` where a certificate is to come of it."""

    act: Act
    facts: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    days: int | None = None
    certifies: bool = False

    @property
    def is_of_window(self) -> bool:
        """Whether the window takes it."""
        return self.act in {Act.SUPPLEMENT, Act.WITHDRAW, Act.DELIVER}


@dataclass(frozen=True)
class Story:
    """A case of the sandbox: its name there, its matter, and what was done, in order."""

    name: str
    matter: str
    steps: tuple[Taken, ...] = ()
    receiving: str = "city-window"
    # How content the applicant was, each time; a bad one is answered.
    rated: tuple[int, ...] = ()


def _step(act: Act, **told: Any) -> Taken:
    return Taken(act, **told)


_ACCEPT: Final = _step(Act.ACCEPT)
_PROCESS: Final = _step(Act.PROCESS, facts={"process_name": "审查（演示）"})
_GRANT: Final = _step(Act.GRANT, certifies=True)
_COURIER: Final = _step(Act.DELIVER, facts={"delivery_type": "courier", "delivery_number": "演示快递单1"})
_WINDOW: Final = _step(Act.DELIVER, facts={"delivery_type": "window"})
_HEARING: Final = {"special_type": "1", "special_name": "听证（演示）"}

STORIES: Final = (
    Story("received", HYGIENE),
    Story("supplementing", HOTEL, (_step(Act.ASK_SUPPLEMENT, words={"reason": "演示：缺平面图"}),)),
    Story("accepted", WATER, (_ACCEPT, _PROCESS)),
    Story("special", WATER, (_ACCEPT, _step(Act.BEGIN_SPECIAL, facts=_HEARING, words=REASON, days=10))),
    Story("granted", HYGIENE, (_ACCEPT, _PROCESS, _GRANT)),
    Story("refused", BOOKS, (_ACCEPT, _step(Act.REFUSE, words=REASON))),
    # Received in a county for the other one's organ, and sent back by courier.
    Story("delivered", HYGIENE, (_ACCEPT, _GRANT, _COURIER), "far-window", (5,)),
    Story("delivered-badly", HOTEL, (_ACCEPT, _step(Act.GRANT), _WINDOW), rated=(2,)),
    Story("not-accepted", BOOKS, (_step(Act.NOT_ACCEPT, words=REASON),)),
    Story("handed-over", HOTEL, (_step(Act.HAND_OVER, words=REASON),)),
    Story("void", WATER, (_ACCEPT, _step(Act.VOID, words=REASON))),
    Story("withdrawn", HYGIENE, (_ACCEPT, _step(Act.WITHDRAW, words=REASON))),
)
