"""Arguments of commands, held to the same schemas as bodies of the API."""

from typing import Any

import click
import marshmallow as ma


def read(schema: ma.Schema, **given: object) -> Any:
    """Read arguments by a schema; what does not fit is a wrong use of the command."""
    try:
        return schema.load({name: value for name, value in given.items() if value is not None})
    except ma.ValidationError as error:
        told = error.messages if isinstance(error.messages, dict) else {}
        raise click.UsageError("; ".join(f"{name}: {text}" for name, text in told.items())) from error
