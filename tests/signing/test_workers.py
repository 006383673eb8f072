"""Processes that verify: whatever a document does to one of them, there is an answer and nothing stays behind."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from keys.trust import Trust
from signing import check_codes
from signing.policy import DEFAULT, UnknownPolicy
from signing.report_json import dump
from signing.verification import verify
from signing.verification_errors import VerifierBusy, VerifierUnavailable
from signing.workers import pictures
from signing.workers.job import Answer, Job
from signing.workers.limits import WorkerLimits
from signing.workers.pool import Workers
from tests.builders import pki, seals
from tests.builders.pki import AT
from tests.signing import offices

UNRULY = "tests.signing.unruly_workers"
PATIENCE = 60.0
QUICK = WorkerLimits(processes=1, seconds=5.0, megabytes=512)
HASTY = replace(QUICK, seconds=0.5)


def job(document: bytes, **peculiar: object) -> Job:
    return Job(**{"document": document, "name": "a.ofd", "policy": "default", "at": AT, **peculiar})  # type: ignore[arg-type]


def trust() -> Trust:
    return seals.usual().trust()


@pytest.fixture(scope="module")
def real() -> Iterator[Workers]:
    workers = Workers(WorkerLimits(processes=2, seconds=30))
    yield workers
    workers.close()


@pytest.fixture(scope="module")
def unruly() -> Iterator[Workers]:
    workers = Workers(QUICK, UNRULY)
    yield workers
    workers.close()


@pytest.fixture(scope="module")
def hasty() -> Iterator[Workers]:
    workers = Workers(HASTY, UNRULY)
    yield workers
    workers.close()


def told(workers: Workers, document: bytes) -> str:
    return str(workers.examine(job(document), trust()).report["told"])


def code(answer: Answer) -> str:
    """Insist on an unreadable document with one reason, told in both languages."""
    assert answer.report["verdict"] == "unreadable"
    assert answer.report["signatures"] == []
    (warning,) = answer.report["warnings"]
    assert warning["detail"]["zh"]
    assert warning["detail"]["en"]
    assert "<ValidationReport" in answer.xml or ":ValidationReport" in answer.xml
    return str(warning["code"])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_the_answer_is_what_verifying_here_says(real: Workers):
    document = seals.ofd()
    answer = real.examine(job(document), trust())
    assert answer.report == dump(verify(document, "a.ofd", trust(), DEFAULT, AT))
    assert answer.report["verdict"] == "valid"
    assert answer.evidence is not None
    assert "total-passed" in answer.xml


def shown(picture: bytes) -> dict[str, str]:
    report = verify(seals.ofd(), "a.ofd", trust(), DEFAULT, AT)
    (signature,) = report.signatures
    assert signature.seal is not None
    seal = replace(signature.seal, picture=picture)
    return pictures.seals(replace(report, signatures=(replace(signature, seal=seal),)))


def test_the_picture_of_a_seal_is_decoded_and_written_anew():
    hidden = b"<script>alert(1)</script>"
    found = shown(offices.picture() + hidden)
    kind, _, content = found["s001"].partition(",")
    assert kind == "data:image/png;base64"
    written = base64.b64decode(content)
    assert written.startswith(b"\x89PNG")
    assert hidden not in written


@pytest.mark.parametrize("picture", [b"", b"<svg/>", seals.PICTURE, b"%PDF-1.7", b"PK\x03\x04", b"GIF89a" + bytes(20)])
def test_a_picture_that_is_none_is_left_out(picture: bytes):
    assert shown(picture) == {}


def test_no_bytes_at_all_are_told_as_unreadable(real: Workers):
    assert real.examine(job(b"x"), trust()).report["verdict"] == "unreadable"


def test_an_unknown_policy_is_refused_before_a_process_is_asked(real: Workers):
    with pytest.raises(UnknownPolicy):
        real.examine(job(b"x", policy="lenient"), trust())


def test_another_trust_reaches_the_process_that_knew_the_first(unruly: Workers):
    first, second = trust(), Trust(AT)
    answers = [unruly.examine(job(b"name"), each) for each in (first, first, second, first)]
    assert [each.report["trust"] for each in answers] == [each.digest.hex() for each in (first, first, second, first)]
    assert len({each.report["told"] for each in answers}) == 1


def test_the_moment_of_a_trust_is_the_callers_also_when_the_process_has_it_already(unruly: Workers):
    later = replace(trust(), as_of=AT + pki.DAY)
    assert [unruly.examine(job(b"name"), each).report["as_of"] for each in (trust(), later)] == [
        AT.isoformat(),
        (AT + pki.DAY).isoformat(),
    ]


@pytest.mark.parametrize("act", [b"exit", b"fault", b"killed", b"raise", b"huge", b"odd"])
def test_a_process_that_dies_is_an_answer_and_the_next_document_is_verified(unruly: Workers, act: bytes):
    assert code(unruly.examine(job(act), trust())) == "WORKER_DIED"
    assert told(unruly, b"name").isdigit()


def test_a_process_that_eats_memory_is_ended(unruly: Workers):
    assert code(unruly.examine(job(b"eat"), trust())) == "TOO_MUCH_MEMORY"
    assert told(unruly, b"name").isdigit()


@pytest.mark.parametrize("act", [b"spin", b"sleep"])
def test_a_process_that_hangs_is_ended(hasty: Workers, act: bytes):
    before = told(hasty, b"name")
    assert code(hasty.examine(job(act), trust())) == "TOO_LONG"
    assert not is_alive(int(before))
    assert told(hasty, b"name") != before


def test_a_process_that_reads_no_further_is_ended(hasty: Workers):
    """A stopped process leaves a large document half sent."""
    pid = int(told(hasty, b"name"))
    os.kill(pid, signal.SIGSTOP)
    assert code(hasty.examine(job(b"name|" + bytes(4 << 20)), trust())) == "TOO_LONG"
    assert not is_alive(pid)


@pytest.mark.parametrize("act", [b"late-exit", b"late-sleep", b"late-fault", b"late-raise"])
def test_what_fails_after_the_verdict_does_not_take_the_verdict_away(hasty: Workers, act: bytes):
    answer = hasty.examine(job(act), trust())
    assert answer.report["told"] == ""
    assert answer.pictures.pages == ()
    assert told(hasty, b"name").isdigit()


def test_a_process_killed_in_the_middle_is_an_answer(unruly: Workers):
    """SIGKILL from outside while a document is read, as the kernel's memory killer does."""
    pid = int(told(unruly, b"name"))
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(unruly.examine, job(b"sleep"), trust())
        while _call(pid) not in SLEEPING:
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        assert code(asked.result(PATIENCE)) == "WORKER_DIED"


