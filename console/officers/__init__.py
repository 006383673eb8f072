"""The pages of the officers who issue certificates and of those who keep seals."""

from console.officers.depositing import officer_deposits
from console.officers.issuing import officer_issuing
from console.officers.library import officer_library
from console.officers.missing import officer_missing
from console.officers.old_stock import officer_stock
from console.officers.seal_use import officer_seal_use
from console.officers.seals import officer_seals
from console.officers.types import officer_types

BLUEPRINTS = (
    officer_types,
    officer_issuing,
    officer_deposits,
    officer_library,
    officer_missing,
    officer_stock,
    officer_seals,
    officer_seal_use,
)
