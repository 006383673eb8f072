"""Outside JSON ⇄ the values of signing: unknown members refused, codes checked as they are read."""

from typing import Any

import marshmallow as ma

from base.api import PageQuery, page_of
from keys.parties.schemas import NAME, REASON_LENGTH, Base64, CreditCodeField, RegionField
from signing import kinds
from signing.authorisations import HIGHEST_CEILING, Leave
from signing.drafts import Manner
from signing.errors import UnfitSealCertificate
from signing.impressions.keeping import FilingNumber
from signing.levels import Level
from signing.life import State
from signing.making import Material, certificate_of
from signing.models import ANY, KEY_ID_LENGTH, SEAL_ID_LENGTH, WORD_LENGTH
from signing.register import Application, Renewal
from signing.report import Place
from signing.sealing import Order

REASON = ma.validate.Length(1, REASON_LENGTH)
WORD = ma.validate.Regexp(r"[A-Za-z0-9_.*-]+\Z")
STATES = ma.validate.OneOf([each.value for each in State])


# --- seals ---------------------------------------------------------------------------------------------------------


# What an impression brings along, so that an application that names one must not tell it again.
OF_IMPRESSION = ("kind", "name", "picture", "width_mm", "height_mm")


class SealApplicationSchema(ma.Schema):
    """A seal that is applied for: with a picture of its own, or by the filing number of its impression."""

    owner = CreditCodeField(required=True, metadata={"format": "uscc"})
    kind = ma.fields.String(load_default=None, validate=ma.validate.OneOf(sorted(kinds.kinds())))
    name = ma.fields.String(load_default=None, validate=NAME, metadata={"example": "演示市数据管理局行政审批专用章"})
    person = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, 36))
    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)
    picture = Base64(load_default=None, metadata={"description": "PNG, JPEG, GIF or BMP, in base64"})
    width_mm = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, 1000))
    height_mm = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, 1000))
    basis = ma.fields.String(required=True, validate=REASON, metadata={"description": "the paper it rests on"})
    impression = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, WORD_LENGTH),
        metadata={"description": "filing number of the impression; kind, name, picture and size then come from it"},
    )

    @ma.validates_schema
    def told_once(self, data: dict[str, Any], **_: Any) -> None:
        """See that kind, name, picture and size are told, either here or by the impression."""
        from_impression = data["impression"] is not None
        wrong = [name for name in OF_IMPRESSION if (data[name] is not None) is from_impression]
        if wrong:
            told = "comes from the impression" if from_impression else "Missing data for required field."
            raise ma.ValidationError({name: [told] for name in wrong})

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Application | FilingNumber:
        """Make the value."""
        told = {**data, "owner": data["owner"].text}
        if told["impression"] is None:
            return Application(**told)
        return FilingNumber(**{name: value for name, value in told.items() if name not in OF_IMPRESSION})


class SealRenewalSchema(ma.Schema):
    """What of a seal is to be new; what is left out stays as it is."""

    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)
    basis = ma.fields.String(required=True, validate=REASON)
    picture = Base64(load_default=None)
    width_mm = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, 1000))
    height_mm = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, 1000))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Renewal:
        """Make the value."""
        return Renewal(**data)


class SealApprovalSchema(ma.Schema):
    """What the owner's head decided."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("agree", "refuse")))
    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))


class SealReasonSchema(ma.Schema):
    """Why a step is taken; it stands in the register."""

    reason = ma.fields.String(required=True, validate=REASON)


class SealFilingSchema(ma.Schema):
    """Under which number the seal was filed; left out where the office's own system is asked."""

    number = ma.fields.String(load_default=None, validate=ma.validate.Length(1, WORD_LENGTH))


class SealFilingStandingSchema(ma.Schema):
    """The filing of one edition: with which office, and what it answered."""

    edition = ma.fields.Integer(required=True)
    registrar = ma.fields.String(required=True)
    state = ma.fields.String(required=True, metadata={"example": "pending"})
    receipt = ma.fields.String(allow_none=True, required=True)
    number = ma.fields.String(allow_none=True, required=True)
    code = ma.fields.String(allow_none=True, required=True)
    words = ma.fields.String(allow_none=True, required=True)
    asked_at = ma.fields.AwareDateTime(required=True)
    answered_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    next_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class SealFilingsSchema(ma.Schema):
    """The filings of a seal's editions."""

    items = ma.fields.List(ma.fields.Nested(SealFilingStandingSchema), required=True)


