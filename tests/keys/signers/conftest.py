"""Places for keys: a folder with a password, tokens of SoftHSM."""

from pathlib import Path

import pytest

from keys.signers.device import Place
from keys.signers.secret_files import new_password
from tests.simulators import softhsm


@pytest.fixture
def place(tmp_path: Path) -> Place:
    password = new_password()
    return Place(tmp_path / "keys", lambda: password)


@pytest.fixture
def hsm() -> softhsm.SoftHsm:
    if reason := softhsm.missing():
        pytest.skip(reason)
    return softhsm.started()
