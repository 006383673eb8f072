"""The demands of the sandbox: one met, one not answered yet, one promised, one refused, one of no known provider."""

from datetime import datetime

from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from exchange.demands import asking, steps
from exchange.demands.demand import NewDemand, Wanted
from exchange.demands.life import Ground, Step
from exchange.demands.models import Demand
from exchange.demands.steps import Said
from keys.parties.sample import code_of

BASIS = "演示办法"
PURPOSE = "窗口核验申请材料（演示）"


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the demands, and tell the visitor which there are."""
    with running.database.transaction() as session:
        sandbox.told["demands"] = [each.id for each in made(session, clock.now())]


def made(session: Session, at: datetime) -> list[Demand]:
    """Make them by the verbs that people use."""
    met = _begun(session, "market", "health", "公共场所卫生许可证", ("单位名称", "许可证编号"), at)
    waiting = _begun(session, "market", "health", "消毒产品卫生安全评价信息", ("产品名称", "责任单位"), at)
    _begun(session, "labour", "health", "消毒产品卫生安全评价", ("责任单位",), at)
    promised = _begun(session, "civil", "transport", "农村公路养护信息", ("路线编号", "养护单位"), at)
    refused = _begun(session, "civil", "tax", "个人所得税明细信息", ("姓名", "应纳税额"), at)
    unknown = _begun(session, "land", "", "古树名木保护信息", ("树种", "位置"), at)
    steps.take(session, promised, Step.PROMISE, Said(), _person("transport", "provider"), at)
    ground = Said("办理该事项不需要明细（演示）", ground=Ground.EXCESSIVE, rule="最小必要原则（演示）")
    steps.take(session, refused, Step.REFUSE, ground, _person("tax", "provider"), at)
    return [met, waiting, promised, refused, unknown]


def _begun(session: Session, asker: str, provider: str, name: str, items: tuple[str, ...], at: datetime) -> Demand:
    wanted = Wanted(code_of(provider) if provider else "", name, items, "week", "interface")
    return asking.begin(session, NewDemand(wanted, BASIS, PURPOSE), _person(asker, "requester"), at)


def _person(short: str, role: str) -> Caller:
    """Give whoever acts for a department while the sandbox is made."""
    return Caller("person", f"sandbox-{role}", f"演示{role}", code_of(short), frozenset({role}))
