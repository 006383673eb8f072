"""What the room of seals and signed documents brings to the application."""

from typing import Final

from base.program import Furniture
from signing import checks, commands, jobs, routes, sample, verification_wiring, wiring
from signing import verification_models as _verification_tables  # noqa: F401 - tables of a room are known once its models are

FURNITURE: Final = Furniture(
    sections=(wiring.SigningSettings, verification_wiring.VerificationSettings),
    api_blueprints=routes.API_BLUEPRINTS,
    checks=checks.CHECKS,
    commands=commands.COMMANDS,
    jobs=jobs.JOBS,
    bulk_jobs=jobs.BULK_JOBS,
    notices=(jobs.KINDS,),
    samples=(sample.sample,),
    sandbox_settings=(sample.settings_of,),
)
