"""A library beside a department that keeps certificates of its own in a table, which is mounted behind a directory."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from base.db import Database
from certs.libraries import wiring
from certs.libraries.sources import DepartmentSources
from certs.queries.wiring import Queries
from certs.routes.checks import certificate_checks
from certs.routes.queries import certificate_queries
from certs.types.certificate_type import CertificateType
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts
from exchange.sources.source import Answer, Question
from keys.parties.sample import code_of
from tests import rooms
from tests.certs.papers import TYPES, person
from tests.certs.queries import house as windows
from tests.exchange import departments, gateway_house
from tests.exchange.departments import REVIEWER, STEWARD
from tests.rooms import Door

NURSE = next(each for each in TYPES.values() if each.name == "护士执业证书")
DOCTOR = next(each for each in TYPES.values() if each.name == "医师执业证书")
LICENCE = next(each for each in TYPES.values() if each.name == "营业执照")
# What the department calls it; 姓名 and 身份证 stand in no standard, and are told in the settings.
COLUMNS = ("证书编号", "姓名", "身份证", "执业地点", "有效期截止日期", "证照状态", "家庭住址")
SPELLED = "证书编号=number,姓名=holder_name,身份证=holder_code,执业地点=place"
GRANTED = ("证照编号", "place")
VALID = ("202032000001", "演示 人1", person(1), "演示医院", "2099-12-31", "有效", "不得外传")
REVOKED = ("202032000002", "演示人2", person(2), "演示医院", "2099-12-31", "注销", "不得外传")
ODD = ("202032000003", "演示人3", person(3), "演示医院", "2099-12-31", "谁知道", "不得外传")
OVER = ("202032000004", "演示人4", person(4), "演示医院", "2020-12-31", "有效", "不得外传")


@dataclass
class Watched:
    """The department's mounts; counts what is asked, and answers as told where a story says so."""

    inner: MountParts
    asked: list[Question]
    told: Answer | None = None

    def source(self, plan: Any) -> "Watched":
        """Give itself in place of a source."""
        self.plan = plan
        return self

    def ask(self, question: Question) -> Answer:
        """Answer as told, or ask the department."""
        self.asked.append(question)
        return self.told if self.told is not None else self.inner.source(self.plan).ask(question)


@dataclass
class House:
    """The library at work, and the department's mounts."""

    database: Database
    door: Door
    parts: Queries
    mounts: Watched
    at: datetime
    mount: str
    directory: str

    def ask(self, who: int = 1, type_: CertificateType = NURSE, **body: Any) -> dict[str, Any]:
        """Look up by a holder, or otherwise."""
        named = {"code": person(who), "type": "111", "name": f"演示人{who}"}
        told = {"purpose": windows.purpose(), "holder": named, "certificate_type": type_.code, **body}
        return self._called("/certificate-queries", told)

    def check(self, number: int, type_: CertificateType, *checks: dict[str, Any]) -> dict[str, Any]:
        """Ask yes or no."""
        named = {"code": person(number), "type": "111", "name": f"演示人{number}"}
        told = {"purpose": windows.purpose(), "holder": named, "certificate_type": type_.code, "checks": list(checks)}
        return self._called("/certificate-checks", told)

    def with_library(self, **told: Any) -> None:
        """Tell the library something else."""
        (library,) = self.parts.others
        assert isinstance(library, DepartmentSources)
        self._serve(replace(library, **told))

    def _serve(self, library: DepartmentSources) -> None:
        self.parts = replace(self.parts, others=(library,))
        self.door.app.extensions["yinxin"][Queries] = self.parts

    def _called(self, path: str, told: dict[str, Any]) -> dict[str, Any]:
        answer = self.door.call("gm", "POST", path, json={name: each for name, each in told.items() if each})
        assert answer.status_code == 200, answer.json
        said: dict[str, Any] = answer.json
        return said


@contextmanager
def opened(database: Database, folder: Path, at: datetime, rows: Sequence[tuple[str, ...]]) -> Iterator[House]:
    """Open it: a directory, its mount, a grant for the city, and the library of departments' sources."""
    departments.opened(database, at)
    parts, _ = windows.parts_of(folder)
    inner = gateway_house.sources_of(folder)
    _write(folder, rows)
    with database.transaction() as session:
        items = [departments.item(each, 200) for each in COLUMNS]
        directory, _ = departments.published(session, at, items=items)
        new = NewMount("nurses", "table", {"database": "nurses", "table": "nurses", "key": COLUMNS[0]})
        mount = mounts.add(session, directory, new, inner, STEWARD, at)
        plan, of_proposal = mounts.probe_plan(session, mount)
        looked = mounts.look(inner, plan, of_proposal=of_proposal)
        mounts.keep_probe(session, plan, looked, inner, STEWARD, at, of_proposal=of_proposal)
        mounts.confirm(session, mount, REVIEWER, at)
        gateway_house.granted(session, directory.code, at, code_of("city-data"), fields=GRANTED)
        code, named = directory.code, mount.id
    types = {each.code: replace(each, resource=code) for each in (NURSE, DOCTOR, LICENCE)}
    certs = replace(parts.certs, types={**TYPES, **types})
    watched = Watched(inner, [])
    told = wiring.LibrarySettings(items=tuple(f"{each} {SPELLED}" for each in types))
    library = wiring.departments({wiring.LibrarySettings: told}, watched, certs.types, certs.keys)  # type: ignore[arg-type]
    parts = replace(parts, certs=certs, others=(replace(library, seconds=30.0),))
    door = rooms.door(database, (certificate_queries, certificate_checks), windows.PEOPLE, parts, parts.gateway)
    yield House(database, door, parts, watched, at, named, code)
    inner.close()


def _write(folder: Path, rows: Sequence[tuple[str, ...]]) -> None:
    """Write the department's own table, and what its mount names."""
    place = folder / code_of("health") / "databases"
    place.mkdir(parents=True, exist_ok=True)
    file = folder / "nurses.db"
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(f"CREATE TABLE nurses ({', '.join(COLUMNS)})")
        connection.executemany(f"INSERT INTO nurses VALUES ({', '.join('?' * len(COLUMNS))})", rows)  # noqa: S608 - names of the test
        connection.execute(f"CREATE UNIQUE INDEX nurses_key ON nurses ({COLUMNS[0]})")
    connection.close()
    named = place / "nurses"
    named.write_text(f"sqlite:///{file}")
    named.chmod(0o600)
