"""The certificates of the sandbox: the magic holders, one of each type, a task for the rest, and leave to look them up.

Everything is invented and marked 演示; the holders' codes are well-formed. What the library holds is told by
`sample_library`; it comes into being by the verbs that everybody uses, sealed file by sealed file.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from base.workdays import local_day
from certs import (
    contents,
    library,
    sample_copies,
    sample_foreign,
    sample_holders,
    sample_library,
    sample_organs,
    sample_scenes,
    sample_third_parties,
    sample_work,
)
from certs.life import Step
from certs.queries import fields as certificate_fields
from certs.queries import misses
from certs.queries.permission import resource_of
from certs.queries.wiring import Queries
from certs.sample_library import Entry
from certs.sample_magic import MAGIC, Magic
from certs.sample_work import Maker
from certs.types.certificate_type import CertificateType, FieldKind
from certs.wiring import Certs
from exchange.agreements import use_lists
from exchange.agreements.purposes import Stage
from exchange.agreements.sample import LICENCE, LICENCE_NAME
from exchange.agreements.use_list_tables import UseRow
from exchange.door import quotas
from keys import anchors
from keys.authority.sample import CONFIRMER, PROPOSER, write
from keys.authority.wiring import Authority
from keys.certificates import Certificate
from keys.parties import sample_people
from keys.parties.sample import code_of
from signing.verification_wiring import Verifying
from signing.wiring import Signing

# One of each type is there before the sandbox opens, so that every page and sample has something to show.
EACH: Final = 1
REASON: Final = "演示"
# The scene of the county's approval bureau: one licence changed since, one given back.
CHANGED, CANCELLED = "公共场所卫生许可证", "出版物经营许可证"
# The magic holder who is asked about too often, and for how many days to come.
LIMITED: Final = "0429"
DAYS: Final = 366
_STAGES: Final = (Stage.GUIDANCE, Stage.INTAKE, Stage.ACCEPTANCE, Stage.REVIEW, Stage.INSPECTION)
# The magic holder whose licence was revoked, and what strangers verify of it.
REVOKED: Final = "0410"
_MAGIC_STEPS: Final = {Step.REVOKE: (), Step.FREEZE: ("authority",)}
# Files that the visitor finds beside the signing room's: a licence and a card from here, a card from elsewhere.
SHOWN: Final = ("公共场所卫生许可证", "拖拉机和联合收割机驾驶证", "机动车驾驶证")


def settings_of(folder: object) -> str:
    """Mark every face of the sandbox as a demonstration, let copies be made, and name who has which part."""
    told = f'[objections]\ndesignated = "{sample_organs.code("government")}"\n'
    shared = f'[promises]\nowner = "{sample_organs.code("credit")}"\n'
    return "[certs]\ndemonstration = true\n" + sample_copies.settings_of(folder) + told + shared


def sample(running: Running, sandbox: Sandbox) -> None:
    """Found the organs, make what must be there at once, leave the rest to a task, and tell the visitor."""
    at, certs = clock.now(), running.parts[Certs]
    sample_organs.founded(running, sandbox.folder, at)
    if "people" in sandbox.told:
        sample_people.further(running, sandbox, sample_organs.RULING, sample_organs.code)
    _trusted(running, sandbox, at)
    with running.database.transaction() as session:
        _listed(session, list(certs.types.values()), at)
        sandbox.told["service_seal"] = sample_copies.allow(session, at)
    maker = _maker(running, sandbox.folder, local_day(at))
    entries = sample_library.entries(certs.types, maker.day)
    first = entries[: len(sample_library.words()["types"]) * EACH]
    made = {each.type.name: maker.make(each) for each in first}
    magic_made = {each.ending: _magic(maker, each) for each in MAGIC.values()}
    made |= _scene(maker, first, made)
    stale, expired = _stale(maker, entries)
    firm = next(each for each in first if each.type.name == CHANGED).draft.holders[0]
    sample_holders.sample(running, sandbox, firm, at)
    sample_scenes.sample(running, sandbox, at)
    if (queries := running.parts.get(Queries)) is not None:
        _limited(running, queries, at)
    with running.database.transaction() as session:
        task = sample_work.start(session, sandbox.folder, maker.day, len(first), clock.now())
    sandbox.told["certificates"] = [{"type": name, "identifier": identifier} for name, identifier in made.items()]
    sandbox.told["magic"] = [_told(each, certs) for each in MAGIC.values()]
    sandbox.told["collected"] = [_holding(each) for each in (*(each for each in first if each.is_collected), stale)]
    sandbox.told["library"] = {"certificates": len(entries), "task": task}
    # Types of certificates are granted by the use list and not by the grant for a directory that it names.
    sandbox.told["purpose"] = {**(sandbox.told.get("purpose") or {}), "grant_code": None}
    sandbox.told.setdefault("documents", []).extend(_documents(maker, made))
    sandbox.told["shown"] = _shown(maker, made[CHANGED], magic_made[REVOKED], expired)
    _third_parties(running, sandbox, at)


def _maker(running: Running, folder: Path, day: date) -> Maker:
    parts = running.parts
    return Maker(running.database, parts[Certs], parts[Signing], parts[Authority], parts[Verifying], folder, day)


def _trusted(running: Running, sandbox: Sandbox, at: datetime) -> None:
    """Found the organs whose finished files are collected, and trust their authority as the sandbox's own."""
    named = sample_library.words()["types"]
    collected = [each for each in running.parts[Certs].types.values() if "face" in named.get(each.name, {})]
    bodies = {each.defined_by.code: each.defined_by for each in collected}
    root: Certificate = sample_foreign.found(sandbox.folder, bodies.values(), at)
    with running.database.transaction() as session:
        for row in anchors.propose(session, root.pem, PROPOSER, at, is_test=True):
            anchors.confirm(session, row.sm3, CONFIRMER, at)
    bundle = Path(sandbox.told["trust"])
    write(bundle, bundle.read_bytes() + root.pem)


