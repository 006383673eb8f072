"""Outside JSON ⇄ consents: given by a holder's own session, or taken at a window with its proof."""

from typing import Any, Final

import marshmallow as ma

from certs.consents.consent import MOST_TYPES, MOST_USES, Given, Giver, Proof, ProofKind
from certs.drafts import Holder
from certs.models import CASE_LENGTH, CODE_LENGTH, IDENTIFIER_LENGTH, REASON_LENGTH
from certs.schemas import CertificateHolderSchema
from exchange.models import CODE_LENGTH as RESOURCE_LENGTH

MOST_FIELDS: Final = 200
LONGEST_FIELD: Final = 100
# A holder has few certificates of a type; who means more means all of them.
MOST_IDENTIFIERS: Final = 20
NAME: Final = ma.validate.Length(max=200)
_FIELDS: Final = ma.fields.List(
    ma.fields.String(validate=ma.validate.Length(1, LONGEST_FIELD)), validate=ma.validate.Length(max=MOST_FIELDS)
)


class ConsentScopeSchema(ma.Schema):
    """What is agreed to: for whom, for which matter, which types or directories with which fields, until when."""

    organisation = ma.fields.String(required=True, validate=ma.validate.Length(equal=CODE_LENGTH))
    matter = ma.fields.String(required=True, validate=ma.validate.Length(1, 33))
    agreement = ma.fields.String(load_default="", validate=ma.validate.Length(max=CASE_LENGTH))
    scope = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(1, RESOURCE_LENGTH)),
        values=_FIELDS,
        required=True,
        validate=ma.validate.Length(1, MOST_TYPES),
        metadata={"description": "fields by certificate type or directory; none are all that there are today"},
    )
    identifiers = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, IDENTIFIER_LENGTH)),
        load_default=list,
        validate=ma.validate.Length(max=MOST_IDENTIFIERS),
    )
    ends_at = ma.fields.AwareDateTime(required=True)
    most_uses = ma.fields.Integer(load_default=None, allow_none=True, validate=ma.validate.Range(1, MOST_USES))


class HolderConsentSchema(ConsentScopeSchema):
    """A consent that a holder gives; whoever speaks for several holders says for which."""

    holder_code = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, 40))


class ConsentProofSchema(ma.Schema):
    """What the window keeps of it."""

    kind = ma.fields.Enum(ProofKind, by_value=True, required=True)
    number = ma.fields.String(required=True, validate=ma.validate.Length(1, CASE_LENGTH))
    sm3 = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9a-f]{64})?\Z"))


class TakenConsentSchema(ConsentScopeSchema):
    """A consent that a window took from a holder, or from who acts for one."""

    holder = ma.fields.Nested(CertificateHolderSchema, required=True)
    giver = ma.fields.Enum(Giver, by_value=True, load_default=Giver.HOLDER)
    acting = ma.fields.String(load_default="", validate=NAME)
    basis = ma.fields.String(load_default="", validate=NAME)
    proof = ma.fields.Nested(ConsentProofSchema, required=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Given:
        """Make the value."""
        return given(data, data["holder"], data["giver"], data["acting"], data["basis"], Proof(**data["proof"]))


class ConsentWithdrawalSchema(ma.Schema):
    """Why it ends; the holder need not say."""

    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))


class ConsentSchema(ma.Schema):
    """A consent on record. Whose it is, is told to the holder alone."""

    id = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    organisation_name = ma.fields.String(required=True)
    matter = ma.fields.String(required=True)
    agreement = ma.fields.String(required=True)
    scope = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()), required=True)
    identifiers = ma.fields.List(ma.fields.String(), required=True)
    begins_at = ma.fields.AwareDateTime(required=True)
    ends_at = ma.fields.AwareDateTime(required=True)
    most_uses = ma.fields.Integer(required=True, allow_none=True)
    uses = ma.fields.Integer(required=True)
    giver = ma.fields.String(required=True)
    origin = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(["standing", "not-yet", "expired", "used-up", "withdrawn"]),
    )
    withdrawn_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class ConsentsSchema(ma.Schema):
    """Consents, newest first."""

    items = ma.fields.List(ma.fields.Nested(ConsentSchema), required=True)


def given(
    data: dict[str, Any], holder: Holder, giver: Giver, acting: str = "", basis: str = "", proof: Proof | None = None
) -> Given:
    """Make a consent of what was told and of who gives it."""
    return Given(
        holder,
        data["organisation"],
        data["matter"],
        {code: tuple(names) for code, names in data["scope"].items()},
        data["ends_at"],
        data["agreement"],
        tuple(data["identifiers"]),
        data["most_uses"],
        giver,
        acting,
        basis,
        proof,
    )
