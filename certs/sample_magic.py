"""The magic holders of the sandbox: whose code ends in which four characters, and what a look-up of them meets.

The table says who they are and what is put into the library for them. The answers come from the library as they do for
everybody; nothing in the house looks at how a code ends.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from stdnum.iso7064 import mod_11_2

from certs.drafts import Holder
from certs.life import Step

ID_NUMBER: Final = "111"
# No such region exists, so the codes belong to nobody; the births are long ago enough for a senior citizen's card.
REGION: Final = "320999"
FIRST_BIRTH: Final = date(1951, 3, 1)
SENIOR: Final = "老年人优待证"
TRACTOR: Final = "拖拉机和联合收割机驾驶证"


@dataclass(frozen=True)
class Magic:
    """A magic holder: the code's ending, what is asked for, what the library has, and what was done to it since."""

    ending: str
    name: str
    type: str
    has: tuple[str, ...] = ()
    step: Step | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def code(self) -> str:
        """Give the first ID number with this ending whose check character is right (GB 11643-1999)."""
        born = FIRST_BIRTH
        while True:
            body = f"{REGION}{born:%Y%m%d}{self.ending[:3]}"
            if mod_11_2.calc_check_digit(body) == self.ending[3]:
                return body + self.ending[3]
            born += timedelta(days=1)

    @property
    def birth(self) -> str:
        """Give the day of birth, as the code says it."""
        return f"{self.code[6:10]}-{self.code[10:12]}-{self.code[12:14]}"

    @property
    def sex(self) -> str:
        """Give the sex as the code says it: odd is male."""
        return "1" if int(self.code[16]) % 2 else "2"

    @property
    def holder(self) -> Holder:
        """Give the holder."""
        return Holder(self.code, ID_NUMBER, self.name)


def _table(*told: Magic) -> Mapping[str, Magic]:
    return MappingProxyType({each.ending: each for each in told})


MAGIC: Final = _table(
    Magic("0001", "演示赵一", SENIOR, (SENIOR,)),
    Magic("0002", "演示钱二", SENIOR, (SENIOR, TRACTOR)),
    Magic("0404", "演示孙无", SENIOR),
    Magic("0410", "演示李撤", TRACTOR, (TRACTOR,), Step.REVOKE),
    Magic("0423", "演示周冻", TRACTOR, (TRACTOR,), Step.FREEZE),
    Magic("0409", "演示吴变", TRACTOR, (TRACTOR,), Step.CHANGE),
    Magic("0403", "演示郑密", "居民身份证", ("居民身份证",)),
    Magic("0503", "演示王停", "机动车行驶证"),
    Magic("0408", "演示冯远", "社会保障卡"),
    Magic("0429", "演示陈频", SENIOR, (SENIOR,)),
)
