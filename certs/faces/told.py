"""What a face says of itself beside its marks: title, when, and the elements of GB/T 36903 with their values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Told:
    """The document's own description; `elements` are names such as ZZBS with their values, in their order."""

    title: str
    document_id: str
    at: datetime
    elements: Mapping[str, str] = field(repr=False)
    producer: str = "Yinxin 印信"
