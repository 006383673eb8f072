"""Outside JSON ⇄ batches of old stock: unknown members refused; of a row only its faults are told, never its cells."""

from typing import Any

import marshmallow as ma

from base.api import PageQuery, page_of
from certs.models import CODE_LENGTH, IDENTIFIER_LENGTH, REASON_LENGTH, TYPE_LENGTH
from certs.old_stock.batches import SignOff
from certs.old_stock.models import NAME_LENGTH, REJECTED, RIGHT, ROW_STATES, SYSTEM_LENGTH, UPHELD, WRONG
from certs.old_stock.states import BatchState
from certs.old_stock.successions import NewSuccession
from certs.old_stock.tables import MOST_ROWS

# Fewer than five working days is no window, more than sixty leaves certificates in doubt for a quarter of a year.
SHORTEST_WINDOW, USUAL_WINDOW, LONGEST_WINDOW = 5, 10, 60
REASON = ma.validate.Length(1, REASON_LENGTH)


class OldStockFileQuery(ma.Schema):
    """Of which type a table tells, and what the file is called."""

    type = ma.fields.String(required=True, validate=ma.validate.Length(1, TYPE_LENGTH))
    file_name = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))


class OldStockColumnSchema(ma.Schema):
    """What is counted of a column."""

    filled = ma.fields.Integer(required=True)
    empty = ma.fields.Integer(required=True)
    shortest = ma.fields.Integer(required=True)
    longest = ma.fields.Integer(required=True)


class OldStockProfileSchema(ma.Schema):
    """What a table is worth: rows, columns, and how often each fault occurs."""

    rows = ma.fields.Integer(required=True)
    sound = ma.fields.Integer(required=True)
    faulty = ma.fields.Integer(required=True)
    papers = ma.fields.Integer(required=True)
    faults = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    columns = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Nested(OldStockColumnSchema), required=True)


class OldStockSchema(ma.Schema):
    """A batch of old stock, and where it stands."""

    id = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    file_sm3 = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in BatchState]))
    rows = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    unknown_columns = ma.fields.List(ma.fields.String(), required=True)
    profile = ma.fields.Nested(OldStockProfileSchema, required=True, allow_none=True)
    uploaded_by = ma.fields.String(required=True)
    uploaded_at = ma.fields.AwareDateTime(required=True)
    signed_off_by = ma.fields.String(required=True, allow_none=True)
    signed_off_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    statement = ma.fields.String(required=True)
    task = ma.fields.Integer(required=True, allow_none=True)
    stopped = ma.fields.String(required=True, allow_none=True)
    published_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    objections_until = ma.fields.AwareDateTime(required=True, allow_none=True)
    reason = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class OldStocksSchema(ma.Schema):
    """The batches of an organ, the newest first."""

    items = ma.fields.List(ma.fields.Nested(OldStockSchema), required=True)


class OldStockFaultSchema(ma.Schema):
    """Something about a row."""

    column = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    is_hard = ma.fields.Boolean(required=True)
    expected = ma.fields.String(required=True)


class OldStockRowSchema(ma.Schema):
    """A row of a batch."""

    number = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(ROW_STATES))
    is_paper = ma.fields.Boolean(required=True)
    has_scan = ma.fields.Boolean(required=True)
    faults = ma.fields.List(ma.fields.Nested(OldStockFaultSchema), required=True)
    code = ma.fields.String(required=True, allow_none=True)
    identifier = ma.fields.String(required=True, allow_none=True)
    is_sampled = ma.fields.Boolean(required=True)
    look = ma.fields.String(required=True, allow_none=True)


OldStockRowPage = page_of(OldStockRowSchema, "OldStockRowPage")


class OldStockRowQuery(PageQuery):
    """Which rows to list."""

    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(ROW_STATES))
    is_sampled = ma.fields.Boolean(load_default=None)


class OldStockSignOffSchema(ma.Schema):
    """The department's word for a batch."""

    statement = ma.fields.String(required=True, validate=REASON)
    leaves_out_faulty = ma.fields.Boolean(load_default=False)
    confirms_scans = ma.fields.Boolean(load_default=False)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> SignOff:
        """Make the value."""
        return SignOff(**data)


class OldStockMakingSchema(ma.Schema):
    """Under which system's leave to use the seal the faces are sealed; a system that asks is itself."""

    system = ma.fields.String(load_default="", validate=ma.validate.Length(max=SYSTEM_LENGTH))


class OldStockSampleSchema(ma.Schema):
    """How many certificates are looked at; never fewer than the share that every batch owes."""

    size = ma.fields.Integer(load_default=0, validate=ma.validate.Range(0, MOST_ROWS))


class OldStockLookSchema(ma.Schema):
    """What somebody found when looking at a sampled certificate."""

    look = ma.fields.String(required=True, validate=ma.validate.OneOf((RIGHT, WRONG)))
    note = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))


class OldStockPublicationSchema(ma.Schema):
    """How many working days objections can be raised."""

    objection_days = ma.fields.Integer(
        load_default=USUAL_WINDOW, validate=ma.validate.Range(SHORTEST_WINDOW, LONGEST_WINDOW)
    )


class OldStockRollbackSchema(ma.Schema):
    """Why a batch is taken back."""

    reason = ma.fields.String(required=True, validate=REASON)


class NewOldStockObjectionSchema(ma.Schema):
    """What is wrong with a published certificate."""

    identifier = ma.fields.String(required=True, validate=ma.validate.Length(1, IDENTIFIER_LENGTH))
    reason = ma.fields.String(required=True, validate=REASON)


class OldStockDecisionSchema(ma.Schema):
    """What becomes of an objection."""

    state = ma.fields.String(required=True, validate=ma.validate.OneOf((UPHELD, REJECTED)))
    decision = ma.fields.String(required=True, validate=REASON)


class OldStockObjectionSchema(ma.Schema):
    """An objection to a certificate of a batch."""

    id = ma.fields.String(required=True)
    identifier = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    decision = ma.fields.String(required=True)
    decided_by = ma.fields.String(required=True, allow_none=True)
    decided_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class OldStockObjectionsSchema(ma.Schema):
    """The objections to a batch."""

    items = ma.fields.List(ma.fields.Nested(OldStockObjectionSchema), required=True)


class NewSuccessionSchema(ma.Schema):
    """A former organ by its code or name, and who succeeded it."""

    former = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_LENGTH))
    successor = ma.fields.String(required=True, validate=ma.validate.Length(1, CODE_LENGTH))
    since = ma.fields.Date(required=True)
    basis = ma.fields.String(required=True, validate=REASON)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewSuccession:
        """Make the value."""
        return NewSuccession(**data)


class SuccessionSchema(ma.Schema):
    """A succession on record."""

    former = ma.fields.String(required=True)
    successor = ma.fields.String(required=True)
    since = ma.fields.Date(required=True)
    basis = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class SuccessionsSchema(ma.Schema):
    """Every succession."""

    items = ma.fields.List(ma.fields.Nested(SuccessionSchema), required=True)