class SealCancellationSchema(ma.Schema):
    """Why a seal ends, and which one takes its place."""

    reason = ma.fields.String(required=True, validate=REASON)
    successor = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(SEAL_ID_LENGTH, SEAL_ID_LENGTH)
    )


class SealEditionSchema(ma.Schema):
    """A seal as it was, or is to be, made once."""

    number = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True, validate=STATES)
    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)
    basis = ma.fields.String(required=True)
    width_mm = ma.fields.Integer(required=True)
    height_mm = ma.fields.Integer(required=True)
    filing = ma.fields.String(allow_none=True, required=True)
    impression = ma.fields.String(allow_none=True, required=True)
    key_id = ma.fields.String(allow_none=True, required=True)


class SealSchema(ma.Schema):
    """A seal with its editions."""

    id = ma.fields.String(required=True, metadata={"example": "32090000000001"})
    owner = ma.fields.String(required=True)
    person = ma.fields.String(allow_none=True, required=True)
    kind = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    successor = ma.fields.String(allow_none=True, required=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class SealWithEditionsSchema(SealSchema):
    """A seal with its editions."""

    editions = ma.fields.List(ma.fields.Nested(SealEditionSchema), required=True)


class SealQuery(PageQuery):
    """Which seals to list."""

    owner = ma.fields.String(load_default=None, validate=ma.validate.Length(max=18))
    kind = ma.fields.String(load_default=None, validate=ma.validate.OneOf(sorted(kinds.kinds())))
    region = ma.fields.String(load_default=None, validate=ma.validate.Regexp(r"[0-9]{2,12}\Z"))


class SealStepSchema(ma.Schema):
    """A step in the life of a seal."""

    edition = ma.fields.Integer(required=True)
    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class SealStepsSchema(ma.Schema):
    """The life of a seal, step by step."""

    items = ma.fields.List(ma.fields.Nested(SealStepSchema), required=True)


class SealStatusQuery(ma.Schema):
    """Of which moment the status is asked; left out: now."""

    at = ma.fields.AwareDateTime(load_default=None)


class SealStatusSchema(ma.Schema):
    """Where a seal stood at a moment, as anyone may know."""

    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    owner = ma.fields.String(required=True)
    owner_name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    state = ma.fields.String(allow_none=True, required=True, metadata={"example": "active"})
    since = ma.fields.AwareDateTime(allow_none=True, required=True)
    usable = ma.fields.Boolean(required=True)
    valid_from = ma.fields.AwareDateTime(allow_none=True, required=True)
    valid_until = ma.fields.AwareDateTime(allow_none=True, required=True)
    filing = ma.fields.String(allow_none=True, required=True)
    successor = ma.fields.String(allow_none=True, required=True)
    as_of = ma.fields.AwareDateTime(required=True)


SealPage = page_of(SealSchema, "SealPage")


# --- who may use a seal --------------------------------------------------------------------------------------------


class SealLeaveSchema(ma.Schema):
    """A system's leave to use a seal; `*` stands for any type or act."""

    system = ma.fields.String(required=True, validate=ma.validate.Length(1, 64))
    document_type = ma.fields.String(
        load_default=ANY, validate=ma.validate.And(ma.validate.Length(1, KEY_ID_LENGTH), WORD)
    )
    act = ma.fields.String(load_default=ANY, validate=ma.validate.And(ma.validate.Length(1, WORD_LENGTH), WORD))
    region = RegionField(required=True)
    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)
    ceiling = ma.fields.Integer(required=True, validate=ma.validate.Range(1, HIGHEST_CEILING))
    basis = ma.fields.String(required=True, validate=REASON)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Leave:
        """Make the value."""
        return Leave(**{**data, "region": data["region"].text})


