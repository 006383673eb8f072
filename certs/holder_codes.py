"""The kinds of holders' codes (持证主体代码类型代码), read from `holder_codes.toml`, and what each must look like.

A holder is a person or a body; for some kinds the code has check characters and is refused when they are wrong, for the
others only its shape is known.
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from types import MappingProxyType
from typing import Final

from base.identifiers import read_credit_code, read_id_number

CREDIT_CODE: Final = "001"
ID_NUMBER: Final = "111"
# How directories call the item by which somebody is found, by the kind of their code.
KEY_ITEMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        CREDIT_CODE: ("统一社会信用代码", "社会信用代码", "企业统一社会信用代码", "持证主体代码", "单位代码"),
        ID_NUMBER: ("公民身份号码", "身份证号", "身份证号码", "证件号码", "持证主体代码"),
    }
)
# Papers of foreigners and soldiers: letters, digits, and the brackets of permits for residents of Hong Kong and Macao.
OTHER: Final = re.compile(r"[0-9A-Za-z\u4e00-\u9fff()（）〔〕\-]{4,40}\Z")


@dataclass(frozen=True)
class HolderCode:
    """A kind of holder's code."""

    code: str
    zh: str
    en: str
    is_person: bool

    def fault(self, text: str, at: datetime) -> str:
        """Tell what is wrong with a code of this kind; nothing when it can be one."""
        if self.code == CREDIT_CODE:
            read = read_credit_code(text)
            return "" if read.exact and read.text == text else "check-digits"
        if self.code == ID_NUMBER:
            number = read_id_number(text, at)
            return "" if number.exact and number.text == text else "check-digits"
        return "" if OTHER.match(text) else "shape"


@functools.cache
def holder_codes() -> Mapping[str, HolderCode]:
    """Give every kind by its three digits."""
    read = tomllib.loads(resources.files("certs").joinpath("holder_codes.toml").read_text("utf-8"))
    return MappingProxyType({code: HolderCode(code, **told) for code, told in read["codes"].items()})


def kinds_of(code: str, at: datetime) -> tuple[str, ...]:
    """Tell of which kinds a code can be that came without one; only kinds whose check characters say so."""
    return tuple(each for each in (CREDIT_CODE, ID_NUMBER) if not holder_codes()[each].fault(code, at))
