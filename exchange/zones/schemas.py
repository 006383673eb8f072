"""Outside JSON ⇄ zones; unknown members refused."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.agreements.clauses import MOST_MATTERS
from exchange.agreements.life import RequestState
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.agreements.purposes import is_matter_code
from exchange.agreements.schemas import LONGEST_CODE, ClausesSchema
from exchange.models import CODE_LENGTH, NAME_LENGTH, REASON_LENGTH
from exchange.zones import subjects
from exchange.zones.coverage import Cover
from exchange.zones.life import Standing, State
from exchange.zones.models import ZONE_LENGTH
from exchange.zones.subjects import KINDS, Subject
from exchange.zones.zone import FEWEST_MEMBERS, MOST_FIELDS, MOST_MEMBERS, Content, Member

LONGEST_KEY: Final = 40
_REASON = ma.validate.Length(max=REASON_LENGTH)
_SAID = ma.validate.And(ma.validate.Length(1, REASON_LENGTH), ma.validate.Regexp(r"(?s).*\S"))
_NAME = ma.validate.And(ma.validate.Length(1, NAME_LENGTH), ma.validate.Regexp(r"(?s).*[^\W_]"))
_DIRECTORY = ma.validate.Length(1, CODE_LENGTH)
# Of the site's own giving; it stands in an address.
CODE: Final = ma.validate.Regexp(rf"[a-z][a-z0-9-]{{1,{ZONE_LENGTH - 1}}}\Z")
WORDS: Final = {
    "not-a-key": "not a code of this kind, or its check digit is wrong · 不是该类代码，或校验位不符",
    "name-one": "name one subject: credit_code or id_number · 请给出 credit_code 或 id_number 之一",
    "not-a-matter-code": "not a matter code of 12, 31 or 33 characters · 不是 12、31 或 33 位事项编码",
}
CLAUSES: Final = ("stages", "grounds", "modes", "systems", "organs")


def _matter(value: str) -> None:
    if not is_matter_code(value):
        raise ma.ValidationError(WORDS["not-a-matter-code"])


class ZoneMemberSchema(ma.Schema):
    """A directory of a zone: the items that are used, and the item that holds each key of the subject."""

    directory = ma.fields.String(required=True, validate=_DIRECTORY)
    fields_ = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, NAME_LENGTH)),
        required=True,
        data_key="fields",
        attribute="fields",
        validate=ma.validate.Length(1, MOST_FIELDS),
    )
    keys = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.OneOf(sorted(KINDS))),
        values=ma.fields.String(validate=ma.validate.Length(1, NAME_LENGTH)),
        required=True,
        metadata={"example": {"credit_code": "统一社会信用代码"}},
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Member:
        """Make the value."""
        return Member(data["directory"], tuple(data["fields"]), data["keys"])


class ZoneContentSchema(ma.Schema):
    """What a zone says: its name, what it is for, the matters that it serves, its directories."""

    name = ma.fields.String(required=True, validate=_NAME)
    purpose = ma.fields.String(required=True, validate=_SAID)
    matters = ma.fields.List(
        ma.fields.String(validate=_matter), required=True, validate=ma.validate.Length(0, MOST_MATTERS)
    )
    members = ma.fields.List(
        ma.fields.Nested(ZoneMemberSchema), required=True, validate=ma.validate.Length(FEWEST_MEMBERS, MOST_MEMBERS)
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Content:
        """Make the value."""
        return Content(data["name"], data["purpose"], tuple(data["matters"]), tuple(data["members"]))


class NewZoneSchema(ma.Schema):
    """A zone that begins: its code, which its address is made of, and what it says."""

    code = ma.fields.String(required=True, validate=CODE)
    content = ma.fields.Nested(ZoneContentSchema, required=True)


class ZoneReasonSchema(ma.Schema):
    """Why a step is taken."""

    reason = ma.fields.String(load_default="", validate=_REASON)


class ZoneReviewSchema(ZoneReasonSchema):
    """What the authority found; where a provider objects, publishing needs the reason."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("publish", "return")))


class ZoneProviderSchema(ma.Schema):
    """What a provider says of its directory's place in a zone, and why."""

    directory = ma.fields.String(required=True, validate=_DIRECTORY)
    reason = ma.fields.String(required=True, validate=_SAID)


class ZoneClausesSchema(ClausesSchema):
    """The clauses of the requests; each has the zone's items of its directory as its fields."""

    class Meta:
        """Leave out what is each directory's own."""

        exclude = ("fields_", "conditions")

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Any:
        """Make the value, with nothing in place of what is each directory's own."""
        return super().made({**data, "fields": (), "conditions": ()})


