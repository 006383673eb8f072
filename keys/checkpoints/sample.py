"""The sandbox's witnesses and trust bundle: two folders beside the database, and the test anchors as a PEM file."""

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from base import clock
from base.program import Running, Sandbox
from keys import trust_bundle
from keys.authority import own_trust
from keys.checkpoints import deliveries, signing
from keys.checkpoints.wiring import Checkpoints
from keys.witnesses.file import FileWitness

TRUST_FILE: Final = "trust.pem"
# What the sandbox's settings name: see `settings_of`.
WITNESS_FOLDERS: Final = ("witness-audit", "witness-archive")
KEY_ID: Final = "ledger-checkpoints"


def settings_of(folder: Path) -> str:
    """Write the section of the sandbox's settings."""
    named = ", ".join(f'"{each.partition("-")[2]} file:{folder / each}"' for each in WITNESS_FOLDERS)
    return f'[checkpoints]\nkey = "{KEY_ID}"\norigin = "sandbox.yinxin.example/ledger"\nwitnesses = [{named}]\n'


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the folders, sign the first head where a key is set up, and tell where the trust bundle is."""
    at, parts = clock.now(), running.parts[Checkpoints]
    for each in parts.witnesses:
        if isinstance(each, FileWitness):
            each.folder.mkdir(parents=True, exist_ok=True)
    if parts.key:
        signing.sign(running.database, parts, at)
        deliveries.deliver_due(running.database, parts, at)
    sandbox.told["trust"] = str(write_trust(running, sandbox.folder / TRUST_FILE, at))


def write_trust(running: Running, file: Path, at: datetime) -> Path:
    """Write the test anchors as a PEM bundle, whole or not at all."""
    with running.database.reading() as session:
        text = trust_bundle.with_material(own_trust.trust_at(session, at), only_tests=True)
    part = file.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(descriptor, "wb") as written:
        written.write(text)
    return part.rename(file)
