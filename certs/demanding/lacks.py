"""What filing lacks, as demands for data: which gaps are a lack of data, and when missing entries are one. Pure.

A gap is a lack of data where nothing here answers to it: a directory or a type of certificate that nobody has brought
in. Where the data are here and a grant, a field of it or a source is lacking, a share request or the operator closes
the gap, and no demand comes of it. Nobody can tell from a material who holds its data, so the authority names the
provider. One missing entry is a report to its issuer; several of one type are data that are lacking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.filing.plans.gaps import Gap
from exchange.demands.demand import GAP, LONGEST_NAME, MISSING_REPORTS, Lack, NewDemand, Wanted, item_set

LACKS_OF_DATA: Final = frozenset({"directory", "type"})
# Two missing entries may be two errors; with the third of one type a clerk says "they are never there".
FEWEST_REPORTS: Final = 3
DAILY: Final = "day"
BY_INTERFACE: Final = "interface"
BASIS: Final = "申请材料与数据对照关系（免证办缺口）"
REPORTED: Final = "缺证反馈"


@dataclass(frozen=True)
class Missed:
    """Open reports of one organisation to one issuer about one type: their numbers, and the type's name and items."""

    organisation: str
    issuer: str
    type_name: str
    items: tuple[str, ...]
    reports: tuple[str, ...]


def of_gap(gap: Gap, organisation: str) -> Lack | None:
    """Give the demand that comes of a gap, if it is a lack of data."""
    if gap.kind not in LACKS_OF_DATA:
        return None
    name = gap.name[:LONGEST_NAME]
    wanted = Wanted("", name, _distinct(gap.fields) or (name,), DAILY, BY_INTERFACE)
    purpose = f"免证办：涉及 {len(gap.matters)} 个事项、{len(gap.materials)} 项材料"
    references = tuple(f"{matter}#{material}" for matter, material in gap.materials)
    return Lack(organisation, NewDemand(wanted, BASIS, purpose), GAP, references, gap.cases)


def of_reports(missed: Missed) -> Lack | None:
    """Give the demand that comes of reports, once there are enough of them."""
    if len(missed.reports) < FEWEST_REPORTS or missed.issuer == missed.organisation:
        return None
    items = _distinct(missed.items) or (missed.type_name,)
    wanted = Wanted(missed.issuer, missed.type_name[:LONGEST_NAME], items, DAILY, BY_INTERFACE, "补齐缺失的证照条目")
    purpose = f"窗口反馈 {len(missed.reports)} 条证照在库中缺失"
    return Lack(missed.organisation, NewDemand(wanted, REPORTED, purpose), MISSING_REPORTS, missed.reports)


def _distinct(items: Sequence[str]) -> tuple[str, ...]:
    """Give the items once each, as demands compare them."""
    found: dict[frozenset[str], str] = {}
    for each in items:
        if each.strip():
            found.setdefault(item_set((each,)), each[:LONGEST_NAME])
    return tuple(found.values())
