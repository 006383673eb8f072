"""Scene 2, walked as a department walks it: its old table through the API, up to publication and exactly back.

The table is the sandbox's own, some lines of it with each fault that it is known for. The commission's system brings
it; the sandbox's issuer, a person who logs in, signs it off, looks at the sample and publishes.
"""

import base64
from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from base import clock
from base.bulk import TaskState
from base.scheduling.bulk_work import Hands
from certs import sample_scenes
from certs.models import Certificate
from certs.old_stock.models import OldStock
from keys.parties import totp
from tests.certs.province import Province, province, site
from tests.journeys.test_scenes import call, token

__all__ = ["province", "site"]  # fixtures that pytest finds here
pytestmark = pytest.mark.xdist_group("province")
# Lines of the sandbox's table: four sound ones, and each of its faults once.
LINES = (1, 2, 3, 23, 8, 16, 24, 32)
SOUND = 4
HTTPS = "https://localhost"


def somebody(site: Flask, province: Province, login: str) -> dict[str, str]:
    """Log in with password and second factor; give the headers of the session."""
    known = next(each for each in province.told["people"] if each["login"] == login)
    secret = known["totp_secret"]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    # The code of the step before, which is taken too: the present one is left to others who log in.
    code = totp.code_at(key, totp.step_at(clock.now()) - 1)
    told = {"login": login, "password": known["password"], "totp": code}
    answer = site.test_client(use_cookies=False).post("/api/v1/sessions", json=told, base_url=HTTPS)
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    return {"Cookie": cookie, "X-CSRF-Token": answer.get_json()["csrf_token"]}


def some_lines() -> bytes:
    head, *rows = sample_scenes.old_table().decode().splitlines(keepends=True)
    return "".join([head, *(rows[number - 1] for number in LINES)]).encode()


def worked(province: Province, batch: str) -> None:
    """Do what the batch waits for, as a worker does."""
    running = province.running
    with running.database.reading() as session:
        task = session.scalars(select(OldStock.task).where(OldStock.id == batch)).one()
    hands = Hands(running.database, running.bulk_jobs, "test", lambda _session: clock.now(), running.parts)
    assert hands.carry_out(task or 0, lambda: False) is TaskState.DONE


def standings(province: Province) -> Counter[tuple[str, str]]:
    with province.running.database.reading() as session:
        return Counter((type_, state) for type_, state in session.execute(select(Certificate.type, Certificate.state)))


def of(answer: TestResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.get_json()


def test_an_old_table_is_published_and_taken_back_exactly(province: Province, site: Flask):
    told = province.told["old_stock"]
    system, issuer = token(site, told["client"]), somebody(site, province, "issuer")
    before = standings(province)

    # Brought: every fault is named, of each row.
    path = f"/old-stock?type={told['type']}&file_name=存量.csv"
    brought = of(call(site, system, "POST", path, data=some_lines(), content_type="text/csv"), 202)
    batch = f"/old-stock/{brought['id']}"
    worked(province, brought["id"])
    profile = of(call(site, system, "GET", batch))["profile"]
    assert {each: profile["faults"][each] for each in sample_scenes.OLD_FAULTS} == dict.fromkeys(
        sample_scenes.OLD_FAULTS, 1
    )
    assert (profile["sound"], profile["faulty"]) == (SOUND, len(LINES) - SOUND)
    faulty = of(call(site, system, "GET", f"{batch}/rows?state=faulty"))["items"]
    named = [{fault["code"] for fault in each["faults"]} for each in faulty]
    assert sorted(len(each & set(sample_scenes.OLD_FAULTS)) for each in named) == [1, 1, 1, 1]
    assert set().union(*named) >= set(sample_scenes.OLD_FAULTS)

    # Signed off by a person, made by the system under the successor's seal, a sample looked at.
    signed = {"statement": "演示：数据由我委核对", "leaves_out_faulty": True}
    assert call(site, system, "POST", f"{batch}/sign-off", json=signed).status_code == 403
    assert of(call(site, issuer, "POST", f"{batch}/sign-off", json=signed))["state"] == "signed-off"
    of(call(site, issuer, "POST", f"{batch}/makings", json={"system": told["client"]["id"]}), 202)
    worked(province, brought["id"])
    assert of(call(site, issuer, "POST", f"{batch}/samples", json={"size": SOUND}))["state"] == "sampled"
    drawn = of(call(site, issuer, "GET", f"{batch}/rows?is_sampled=true"))["items"]
    assert len(drawn) == SOUND
    staged = of(call(site, system, "GET", f"/certificates/{drawn[0]['identifier']}"))
    assert (staged["status"], staged["issued_on"]) == ("staged", "2025-03-01")
    early = call(site, issuer, "POST", f"{batch}/publications", json={"objection_days": 5})
    assert early.status_code == 409
    for each in drawn:
        of(call(site, issuer, "PUT", f"{batch}/rows/{each['number']}/look", json={"look": "right"}))

    # Published: valid, and open to objections until the window is over.
    of(call(site, issuer, "POST", f"{batch}/publications", json={"objection_days": 5}), 202)
    worked(province, brought["id"])
    assert of(call(site, system, "GET", f"/certificates/{drawn[0]['identifier']}"))["status"] == "valid"
    assert standings(province) - before == Counter({(told["type"], "valid"): SOUND})
    objection = {"identifier": drawn[0]["identifier"], "reason": "演示：经营地址有误"}
    objected = of(call(site, system, "POST", f"{batch}/objections", json=objection), 201)
    assert of(call(site, issuer, "POST", f"{batch}/closing"), 409)["code"] == "old-stock-objections-open"
    decided = {"state": "upheld", "decision": "演示：退回重核"}
    of(call(site, issuer, "PUT", f"{batch}/objections/{objected['id']}/decision", json=decided))

    # Taken back: each of the batch and nothing else; the numbers are free for the next try.
    of(call(site, issuer, "POST", f"{batch}/rollbacks", json={"reason": "演示退回"}), 202)
    worked(province, brought["id"])
    assert of(call(site, issuer, "GET", batch))["state"] == "rolled-back"
    assert standings(province) - before == Counter({(told["type"], "cancelled"): SOUND})
    again = of(call(site, system, "POST", path, data=some_lines(), content_type="text/csv"), 202)
    worked(province, again["id"])
    assert of(call(site, system, "GET", f"/old-stock/{again['id']}"))["profile"]["sound"] == SOUND
