"""What `yinxin doctor` asks of signing: whether a process that verifies starts, gives up its rights, and answers."""

from sqlalchemy.orm import Session

from base.errors import DomainError
from base.health import Check, Finding, House
from keys.signers.signer import Signer
from keys.trust import Trust
from signing import policy, sample_documents, verification_wiring
from signing.report import Verdict
from signing.workers.job import Job


def _workers(house: House) -> Finding:
    """Have one document verified by a process of its own, as the public has it."""
    verifying = verification_wiring.built(house.settings, _no_key)
    job = Job(sample_documents.pdf(), "doctor.pdf", policy.DEFAULT.name, house.at, with_pictures=False)
    try:
        found = verifying.workers.examine(job, Trust(house.at))
    except DomainError as refusal:
        return Finding("failed", f"核验进程不可用（{refusal.code}）", f"No process verifies ({refusal.code})")
    finally:
        verifying.workers.close()
    if found.report["verdict"] != Verdict.UNSIGNED.value:
        codes = ", ".join(each["code"] for each in found.report["warnings"])
        return Finding("failed", f"核验进程没有答复（{codes}）", f"The process did not answer ({codes})")
    limits = verifying.workers.limits
    return Finding(
        "good",
        f"核验进程能启动并答复；最多 {limits.processes} 个，每份文件 {limits.seconds:g} 秒、{limits.megabytes} MB",
        f"A process starts and answers; at most {limits.processes}, each {limits.seconds:g} s, {limits.megabytes} MB",
    )


def _no_key(session: Session, key_id: str) -> Signer:
    del session
    raise LookupError(key_id)


CHECKS = (
    Check(
        "verification-workers",
        "核验进程",
        "Processes that verify",
        "查看内存与进程数限制（ulimit、systemd、容器）；调大 signing.verifying_megabytes 或 verifying_seconds。",
        "Look at the limits of memory and processes (ulimit, systemd, container); raise signing.verifying_megabytes "
        "or signing.verifying_seconds.",
        _workers,
    ),
)
