"""What `yinxin doctor` asks of keys and certificates: which SM2 backend runs, how fast, and whether it may sign."""

from base.health import Check, Finding, House
from keys import selftest
from keys.algorithms import backends


def _sm2(_house: House) -> Finding:
    chosen = backends.choice()
    if chosen.signer is None:
        return Finding("failed", f"没有通过自检的签名后端：{chosen.told}", f"No backend that may sign: {chosen.told}")
    rates = "; ".join(
        f"{each.backend} {each.library} {each.signs_per_second or 0:.0f}/s, {each.verifies_per_second:.0f}/s"
        for each in selftest.speeds()
    )
    return Finding("good", f"{chosen.told}（签名、验签：{rates}）", f"{chosen.told} (sign, verify: {rates})")


CHECKS = (
    Check(
        "sm2-backend",
        "国密后端",
        "SM2 backend",
        "安装 OpenSSL 3 以上且带 SM2 的版本，然后运行 yinxin selftest。",
        "Install OpenSSL 3 or later with SM2, then run yinxin selftest.",
        _sm2,
    ),
)
