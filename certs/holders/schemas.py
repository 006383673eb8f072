"""Outside JSON ⇄ the holder's view."""

from typing import Any, Final

import marshmallow as ma

from certs.drafts import Holder
from certs.holders.bindings import Binding, Capacity
from certs.holders.models import BEST
from certs.holders.voices import About
from certs.models import REASON_LENGTH
from certs.schemas import CertificateDocumentSchema, CertificateHolderSchema

ID: Final = ma.validate.Length(1, 36)


class HolderBindingSchema(ma.Schema):
    """Which person is which holder, or acts for one on a basis."""

    person = ma.fields.String(required=True, validate=ID)
    holder = ma.fields.Nested(CertificateHolderSchema, required=True)
    capacity = ma.fields.Enum(Capacity, by_value=True, load_default=Capacity.SELF)
    basis = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))
    ends_at = ma.fields.AwareDateTime(load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Binding:
        """Make the value."""
        holder: Holder = data["holder"]
        return Binding(data["person"], holder, data["capacity"], data["basis"], data["ends_at"])


class BoundHolderSchema(ma.Schema):
    """A holder whom one may speak for."""

    code = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    capacity = ma.fields.Enum(Capacity, by_value=True, required=True)
    basis = ma.fields.String(required=True)


class BoundHoldersSchema(ma.Schema):
    """All holders whom one may speak for."""

    items = ma.fields.List(ma.fields.Nested(BoundHolderSchema), required=True)


class MyCertificateSchema(ma.Schema):
    """A certificate, for its holder: everything that it says."""

    identifier = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    type_name = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    holding = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    holders = ma.fields.List(ma.fields.Nested(CertificateHolderSchema), required=True)
    issued_on = ma.fields.Date(required=True)
    valid_from = ma.fields.Date(required=True)
    valid_until = ma.fields.Date(required=True)
    data = ma.fields.Dict(required=True)
    superseded_by = ma.fields.String(required=True, allow_none=True)
    files = ma.fields.List(ma.fields.Nested(CertificateDocumentSchema), required=True)


class MyCertificatesSchema(ma.Schema):
    """One's certificates, newest first."""

    items = ma.fields.List(ma.fields.Nested(MyCertificateSchema), required=True)


class MyUseSchema(ma.Schema):
    """A use of one's certificate: by whom, for what, which fields, when, and how it ended."""

    usage = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    kind = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    organisation_name = ma.fields.String(required=True)
    item_code = ma.fields.String(required=True)
    item_name = ma.fields.String(required=True)
    stage = ma.fields.String(required=True)
    ground = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    type_name = ma.fields.String(required=True)
    identifier = ma.fields.String(required=True)
    fields_ = ma.fields.List(ma.fields.String(), required=True, data_key="fields")
    outcome = ma.fields.String(required=True)
    consent = ma.fields.String(required=True)


class MyUsesSchema(ma.Schema):
    """The uses that may be told now; how many are told later, and why."""

    items = ma.fields.List(ma.fields.Nested(MyUseSchema), required=True)
    hidden = ma.fields.Integer(required=True)
    hidden_reason = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True, allow_none=True)


class UseProofSchema(ma.Schema):
    """The receipt of a use, with its place in the ledger; not yet while no signed batch holds it."""

    usage = ma.fields.String(required=True)
    receipt = ma.fields.Dict(required=True, allow_none=True)


class UseEvaluationSchema(ma.Schema):
    """What a holder says of a use: 5 very content … 1 very discontent (好差评)."""

    level = ma.fields.Integer(required=True, validate=ma.validate.Range(1, BEST))
    text = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))


class UseObjectionSchema(ma.Schema):
    """What a holder objects to."""

    about = ma.fields.Enum(About, by_value=True, required=True)
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class BegunObjectionSchema(ma.Schema):
    """An objection that was begun, and whose answer is waited for."""

    id = ma.fields.String(required=True)
    usage = ma.fields.String(required=True)
    about = ma.fields.String(required=True)
    addressee = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
