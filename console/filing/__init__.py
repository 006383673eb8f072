"""The pages of the filing desk: what a matter takes, what can be called up for it, and its cases."""

from console.filing.cases import filing_cases
from console.filing.desk import filing_desk

BLUEPRINTS = (filing_desk, filing_cases)
