"""The library's keys in the sandbox: one that states things, certified by the test authority, and one for credentials.

A pack of a certificate lies beside the sealed documents, and the page that checks it, so that a visitor without an
account can try both.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from certs import library
from certs.evidence import asking
from certs.evidence.asking import Asked
from certs.evidence.edges import EvidenceMaker
from certs.evidence.material import house_asking
from certs.evidence.page import PAGE, page
from certs.evidence.wiring import Evidencing
from certs.wiring import Certs
from exchange.door.wiring import Gateway
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2 import SM2_SM3
from keys.authority import drafts as certificate_drafts
from keys.authority import edges, issuing, requests
from keys.authority.records import certificate_of
from keys.authority.sample import ORGANISATION, PROPOSER, write
from keys.authority.subjects import Subject
from keys.authority.wiring import Authority
from keys.certificates import Certificate
from keys.checkpoints.wiring import Checkpoints
from keys.custody import acts
from keys.custody.wiring import CustodyParts
from keys.parties.sample import code_of
from keys.signers.signer import Signer, signed
from signing.sample import AUTHORITY
from signing.stamping import HouseStamper
from signing.wiring import Signing

KEY: Final = "library-statements"
CREDENTIAL_KEY: Final = "library-credentials"
USE: Final = "service"
TEMPLATE: Final = "seal-signer"
NAME: Final = "演示省电子证照库"
PACK: Final = "certificate.evidence.zip"
LIFE: Final = timedelta(days=4 * 365)


def settings_of(_folder: object) -> str:
    """Name the keys."""
    return f'\n[evidence]\nkey = "{KEY}"\ncredential_key = "{CREDENTIAL_KEY}"\n'


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the keys, have the one certified, and write a pack and the page where the visitor finds them."""
    at = clock.now()
    certify(running, at)
    write(sandbox.folder / PAGE, page())
    sandbox.told["evidence_reader"] = str(sandbox.folder / PAGE)
    shown = next((each["identifier"] for each in sandbox.told.get("certificates", [])), None)
    if shown is not None:
        sandbox.told["evidence"] = str(_pack(running, sandbox.folder / PACK, shown))


def certify(running: Running, at: datetime) -> Certificate:
    """Make the two keys in custody; the one that states things gets its certificate."""
    custody, database = running.parts[CustodyParts].custody, running.database
    with database.transaction() as session:
        acts.create(session, custody, acts.NewKey(KEY, USE, KeyKind.SM2), PROPOSER, at)
        acts.create(session, custody, acts.NewKey(CREDENTIAL_KEY, USE, KeyKind.P256), PROPOSER, at)
    with database.reading() as session:
        signer = custody.signer_for(session, KEY)
    certificate = _certificate(running, signer, at)
    with database.transaction() as session:
        acts.certify(session, KEY, certificate.pem, PROPOSER, at)
    return certificate


def _certificate(running: Running, signer: Signer, at: datetime) -> Certificate:
    parts, database = running.parts[Authority], running.database
    subject = Subject(NAME, ORGANISATION, organisation_identifier=code_of("data"))
    tbs = requests.unsigned(subject, signer.public)
    request = requests.read(certificate_drafts.assembled(tbs, SM2_SM3, signed(signer, SM2_SM3, tbs)))
    with database.transaction() as session:
        serial = issuing.prepare(
            session, parts, AUTHORITY, issuing.order_of(request, TEMPLATE, subject), PROPOSER, at
        ).serial
    edges.complete(database, parts, AUTHORITY, serial, PROPOSER, at)
    with database.reading() as session:
        return Certificate.of(certificate_of(session, AUTHORITY, serial).der or b"")


def _pack(running: Running, file: Path, identifier: str) -> Path:
    """Make a pack as the certificate's issuer."""
    parts, database = running.parts, running.database
    with database.reading() as session:
        issuer = library.certificate_of(session, identifier).issuer
    by = Caller("person", "sandbox-issuer", "演示颁发人员", issuer, frozenset({"issuer"}))
    authority, signing = parts[Authority], parts[Signing]
    maker = EvidenceMaker(
        database,
        parts[Certs],
        parts[Evidencing],
        parts[Gateway],
        parts[Checkpoints],
        signing.trust_at,
        signing.stamper or HouseStamper(database, authority, by, clock.now),
        house_asking(database, authority, clock.now),
        by,
        clock.now,
    )
    write(file, maker.pack(Asked(identifier, asking.PACK)).content)
    return file
