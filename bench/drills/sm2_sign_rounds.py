"""A million signatures by two forked processes, each verified, and no nonce used twice.

(r − e) mod n is the x coordinate of the nonce's point, so two equal ones betray a repeated nonce. The processes are
forked from one that holds the key and has already signed, which is where a generator that does not notice forks would
repeat. Every round signs (the house verifies inside) and verifies once more from outside; every fiftieth tries the
signature on another message. Finished rounds are kept in files of 32 bytes each, from which an interrupted run goes on.
"""

import multiprocessing
import os
import sys
import time
from pathlib import Path

from keys.algorithms import sm2
from keys.algorithms.sm2_curve import CURVE, e_value
from keys.algorithms.sm2_signature import Signature

NAME = "sm2_sign_rounds"
ROUNDS = 1_000_000
SHORT_ROUNDS = 5_000
PROCESSES = 2
STEP = 500
REFUSAL_EVERY = 50
SIZE = 32
PROGRESS_SECONDS = 30


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Carry out the rounds that are still missing, then look through all of them."""
    rounds = SHORT_ROUNDS if short else ROUNDS
    state = results / "state"
    state.mkdir(parents=True, exist_ok=True)
    files = [state / f"{NAME}.{worker}.rounds" for worker in range(PROCESSES)]
    faults = state / f"{NAME}.faults"
    resumed_from = sum(map(_done, files))
    key = sm2.PrivateKey.generated()
    sm2.sign(key, b"the parent has signed before it forks")
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_work, args=(key, file, faults, rounds // PROCESSES)) for file in files]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        for worker in workers:
            worker.join(PROGRESS_SECONDS / PROCESSES)
        print(f"{NAME}: {sum(map(_done, files))} of {rounds}", file=sys.stderr, flush=True)
    outcome = _looked_through(files, faults, rounds, [worker.exitcode for worker in workers])
    return {**outcome, "resumed_from": resumed_from}


def _work(key: sm2.PrivateKey, file: Path, faults: Path, rounds: int) -> None:
    """Sign until this process's share is done."""
    started = f"{os.getpid()}/{time.time_ns()}".encode()
    with file.open("ab") as kept:
        kept.truncate(_done(file) * SIZE)
        for begun in range(_done(file), rounds, STEP):
            kept.write(
                b"".join(_round(key, started, index, faults) for index in range(begun, min(begun + STEP, rounds)))
            )
            kept.flush()


def _round(key: sm2.PrivateKey, started: bytes, index: int, faults: Path) -> bytes:
    message = started + b"/" + str(index).encode()
    signature = sm2.sign(key, message)
    if not sm2.verify(key.public, signature, message):
        _note(faults, f"{index}: a signature did not verify")
    if index % REFUSAL_EVERY == 0 and sm2.verify(key.public, signature, message + b"?"):
        _note(faults, f"{index}: a signature verified for another message")
    e = int.from_bytes(e_value(key.public.point, message))
    return ((Signature.from_der(signature).r - e) % CURVE.n).to_bytes(SIZE)


def _note(faults: Path, told: str) -> None:
    with faults.open("a", encoding="utf-8") as file:
        file.write(told + "\n")


def _done(file: Path) -> int:
    return file.stat().st_size // SIZE if file.exists() else 0


def _looked_through(files: list[Path], faults: Path, rounds: int, exits: list[int | None]) -> dict[str, object]:
    seen: set[bytes] = set()
    count = 0
    for file in files:
        data = file.read_bytes() if file.exists() else b""
        count += len(data) // SIZE
        seen.update(data[at : at + SIZE] for at in range(0, len(data) - SIZE + 1, SIZE))
    failures = faults.read_text(encoding="utf-8").splitlines() if faults.exists() else []
    repeated = count - len(seen)
    passed = count == rounds // PROCESSES * PROCESSES and not repeated and not failures and not any(exits)
    if passed:
        for file in files:
            file.unlink()
    return {
        "rounds": count,
        "wanted": rounds,
        "processes": PROCESSES,
        "failures": failures,
        "repeated_nonces": repeated,
        "exit_codes": exits,
        "passed": passed,
    }
