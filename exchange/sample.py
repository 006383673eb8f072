"""The directories of the sandbox: invented, of thirteen departments on four levels, walked through like real ones.

Most are published; a few stand where a visitor wants to see them: one being written, one before the department's check
with a remark on it, one before the authority, one that was revised, one on its way to withdrawal.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from exchange import comments, directories, elevations
from exchange.directories import NewDirectory
from exchange.life import Step
from exchange.models import Directory, DirectoryVersion
from keys.parties.sample import code_of

# Items by kind: name, type, length, sensitivity.
ITEMS: Final[Mapping[str, tuple[tuple[str, str, int, str], ...]]] = {
    "person": (
        ("姓名", "string", 50, "2"),
        ("公民身份号码", "string", 18, "3"),
        ("性别", "string", 1, "1"),
        ("出生日期", "date", 10, "2"),
        ("住址", "string", 200, "3"),
    ),
    "household": (
        ("户号", "string", 20, "2"),
        ("户主姓名", "string", 50, "2"),
        ("与户主关系", "string", 20, "2"),
        ("姓名", "string", 50, "2"),
        ("公民身份号码", "string", 18, "3"),
    ),
    "person-licence": (
        ("姓名", "string", 50, "2"),
        ("公民身份号码", "string", 18, "3"),
        ("证书编号", "string", 50, "1"),
        ("发证日期", "date", 10, "1"),
        ("有效期止", "date", 10, "1"),
        ("发证机关", "string", 100, "1"),
    ),
    "person-payment": (
        ("姓名", "string", 50, "2"),
        ("公民身份号码", "string", 18, "3"),
        ("所属期", "string", 6, "1"),
        ("金额", "decimal", 12, "3"),
        ("状态", "string", 10, "1"),
    ),
    "person-event": (
        ("姓名", "string", 50, "2"),
        ("公民身份号码", "string", 18, "3"),
        ("登记编号", "string", 50, "1"),
        ("登记日期", "date", 10, "1"),
    ),
    "person-check": (
        ("姓名", "string", 50, "2"),
        ("公民身份号码", "string", 18, "3"),
        ("查询结果", "string", 10, "4"),
    ),
    "marriage": (
        ("男方姓名", "string", 50, "2"),
        ("男方公民身份号码", "string", 18, "3"),
        ("女方姓名", "string", 50, "2"),
        ("女方公民身份号码", "string", 18, "3"),
        ("登记日期", "date", 10, "2"),
        ("证件编号", "string", 50, "2"),
    ),
    "firm": (
        ("企业名称", "string", 200, "1"),
        ("统一社会信用代码", "string", 18, "1"),
        ("法定代表人", "string", 50, "2"),
        ("住所", "string", 200, "1"),
        ("成立日期", "date", 10, "1"),
        ("登记状态", "string", 10, "1"),
    ),
    "firm-of-region": (
        ("统一社会信用代码", "string", 18, "1"),
        ("企业名称", "string", 256, "1"),
        ("登记状态", "string", 16, "1"),
        ("所属区划", "string", 12, "1"),
    ),
    "firm-licence": (
        ("单位名称", "string", 200, "1"),
        ("统一社会信用代码", "string", 18, "1"),
        ("许可证编号", "string", 50, "1"),
        ("许可项目", "string", 500, "1"),
        ("有效期起", "date", 10, "1"),
        ("有效期止", "date", 10, "1"),
        ("发证机关", "string", 100, "1"),
    ),
    "firm-event": (
        ("单位名称", "string", 200, "1"),
        ("统一社会信用代码", "string", 18, "1"),
        ("业务编号", "string", 50, "1"),
        ("办理日期", "date", 10, "1"),
        ("结果", "string", 50, "1"),
    ),
    "firm-check": (
        ("单位名称", "string", 200, "1"),
        ("统一社会信用代码", "string", 18, "1"),
        ("年度", "integer", 4, "1"),
        ("等级", "string", 2, "1"),
    ),
    "vehicle": (
        ("号牌号码", "string", 15, "2"),
        ("所有人", "string", 100, "2"),
        ("车辆识别代号", "string", 17, "2"),
        ("登记日期", "date", 10, "1"),
        ("检验有效期止", "date", 10, "1"),
    ),
    "device": (
        ("使用单位", "string", 200, "1"),
        ("统一社会信用代码", "string", 18, "1"),
        ("设备代码", "string", 30, "1"),
        ("使用登记证编号", "string", 50, "1"),
        ("下次检验日期", "date", 10, "1"),
    ),
    "seal": (
        ("单位名称", "string", 200, "1"),
        ("统一社会信用代码", "string", 18, "1"),
        ("印章编码", "string", 14, "2"),
        ("备案日期", "date", 10, "1"),
    ),
    "estate": (
        ("权利人", "string", 100, "2"),
        ("证件号码", "string", 18, "3"),
        ("不动产单元号", "string", 28, "2"),
        ("坐落", "string", 200, "3"),
        ("面积", "decimal", 12, "2"),
        ("登记日期", "date", 10, "1"),
    ),
    "project": (
        ("项目代码", "string", 30, "1"),
        ("项目名称", "string", 200, "1"),
        ("建设单位", "string", 200, "1"),
        ("许可证编号", "string", 50, "1"),
        ("发证日期", "date", 10, "1"),
    ),
    "penalty": (
        ("当事人", "string", 200, "2"),
        ("统一社会信用代码", "string", 18, "1"),
        ("决定书文号", "string", 50, "1"),
        ("决定日期", "date", 10, "1"),
    ),
    "case": (
        ("办件编号", "string", 50, "1"),
        ("事项名称", "string", 200, "1"),
        ("申请人", "string", 100, "2"),
        ("办件状态", "string", 10, "1"),
        ("办结时间", "datetime", 19, "1"),
    ),
    "case-event": (
        ("办件编号", "string", 50, "1"),
        ("评价等级", "integer", 1, "1"),
        ("评价时间", "datetime", 19, "1"),
    ),
    "ship": (
        ("持证主体", "string", 200, "2"),
        ("持证主体代码", "string", 18, "3"),
        ("许可证编号", "string", 50, "1"),
        ("船名", "string", 50, "1"),
        ("渔船编码", "string", 20, "1"),
        ("作业类型", "string", 50, "1"),
        ("有效期起", "date", 10, "1"),
        ("有效期止", "date", 10, "1"),
        ("证照状态", "string", 10, "1"),
    ),
    "promise": (
        ("承诺编号", "string", 36, "1"),
        ("承诺人", "string", 200, "2"),
        ("承诺人代码", "string", 18, "3"),
        ("事项名称", "string", 200, "1"),
        ("承诺内容摘要", "string", 64, "1"),
        ("承诺日期", "datetime", 19, "1"),
        ("履行期限", "datetime", 19, "1"),
        ("履行状态", "string", 20, "1"),
        ("核查单位", "string", 18, "1"),
    ),
    "place": (
        ("名称", "string", 100, "1"),
        ("地址", "string", 200, "1"),
        ("办公时间", "string", 100, "1"),
        ("联系电话", "string", 20, "1"),
    ),
}
# Who looks after which department, by level.
AUTHORITY_OF: Final = {"city-market": "city-data", "city-window": "city-data", "county-window": "county-window"}
_STEPS_OF: Final = {"police": Step.SUBMIT, "market": Step.FORWARD}


def sample(running: Running, _sandbox: Sandbox) -> None:
    """Make the directories, a department in a transaction."""
    at = clock.now()
    for department, named in by_department():
        with running.database.transaction() as session:
            make_department(session, department, named, at)


def by_department() -> Iterator[tuple[str, list[list[str]]]]:
    """Give each department with the rows of its directories."""
    read = tomllib.loads(resources.files("exchange").joinpath("sample_directories.toml").read_text("utf-8"))
    return ((department, told["directories"]) for department, told in read.items())


def make_department(session: Session, department: str, named: list[list[str]], at: datetime) -> None:
    """Walk a department's directories to the end, but for its last, which stops where someone has to act."""
    for place, row in enumerate(named):
        begun = at - timedelta(days=200 - place)
        directory, version = _begin(session, code_of(department), row, begun)
        until = _STEPS_OF.get(department, Step.PUBLISH) if place == len(named) - 1 else Step.PUBLISH
        _walk(session, department, directory, version, until, begun)
    if department == "health":
        _write_more(session, department, at)
    if department == "civil":
        _ask_to_withdraw(session, directory, version, department, at)


