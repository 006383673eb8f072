"""What the algorithms do in a second on this machine, for each backend, beside `openssl speed` in the same run.

Rates are per second of CPU time of one thread, as `openssl speed` counts them: a busy neighbour does not decide.
"""

import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

from base.errors import DomainError
from keys.algorithms import backends, gmssl_backend, sm2, sm3, sm4
from keys.algorithms.sm2_backend import Verifier
from keys.algorithms.sm2_known_answers import E_VALUE, POINT, SIGNATURE

NAME = "crypto"

BLOCK = 16 * 1024
MEGABYTE = 1_000_000


def run(*, short: bool) -> dict[str, object]:
    """Measure everything that is installed."""
    seconds = 0.5 if short else 3.0
    return {
        "unit": "per second of CPU time of one thread; MB/s with blocks of 16 KiB",
        "backends": _backends(seconds),
        "strict_layer": _strict(seconds),
        "symmetric": _symmetric(seconds),
        "openssl_speed": _openssl(1 if short else 3),
    }


def _backends(seconds: float) -> dict[str, object]:
    """Measure each backend alone, on e-values."""
    found: dict[str, object] = {}
    chosen = backends.choice()
    if chosen.signer is not None:
        signer = chosen.signer
        handle = signer.generate()
        ciphertext = signer.encrypt(handle.point, bytes(16))
        found[signer.name] = {
            "library": signer.library,
            "sign": _rate(lambda: handle.sign_e(E_VALUE), seconds),
            "verify": _verify_rate(signer, seconds),
            "keygen": _rate(signer.generate, seconds),
            "encrypt_16_bytes": _rate(lambda: signer.encrypt(handle.point, bytes(16)), seconds),
            "decrypt_16_bytes": _rate(lambda: handle.decrypt(ciphertext), seconds),
        }
    try:
        second = gmssl_backend.opened()
    except DomainError as error:
        found[gmssl_backend.NAME] = {"missing": str(error)}
    else:
        told = {"library": second.library, "sign": None, "verify": _verify_rate(second, seconds), "keygen": None}
        found[second.name] = told
    return found


def _strict(seconds: float) -> dict[str, float]:
    """Measure what callers see: ZA and SM3 included, and every signature verified before it is given out."""
    key = sm2.PrivateKey.generated()
    signature = sm2.sign(key, b"message")
    return {
        "sign_and_verify_message": _rate(lambda: sm2.sign(key, b"message"), seconds),
        "verify_message": _rate(lambda: sm2.verify(key.public, signature, b"message"), seconds),
        "keygen": _rate(sm2.PrivateKey.generated, seconds),
    }


def _symmetric(seconds: float) -> dict[str, float]:
    data, key, nonce, iv = bytes(BLOCK), bytes(16), bytes(12), bytes(16)
    acts: dict[str, Callable[[], object]] = {
        "sm3": lambda: sm3.SM3.of(data),
        "hmac-sm3": lambda: sm3.HMAC_SM3.tag(key, data),
        "sm4-cbc": lambda: sm4.cbc_encrypt(key, iv, data),
        "sm4-ctr": lambda: sm4.ctr(key, iv, data),
        "sm4-gcm": lambda: sm4.gcm_seal(key, nonce, data),
        "sm4-ccm": lambda: sm4.ccm_seal(key, nonce, data),
    }
    return {f"{name}_mb": round(_rate(act, seconds) * BLOCK / MEGABYTE, 1) for name, act in acts.items()}


def _verify_rate(backend: Verifier, seconds: float) -> float:
    return _rate(lambda: backend.verify_e(POINT, SIGNATURE.der, E_VALUE), seconds)


def _rate(act: Callable[[], object], seconds: float) -> float:
    """Take the best of three runs, as a run can only be slowed down by others."""
    return round(max(_once(act, seconds / 3) for _ in range(3)), 1)


def _once(act: Callable[[], object], seconds: float) -> float:
    act()
    count, started = 0, time.thread_time()
    while (spent := time.thread_time() - started) < seconds:
        act()
        count += 1
    return count / spent


def _openssl(seconds: int) -> dict[str, Any]:
    """Ask the machine's own `openssl speed`; rates are its own counting."""
    program = shutil.which("openssl")
    if program is None:
        return {"missing": "no openssl command on this machine"}
    told: dict[str, Any] = {"version": _output(program, "version").strip()}
    for line in _output(program, "speed", "-mr", "-seconds", str(seconds), "sm2").splitlines():
        if line.startswith("+F") and ":CurveSM2:" in line:
            *_, sign, verify = line.split(":")
            told |= {"sm2_sign": float(sign), "sm2_verify": float(verify)}
    for name in ("sm3", "sm4-cbc", "sm4-ctr"):
        lines = _output(program, "speed", "-mr", "-seconds", str(seconds), "-bytes", str(BLOCK), "-evp", name)
        for line in lines.splitlines():
            if line.startswith("+F:"):
                told[f"{name}_mb"] = round(float(line.split(":")[-1]) / MEGABYTE, 1)
    return told


def _output(*command: str) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
