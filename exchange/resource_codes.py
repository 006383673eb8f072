"""Codes of resources (信息资源代码): read leniently, made strictly, never trusted to have one length.

A code is the class part (类 1, 项 2, 目 3, 细目 of any length), a stroke, and the running number. What a site puts into
the class part is convention: two were seen in Jiangsu, and both are read; the one below is what is made here:
3 + 07 + 015 (departments of a province and below, the province), four digits of the area, then class, category and
office padded with zeros to 26.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from base.errors import DomainError, Kind

LONGEST: Final = 64
SHAPE: Final = re.compile(r"(?P<class>[1-3])(?P<item>[0-9]{2})(?P<heading>[0-9]{3})(?P<rest>[0-9A-Z]{0,40})\Z")
SEQUENCE: Final = re.compile(r"[0-9]{1,12}\Z")
FRONT_LENGTH: Final = 26
SEQUENCE_LENGTH: Final = 6


@dataclass(eq=False)
class InvalidResourceCode(DomainError):
    """A text is not a resource code."""

    reason: str
    code: ClassVar[str] = "invalid-resource-code"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(frozen=True)
class ResourceCode:
    """A resource code in its parts."""

    classification: str
    sequence: str

    @property
    def text(self) -> str:
        """Write the whole code."""
        return f"{self.classification}/{self.sequence}"

    @property
    def resource_class(self) -> str:
        """Give 类: base, theme or department."""
        return self.classification[0]

    @classmethod
    def of(cls, text: str) -> "ResourceCode":
        """Read a code. Raises `InvalidResourceCode`."""
        front, stroke, back = text.partition("/")
        if len(text) > LONGEST:
            raise InvalidResourceCode("too-long")
        if not stroke:
            raise InvalidResourceCode("no-sequence")
        if SHAPE.match(front) is None:
            raise InvalidResourceCode("class-part")
        if SEQUENCE.match(back) is None:
            raise InvalidResourceCode("sequence")
        return cls(front, back)


def department_class(region: str, category: str, office: str = "") -> str:
    """Write the class part of a department's resource: its area, and what stands behind it, padded.

    Raises `InvalidResourceCode`.
    """
    rest = f"3{category:0>2}{office:0>13}"
    front = f"307015{region[2:6]}{rest}"
    if len(front) != FRONT_LENGTH or SHAPE.match(front) is None:
        raise InvalidResourceCode("class-part")
    return front


def numbered(classification: str, number: int) -> ResourceCode:
    """Give the code of the next resource of a class. Raises `InvalidResourceCode`."""
    return ResourceCode.of(f"{classification}/{number:0{SEQUENCE_LENGTH}d}")