# nanosleep and clock_nanosleep on x86-64 and on arm64: the process waits for the clock and no longer for us.
SLEEPING = {"35", "230", "101", "115"}


def _call(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/syscall").read_text().split()[0]
    except (OSError, IndexError):
        return "gone"


def test_a_process_that_died_while_idle_costs_no_document(unruly: Workers):
    pid = int(told(unruly, b"name"))
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.01)
    assert told(unruly, b"name") != str(pid)


@pytest.mark.parametrize("act", [b"socket", b"write", b"program", b"fork", b"library"])
def test_what_a_process_has_no_business_with_is_refused_to_it(unruly: Workers, act: bytes):
    assert told(unruly, act).startswith("refused")


def test_a_process_knows_nothing_of_our_environment_nor_of_our_folder(unruly: Workers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("YINXIN_WEB_SECRET", "not for strangers")
    assert "YINXIN" not in told(unruly, b"environment")
    assert told(unruly, b"folder") == "/"


def test_what_a_library_prints_does_not_get_between_the_messages(unruly: Workers):
    assert told(unruly, b"print") == "None"
    assert told(unruly, b"name").isdigit()


def test_a_process_is_replaced_after_its_share_of_documents():
    workers = Workers(replace(QUICK, jobs=2), UNRULY)
    try:
        pids = [told(workers, b"name") for _ in range(4)]
    finally:
        workers.close()
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_two_callers_are_served_by_two_processes_at_once():
    """Both hang until both are asked: neither waits for the other's answer."""
    workers = Workers(replace(HASTY, processes=2), UNRULY)
    both = threading.Barrier(2, timeout=PATIENCE)

    def ask() -> str:
        told(workers, b"name")
        both.wait()
        return code(workers.examine(job(b"sleep"), trust()))

    try:
        with ThreadPoolExecutor(2) as threads:
            assert [each.result(PATIENCE) for each in [threads.submit(ask) for _ in range(2)]] == ["TOO_LONG"] * 2
            assert len(workers.pids) == 2
    finally:
        workers.close()


def test_callers_over_the_bound_are_told_at_once_that_all_are_busy():
    """One process, nobody may wait: while a document is read, the second caller is sent away."""
    workers = Workers(replace(QUICK, seconds=2.0, waiting=0), UNRULY)
    try:
        told(workers, b"name")
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(workers.examine, job(b"sleep"), trust())
            while workers._free._value:
                time.sleep(0.01)
            with pytest.raises(VerifierBusy):
                workers.examine(job(b"name"), trust())
            assert code(first.result(PATIENCE)) == "TOO_LONG"
        assert told(workers, b"name").isdigit()
    finally:
        workers.close()


def test_who_waits_too_long_is_told_so():
    workers = Workers(replace(QUICK, seconds=3.0, waiting=1, waiting_seconds=0.05), UNRULY)
    try:
        told(workers, b"name")
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(workers.examine, job(b"sleep"), trust())
            while workers._free._value:
                time.sleep(0.01)
            with pytest.raises(VerifierBusy):
                workers.examine(job(b"name"), trust())
            first.result(PATIENCE)
    finally:
        workers.close()


def test_closing_leaves_no_process_behind():
    workers = Workers(QUICK, UNRULY)
    pid = int(told(workers, b"name"))
    workers.close()
    assert not is_alive(pid)
    assert workers.pids == []
    with pytest.raises(VerifierUnavailable):
        workers.examine(job(b"name"), trust())


def test_a_service_that_is_killed_leaves_no_process_behind():
    """Our own process dies without a word; its workers notice that nobody asks any more."""
    script = (
        "import os, sys\n"
        "from tests.signing.test_workers import QUICK, UNRULY, told\n"
        "from signing.workers.pool import Workers\n"
        "workers = Workers(QUICK, UNRULY)\n"
        "print(told(workers, b'name'), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=PATIENCE)
    pid = int(ran.stdout)
    deadline = time.monotonic() + PATIENCE
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_program_that_cannot_start_is_no_fault_of_the_document():
    workers = Workers(QUICK, "tests.signing.no_such_module")
    try:
        with pytest.raises(VerifierUnavailable):
            workers.examine(job(b"x"), trust())
    finally:
        workers.close()


@pytest.mark.parametrize("limits", [{"processes": 0}, {"jobs": 0}, {"megabytes": 10}, {"seconds": 0}])
def test_limits_with_which_nothing_could_be_verified_are_refused(limits: dict[str, float]):
    with pytest.raises(ValueError, match="nothing could be verified"):
        WorkerLimits(**limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["WORKER_DIED", "TOO_LONG", "TOO_MUCH_MEMORY"])
def test_every_way_to_die_says_what_to_do(name: str):
    found = check_codes.codes()[name]
    assert found.fix.zh
    assert found.fix.en
