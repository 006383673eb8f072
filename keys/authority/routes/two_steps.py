"""Views that sign: they are handed the database and open two transactions, one to record and one to sign."""

import functools
from collections.abc import Callable
from typing import Any

from flask import request

from base.api import MalformedRequest
from base.db import Database
from base.idempotency import KEY_LENGTH_LIMIT
from base.web import caller, parts
from keys.authority.issuing import Asked

View = Callable[..., Any]


def two_steps(view: View) -> View:
    """Hand the view the database, for two transactions."""

    @functools.wraps(view)
    def stepping_view(*args: Any, **kwargs: Any) -> Any:
        return view(parts(Database), *args, **kwargs)

    return stepping_view


def ordering(view: View) -> View:
    """Hand the view the database; the documentation says that it honours an Idempotency-Key, as `asked` does."""
    ordering_view = two_steps(view)
    ordering_view.__writes__ = True  # type: ignore[attr-defined]
    return ordering_view


def asked() -> Asked | None:
    """Give what makes a repeated order one order: the caller's Idempotency-Key and the request's bytes.

    Raises `MalformedRequest`.
    """
    key = request.headers.get("Idempotency-Key")
    if not key:
        return None
    if len(key) > KEY_LENGTH_LIMIT or not key.isprintable() or not key.isascii():
        raise MalformedRequest("the Idempotency-Key is too long or not printable ASCII")
    return Asked.of(caller(), key, request.full_path.encode(), request.get_data())
