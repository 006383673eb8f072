"""What every way in to the gate does with a request before the gate is asked: said once, whoever serves the address.

A signature (RFC 9421) is judged where the request brings one or every call must; a call whose body cannot be read is on
record as an attempt. Who calls was proven before; what is granted is asked of the gate.
"""

import functools
from typing import Any, Final

from flask import request
from sqlalchemy.orm import Session

from base import clock
from base.acting import request_id
from base.api import InvalidInput, JsonExpected, MalformedRequest
from base.db import Database
from base.strict_json import MalformedJson
from base.web import View, caller, parts
from exchange.door.recording import Refused
from exchange.door.usages import Attempt
from exchange.door.wiring import Gateway
from keys.parties import signed_requests
from keys.parties.request_signing import Judged

UNREADABLE: Final = (InvalidInput, JsonExpected, MalformedJson, MalformedRequest)
SIGNATURE: Final = ("Signature", "Signature-Input")


def judged_signature(session: Session) -> Judged | None:
    """Judge the request's signature, where it brings one or every call must.

    Raises what `keys.parties.signed_requests.judge` raises.
    """
    if not is_signature_demanded() and not any(each in request.headers for each in SIGNATURE):
        return None
    return signed_requests.judge(session, signed_requests.message(), caller(), clock.now())


def is_signature_demanded() -> bool:
    """Tell whether every call must be signed beyond denial."""
    return parts(Gateway).told.signatures == "always"


def attempts_recorded(view: View) -> View:
    """Record a call whose body is refused before it is looked into: a purpose that is missing or wrong."""

    @functools.wraps(view)
    def recorded_view(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except UNREADABLE as refusal:
            at = clock.now()
            attempt = Attempt(at, caller(), kwargs.get("code", ""), refusal.code, request_id=request_id())
            parts(Gateway).recorder.record(parts(Database), Refused(attempt), at)
            raise

    return recorded_view
