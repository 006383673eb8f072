"""The simulated platform on a real port, asked through the guarded way out; its control address; its commands."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

import app
from base import clock, program
from base.fetch import FetchSettings, GuardedFetch
from base.program import Running
from base.settings import read
from catalog_sync.commands.simulate import simulate_group
from catalog_sync.simulator.faults import FAULTS
from catalog_sync.simulator.gateway import RID
from catalog_sync.simulator.platform import Platform
from catalog_sync.simulator.services import SYSTEM_SERVICES
from catalog_sync.simulator.serving import Server
from catalog_sync.simulator.settings import SimulatorSettings, settings_of
from catalog_sync.targets.gateway.line import Account
from catalog_sync.targets.gateway.settings import NationalGatewaySettings
from catalog_sync.targets.national_gateway import NAME, NationalGateway
from catalog_sync.targets.target import ChannelDown, HostileAnswer, Outcome
from catalog_sync.wiring import SyncSettings
from tests.catalog_sync.simulator.twin import organisation

# Good answers are waited for as long as a busy machine needs; bad ones only as long as it takes to see them.
PATIENT = FetchSettings(intranet_networks=("127.0.0.0/8",), read_seconds=30.0, rest_seconds=0.0)
HASTY = replace(PATIENT, read_seconds=1.0)
SECONDS = {PATIENT: 60.0, HASTY: 2.0}


@contextmanager
def served(folder: Path) -> Iterator[tuple[Platform, str]]:
    platform = Platform(folder)
    with Server(platform, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield platform, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
    platform.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, str]]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


@contextmanager
def asking(platform: Platform, url: str, limits: FetchSettings = PATIENT) -> Iterator[NationalGateway]:
    """Give a target whose connections are closed at the end."""
    account = Account(
        NAME, url, RID, lambda: platform.key_file.read_text("utf-8"), intranet=True, seconds=SECONDS[limits]
    )
    fetch = GuardedFetch(limits)
    try:
        yield NationalGateway(account, fetch)
    finally:
        fetch.close()


def told(platform: Platform, url: str, code: str, limits: FetchSettings = PATIENT) -> Any:
    with asking(platform, url, limits) as target:
        return target.send([organisation(code)], {}, clock.now())[0]


def test_a_record_arrives_over_a_real_connection(running: tuple[Platform, str]):
    platform, url = running
    platform.switch("")
    reply = told(platform, url, "11320000YNX000001A")
    assert reply.outcome is Outcome.STORED
    with asking(platform, url) as target:
        found = target.find(organisation("11320000YNX000001A"), clock.now())
    assert found is not None
    assert found.upstream_id == reply.upstream_id


@pytest.mark.parametrize(
    ("spec", "seen"),
    [
        ("half:100%", ChannelDown),
        ("drip:100%/1s", ChannelDown),
        ("reset-after:100%", ChannelDown),
        ("reset-before:100%", ChannelDown),
        ("timeout-before:100%/3s", ChannelDown),
        ("maintenance:100%/30s", ChannelDown),
        ("redirect:100%", HostileAnswer),
        ("huge:100%/9", HostileAnswer),
        ("wrong-type:100%", HostileAnswer),
    ],
)
def test_the_wire_behaves_as_badly_as_it_is_told(running: tuple[Platform, str], spec: str, seen: type[Exception]):
    platform, url = running
    platform.switch(spec)
    with pytest.raises(seen):
        told(platform, url, "11320000YNX000009Z", HASTY)
    platform.switch("")


def test_many_callers_at_once_lose_nothing(running: tuple[Platform, str]):
    platform, url = running
    platform.switch("")
    codes = [f"11320000YNX0001{number:02}X" for number in range(24)]
    failed: list[Exception] = []

    def send(target: NationalGateway, part: list[str]) -> None:
        try:
            for code in part:
                target.send([organisation(code)], {}, clock.now())
        except ChannelDown as error:  # pragma: no cover - a fault, told by the assertion below
            failed.append(error)

    with asking(platform, url) as shared:
        threads = [threading.Thread(target=send, args=(shared, codes[place::4])) for place in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        listing = shared.listing("organisation", "", clock.now())
    assert failed == []
    assert set(codes) <= {each.subject.id for each in listing.held}


# --- the control address ------------------------------------------------------------------------------------------


def test_faults_are_switched_and_counted_while_it_runs(running: tuple[Platform, str]):
    platform, url = running
    assert httpx2.put(f"{url}/simulator/faults", json={"spec": "429:100%/1s,seed=3"}).json() == {
        "spec": "429:100%/1s,seed=3"
    }
    with pytest.raises(ChannelDown):
        told(platform, url, "11320000YNX000007G")
    shown = httpx2.get(f"{url}/simulator/faults").json()
    (limited,) = [each for each in shown["faults"] if each["name"] == "429"]
    assert (limited["on"], limited["struck"]) == ("429:100%/1s", 1)
    assert len(shown["faults"]) == len(FAULTS)
    refused = httpx2.put(f"{url}/simulator/faults", json={"spec": "nothing-like-it"})
    assert (refused.status_code, refused.json()["part"]) == (422, "nothing-like-it")
    assert httpx2.put(f"{url}/simulator/faults", content=b"{").status_code == 400
    assert httpx2.delete(f"{url}/simulator/faults").status_code == 501
    httpx2.put(f"{url}/simulator/faults", json={"spec": ""})


def test_state_effects_and_reviews_are_shown_and_commanded(running: tuple[Platform, str]):
    platform, url = running
    platform.switch("")
    told(platform, url, "11320000YNX000008H")
    state = httpx2.get(f"{url}/simulator").json()
    assert state["rid"] == RID
    assert state["counts"]["effects"] >= 1
    assert platform.key_file.read_text() not in json.dumps(state)
    lines = httpx2.get(f"{url}/simulator/effects?after=0").text.splitlines()
    assert len(lines) == state["counts"]["effects"]
    assert json.loads(lines[-1])["own"] == "11320000YNX000008H"
    assert httpx2.get(f"{url}/simulator/effects?after={len(lines)}").text == ""
    assert httpx2.post(f"{url}/simulator/reviews", json={"after": -1}).json() == {"after": -1}
    assert httpx2.post(f"{url}/simulator/reviews", json={"status": "1"}).json() == {"ended": 0}
    assert httpx2.post(f"{url}/simulator/reviews", json={"status": "7"}).status_code == 422
    assert httpx2.get(f"{url}/nothing").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/httpproxy"), ("POST", "/httpproxy"), ("POST", "/sysapi/auth/refreshappsecret")]
)
def test_strangers_are_not_let_in(running: tuple[Platform, str], method: str, path: str):
    _, url = running
    answer = httpx2.request(method, url + path, headers={"gjgxjhpt_sid": "s", "gjgxjhpt_rid": "x"})
    assert answer.status_code == 200
    assert answer.json()["code"] in {"-20", "E-106"}


# --- the commands -------------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> Any:
    told = read(app.HOUSE.sections, environment={"YINXIN_DATABASE_URL": f"sqlite:///{folder / 'none.db'}"})
    return CliRunner().invoke(simulate_group, list(arguments), obj=Running(app.PROGRAM, told))


def test_the_faults_are_listed_one_a_line(tmp_path: Path):
    lines = run(tmp_path, "national", "--list-faults").output.splitlines()
    assert [each.split()[0].partition("/")[0] for each in lines] == list(FAULTS)
    told = json.loads(run(tmp_path, "national", "--list-faults", "--json").output)
    assert {"name", "stage", "zh", "en", "argument", "usual"} == set(told[0])


def test_the_page_tells_every_fault_and_service_as_it_is():
    page = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text("utf-8")
    for each in FAULTS.values():
        assert f"| `{each.name}` | {each.stage.value} | {each.en} | {each.argument}" in page
    for sid, service in SYSTEM_SERVICES.items():
        (row,) = [line for line in page.splitlines() if line.startswith("|") and f"| `{sid}` | `{service.own}`" in line]
        assert all(f"`{each}`" in row for each in service.needs)
        assert row.endswith("| yes |") is service.reviewed
    assert RID in page


def test_a_sender_of_any_kind_is_checked_by_its_export(tmp_path: Path):
    with served(tmp_path / "platform") as (platform, url):
        told(platform, url, "11320000YNX000001A")
    record = organisation("11320000YNX000001A")
    line = {"kind": "organisation", "id": record.subject.id, "version": 1, "operation": "I", "state": "stored"}
    good = {**line, "key": record.key, "digest": record.digest}
    lost = {**line, "id": "11320000YNX000002B", "key": "k", "digest": "d"}
    export = tmp_path / "sender.jsonl"
    export.write_text(json.dumps(good) + "\n")
    asked = ("check", "--data", str(tmp_path / "platform"), "--export", str(export), "--at-rest")
    assert run(tmp_path, *asked).exit_code == 0
    export.write_text(json.dumps(good) + "\n" + json.dumps(lost) + "\n")
    found = run(tmp_path, *asked, "--json")
    assert found.exit_code == 1
    assert json.loads(found.output)["counts"] == {
        "lost": 1,
        "doubled": 0,
        "altered": 0,
        "out-of-order": 0,
        "unmarked": 0,
        "stray": 0,
    }
    assert "lost  organisation 11320000YNX000002B v1" in run(tmp_path, *asked).output


def test_a_sandbox_finds_the_platform_that_stands_beside_it(tmp_path: Path):
    file = tmp_path / "settings.toml"
    file.write_text(settings_of(tmp_path))
    told = read((SimulatorSettings, NationalGatewaySettings, SyncSettings), file=file, environment={})
    platform = Platform(Path(told[SimulatorSettings].folder))
    assert told[NationalGatewaySettings].app_key_file == str(platform.key_file)
    assert platform.key_file.stat().st_mode & 0o777 == 0o600
    platform.close()


def test_groups_of_one_name_become_one_and_a_command_told_twice_is_refused():
    (group,) = [each for each in app.HOUSE.commands if each.name == "simulate"]
    assert set(group.commands) >= {"neighbour", "national", "check"}  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="two commands are called simulate"):
        program.joined((simulate_group, simulate_group))
