"""What `yinxin doctor` asks of backups: whether there is one, how old it is, and for whom the next will be."""

from datetime import timedelta
from pathlib import Path

from base.health import Check, Finding, House
from keys.backup import places, wiring


def _backup(house: House) -> Finding:
    backups = wiring.built(house.settings)
    if not backups.told.folder:
        return Finding("warning", "没有配置夜间备份", "No nightly backup is configured")
    for each in backups.key_files:
        wiring.recipient(each)
    there = places.finished(Path(backups.told.folder))
    if not there:
        return Finding("failed", "还没有完成的备份", "There is no finished backup yet")
    age = house.at - there[-1].made_at
    hours = round(age / timedelta(hours=1), 1)
    told = (
        f"最近的备份在 {hours} 小时前，共 {len(there)} 份",
        f"The last backup is {hours} h old; {len(there)} are kept",
    )
    return Finding("failed" if age > timedelta(hours=backups.told.warn_hours) else "good", *told)


CHECKS = (
    Check(
        "backup",
        "备份",
        "Backup",
        "用 yinxin backup key 生成密钥，配置 [backup]；用 yinxin jobs run keys.backup.nightly 立即备份。",
        "Make a key with yinxin backup key, set [backup] folder and public_keys; yinxin jobs run keys.backup.nightly.",
        _backup,
    ),
)
