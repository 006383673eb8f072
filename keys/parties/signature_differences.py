"""Where two canonical strings differ, and why that usually happens: for integrators whose signature is refused."""

from dataclasses import dataclass
from itertools import zip_longest

HINTS = {
    "@method": ("方法用大写，例如 POST。", "The method stands in upper case, such as POST."),
    "@path": (
        "路径不带主机名和查询串；RFC 3986 pchar 以外的字符用大写 %XX。",
        "The path has neither host nor query; characters outside RFC 3986 pchar are written %XX in upper case.",
    ),
    "@query": (
        "查询串带“?”，原样使用，不重新排序；没有查询串时就是“?”。",
        "The query has its ?, as it was sent, in its order; without a query it is ? alone.",
    ),
    "content-digest": (
        "摘要算的是实际发出的字节；写成 sm3=:…: 或 sha-256=:…:。",
        "The digest is of the bytes as sent, and is written sm3=:…: or sha-256=:…:.",
    ),
    "@signature-params": (
        "参数按 Signature-Input 里的顺序写，与头里的值逐字相同，最后没有换行。",
        "The parameters stand as in Signature-Input, in the same order, with no line end after them.",
    ),
}
USUAL = (
    "值取头的内容，去掉首尾空白；多个同名头用“, ”连接。",
    "The value is the header's, without white space around it; several of one name are joined by a comma and a space.",
)
LINE_ENDS = (
    "行与行之间是一个 LF，不是 CRLF，最后一行后面没有。",
    "Lines end in one LF, not CRLF; none stands after the last.",
)


@dataclass(frozen=True)
class Difference:
    """One line that differs: where, which component, both versions, and what usually causes it."""

    line: int
    column: int
    component: str
    yours: str | None
    ours: str | None
    hint: dict[str, str]


def differences(yours: str, ours: str) -> list[Difference]:
    """List the lines that differ; columns and lines count from 1."""
    found = []
    for number, (theirs, right) in enumerate(zip_longest(yours.split("\n"), ours.split("\n")), start=1):
        if theirs != right:
            name = _component(right if right is not None else theirs or "")
            found.append(
                Difference(number, _column(theirs or "", right or ""), name, theirs, right, _hint(theirs, name))
            )
    return found


def _component(line: str) -> str:
    return line.split('"')[1] if line.count('"') > 1 else ""


def _column(theirs: str, right: str) -> int:
    for number, (one, other) in enumerate(zip_longest(theirs, right), start=1):
        if one != other:
            return number
    return 1


def _hint(theirs: str | None, name: str) -> dict[str, str]:
    if theirs is not None and (theirs.endswith("\r") or not theirs):
        zh, en = LINE_ENDS
    else:
        zh, en = HINTS.get(name, USUAL)
    return {"zh": zh, "en": en}
