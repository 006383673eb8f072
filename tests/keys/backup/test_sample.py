"""The sandbox gets a backup key, so that both commands work at once."""

from pathlib import Path

import app
from base.db import Database
from base.program import Running, Sandbox
from keys.algorithms import asymmetric
from keys.backup import sample, wiring


def test_the_sandbox_gets_both_halves_and_tells_the_password(empty: Database, tmp_path: Path):
    sandbox = Sandbox(tmp_path, "http://x", {})
    for _ in range(2):  # a first start that was cut short is made again
        sample.sample(Running(app.PROGRAM), sandbox)
    told = sandbox.told["backup"]
    key = asymmetric.private_key_of_pem(Path(told["private_key"]).read_bytes(), told["password"].encode())
    assert wiring.recipient(Path(told["public_key"])).public == key.public
    assert Path(told["private_key"]).stat().st_mode & 0o177 == 0
