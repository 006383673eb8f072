"""What `yinxin doctor` asks of the parties: the token key, the issuer, and the three duties."""

import stat
from pathlib import Path

from base.health import Check, Finding, House
from base.web import WebSettings
from keys.parties import people, wiring
from keys.parties.models import DUTIES


def _token_key(house: House) -> Finding:
    key = wiring.built(house.settings).token_key
    kind = key.private.kind
    file = Path(key.name)
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding("warning", f"{file} 可被其他用户读取", f"{file} can be read by other users")
    return Finding("good", f"令牌密钥可用（{kind}）", f"The token key works ({kind})")


def _issuer(house: House) -> Finding:
    issuer = wiring.built(house.settings).issuer
    demo = house.settings[WebSettings].environment == wiring.DEMO
    if not demo and not issuer.startswith("https://"):
        return Finding("warning", f"令牌签发地址是 {issuer}", f"Tokens are issued as {issuer}")
    return Finding("good", f"令牌签发地址 {issuer}", f"Tokens are issued as {issuer}")


def _duties(house: House) -> Finding:
    with house.database.reading() as session:
        missing = [role for role in DUTIES if not people.accounts_with(session, role)]
    if missing:
        told = ", ".join(missing)
        return Finding("warning", f"没有可用账号承担：{told}", f"No active account holds: {told}")
    return Finding("good", "三员齐备", "All three duties are held")


CHECKS = (
    Check(
        "token-key",
        "令牌密钥",
        "Token key",
        "检查 parties.token_key 指向的文件：运行用户可读写，权限 0600，算法与 parties.token_algorithm 一致。",
        "See the file that parties.token_key names: the service's user's own, mode 0600, of parties.token_algorithm.",
        _token_key,
    ),
    Check(
        "token-issuer",
        "令牌签发地址",
        "Token issuer",
        "把 parties.issuer 设为对外的 https 地址。",
        "Set parties.issuer to the https address that callers use.",
        _issuer,
    ),
    Check(
        "duties",
        "三员分立",
        "Separate duties",
        "用 yinxin setup 或 yinxin user 建立系统、安全、审计三个账号。",
        "Make the system, security and audit accounts with yinxin setup or yinxin user.",
        _duties,
    ),
)
