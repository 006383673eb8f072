"""The pages of the filing desk: what a matter takes, what can be called up for it, its cases and its packages."""

from console.filing.cases import filing_cases
from console.filing.codes import filing_codes
from console.filing.desk import filing_desk
from console.filing.packages import filing_packages
from console.filing.undertakings import filing_undertakings

BLUEPRINTS = (filing_desk, filing_codes, filing_cases, filing_undertakings, filing_packages)