def _listed(session: Session, types: list[CertificateType], at: datetime) -> None:
    """Publish what one matter takes from the library: every type, so that the visitor can try each."""
    rows = [
        UseRow(LICENCE, LICENCE_NAME, each.name, resource_of(each), _fields(each), (), _STAGES, "演示依据")
        for each in types
    ]
    row = use_lists.draft(session, "演示市用证清单", "演示依据", rows, _authority("sandbox"), at)
    use_lists.publish(session, row, at, _authority("second"), at)


def _fields(type_: CertificateType) -> tuple[str, ...]:
    own = (each.name for each in type_.fields if each.kind is not FieldKind.PICTURE)
    return (*certificate_fields.COMMON, *own)


def _authority(which: str) -> Caller:
    return Caller("person", f"{which}-authority", "演示authority", code_of("city-data"), frozenset({"authority"}))


def _magic(maker: Maker, magic: Magic) -> str:
    """Put into the library what it holds of a magic holder, and do to it what was done; give the last of it."""
    identifier = ""
    for entry in sample_library.magic_entries(magic, maker.certs.types, maker.day):
        identifier = maker.make(entry)
        if magic.step is Step.CHANGE:
            maker.make(_changed(entry, "address", "演示市演示区新址路1号"), supersedes=identifier)
        elif magic.step is not None:
            _take(maker, identifier, entry, magic.step, *_MAGIC_STEPS[magic.step])
    return identifier


def _limited(running: Running, queries: Queries, at: datetime) -> None:
    """Use up what may be asked about the magic holder who is asked about too often, for a year of days to come."""
    magic = MAGIC[LIMITED]
    with running.database.transaction() as session:
        hashed = contents.holder_hash(session, queries.certs.keys, magic.holder.type, magic.code)
        takings = misses.holder_takings(queries, [hashed])
        used_up = [replace(each, calls=each.quota.per_day or 0) for each in takings]
        for day in range(DAYS):
            quotas.take(session, used_up, at + timedelta(days=day))


def _scene(maker: Maker, entries: tuple[Entry, ...], made: dict[str, str]) -> dict[str, str]:
    """Play what happened at the approval bureau since; give what took the place of what."""
    of_name = {each.type.name: each for each in entries}
    _take(maker, made[CANCELLED], of_name[CANCELLED], Step.CANCEL)
    changed = _changed(of_name[CHANGED], "legal_representative", "演示丁")
    return {CHANGED: maker.make(changed, supersedes=made[CHANGED])}


def _stale(maker: Maker, entries: tuple[Entry, ...]) -> tuple[Entry, str]:
    """Take in at once one of what was collected and is out of date (scene 3); the task finds it there."""
    stale = next(each for each in entries if each.is_collected and (each.draft.valid_until or maker.day) < maker.day)
    return stale, maker.make(stale)


def _holding(entry: Entry) -> dict[str, str]:
    """Tell whose a certificate is that was collected."""
    holder = entry.draft.holders[0]
    named = {"holder_code": holder.code, "holder_type": holder.type, "holder_name": holder.name}
    return {"type": entry.type.name, "certificate_type": entry.type.code, **named}


def _changed(entry: Entry, name: str, value: str) -> Entry:
    draft = entry.draft
    return replace(entry, draft=replace(draft, data={**draft.data, name: value}))


def _take(maker: Maker, identifier: str, entry: Entry, step: Step, *roles: str) -> None:
    with maker.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        library.take(session, row, step, REASON, sample_organs.by(entry.issuer, *roles), clock.now())


def _documents(maker: Maker, made: dict[str, str]) -> list[str]:
    """Write some sealed files where the visitor finds them."""
    folder, written = maker.folder / "documents", []
    folder.mkdir(exist_ok=True)
    with maker.database.reading() as session:
        for name in SHOWN:
            row = library.certificate_of(session, made[name])
            (document,) = library.documents(session, maker.certs.keys, row)
            file = folder / f"{row.type}.{document.format}"
            file.write_bytes(document.content)
            written.append(str(file))
    return written


def _shown(maker: Maker, licence: str, revoked: str, expired: str) -> dict[str, str]:
    """Write what is shown to strangers: a revoked licence with a perfect seal, an expired one, a forged one; a code."""
    folder, told = maker.folder / "shown", {}
    folder.mkdir(exist_ok=True)
    with maker.database.reading() as session:
        row = library.certificate_of(session, licence)
        for name, identifier in (("revoked", revoked), ("expired", expired), ("forged", licence)):
            one = library.certificate_of(session, identifier)
            (document,) = library.documents(session, maker.certs.keys, one)
            content = document.content if name != "forged" else sample_third_parties.forged(document.content)
            file = folder / f"{name}.{document.format}"
            file.write_bytes(content)
            told[name] = str(file)
    return {**told, "printed": f"/v/{row.token}"}


def _third_parties(running: Running, sandbox: Sandbox, at: datetime) -> None:
    """Let a bank, a notary and a bidding centre in, where the registers are there that they ask."""
    if "sources" not in sandbox.told:
        return
    holders = {each["type"]: each for each in sandbox.told["sources"]}
    with running.database.transaction() as session:
        sandbox.told["third_parties"] = sample_third_parties.sample(session, running, holders, at)


def _told(magic: Magic, certs: Certs) -> dict[str, Any]:
    return {
        "ending": magic.ending,
        "holder_code": magic.code,
        "holder_type": magic.holder.type,
        "holder_name": magic.name,
        "certificate_type": certs.by_name[magic.type],
    }
