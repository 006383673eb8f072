"""What a caller tells with every question: what it is for, and whom it is about."""

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from yinxin_client.shapes import read, written


class Stage(enum.StrEnum):
    """Where in the handling of a matter the data is used."""

    GUIDANCE = "guidance"
    INTAKE = "intake"
    ACCEPTANCE = "acceptance"
    REVIEW = "review"
    INSPECTION = "inspection"
    AGREEMENT = "agreement"


class Ground(enum.StrEnum):
    """By what right the data is used: the law, the holder's consent, or an agreement."""

    STATUTORY = "statutory"
    HOLDER = "holder"
    AGREEMENT = "agreement"


@dataclass(frozen=True)
class Basis:
    """The number under which the use is on file: `kind` is intake, case, task or agreement."""

    kind: str
    number: str


@dataclass(frozen=True)
class Operator:
    """Who works on the matter: `kind` is person or system."""

    kind: str
    name: str = field(repr=False)
    unit: str


@dataclass(frozen=True)
class Purpose:
    """What the data is for. Its faults come back as `BadRequest`, each with its place."""

    item_code: str
    item_name: str
    stage: Stage
    ground: Ground
    operator: Operator
    handling_region: str
    reason: str
    basis: Basis | None = None
    grant_code: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Purpose":
        """Read a purpose from its JSON. Raises `UnreadableAnswer`."""
        return read(cls, dict(told))

    def document(self) -> dict[str, Any]:
        """Write the purpose as JSON has it."""
        return dict(written(self))


@dataclass(frozen=True)
class Holder:
    """Whose data it is; neither code nor name shows in a log."""

    code: str = field(repr=False)
    type: str
    name: str = field(repr=False)
    role: str = "applicant"
    acting_for: str | None = field(default=None, repr=False)

    def document(self) -> dict[str, Any]:
        """Write the holder as JSON has it."""
        return dict(written(self))


@dataclass(frozen=True)
class CertificateQuery:
    """Which certificate: by its identifier, by its holder (of one type or of any), or by type and number.

    No fields means all that are granted.
    """

    identifier: str | None = None
    holder: Holder | None = None
    certificate_type: str | None = None
    number: str | None = field(default=None, repr=False)
    fields: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Write the query as JSON has it, without what is not set."""
        return {name: value for name, value in written(self).items() if value not in (None, [])}


class Predicate(enum.StrEnum):
    """What is asked of a certificate without reading it, and what that needs.

    `EQUALS`: `field` is `value`. `VALID_ON`: it was or will be valid `on` a day. `OLDER_THAN`: the date in `field` is
    more than so many `years` ago. `SAME_COMPANY`: its holder is the firm with the code `value`.
    """

    EQUALS = "equals"
    VALID_ON = "valid_on"
    OLDER_THAN = "older_than"
    SAME_COMPANY = "same_company"


@dataclass(frozen=True)
class Comparison:
    """One question that is answered yes or no."""

    predicate: Predicate
    field: str | None = None
    value: str | None = dataclasses.field(default=None, repr=False)
    on: date | None = None
    years: int | None = None

    def document(self) -> dict[str, Any]:
        """Write the comparison as JSON has it, without what is not set."""
        return {name: value for name, value in written(self).items() if value is not None}


@dataclass(frozen=True)
class MissingCertificate:
    """What the holder has and the library does not: the look-up that found nothing, and what the paper says."""

    usage_id: str
    certificate_type: str
    holder: Holder
    number: str = field(default="", repr=False)
    issuer: str = ""
    note: str = field(default="", repr=False)

    def document(self) -> dict[str, Any]:
        """Write it as JSON has it."""
        return dict(written(self))


@dataclass(frozen=True)
class Condition:
    """What must hold for an item of a directory; tests are equal, in, at_least and at_most."""

    item: str
    values: tuple[str | int | bool, ...] = field(repr=False)
    test: str = "equal"

    def document(self) -> dict[str, Any]:
        """Write the condition as JSON has it."""
        return dict(written(self))
