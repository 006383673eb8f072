"""Whose a record is, and what a refusal of it is called, in words that name nobody. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from catalog_sync.targets.front.columns import Layout

# The member that names the organisation, by kind; what is inside another member is told with a dot.
OWNERS: Final[Mapping[str, str]] = {
    "certificate": "issuer",
    "case-step": "organ",
    "item": "dept_code",
    "user": "staff.org_id",
    "organisation": "code",
    "system": "organisation",
}
KINDS: Final[Mapping[str, str]] = {
    "certificate": "证照目录",
    "case-step": "办件",
    "item": "事项",
    "user": "用户",
    "organisation": "机构",
    "system": "业务系统",
}
STEWARD: Final = "steward"


def owner_of(kind: str, content: Mapping[str, Any]) -> str:
    """Give the organisation whose record it is; empty where the record does not say."""
    found: Any = content
    for name in OWNERS.get(kind, "").split("."):
        found = found.get(name) if isinstance(found, Mapping) and name else None
    return found if isinstance(found, str) else ""


def title(layout: Layout, kind: str, thing: str, code: str) -> str:
    """Say what was refused, and which field the platform names, if it names one."""
    named = next(
        (each.zh for table in layout.of(kind) for name, each in table.by_name.items() if name == code and each.zh), ""
    )
    about = f"：{named}（{code}）" if named else (f"（{code}）" if code else "")
    return f"上级平台退回{KINDS.get(kind, kind)} {thing}{about}"
