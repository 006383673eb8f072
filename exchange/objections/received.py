"""What may be objected to: by the receipt of one's own use, or of a use of one's own data; and who received it. Pure.

A department objects to what it received: a record, a field of one, a certificate. It names its own use, so that whoever
never saw a record cannot touch it, and no code of a person travels. Whoever the data belongs to objects to a use of
it; what it finds wrong in its own data it corrects itself, without an objection.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from exchange.door.outcomes import Outcome
from exchange.objections.errors import NotYourRecord


class About(enum.StrEnum):
    """What is objected to."""

    RECORD = "record"
    FIELD = "field"
    CERTIFICATE = "certificate"
    USE = "use"


@dataclass(frozen=True)
class Used:
    """A use as it is on record: by whom, of whose data, with which fields, about whom, and how it ended."""

    id: str
    organisation: str
    owner: str
    fields: tuple[str, ...]
    subjects: tuple[str, ...]
    outcome: str
    is_certificate: bool
    # How many certificates it gave; each has an issuer of its own.
    certificates: int = 1


@dataclass(frozen=True)
class Meant:
    """What an objection is about: which of the subjects of the use by its place, which certificate, which field."""

    about: About
    subject: int = 0
    field: str = ""
    certificate: str = ""


def subject_of(used: Used | None, usage: str, meant: Meant, organisation: str) -> str:
    """Give the keyed hash of whom the objection is about, nothing for a whole result; refuse what is not theirs.

    Raises `NotYourRecord`, naming the rule. A use that is not there and one that is somebody else's look the same.
    """
    if used is None or organisation not in {used.organisation, used.owner}:
        raise NotYourRecord(usage, "not-received")
    if meant.about is About.USE:
        if organisation != used.owner or used.organisation == used.owner:
            raise NotYourRecord(usage, "not-your-data")
    elif organisation == used.owner and not (used.is_certificate and meant.certificate):
        raise NotYourRecord(usage, "own-data")
    elif used.outcome != Outcome.FOUND.value:
        raise NotYourRecord(usage, "nothing-received")
    _require_fitting(used, meant)
    return used.subjects[meant.subject] if used.subjects else ""


def receivers(uses: Iterable[tuple[str, tuple[str, ...], int]], meant: Meant, provider: str) -> dict[str, int]:
    """Count the uses in which each organisation received what is meant: organisation, fields, how many uses."""
    found: dict[str, int] = {}
    for organisation, fields, count in uses:
        if organisation != provider and (meant.about is not About.FIELD or meant.field in fields):
            found[organisation] = found.get(organisation, 0) + count
    return found


def _require_fitting(used: Used, meant: Meant) -> None:
    if meant.about is About.CERTIFICATE and not used.is_certificate:
        raise NotYourRecord(used.id, "no-certificate")
    if meant.certificate and not used.is_certificate:
        raise NotYourRecord(used.id, "no-certificate")
    if used.certificates > 1 and meant.about is not About.USE and not meant.certificate:
        raise NotYourRecord(used.id, "which-certificate")
    if meant.about is About.FIELD and meant.field not in used.fields:
        raise NotYourRecord(used.id, "field-not-received")
    if meant.about is not About.FIELD and meant.field:
        raise NotYourRecord(used.id, "no-field-meant")
    if meant.subject and meant.subject >= len(used.subjects):
        raise NotYourRecord(used.id, "no-such-subject")