class SealAuthorisationSchema(ma.Schema):
    """A leave as it stands in the register."""

    id = ma.fields.String(required=True)
    seal = ma.fields.String(required=True)
    system = ma.fields.String(required=True)
    document_type = ma.fields.String(required=True)
    act = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)
    ceiling = ma.fields.Integer(required=True)
    basis = ma.fields.String(required=True)
    proposed_by = ma.fields.String(required=True)
    proposed_at = ma.fields.AwareDateTime(required=True)
    confirmed_by = ma.fields.String(allow_none=True, required=True)
    confirmed_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    withdrawn_by = ma.fields.String(allow_none=True, required=True)
    withdrawn_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class SealUseSchema(ma.Schema):
    """A use of a seal."""

    id = ma.fields.String(required=True)
    edition = ma.fields.Integer(required=True)
    authorisation = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    document_type = ma.fields.String(required=True)
    act = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    state = ma.fields.String(required=True)
    document_sm3 = ma.fields.String(allow_none=True, required=True)
    failure = ma.fields.String(allow_none=True, required=True)


SealAuthorisationPage = page_of(SealAuthorisationSchema, "SealAuthorisationPage")
SealUsePage = page_of(SealUseSchema, "SealUsePage")


# --- making seals and sealing documents ---------------------------------------------------------------------------


class SealMakingSchema(ma.Schema):
    """What signs with the seal: a key in custody and its certificate."""

    key_id = ma.fields.String(required=True, validate=ma.validate.Length(1, KEY_ID_LENGTH))
    certificate = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 20_000), metadata={"description": "PEM"}
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Material:
        """Make the value."""
        try:
            return Material(data["key_id"], certificate_of(data["certificate"].encode()))
        except UnfitSealCertificate as error:
            raise ma.ValidationError(error.reason, "certificate") from error


class MakingRequestSchema(ma.Schema):
    """A request to carry to the maker's machine."""

    request = ma.fields.String(required=True, metadata={"description": "the file, in base64"})


class MadeSealSchema(ma.Schema):
    """A seal that was made elsewhere."""

    seal = Base64(required=True, metadata={"description": "the seal as the maker signed it, DER in base64"})


class SealPlaceSchema(ma.Schema):
    """Where the seal shows: a page from 1, millimetres from its upper left corner to the seal's."""

    page = ma.fields.Integer(required=True, validate=ma.validate.Range(1, 100_000))
    x_mm = ma.fields.Float(required=True, validate=ma.validate.Range(-1000, 10_000), allow_nan=False)
    y_mm = ma.fields.Float(required=True, validate=ma.validate.Range(-1000, 10_000), allow_nan=False)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Place:
        """Make the value; the size is the seal's."""
        return Place(data["page"], data["x_mm"], data["y_mm"], 0, 0)


class SealingOrderSchema(ma.Schema):
    """A document that is to be sealed: by which seal, what for, and where."""

    seal = ma.fields.String(required=True, validate=ma.validate.Length(SEAL_ID_LENGTH, SEAL_ID_LENGTH))
    document = Base64(required=True, metadata={"description": "the PDF or OFD, in base64"})
    name = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))
    document_type = ma.fields.String(
        required=True, validate=ma.validate.And(ma.validate.Length(1, KEY_ID_LENGTH), WORD)
    )
    act = ma.fields.String(required=True, validate=ma.validate.And(ma.validate.Length(1, WORD_LENGTH), WORD))
    region = RegionField(required=True)
    reason = ma.fields.String(required=True, validate=REASON)
    places = ma.fields.List(ma.fields.Nested(SealPlaceSchema), load_default=list, validate=ma.validate.Length(max=500))
    timestamp = ma.fields.Boolean(load_default=False)
    lock = ma.fields.Boolean(load_default=False)
    certify = ma.fields.Boolean(load_default=False)
    level = ma.fields.Enum(
        Level,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "PDF alone: what it keeps for later (EN 319 142-1); B-T and above are time-stamped."},
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[str, Order]:
        """Make the value."""
        manner = Manner(
            tuple(data["places"]),
            stamped=data["timestamp"],
            lock=data["lock"],
            certify=data["certify"],
            level=data["level"],
        )
        order = Order(
            data["document"],
            data["name"],
            data["document_type"],
            data["act"],
            data["region"].text,
            data["reason"],
            manner,
        )
        return data["seal"], order


class SealedSchema(ma.Schema):
    """A sealed document with the number of its use and the report of its verification."""

    use = ma.fields.String(required=True)
    document = ma.fields.String(required=True, metadata={"description": "in base64"})
    sm3 = ma.fields.String(required=True)
    report = ma.fields.Dict(required=True)
