"""The scheduler's tables: who leads, how far slots are laid, the slots, their runs, and which processes live.

No rules live here beyond constraints, but two of those carry the whole: a slot is unique by job and due time, and a
job has at most one run that has not ended.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from base.canonical import Json
from base.db import Base, Moment

Number = BigInteger().with_variant(Integer, "sqlite")


class SlotState(StrEnum):
    """Where a slot stands; `skipped` was overtaken by a later slot of a job that only wants the latest."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class SlotKind(StrEnum):
    """Why there is a slot: the schedule, somebody who asked for it, or a hand on the command line."""

    SCHEDULED = "scheduled"
    ASKED = "asked"
    BY_HAND = "by-hand"


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"
    OVERRAN = "overran"
    INTERRUPTED = "interrupted"


class SchedulerLease(Base):
    """The one row that names the leader; the token rises with each taking-over and never falls."""

    __tablename__ = "base_scheduler_lease"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    token: Mapped[int] = mapped_column(BigInteger)
    renewed_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class JobSchedule(Base):
    """How far a job's slots have been laid."""

    __tablename__ = "base_job_schedules"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    laid_until: Mapped[datetime] = mapped_column(Moment)


class JobSlot(Base):
    """One due time of one job."""

    __tablename__ = "base_job_slots"
    __table_args__ = (UniqueConstraint("job", "due_at"),)

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    job: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(Text, default=SlotKind.SCHEDULED)
    state: Mapped[str] = mapped_column(Text, default=SlotState.DUE)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[datetime | None] = mapped_column(Moment)
    position: Mapped[Json] = mapped_column(JSON, default=None)


class JobRun(Base):
    """One attempt at a slot: who, since when, how far, how it ended."""

    __tablename__ = "base_job_runs"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("base_job_slots.id", ondelete="CASCADE"), index=True)
    job: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Moment)
    attempt: Mapped[int] = mapped_column(Integer)
    in_one_transaction: Mapped[bool]
    holder: Mapped[str] = mapped_column(Text)
    token: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(Moment)
    heartbeat_at: Mapped[datetime] = mapped_column(Moment)
    deadline_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
    error_facts: Mapped[dict[str, Json] | None] = mapped_column(JSON(none_as_null=True))
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, default="")


class JobProcess(Base):
    """A process that schedules or works, and its last sign of life."""

    __tablename__ = "base_job_processes"

    holder: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Moment)
    heartbeat_at: Mapped[datetime] = mapped_column(Moment)


_running = text("outcome is null")
Index("uq_base_job_runs_running", JobRun.job, unique=True, postgresql_where=_running, sqlite_where=_running)
Index("ix_base_job_runs_history", JobRun.job, JobRun.id)
Index("ix_base_job_slots_state", JobSlot.state, JobSlot.job, JobSlot.due_at)