class ZoneRequestSchema(ma.Schema):
    """A request for a whole zone: on which legal basis, in which scene, under which clauses."""

    legal_basis = ma.fields.String(required=True, validate=_SAID)
    scene = ma.fields.String(required=True, validate=_SAID)
    clauses = ma.fields.Nested(ZoneClausesSchema, required=True)


class ZoneSubjectSchema(ma.Schema):
    """Whom it is about: an enterprise or a person, and if need be a place; the name is asked for certificates."""

    credit_code = ma.fields.String(validate=ma.validate.Length(1, LONGEST_KEY))
    id_number = ma.fields.String(validate=ma.validate.Length(1, LONGEST_KEY))
    place = ma.fields.String(validate=ma.validate.Length(1, LONGEST_KEY))
    name = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Subject:
        """Make the value. Raises `ValidationError`, which never says a key."""
        name = data.pop("name")
        wrong = subjects.faults(data)
        if wrong:
            told = {each or ma.exceptions.SCHEMA: [WORDS[fault]] for each, fault in wrong.items()}
            raise ma.ValidationError(told)
        return Subject(data, name.strip())


class ZoneQuerySchema(ma.Schema):
    """A call of a zone: about whom, and for what."""

    subject = ma.fields.Nested(ZoneSubjectSchema, required=True)
    purpose = ma.fields.Nested(PurposeSchema, required=True)

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
        """Give the purpose also as it was sent, since it is digested so."""
        return {**data, "told_purpose": original["purpose"]}


class ZonePlaceSchema(ma.Schema):
    """A directory of a version, and where it stands."""

    directory = ma.fields.String(required=True)
    provider = ma.fields.String(required=True)
    fields_ = ma.fields.List(ma.fields.String(), required=True, data_key="fields", attribute="fields")
    keys = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    standing = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Standing]))
    reason = ma.fields.String(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class ZoneVersionSchema(ma.Schema):
    """A version of a zone."""

    number = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in State]))
    name = ma.fields.String(required=True)
    purpose = ma.fields.String(required=True)
    matters = ma.fields.List(ma.fields.String(), required=True)
    content_sm3 = ma.fields.String(required=True)
    published_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    changed_at = ma.fields.AwareDateTime(required=True)
    members = ma.fields.List(ma.fields.Nested(ZonePlaceSchema), required=True)


class ZoneRowSchema(ma.Schema):
    """A zone in a list."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    lead = ma.fields.String(required=True)
    published = ma.fields.Integer(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class ZoneSchema(ZoneRowSchema):
    """A zone with its versions that the caller may read, the newest first."""

    versions = ma.fields.List(ma.fields.Nested(ZoneVersionSchema), required=True)


class ZoneQueryArguments(PageQuery):
    """Which zones: of a lead."""

    lead = ma.fields.String(load_default=None, validate=ma.validate.Length(1, LONGEST_CODE))


ZonePage = page_of(ZoneRowSchema, "ZonePageSchema")


class ZoneStepSchema(ma.Schema):
    """A step, by whom, when and why."""

    number = ma.fields.Integer(required=True)
    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    directory = ma.fields.String(required=True, allow_none=True)
    by = ma.fields.String(required=True)
    on_behalf_of = ma.fields.String(required=True, allow_none=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class ZoneHistorySchema(ma.Schema):
    """Every step, in order."""

    items = ma.fields.List(ma.fields.Nested(ZoneStepSchema), required=True)


class CoveredSchema(ma.Schema):
    """What the caller's organisation has of a directory; `missing` are items of the zone that no grant holds."""

    directory = ma.fields.String(required=True, attribute="member.directory")
    provider = ma.fields.String(required=True, attribute="member.provider")
    name = ma.fields.String(required=True)
    standing = ma.fields.String(required=True, attribute="member.standing")
    coverage = ma.fields.Enum(Cover, by_value=True, required=True, attribute="cover")
    grants = ma.fields.List(ma.fields.String(), required=True)
    missing = ma.fields.List(ma.fields.String(), required=True)
    request = ma.fields.String(required=True, allow_none=True)
    request_state = ma.fields.String(
        required=True, allow_none=True, validate=ma.validate.OneOf([each.value for each in RequestState])
    )


class ZoneCoverageSchema(ma.Schema):
    """What the caller's organisation has of a zone, directory by directory, and how many of each kind."""

    zone = ma.fields.String(required=True)
    number = ma.fields.Integer(required=True, allow_none=True)
    counts = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    items = ma.fields.List(ma.fields.Nested(CoveredSchema), required=True)
