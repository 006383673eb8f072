"""An evaluation of a case (好差评), with what the organ answered to a bad one.

Its id is `<case number>:<how-manieth>`, as its events name it. Members are spelt as the national form spells them:
`projectno`, `taskcode`, `taskhandleitem`, `taskname`, `areacode`, `deptcode`, `prodepart`, `prostatus`, `acceptdate`,
`satisfaction` (5 to 1), `evaldetail` (codes), `writingevaluation`, `pf` (where it was given), `assessnumber`,
`assesstime`, `isdefault`, `sfhf`, `hfjg`, `zgjg`, `answertime`, `sfeypj`, `answerstatus`, `usage`. What was written may
name people, so it is personal. Who evaluated is left out: the case number leads to them where that is anybody's duty.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.clock import rfc3339
from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from certs.filing.cases import evaluations
from certs.filing.cases.models import ANSWERED, Case, CaseEvaluation
from certs.filing.cases.wiring import Cases
from keys.parties.models import Organisation

NAME: Final = "evaluation"
BETWEEN: Final = ":"


def read(session: Session, parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read an evaluation as it stands."""
    number, _, place = id_.rpartition(BETWEEN)
    row = session.get(Case, number)
    kept = session.get(CaseEvaluation, (number, int(place))) if place.isdecimal() else None
    if row is None or kept is None:
        return None
    words = evaluations.words_of(session, parts[Cases], kept)
    organ = session.get(Organisation, row.organ)
    return Content(
        {
            "projectno": row.number,
            "taskcode": row.item_code[:31],
            "taskhandleitem": row.item_code,
            "taskname": row.item_name,
            "areacode": row.region,
            "deptcode": row.organ,
            "prodepart": "" if organ is None else organ.name,
            "prostatus": row.state,
            "acceptdate": rfc3339(row.received_at),
            "satisfaction": str(kept.satisfaction),
            "evaldetail": list(kept.options),
            "writingevaluation": words["text"],
            "pf": kept.channel,
            "assessnumber": kept.number,
            "assesstime": rfc3339(kept.at),
            "isdefault": kept.is_default,
            "sfhf": kept.state == ANSWERED,
            "hfjg": words["answer"],
            "zgjg": words["rectified"],
            "answertime": None if kept.answered_at is None else rfc3339(kept.answered_at),
            "sfeypj": kept.is_malicious,
            "answerstatus": kept.state,
            "usage": kept.usage,
        }
    )


EVALUATION: Final = Kind(NAME, events.each("evaluation.given", "evaluation.answered"), read)
