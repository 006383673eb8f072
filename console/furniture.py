"""What the pages bring to the application."""

from typing import Final

from base.program import Furniture
from console import certificates, login, routes, trust, verify

FURNITURE: Final = Furniture(
    blueprints=(
        *routes.BLUEPRINTS,
        *trust.BLUEPRINTS,
        *verify.BLUEPRINTS,
        *certificates.BLUEPRINTS,
        login.login_pages,
    ),
)
