"""Outside JSON ⇄ tree heads, alarms and the trust store; unknown members are refused."""

import marshmallow as ma

from base.api import PageQuery
from keys.models import REASON_LENGTH, URL_LENGTH
from keys.purposes import PURPOSES

# One bundle of a national store fits many times; the body's own limit is the site's.
PEM_LENGTH = 512 * 1024
MOST_PURPOSES = len(PURPOSES)
_REASON = ma.validate.And(
    ma.validate.Length(1, REASON_LENGTH),
    ma.validate.Regexp(r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*\Z", error="no reason"),
)


class TrustReasonSchema(ma.Schema):
    """Why something is done; it stands in the audit record."""

    reason = ma.fields.String(required=True, validate=_REASON)


# --- tree heads ---------------------------------------------------------------------------------------------------


class LedgerWitnessSchema(ma.Schema):
    """How far a witness is with the present log."""

    name = ma.fields.String(required=True)
    shown_size = ma.fields.Integer(required=True)
    shown_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    waiting = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True, metadata={"description": "Why the first that waits was not taken yet."})


class SignedCheckpointSchema(ma.Schema):
    """The head of the ledger; before the first one is signed, what it is now without a signature."""

    origin = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True)
    root = ma.fields.String(required=True, metadata={"description": "SM3, hexadecimal"})
    at = ma.fields.String(required=True)
    signed = ma.fields.Boolean(required=True)
    number = ma.fields.Integer(required=True, allow_none=True)
    key = ma.fields.String(required=True, allow_none=True, metadata={"description": "NAME+HASH+BASE64"})
    signature = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "SM2 with SM3 over the five lines, DER in base64"}
    )
    note = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The head as C2SP tlog-checkpoint writes it, with SM3 and SM2"},
    )


class CheckpointQuery(PageQuery):
    """Which heads to list."""

    from_size = ma.fields.Integer(load_default=0, validate=ma.validate.Range(0, 2**63 - 1))


class CheckpointPage(ma.Schema):
    """Signed heads, the oldest first."""

    items = ma.fields.List(ma.fields.Nested(SignedCheckpointSchema), required=True)
    next_cursor = ma.fields.String(allow_none=True)


class CheckpointKeysSchema(ma.Schema):
    """The keys that sign heads of the present log, the newest first."""

    origin = ma.fields.String(required=True)
    keys = ma.fields.List(ma.fields.String(), required=True)


class LedgerWitnessesSchema(ma.Schema):
    """Who remembers the heads outside of this house."""

    origin = ma.fields.String(required=True)
    witnesses = ma.fields.List(ma.fields.Nested(LedgerWitnessSchema), required=True)


class LedgerAlarmSchema(ma.Schema):
    """Something found wrong with the ledger or a witness."""

    id = ma.fields.Integer(required=True)
    origin = ma.fields.String(required=True)
    finding = ma.fields.String(required=True, attribute="code")
    witness = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)
    stops = ma.fields.Boolean(required=True)
    evidence = ma.fields.String(required=True)
    found_at = ma.fields.AwareDateTime(required=True)
    seen_at = ma.fields.AwareDateTime(required=True)
    times = ma.fields.Integer(required=True)
    settled_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class LedgerAlarmsSchema(ma.Schema):
    """The alarms that stand."""

    items = ma.fields.List(ma.fields.Nested(LedgerAlarmSchema), required=True)


# --- the trust store ----------------------------------------------------------------------------------------------


class TrustedCertificateSchema(ma.Schema):
    """A certificate of the trust store, as everyone may see it."""

    fingerprint = ma.fields.String(required=True, metadata={"description": "SM3, hexadecimal"})
    sha256 = ma.fields.String(required=True)
    subject = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    serial = ma.fields.String(required=True)
    not_before = ma.fields.AwareDateTime(required=True)
    not_after = ma.fields.AwareDateTime(required=True)
    key = ma.fields.String(required=True)
    purposes = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Empty: all"})
    test = ma.fields.Boolean(required=True)
    warnings = ma.fields.List(ma.fields.String(), required=True)


class TrustStoreSchema(ma.Schema):
    """What is trusted now; `digest` changes with whatever could change a verdict."""

    as_of = ma.fields.AwareDateTime(required=True)
    digest = ma.fields.String(required=True)
    anchors = ma.fields.List(ma.fields.Nested(TrustedCertificateSchema), required=True)
    suspended = ma.fields.List(ma.fields.Nested(TrustedCertificateSchema), required=True)
    intermediates = ma.fields.List(ma.fields.Nested(TrustedCertificateSchema), required=True)


class HeldCertificateSchema(TrustedCertificateSchema):
    """A certificate of the trust store with what became of it, for those who keep it."""

    role = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("proposed", "trusted", "suspended", "material"))
    )
    added_by = ma.fields.String(required=True)
    added_at = ma.fields.AwareDateTime(required=True)
    confirmed_by = ma.fields.String(required=True, allow_none=True)
    confirmed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    suspended_by = ma.fields.String(required=True, allow_none=True)
    suspended_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    suspended_why = ma.fields.String(required=True, allow_none=True)


class HeldCertificatesSchema(ma.Schema):
    """Everything in the trust store that was not withdrawn."""

    items = ma.fields.List(ma.fields.Nested(HeldCertificateSchema), required=True)


class AnchorProposalSchema(ma.Schema):
    """Certificates to be trusted once a second person has confirmed them."""

    pem = ma.fields.String(required=True, validate=ma.validate.Length(1, PEM_LENGTH))
    purposes = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(sorted(PURPOSES))),
        load_default=list,
        validate=ma.validate.Length(max=MOST_PURPOSES),
    )
    test = ma.fields.Boolean(load_default=False, truthy={True}, falsy={False})


class IntermediatesSchema(ma.Schema):
    """Certificates between, which prove nothing by themselves."""

    pem = ma.fields.String(required=True, validate=ma.validate.Length(1, PEM_LENGTH))


class RevocationSourceSchema(ma.Schema):
    """Where an issuer's revocations are asked, and how that went last."""

    id = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True)
    url = ma.fields.String(required=True)
    issuer_key = ma.fields.String(required=True)
    configured = ma.fields.Boolean(required=True)
    intranet = ma.fields.Boolean(required=True)
    this_update = ma.fields.AwareDateTime(required=True, allow_none=True)
    next_update = ma.fields.AwareDateTime(required=True, allow_none=True)
    fetched_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    tried_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    failure = ma.fields.String(required=True, allow_none=True)


class RevocationSourcesSchema(ma.Schema):
    """The places where revocations are asked."""

    items = ma.fields.List(ma.fields.Nested(RevocationSourceSchema), required=True)


class NewRevocationSourceSchema(ma.Schema):
    """Where the revocation list of a trusted issuer is found."""

    url = ma.fields.String(required=True, validate=ma.validate.Length(1, URL_LENGTH))
    intranet = ma.fields.Boolean(load_default=False, truthy={True}, falsy={False})


class BroughtRevocationListSchema(ma.Schema):
    """A revocation list that came by hand."""

    pem = ma.fields.String(required=True, validate=ma.validate.Length(1, 8 * PEM_LENGTH))