def published(session: Session, owner: str, authority: str, row: list[str], at: datetime) -> Directory:
    """Write a directory of an organ that only a room above knows, and walk it to the end."""
    directory, version = _begin(session, owner, row, at)
    for step, role in ((Step.SUBMIT, "steward"), (Step.FORWARD, "reviewer")):
        directories.take(session, directory, version, step, "", _of(owner, role), at)
    elevations.publish(session, directory, version, "", _of(authority, "authority"), at)
    return directory


def _begin(session: Session, owner: str, row: list[str], at: datetime) -> tuple[Directory, DirectoryVersion]:
    """Begin a directory; the sixth word is the code of one that others name (a certificate type's `resource`)."""
    told, *code = row[:5], *row[5:]
    new = NewDirectory(_content(owner, told), code=code[0] if code else None)
    directory = directories.add(session, new, _of(owner, "steward"), at)
    return directory, directories.version_of(session, directory, 1)


def _walk(
    session: Session, department: str, directory: Directory, version: DirectoryVersion, until: Step, at: datetime
) -> None:
    authority = AUTHORITY_OF.get(department, "county-window" if department == "town-window" else "data")
    directories.take(session, directory, version, Step.SUBMIT, "", _person(department, "steward"), at)
    if until is Step.SUBMIT:
        reviewer = _person(department, "reviewer")
        comments.comment(session, directory, version, "#/summary", "请写明数据的起始年份。", reviewer, at)
        return
    directories.take(session, directory, version, Step.FORWARD, "", _person(department, "reviewer"), at)
    if until is Step.PUBLISH:
        elevations.publish(session, directory, version, "", _person(authority, "authority"), at)


