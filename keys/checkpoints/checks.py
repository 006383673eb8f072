"""What `yinxin doctor` asks of tree heads: whether they are signed, who remembers them, and whether an alarm stands."""

from datetime import timedelta
from typing import Final

from base.fetch import Incoming, Outgoing
from base.health import Check, Finding, House
from keys.checkpoints import alarms, deliveries, heads
from keys.checkpoints.wiring import CheckpointSettings, witnesses
from keys.witnesses.witness import Witness

# A round may be missed while processes are started anew; three in a row are not.
ROUNDS: Final = 3
ADVISED_WITNESSES: Final = 2


def _alarms(house: House) -> Finding:
    with house.database.reading() as session:
        standing = alarms.standing(session)
    if not standing:
        return Finding("good", "台账没有未处置的警报", "No alarm of the ledger stands")
    told = ", ".join(f"{each.id} {each.code} {each.witness}".rstrip() for each in standing)
    return Finding("failed", f"未处置的台账警报：{told}", f"Alarms of the ledger stand: {told}")


def _signing(house: House) -> Finding:
    told = house.settings[CheckpointSettings]
    if not told.key:
        return Finding("warning", "没有设置检查点签名密钥，台账的根没有签名", "No key signs the ledger's heads")
    with house.database.reading() as session:
        log = heads.present_log(session)
        last = heads.latest(session, log.origin) if log else None
    if last is None:
        return Finding("warning", "还没有签发过检查点", "No head has been signed yet")
    age = house.at - last.signed_at
    at = f"{last.signed_at:%Y-%m-%d %H:%M:%S}Z"
    if age > ROUNDS * timedelta(minutes=told.minutes):
        return Finding("warning", f"最近的检查点已是 {at}", f"The last head was signed at {at}")
    return Finding("good", f"检查点 {last.number}，{at}", f"Head {last.number} of {at}")


def _witnesses(house: House) -> Finding:
    named = witnesses(house.settings[CheckpointSettings], _nobody)
    with house.database.reading() as session:
        log = heads.present_log(session)
        known = {each.witness: each for each in (deliveries.statuses(session, log.origin) if log else ())}
    failing = [_trouble(each, known[each.name]) for each in named if each.name in known and known[each.name].attempts]
    if failing:
        told = ", ".join(failing)
        return Finding("warning", f"见证方没有收到检查点：{told}", f"Witnesses did not take a head: {told}")
    if len(named) < ADVISED_WITNESSES:
        return Finding(
            "warning",
            f"只设置了 {len(named)} 个见证方；整库回滚只有外部见证方能发现，建议至少两个",
            f"{len(named)} witnesses are set up; only they notice a database brought back, and two are advised",
        )
    told = ", ".join(f"{each.name} {known[each.name].shown_size if each.name in known else 0}" for each in named)
    return Finding("good", f"见证方：{told}", f"Witnesses: {told}")


def _trouble(witness: Witness, status: deliveries.WitnessStatus) -> str:
    return f"{witness.name} ({status.code}, +{status.waiting})"


def _nobody(request: Outgoing) -> Incoming:
    """Stand for the way out, which no check uses."""
    raise NotImplementedError


CHECKS = (
    Check(
        "ledger-alarms",
        "台账警报",
        "Ledger alarms",
        "用 yinxin checkpoint alarms 看证据，yinxin ledger verify 核对台账，查明后 yinxin checkpoint settle 处置。",
        "See yinxin checkpoint alarms for the evidence, run yinxin ledger verify, then yinxin checkpoint settle.",
        _alarms,
    ),
    Check(
        "checkpoints",
        "台账检查点",
        "Signed heads",
        "在 [checkpoints] 里设置 key，并确认任务进程在运行（yinxin jobs list）。",
        "Set key in [checkpoints], and see that the jobs run (yinxin jobs list).",
        _signing,
    ),
    Check(
        "witnesses",
        "台账见证方",
        "Ledger witnesses",
        "在 [checkpoints] witnesses 里至少设置两个不同部门的见证方；用 yinxin checkpoint witnesses 查看原因。",
        "Name two witnesses of other departments in [checkpoints] witnesses; yinxin checkpoint witnesses tells why.",
        _witnesses,
    ),
)
