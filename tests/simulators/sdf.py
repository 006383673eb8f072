"""A cryptographic device behind the SDF interface: a real library, compiled here, its calls answered in Python."""

import ctypes
import functools
import shutil
import subprocess
import tempfile
from ctypes import CFUNCTYPE, c_size_t, c_uint, c_void_p
from pathlib import Path

from keys.algorithms import sm2
from keys.algorithms.sm2_signature import Signature
from keys.signers.sdf import EccPublicKey, EccSignature

CALL = CFUNCTYPE(c_uint, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p)
KEY_NOT_EXIST, NO_RIGHT, WRONG_PASSWORD, BROKEN = 0x01000008, 0x01000006, 0x01000012, 0x01000001


def missing() -> str:
    """Say what is not installed here."""
    return "" if shutil.which("cc") else "no C compiler"


@functools.cache
def library() -> Path:
    """Compile the library once for this process."""
    made = Path(tempfile.mkdtemp(prefix="yinxin-sdf-")) / "libsdf.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", made, source], check=True)
    return made


class SdfSimulator:
    """Keys by index, each with an access password; `broken` makes every call fail, `wrong` bends signatures."""

    def __init__(self, keys: dict[int, sm2.PrivateKey], password: bytes) -> None:
        self.keys, self.password = keys, password
        self.broken, self.wrong, self.bits = False, False, 256
        self.sessions: dict[int, set[int]] = {}
        self.password_tries = 0
        self._next = 1
        self._loaded = ctypes.CDLL(str(library()))
        acts = (
            self._open_device,
            self._nothing,
            self._open_session,
            self._close_session,
            self._get_right,
            self._release_right,
            self._export,
            self._sign,
        )
        self._calls = [CALL(self._unless_broken(each)) for each in acts]
        for index, each in enumerate(self._calls):
            self._loaded.simulator_set(c_uint(index), each)

    def _unless_broken(self, act):
        return lambda *told: BROKEN if self.broken else act(*told)

    def _open_device(self, device, _b, _c, _d, _e) -> int:
        ctypes.cast(device, ctypes.POINTER(c_void_p))[0] = 4242
        return 0

    def _nothing(self, *_) -> int:
        return 0

    def _open_session(self, device, _b, session, _d, _e) -> int:
        if device != 4242:
            return BROKEN
        self._next += 1
        self.sessions[self._next] = set()
        ctypes.cast(session, ctypes.POINTER(c_void_p))[0] = self._next
        return 0

    def _close_session(self, session, *_) -> int:
        return 0 if self.sessions.pop(session, None) is not None else BROKEN

    def _get_right(self, session, index, password, length, _e) -> int:
        self.password_tries += 1
        if ctypes.string_at(password, length) != self.password:
            return WRONG_PASSWORD
        self.sessions[session].add(index)
        return 0

    def _release_right(self, session, index, *_) -> int:
        self.sessions[session].discard(index)
        return 0

    def _export(self, _session, index, _c, _d, key) -> int:
        if index not in self.keys:
            return KEY_NOT_EXIST
        told = ctypes.cast(key, ctypes.POINTER(EccPublicKey))[0]
        point = self.keys[index].public.point
        told.bits = self.bits
        told.x[:] = bytes(32) + point[1:33]
        told.y[:] = bytes(32) + point[33:]
        return 0

    def _sign(self, session, index, data, length, signature) -> int:
        if index not in self.sessions.get(session, set()):
            return NO_RIGHT
        made = self.keys[index].sign_e(ctypes.string_at(data, length))
        if self.wrong:
            made = Signature(made.r, made.s ^ 1)
        told = ctypes.cast(signature, ctypes.POINTER(EccSignature))[0]
        told.r[:] = bytes(32) + made.raw[:32]
        told.s[:] = bytes(32) + made.raw[32:]
        return 0
