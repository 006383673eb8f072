"""The parties' commands."""

import click

from keys.parties.commands import organisations, setup, signing, systems, token_keys, users

organisations.party_group.add_command(systems.system_group)
organisations.party_group.add_command(token_keys.token_key_group)

COMMANDS: tuple[click.Command, ...] = (
    organisations.party_group,
    users.user_group,
    signing.sign_request_command,
    setup.setup_command,
)
