"""Which calls to the kernel a process that verifies gives up for good, by a seccomp filter written by hand.

Belt to the braces of `confinement`: Python code is stopped by its audit hook, C code of a library that a document
took over is stopped by this. No new socket, no program, no file written, removed or renamed, no other process touched.
A kernel or a machine that knows no such filter leaves it out: the limits and the hook hold all the same.
"""

import ctypes
import os
import struct
from typing import Final

# linux/seccomp.h, linux/filter.h, linux/prctl.h
NO_NEW_PRIVILEGES: Final = 38
SET_SECCOMP: Final = 22
MODE_FILTER: Final = 2
LOAD, EQUAL, ANY_BIT, AT_LEAST, ANSWER = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW: Final = 0x7FFF0000
REFUSE: Final = 0x00050000 | 13  # EACCES
# Offsets into struct seccomp_data: number, architecture, low halves of the second and third argument.
NUMBER, ARCHITECTURE, SECOND, THIRD = 0, 4, 24, 32
# O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND, the same on both machines.
WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# The calls of another personality (x32) begin here.
FOREIGN: Final = 0x40000000

# machine: its number in linux/audit.h; open and openat; the calls that are refused outright:
# socket socketpair connect bind listen sendto; execve execveat; kill ptrace process_vm_readv process_vm_writev;
# truncate rename* mkdir* rmdir creat link* unlink* symlink* mknod*; memfd_create io_uring_setup openat2
MACHINES: Final = {
    "x86_64": (
        0xC000003E,
        2,
        257,
        (
            *(41, 53, 42, 49, 50, 44, 59, 322, 62, 101, 310, 311, 76, 82, 264, 316, 83, 258, 84, 85, 86, 265, 87, 263),
            *(88, 266, 133, 259, 319, 425, 437),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        None,
        56,
        (198, 199, 203, 200, 201, 206, 221, 281, 129, 117, 270, 271, 45, 38, 276, 34, 37, 35, 36, 33, 279, 425, 437),
    ),
}


def give_up() -> bool:
    """Give these calls up, and tell whether the kernel agreed."""
    known = MACHINES.get(os.uname().machine)
    if known is None or os.uname().sysname != "Linux":
        return False
    program = b"".join(_filter(*known))
    held = ctypes.create_string_buffer(program, len(program))
    said = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    pointer = ctypes.create_string_buffer(said, len(said))
    return bool(libc.prctl(SET_SECCOMP, MODE_FILTER, ctypes.addressof(pointer), 0, 0) == 0)


def _filter(architecture: int, plain_open: int | None, open_at: int, refused: tuple[int, ...]) -> list[bytes]:
    """Write the program: every test that holds jumps over one instruction to its answer."""
    program = [_step(LOAD, ARCHITECTURE), _step(EQUAL, architecture, 1, 0), _step(ANSWER, REFUSE)]
    program += [_step(LOAD, NUMBER), _step(AT_LEAST, FOREIGN, 0, 1), _step(ANSWER, REFUSE)]
    for number in refused:
        program += [_step(EQUAL, number, 0, 1), _step(ANSWER, REFUSE)]
    opening = [(open_at, THIRD)] if plain_open is None else [(open_at, THIRD), (plain_open, SECOND)]
    for number, flags in opening:
        program += [_step(EQUAL, number, 0, 4), _step(LOAD, flags), _step(ANY_BIT, WRITING, 0, 1)]
        program += [_step(ANSWER, REFUSE), _step(ANSWER, ALLOW)]
    return [*program, _step(ANSWER, ALLOW)]


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value)
