"""The duties of supervision and their terms, as rows that a site may change."""

import tomllib
from datetime import datetime
from importlib import resources

from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import terms


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the duties that the site does not have yet; tell which."""
    told = tomllib.loads(resources.files("certs.supervision").joinpath("terms.toml").read_text("utf-8"))
    return terms.lay_down(session, told, "supervision", by, at)
