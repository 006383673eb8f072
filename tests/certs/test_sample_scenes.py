"""What the scenes of the sandbox need: the old table has its faults, and the nurses of last night can be asked for."""

from collections import Counter
from pathlib import Path
from typing import Any

import app
from base import calendar, clock, schema, settings
from base.db import Database, DatabaseSettings
from base.program import Running, Sandbox
from base.web import WebSettings
from certs import sample_scenes
from certs.faces.typefaces import typeface
from certs.old_stock import keeping
from exchange import sample as exchange_sample
from exchange import terms
from exchange.mounting.wiring import MountParts
from keys.parties import sample as party_sample
from keys.parties import sample_people
from keys.parties.sample import MAKER
from tests.certs.office import office
from tests.certs.old_stock.stocks import HEAD, Stock

PURPOSE = {
    "item_code": "000123020000",
    "item_name": "公共场所卫生许可",
    "stage": "review",
    "basis": {"kind": "case", "number": "演示320900202611210001"},
    "ground": "statutory",
    "operator": {"kind": "person", "name": "演示办事员", "unit": "演示市政务服务中心"},
    "handling_region": "320900",
    "reason": "核验护士执业注册（演示）",
}


def test_the_old_table_has_the_faults_that_it_is_said_to_have(database: Database, tmp_path: Path, at: Any):
    """Every eighth row has one; all others are sound, and their issuer has a successor."""
    stock = Stock(office(database, tmp_path, at, typeface())).open()
    batch = stock.bring(sample_scenes.old_table())
    planted = Counter(filter(None, map(sample_scenes.fault_of, range(1, sample_scenes.OLD_ROWS + 1))))
    with database.reading() as session:
        profile = keeping.batch_of(session, batch, HEAD).profile or {}
    assert set(planted) == set(sample_scenes.OLD_FAULTS)
    assert {name: profile["faults"][name] for name in planted} == planted
    assert (profile["faulty"], profile["sound"]) == (planted.total(), sample_scenes.OLD_ROWS - planted.total())


def test_what_comes_back_each_night_can_be_asked_for(tmp_path: Path):
    """The nurses' register is another system's; its file stands behind the directory, and the window has a grant."""
    file = tmp_path / "settings.toml"
    file.write_text("\n".join(told(tmp_path) for told in app.PROGRAM.sandbox_settings), encoding="utf-8")
    read = settings.read(app.PROGRAM.sections, environment={"YINXIN_CONFIG": str(file)}).changed(
        DatabaseSettings(url=f"sqlite:///{tmp_path}/yinxin.db"), WebSettings(environment="demo", secret="x" * 32)
    )
    running, told, at = Running(app.PROGRAM, read), Sandbox(tmp_path, "", {}), clock.now()
    schema.upgrade(running.unchecked_database)
    party_sample.sample(running, told)
    sample_people.sample(running, told)
    with running.database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, MAKER, at)
        named = dict(exchange_sample.by_department())[sample_scenes.DEPARTMENT]
        exchange_sample.make_department(session, sample_scenes.DEPARTMENT, named, at)
        returned = sample_scenes._returned(session, tmp_path, running.parts[MountParts], at)
    assert returned is not None
    site, nurse = app.create_app(read).test_client(), next(iter(sample_scenes.nurses()))
    known = told.told["clients"][0]
    form = {"grant_type": "client_credentials", "client_id": known["id"], "client_secret": known["secret"]}
    token = site.post("/oauth/token", data=form).get_json()["access_token"]
    body = {
        "purpose": {**PURPOSE, "grant_code": returned["grant"]},
        "conditions": [{"item": sample_scenes.NURSE_KEY, "values": [nurse[sample_scenes.NURSE_KEY]]}],
    }
    path = f"/api/v1/data/{returned['directory']}"
    answer = site.post(path, json=body, headers={"Authorization": f"Bearer {token}"}).get_json()
    running.database.close()
    assert answer["outcome"] == "found", answer
    assert [each["姓名"] for each in answer["rows"]] == [nurse["姓名"]]
