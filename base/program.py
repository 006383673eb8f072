"""The whole program as the ground sees it: tables that `app.py` fills from the rooms, and the parts that run.

Commands and processes are handed a `Running`; none of them knows which rooms exist.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import Blueprint, Flask
from sqlalchemy.orm import Session

from base import db, schema, settings
from base.audit import Tree
from base.bulk import BulkJob
from base.callers import Caller
from base.db import Database, DatabaseSettings, LastAct
from base.health import Check
from base.notices import Kinds
from base.scheduling import Job
from base.settings import Settings


@dataclass
class Sandbox:
    """The invented province while it is being made: where it lives, and what its visitor is told."""

    folder: Path
    url: str
    told: dict[str, Any]


Sample = Callable[["Running", Sandbox], None]


@dataclass(frozen=True)
class Remembered:
    """The ledger's heads that are remembered beside it, what is wrong with some of them, and who could not be asked."""

    heads: tuple[Tree, ...] = ()
    faults: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Second:
    """A second site of the sandbox, in a folder below the first's, and how the two get to know each other."""

    folder: str
    # From its folder and the first site's address.
    settings: Callable[[Path, str], str]
    samples: tuple[Sample, ...]
    introduce: Callable[["Running", "Running"], None]


Remembering = Callable[["Running", Session], Remembered]


def nothing_remembered(_running: "Running", _session: Session) -> Remembered:
    """Remember no head of the ledger."""
    return Remembered()


Seed = Callable[[Session, Caller, datetime], object]


@dataclass(frozen=True)
class Furniture:
    """What a room brings: each of its pieces that the application finds nowhere by itself."""

    sections: tuple[type[Any], ...] = ()
    # Served as they are, and served under the API's prefix and described in its document.
    blueprints: tuple[Blueprint, ...] = ()
    api_blueprints: tuple[Blueprint, ...] = ()
    checks: tuple[Check, ...] = ()
    commands: tuple[click.Command, ...] = ()
    jobs: tuple[Job, ...] = ()
    bulk_jobs: tuple[BulkJob, ...] = ()
    notices: tuple[Kinds, ...] = ()
    # Rows that a site cannot do without: each seed adds what is missing and touches nothing that is there.
    seeds: tuple[Seed, ...] = ()
    samples: tuple[Sample, ...] = ()
    sandbox_settings: tuple[Callable[[Path], str], ...] = ()
    # Commands that run while the sandbox is served.
    sandbox_beside: tuple[tuple[str, ...], ...] = ()

    def __add__(self, other: "Furniture") -> "Furniture":
        """Put another's pieces behind these; groups of commands of one name become one group."""
        told = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        return Furniture(**{**told, "commands": joined(told["commands"])})


def joined(commands: Iterable[click.Command]) -> tuple[click.Command, ...]:
    """Unite groups of commands that have one name, from several rooms.

    Raises `ValueError` for a name that is used twice otherwise.
    """
    laid: dict[str, click.Command] = {}
    for each in commands:
        name = each.name or ""
        laid[name] = _united(laid[name], each) if name in laid else each
    return tuple(laid.values())


def _united(one: click.Command, other: click.Command) -> click.Group:
    if isinstance(one, click.Group) and isinstance(other, click.Group) and not one.commands.keys() & other.commands:
        return click.Group(one.name, {**one.commands, **other.commands}, help=one.help)
    message = f"two commands are called {one.name}"
    raise ValueError(message)


@dataclass(frozen=True)
class Program:
    """What the rooms bring: settings, last acts, checks, samples, and the app made of it all."""

    version: str
    sections: tuple[type[Any], ...]
    last_acts: tuple[LastAct, ...]
    checks: tuple[Check, ...]
    samples: tuple[Sample, ...]
    jobs: Mapping[str, Job]
    bulk_jobs: Mapping[str, BulkJob]
    make_parts: Callable[[Settings], Mapping[type[Any], Any]]
    create_app: Callable[[Settings], Flask]
    remembering: Remembering = field(default=nothing_remembered)
    sandbox_settings: tuple[Callable[[Path], str], ...] = ()
    sandbox_beside: tuple[tuple[str, ...], ...] = ()
    seeds: tuple[Seed, ...] = ()
    sandbox_second: Second | None = None


class Running:
    """A program with its settings read; the database is opened when it is first asked for."""

    def __init__(self, program: Program, read: Settings | None = None) -> None:
        self.program = program
        self._read = read

    @functools.cached_property
    def settings(self) -> Settings:
        """Read the settings once.

        Raises what `base.settings.read` raises.
        """
        return self._read if self._read is not None else settings.read(self.program.sections)

    @functools.cached_property
    def unchecked_database(self) -> Database:
        """Open the database that the settings name, whatever its schema: for upgrades and the doctor."""
        return db.connect(self.settings[DatabaseSettings], self.program.last_acts)

    @functools.cached_property
    def database(self) -> Database:
        """Open the database that the settings name.

        Raises `OldSchema` when its schema is not this program's.
        """
        schema.require_current(self.unchecked_database)
        return self.unchecked_database

    @functools.cached_property
    def parts(self) -> Mapping[type[Any], Any]:
        """Make what the rooms' jobs are handed."""
        return self.program.make_parts(self.settings)

    def seed(self, session: Session, by: Caller, at: datetime) -> None:
        """Add the rows that the rooms cannot do without, as far as they are missing."""
        for each in self.program.seeds:
            each(session, by, at)

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Give every scheduled job by its name."""
        return self.program.jobs

    @property
    def bulk_jobs(self) -> Mapping[str, BulkJob]:
        """Give every kind of bulk work by its name."""
        return self.program.bulk_jobs
