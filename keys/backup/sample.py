"""The sandbox's backup key: both halves beside its database, which a real site would never have."""

import secrets
from typing import Final

from base.program import Running, Sandbox
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.backup import places
from keys.backup.wiring import PUBLIC_KEY

PRIVATE_KEY: Final = "backup.key.pem"


def sample(_running: Running, sandbox: Sandbox) -> None:
    """Make the key pair, so that `yinxin backup` and `yinxin restore` can be tried at once."""
    key, password = asymmetric.generated(KeyKind.SM2), secrets.token_urlsafe(16)
    halves = {
        PUBLIC_KEY: asymmetric.public_key_pem(key.public),
        PRIVATE_KEY: asymmetric.private_key_pem(key, password.encode()),
    }
    for name, content in halves.items():
        (sandbox.folder / name).unlink(missing_ok=True)  # of a first start that did not come to its end
        with places.writing(sandbox.folder / name) as write:
            write(content)
    sandbox.told["backup"] = {
        "public_key": str(sandbox.folder / PUBLIC_KEY),
        "private_key": str(sandbox.folder / PRIVATE_KEY),
        "password": password,
    }
