"""What a record of each kind must say to be one: its id, its members by type, whose it is. Pure.

Only what this house needs to tell whose a thing is, and to show it, is demanded; members beyond these may come, since
another site may run a later version. What is told by whom is judged in `judging`. Kinds stand here by their names,
since their readers know the database; a test sees that each kind has its shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from base.canonical import Json

TEXT: Final = (str,)
PERHAPS_TEXT: Final = (str, type(None))
WHOLE: Final = (int,)
LIST: Final = (list, tuple)
OBJECT: Final = (dict,)
PERHAPS_OBJECT: Final = (dict, type(None))
# The longest text that may name whose a thing is: a unified social credit code.
LONGEST_OWNER: Final = 18


@dataclass(frozen=True)
class Shape:
    """A kind's members and their types; which member is the thing's id, which its organisation, which its region.

    `may_be_above`: its organisation may stand above the partner's region, as when a province's office has issued a
    certificate that belongs to the city. `before`: the id begins with that member, and this follows.
    """

    id: str
    members: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    organisation: str = ""
    region: str = ""
    may_be_above: bool = False
    before: str = ""


@dataclass(frozen=True)
class Misshapen:
    """What is wrong with a content: a code, and the member that it is about."""

    code: str
    place: str


@dataclass(frozen=True)
class Owner:
    """Whose a thing is, as far as it says itself: its organisation and its region; empty where it does not say."""

    organisation: str
    region: str


SHAPES: Final[Mapping[str, Shape]] = {
    "organisation": Shape(
        "code",
        {"name": TEXT, "region": TEXT, "level": TEXT, "state": TEXT, "parent": PERHAPS_TEXT},
        "code",
        "region",
        may_be_above=True,
    ),
    "system": Shape("id", {"name": TEXT, "organisation": TEXT, "state": TEXT}, "organisation"),
    "category": Shape("code", {"name": TEXT}),
    "directory": Shape(
        "code", {"number": WHOLE, "organisation": TEXT, "region": TEXT, "content": OBJECT}, "organisation", "region"
    ),
    "resource": Shape("id", {"directory": TEXT, "organisation": TEXT, "state": TEXT}, "organisation"),
    "statistics": Shape("resource", {"directory": TEXT, "organisation": TEXT}, "organisation"),
    "share_request": Shape("id", {"directory": TEXT, "requester": TEXT, "state": TEXT}, "requester"),
    "grant": Shape("code", {"directory": TEXT, "provider": TEXT, "grantee": TEXT, "state": TEXT}, "provider"),
    "objection": Shape("id", {"directory": TEXT, "addressee": TEXT, "state": TEXT}, "addressee"),
    "certificate": Shape(
        "identifier",
        {"type": TEXT, "issuer": TEXT, "region": TEXT, "issued_on": TEXT, "state": TEXT, "holders": LIST},
        "issuer",
        "region",
        may_be_above=True,
    ),
    "case-step": Shape(
        "project_no",
        {"organ": TEXT, "region": TEXT, "materials": LIST},
        "organ",
        "region",
        may_be_above=True,
        before="/",
    ),
    "item": Shape(
        "task_handle_item",
        {"task_name": TEXT, "dept_code": TEXT, "region_code": TEXT},
        "dept_code",
        "region_code",
        may_be_above=True,
    ),
    "evaluation": Shape(
        "projectno", {"deptcode": TEXT, "areacode": TEXT}, "deptcode", "areacode", may_be_above=True, before=":"
    ),
    "seal": Shape(
        "code", {"name": TEXT, "organisation": TEXT, "region": TEXT, "state": TEXT}, "organisation", "region"
    ),
    "user": Shape("id", {"region": TEXT, "staff": PERHAPS_OBJECT}, region="region"),
}


def misshapen(kind: str, thing: str, content: Mapping[str, Json]) -> Misshapen | None:
    """Tell what keeps a content from being what its kind says; none where nothing does."""
    shape = SHAPES.get(kind)
    if shape is None:
        return Misshapen("kind-not-taken", "kind")
    for name, types in {shape.id: TEXT, **shape.members}.items():
        value = content.get(name)
        if name not in content or not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            return Misshapen("content-malformed", name)
    said = str(content[shape.id])
    if thing != said and not (shape.before and thing.startswith(said + shape.before)):
        return Misshapen("id-differs", shape.id)
    if len(str(content.get(shape.organisation, ""))) > LONGEST_OWNER:
        return Misshapen("content-malformed", shape.organisation)
    return None


def owner(kind: str, content: Mapping[str, Json]) -> Owner:
    """Tell whose a well-shaped content says that it is."""
    shape = SHAPES[kind]
    return Owner(
        str(content[shape.organisation]) if shape.organisation else "",
        str(content[shape.region]) if shape.region else "",
    )
