"""An owner with its clerk, head and custodian, a maker elsewhere, a business system; a seal as far as wanted."""

import functools
import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from keys.signers.software import SoftwareSigner
from signing import authorisations, making, register
from signing.authorisations import Leave, Use
from signing.life import Step
from signing.making import Maker, Material
from signing.models import Seal, SealAuthorisation
from signing.register import Application
from tests.builders import pki
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, PROVINCE

YEAR = timedelta(days=365)
SYSTEM = "gm"
TYPE = "11100000000013039001"


def person(name: str, role: str, organisation: str = CITY) -> Caller:
    return Caller("person", name, name, organisation, frozenset({role}))


CLERK = person("clerk", "seal_applicant")
HEAD = person("head", "seal_owner")
SECOND_HEAD = person("second-head", "seal_owner")
CUSTODIAN = person("custodian", "seal_custodian")
MAKER = person("maker", "seal_maker", PROVINCE)
WATCHER = person("watcher", "authority", PROVINCE)
WINDOW = Caller("system", SYSTEM, SYSTEM, CITY, scopes=frozenset({"seal:use"}))


def picture(side: int = 200) -> bytes:
    drawn = Image.new("RGB", (side, side), "white")
    ImageDraw.Draw(drawn).ellipse((8, 8, side - 8, side - 8), outline=(200, 20, 20), width=8)
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


PICTURE = picture()


def application(at: datetime, **peculiar: object) -> Application:
    told = {
        "owner": CITY,
        "kind": "business",
        "name": "演示市数据管理局行政审批专用章",
        "valid_from": at,
        "valid_until": at + 3 * YEAR,
        "picture": PICTURE,
        "width_mm": 40,
        "height_mm": 40,
        "basis": "演示批复〔2026〕1号",
    }
    return Application(**{**told, **peculiar})  # type: ignore[arg-type]


@functools.cache
def authority() -> pki.Identity:
    return pki.root("演示印章 CA")


@functools.cache
def sealing_maker() -> Maker:
    identity = authority().issues("演示制章单位")
    return Maker(SoftwareSigner(identity.key), identity.certificate)


@functools.cache
def signing_identity(seal_id: str) -> pki.Identity:
    return authority().issues(seal_id, not_after=pki.AT + 5 * YEAR)


def material(seal_id: str) -> Material:
    return Material(f"seal-{seal_id}", signing_identity(seal_id).certificate)


@dataclass(frozen=True)
class Walk:
    """The ordinary way of a seal, step by step, each by the person whose step it is."""

    session: Session
    at: datetime

    def to(self, last: Step) -> Seal:
        seal = register.apply(self.session, application(self.at), CLERK, self.at)
        for step, by in ((Step.AGREE, HEAD), (Step.MAKE, MAKER), (Step.FILE, MAKER), (Step.ACTIVATE, CUSTODIAN)):
            if last is Step.APPLY:
                break
            self.take(seal, step, by)
            if step is last:
                break
        return seal

    def take(self, seal: Seal, step: Step, by: Caller) -> None:
        if step is Step.FILE:
            register.file(self.session, seal, "演示备2026-1", by, self.at)
        elif step is Step.MAKE:
            maker = sealing_maker()
            making.draw(self.session, seal, material(seal.id), maker, by, self.at)
            making.make(self.session, seal, maker, by, self.at)
        elif step is Step.ACTIVATE:
            register.activate(self.session, seal, "", by, self.at)
        else:
            register.take(self.session, seal, step, "", by, self.at)


def opened(database: Database, at: datetime) -> None:
    """Make the organisations and the business system."""
    builders.populate(database, at)


def active_seal(session: Session, at: datetime) -> Seal:
    return Walk(session, at).to(Step.ACTIVATE)


def leave(at: datetime, **peculiar: object) -> Leave:
    told = {
        "system": SYSTEM,
        "document_type": TYPE,
        "act": "issue",
        "region": "320900",
        "valid_from": at,
        "valid_until": at + YEAR,
        "ceiling": 3,
        "basis": "演示用印授权书〔2026〕1号",
    }
    return Leave(**{**told, **peculiar})  # type: ignore[arg-type]


def authorised(session: Session, seal: Seal, at: datetime, **peculiar: object) -> SealAuthorisation:
    row = authorisations.propose(session, seal, leave(at, **peculiar), HEAD, at)
    return authorisations.confirm(session, row, SECOND_HEAD, at)


def use(**peculiar: str) -> Use:
    told = {"document_type": TYPE, "act": "issue", "region": "320902", "reason": "演示", "draft_sm3": "0" * 64}
    return Use(**{**told, **peculiar})


def doers(session: Session, seal: Seal) -> dict[Step, str]:
    return {Step(each.step): each.by for each in register.steps(session, seal.id)}
