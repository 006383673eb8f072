"""What the room of keys brings to the application.

The samples stand in the order in which they need one another: who is there, with which keys, whom they trust.
"""

from typing import Final

from base.program import Furniture
from keys import checks, commands, jobs, routes, wiring
from keys import models as _key_tables  # noqa: F401 - tables of a room are known once its models are
from keys.authority import checks as authority_checks
from keys.authority import commands as authority_commands
from keys.authority import jobs as authority_jobs
from keys.authority import routes as authority_routes
from keys.authority import sample as authority_sample
from keys.authority import wiring as authority
from keys.backup import checks as backup_checks
from keys.backup import commands as backup_commands
from keys.backup import jobs as backup_jobs
from keys.backup import sample as backup_sample
from keys.backup import wiring as backup
from keys.checkpoints import checks as checkpoint_checks
from keys.checkpoints import jobs as checkpoint_jobs
from keys.checkpoints import sample as checkpoint_sample
from keys.checkpoints import wiring as checkpoints
from keys.custody import checks as custody_checks
from keys.custody import commands as custody_commands
from keys.custody import expiry
from keys.custody import jobs as custody_jobs
from keys.custody import routes as custody_routes
from keys.custody import sample as custody_sample
from keys.custody import wiring as custody
from keys.parties import checks as party_checks
from keys.parties import commands as party_commands
from keys.parties import jobs as party_jobs
from keys.parties import login_wiring as login
from keys.parties import routes as party_routes
from keys.parties import sample as party_sample
from keys.parties import sample_people
from keys.parties import wiring as parties

FURNITURE: Final = Furniture(
    sections=(
        wiring.KeysSettings,
        parties.PartiesSettings,
        login.LoginSettings,
        custody.CustodySettings,
        authority.AuthoritySettings,
        checkpoints.CheckpointSettings,
        backup.BackupSettings,
    ),
    blueprints=party_routes.BLUEPRINTS,
    api_blueprints=(
        *party_routes.API_BLUEPRINTS,
        *custody_routes.API_BLUEPRINTS,
        *authority_routes.API_BLUEPRINTS,
        *routes.API_BLUEPRINTS,
    ),
    checks=(
        *checks.CHECKS,
        *party_checks.CHECKS,
        *custody_checks.CHECKS,
        *authority_checks.CHECKS,
        *checkpoint_checks.CHECKS,
        *backup_checks.CHECKS,
    ),
    commands=(
        *commands.COMMANDS,
        *party_commands.COMMANDS,
        *custody_commands.COMMANDS,
        *authority_commands.COMMANDS,
        *backup_commands.COMMANDS,
    ),
    jobs=(
        *jobs.JOBS,
        *party_jobs.JOBS,
        *custody_jobs.JOBS,
        *authority_jobs.JOBS,
        *checkpoint_jobs.JOBS,
        *backup_jobs.JOBS,
    ),
    notices=(expiry.KINDS, checkpoints.KINDS),
    samples=(
        party_sample.sample,
        sample_people.sample,
        custody_sample.sample,
        authority_sample.sample,
        backup_sample.sample,
    ),
    sandbox_settings=(checkpoint_sample.settings_of,),
)
