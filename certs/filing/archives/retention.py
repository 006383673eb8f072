"""For how long an archive is kept (保管期限), as a value. Pure."""

import enum
from dataclasses import dataclass


class Class(enum.StrEnum):
    """The three classes of 《机关文件材料归档范围和文书档案保管期限规定》(国家档案局令第8号)."""

    PERMANENT = "永久"
    THIRTY_YEARS = "30年"
    TEN_YEARS = "10年"


@dataclass(frozen=True)
class Retention:
    """A class, on which basis, and how sure that is."""

    kept: Class
    basis: str
    confidence: str
