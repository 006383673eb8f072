"""Bringing a finished certificate (归集): the sealed OFD or PDF is verified and kept byte for byte, or kept out.

What the file says of itself need not be typed; what is typed has to be the same. Nothing is sealed here, and what was
kept out is told with its reason and is on record.
"""

from typing import Any, Final

from flask import Blueprint, Response, request

from base import clock
from base.api import MalformedRequest
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from certs.deposits.edges import Depositor
from certs.deposits.schemas import DepositMetadataSchema
from certs.holder_codes import holder_codes
from certs.types.certificate_type import Holding
from certs.wiring import Certs
from console import working
from console.login import for_people
from console.officers.library import ISSUERS
from signing.verification_wiring import Verifying
from signing.wiring import Signing

officer_deposits = Blueprint("officer_deposits", __name__)
# As large as verifying takes a document, and the lines of a form around it.
FILE_BYTES: Final = 20 * 1024 * 1024 + 1024 * 1024
DAYS: Final = ("issued_on", "valid_from", "valid_until")
TOLD: Final = ("type", "identifier", "number", "issuer", "region", *DAYS)
HOLDER: Final = ("code", "type", "name")
LONGEST_NAME: Final = 200


@officer_deposits.get("/console/deposits")
@for_people(ISSUERS)
def form() -> Response:
    """Show the form: the file, its type, and what may be told beside it."""
    return _form()


@officer_deposits.post("/console/deposits")
@limited(FILE_BYTES)
@for_people(ISSUERS)
def bring() -> Response:
    """Take a finished certificate in."""

    def brought(database: Database) -> Response:
        handed = request.files.get("file")
        document = handed.read() if handed is not None else b""
        if handed is None or not document:
            raise MalformedRequest("no file was sent")
        sent, _ = working.loaded(DepositMetadataSchema(), _told())
        depositor = Depositor(database, parts(Certs), parts(Signing), parts(Verifying), caller(), clock.now)
        identifier = depositor.deposit(document, (handed.filename or "")[-LONGEST_NAME:], sent)
        return working.leads("officer_library.one", done="certificate_deposited", identifier=identifier)

    return working.transacted(brought, _form)


def _told() -> dict[str, Any]:
    """Gather what the form tells beside the file, as the API's schema takes it; an empty field tells nothing."""
    named = {name: request.form.get(f"holder.{name}", "").strip() for name in HOLDER}
    holders = [{name: each for name, each in named.items() if each}] if named["code"] or named["name"] else []
    return {**working.filled(*TOLD), **({"holders": holders} if holders else {})}


def _form(refusal: DomainError | None = None) -> Response:
    collected = [each for each in parts(Certs).types.values() if each.holding is Holding.COLLECTED]
    return working.page(
        "officers/deposit.html",
        refusal,
        here="officer_deposits.form",
        types=sorted(collected, key=lambda each: each.code),
        holder_types=list(holder_codes().values()),
        typed=request.form,
        days=DAYS,
    )
