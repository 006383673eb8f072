"""The score of a directory below `/api/v1`."""

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import caller, gives, guarded, parts, reads
from exchange import directories as verbs
from exchange import quality as scores
from exchange import seeing
from exchange.imports.schemas import QualitySchema
from exchange.life import OPEN, State
from exchange.quality import Measures, Quality
from exchange.routes.directories import CODE, READERS

quality = Blueprint("directory-quality", __name__, description="目录质量 · quality of directories")


@quality.route(f"/directories/{CODE}/quality", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(QualitySchema)
def score(session: Session, code: str) -> Quality:
    """Score what others read of a directory; its own people see the score of what is being written."""
    directory = seeing.seen(session, code, caller())
    known = verbs.versions(session, directory)
    under_way = next((each for each in known if State(each.state) in OPEN), None)
    if under_way is None or not seeing.is_inside(session, directory, caller()):
        under_way = next((each for each in known if each.number == directory.published), known[0])
    return scores.score(session, parts(Measures), code, under_way.number, under_way.content, clock.now())
