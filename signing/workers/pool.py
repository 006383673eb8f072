"""All processes that verify: so many at once, so many callers waiting, and an answer whatever becomes of a process.

Processes are started when they are first needed, so a server that forks its workers hands none of them on. Two callers
never share one; one that died or has done its share is replaced before the next caller comes.
"""

import pickle
import threading
import weakref
from dataclasses import dataclass, field

from base.metrics import VERIFIER_PROCESSES, VERIFIERS_AWAITED, VERIFIERS_WORKING, Metrics
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.trust import Trust
from signing import etsi, policy, report_json
from signing.report import Check, DocumentFacts, Report, Verdict, warned
from signing.verification import Examination
from signing.verification_errors import VerifierBusy, VerifierUnavailable
from signing.workers.job import Answer, Job
from signing.workers.limits import WorkerLimits
from signing.workers.worker import MODULE, CannotStart, Death, Worker


@dataclass
class _Staff:
    """The processes that wait for work, and all there are, by what ends them."""

    idle: list[Worker] = field(default_factory=list)
    known: set[Worker] = field(default_factory=set)


class Workers:
    """The processes of this service; `examine` may be called from any number of threads."""

    def __init__(self, limits: WorkerLimits, module: str = MODULE, metrics: Metrics | None = None) -> None:
        self.limits = limits
        self._module = module
        self._metrics = metrics or Metrics(None)
        self._free = threading.Semaphore(limits.processes)
        self._lock = threading.Lock()
        self._waiting = 0
        self._staff = _Staff()
        self._pickled: tuple[bytes, bytes] = (b"", b"")
        # Also at the end of the interpreter: nothing of ours outlives us.
        self._finish = weakref.finalize(self, _end_all, self._staff, self._lock)

    def examine(self, job: Job, trust: Trust) -> Answer:
        """Verify in a process of its own; one that dies or hangs is an answer too.

        Raises `VerifierBusy`, `VerifierUnavailable`, `UnknownPolicy`.
        """
        policy.policy(job.policy)
        pickled = self._trust(trust)
        self._enter()
        try:
            worker = self._taken()
            try:
                with self._metrics.running(VERIFIERS_WORKING):
                    return worker.ask(job, trust, pickled)
            except CannotStart as error:
                raise VerifierUnavailable from error
            except Death as death:
                self._metrics.count(VERIFIER_PROCESSES, event="died")
                return unanswered(job, trust, warned(death.code, reason=death.reason, seconds=int(self.limits.seconds)))
            finally:
                self._put_back(worker)
        finally:
            self._free.release()

    @property
    def pids(self) -> list[int]:
        """Tell which processes there are."""
        with self._lock:
            return sorted(each.pid for each in self._staff.known)

    def close(self) -> None:
        """End all processes."""
        self._finish()

    def _enter(self) -> None:
        """Wait for a free place, within bounds. Raises `VerifierBusy`."""
        if self._free.acquire(blocking=False):
            return
        with self._lock:
            if self._waiting >= self.limits.waiting:
                raise self._busy(self._waiting)
            self._waiting += 1
        try:
            with self._metrics.running(VERIFIERS_AWAITED):
                if not self._free.acquire(timeout=self.limits.waiting_seconds):
                    raise self._busy(self.limits.waiting)
        finally:
            with self._lock:
                self._waiting -= 1

    def _busy(self, waiting: int) -> VerifierBusy:
        self._metrics.count(VERIFIER_PROCESSES, event="busy")
        return VerifierBusy(waiting)

    def _taken(self) -> Worker:
        with self._lock:
            while self._staff.idle:
                worker = self._staff.idle.pop()
                if not worker.is_spent:
                    return worker
                self._staff.known.discard(worker)
                worker.end()
            if not self._finish.alive:
                raise VerifierUnavailable
            return self._started()

    def _put_back(self, worker: Worker) -> None:
        """Keep it for the next, or start another in its place so that the next need not wait for it."""
        with self._lock:
            if not worker.is_spent and self._finish.alive:
                self._staff.idle.append(worker)
                return
            self._staff.known.discard(worker)
            worker.end()
            if self._finish.alive:
                self._staff.idle.append(self._started())

    def _started(self) -> Worker:
        try:
            worker = Worker(self.limits, self._module)
        except CannotStart as error:
            raise VerifierUnavailable from error
        self._metrics.count(VERIFIER_PROCESSES, event="started")
        self._staff.known.add(worker)
        return worker

    def _trust(self, trust: Trust) -> bytes:
        """Write the trust down once for all processes."""
        known, pickled = self._pickled
        if known != trust.digest:
            pickled = pickle.dumps(trust)
            self._pickled = (trust.digest, pickled)
        return pickled


def unanswered(job: Job, trust: Trust, why: Check) -> Answer:
    """Make the report of a document over which a process died: unreadable, with the reason."""
    chosen = policy.policy(job.policy)
    document = job.document
    facts = DocumentFacts(job.name, None, len(document), SM3.of(document).hex(), SHA256.of(document).hex())
    report = Report(
        Verdict.UNREADABLE,
        None,
        facts,
        chosen.name,
        chosen.version,
        job.at,
        len(trust.anchors),
        trust.digest.hex(),
        (),
        (why,),
    )
    examination = Examination(report)
    return Answer(report_json.dump(report), etsi.write(examination).decode(), None)


def _end_all(staff: _Staff, lock: threading.Lock) -> None:
    with lock:
        for worker in staff.known:
            worker.end()
        staff.known.clear()
        staff.idle.clear()
