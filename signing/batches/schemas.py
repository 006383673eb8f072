"""Outside JSON ⇄ batches of documents to seal."""

from typing import Any

import marshmallow as ma

from base.api import PageQuery, page_of
from keys.parties.schemas import Base64, RegionField
from signing.batches.keeping import NewBatch, NewDocument
from signing.batches.models import STATES
from signing.drafts import Manner
from signing.models import KEY_ID_LENGTH, NAME_LENGTH, SEAL_ID_LENGTH, WORD_LENGTH
from signing.schemas import REASON, WORD, SealPlaceSchema

# What one request may bring; with the body's own limit this is 500 documents of 90 kB.
MOST_DOCUMENTS = 500


class BatchDocumentSchema(ma.Schema):
    """A document to seal."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_LENGTH))
    document = Base64(required=True, metadata={"description": "the PDF or OFD, in base64"})

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewDocument:
        """Make the value."""
        return NewDocument(data["name"], data["document"])


class SealBatchOrderSchema(ma.Schema):
    """Documents that are to be sealed: by which seal, what for, and where on each."""

    seal = ma.fields.String(required=True, validate=ma.validate.Length(SEAL_ID_LENGTH, SEAL_ID_LENGTH))
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
    documents = ma.fields.List(
        ma.fields.Nested(BatchDocumentSchema), required=True, validate=ma.validate.Length(1, MOST_DOCUMENTS)
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[NewBatch, list[NewDocument]]:
        """Make the values."""
        manner = Manner(tuple(data["places"]), stamped=data["timestamp"], lock=data["lock"], certify=data["certify"])
        purpose = (data["document_type"], data["act"], data["region"].text, data["reason"])
        return NewBatch(data["seal"], *purpose, manner), data["documents"]


class SealBatchResumptionSchema(ma.Schema):
    """Whether what failed is tried once more."""

    failed_too = ma.fields.Boolean(load_default=False)


class SealBatchCountsSchema(ma.Schema):
    """How many documents have which outcome."""

    waiting = ma.fields.Integer(required=True)
    sealed = ma.fields.Integer(required=True)
    failed = ma.fields.Integer(required=True)


class SealBatchProblemSchema(ma.Schema):
    """A refusal that was kept, in both languages."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class SealBatchSchema(ma.Schema):
    """A batch, and how far it is."""

    id = ma.fields.String(required=True)
    seal = ma.fields.String(required=True)
    document_type = ma.fields.String(required=True)
    act = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("opened", "running", "stopped", "done", "cancelled"))
    )
    documents = ma.fields.Nested(SealBatchCountsSchema, required=True)
    problem = ma.fields.Nested(SealBatchProblemSchema, allow_none=True, required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)


class SealBatchDocumentSchema(ma.Schema):
    """A document of a batch and its outcome."""

    number = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    draft_sm3 = ma.fields.String(required=True)
    use = ma.fields.String(allow_none=True, required=True)
    sm3 = ma.fields.String(allow_none=True, required=True)
    problem = ma.fields.Nested(SealBatchProblemSchema, allow_none=True, required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class SealBatchDocumentQuery(PageQuery):
    """Which documents of a batch to list."""

    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))


SealBatchDocumentPage = page_of(SealBatchDocumentSchema, "SealBatchDocumentPage")
