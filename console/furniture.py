"""What the pages bring to the application."""

from typing import Final

from base.program import Furniture
from console import (
    auditors,
    certificates,
    figures,
    filing,
    holder,
    login,
    officers,
    operators,
    panel,
    receipts,
    routes,
    scanning,
    seal_pages,
    steward,
    tasks,
    trust,
    verify,
)

FURNITURE: Final = Furniture(
    blueprints=(
        *routes.BLUEPRINTS,
        *trust.BLUEPRINTS,
        *verify.BLUEPRINTS,
        *scanning.BLUEPRINTS,
        *receipts.BLUEPRINTS,
        *seal_pages.BLUEPRINTS,
        *certificates.BLUEPRINTS,
        *holder.BLUEPRINTS,
        *panel.BLUEPRINTS,
        *tasks.BLUEPRINTS,
        *officers.BLUEPRINTS,
        *filing.BLUEPRINTS,
        *figures.BLUEPRINTS,
        *steward.BLUEPRINTS,
        *operators.BLUEPRINTS,
        *auditors.BLUEPRINTS,
        login.login_pages,
    ),
)
