"""What goes up: the table of kinds of records by name. A kind is a file and a row; a name used twice is refused."""

from collections.abc import Mapping
from typing import Final

from base.tables import laid_out
from catalog_sync.kinds.case_step import CASE_STEP
from catalog_sync.kinds.category import CATEGORY
from catalog_sync.kinds.certificate import CERTIFICATE
from catalog_sync.kinds.directory import DIRECTORY
from catalog_sync.kinds.evaluation import EVALUATION
from catalog_sync.kinds.grant import GRANT
from catalog_sync.kinds.item import ITEM
from catalog_sync.kinds.kind import Kind
from catalog_sync.kinds.objection import OBJECTION
from catalog_sync.kinds.organisation import ORGANISATION
from catalog_sync.kinds.resource import RESOURCE
from catalog_sync.kinds.seal import SEAL
from catalog_sync.kinds.share_request import SHARE_REQUEST
from catalog_sync.kinds.statistics import STATISTICS
from catalog_sync.kinds.system import SYSTEM
from catalog_sync.kinds.user import USER

KINDS: Final[Mapping[str, Kind]] = laid_out(
    ORGANISATION,
    SYSTEM,
    CATEGORY,
    DIRECTORY,
    RESOURCE,
    SHARE_REQUEST,
    GRANT,
    OBJECTION,
    STATISTICS,
    CERTIFICATE,
    CASE_STEP,
    ITEM,
    USER,
    SEAL,
    EVALUATION,
)
