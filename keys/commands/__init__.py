"""The commands of keys and certificates."""

import click

from keys.commands.checkpoints import checkpoint_group
from keys.commands.selftest import selftest_command
from keys.commands.trust import trust_group

COMMANDS: tuple[click.Command, ...] = (selftest_command, checkpoint_group, trust_group)
