"""What presentations can be told: where the province's own code is resolved."""

from dataclasses import dataclass, field
from typing import ClassVar

from base.fetch import Fetch
from base.settings import Settings, setting
from certs.presentations.province import HttpProvinceCode, NoProvinceCode, ProvinceCode


@dataclass(frozen=True)
class PresentationSettings:
    """What presentations can be told."""

    SECTION: ClassVar[str] = "presentations"
    province_code_url: str = setting("", "Where the province's own code is resolved to its holder; empty: nowhere.")
    province_code_in_intranet: bool = setting(
        False, "Whether that service may stand in the networks opened under fetch.intranet_networks."
    )


@dataclass(frozen=True)
class Presenting:
    """What presentations are redeemed with."""

    province: ProvinceCode = field(repr=False, default=NoProvinceCode())


def built(read: Settings, fetch: Fetch) -> Presenting:
    """Build the part."""
    told = read[PresentationSettings]
    if not told.province_code_url:
        return Presenting()
    return Presenting(HttpProvinceCode(fetch, told.province_code_url, told.province_code_in_intranet))
