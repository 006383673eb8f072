"""Where records go: the table of targets by name. A target is a file and a row; a name used twice is refused."""

from collections.abc import Mapping
from typing import Final

from base.tables import laid_out
from catalog_sync.targets.file_exchange import FILE_EXCHANGE
from catalog_sync.targets.front_library import FRONT_LIBRARY
from catalog_sync.targets.gateway.settings import NATIONAL_GATEWAY
from catalog_sync.targets.making import Maker
from catalog_sync.targets.national_seals import NATIONAL_SEALS
from catalog_sync.targets.provincial_cases import PROVINCIAL_CASES
from catalog_sync.targets.site.settings import ANOTHER_SITE

TARGETS: Final[Mapping[str, Maker]] = laid_out(
    NATIONAL_GATEWAY, FRONT_LIBRARY, FILE_EXCHANGE, NATIONAL_SEALS, PROVINCIAL_CASES, ANOTHER_SITE
)