def _write_more(session: Session, department: str, at: datetime) -> None:
    """Leave a revision and a fresh draft lying open."""
    steward = _person(department, "steward")
    found = directories.search_within(session, "公共场所卫生许可证", 1)
    directory = directories.directory_of(session, found[0])
    revision = directories.revise(session, directory, "增加“经营项目”", steward, at)
    content = {**revision.content, "items": [*revision.content["items"], _item("经营项目", "string", 200, "1", "1")]}
    directories.write(session, directory, revision, content, steward, at)
    directories.add(session, NewDirectory({"name": "职业健康检查机构备案信息"}), steward, at)


def _ask_to_withdraw(
    session: Session, directory: Directory, version: DirectoryVersion, department: str, at: datetime
) -> None:
    steward = _person(department, "steward")
    directories.take(session, directory, version, Step.ASK_TO_WITHDRAW, "职责划转", steward, at)


def _content(owner: str, row: list[str]) -> dict[str, Any]:
    name, work, kind, share_type, cycle = row
    told: dict[str, Any] = {
        "name": name,
        "department": owner,
        "summary": f"演示数据：{name}，由编目部门在办理业务时产生，按{'日' if cycle == 'day' else '期'}更新。",
        "system": "演示业务系统",
        "format": "database",
        "storage": ["TABLE"],
        "class": "3",
        "field_of_work": work,
        "is_certificate": "证" in name,
        "share_type": share_type,
        "open_type": "disallowed",
        "closed_ground": "3",
        "update_cycle": cycle,
        "has_matter": False,
        "no_matter_because": "演示数据",
        "items": [_item(*item, share_type) for item in ITEMS[kind]],
    }
    if share_type == "3":
        return {**told, "withheld_ground": "1", "withheld_because": "演示依据", **_other_cycle(cycle)}
    shared = {"share_mode": ["interface"], "network": "1", "scene": ["1"]}
    conditions = {"share_conditions": "用于办理政务服务事项"} if share_type == "2" else {}
    return {**told, **shared, **conditions, **_other_cycle(cycle)}


def _other_cycle(cycle: str) -> dict[str, str]:
    return {"other_update_cycle": "按需"} if cycle == "ondemand" else {}


def _item(name: str, kind: str, length: int, sensitivity: str, share_type: str) -> dict[str, Any]:
    told = {"name": name, "type": kind, "length": length, "sensitivity": sensitivity, "share_type": share_type}
    withheld = {"not_share_reason": "演示依据"} if share_type == "3" else {}
    return {**told, **withheld, "open": False}


def _person(department: str, role: str) -> Caller:
    """Give whoever acts for a department while the sandbox is made."""
    return _of(code_of(department), role)


def _of(organisation: str, role: str) -> Caller:
    """Give whoever acts for an organisation while the sandbox is made."""
    return Caller("person", f"sandbox-{role}", f"演示{role}", organisation, frozenset({role}))
