"""The city of the sandbox: a second site below the invented province, which tells it and is given its own back.

The city has the same organisations, people and clients (with keys of their own), one directory of its market office and
one certificate of an invented firm. The province knows the city as a system with the city's public key, and the city
the province, so that either may tell the other; in the sandbox the city tells, and fetches what is returned.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import select

from base import clock
from base.identifiers import CertificateIdentifier, CreditCode
from base.program import Running, Sandbox, Second
from base.workdays import local_day
from catalog_sync.cascade import partners
from catalog_sync.cascade.models import CascadePartner
from catalog_sync.cascade.partners import NewPartner
from certs import library, sample_library
from certs.library import Entry
from certs.life import State, Step
from certs.types.certificate_type import NO_LAST_DAY
from certs.wiring import Certs
from exchange import sample as exchange_sample
from keys.algorithms.algorithm import PublicKey
from keys.custody import acts
from keys.custody.custody import versions
from keys.custody.wiring import CustodyParts
from keys.parties import sample as party_sample
from keys.parties import sample_people, system_keys, systems
from keys.parties.sample import CITY, MAKER, PROVINCE, code_of
from keys.parties.system_keys import NewKey
from keys.parties.systems import NewSystem

FOLDER: Final = "city"
KEY: Final = "cascade"
CITY_CLIENT: Final = "yanshi-city-site"
PROVINCE_CLIENT: Final = "yanshi-province-site"
CITY_PARTNER: Final = f"city-{CITY}"
PROVINCE_PARTNER: Final = "province"
OWNER: Final = "city-market"
TYPE: Final = "食品经营许可证"
# Its name, field of work, kind of items, way of sharing and how often it changes.
DIRECTORY: Final = ["演示市食品经营许可信息", "16", "firm-licence", "2", "day"]


def settings_of(_folder: Path, province: str) -> str:
    """Write the city's sections: who it is, and where its province is."""
    return "\n".join(
        (
            "[certs]",
            "demonstration = true",
            "\n[fetch]",
            'intranet_networks = ["127.0.0.0/8"]',
            "\n[sync]",
            f'organisation = "{code_of("city-data")}"',
            "\n[cascade]",
            f'region = "{CITY}"',
            f'key = "{KEY}"',
            f'sites = ["{PROVINCE_PARTNER} {province}/dialects/cascade {CITY_CLIENT}"]',
            f'returns = ["{PROVINCE_PARTNER}"]',
            "intranet = true\n",
        )
    )


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the city: its parties, a directory, and a certificate."""
    party_sample.sample(running, sandbox)
    sample_people.sample(running, sandbox)
    at = clock.now()
    with running.database.transaction() as session:
        owner, authority = code_of(OWNER), code_of("city-data")
        directory = exchange_sample.published(session, owner, authority, DIRECTORY, at)
        entry = _entry(running)
        by = party_sample.MAKER
        library.enter(session, running.parts[Certs].keys, entry, by, at)
        sandbox.told["directory"], sandbox.told["certificate"] = directory.code, entry.identifier


def introduce(province: Running, city: Running) -> None:
    """Let the two know each other's keys, once."""
    with province.database.reading() as session:
        if session.scalar(select(CascadePartner.name).where(CascadePartner.name == CITY_PARTNER)) is not None:
            return
    keys = [_key(each) for each in (province, city)]
    _registered(city, NewPartner(PROVINCE_PARTNER, PROVINCE_CLIENT, PROVINCE), "data", keys[0])
    _registered(province, NewPartner(CITY_PARTNER, CITY_CLIENT, CITY), "city-data", keys[1])


CITY_BESIDE: Final = Second(FOLDER, settings_of, (sample,), introduce)


def _entry(running: Running) -> Entry:
    """Take the first licence that the city's market office issued, as the sandbox's library has it."""
    today, types = local_day(clock.now()), running.parts[Certs].types
    found = next(each for each in sample_library.entries(types, today) if each.type.name == TYPE)
    draft, owner = found.draft, CreditCode(code_of(OWNER))
    identifier = CertificateIdentifier.written(found.type.code, owner, f"{found.number:08d}", "001").text
    until = found.type.validity.last_day(draft.issued_on) or draft.valid_until or NO_LAST_DAY
    number = f"演市食证（{draft.issued_on.year}）{found.number:04d}"
    return Entry(identifier, found.type, owner.text, number, draft, until, State.VALID, Step.DEPOSIT)


def _key(running: Running) -> PublicKey:
    """Make the key that signs requests to other sites, if it is not there yet, and give its public half."""
    custody = running.parts[CustodyParts].custody
    with running.database.transaction() as session:
        if not versions(session, KEY):
            acts.create(session, custody, acts.NewKey(KEY, "service"), MAKER, clock.now())
    with running.database.reading() as session:
        public: PublicKey = custody.signer_for(session, KEY).public
        return public


def _registered(running: Running, new: NewPartner, organisation: str, public: PublicKey) -> None:
    at = clock.now()
    with running.database.transaction() as session:
        if session.get(CascadePartner, new.name) is not None:
            return
        row = systems.add(session, NewSystem(new.system, f"演示级联站点 {new.name}", code_of(organisation)), MAKER, at)
        systems.grant_scopes(session, row, {partners.SCOPE}, MAKER, at)
        system_keys.add_key(session, row, NewKey(public), MAKER, at)
        partners.add(session, new, MAKER, at)
