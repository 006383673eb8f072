"""The words of filing documents: outcomes, roles, stages, grounds and answers as a citizen reads them. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "applicant": "申请人",
        "spouse": "配偶",
        "guardian": "监护人",
        "agent": "代理人",
        "child": "子女",
        "parent": "父母",
        "father": "父亲",
        "mother": "母亲",
        "vehicle_owner": "车辆所有人",
        "legal_representative": "法定代表人",
    }
)
STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "guidance": "咨询辅导（办理前）",
        "intake": "收件",
        "acceptance": "受理",
        "review": "审查",
        "inspection": "检查",
        "agreement": "协议使用",
    }
)
GROUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {"statutory": "依职权（用证清单）", "holder": "当事人授权", "agreement": "协议与授权"}
)
OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "found": "已查到",
        "not_found": "未查到",
        "not_covered": "未查询（不在可查范围）",
        "source_down": "来源无应答",
        "denied": "不予提供",
        "pending": "来源待答复",
    }
)
ANSWERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "certificate": "电子证照代替",
        "shared": "数据共享代替",
        "checked": "部门核验代替",
        "assisted": "行政协助取得",
        "cancelled": "取消，不得收取",
        "reused": "沿用已交材料",
        "promised": "告知承诺",
        "later": "容缺后补",
        "submit": "需提交",
    }
)
STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "valid": "有效",
        "not_yet": "未到生效日",
        "review_due": "逾期未年审",
        "expired": "已过期",
        "suspended": "已暂停",
        "frozen": "已冻结",
        "changed": "已变更",
        "renewed": "已换发",
        "revoked": "已撤销",
        "cancelled": "已注销",
        "transferred": "已转出",
        "scanned": "仅有扫描件",
    }
)


def said(words: Mapping[str, str], code: str) -> str:
    """Give the words for a code; one that has none stands as it is."""
    return words.get(code, code)


def roles(told: str) -> str:
    """Name whose a material is; several persons are joined by a bar."""
    return "、".join(said(ROLES, each) for each in told.split("|") if each)
