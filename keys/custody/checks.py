"""What `yinxin doctor` asks of custody: the wrapping key, its files, and whether every active key signs."""

from sqlalchemy import select

from base.db import DatabaseSettings
from base.errors import DomainError
from base.health import Check, Finding, House
from base.web import WebSettings
from keys.custody import acts, wiring
from keys.custody.kek import FileKek
from keys.custody.models import CustodyKey
from keys.custody.rules import ACTIVE
from keys.custody.wiring import CustodySettings
from keys.signers import secret_files, uris


def _kek(house: House) -> Finding:
    with wiring.opened(house.settings) as parts, house.database.reading() as session:
        count, former = parts.data_keys.examine(session)
    if not count:
        return Finding("good", "还没有数据密钥", "There are no data keys yet")
    if former:
        return Finding("warning", f"{former} 把数据密钥仍由旧主密钥保护", f"{former} data keys under the former key")
    if house.settings[CustodySettings].former_kek:
        told = "可以移除 custody.former_kek 和旧主密钥"
        return Finding("good", told, "custody.former_kek and the former wrapping key can go")
    return Finding("good", f"{count} 把数据密钥都能打开", f"All {count} data keys open")


def _files(house: House) -> Finding:
    """Look at the modes of the secret files, also of those that were never read."""
    told, database = house.settings[CustodySettings], house.settings[DatabaseSettings]
    kek = wiring.built(house.settings).data_keys.kek
    files = [kek.file] if isinstance(kek, FileKek) else []
    files.append(wiring.password_file(told, database))
    folder = wiring.key_folder(told, database)
    files.extend(sorted(folder.glob("*.pem")) if folder.is_dir() else [])
    loose = [each.name for each in files if each.exists() and secret_files.is_loose(each)]
    if loose:
        return Finding("failed", f"其他用户可读：{', '.join(loose)}", f"Other users can read: {', '.join(loose)}")
    return Finding("good", "密钥文件只有运行用户可读", "Only the service's user can read key files")


def _reachable(house: House) -> Finding:
    """Let every active key sign something."""
    with wiring.opened(house.settings) as parts, house.database.reading() as session:
        rows = session.scalars(select(CustodyKey).where(CustodyKey.state == ACTIVE).order_by(CustodyKey.id)).all()
        faults = []
        for row in rows:
            try:
                acts.prove(parts.custody.reached(row))
            except DomainError as error:
                faults.append(f"{row.id} ({error.code})")
    if faults:
        return Finding("failed", f"不能签名：{', '.join(faults)}", f"Cannot sign: {', '.join(faults)}")
    software = [row.id for row in rows if uris.parse(row.uri).scheme == uris.FILE]
    if software and house.settings[WebSettings].environment == "production":
        told = ", ".join(software)
        return Finding("warning", f"以软件文件保管：{told}", f"Kept in software files: {told}")
    return Finding("good", f"{len(rows)} 把在用密钥都能签名", f"All {len(rows)} active keys sign")


CHECKS = (
    Check(
        "kek",
        "主密钥",
        "Wrapping key",
        "恢复 custody.kek 指向的主密钥（备份与数据库分开存放）；轮换后用 yinxin key rewrap。",
        "Restore the key that custody.kek names, from its own backup; after a change run yinxin key rewrap.",
        _kek,
        needed_to_serve=True,
    ),
    Check(
        "key-files",
        "密钥文件权限",
        "Key files",
        "chmod 600 所列文件。",
        "chmod 600 the files that are named.",
        _files,
    ),
    Check(
        "custody-keys",
        "密钥可用",
        "Keys in custody",
        "检查密码设备、PIN 文件和密钥文件；软件密钥请迁到密码设备（yinxin key rotate）。",
        "See to the device, the PIN files and the key files; move software keys into a device.",
        _reachable,
    ),
)
