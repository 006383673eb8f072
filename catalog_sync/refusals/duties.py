"""The duty that a refusal makes, laid down where the site has none yet."""

import tomllib
from datetime import datetime
from importlib import resources

from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import terms


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the duties that the site does not have yet; tell which."""
    told = tomllib.loads(resources.files("catalog_sync.refusals").joinpath("duties.toml").read_text("utf-8"))
    return terms.lay_down(session, told, "sync", by, at)
