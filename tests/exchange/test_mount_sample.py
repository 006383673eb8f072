"""The sandbox's mounts: invented rows with sound codes, served as real ones are."""

from datetime import date, datetime
from pathlib import Path

from base.db import Database
from base.fetch import FetchSettings
from base.identifiers import CreditCode, IdNumber
from exchange import directories
from exchange.mounting import mounts
from exchange.mounting import sample as mount_sample
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.sources.source import Found, Question
from tests.exchange import departments
from tests.exchange.departments import item, published
from tests.exchange.sources.sites import unused


def test_invented_codes_are_sound():
    for number in range(1, 200):
        assert str(CreditCode(mount_sample.credit_code(number))).startswith("91320999")
        assert IdNumber(mount_sample.id_number(number, date(1980, 5, 17))).birth_date == date(1980, 5, 17)


def test_a_published_directory_is_mounted_probed_confirmed_and_answers(
    database: Database, at: datetime, tmp_path: Path
):
    departments.opened(database, at)
    parts = MountParts(MountSettings(folder=str(tmp_path / "mounts")), unused, FetchSettings())
    with database.transaction() as session:
        items = [item("许可证编号", 50), item("统一社会信用代码", 18), {**item("有效期止", 10), "type": "date"}]
        directory, _ = published(session, at, items=items)
        made = mount_sample.mounted(session, tmp_path, parts, at)
        assert len(made) == 1
        mount = mounts.mount_of(session, made[0])
        assert (mount.state, mount.health) == ("serving", "healthy")
        plan = mounts.serving_of(session, directories.directory_of(session, directory.code))[0]
        answer = parts.source(plan).ask(Question(("许可证编号", "统一社会信用代码", "有效期止"), limit=5))
        assert isinstance(answer, Found)
        assert answer.rows[0]["许可证编号"] == "演示0001"
        assert {CreditCode(str(row["统一社会信用代码"])).region for row in answer.rows} == {"320999"}
    parts.close()
